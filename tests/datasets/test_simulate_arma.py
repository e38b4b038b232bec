import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boldglm.datasets.simulate_arma import (
    ar_coefficients,
    ar_noise,
    arma_noise,
    autocorrelations,
    ma_coefficients,
)

numbers = st.lists(st.floats(-0.9, 0.9), min_size=0, max_size=4)


def maps_of(values, n=24):
    """Every voxel of a cube with the same numbers, (order, n, n, n)."""
    values = np.array(values, np.float32)
    return np.ones((len(values), n, n, n), np.float32) * values[:, None, None, None]


@given(numbers)
def test_every_moving_average_is_invertible(ma):
    theta = ma_coefficients(np.array(ma))
    roots = np.roots([1.0, *theta])
    assert np.abs(roots).max(initial=0.0) < 1


@given(st.floats(-0.95, 0.95))
def test_the_coefficient_of_order_1_is_the_number_itself(ma):
    np.testing.assert_allclose(ma_coefficients(np.array([ma])), [ma])


@given(st.lists(st.floats(-0.8, 0.8), min_size=1, max_size=4))
def test_coefficients_of_a_moving_average_are_those_of_statsmodels(ma):
    tools = pytest.importorskip("statsmodels.tsa.statespace.tools")
    # They take any number r for r / sqrt(1 + r²), and turn the sign
    unconstrained = np.array(ma) / np.sqrt(1 - np.array(ma) ** 2)
    theirs = -tools.constrain_stationary_univariate(unconstrained)
    np.testing.assert_allclose(ma_coefficients(np.array(ma)), theirs, atol=1e-10)


@given(numbers, numbers)
def test_autocorrelations_are_those_of_statsmodels(partial, ma):
    process = pytest.importorskip("statsmodels.tsa.arima_process")
    partial, ma = np.array(partial), np.array(ma)
    phi, theta = ar_coefficients(partial)[-1], ma_coefficients(ma)
    theirs = process.arma_acovf([1.0, *-phi], [1.0, *theta], nobs=8)
    ours = autocorrelations(partial, ma, 7)
    np.testing.assert_allclose(ours, theirs / theirs[0], atol=1e-7)


def test_autocorrelations_of_maps_are_those_of_each_voxel(rng, readonly):
    partial, ma = readonly(rng.uniform(-0.8, 0.8, (2, 3, 4)), rng.random((1, 3, 4)))
    found = autocorrelations(partial, ma, 5)
    assert found.shape == (6, 3, 4)
    np.testing.assert_allclose(
        found[:, 1, 2], autocorrelations(partial[:, 1, 2], ma[:, 1, 2], 5)
    )


@pytest.mark.parametrize(
    ("partial", "ma"),
    [
        ((), (0.6,)),
        ((0.5,), (0.4,)),
        ((0.8,), (-0.5,)),
        ((0.4, 0.3), (0.5, -0.4)),
        ((0.3,), (0.2, 0.1, 0.5)),
    ],
)
def test_noise_is_correlated_in_time_as_theory_has_it(rng, partial, ma):
    series = arma_noise(maps_of(partial), maps_of(ma), 24, 0.0, rng).astype(float)
    expected = autocorrelations(np.array(partial), np.array(ma), 4)
    found = [
        np.mean(series[: len(series) - lag] * series[lag:])  # the mean is 0
        for lag in range(5)
    ]
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_the_noise_is_that_of_a_filter_from_scipy():
    """The same errors, filtered by somebody else, after a while."""
    signal = pytest.importorskip("scipy.signal")
    phi, theta = 0.5, 0.4
    errors = np.random.default_rng(3).standard_normal((81, 2, 2, 2), np.float32)
    ours = arma_noise(
        maps_of((phi,), 2), maps_of((theta,), 2), 80, 0.0, np.random.default_rng(3)
    )
    theirs = signal.lfilter([1, theta], [1, -phi], errors, axis=0)[1:]
    theirs *= np.sqrt((1 - phi**2) / (1 + 2 * phi * theta + theta**2))
    np.testing.assert_allclose(ours[30:], theirs[30:], atol=1e-5)


@pytest.mark.parametrize("sigma", [0.0, 1.0])
def test_the_variance_is_1_at_every_scan_also_at_the_first(rng, sigma):
    series = arma_noise(maps_of((0.6,), 32), maps_of((0.5, 0.3), 32), 10, sigma, rng)
    np.testing.assert_allclose(series.reshape(10, -1).var(axis=1), 1, atol=0.08)


def test_each_voxel_has_its_own_moving_average(rng):
    ma = maps_of((0.1,), 16)
    ma[:, 8:] = 0.9
    series = arma_noise(maps_of((), 16), ma, 80, 0.0, rng)
    for part, value in ((series[:, :8], 0.1), (series[:, 8:], 0.9)):
        found = np.mean(part[1:] * part[:-1])
        assert found == pytest.approx(value / (1 + value**2), abs=0.01)


def test_without_a_moving_average_it_is_the_autoregressive_noise():
    partial = maps_of((0.4, 0.2), 6)
    ours, theirs = (
        make(np.random.default_rng(1))
        for make in (
            lambda rng: arma_noise(partial, maps_of((), 6), 20, 1.0, rng),
            lambda rng: ar_noise(partial, 20, 1.0, rng),
        )
    )
    np.testing.assert_array_equal(ours, theirs)


def test_coefficients_are_not_changed(rng, readonly):
    partial, ma = readonly(maps_of((0.4,), 4), maps_of((0.3,), 4))
    assert arma_noise(partial, ma, 12, 1.0, rng).shape == (12, 4, 4, 4)
