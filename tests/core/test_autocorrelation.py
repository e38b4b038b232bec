import numpy as np
import pytest

from boldglm._base.errors import ShapeError
from boldglm.core.autocorrelation import (
    autocorrelations,
    longest_segment,
    whitened,
    whitened_starts,
)
from boldglm.core.timeline import segments

STARTS = [0, 7, 9, 24]


def test_autocorrelations_are_those_of_statsmodels(rng, readonly):
    stattools = pytest.importorskip("statsmodels.tsa.stattools")
    series = readonly(np.cumsum(rng.standard_normal((150, 4)), axis=0))
    found = autocorrelations(series, 6)
    for voxel in range(4):
        product = [
            np.sum(series[:-k, voxel] * series[k:, voxel])
            / np.sum(series[:, voxel] ** 2)
            for k in range(1, 7)
        ]
        np.testing.assert_allclose(found[:, voxel], product, rtol=1e-12)
        about_mean = series[:, voxel] - series[:, voxel].mean()
        np.testing.assert_allclose(
            autocorrelations(about_mean[:, np.newaxis], 6)[:, 0],
            stattools.acf(series[:, voxel], nlags=6, fft=False)[1:],
            rtol=1e-10,
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.float16])
def test_every_kind_of_number_is_taken(rng, dtype):
    series = (100 * rng.standard_normal((30, 3))).astype(dtype)
    exact = autocorrelations(series.astype(np.float64), 4)
    np.testing.assert_allclose(autocorrelations(series, 4), exact, rtol=1e-12)


def test_a_series_of_zeros_has_none(rng):
    series = np.column_stack([np.zeros(30), rng.standard_normal(30)])
    found = autocorrelations(series, 2)
    assert np.isnan(found[:, 0]).all()
    assert np.isfinite(found[:, 1]).all()


@pytest.mark.parametrize("n_lags", [0, 30, 31])
def test_lags_are_fewer_than_scans(rng, n_lags):
    with pytest.raises(ShapeError, match=f"{n_lags} lags of series of 30 scans"):
        autocorrelations(rng.standard_normal((30, 2)), n_lags)


def test_pairs_across_a_gap_do_not_count(rng, readonly):
    series = readonly(rng.standard_normal((40, 3)))
    belongs = np.searchsorted(STARTS, np.arange(40), side="right")
    square = np.sum(series**2, axis=0)
    for lag, found in enumerate(autocorrelations(series, 15, STARTS), start=1):
        pairs = belongs[lag:] == belongs[:-lag]
        product = (series[:-lag] * series[lag:])[pairs].sum(axis=0)
        np.testing.assert_allclose(found, product / square, rtol=1e-12)
    with pytest.raises(ShapeError, match="16 lags of series of 16 scans without a gap"):
        autocorrelations(series, 16, STARTS)


def test_one_segment_is_the_series_itself(rng):
    series = rng.standard_normal((40, 3))
    np.testing.assert_array_equal(
        autocorrelations(series, 5), autocorrelations(series, 5, [0])
    )
    phi = rng.uniform(-0.3, 0.3, (2, 3))
    np.testing.assert_array_equal(whitened(series, phi), whitened(series, phi, [0]))


def test_whitening_gives_the_innovations_back(rng, readonly):
    innovations = rng.standard_normal((60, 3))
    phi = np.array([[0.5, -0.2, 0.0], [0.1, 0.3, 0.0]])
    noise = innovations.copy()
    for t in range(60):
        for lag in (1, 2):
            if t >= lag:
                noise[t] += phi[lag - 1] * noise[t - lag]
    noise, phi = readonly(noise, phi)
    np.testing.assert_allclose(whitened(noise, phi), innovations[2:], atol=1e-12)


@pytest.mark.parametrize("order", [0, 1, 2, 6])
def test_whitening_starts_afresh_after_a_gap(rng, order):
    series, phi = rng.standard_normal((40, 3)), rng.uniform(-0.3, 0.3, (order, 3))
    found = whitened(series, phi, STARTS)
    starts = whitened_starts(40, order, STARTS)
    alone = [whitened(series[part], phi) for part in segments(np.array(STARTS), 40)]
    long_enough = [one for one in alone if len(one)]
    assert len(starts) == len(long_enough) == (4 if order < 2 else 3)
    for part, one in zip(segments(starts, len(found)), long_enough, strict=True):
        np.testing.assert_array_equal(found[part], one)


def test_of_segments_too_short_nothing_is_left(rng):
    series, phi = rng.standard_normal((9, 2)), np.full((5, 2), 0.1)
    assert whitened(series, phi, [0, 4]).shape == (0, 2)
    assert whitened_starts(9, 5, [0, 4]).size == 0
    assert longest_segment(0, []) == 0
    assert longest_segment(9, [0, 4]) == 5


@pytest.mark.parametrize("starts", [[1, 4], [0, 4, 4], [0, 9], [0, 5, 3], [0, 12], []])
def test_starts_that_are_none_are_told(starts):
    with pytest.raises(ValueError, match=r"starts are .*ascending from 0 and below 9"):
        longest_segment(9, starts)
