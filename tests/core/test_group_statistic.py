"""Tiles: the same numbers whatever their edges, and no product that is not needed."""

from dataclasses import replace

import numpy as np
import pytest
from tests.oracle.naive_shuffles import CASES, shuffled_maps
from threadpoolctl import threadpool_limits

from boldglm.core import group_statistic
from boldglm.core.group_statistic import Tiles
from boldglm.core.group_statistic_kernels import (
    count_step_down,
    plain_maxima,
    ratios_of_squares,
)
from boldglm.core.group_test import Asked, GroupTest
from boldglm.core.parallel import n_workers
from boldglm.core.partition import partition
from boldglm.core.permute import plan_shuffles

# Directions that products are taken with: those tested, and the nuisance that moves.
PRODUCTS = {
    "mean": 1,
    "mean beside a covariate": 2,
    "covariate beside a mean": 1,
    "covariate alone": 1,
    "covariates without a mean": 2,
    "two groups": 1,
    "one group of two": 2,
    "groups beside two covariates": 3,
    "three groups": 2,
    "three groups beside a covariate": 3,
    "means of three groups": 3,
    "slope, flipped": 2,
    "slope, both": 2,
    "pairs within blocks": 1,
    "pairs of whole blocks": 7,
    "slope within blocks": 1,
    "slope of whole blocks": 1,
    "slope, blocks both ways": 1,
}


def prepared(name, rng, n_voxels=50, n_draws=40, asked=None, group=None):
    design, contrast, kind, how = CASES[name]
    data = rng.standard_normal((len(design), n_voxels))
    split = partition(design, contrast, kind)
    plan = plan_shuffles(split, n_draws, 2, **how)
    return GroupTest.prepare(data, split, plan, asked or Asked(), group)


@pytest.mark.parametrize("name", PRODUCTS)
def test_nuisance_that_stays_in_place_costs_nothing(name, rng):
    test = prepared(name, rng)
    tiles = Tiles.of(test)
    assert len(tiles.rows) == PRODUCTS[name]
    assert tiles.plain == (PRODUCTS[name] == 1)
    whole = Tiles.of(replace(test, asked=Asked(step_down=True)))
    assert not whole.plain
    assert whole.n_draws <= 16


@pytest.mark.parametrize("shape", [(4, 16), (5, 17), (64, 50), (3, 1)])
@pytest.mark.parametrize("asked", [Asked(), Asked(step_down=True)])
@pytest.mark.parametrize("name", ["mean", "groups beside two covariates"])
def test_tiles_of_any_shape_give_the_same(name, asked, shape, rng):
    test = prepared(name, rng, asked=asked)
    tiles = replace(Tiles.of(test), n_draws=shape[0], width=shape[1])
    design, contrast, kind, _ = CASES[name]
    n_tiles = -(-41 // shape[0])
    rows = np.concatenate([tiles.rows_of(tile) for tile in range(n_tiles)])[:41]
    expected = shuffled_maps(test.unit, design, contrast, kind, test.shuffles)
    found = tiles.in_units_of_statistic(rows)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    parts = tiles.voxels()
    assert sum(part.stop - part.start for part in parts) == 50
    assert all(0 < part.stop - part.start <= shape[1] for part in parts)


def test_blas_is_held_to_one_thread(rng):
    """Threads cut sums where they like, and so change their last bits."""
    seen = []

    class Watched(Tiles):
        def statistics(self, *given):
            seen.append(n_workers())
            return super().statistics(*given)

    with threadpool_limits(2, user_api="blas"):
        test = prepared("three groups", rng, 300, asked=Asked(step_down=True))
        Watched.of(test).rows_of(0)
    assert set(seen) == {1}


@pytest.mark.parametrize("n_rows", [10, 500])
def test_memory_of_a_tile_does_not_grow_with_the_data(n_rows, rng):
    design = np.column_stack([np.ones(n_rows), rng.standard_normal((n_rows, 3))])
    split = partition(design, [0, 1, 0, 0])
    plan = plan_shuffles(split, 100, 0)
    data = rng.standard_normal((n_rows, 700))
    for group in (None, np.arange(n_rows) % 2):
        for asked in (Asked(), Asked(pivots=True)):
            test = GroupTest.prepare(data, split, plan, asked, group)
            tiles = Tiles.of(test)
            assert tiles.scratch().nbytes < 2**21
            assert tiles.weights(0).nbytes < 2**23


def test_data_that_are_shuffled_into_themselves_are_a_tie(rng):
    # alike rows change places, or signs change together: equal but for rounding
    for name in ("two groups", "mean", "groups beside two covariates"):
        for asked in (Asked(), Asked(step_down=True), Asked(two_sided=False)):
            test = prepared(name, rng, 400, asked=asked)
            tiles = Tiles.of(test)
            row = tiles.rows_of(0)[0]
            size = np.abs(row) if test.two_sided else row
            low = tiles.reached(tiles.observed())
            assert (size >= low).all()
            assert (size < low + 1e-4 * (1 + np.abs(low)) ** 3).all()


def test_with_variance_groups_ties_are_a_part_of_the_statistic(rng):
    name = "two groups"
    group = np.repeat([0, 1], [4, len(CASES[name][0]) - 4])
    tiles = Tiles.of(prepared(name, rng, group=group))
    observed = np.array([1e-4, -1e-4, 3.0, -3.0, 1e3])
    size = np.abs(observed) if tiles.test.two_sided else observed
    low = tiles.reached(observed)
    assert (low < size).all()
    np.testing.assert_allclose(low, size, rtol=2e-5, atol=2e-6)


def test_the_observed_map_is_exact_but_for_variance_groups(rng):
    plain = prepared("three groups", rng)
    np.testing.assert_array_equal(Tiles.of(plain).observed(), plain.statistic)
    grouped = prepared("three groups", rng, group=[0] * 4 + [1] * 7)
    tiles = Tiles.of(grouped)
    np.testing.assert_array_equal(tiles.observed(), tiles.rows_of(0)[0])
    assert tiles.observed().dtype == np.float64


@pytest.mark.parametrize("two_sided", [False, True])
def test_maxima_and_counts_of_a_tile(two_sided, rng):
    products = rng.integers(-3, 4, (5, 7)).astype(np.float32)
    low = rng.integers(-2, 3, 7).astype(np.float32)
    maxima = rng.integers(-3, 4, (5, 9)).astype(np.float32)
    counts = np.ones(7, np.int32)
    sizes = np.abs(products) if two_sided else products
    expected = maxima.copy()
    expected[:, :7] = np.maximum(maxima[:, :7], sizes)
    plain_maxima(products, two_sided, low, maxima, counts)
    np.testing.assert_array_equal(maxima, expected)
    np.testing.assert_array_equal(counts, 1 + (sizes >= low).sum(axis=0))


@pytest.mark.parametrize("two_sided", [False, True])
def test_step_down_counts_the_largest_of_what_is_left(two_sided, rng):
    row = -1 - rng.random(12).astype(np.float32)
    order = rng.permutation(12)
    low = row[rng.permutation(12)]
    low = np.abs(low) if two_sided else low
    counts = np.zeros(12, np.int32)
    count_step_down(row, two_sided, order, low, counts)
    size = np.abs(row) if two_sided else row
    for place, voxel in enumerate(order):
        assert counts[voxel] == (size[order[place:]].max() >= low[voxel])


def test_ratios_of_squares(rng):
    effects = rng.random((3, 6)).astype(np.float32) / 2
    left = np.ones(6, np.float32)
    square = (effects.astype(float) ** 2).sum(axis=0)
    ratios_of_squares(effects, np.float32(2.5), left)
    np.testing.assert_allclose(left, 2.5 * square / (1 - square), rtol=1e-6)


def test_a_tile_is_small_enough_for_the_cache(rng):
    for name in PRODUCTS:
        tiles = Tiles.of(prepared(name, rng))
        numbers = tiles.n_draws * len(tiles.rows) * tiles.width
        assert numbers <= group_statistic.TILE
