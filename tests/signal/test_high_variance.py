"""Confounds of high variance are those of nilearn."""

import numpy as np
import pytest

from boldglm._base.errors import ShapeError
from boldglm.core.clean import Cleaner, Steps
from boldglm.signal import high_variance_confounds

T = 60


@pytest.fixture
def series(rng, readonly):
    sources = np.cumsum(rng.normal(size=(T, 8)), axis=0) * np.arange(1, 9)
    mixed = sources @ rng.normal(size=(8, 400))
    return readonly(50 + mixed + rng.normal(size=(T, 400)))


@pytest.mark.parametrize("detrend", [True, False])
@pytest.mark.parametrize(("n", "percentile"), [(5, 2.0), (3, 10.0), (8, 100.0)])
def test_components_are_those_of_nilearn(series, n, percentile, detrend):
    peer = pytest.importorskip("nilearn.signal")
    expected = peer.high_variance_confounds(series, n, percentile, detrend)
    found = high_variance_confounds(series, n, percentile, detrend)
    assert found.shape == (T, n)
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs, atol=1e-8)


def test_columns_with_nan_are_left_out(series):
    peer = pytest.importorskip("nilearn.signal")
    spoilt = series.copy()
    spoilt[4, ::9] = np.nan
    expected = peer.high_variance_confounds(spoilt, 3, 10.0)
    found = high_variance_confounds(spoilt, 3, 10.0)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-8)


def test_columns_that_all_vary_alike_are_all_in_use():
    wave = np.sin(np.arange(T))[:, None]
    found = high_variance_confounds(np.repeat(wave, 10, axis=1))
    assert found.shape == (T, 1)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"n_confounds": 0}, ValueError, "expected 1 or more confounds"),
        ({"percentile": 101}, ValueError, "0 to 100 per cent"),
        ({"series": np.ones(3)}, ShapeError, r"expected \(scan, column\)"),
    ],
)
def test_what_cannot_be_is_told(series, given, error, message):
    with pytest.raises(error, match=message):
        high_variance_confounds(**{"series": series, **given})


@pytest.mark.parametrize("shape", [(0, 4), (9, 0), (1, 4)])
def test_series_without_variance_have_no_components(shape):
    """Nothing to divide by, nor to warn of."""
    found = high_variance_confounds(np.ones(shape))
    assert found.shape == (shape[0], 0)


def test_a_single_scan_has_no_spread_to_divide_confounds_by():
    cleaner = Cleaner(Steps(), np.ones((1, 2)))
    np.testing.assert_array_equal(cleaner(np.full((1, 3), 5.0)), np.full((1, 3), 5.0))
