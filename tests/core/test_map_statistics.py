"""What is taken from whole maps: masses of z, pivots, workspaces."""

import numpy as np
import pytest
from scipy import stats
from tests.oracle.naive_shuffles import CASES, cluster_measures, shuffled_maps

from boldglm.core.discoveries import simes_pivot
from boldglm.core.graph import volume_graph
from boldglm.core.group_test import Asked, ClusterAsk, GroupTest, TfceAsk
from boldglm.core.map_statistics import MapStatistics, cluster_values
from boldglm.core.maxstat import shuffle
from boldglm.core.partition import partition
from boldglm.core.permute import plan_shuffles
from boldglm.core.tfce import tfce

SHAPE = (5, 6, 5)
INSIDE = np.ones(SHAPE, bool)
GRAPH = volume_graph(INSIDE)


def prepared(rng, name, asked, n_draws=25):
    design, contrast, kind, how = CASES[name]
    data = rng.standard_normal((len(design), INSIDE.sum()))
    split = partition(design, contrast, kind)
    shuffles = plan_shuffles(split, n_draws, 0, **how)
    test = GroupTest.prepare(data, split, shuffles, asked)
    return test, shuffled_maps(data, design, contrast, kind, shuffles)


def z_of(maps, split):
    if split.kind == "t":
        return np.sign(maps) * stats.norm.isf(stats.t.sf(np.abs(maps), split.dof))
    return stats.norm.isf(stats.f.sf(maps, split.dim, split.dof))


@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize("name", ["mean", "three groups"])
def test_masses_of_z(rng, name, two_sided):
    test, maps = prepared(
        rng, name, Asked(two_sided, clusters=ClusterAsk(GRAPH, 1.2, "z"))
    )
    null = shuffle(test)
    for index, one in enumerate(maps[1:]):
        z = z_of(one, test.split)
        beyond = np.where((np.abs(one) if test.two_sided else one) > 1.2, z, 0)
        size, mass = cluster_measures(beyond, INSIDE, 0.0, test.two_sided)
        assert null.maxima["size"][index] == size.max()
        assert null.maxima["mass"][index] == pytest.approx(mass.max(), rel=1e-4)


def test_an_f_below_its_median_has_a_negative_z_and_no_cluster(rng):
    test, _ = prepared(rng, "three groups", Asked(clusters=ClusterAsk(GRAPH, 3.0, "z")))
    row = np.linspace(0, 6, INSIDE.sum()).astype(np.float32)
    values, height = cluster_values(test, row)
    assert height == 0
    np.testing.assert_array_equal(values > 0, row > 3)


@pytest.mark.parametrize("name", ["mean", "three groups"])
def test_pivots_are_those_of_p_on_the_positive_side(rng, name):
    test, maps = prepared(rng, name, Asked(pivots=True))
    null = shuffle(test)
    split = test.split
    for index, one in enumerate(maps[1:]):
        if split.kind == "t":
            p = stats.t.sf(one, split.dof)
        else:
            p = stats.f.sf(one, split.dim, split.dof)
        assert null.maxima["pivot"][index] == pytest.approx(simes_pivot(p), rel=1e-4)


@pytest.mark.parametrize("steps", [None, 100])
def test_exponents_and_steps_are_passed_on(rng, steps):
    ask = TfceAsk(GRAPH, extent=1.0, height=1.5, steps=steps)
    test, maps = prepared(rng, "mean", Asked(tfce=ask))
    null = shuffle(test)
    options = {"extent": 1.0, "height": 1.5, "two_sided": True, "steps": steps}
    largest = [np.abs(tfce(one, GRAPH, **options)).max() for one in maps[1:]]
    np.testing.assert_allclose(null.maxima["tfce"], largest, rtol=1e-4)


def test_only_what_was_asked_for(rng):
    for asked, names in (
        (Asked(step_down=True), ()),
        (Asked(tfce=TfceAsk(GRAPH)), ("tfce",)),
        (
            Asked(pivots=True, clusters=ClusterAsk(GRAPH, 1.0)),
            ("size", "mass", "pivot"),
        ),
    ):
        test, maps = prepared(rng, "mean", asked, n_draws=5)
        row = maps[0].astype(np.float32)
        found = MapStatistics(test, row, row)
        assert found.names == names
        with found.workspace() as work:
            assert tuple(found.largest(row, work)) == names


def test_memory_is_used_again(rng):
    test, maps = prepared(rng, "mean", Asked(tfce=TfceAsk(GRAPH)), n_draws=5)
    row = maps[0].astype(np.float32)
    statistics = MapStatistics(test, row, row)
    with statistics.workspace() as first, statistics.workspace() as second:
        assert first is not second
    with statistics.workspace() as third:
        assert third is first or third is second


def test_clusters_have_to_be_asked_for(rng):
    test, maps = prepared(rng, "mean", Asked(), n_draws=5)
    with pytest.raises(ValueError, match="asks for no clusters"):
        cluster_values(test, maps[0].astype(np.float32))
