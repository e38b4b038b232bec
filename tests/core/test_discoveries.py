"""Templates calibrated on permutations: definitions, and errors that are controlled."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.ndimage import gaussian_filter
from scipy.special import ndtr

from boldglm._base.errors import ShapeError
from boldglm.core.clusters import label_clusters
from boldglm.core.discoveries import (
    TemplateCalibration,
    calibrate,
    simes_pivot,
    statistic_pivot,
)
from boldglm.core.multiple import discovery_proportions, hommel_value
from boldglm.core.tails import t_to_p, t_to_z, z_to_p


def pivot_by_sorting(p, delta=0.0):
    p, k = np.sort(p), np.arange(1, p.size + 1)
    return min(p[k > delta] * (p.size - delta) / (k[k > delta] - delta))


@pytest.mark.parametrize("delta", [0, 1, 27, 40.5])
@pytest.mark.parametrize("n", [50, 3000])
def test_pivots_are_those_of_the_sorted_p(n, delta, rng, readonly):
    for spread in (0.2, 1.0, 3.0, 30.0):
        z = readonly(rng.normal(size=n) * spread)
        p = readonly(z_to_p(z))
        expected = pivot_by_sorting(p, delta)
        assert simes_pivot(p, delta) == pytest.approx(expected, rel=1e-12, abs=0)
        assert statistic_pivot(z, z_to_p, delta) == simes_pivot(p, delta)


@given(
    st.lists(st.sampled_from([0.0, 1e-300, 1e-30, 0.01, 0.02, 0.5, 1.0]), min_size=1),
    st.integers(0, 3),
)
def test_pivots_of_equal_and_tiny_p(p, delta):
    p = np.array(p)
    if delta >= p.size:
        with pytest.raises(ValueError, match="delta is"):
            simes_pivot(p, delta)
    else:
        assert simes_pivot(p, delta) == pytest.approx(
            pivot_by_sorting(p, delta), rel=1e-12, abs=0
        )


def test_pivots_of_single_precision_and_infinite_statistics(rng):
    t = rng.standard_t(20, size=2000).astype(np.float32)
    t[2], t[4] = np.inf, -np.inf

    def tail(values):
        assert values.dtype == np.float64
        return stats.t.sf(values, 20)

    assert statistic_pivot(t, tail, 2) == pytest.approx(
        pivot_by_sorting(tail(t.astype(np.float64)), 2), rel=1e-12
    )
    assert statistic_pivot(t, tail) == 0
    assert statistic_pivot(np.array([2, 2, 2]), z_to_p) == pytest.approx(ndtr(-2))


def test_the_strongest_of_a_bin_may_hold_the_pivot():
    # the first value makes bins half a unit wide: 3.45 and 3.05 share one
    z = np.array([-1000, 3.45, 3.05, 2.9, 2.9, 2.9, 2.9])
    for order in (slice(None), slice(None, None, -1)):
        pivot = statistic_pivot(z[order], z_to_p)
        assert pivot == pytest.approx(7 * ndtr(-3.45), rel=1e-12)


def test_few_p_are_computed():
    sizes = []

    def tail(z):
        sizes.append(z.size)
        return z_to_p(z)

    z = np.random.default_rng(0).normal(size=50_000)
    z[7:10] = 1e6, -1e9, 1e50
    assert statistic_pivot(z, tail) == pytest.approx(pivot_by_sorting(z_to_p(z)), abs=0)
    assert sum(sizes) < 15_000


def test_the_level_is_the_last_pivot_that_alpha_allows(readonly):
    pivots = np.arange(1, 101) / 200
    shuffled = readonly(np.random.default_rng(0).permutation(pivots))
    for k in (1, 5, 7, 29, 57, 100):
        # .29 * 100 is 28.999999999999996
        assert calibrate(shuffled, k / 100) == k / 200
    assert calibrate(shuffled, 0.0599) == 5 / 200
    assert calibrate(shuffled, 0.0099) == calibrate(shuffled, 0) == 0
    assert calibrate(pivots[:19], 0.05) == 0
    calibration = TemplateCalibration(shuffled, 3000, 4)
    assert calibration.level(0.05) == 5 / 200


@given(
    st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=40),
    st.floats(0, 1),
)
def test_no_more_pivots_than_alpha_allows_are_at_the_level_or_below(pivots, alpha):
    pivots = np.array(pivots)
    level = calibrate(pivots, alpha)
    allowed = alpha * pivots.size + 1e-9
    if level:
        assert (pivots <= level).sum() <= allowed
    higher = pivots[pivots > level]
    if higher.size:
        assert (pivots <= higher.min()).sum() > allowed


@pytest.mark.parametrize("delta", [0, 3])
def test_the_template_touches_the_sorted_p_at_the_pivot(delta, rng):
    p = rng.random(200)
    pivot = simes_pivot(p, delta)
    k = np.arange(1, 201)
    line = (k - delta) / (200 - delta)
    sorted_p = np.sort(p)
    above = k > delta
    assert not (sorted_p <= line * pivot * (1 - 1e-9))[above].any()
    assert (sorted_p <= line * pivot * (1 + 1e-9))[above].any()


def share_by_all_subsets(p, template):
    """By closed testing: the largest subset that is not rejected may be inactive."""
    inactive = 0
    for size in range(1, p.size + 1):
        for subset in combinations(p, size):
            if not (np.sort(subset) <= template[:size]).any():
                inactive = size
    return 1 - inactive / p.size


@pytest.mark.parametrize("delta", [0.0, 2.0, 1.5])
@pytest.mark.parametrize("level", [0.05, 0.4])
def test_shares_are_those_of_closed_testing(delta, level, rng, readonly):
    n_tests = 12
    template = level * (np.arange(1, 9) - delta) / (n_tests - delta)
    # below t_1 nothing is, though p were 0
    template[: int(delta)] = -1
    found = []
    for _ in range(6):
        z = readonly(rng.normal(size=8) + rng.choice([0, 2.5], size=8))
        shares = discovery_proportions(
            z, np.ones(8, dtype=int), n_tests - delta, level, delta
        )
        assert shares[1] == pytest.approx(share_by_all_subsets(ndtr(-z), template))
        found.append(shares[1])
    assert max(found) > 0


def test_the_line_of_all_resolutions_is_a_template(rng):
    z = rng.normal(size=500) + 3 * (rng.random(500) < 0.2)
    labels = rng.integers(0, 5, size=500)
    hommel = hommel_value(z, 0.05)
    level = 0.05 * 500 / hommel
    np.testing.assert_array_equal(
        discovery_proportions(z, labels, hommel, 0.05),
        discovery_proportions(z, labels, 500, level),
    )


def test_a_level_of_zero_discovers_nothing():
    z = np.array([60.0, 60.0, 5.0])  # p is 0 in floating point
    assert discovery_proportions(z, [1, 1, 1], 3, 0.0)[1] == 0
    assert discovery_proportions(z, [1, 1, 1], 3, 1e-320)[1] == pytest.approx(2 / 3)


def test_the_smallest_p_count_nothing_up_to_delta():
    z = np.full(10, 60.0)
    for delta, share in ((0, 1.0), (1, 0.9), (3, 0.7), (3.5, 0.7), (9, 0.1)):
        found = discovery_proportions(z, np.ones(10, int), 10 - delta, 0.1, delta)
        assert found[1] == pytest.approx(share)


def test_nan_is_not_active():
    shares = discovery_proportions([np.nan, 9.0], [1, 1], 2, 0.05)
    assert shares[1] == 0.5


# simulations -------------------------------------------------------------------------


def one_sample_t(Y, signs):
    """t of the mean, (sign set, voxel), where rows of `Y` change their sign."""
    n = Y.shape[0]
    mean = signs @ Y / n
    variance = (np.square(Y).sum(axis=0) - n * mean**2) / (n - 1)
    return mean / np.sqrt(variance / n)


def subjects(rng, n, shape, smooth):
    """Maps (subject, voxel) of noise of unit variance."""
    noise = rng.standard_normal((n, *shape))
    if smooth:
        noise = gaussian_filter(noise, (0, smooth, smooth, smooth), mode="wrap")
    return (noise / noise.std()).reshape(n, -1)


def calibrated(Y, rng, n_permutations, delta=0.0):
    """z of the subjects, and the calibration by sign flips."""
    n = Y.shape[0]
    signs = rng.choice([-1.0, 1.0], size=(n_permutations, n))
    signs[0] = 1.0
    t = one_sample_t(Y, signs)
    pivots = np.array(
        [statistic_pivot(one, lambda x: t_to_p(x, n - 1), delta) for one in t]
    )
    return t_to_z(t[0], n - 1), TemplateCalibration(pivots, Y.shape[1], delta)


def false_claims(n_maps, shape, smooth, effect, delta=0.0, alpha=0.2, seed=0):
    """In how many maps any cluster is said to be more active than it is."""
    rng = np.random.default_rng(seed)
    active = np.zeros(shape, dtype=bool)
    active[:3, :3, :3] = effect > 0
    active = active.ravel()
    n_false = 0
    for _ in range(n_maps):
        Y = subjects(rng, 12, shape, smooth)
        Y[:, active] += effect
        z, calibration = calibrated(Y, rng, 50, delta)
        level = calibration.level(alpha)
        for height in (0.5, 1.5, 2.5):
            labels = label_clusters((z > height).reshape(shape))[0].ravel()
            claimed = discovery_proportions(z, labels, z.size - delta, level, delta)
            size = np.maximum(np.bincount(labels), 1)
            true = np.bincount(labels, weights=active) / size
            if (claimed[1:] > true[1:] + 1e-9).any():
                n_false += 1
                break
    return n_false


@pytest.mark.parametrize("smooth", [0.0, 1.2])
@pytest.mark.parametrize("effect", [0.0, 1.0])
def test_claims_are_false_as_seldom_as_alpha_says(smooth, effect):
    """At most in a share alpha of maps, up to what chance allows (1 in 10^3)."""
    found = false_claims(150, (7, 7, 7), smooth, effect)
    assert found <= stats.binom.ppf(0.999, 150, 0.2)


@pytest.mark.slow
@pytest.mark.parametrize("smooth", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("effect", [0.0, 1.0])
@pytest.mark.parametrize("delta", [0.0, 5.0])
def test_claims_are_false_as_seldom_as_alpha_says_in_many_maps(smooth, effect, delta):
    found = false_claims(600, (10, 10, 10), smooth, effect, delta, 0.1, seed=1)
    assert found <= stats.binom.ppf(0.999, 600, 0.1)


@pytest.mark.parametrize("smooth", [0.0, 1.2])
def test_noise_falls_below_the_template_just_as_often_as_alpha(smooth):
    rng = np.random.default_rng(5)
    n_maps, n_below = 400, 0
    for _ in range(n_maps):
        _, calibration = calibrated(subjects(rng, 12, (6, 6, 6), smooth), rng, 20)
        n_below += calibration.pivots[0] <= calibration.level(0.2)
    low, high = stats.binom.ppf([5e-4, 1 - 5e-4], n_maps, 0.2)
    assert low <= n_below <= high


def active_shares(dependent, rng):
    """Shares by all resolutions and by calibration, of the half that is active."""
    n, n_voxels = 20, 2000
    labels = np.repeat([1, 0], n_voxels // 2)
    Y = rng.standard_normal((n, n_voxels))
    if dependent:
        Y = 0.6 * Y + 0.8 * rng.standard_normal((n, 1))
    Y[:, : n_voxels // 2] += 0.75
    z, calibration = calibrated(Y, rng, 400)
    hommel = hommel_value(z, 0.05)
    level = calibration.level(0.05)
    return (
        discovery_proportions(z, labels, hommel, 0.05)[1],
        discovery_proportions(z, labels, n_voxels, level)[1],
        level,
    )


def test_for_independent_voxels_calibration_is_all_resolutions(rng):
    by_simes, by_permutation, level = active_shares(dependent=False, rng=rng)
    # Simes' inequality is an equation there
    assert level == pytest.approx(0.05, rel=0.5)
    assert by_permutation == pytest.approx(by_simes, abs=0.1)
    assert by_simes > 0.1


def test_for_dependent_voxels_calibration_finds_more(rng):
    found = np.array([active_shares(dependent=True, rng=rng) for _ in range(10)])
    by_simes, by_permutation, level = found.mean(axis=0)
    assert level > 0.075
    assert by_permutation > by_simes + 0.03


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: simes_pivot([[0.1]]), ShapeError, r"p has shape \(1, 1\)"),
        (lambda: simes_pivot([]), ShapeError, r"p has shape \(0,\)"),
        (lambda: simes_pivot([0.1, 1.2]), ValueError, "p lies between 0.1 and 1.2"),
        (lambda: simes_pivot([-0.1, 0.2]), ValueError, "p lies between -0.1"),
        (lambda: simes_pivot([0.1, np.nan]), ValueError, "between nan and nan"),
        (lambda: simes_pivot([0.1], delta=-1), ValueError, "delta is -1; expected"),
        (
            lambda: statistic_pivot([np.nan, 1.0], z_to_p),
            ValueError,
            "statistic has NaN",
        ),
        (
            lambda: statistic_pivot(np.zeros((2, 2)), z_to_p),
            ShapeError,
            r"statistic has shape \(2, 2\)",
        ),
        (lambda: calibrate([], 0.05), ShapeError, r"pivots has shape \(0,\)"),
        (lambda: calibrate([[0.1]], 0.05), ShapeError, r"pivots has shape \(1, 1\)"),
        (lambda: calibrate([0.1, np.nan], 0.05), ValueError, "pivots has NaN"),
        (lambda: calibrate([0.1], 1.5), ValueError, "alpha should be between"),
    ],
)
def test_what_cannot_be_is_told(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
