"""Shuffles done by any number of threads, in any stretches, give the same bits."""

import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from tests.oracle.naive_shuffles import CASES, shuffled_maps

from boldglm.core.graph import Graph, volume_graph
from boldglm.core.group_statistic import Tiles
from boldglm.core.group_test import Asked, ClusterAsk, GroupTest, TfceAsk
from boldglm.core.maxstat import Null, key_of, merge_nulls, shuffle
from boldglm.core.partition import partition
from boldglm.core.permute import plan_shuffles

INSIDE = np.ones((5, 6, 7), bool)
GRAPH = volume_graph(INSIDE)
EVERYTHING = Asked(
    step_down=True,
    clusters=ClusterAsk(GRAPH, 1.5),
    tfce=TfceAsk(GRAPH),
    pivots=True,
)
GROUPS = np.arange(11) % 2


def prepared(name, rng, n_voxels=210, n_draws=700, asked=None, group=None, seed=6):
    design, contrast, kind, how = CASES[name]
    data = rng.standard_normal((len(design), n_voxels))
    split = partition(design, contrast, kind)
    plan = plan_shuffles(split, n_draws, seed, **how)
    return GroupTest.prepare(data, split, plan, asked or Asked(), group)


def assert_same(a, b):
    assert (a.first, a.stop, a.key) == (b.first, b.stop, b.key)
    np.testing.assert_array_equal(a.reached, b.reached)
    assert (a.step_down is None) == (b.step_down is None)
    if a.step_down is not None:
        np.testing.assert_array_equal(a.step_down, b.step_down)
    assert a.maxima.keys() == b.maxima.keys()
    for name, values in a.maxima.items():
        np.testing.assert_array_equal(values, b.maxima[name])


TESTS = {
    "maxima only, one product": ("covariate beside a mean", {}),
    "maxima only, nuisance": ("mean beside a covariate", {}),
    "maxima only, F": ("three groups beside a covariate", {}),
    "maxima only, variance groups": ("two groups", {"group": GROUPS, "n_draws": 90}),
    "whole maps": ("covariate beside a mean", {"asked": EVERYTHING}),
    "whole maps, F": ("three groups beside a covariate", {"asked": EVERYTHING}),
    "one voxel": ("covariate beside a mean", {"n_voxels": 1}),
    "one voxel whole": ("slope, both", {"n_voxels": 1, "asked": Asked(pivots=True)}),
}


@pytest.mark.parametrize("name", TESTS)
def test_threads_and_shards_do_not_change_a_bit(name, rng):
    case, settings = TESTS[name]
    test = prepared(case, rng, **settings)
    last = test.shuffles.n_draws + 1
    one = shuffle(test, n_jobs=1)
    assert one.maxima["stat"].shape == (one.n_draws,) == (last - 1,)
    for n_jobs in (2, 3):
        assert_same(shuffle(test, n_jobs=n_jobs), one)
    cuts = sorted({1, *np.random.default_rng(0).integers(2, last, 4).tolist(), last})
    shards = [
        shuffle(test, *stretch, n_jobs=1 + index % 2)
        for index, stretch in enumerate(pairwise(cuts))
    ]
    assert len(shards) == 5
    assert_same(merge_nulls(shards[::-1]), one)
    assert_same(merge_nulls([merge_nulls(shards[:2]), *shards[2:]]), one)


@pytest.mark.parametrize("n_voxels", [1, 2, 255, 256, 257, 4097])
def test_any_number_of_voxels(n_voxels, rng):
    design, contrast, kind, _ = CASES["mean"]
    data = rng.standard_normal((11, n_voxels))
    split = partition(design, contrast)
    plan = plan_shuffles(split, 30, seed=0)
    maps = shuffled_maps(data, design, contrast, kind, plan)[1:]
    for asked in (Asked(two_sided=False), Asked(two_sided=False, pivots=True)):
        null = shuffle(GroupTest.prepare(data, split, plan, asked))
        np.testing.assert_allclose(
            null.maxima["stat"], maps.max(axis=1), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("asked", [Asked(), EVERYTHING])
def test_more_draws_continue_those_that_were_done(asked, rng):
    data = rng.standard_normal((11, 210))
    tests = []
    design, contrast, kind, _ = CASES["covariate beside a mean"]
    for n_draws in (130, 300):
        split = partition(design, contrast, kind)
        plan = plan_shuffles(split, n_draws, 9)
        tests.append(GroupTest.prepare(data, split, plan, asked))
    merged = merge_nulls([shuffle(tests[0]), shuffle(tests[1], 131)])
    assert_same(merged, shuffle(tests[1]))


@pytest.mark.parametrize("asked", [Asked(), Asked(step_down=True)])
def test_negative_maxima_are_kept_on_one_side(asked, rng):
    asked = replace(asked, two_sided=False)
    test = prepared("mean", rng, n_voxels=2, asked=asked)
    rows = np.concatenate([Tiles.of(test).rows_of(k) for k in range(60)])
    values = Tiles.of(test).in_units_of_statistic(rows[1:701])
    found = shuffle(test).maxima["stat"]
    np.testing.assert_array_equal(found, values.max(axis=1))
    assert found.min() < -0.5


def test_shuffle_0_is_the_data_as_they_are(rng):
    test = prepared("two groups", rng)
    null = shuffle(test, 0, 1)
    assert null.reached.tolist() == [1] * 210
    largest = np.abs(test.statistic).max()
    assert null.maxima["stat"] == pytest.approx([largest], rel=1e-5)


def stretch(first, stop, key="a"):
    maxima = {"stat": np.zeros(stop - first)}
    return Null(first, stop, key, np.ones(3, np.int64), None, maxima)


@pytest.mark.parametrize(
    ("nulls", "message"),
    [
        ([], "nothing to merge; expected one stretch"),
        ([stretch(1, 5), stretch(6, 9)], "1 to 4 are followed by 6 to 8; expected 5"),
        ([stretch(1, 5), stretch(4, 9)], "1 to 4 are followed by 4 to 8; expected 5"),
        ([stretch(1, 5), stretch(1, 5)], "without gap or overlap"),
        ([stretch(1, 5), stretch(5, 9, "b")], "belong to different tests: data, des"),
    ],
)
def test_what_cannot_be_merged_is_said(nulls, message):
    with pytest.raises(ValueError, match=message):
        merge_nulls(nulls)


@pytest.mark.parametrize(("first", "stop"), [(-1, 3), (3, 3), (5, 702), (701, None)])
def test_shuffles_that_are_not_there_are_refused(first, stop, rng):
    with pytest.raises(ValueError, match="were asked for; there are 0 to 700"):
        shuffle(prepared("mean", rng), first, stop)


def test_keys_tell_tests_apart(rng):
    base = prepared("covariate beside a mean", rng, asked=EVERYTHING)
    line = Graph([0, *range(1, 211)], _pairs(210))
    weighed = replace(GRAPH, areas=np.ones(210), _grid=None)

    def asking(**changes):
        return replace(base, asked=replace(EVERYTHING, **changes))

    others = [
        replace(base, shuffles=replace(base.shuffles, seed=7)),
        replace(base, shuffles=replace(base.shuffles, kind="both")),
        replace(base, shuffles=replace(base.shuffles, exhaustive=True)),
        replace(base, split=partition(CASES["mean beside a covariate"][0], [1, 0])),
        replace(base, split=replace(base.split, kind="F")),
        replace(base, unit=np.roll(base.unit, 1)),
        replace(base, variance_group=GROUPS),
        replace(base, variance_group=1 - GROUPS),
        asking(two_sided=False),
        asking(step_down=False),
        asking(pivots=False),
        asking(clusters=None),
        asking(clusters=ClusterAsk(GRAPH, 1.6)),
        asking(clusters=ClusterAsk(GRAPH, 1.5, "z")),
        asking(clusters=ClusterAsk(line, 1.5)),
        asking(clusters=ClusterAsk(weighed, 1.5)),
        asking(tfce=None),
        asking(tfce=TfceAsk(GRAPH, extent=1.0)),
        asking(tfce=TfceAsk(GRAPH, height=1.0)),
        asking(tfce=TfceAsk(GRAPH, steps=100)),
        prepared("slope within blocks", np.random.default_rng(1), asked=EVERYTHING),
    ]
    keys = [key_of(test) for test in (base, *others)]
    assert len(set(keys)) == len(keys)
    assert key_of(replace(base)) == keys[0]
    more = replace(base, shuffles=replace(base.shuffles, n_draws=10**6))
    assert key_of(more) == keys[0]


def _pairs(n):
    """Neighbours of nodes that touch two by two."""
    return [node + 1 - 2 * (node % 2) for node in range(n)]


def test_directions_of_a_test_are_not_mistaken_for_nuisance(rng):
    test = prepared("three groups beside a covariate", rng)
    both = np.concatenate([test.split.tested, test.split.nuisance])
    other = replace(test.split, tested=both[:1], nuisance=both[1:])
    assert key_of(replace(test, split=other)) != key_of(test)


@pytest.mark.parametrize("asked", [Asked(), EVERYTHING])
@pytest.mark.parametrize("n_jobs", [1, 3])
def test_progress_adds_up(n_jobs, asked, rng):
    done = []
    shuffle(
        prepared("mean", rng, asked=asked), 5, 640, n_jobs=n_jobs, progress=done.append
    )
    assert sum(done) == 635
    assert len(done) > 1


@pytest.mark.parametrize("asked", [Asked(), EVERYTHING])
@pytest.mark.parametrize("n_jobs", [1, 3])
def test_an_interruption_ends_all_threads(n_jobs, asked, rng):
    test = prepared("slope, both", rng, n_draws=20_000, asked=asked)
    before, done = threading.active_count(), []

    def interrupt(steps):
        done.append(steps)
        if len(done) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shuffle(test, n_jobs=n_jobs, progress=interrupt)
    assert threading.active_count() == before
    n_after = len(done)
    assert n_after <= 3 + n_jobs
    assert_same(shuffle(test, 1, 50, n_jobs=n_jobs), shuffle(test, 1, 50, n_jobs=1))
    assert len(done) == n_after
