"""Cleaned arrays are those of nilearn, or differ for a reason given here."""

import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from boldglm import signal
from boldglm._base.errors import AllVolumesRemovedError, ShapeError
from boldglm._base.warnings import ImageWarning
from boldglm.signal.cleaning import clean_series

T = 90
KEPT = np.delete(np.arange(T), [0, 4, 5, 40, 88])


@pytest.fixture
def series(rng, readonly):
    slow = np.sin(np.arange(T) / 15)[:, None] * rng.normal(size=7)
    drift = np.arange(T)[:, None] * rng.normal(size=7) / 20
    return readonly(200 + 10 * slow + drift + rng.normal(size=(T, 7)))


@pytest.fixture
def confounds(rng, readonly):
    return readonly(rng.normal(size=(T, 3)) + np.array([0, 5, -2]))


def _interpolated(volumes, sample_mask, t_r, extrapolate):
    """What nilearn means: it inverts scan numbers bit by bit instead."""
    times = np.arange(len(volumes)) * t_r
    out = CubicSpline(
        times[sample_mask], volumes[sample_mask], extrapolate=extrapolate
    )(times)
    out[sample_mask] = volumes[sample_mask]
    return out


@pytest.fixture
def peer(monkeypatch):
    nilearn = pytest.importorskip("nilearn.signal")
    monkeypatch.setattr(nilearn, "_interpolate_volumes", _interpolated)

    def clean(*args, **kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return nilearn.clean(*args, **kwargs)

    return clean


FILTERS = {
    "no filter": {},
    "high-pass": {"high_pass": 0.01, "t_r": 2.0},
    "low-pass": {"low_pass": 0.1, "t_r": 2.0},
    "band": {"low_pass": 0.1, "high_pass": 0.01, "t_r": 2.0},
    "default t_r": {"low_pass": 0.08},
    "cosine": {"filter": "cosine", "high_pass": 0.01, "t_r": 2.0},
    "off": {"filter": False},
    "order, padding": {
        "low_pass": 0.1,
        "t_r": 2.0,
        "butterworth__order": 3,
        "butterworth__padtype": "even",
        "butterworth__padlen": 20,
    },
}
GRID = list(
    product(
        FILTERS,
        [True, False],
        ["zscore_sample", "psc", None],
        ["nothing", "confounds", "raw confounds"],
        [None, "numbers", "extrapolate"],
    )
)


def test_every_combination_has_the_numbers_of_nilearn(series, confounds, peer):
    """Float64, to 1e-10 of the signal."""
    for name, detrend, standardize, regression, scrubbing in GRID:
        options = {**FILTERS[name], "detrend": detrend, "standardize": standardize}
        if regression != "nothing":
            options["confounds"] = confounds
            options["standardize_confounds"] = regression == "confounds"
        if scrubbing is not None:
            options["sample_mask"] = KEPT
            options["extrapolate"] = scrubbing == "extrapolate"
        expected = peer(series, **options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ImageWarning)
            found = signal.clean(series, **options)
        assert found.shape == expected.shape, options
        scale = np.abs(expected).max()
        assert np.abs(found - expected).max() <= 1e-10 * scale, options


def test_the_defaults_are_those_of_nilearn(series, peer):
    np.testing.assert_allclose(signal.clean(series), peer(series), atol=1e-11)


@pytest.mark.parametrize("standardize", [True, False])
def test_booleans_scale_as_before_and_are_silent(series, peer, standardize):
    found = signal.clean(series, standardize=standardize)
    np.testing.assert_allclose(
        found, peer(series, standardize=standardize), rtol=1e-9, atol=1e-10
    )


@pytest.mark.parametrize(
    "given",
    [
        KEPT,
        KEPT.astype(np.uint16),
        np.isin(np.arange(T), KEPT),
        [KEPT],
        (np.isin(np.arange(T), KEPT),),
    ],
)
def test_sample_masks_are_numbers_or_booleans(series, peer, given):
    np.testing.assert_allclose(
        signal.clean(series, sample_mask=given),
        peer(series, sample_mask=given),
        atol=1e-10,
    )


def test_a_plain_list_of_scan_numbers_is_a_mask_too(series):
    np.testing.assert_array_equal(
        signal.clean(series, sample_mask=KEPT.tolist()),
        signal.clean(series, sample_mask=KEPT),
    )
    np.testing.assert_array_equal(
        signal.clean(series, sample_mask=KEPT[::-1]),
        signal.clean(series, sample_mask=KEPT),
    )


def test_confounds_come_in_many_forms(series, confounds, peer, tmp_path):
    frame = pd.DataFrame(confounds, columns=["a", "b", "c"])
    frame.to_csv(tmp_path / "tab.tsv", sep="\t", index=False)
    np.savetxt(tmp_path / "plain.csv", confounds, delimiter=",")
    expected = peer(series, confounds=confounds)
    for form in (
        confounds,
        frame,
        tmp_path / "tab.tsv",
        str(tmp_path / "plain.csv"),
        [confounds[:, 0], frame[["b", "c"]]],
        (confounds[:, :1], confounds[:, 1:]),
    ):
        found = signal.clean(series, confounds=form)
        np.testing.assert_allclose(found, expected, atol=1e-10)


@pytest.mark.parametrize("name", list(FILTERS))
def test_runs_are_cleaned_one_by_one(series, confounds, peer, name):
    runs = np.repeat([0, 1], [50, 40])
    masks = [np.arange(2, 50), np.arange(40)]
    if name != "order, padding":  # nilearn forgets them where there are runs
        options = {**FILTERS[name], "confounds": confounds, "runs": runs}
        found = signal.clean(series, sample_mask=masks, **options)
        expected = peer(series, sample_mask=masks, **options)
        np.testing.assert_allclose(found, expected, atol=1e-9)
    parts = [
        signal.clean(series[:50], confounds=confounds[:50], **FILTERS[name]),
        signal.clean(series[50:], confounds=confounds[50:], **FILTERS[name]),
    ]
    found = signal.clean(series, runs, confounds=confounds, **FILTERS[name])
    np.testing.assert_allclose(found, np.vstack(parts), atol=1e-12)


def test_options_reach_every_run_where_nilearn_forgets_them(series, confounds, peer):
    runs = np.repeat([0, 1], [50, 40])
    for options in (
        {
            "standardize_confounds": False,
            "confounds": confounds,
            "detrend": False,
            "standardize": None,
        },
        {"low_pass": 0.1, "t_r": 2.0, "butterworth__order": 2},
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ImageWarning)
            found = signal.clean(series, runs, **options)
        first = {**options}
        if "confounds" in first:
            first["confounds"] = confounds[:50]
        np.testing.assert_allclose(found[:50], peer(series[:50], **first), atol=1e-10)
        assert np.abs(found - peer(series, runs, **options)).max() > 1e-3


@pytest.mark.parametrize("labels", [["b", "a"], [7, 3]])
def test_scans_stay_in_their_order_whatever_their_runs_are_called(series, peer, labels):
    runs = np.repeat(labels, [50, 40])
    found = signal.clean(series, runs)
    np.testing.assert_allclose(found[:50], signal.clean(series[:50]), atol=1e-12)
    swapped = np.vstack([found[50:], found[:50]])
    np.testing.assert_allclose(peer(series, runs), swapped, atol=1e-10)


def test_scans_of_interleaved_runs_stay_in_their_order(series):
    runs = np.arange(T) % 2
    found = signal.clean(series, runs, sample_mask=[np.arange(1, 45), np.arange(40)])
    even = signal.clean(series[::2], sample_mask=np.arange(1, 45))
    odd = signal.clean(series[1::2], sample_mask=np.arange(40))
    kept = np.sort(np.r_[np.arange(2, T, 2), np.arange(1, 81, 2)])
    np.testing.assert_allclose(found[kept % 2 == 0], even, atol=1e-12)
    np.testing.assert_allclose(found[kept % 2 == 1], odd, atol=1e-12)


def test_values_that_are_not_finite_are_zero_on_demand(series, peer):
    spoilt = series.copy()
    spoilt[5, 2] = np.nan
    spoilt[6, 3] = np.inf
    found = signal.clean(spoilt, ensure_finite=True)
    np.testing.assert_allclose(found, peer(spoilt, ensure_finite=True), atol=1e-10)
    found = signal.clean(spoilt, low_pass=0.1)
    assert np.isnan(found[:, [2, 3]]).all()
    others = [0, 1, 4, 5, 6]
    np.testing.assert_allclose(
        found[:, others], signal.clean(series, low_pass=0.1)[:, others], atol=1e-12
    )


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("f4", "f4"),
        ("f8", "f8"),
        ("i2", "f4"),
        ("i8", "f8"),
        ("u1", "f4"),
        (">f4", "f4"),
    ],
)
def test_types_are_those_of_nilearn(series, peer, given, kind):
    typed = series.astype(given)
    found = signal.clean(typed, low_pass=0.1, t_r=2.0)
    assert found.dtype == np.dtype(kind)
    if given != ">f4":
        assert found.dtype == peer(typed, low_pass=0.1, t_r=2.0).dtype
    exact = signal.clean(typed.astype("f8"), low_pass=0.1, t_r=2.0)
    np.testing.assert_allclose(found, exact, rtol=1e-6, atol=1e-6)


def test_float32_series_are_cleaned_in_double_precision(rng):
    """nilearn detrends in the type of the series: 1e-3 of the signal is lost here."""
    exact = 2e4 + np.cumsum(rng.normal(size=(2000, 4)), axis=0)
    single = exact.astype(np.float32)
    found = signal.clean(single, standardize="zscore_sample")
    expected = signal.clean(single.astype(np.float64), standardize="zscore_sample")
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_nothing_to_do_gives_a_copy(series):
    found = signal.clean(series, detrend=False, standardize=None)
    np.testing.assert_array_equal(found, series)
    assert not np.shares_memory(found, series)


def test_a_single_scan_has_no_trend_and_no_spread(series):
    with pytest.warns(ImageWarning, match="more than one scan; they are skipped"):
        found = signal.clean(series[:1])
    np.testing.assert_array_equal(found, series[:1])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"filter": "fir"}, ValueError, "no option filter='fir'"),
        ({"order": 2}, ValueError, "no option order; expected filter"),
        ({"filter": "cosine"}, ValueError, "slow cosines need the cut-off"),
        ({"low_pass": 0.1, "t_r": None}, ValueError, "filtering needs the repetition"),
        ({"low_pass": 0.1, "t_r": -2}, ValueError, "got -2"),
        ({"low_pass": 0.01, "high_pass": 0.1}, ValueError, "nothing would pass"),
        ({"low_pass": -0.1}, ValueError, "frequencies; expected more than 0 Hz"),
        ({"standardize": "zscore"}, ValueError, "standardize is 'zscore'; expected"),
        ({"runs": [0, 1]}, ShapeError, r"one label per scan, \(90,\)"),
        ({"sample_mask": []}, AllVolumesRemovedError, "keeps no scan at all"),
        ({"sample_mask": [1, 1]}, ValueError, "has scan 1 more than once"),
        ({"sample_mask": [0, 2] * 45}, ValueError, "has scan 0 more than once"),
        ({"sample_mask": [0, 1] * 45}, ValueError, r"use booleans: mask\.astype\(bool"),
        ({"sample_mask": [0.5]}, ShapeError, "type float64; expected scan numbers"),
        ({"sample_mask": [90]}, IndexError, "scans 0 to 89"),
        (
            {"low_pass": 0.1, "sample_mask": [3, 4, 5, 6, 7], "confounds": np.eye(T)},
            ValueError,
            "90 scans is too short for this filter",
        ),
    ],
)
def test_what_cannot_be_is_told(series, options, error, message):
    with pytest.raises(error, match=message):
        signal.clean(series, **options)


def test_signals_have_scans_and_columns():
    with pytest.raises(ShapeError, match=r"shape \(3,\); expected \(scan, column\)"):
        signal.clean(np.ones(3))


def test_the_result_may_take_the_place_of_the_series(series, confounds):
    params = {"detrend": True, "standardize": "psc"}
    expected = clean_series(series, params, confounds, KEPT)
    owned = series.copy()
    found = clean_series(owned, params, confounds, KEPT, overwrite=True)
    assert np.shares_memory(found, owned)
    np.testing.assert_array_equal(found, expected)
    runs = np.arange(T) % 3
    expected = clean_series(series, params, confounds, runs=runs)
    owned = series.copy()
    clean_series(owned, params, confounds, runs=runs, overwrite=True)
    np.testing.assert_array_equal(owned, expected)


def test_blocks_of_columns_change_nothing(series, monkeypatch):
    from boldglm.signal import cleaning

    options = {"low_pass": 0.1, "standardize": "psc"}
    whole = signal.clean(np.tile(series, 10), **options)
    monkeypatch.setattr(cleaning, "_BLOCK", 1)
    found = signal.clean(np.tile(series, 10), **options)
    np.testing.assert_allclose(found, whole, rtol=1e-10)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["zscore_sample", None]))
def test_what_was_taken_out_stays_out(seed, standardize):
    """Cleaning twice is cleaning once, and confounds do not correlate."""
    rng = np.random.default_rng(seed)
    series, confounds = rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
    once = signal.clean(series, standardize=standardize, confounds=confounds)
    twice = signal.clean(once, standardize=standardize, confounds=confounds)
    np.testing.assert_allclose(once, twice, atol=1e-8)


def test_a_run_is_cleaned_in_its_place_without_a_copy(rng, confounds):
    import tracemalloc

    from boldglm.core.parallel import one_blas_thread

    series = rng.random((T, 100_000), dtype=np.float32)
    params = {"detrend": True, "low_pass": 0.1, "t_r": 2.0, "standardize": "psc"}
    with one_blas_thread():
        clean_series(series[:, :10].copy(), params, confounds)
        tracemalloc.start()
        clean_series(series, params, confounds, overwrite=True)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < series.nbytes


@pytest.mark.parametrize(
    ("n_confounds", "detrend", "is_told"),
    [(17, True, False), (18, True, True), (18, False, False), (19, False, True)],
)
def test_so_many_confounds_that_nothing_is_left_are_told(
    n_confounds, detrend, is_told, rng
):
    confounds = rng.standard_normal((20, n_confounds))
    signals = rng.standard_normal((20, 2))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        signal.clean(signals, confounds=confounds, detrend=detrend)
    messages = [str(one.message) for one in told]
    expected = [f"{n_confounds} confounds that differ explain all of 20 scans"]
    assert [one.partition(":")[0] for one in messages] == (expected if is_told else [])
