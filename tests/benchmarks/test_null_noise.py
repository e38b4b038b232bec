"""Noise has the covariance that the oracle is told."""

import numpy as np
import pytest
from benchmarks.null_noise import (
    Arma,
    FieldAr1,
    Fractional,
    Noise,
    gentle_field,
    peak,
    sheets,
    slow,
    white_source,
)
from scipy import linalg

N_SCANS, N_LAGS = 120, 12
PROCESSES = {
    "white": Arma(),
    "ar": Arma((0.4,)),
    "arma": Arma((0.9,), (-0.65,)),
    "field": FieldAr1(0.2, 0.8),
    "fractional": Fractional(0.3),
    "slow": slow(10.0, 2.0),
    "peak": peak(0.3, 0.03, 0.7),
}


def moments(series):
    """Mean of products at lags, without taking a mean out."""
    n = len(series)
    return np.array(
        [np.mean(series[: n - k] * series[k:], axis=0) for k in range(N_LAGS)]
    )


@pytest.mark.parametrize("name", PROCESSES)
@pytest.mark.parametrize("u", [0.0, 1.0])
def test_processes_have_their_correlations(name, u, rng):
    process = PROCESSES[name]
    source = white_source((30, 20, 10), 0.0, rng)
    series = process.draw(source, N_SCANS, np.full(6000, u))
    assert series.shape == (N_SCANS, 6000)
    found, expected = moments(series), process.correlation(N_LAGS, u)
    error = found.std(axis=1) / np.sqrt(6000)
    assert expected[0] == pytest.approx(1)
    assert np.all(np.abs(found.mean(axis=1) - expected) < 4 * error)


@pytest.mark.parametrize("name", PROCESSES)
def test_processes_are_stationary(name, rng):
    source = white_source((30, 20, 10), 0.0, rng)
    series = PROCESSES[name].draw(source, N_SCANS, np.full(6000, 0.5))
    variance = series.var(axis=1)
    assert np.abs(variance - 1).max() < 4.5 * np.sqrt(2 / 6000)


def test_the_arma_has_the_correlations_of_the_book():
    a, b = 0.9, -0.65
    first = (a + b) * (1 + a * b) / (1 + 2 * a * b + b**2)
    expected = np.r_[1, first * a ** np.arange(5)]
    np.testing.assert_allclose(Arma((a,), (b,)).correlation(6, 0.0), expected)


@pytest.mark.parametrize("name", ["field", "fractional"])
def test_what_is_drawn_exactly_has_exactly_its_covariance(name):
    # Series are linear in what drives them: of unit vectors, columns of a root of V
    process, u = PROCESSES[name], 0.3
    root = process.draw(np.eye, 20, np.array(u))
    expected = linalg.toeplitz(process.correlation(20, u))
    np.testing.assert_allclose(root @ root.T, expected, atol=1e-12)


def test_a_peak_is_where_sampling_folds_it_to():
    power = np.abs(np.fft.rfft(peak(1.1, 0.02, 0.7).correlation(500, 0.0)))
    hertz = np.fft.rfftfreq(500, 0.7)[power.argmax()]
    assert hertz == pytest.approx(1 / 0.7 - 1.1, abs=0.01)


def test_amplitudes_go_with_the_place_and_variances_add(rng):
    noise = Noise(
        ((FieldAr1(0.0, 0.8), 1.0), (Arma(), (0.0, 2.0))),
        field=lambda shape, _: np.repeat([0.0, 1.0], np.prod(shape) // 2),
    )
    series, u, scale = noise.draw(200, (20, 20, 10), rng)
    assert np.all(scale == 1)
    found = moments(series)
    for place in (0.0, 1.0):
        expected = noise.covariance(N_LAGS, place)
        mean = found[:, u == place].mean(axis=1)
        np.testing.assert_allclose(mean, expected, atol=0.06)
    assert noise.covariance(3, 1.0)[0] == pytest.approx(5)


def test_variances_differ_by_the_spread(rng):
    noise = Noise(((Arma(), 1.0),), spread=10.0)
    series, _, scale = noise.draw(300, (10, 10, 10), rng)
    assert 8 < (scale.max() / scale.min()) ** 2 <= 10
    np.testing.assert_allclose(series.std(axis=0), scale, rtol=0.2)


def test_smooth_noise_has_variance_1_and_neighbours_alike(rng):
    shape = (12, 12, 12)
    series = white_source(shape, 2.0, rng)(400).reshape(-1, *shape)
    assert series.var() == pytest.approx(1, abs=0.03)
    sigma = 2.0 / 2.3548
    # of a Gaussian kernel with itself, one voxel apart, and over the edge
    expected = np.exp(-1 / (4 * sigma**2))
    for near in (series[:, 1:] * series[:, :-1], series[:, 0] * series[:, -1]):
        assert near.mean() == pytest.approx(expected, abs=0.05)
    assert np.mean(series[1:] * series[:-1]) == pytest.approx(0, abs=0.02)


def test_fields_go_from_0_to_1_gently_or_in_sheets(rng):
    shape = (16, 16, 16)
    gentle = gentle_field(shape, rng)
    assert gentle.min() < 0.05
    assert gentle.max() > 0.95
    assert np.abs(np.diff(gentle.reshape(shape), axis=0)).max() < 0.1
    two = sheets(shape, rng).reshape(shape)
    assert set(np.unique(two)) == {0.0, 1.0}
    assert two.mean() == pytest.approx(0.5, abs=0.01)
    thickness = 1 / np.mean(two[1:] != two[:-1])
    assert 2 < thickness < 3.2
