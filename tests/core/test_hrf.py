"""Sampled haemodynamic responses."""

import numpy as np
import pytest
from scipy import stats

from boldglm.core import hrf


def gamma_difference(t, dt, delay, undershoot, width, u_width, ratio):
    """The double gamma, from the densities of scipy.stats."""
    peak = stats.gamma.pdf(t, delay / width, loc=dt, scale=width)
    dip = stats.gamma.pdf(t, undershoot / u_width, loc=dt, scale=u_width)
    response = peak - ratio * dip
    return response / response.sum()


@pytest.mark.parametrize("t_r", [0.5, 0.72, 2.0, 3.1])
@pytest.mark.parametrize("oversampling", [1, 16, 50])
def test_canonical_responses_are_the_gamma_densities_of_scipy(t_r, oversampling):
    n_samples = round(32 / t_r * oversampling)
    t = np.linspace(0, 32, n_samples)
    dt = t_r / oversampling
    np.testing.assert_allclose(
        hrf.spm_hrf(t_r, oversampling),
        gamma_difference(t, dt, 6, 16, 1, 1, 0.167),
        atol=1e-14,
    )
    np.testing.assert_allclose(
        hrf.glover_hrf(t_r, oversampling),
        gamma_difference(t, dt, 6, 12, 0.9, 0.9, 0.48),
        atol=1e-14,
    )


@pytest.mark.parametrize("response", [hrf.spm_hrf, hrf.glover_hrf])
def test_a_later_onset_moves_the_response(response):
    at_zero = response(1.0, 10, 32.0, 0.0)
    at_two = response(1.0, 10, 32.0, 2.0)
    moved = (at_two.argmax() - at_zero.argmax()) * 0.1
    assert moved == pytest.approx(2.0, abs=0.11)


@pytest.mark.parametrize(
    ("response", "derivative"),
    [
        (hrf.spm_hrf, hrf.spm_time_derivative),
        (hrf.glover_hrf, hrf.glover_time_derivative),
    ],
)
def test_adding_the_time_derivative_makes_the_response_earlier(response, derivative):
    base = response(2.0)
    earlier = base + 0.1 * derivative(2.0) * -1
    np.testing.assert_allclose(earlier, response(2.0, onset=0.1), atol=1e-12)


@pytest.mark.parametrize(
    "derivative", [hrf.spm_dispersion_derivative, hrf.glover_dispersion_derivative]
)
def test_the_dispersion_derivative_gives_to_the_peak_and_takes_from_its_flanks(
    derivative,
):
    change = derivative(1.0, 20)
    peak = hrf.spm_hrf(1.0, 20).argmax()
    assert change[: peak - 40].min() < 0 < change.max()
    assert change.sum() == pytest.approx(0, abs=1e-12)


def test_a_wider_peak_is_what_the_dispersion_derivative_steps_to():
    wide = hrf.double_gamma_hrf(2.0, shape=hrf.DoubleGamma(dispersion=1.01))
    step = hrf.spm_hrf(2.0) - 0.01 * hrf.spm_dispersion_derivative(2.0)
    np.testing.assert_allclose(step, wide, atol=1e-14)


@pytest.mark.parametrize(
    ("t_r", "oversampling", "time_length"),
    [(0, 50, 32), (2, 0, 32), (2, 50, 0), (2, 50, -1), (-0.5, 50, 32)],
)
def test_times_must_be_positive(t_r, oversampling, time_length):
    with pytest.raises(ValueError, match="expected positive numbers"):
        hrf.spm_hrf(t_r, oversampling, time_length)


def test_a_grid_too_coarse_for_the_response_is_an_error_not_nan():
    with pytest.raises(ValueError, match="zero on a grid of 1 samples"):
        hrf.spm_hrf(32.0, oversampling=1)


@pytest.mark.parametrize(
    "response",
    [
        hrf.spm_hrf,
        hrf.glover_hrf,
        hrf.spm_time_derivative,
        hrf.glover_time_derivative,
        hrf.spm_dispersion_derivative,
        hrf.glover_dispersion_derivative,
    ],
)
def test_responses_last_32_seconds_in_fiftieths_of_a_scan(response):
    np.testing.assert_array_equal(response(2.0), response(2.0, 50, 32.0, 0.0))


def test_models_cannot_be_changed_at_run_time():
    with pytest.raises(TypeError):
        hrf.HRF_MODELS["mine"] = ()
