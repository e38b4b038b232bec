"""Clusters on graphs, against scipy's labels and nilearn's measures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.ndimage import gaussian_filter, generate_binary_structure, label
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from boldglm._base.errors import ShapeError
from boldglm.core.graph import Graph, mesh_graph, volume_graph
from boldglm.core.graph_clusters import MaxClusters, graph_clusters

RANKS = {6: 1, 18: 2, 26: 3}


def labels_by_scipy(volume, threshold, rank, two_sided):
    structure = generate_binary_structure(3, rank)
    labels, n = label(volume > threshold, structure)
    if two_sided:
        negative, _ = label(volume < -threshold, structure)
        labels[negative > 0] = negative[negative > 0] + n
    return labels


def check_measures(found, values, threshold, areas):
    """Sizes, masses and totals are those of the labels."""
    n = found.labels.max(initial=0)
    assert found.sizes.shape == found.masses.shape == found.totals.shape == (n,)
    for k in range(n):
        here = found.labels == k + 1
        height = np.abs(values[here].astype(np.float64))
        assert found.sizes[k] == pytest.approx(areas[here].sum())
        assert found.masses[k] == pytest.approx((height - threshold).sum())
        assert found.totals[k] == pytest.approx(height.sum())


@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_labels_are_those_of_scipy(connectivity, two_sided, dtype, rng, readonly):
    inside = rng.random((9, 10, 11)) > 0.2
    graph = volume_graph(inside, connectivity)
    for sigma, threshold in ((0.0, 0.0), (0.0, 1.0), (0.0, 2.5), (1.0, 0.2)):
        volume = gaussian_filter(rng.normal(size=inside.shape), sigma).astype(dtype)
        volume[~inside] = 0
        values = readonly(volume[inside])
        found = graph_clusters(values, graph, threshold, two_sided=two_sided)
        expected = labels_by_scipy(volume, threshold, RANKS[connectivity], two_sided)
        np.testing.assert_array_equal(found.labels, expected[inside])
        assert found.labels.dtype == np.int32
        assert found.sizes.dtype == found.masses.dtype == np.float64
        check_measures(found, values, threshold, np.ones(values.size))


@given(
    hnp.arrays(np.float64, (4, 4, 4), elements=st.sampled_from([-2.0, -1, 0, 1, 2, 3])),
    st.sampled_from(sorted(RANKS)),
    st.booleans(),
)
def test_a_node_at_the_threshold_is_not_above(volume, connectivity, two_sided):
    graph = volume_graph(np.ones(volume.shape, bool), connectivity)
    found = graph_clusters(volume.ravel(), graph, 1.0, two_sided=two_sided)
    expected = labels_by_scipy(volume, 1.0, RANKS[connectivity], two_sided)
    np.testing.assert_array_equal(found.labels, expected.ravel())


def test_a_float32_is_compared_with_the_threshold_as_it_is():
    graph = volume_graph(np.ones((1, 1, 3), bool))
    # float32(0.1) is above 0.1, float32(0.7) is below 0.7
    assert graph_clusters(np.float32([0.1, 0, 0]), graph, 0.1).sizes.tolist() == [1]
    assert graph_clusters(np.float32([0.7, 0, 0]), graph, 0.7).sizes.size == 0


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.5, 1.5]))
def test_any_graph_with_areas(seed, threshold):
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, 50, size=(60, 2))
    areas = rng.gamma(2.0, size=50)
    graph = mesh_graph(np.column_stack([ends, ends[:, 0]]), 50, areas)
    values = rng.normal(size=50)
    found = graph_clusters(values, graph, threshold, two_sided=True)
    check_measures(found, values, threshold, areas)
    ones = np.ones(graph.neighbours.size)
    pairs = csr_array((ones, graph.neighbours, graph.starts), shape=(50, 50))
    last = 0
    for sign in (1, -1):
        above = np.flatnonzero(sign * values > threshold)
        _, expected = connected_components(pairs[above][:, above], directed=False)
        _, first = np.unique(expected, return_index=True)
        renumbered = np.argsort(np.argsort(first))[expected] + 1 + last
        np.testing.assert_array_equal(found.labels[above], renumbered)
        last += first.size
    assert found.sizes.size == last


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("connectivity", [6, 26])
def test_the_largest_are_those_of_nilearn(connectivity, two_sided, rng):
    nilearn = pytest.importorskip("nilearn.mass_univariate._utils")
    shape = (8, 9, 10)
    clusters = MaxClusters(volume_graph(np.ones(shape, bool), connectivity))
    workspace = clusters.workspace()
    structure = generate_binary_structure(3, RANKS[connectivity])
    for threshold in (0.5, 1.5, 9.0):
        volume = rng.normal(size=shape)
        sizes, masses = nilearn.calculate_cluster_measures(
            volume[..., np.newaxis], threshold, structure, two_sided_test=two_sided
        )
        found = [
            clusters.largest(volume.ravel(), threshold, workspace, sign)
            for sign in ((1, -1) if two_sided else (1,))
        ]
        assert max(side.size for side in found) == sizes[0]
        assert max(side.mass for side in found) == pytest.approx(masses[0])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_workspace_serves_many_maps(weighted, dtype, rng, readonly):
    graph = volume_graph(rng.random((9, 9, 9)) > 0.2, 18)
    if weighted:
        areas = rng.gamma(2.0, size=graph.n_nodes)
        graph = Graph(graph.starts, graph.neighbours, areas)
    clusters = MaxClusters(graph)
    workspace = clusters.workspace()
    for threshold in (0.0, 2.0, 0.5, 9.0, 1.0):
        values = readonly(rng.normal(size=graph.n_nodes).astype(dtype))
        for sign in (1, -1):
            whole = graph_clusters(sign * values, graph, threshold)
            found = clusters.largest(values, threshold, workspace, sign)
            assert found.size == pytest.approx(whole.sizes.max(initial=0))
            assert found.mass == pytest.approx(whole.masses.max(initial=0))
            assert found.total == pytest.approx(whole.totals.max(initial=0))


def test_a_single_node_is_a_cluster_and_the_map_before_is_forgotten():
    graph = volume_graph(np.ones((1, 1, 9), bool))
    clusters = MaxClusters(graph)
    workspace = clusters.workspace()
    before = np.array([0.0, 4, 0, 5, 0, 9, 0, 9, 9])
    assert clusters.largest(before, 1.0, workspace) == (2, 16, 18)
    one = np.zeros(9)
    one[0] = 3.0
    assert clusters.largest(one, 1.0, workspace) == (1, 2, 3)


def test_there_is_memory_for_every_node_above_the_threshold():
    """Clusters are numbered from 1, and compiled code does not check its bounds."""
    workspace = MaxClusters(volume_graph(np.ones((1, 2, 3), bool))).workspace()
    buffers = workspace.buffers
    assert buffers.found.size == 6
    assert buffers.parents.size == len(buffers.sums) == 7


def test_each_measure_may_be_largest_in_another_cluster():
    graph = volume_graph(np.ones((1, 1, 8), bool))
    values = np.array([3.1, 3.1, 3.1, 0, 7.0, 0, 4.7, 4.7])
    clusters = MaxClusters(graph)
    found = clusters.largest(values, 3.0, clusters.workspace())
    assert found == pytest.approx((3, 4.0, 9.4))


def test_the_order_of_nodes_does_not_matter(rng):
    ends = rng.integers(0, 80, size=(90, 2))
    values, new = rng.normal(size=80), rng.permutation(80)
    there = np.zeros(80)
    there[new] = values
    graph = mesh_graph(np.column_stack([ends, ends[:, 0]]), 80)
    moved = mesh_graph(np.column_stack([new[ends], new[ends[:, 0]]]), 80)
    found = graph_clusters(values, graph, 0.3)
    again = graph_clusters(there, moved, 0.3)
    pairs = np.unique(np.stack([found.labels, again.labels[new]]), axis=1)
    assert pairs.shape[1] == found.sizes.size + 1
    np.testing.assert_array_equal(np.sort(found.sizes), np.sort(again.sizes))


def test_no_nodes_have_no_clusters():
    graph = volume_graph(np.zeros((2, 2, 2), bool))
    found = graph_clusters(np.zeros(0), graph, 1.0, two_sided=True)
    assert found.labels.shape == found.sizes.shape == (0,)
    clusters = MaxClusters(graph)
    assert clusters.largest(np.zeros(0), 1.0, clusters.workspace()) == (0, 0, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 64, 99])
def test_values_that_are_not_finite_are_refused(bad, place):
    graph = volume_graph(np.ones((1, 1, 100), bool))
    values = np.zeros(100)
    values[place] = bad
    message = f"1 of 100 values are not finite, the first at node {place}"
    with pytest.raises(ValueError, match=message):
        graph_clusters(values, graph, 1.0)
    clusters = MaxClusters(graph)
    with pytest.raises(ValueError, match=message):
        clusters.largest(values, 1.0, clusters.workspace())
    # and leave the workspace as it was
    workspace = clusters.workspace()
    with pytest.raises(ValueError, match=message):
        clusters.largest(values, 1.0, workspace)
    assert clusters.largest(np.ones(100), 0.5, workspace) == (100, 50, 100)


def test_mistakes_are_explained():
    graph = volume_graph(np.ones((1, 1, 4), bool))
    clusters = MaxClusters(graph)
    with pytest.raises(ShapeError, match=r"values have shape \(3,\); expected \(4,\)"):
        graph_clusters(np.zeros(3), graph, 1.0)
    with pytest.raises(ShapeError, match=r"values have shape \(3,\); expected \(4,\)"):
        clusters.largest(np.zeros(3), 1.0, clusters.workspace())
    other = MaxClusters(volume_graph(np.ones((1, 1, 5), bool))).workspace()
    with pytest.raises(
        ShapeError, match="workspace is for 5 nodes; expected one for 4"
    ):
        clusters.largest(np.zeros(4), 1.0, other)
    for threshold in (-0.1, np.nan):
        with pytest.raises(ValueError, match=f"threshold is {threshold}; expected 0"):
            graph_clusters(np.zeros(4), graph, threshold)
        with pytest.raises(ValueError, match=f"threshold is {threshold}; expected 0"):
            clusters.largest(np.zeros(4), threshold, clusters.workspace())
