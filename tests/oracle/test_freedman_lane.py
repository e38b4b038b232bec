"""Every shuffle of every voxel, against fitting shuffled data one by one."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats
from tests.oracle.naive_shuffles import CASES, g_statistic, shuffled_maps

from boldglm.core.group_statistic import Tiles
from boldglm.core.group_test import Asked, GroupTest
from boldglm.core.maxstat import shuffle
from boldglm.core.partition import partition
from boldglm.core.permutation_test import run_permutations
from boldglm.core.permute import plan_shuffles

N_VOXELS = 301
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}


def case(name, rng, n_draws=100):
    design, contrast, kind, how = CASES[name]
    data = rng.standard_normal((len(design), N_VOXELS)) + 1
    data[: len(design) // 2, :20] += 2
    data[:, 20:40] -= 2 * design[:, :1] / design[:, 0].max()
    split = partition(design, contrast, kind)
    return data, design, contrast, split, plan_shuffles(split, n_draws, seed=8, **how)


def correlation(statistic, split):
    if split.kind == "t":
        return statistic / np.sqrt(statistic**2 + split.dof)
    return np.sqrt(statistic / (statistic + split.dof / split.dim))


def tiles_of(test):
    tiles = Tiles.of(test)
    n_tiles = -(-(test.shuffles.n_draws + 1) // tiles.n_draws)
    rows = np.concatenate([tiles.rows_of(tile) for tile in range(n_tiles)])
    return tiles.in_units_of_statistic(rows[: test.shuffles.n_draws + 1].astype(float))


@pytest.mark.parametrize("whole_maps", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_statistics_are_those_of_data_shuffled_and_fitted_again(
    name, whole_maps, rng, readonly
):
    data, design, contrast, split, shuffles = case(name, rng)
    expected = shuffled_maps(data, design, contrast, split.kind, shuffles)
    asked = Asked(step_down=whole_maps)
    test = GroupTest.prepare(readonly(data), split, shuffles, asked)
    np.testing.assert_allclose(tiles_of(test), expected, **TOLERANCE)
    np.testing.assert_allclose(test.statistic, expected[0], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("step_down", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_maxima_and_p_are_those_of_the_loop(name, step_down, two_sided, rng):
    data, design, contrast, split, shuffles = case(name, rng, n_draws=70)
    maps = shuffled_maps(data, design, contrast, split.kind, shuffles)
    sizes = np.abs(maps) if two_sided else maps
    asked = Asked(two_sided, step_down=step_down)
    found = run_permutations(GroupTest.prepare(data, split, shuffles, asked))
    maxima = sizes[1:].max(axis=1)
    np.testing.assert_allclose(found.null.maxima["stat"], maxima, **TOLERANCE)
    # as correlations, of which those that differ by little are ties
    sizes = correlation(sizes, split)
    low = sizes[0] - 2e-6
    np.testing.assert_array_equal(found.uncorrected(), (sizes >= low).mean(axis=0))
    largest = sizes.max(axis=1)[:, None]
    np.testing.assert_array_equal(found.corrected("stat"), (largest >= low).mean(0))


@pytest.mark.parametrize("how", [{}, {"kind": "sign-flip"}, {"kind": "both"}])
@pytest.mark.parametrize("name", ["two groups", "three groups beside a covariate"])
def test_variances_of_groups_are_those_of_the_formula(name, how, rng, readonly):
    design, contrast, kind, _ = CASES[name]
    group = np.argmax(design[:, :3], axis=1)
    data = rng.standard_normal((len(design), 12)) * (1.0 + 3 * group[:, None])
    split = partition(design, contrast, kind)
    shuffles = plan_shuffles(split, 40, seed=1, **how)
    expected = shuffled_maps(data, design, contrast, kind, shuffles, group)
    labels = readonly(np.array(["c", "a", "b"])[group])
    for asked in (Asked(), Asked(step_down=True)):
        test = GroupTest.prepare(readonly(data), split, shuffles, asked, labels)
        np.testing.assert_allclose(tiles_of(test), expected, rtol=2e-5, atol=1e-5)
        found = run_permutations(test)
        sizes = np.abs(expected) if kind == "t" else expected
        np.testing.assert_allclose(found.maps["stat"], expected[0], rtol=1e-5)
        largest = sizes[1:].max(axis=1)
        np.testing.assert_allclose(found.null.maxima["stat"], largest, rtol=2e-5)
        low = sizes[0] * (1 - 2e-5) - 1e-6
        np.testing.assert_array_equal(found.uncorrected(), (sizes >= low).mean(0))


def test_v_of_two_groups_is_welch(rng):
    data = rng.standard_normal((13, 30)) * np.repeat([1.0, 4.0], [5, 8])[:, None]
    design = np.repeat(np.eye(2), [5, 8], axis=0)
    split = partition(design, [1, -1])
    shuffles = plan_shuffles(split, 5, seed=0)
    test = GroupTest.prepare(data, split, shuffles, Asked(), [0] * 5 + [1] * 8)
    welch = stats.ttest_ind(data[:5], data[5:], equal_var=False).statistic
    np.testing.assert_allclose(run_permutations(test).maps["stat"], welch, rtol=1e-5)
    by_formula = g_statistic(data, design, [1, -1], np.repeat([0, 1], [5, 8]), "t")
    np.testing.assert_allclose(by_formula, welch, rtol=1e-12)


def test_one_variance_for_all_is_t(rng):
    data, _, _, split, shuffles = case("groups beside two covariates", rng)
    pooled = GroupTest.prepare(data, split, shuffles, Asked(), np.zeros(11))
    plain = GroupTest.prepare(data, split, shuffles, Asked())
    np.testing.assert_allclose(tiles_of(pooled), tiles_of(plain), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["mean", "two groups", "three groups"])
def test_single_precision_of_the_data_is_enough(name, rng):
    data, _, _, split, shuffles = case(name, rng)
    nulls = [
        shuffle(GroupTest.prepare(data.astype(kind), split, shuffles, Asked()))
        for kind in (np.float32, np.float64)
    ]
    np.testing.assert_allclose(*(null.maxima["stat"] for null in nulls), rtol=1e-4)


def test_correlations_with_permuted_nuisance_are_nilearns(rng):
    permuted_ols = pytest.importorskip("nilearn.mass_univariate").permuted_ols
    data, design, _contrast, split, shuffles = case("mean beside a covariate", rng)
    test = GroupTest.prepare(data, split, shuffles, Asked())
    found = permuted_ols(
        design[:, :1], data, design[:, 1:], model_intercept=False, n_perm=0
    )
    np.testing.assert_allclose(test.statistic, found["t"][0], rtol=1e-9)


def test_rows_of_other_variance_are_not_alike(rng):
    """All 720 orders give v of the 180 that are enumerated, equally often."""
    design, group = np.repeat(np.eye(2), 3, axis=0), np.array([0, 1, 0, 1, 0, 1])
    data = rng.standard_normal((6, 8)) * (1 + group[:, None])
    split = partition(design, [1, -1])
    shuffles = plan_shuffles(
        split, 999, seed=0, kind="permutation", variance_groups=group
    )
    assert shuffles.n_possible == 180
    found = run_permutations(
        GroupTest.prepare(data, split, shuffles, Asked(), group)
    ).uncorrected()
    centred = data - data.mean(axis=0)
    sizes = np.abs(
        [
            g_statistic(centred[list(order)], design, [1, -1], group, "t")
            for order in permutations(range(6))
        ]
    )
    low = sizes[0] * (1 - 2e-5) - 1e-6
    np.testing.assert_allclose(found, (sizes >= low).mean(axis=0), rtol=1e-12)
