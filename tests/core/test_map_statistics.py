"""Clusters, masses, enhancement and pivots of shuffled maps, against the same maps."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.ndimage import gaussian_filter
from tests.oracle.naive_shuffles import CASES, cluster_measures, shuffled_maps

from boldglm.core.graph import volume_graph
from boldglm.core.group_statistic import Tiles
from boldglm.core.group_test import Asked, ClusterAsk, GroupTest, TfceAsk
from boldglm.core.map_statistics import MapStatistics, cluster_values
from boldglm.core.maxstat import shuffle
from boldglm.core.partition import partition
from boldglm.core.permutation_test import run_permutations
from boldglm.core.permute import plan_shuffles
from boldglm.core.tfce import tfce

INSIDE = np.random.default_rng(3).random((7, 8, 6)) > 0.2
GRAPH = volume_graph(INSIDE)
HEIGHT = {"t": 1.7, "F": 3.0}


def prepared(name, rng, asked):
    design, contrast, kind, how = CASES[name]
    smooth = gaussian_filter(
        rng.standard_normal((len(design), *INSIDE.shape)), (0, 1, 1, 1)
    )
    data = smooth[:, INSIDE]
    data[: len(design) // 2, :60] += 0.4
    split = partition(design, contrast, kind)
    plan = plan_shuffles(split, 50, 2, **how)
    test = GroupTest.prepare(data, split, plan, asked)
    return test, shuffled_maps(data, design, contrast, kind, plan)


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("name", ["two groups", "mean", "three groups"])
def test_clusters_are_scipys(name, two_sided, rng):
    height = HEIGHT[CASES[name][2]]
    asked = Asked(two_sided, clusters=ClusterAsk(GRAPH, height))
    test, maps = prepared(name, rng, asked)
    measures = [cluster_measures(m, INSIDE, height, test.two_sided) for m in maps]
    found = run_permutations(test)
    for index, what in enumerate(("size", "mass")):
        each = np.array([one[index] for one in measures])
        np.testing.assert_allclose(found.maps[what], each[0], rtol=1e-4, atol=1e-5)
        largest = each.max(axis=1)
        np.testing.assert_allclose(
            found.null.maxima[what], largest[1:], rtol=1e-4, atol=1e-5
        )
        reached = largest[:, None] >= each[0] * (1 - 1e-4)
        np.testing.assert_array_equal(found.corrected(what), reached.mean(axis=0))
    assert found.maps["size"].any()


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("name", ["two groups", "three groups"])
def test_masses_of_z_are_sums_of_scipys_z(name, two_sided, rng):
    height = HEIGHT[CASES[name][2]]
    asked = Asked(two_sided, clusters=ClusterAsk(GRAPH, height, "z"))
    test, maps = prepared(name, rng, asked)
    split = test.split
    largest = []
    for one in maps:
        if split.kind == "t":
            z = np.sign(one) * stats.norm.isf(stats.t.sf(np.abs(one), split.dof))
        else:
            z = stats.norm.isf(stats.f.sf(one, split.dim, split.dof))
        beyond = (np.abs(one) if test.two_sided else one) > height
        measures = cluster_measures(np.where(beyond, z, 0), INSIDE, 0, test.two_sided)
        largest.append([each.max() for each in measures])
    null = shuffle(test)
    found = np.transpose([null.maxima["size"], null.maxima["mass"]])
    np.testing.assert_allclose(found, largest[1:], rtol=1e-4)


@pytest.mark.parametrize("steps", [None, 30])
@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("name", ["mean", "three groups"])
def test_enhancement_is_that_of_the_maps(name, two_sided, steps, rng):
    ask = TfceAsk(GRAPH, extent=0.6, height=1.5, steps=steps)
    test, maps = prepared(name, rng, Asked(two_sided, tfce=ask))
    enhanced = np.array(
        [
            tfce(
                one,
                GRAPH,
                extent=0.6,
                height=1.5,
                two_sided=test.two_sided,
                steps=steps,
            )
            for one in maps
        ]
    )
    found = run_permutations(test)
    np.testing.assert_allclose(found.maps["tfce"], enhanced[0], rtol=2e-4, atol=1e-5)
    largest = np.abs(enhanced).max(axis=1)
    np.testing.assert_allclose(found.null.maxima["tfce"], largest[1:], rtol=2e-4)
    reached = largest[:, None] >= np.abs(enhanced[0]) * (1 - 1e-5)
    np.testing.assert_array_equal(found.corrected("tfce"), reached.mean(axis=0))


@pytest.mark.parametrize("name", ["mean", "three groups"])
def test_pivots_are_simes_ratios(name, rng):
    test, maps = prepared(name, rng, Asked(pivots=True))
    split = test.split
    if split.kind == "t":
        p = stats.t.sf(maps, split.dof)
    else:
        p = stats.f.sf(maps, split.dim, split.dof)
    m = p.shape[1]
    ratios = (np.sort(p, axis=1) * m / np.arange(1, m + 1)).min(axis=1)
    found = run_permutations(test)
    np.testing.assert_allclose(found.null.maxima["pivot"], ratios[1:], rtol=1e-3)
    calibration = found.calibration()
    assert calibration.n_tests == m
    np.testing.assert_allclose(np.sort(calibration.pivots), np.sort(ratios), rtol=1e-3)


def test_what_is_returned_is_what_is_named(rng):
    ask = ClusterAsk(GRAPH, 1.0)
    for asked, names in (
        (Asked(step_down=True), ()),
        (Asked(clusters=ask), ("size", "mass")),
        (Asked(tfce=TfceAsk(GRAPH), pivots=True), ("tfce", "pivot")),
    ):
        test, _ = prepared("mean", rng, asked)
        row = Tiles.of(test).rows_of(0)[0]
        maps = MapStatistics(test, row, row)
        with maps.workspace() as work:
            assert tuple(maps.largest(row, work)) == maps.names == names


def test_memory_is_used_again_and_never_by_two(rng):
    test, _ = prepared("mean", rng, Asked(tfce=TfceAsk(GRAPH)))
    maps = MapStatistics(test, test.statistic, test.unit[0])
    with maps.workspace() as one, maps.workspace() as two:
        assert one is not two
    with maps.workspace() as again:
        assert again is one or again is two


def test_z_are_zero_up_to_the_height_and_signed_beyond(rng):
    test, _ = prepared("mean", rng, Asked(clusters=ClusterAsk(GRAPH, 2.0, "z")))
    row = np.zeros(test.n_voxels, np.float32)
    row[:4] = [2.0, 2.5, -2.5, -1.9]
    values, height = cluster_values(test, row)
    z = stats.norm.isf(stats.t.sf(2.5, test.split.dof))
    np.testing.assert_allclose(values[:4], [0, z, -z, 0], rtol=1e-6)
    assert height == 0
    one_sided = replace(test, asked=replace(test.asked, two_sided=False))
    np.testing.assert_allclose(cluster_values(one_sided, row)[0][:3], [0, z, 0], 1e-6)


def test_an_f_below_its_median_has_a_negative_z_and_no_cluster(rng):
    ask = ClusterAsk(GRAPH, 3.0, "z")
    test, _ = prepared("three groups", rng, Asked(clusters=ask))
    row = np.linspace(0, 6, test.n_voxels).astype(np.float32)
    np.testing.assert_array_equal(cluster_values(test, row)[0] > 0, row > 3)


def test_clusters_that_were_not_asked_for_are_refused(rng):
    test, _ = prepared("mean", rng, Asked())
    with pytest.raises(ValueError, match=r"no clusters; set Asked\.clusters"):
        cluster_values(test, test.unit[0])
