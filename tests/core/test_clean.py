"""Cleaning steps against scipy and against projection written out."""

import numpy as np
import pytest
from scipy import signal, stats

from boldglm.core.clean import (
    Cleaner,
    Steps,
    butterworth,
    detrend,
    fill_scans,
    largest_components,
    orthonormal_basis,
    percent_change,
    zscore,
)

T = 80


@pytest.fixture
def series(rng, readonly):
    slow = np.sin(np.arange(T) / 15)[:, None] * rng.normal(size=5)
    return readonly(100 + 10 * slow + rng.normal(size=(T, 5)))


@pytest.fixture
def confounds(rng, readonly):
    return readonly(rng.normal(size=(T, 3)) + np.array([0, 5, -2]))


def test_detrending_is_scipys(series):
    np.testing.assert_allclose(
        detrend(series), signal.detrend(series, axis=0), atol=1e-11
    )
    np.testing.assert_array_equal(detrend(series[:1]), np.zeros((1, 5)))


def test_scores_are_scipys(series):
    np.testing.assert_allclose(
        zscore(series), stats.zscore(series, axis=0, ddof=1), atol=1e-12
    )


def test_constant_columns_are_zero_not_nan():
    flat = np.full((5, 2), 3.0)
    np.testing.assert_array_equal(zscore(flat), 0)
    np.testing.assert_array_equal(percent_change(flat, np.array([3.0, 0.0])), 0)


def test_per_cent_are_of_the_mean_given(series):
    change = percent_change(series, np.full(5, -50.0))
    np.testing.assert_allclose(change, 2 * (series - series.mean(axis=0)), atol=1e-11)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_the_basis_spans_the_columns_whatever_their_scale(confounds, scale):
    columns = np.column_stack([confounds, confounds @ [1, 2, 3], np.zeros(T)])
    columns[:, 0] *= scale
    basis = orthonormal_basis(columns)
    assert basis.shape == (T, 3)
    np.testing.assert_allclose(basis.T @ basis, np.eye(3), atol=1e-12)
    left = columns - basis @ (basis.T @ columns)
    np.testing.assert_allclose(left / np.array([scale, 1, 1, 1, 1]), 0, atol=1e-10)


@pytest.mark.parametrize("columns", [np.zeros((T, 0)), np.zeros((T, 2))])
def test_nothing_spans_nothing(columns):
    assert orthonormal_basis(columns).shape == (T, 0)


@pytest.mark.parametrize(
    ("low", "high", "kind", "band"),
    [
        (0.1, None, "lowpass", 0.1),
        (None, 0.02, "highpass", 0.02),
        (0.1, 0.02, "bandpass", (0.02, 0.1)),
    ],
)
def test_the_filter_is_scipys(series, low, high, kind, band):
    sections = signal.butter(5, band, kind, output="sos", fs=0.5)
    expected = signal.sosfiltfilt(sections, series, axis=0)
    np.testing.assert_allclose(butterworth(series, 0.5, low, high), expected)


def test_no_cutoff_filters_nothing(series):
    found = butterworth(series, 0.5, None, None)
    np.testing.assert_array_equal(found, series)
    assert found is not series


def test_missing_scans_are_filled_on_a_smooth_curve():
    curve = (np.arange(20.0) ** 3)[:, None]
    kept = np.delete(np.arange(20), [0, 7, 8, 19])
    broken = curve.copy()
    broken[[0, 7, 8, 19]] = 1e9
    np.testing.assert_allclose(fill_scans(broken, kept), curve, atol=1e-8)


def test_the_largest_components_are_those_of_the_most_variable_columns(rng):
    series = rng.normal(size=(T, 100))
    driver = detrend(np.cumsum(rng.normal(size=(T, 1)), axis=0))
    series[:, [3, 50]] += 20 * driver
    found = largest_components(series, 1, 2.0)
    assert found.shape == (T, 1)
    r = np.corrcoef(found[:, 0], driver[:, 0])[0, 1]
    assert abs(r) > 0.999
    np.testing.assert_allclose(found.T @ found, 1)


def test_no_columns_have_no_components():
    assert largest_components(np.zeros((T, 0)), 3, 2.0).shape == (T, 0)


def test_there_are_no_more_components_than_columns_in_use(rng, readonly):
    series = readonly(rng.normal(size=(T, 100)) * np.arange(100))
    found = largest_components(series, 5, 2.0)
    assert found.shape == (T, 2)
    np.testing.assert_allclose(found.T @ found, np.eye(2), atol=1e-12)
    flat = detrend(series)
    flat = flat[:, np.argsort((flat**2).sum(axis=0))[-2:]]
    left = flat - found @ (found.T @ flat)
    np.testing.assert_allclose(left, 0, atol=1e-6)


def test_components_have_a_sign_and_leave_out_what_is_not_finite(rng):
    series = rng.normal(size=(T, 50))
    series[3, 7] = np.nan
    series[3, 8] = np.inf
    found = largest_components(series, 3, 50.0)
    assert (np.abs(found).max(axis=0) == found.max(axis=0)).all()
    without = np.delete(series, [7, 8], axis=1)
    np.testing.assert_allclose(found, largest_components(without, 3, 50.0), atol=1e-9)
    assert largest_components(np.full((T, 2), np.nan), 3, 50.0).shape == (T, 0)
    assert largest_components(np.zeros((T, 2)), 3, 50.0).shape == (T, 0)


def test_components_without_detrending_keep_the_mean(rng):
    series = 100 + rng.normal(size=(T, 10))
    (found,) = largest_components(series, 1, 100.0, flatten=False).T
    np.testing.assert_allclose(found, 1 / np.sqrt(T), rtol=0.02)


@pytest.mark.parametrize("constant", [0.1, 1000.1, 1e7 / 3])
@pytest.mark.parametrize(
    "steps",
    [
        Steps(detrend=True, standardize="zscore_sample"),
        Steps(high_pass=0.01, t_r=2.0, standardize="zscore_sample"),
    ],
)
def test_rounding_is_not_blown_up_to_a_signal(series, constant, steps):
    """A constant is 0 after cleaning, as a voxel and as a confound."""
    flat = np.full((T, 1), constant)
    assert not Cleaner(steps)(flat).any()
    np.testing.assert_allclose(
        Cleaner(steps, flat)(series), Cleaner(steps)(series), atol=1e-12
    )
    if steps.detrend:
        line = np.linspace(0, constant, T)[:, None]
        for raw in (steps, Steps(detrend=True, standardize_confounds=False)):
            assert Cleaner(raw, line).basis.shape == (T, 0)


def test_a_column_with_nan_stays_by_itself(series, confounds):
    spoilt = series.copy()
    spoilt[7, 2] = np.nan
    for steps, kept in (
        (Steps(detrend=True, standardize="zscore_sample"), None),
        (Steps(high_pass=0.02, t_r=2.0), np.delete(np.arange(T), [3, 40])),
    ):
        cleaner = Cleaner(steps, confounds, kept)
        found, expected = cleaner(spoilt), cleaner(series)
        assert np.isnan(found[:, 2]).all()
        others = [0, 1, 3, 4]
        np.testing.assert_allclose(found[:, others], expected[:, others], atol=1e-12)


def test_confounds_are_projected_out(series, confounds):
    found = Cleaner(Steps(), confounds, None)(series)
    design = confounds - confounds.mean(axis=0)
    beta = np.linalg.lstsq(design, series, rcond=None)[0]
    np.testing.assert_allclose(found, series - design @ beta, atol=1e-10)
    raw = Cleaner(Steps(standardize_confounds=False), confounds, None)(series)
    beta = np.linalg.lstsq(confounds, series, rcond=None)[0]
    np.testing.assert_allclose(raw, series - confounds @ beta, atol=1e-9)


def test_regression_does_not_bring_back_what_the_filter_took_out(series, confounds):
    steps = Steps(low_pass=0.08, t_r=2.0)
    found = Cleaner(steps, confounds, None)(series)
    filtered = zscore(butterworth(confounds, 0.5, 0.08, None))
    np.testing.assert_allclose(filtered.T @ found, 0, atol=1e-8)
    power = np.abs(np.fft.rfft(found - found.mean(axis=0), axis=0)) ** 2
    fast = np.fft.rfftfreq(T, 2.0) > 0.15
    assert power[fast].sum() < 1e-3 * power.sum()


def test_scans_that_are_not_kept_have_no_influence(series, confounds):
    kept = np.delete(np.arange(T), [0, 1, 20, 21, 59])
    spoilt = series.copy()
    spoilt[[0, 1, 20, 21, 59]] = 1e6
    for steps in (
        Steps(detrend=True, standardize="zscore_sample"),
        Steps(high_pass=0.02, t_r=2.0),
        Steps(high_pass=0.02, t_r=2.0, extrapolate=True),
    ):
        good = Cleaner(steps, confounds, kept)(series)
        assert good.shape == (len(kept), 5)
        found = Cleaner(steps, confounds, kept)(spoilt)
        np.testing.assert_allclose(found, good, atol=1e-7)


@pytest.mark.parametrize(
    "steps",
    [
        Steps(standardize="psc"),
        Steps(standardize="psc", detrend=True),
        Steps(standardize="psc", high_pass=0.01, t_r=2.0),
    ],
)
def test_per_cent_are_of_the_mean_the_series_had(series, steps):
    found = Cleaner(steps, None, None)(series)
    plain = Cleaner(
        Steps(detrend=steps.detrend, high_pass=steps.high_pass, t_r=steps.t_r)
    )(series)
    expected = 100 * (plain - plain.mean(axis=0)) / series.mean(axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-2, atol=1e-8)


def test_a_filter_begins_and_ends_with_the_kept_scans(series, confounds):
    """Or with the run, where scans before and after are filled in."""
    kept = np.delete(np.arange(T), [0, 1, 20, 21, T - 2, T - 1])
    steps = Steps(high_pass=0.02, t_r=2.0)
    found = Cleaner(steps, confounds, kept)(series)
    cut = slice(2, T - 2)
    expected = Cleaner(steps, confounds[cut], kept - 2)(series[cut])
    np.testing.assert_allclose(found, expected, atol=1e-9)
    filled = fill_scans(series, kept), fill_scans(confounds, kept)
    whole = Cleaner(Steps(high_pass=0.02, t_r=2.0, extrapolate=True), confounds, kept)
    by_hand = butterworth(filled[0], 0.5, None, 0.02)[kept]
    noise = butterworth(filled[1], 0.5, None, 0.02)[kept]
    noise = np.linalg.qr(noise - noise.mean(axis=0))[0]
    by_hand = by_hand - noise @ (noise.T @ by_hand)
    np.testing.assert_allclose(whole(series), by_hand, atol=1e-7)


def test_no_column_is_lost_for_being_small(rng):
    columns = rng.normal(size=(T, 2)) * [1.0, 1e-20]
    basis = orthonormal_basis(columns)
    np.testing.assert_allclose(basis @ (basis.T @ columns), columns, rtol=1e-9)


def test_columns_that_vary_alike_have_a_component(rng):
    line = rng.normal(size=T)
    found = largest_components(np.outer(line, [1, -1, 1, -1]), 2, 2.0)
    expected = detrend(line[:, np.newaxis])
    expected *= np.sign(expected[np.abs(expected).argmax()]) / np.linalg.norm(expected)
    np.testing.assert_allclose(found, expected, atol=1e-10)
