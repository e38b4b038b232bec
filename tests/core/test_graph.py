"""Graphs of voxels and of vertices, against pairs found by looking at all of them."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boldglm._base.errors import ShapeError
from boldglm.core.graph import Graph, mesh_graph, node_values, volume_graph

REACH = {6: 1, 18: 2, 26: 3}


def rows(graph):
    return [row.tolist() for row in np.split(graph.neighbours, graph.starts[1:-1])]


def rows_of_links(links):
    """The same, by the places of a graph's links."""
    node = np.full(links.n_places, -1)
    node[links.places] = np.arange(links.places.size)
    found = []
    for place in links.places:
        if links.starts is None:
            beside = place + links.steps
            assert (beside >= 0).all()
            assert (beside < links.n_places).all()
        else:
            beside = links.steps[links.starts[place] : links.starts[place + 1]]
        found.append(sorted(node[beside][node[beside] >= 0].tolist()))
    return found


def rows_by_distance(inside, reach):
    voxels = np.argwhere(inside)
    steps = np.abs(voxels[:, None] - voxels[None])
    touch = (steps.max(axis=2) == 1) & (steps.sum(axis=2) <= reach)
    return [np.flatnonzero(row).tolist() for row in touch]


@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize("shape", [(4, 5, 6), (1, 6, 7), (7, 1, 1), (2, 2, 9)])
def test_voxels_touch_those_at_their_faces_edges_and_corners(
    connectivity, shape, rng, readonly
):
    for share in (0.2, 0.6, 1.0):
        inside = readonly(rng.random(shape) < share)
        graph = volume_graph(inside, connectivity)
        expected = rows_by_distance(inside, REACH[connectivity])
        assert graph.n_nodes == len(expected)
        assert [row for row in rows(graph) if row] == [row for row in expected if row]
        assert np.diff(graph.starts).tolist() == [len(row) for row in expected]
        assert rows_of_links(graph.links()) == expected


@given(
    st.lists(st.booleans(), min_size=60, max_size=60), st.sampled_from(sorted(REACH))
)
def test_places_say_what_the_graph_says(inside, connectivity):
    mask = np.array(inside).reshape(3, 4, 5)
    graph = volume_graph(mask, connectivity)
    expected = rows_by_distance(mask, REACH[connectivity])
    assert rows_of_links(graph.links()) == expected
    bare = Graph(graph.starts, graph.neighbours)
    assert rows_of_links(bare.links()) == expected


def test_places_lie_in_the_box_around_the_mask():
    inside = np.zeros((40, 50, 60), bool)
    inside[20:23, 30:32, 10:14] = True
    links = volume_graph(inside, 26).links()
    assert links.n_places < 150
    assert links.steps.size == 26


def test_an_empty_mask_is_a_graph_without_nodes():
    graph = volume_graph(np.zeros((3, 3, 3), bool))
    assert graph.n_nodes == graph.neighbours.size == 0
    assert graph.links().n_places == 0


def test_vertices_touch_those_they_share_a_triangle_with(rng, readonly):
    faces = np.array([rng.choice(30, 3, replace=False) for _ in range(25)])
    graph = mesh_graph(readonly(faces), 32)
    expected = [set() for _ in range(32)]
    for face in faces.tolist():
        for a, b in product(face, repeat=2):
            if a != b:
                expected[a].add(b)
    found = np.split(graph.neighbours, graph.starts[1:-1])
    assert [row.tolist() for row in found] == [sorted(row) for row in expected]
    assert rows_of_links(graph.links()) == [sorted(row) for row in expected]


def test_a_triangle_with_a_vertex_twice_is_an_edge():
    graph = mesh_graph([[0, 1, 1]], 2)
    assert rows(graph) == [[1], [0]]
    assert mesh_graph(np.zeros((0, 3), int), 3).neighbours.size == 0


def test_areas_take_the_graph_off_its_grid(readonly):
    graph = volume_graph(np.ones((1, 1, 3), bool))
    weighted = Graph(graph.starts, graph.neighbours, readonly([1.0, 2.0, 0.5]))
    links = weighted.links()
    assert links.areas.tolist() == [1.0, 2.0, 0.5]
    assert rows_of_links(links) == [[1], [0, 2], [1]]
    assert replace(graph, areas=[1.0, 2.0, 0.5]).links().areas is not None
    assert mesh_graph([[0, 1, 2]], 3, [1, 2, 3]).links().areas.tolist() == [1, 2, 3]


def test_a_graph_keeps_its_own_arrays():
    starts, neighbours = np.array([0, 1, 2]), np.array([1, 0])
    graph = Graph(starts, neighbours, areas := np.ones(2))
    starts[:], neighbours[:], areas[:] = 9, 9, 9
    assert rows(graph) == [[1], [0]]
    assert graph.areas.tolist() == [1, 1]
    assert graph.starts.dtype == graph.neighbours.dtype == np.int32
    for array in (graph.starts, graph.neighbours, graph.areas):
        assert not array.flags.writeable


@pytest.mark.parametrize(
    ("starts", "neighbours", "message"),
    [
        ([], [], "starts run nowhere and there are 0 neighbours"),
        ([1, 2], [0, 0], "starts run from 1 to 2 and there are 2 neighbours"),
        ([0, 1], [0, 0], "starts run from 0 to 1 and there are 2 neighbours"),
        ([0, 2, 1, 2], [1, 0], "starts go down"),
        ([0.0, 1.0], [0], r"starts are float64 of shape \(2,\)"),
        ([[0, 0]], [], r"starts are int64 of shape \(1, 2\)"),
        ([0, 1], [0.5], r"neighbours are float64 of shape \(1,\)"),
    ],
)
def test_arrays_that_are_no_graph(starts, neighbours, message):
    with pytest.raises(ShapeError, match=message):
        Graph(starts, neighbours)


@pytest.mark.parametrize(
    ("starts", "neighbours", "message"),
    [
        ([0, 1, 2], [1, 2], "2 is given as a neighbour; expected nodes 0 to 1"),
        ([0, 1, 2], [1, -1], "-1 is given as a neighbour"),
        ([0, 1, 2, 3], [1, 2, 1], "Node 1 is a neighbour of node 0, and 0 not of 1"),
        ([0, 2**31], [0], "starts go to 2147483648; expected at most 2147483647"),
    ],
)
def test_pairs_that_are_no_graph(starts, neighbours, message):
    with pytest.raises(ValueError, match=message):
        Graph(starts, neighbours)


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_pairs_have_to_be_there_in_both_directions(pairs):
    ordered = sorted(pairs)
    starts = np.searchsorted([a for a, _ in ordered], np.arange(7))
    neighbours = [b for _, b in ordered]
    if all((b, a) in pairs for a, b in pairs):
        assert Graph(starts, neighbours).neighbours.tolist() == neighbours
    else:
        with pytest.raises(ValueError, match="expected each pair in both directions"):
            Graph(starts, neighbours)


def test_the_order_of_neighbours_is_free():
    pairs = list(combinations(range(4), 2))
    whole = [[b for b in (3, 1, 2, 0) if b != a] for a in range(4)]
    graph = Graph([0, 3, 6, 9, 12], np.concatenate(whole))
    assert graph.neighbours.size == 2 * len(pairs)
    assert rows(graph) == whole


@pytest.mark.parametrize(
    ("areas", "error", "message"),
    [
        ([1.0], ShapeError, r"areas have shape \(1,\); expected \(2,\)"),
        ([1.0, -2.0], ValueError, "The area of node 1 is -2.0; expected finite"),
        ([np.nan, 1.0], ValueError, "The area of node 0 is nan"),
        ([1.0, np.inf], ValueError, "The area of node 1 is inf"),
    ],
)
def test_areas_are_one_a_node_and_not_negative(areas, error, message):
    with pytest.raises(error, match=message):
        Graph([0, 1, 2], [1, 0], areas)


def test_what_is_no_mask_or_mesh_is_refused():
    with pytest.raises(ShapeError, match=r"inside is bool of shape \(3,\)"):
        volume_graph(np.ones(3, bool))
    with pytest.raises(ShapeError, match=r"inside is float64 of shape \(1, 1, 1\)"):
        volume_graph(np.ones((1, 1, 1)))
    with pytest.raises(ValueError, match="connectivity is 8; expected 6, 18 or 26"):
        volume_graph(np.ones((1, 1, 1), bool), 8)
    with pytest.raises(ShapeError, match=r"faces are int64 of shape \(1, 4\)"):
        mesh_graph([[0, 1, 2, 3]], 4)
    with pytest.raises(ShapeError, match="faces are float64"):
        mesh_graph([[0.0, 1.0, 2.0]], 4)
    with pytest.raises(ValueError, match="vertices 0 to 4; expected 0 to 3"):
        mesh_graph([[0, 1, 4]], 4)
    with pytest.raises(ValueError, match="vertices -1 to 1; expected 0 to 3"):
        mesh_graph([[0, 1, -1]], 4)


def test_values_are_one_a_node_of_a_type_that_loops_know():
    graph = volume_graph(np.ones((1, 1, 3), bool))
    whole = np.ones(3, np.float32)
    assert node_values(whole, graph) is whole
    assert node_values(np.ones(6, np.float32)[::2], graph).flags.c_contiguous
    assert node_values([1, 2, 3], graph).dtype == np.float64
    with pytest.raises(ShapeError, match=r"values have shape \(2,\); expected \(3,\)"):
        node_values([1.0, 2.0], graph)
    with pytest.raises(
        ShapeError, match="workspace is for 4 nodes; expected one for 3"
    ):
        node_values(whole, graph, 4)
