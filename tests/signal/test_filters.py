"""Filters against scipy and nilearn."""

import warnings

import numpy as np
import pytest
from scipy import signal as scipy_signal

from boldglm._base.errors import ShapeError
from boldglm._base.warnings import ImageWarning
from boldglm.signal import butterworth, create_cosine_drift

BANDS = [(0.1, None), (None, 0.02), (0.1, 0.02), (0.1, 0.0)]


@pytest.fixture
def waves(rng, readonly):
    return readonly(np.cumsum(rng.normal(size=(80, 3)), axis=0))


@pytest.mark.parametrize(("low", "high"), BANDS[:3])
@pytest.mark.parametrize(
    "options", [{}, {"order": 2}, {"padtype": None}, {"padlen": 10, "padtype": "even"}]
)
def test_filters_are_those_of_nilearn(waves, low, high, options):
    peer = pytest.importorskip("nilearn.signal")
    expected = peer.butterworth(waves, 0.5, low, high, copy=True, **options)
    found = butterworth(waves, 0.5, low, high, **options)
    np.testing.assert_allclose(found, expected, atol=1e-10)
    one = butterworth(waves[:, 0], 0.5, low, high, **options)
    np.testing.assert_allclose(one, expected[:, 0], atol=1e-10)


def test_the_order_sets_the_slope(waves):
    sections = scipy_signal.butter(3, 0.1, "lowpass", output="sos", fs=0.5)
    expected = scipy_signal.sosfiltfilt(sections, waves, axis=0)
    np.testing.assert_allclose(butterworth(waves, 0.5, 0.1, order=3), expected)


def test_signals_are_not_overwritten_whatever_copy_says(waves):
    for copy in (True, False):
        assert not np.shares_memory(butterworth(waves, 0.5, copy=copy), waves)
        butterworth(waves, 0.5, 0.1, copy=copy)


def test_float32_comes_back_as_float32(waves):
    single = butterworth(waves.astype("f4"), 0.5, 0.1)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, butterworth(waves, 0.5, 0.1), atol=1e-5)


def test_a_high_pass_of_zero_takes_out_nothing(waves):
    np.testing.assert_array_equal(butterworth(waves, 0.5, high_pass=0), waves)
    np.testing.assert_array_equal(
        butterworth(waves, 0.5, 0.1, 0), butterworth(waves, 0.5, 0.1)
    )


@pytest.mark.parametrize("low", [0.25, 3.0])
def test_frequencies_that_cannot_be_shown_are_lowered(waves, low):
    peer = pytest.importorskip("nilearn.signal")
    with pytest.warns(ImageWarning, match=r"above what scans every 2 s can show"):
        found = butterworth(waves, 0.5, low)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = peer.butterworth(waves, 0.5, low, copy=True)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_band_that_cannot_be_shown_filters_nothing(waves):
    with pytest.warns(ImageWarning) as told:
        found = butterworth(waves, 0.5, 0.4, 0.3)
    assert "nothing is filtered" in str(told[-1].message)
    np.testing.assert_array_equal(found, waves)


@pytest.mark.parametrize(
    ("band", "message"),
    [
        ((0.1, 0.1), "nothing would pass"),
        ((-0.1, None), "expected more than 0 Hz"),
        ((None, -0.1), "expected more than 0 Hz"),
        ((0, None), "expected more than 0 Hz"),
    ],
)
def test_impossible_bands_are_errors(waves, band, message):
    with pytest.raises(ValueError, match=message):
        butterworth(waves, 0.5, *band)


def test_volumes_are_no_signals():
    with pytest.raises(ShapeError, match=r"expected \(scan,\) or \(scan, column\)"):
        butterworth(np.zeros((2, 2, 2)), 0.5, 0.1)


@pytest.mark.parametrize(("n", "t_r", "high"), [(80, 2.0, 0.01), (33, 0.7, 0.05)])
def test_cosines_are_those_of_nilearn(n, t_r, high):
    peer = pytest.importorskip("nilearn.signal")
    times = np.arange(n) * t_r
    np.testing.assert_allclose(
        create_cosine_drift(high, times), peer.create_cosine_drift(high, times)
    )


def test_cosines_that_span_everything_warn():
    with pytest.warns(ImageWarning, match="takes out all that 10 scans can show"):
        assert create_cosine_drift(1.0, np.arange(10.0)).shape == (10, 10)
