import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import BSpline

from boldglm.core.autocorrelation import autocorrelations
from boldglm.core.ljung_box import correlation_moments
from boldglm.core.spectrum import frequencies, power_spectrum, white_spectrum


def parzen_as_four_boxes(n_lags):
    """Parzen's window is a cubic B-spline: a box, convolved with itself three times."""
    spline = BSpline.basis_element(np.array([-1, -0.5, 0, 0.5, 1]))
    return spline(np.arange(n_lags + 1) / (n_lags + 1)) / spline(0)


@pytest.mark.parametrize("n_lags", [4, 15])
def test_it_is_the_smoothed_periodogram(rng, readonly, n_lags):
    """The convolution of the raw periodogram with the transform of the window."""
    series = readonly(np.cumsum(rng.standard_normal((50, 3)), axis=0))
    found = power_spectrum(autocorrelations(series, n_lags))
    fine = 4000
    raw = np.abs(np.fft.fft(series, fine, axis=0)) ** 2 / np.sum(series**2, axis=0)
    window = parzen_as_four_boxes(n_lags)
    around = np.zeros(fine)
    around[: n_lags + 1] = window
    around[-n_lags:] = window[:0:-1]
    kernel = np.fft.fft(around).real / fine
    at = np.arange(fine)
    for f, power in zip(frequencies(n_lags), found, strict=True):
        shift = np.interp(
            (f * fine - at) % fine, np.r_[at, fine], np.r_[kernel, kernel[0]]
        )
        np.testing.assert_allclose(power, shift @ raw, rtol=1e-3)


def test_frequencies_go_up_to_half_a_cycle_per_scan():
    np.testing.assert_allclose(frequencies(9), np.arange(11) / 20)


def test_a_wave_peaks_at_its_frequency(rng):
    t = np.arange(256)
    wave = np.cos(2 * np.pi * 0.125 * t)[:, None] + 0.1 * rng.standard_normal((256, 4))
    power = power_spectrum(autocorrelations(wave, 63))
    assert (frequencies(63)[power.argmax(axis=0)] == 0.125).all()
    assert (power.max(axis=0) > 10).all()


@given(
    seed=st.integers(0, 2**31),
    n_scans=st.integers(12, 60),
    starts=st.sets(st.integers(1, 11), max_size=3),
    n_lags=st.integers(1, 20),
)
def test_power_is_a_share_at_every_frequency_with_and_without_gaps(
    seed, n_scans, starts, n_lags
):
    series = np.random.default_rng(seed).standard_normal((n_scans, 3))
    begins = [0, *sorted(starts)]
    longest = max(np.diff([*begins, n_scans]))
    n_lags = min(n_lags, longest - 1)
    if n_lags < 1:
        return
    power = power_spectrum(autocorrelations(series, n_lags, begins))
    assert (power >= -1e-12).all()
    circle = np.concatenate([power, power[-2:0:-1]])
    np.testing.assert_allclose(circle.mean(axis=0), 1, rtol=1e-12)


@pytest.mark.parametrize("n_lags", [20, 63])
def test_median_of_white_noise_behind_a_design(rng, n_lags):
    t = np.arange(150)
    drifts = [np.cos(np.pi * k * (t + 0.5) / 150) for k in range(8)]
    Q = np.linalg.qr(np.column_stack([*drifts, rng.standard_normal((150, 10))]))[0]
    noise = rng.standard_normal((150, 6000))
    power = power_spectrum(autocorrelations(noise - Q @ (Q.T @ noise), n_lags))
    found = white_spectrum(correlation_moments(150, n_lags, Q))
    np.testing.assert_allclose(found, np.median(power, axis=1), rtol=0.03, atol=0.003)
    assert found[0] < 0.4
    assert found[n_lags // 2] < np.mean(power[n_lags // 2])
