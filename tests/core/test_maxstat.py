"""Sweeps over shuffles: in one go or in parts, by any number of threads."""

import threading
from itertools import pairwise

import numpy as np
import pytest
from tests.oracle.naive_shuffles import (
    CASES,
    cluster_measures,
    shuffled_maps,
    step_down_by_definition,
)

from boldglm.core.graph import volume_graph
from boldglm.core.group_test import Asked, ClusterAsk, GroupTest, TfceAsk
from boldglm.core.maxstat import merge_nulls, shuffle
from boldglm.core.partition import partition
from boldglm.core.permutation_p import step_down_p
from boldglm.core.permute import plan_shuffles
from boldglm.core.tfce import tfce

SHAPE = (6, 7, 5)
INSIDE = np.ones(SHAPE, bool)
GRAPH = volume_graph(INSIDE)
EVERYTHING = Asked(
    step_down=True,
    clusters=ClusterAsk(GRAPH, 2.0),
    tfce=TfceAsk(GRAPH),
    pivots=True,
)


def prepared(rng, name="covariate beside a mean", asked=None, n_draws=101, seed=4):
    design, contrast, kind, how = CASES[name]
    data = rng.standard_normal((len(design), np.prod(SHAPE)))
    split = partition(design, contrast, kind)
    shuffles = plan_shuffles(split, n_draws, seed, **how)
    return data, GroupTest.prepare(data, split, shuffles, asked or Asked())


def equal(one, other):
    assert (one.first, one.stop, one.key) == (other.first, other.stop, other.key)
    np.testing.assert_array_equal(one.reached, other.reached)
    if one.step_down is not None:
        np.testing.assert_array_equal(one.step_down, other.step_down)
    assert one.maxima.keys() == other.maxima.keys()
    for key in one.maxima:
        np.testing.assert_array_equal(one.maxima[key], other.maxima[key])


@pytest.mark.parametrize("asked", [Asked(), EVERYTHING], ids=["maxima", "maps"])
@pytest.mark.parametrize("name", ["mean", "covariate beside a mean", "three groups"])
def test_threads_and_shards_change_nothing(rng, name, asked):
    _, test = prepared(rng, name, asked, n_draws=700)
    whole = shuffle(test, n_jobs=1)
    for n_jobs in (2, 3):
        equal(whole, shuffle(test, n_jobs=n_jobs))
    n = test.shuffles.n_draws
    ends = [1, 2, n // 3, n // 2, n - 7, n + 1]
    shards = [
        shuffle(test, first, stop, n_jobs=2 - first % 2)
        for first, stop in pairwise(ends)
    ]
    equal(whole, merge_nulls(shards[::-1]))


def test_more_draws_continue_the_sequence(rng):
    data, few = prepared(rng, n_draws=60)
    more = plan_shuffles(few.split, 150, seed=4)
    larger = GroupTest.prepare(data, few.split, more, Asked())
    first = shuffle(few)
    rest = shuffle(larger, 61, 151)
    equal(shuffle(larger), merge_nulls([first, rest]))


def test_another_seed_gives_other_draws(rng):
    data, test = prepared(rng)
    other = plan_shuffles(test.split, 101, seed=5)
    again = GroupTest.prepare(data, test.split, other, Asked())
    assert not np.array_equal(
        shuffle(test).maxima["stat"], shuffle(again).maxima["stat"]
    )


@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize("name", ["mean", "two groups", "three groups"])
def test_whole_maps_are_measured_as_one_by_one(rng, name, two_sided):
    asked = Asked(
        two_sided,
        step_down=True,
        clusters=ClusterAsk(GRAPH, 1.5),
        tfce=TfceAsk(GRAPH),
    )
    data, test = prepared(rng, name, asked, n_draws=40)
    design, contrast, kind, _ = CASES[name]
    maps = shuffled_maps(data, design, contrast, kind, test.shuffles)
    both_sides = two_sided and kind == "t"
    null = shuffle(test)
    for index, one in enumerate(maps[1:]):
        size, mass = cluster_measures(one, INSIDE, 1.5, both_sides)
        assert null.maxima["size"][index] == size.max()
        assert null.maxima["mass"][index] == pytest.approx(
            mass.max(), rel=1e-5, abs=1e-4
        )
        largest = np.abs(tfce(one, GRAPH, two_sided=both_sides)).max()
        assert null.maxima["tfce"][index] == pytest.approx(largest, rel=1e-4)
    sizes = np.abs(maps) if both_sides else maps
    found = step_down_p(null.step_down, sizes[0], null.n_draws)
    np.testing.assert_allclose(found, step_down_by_definition(sizes), atol=2 / 41)
    assert np.mean(found == step_down_by_definition(sizes)) > 0.99


@pytest.mark.parametrize("n_voxels", [1, 2, 255, 256, 257, 4097])
def test_any_number_of_voxels(rng, n_voxels):
    split = partition(np.ones((7, 1)), [1.0])
    data = rng.standard_normal((7, n_voxels))
    shuffles = plan_shuffles(split, 30, seed=0)
    null = shuffle(GroupTest.prepare(data, split, shuffles, Asked(two_sided=False)))
    maps = shuffled_maps(data, np.ones((7, 1)), [1.0], "t", shuffles)[1:]
    np.testing.assert_allclose(
        null.maxima["stat"], maps.max(axis=1), rtol=1e-4, atol=1e-5
    )


def test_voxels_that_do_not_vary_or_are_explained_never_win(rng):
    design = np.column_stack([rng.standard_normal(9), np.ones(9)])
    split = partition(design, [1, 0])
    data = np.column_stack([np.full(9, 7.0), np.zeros(9), rng.standard_normal(9)])
    shuffles = plan_shuffles(split, 99, seed=0)
    test = GroupTest.prepare(data, split, shuffles, Asked())
    np.testing.assert_array_equal(test.statistic[:2], 0)
    alone = GroupTest.prepare(data[:, 2:], split, shuffles, Asked())
    # BLAS adds in another order where there are other columns
    np.testing.assert_allclose(
        shuffle(test).maxima["stat"], shuffle(alone).maxima["stat"], rtol=1e-5
    )


def test_effects_without_noise_are_finite(rng):
    split = partition(np.ones((12, 1)), [1.0])
    data = np.column_stack([np.full(12, 3.0), rng.standard_normal(12)])
    for asked in (Asked(), Asked(step_down=True)):
        test = GroupTest.prepare(data, split, plan_shuffles(split, 200, 1), asked)
        null = shuffle(test)
        assert np.isfinite(test.statistic).all()
        assert np.isfinite(null.maxima["stat"]).all()
        assert null.reached[0] == 0


def test_shuffle_0_is_the_data(rng):
    _, test = prepared(rng, asked=EVERYTHING)
    null = shuffle(test, 0, 1)
    assert null.n_draws == 1
    np.testing.assert_array_equal(null.reached, 1)
    assert null.maxima["stat"][0] == pytest.approx(
        np.abs(test.statistic).max(), rel=1e-5
    )


def test_progress_counts_every_draw_once(rng):
    _, test = prepared(rng, n_draws=333)
    counted = []
    shuffle(test, progress=counted.append)
    assert sum(counted) == 333


def test_an_interruption_ends_all_threads(rng):
    _, test = prepared(rng, asked=EVERYTHING, n_draws=2000)
    before = threading.active_count()

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shuffle(test, n_jobs=2, progress=interrupt)
    assert threading.active_count() == before


def test_there_are_only_the_shuffles_that_were_planned(rng):
    _, test = prepared(rng)
    for first, stop in ((1, 103), (5, 5), (-1, 3)):
        with pytest.raises(ValueError, match=f"shuffles {first} to {stop - 1} were"):
            shuffle(test, first, stop)


def test_parts_that_do_not_fit_together(rng):
    data, test = prepared(rng)
    a, b, c = shuffle(test, 1, 30), shuffle(test, 30, 60), shuffle(test, 60, 101)
    with pytest.raises(
        ValueError, match=r"1 to 29 are followed by 60 to 100; expected 30"
    ):
        merge_nulls([a, c])
    with pytest.raises(ValueError, match="without gap or overlap"):
        merge_nulls([a, b, shuffle(test, 50, 101)])
    with pytest.raises(ValueError, match="nothing to merge"):
        merge_nulls([])
    others = [
        GroupTest.prepare(data, test.split, test.shuffles, Asked(two_sided=False)),
        GroupTest.prepare(data, test.split, plan_shuffles(test.split, 101, 9), Asked()),
        GroupTest.prepare(
            data, test.split, test.shuffles, Asked(), np.arange(len(data)) % 2
        ),
    ]
    for other in others:
        with pytest.raises(ValueError, match="belong to different tests"):
            merge_nulls([a, shuffle(other, 30, 60)])
