"""Scaling of the signal to per cent or standard deviations."""

import numpy as np
import pytest

from boldglm._base.errors import ShapeError
from boldglm._base.warnings import DesignWarning
from boldglm.core.gls import prepare
from boldglm.core.noise import noise_model
from boldglm.core.run_statistics import RunAccumulator
from boldglm.glm.first_level.scaling import (
    check_signal_scaling,
    mean_scaling,
    scale_signal,
    scans_to_per_cent,
    standardize,
    voxel_scaling,
)


@pytest.fixture
def Y(rng):
    return 1000 + 10 * rng.standard_normal((40, 6))


@pytest.mark.parametrize("axis", [0, 1, (0, 1)])
def test_signal_becomes_per_cent_of_its_mean(Y, axis):
    scaled, mean = mean_scaling(Y, axis)
    expected = 100 * (Y / Y.mean(axis=axis, keepdims=True) - 1)
    np.testing.assert_allclose(scaled, expected, atol=1e-10)
    np.testing.assert_allclose(mean, Y.mean(axis=axis))


def test_single_precision_stays_single_and_keeps_its_digits(Y):
    single = Y.astype(np.float32)
    scaled, mean = mean_scaling(single)
    assert scaled.dtype == np.float32
    assert mean.dtype == np.float64
    expected = mean_scaling(single.astype(float))[0]
    np.testing.assert_allclose(scaled, expected, atol=2e-6)


def test_means_below_one_count_as_one_with_a_warning():
    Y = np.array([[0.5, -2.0, 4.0], [0.3, -4.0, 4.0]])
    with pytest.warns(DesignWarning, match="Mean values below 1 observed, 2 of 3"):
        scaled, mean = mean_scaling(Y)
    assert mean.tolist() == [1, 1, 4]
    np.testing.assert_allclose(scaled[:, 0], [-50, -70])
    with pytest.warns(DesignWarning, match="Mean values of 0 observed.*=False"):
        mean_scaling(np.zeros((3, 2)))


def test_inputs_are_only_read_and_integers_become_floats(Y, readonly):
    frozen = readonly(Y)
    for axis in (0, 1, (0, 1)):
        assert not np.shares_memory(mean_scaling(frozen, axis)[0], frozen)
    assert not np.shares_memory(standardize(frozen), frozen)
    assert mean_scaling(np.array([[1, 2], [3, 4]]))[0].dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_standardised_series_have_mean_0_and_deviation_1(Y, dtype):
    Y = Y.astype(dtype)
    Y[:, 2] = 7.0
    scaled = standardize(Y)
    assert scaled.dtype == dtype
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    deviation = scaled.std(axis=0, ddof=1)
    np.testing.assert_allclose(deviation, [1, 1, 0, 1, 1, 1], rtol=1e-5)


@pytest.mark.parametrize(
    ("given", "axis"),
    [(0, 0), (1, 1), ((0, 1), (0, 1)), ([0, 1], (0, 1)), (False, None), (None, None)],
)
def test_scalings_users_may_write(given, axis):
    assert check_signal_scaling(given) == axis


@pytest.mark.parametrize("given", [True, 2, "voxel", (1, 0)])
def test_other_scalings_are_errors_that_list_the_known(given):
    with pytest.raises(ShapeError, match=r"expected 0 .*, 1 .*, \(0, 1\) .* or False"):
        check_signal_scaling(given)


def test_zero_is_a_scaling_and_false_is_none(Y):
    """``False == 0``, but they ask for different things."""
    np.testing.assert_array_equal(scale_signal(Y.copy(), False, standardized=False), Y)
    np.testing.assert_array_equal(scale_signal(Y.copy(), 0, False), mean_scaling(Y)[0])


def test_divergence_12_standardize_is_effective_with_any_scaling(Y):
    expected = standardize(Y)
    for signal_scaling in (0, (0, 1), False):
        got = scale_signal(Y.copy(), signal_scaling, standardized=True)
        np.testing.assert_allclose(got, expected, atol=1e-9)


def test_a_constant_series_becomes_zeros_whatever_its_value():
    """0.1 is no binary fraction: its mean over scans is off by rounding."""
    assert not standardize(np.full((7, 1), 0.1)).any()


def test_the_models_own_array_is_scaled_in_place(Y):
    own = Y.copy()
    assert scale_signal(own, 0, True) is own
    np.testing.assert_allclose(own, standardize(mean_scaling(Y)[0]))


def statistics_of(Y):
    run = RunAccumulator(
        prepare(np.ones((len(Y), 1)), noise_model("ols"), len(Y), Y.dtype), Y.shape[1]
    )
    run.add(Y)
    return run.statistics()


def test_constant_series_become_zeros_from_their_statistics_too():
    """Up to the rounding of what they are."""
    Y = np.full((50, 2), 1234.567)
    Y[::3, 1] = np.nextafter(1234.567, 2000)
    statistics = statistics_of(Y)
    assert statistics.variation[1] > 0
    _, scale = voxel_scaling(statistics, False, True)
    assert not scale.any()


@pytest.mark.parametrize("axis", [0, (0, 1)])
def test_small_means_count_as_one_in_statistics_too(rng, axis):
    Y = rng.random((9, 4)) / 4
    with pytest.warns(DesignWarning, match="Mean values below 1"):
        expected, _ = mean_scaling(Y, axis)
    with pytest.warns(DesignWarning, match="Mean values below 1"):
        shift, scale = voxel_scaling(statistics_of(Y), axis, False)
    np.testing.assert_allclose(scale * (Y - shift), expected)


def test_small_means_of_scans_count_as_one_in_pieces_too(rng):
    Y = rng.random((9, 4)) / 4
    with pytest.warns(DesignWarning, match="Mean values below 1"):
        expected, _ = mean_scaling(Y, 1)
    np.testing.assert_allclose(scans_to_per_cent(Y)[0], expected)


def test_scans_that_come_in_pieces_are_scaled_as_together(Y):
    single = Y.astype(np.float32)
    parts = [scans_to_per_cent(rows) for rows in np.split(single, [3, 20])]
    assert all(scaled.dtype == np.float32 for scaled, _ in parts)
    expected, mean = mean_scaling(single, axis=1)
    np.testing.assert_array_equal(np.concatenate([part for part, _ in parts]), expected)
    np.testing.assert_array_equal(np.concatenate([means for _, means in parts]), mean)
