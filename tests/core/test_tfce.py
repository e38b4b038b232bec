"""TFCE, against the integral done height by height with clusters labelled anew."""

from itertools import pairwise, product
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.ndimage import gaussian_filter, generate_binary_structure, label

from boldglm._base.errors import ShapeError
from boldglm.core import tfce_kernels
from boldglm.core.graph import Graph, mesh_graph, volume_graph
from boldglm.core.tfce import MaxTfce, tfce

RANKS = {6: 1, 18: 2, 26: 3}
POWERS = [(0.5, 2.0), (1.0, 2.0), (0.7, 1.3), (0.0, 1.0), (2.0, 0.0)]

# few distinct heights, so that there are ties, plateaus and zeros
heights = st.sampled_from([-2.0, -1.0, -0.3, 0.0, 0.3, 1.0, 1.0, 2.5])


def sizes_in_volume(above, rank):
    labels, _ = label(above, generate_binary_structure(3, rank))
    counts = np.bincount(labels.ravel())
    counts[0] = 0
    return counts[labels]


def sizes_on_graph(above, graph, areas):
    sizes = np.zeros(above.size)
    seen = ~above
    for seed in np.flatnonzero(above):
        if seen[seed]:
            continue
        seen[seed] = True
        cluster, todo = [], [seed]
        while todo:
            node = todo.pop()
            cluster.append(node)
            for beside in graph.neighbours[graph.starts[node] : graph.starts[node + 1]]:
                if not seen[beside]:
                    seen[beside] = True
                    todo.append(beside)
        sizes[cluster] = areas[cluster].sum()
    return sizes


def integral(values, sizes_above, extent, height):
    """Sum of the integrals between each two heights that the map has."""
    total = np.zeros(values.shape)
    levels = np.unique(np.concatenate([[0.0], values[values > 0].ravel()]))
    for low, high in pairwise(levels):
        above = values >= high
        piece = (high ** (height + 1) - low ** (height + 1)) / (height + 1)
        total[above] += sizes_above(above)[above] ** extent * piece
    return total


def by_volume(values, inside, rank, extent=0.5, height=2.0):
    volume = np.zeros(inside.shape)
    volume[inside] = values
    return integral(volume, lambda above: sizes_in_volume(above, rank), extent, height)[
        inside
    ]


def random_graph(rng, n=40, n_pairs=50, areas=None):
    faces = rng.integers(0, n, size=(n_pairs, 2))
    return mesh_graph(np.column_stack([faces, faces[:, 0]]), n, areas)


def largest(values, graph, sign=1, **settings):
    scored = MaxTfce(graph, **settings)
    return scored.largest(values, scored.workspace(), sign)


@pytest.mark.parametrize(("extent", "height"), POWERS)
@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_volume_is_enhanced_by_its_integral(
    connectivity, extent, height, dtype, rng, readonly
):
    inside = rng.random((7, 8, 9)) > 0.3
    graph = volume_graph(inside, connectivity)
    for sigma in (0.0, 1.0):
        noise = gaussian_filter(rng.normal(size=inside.shape), sigma)[inside]
        values = readonly((noise / noise.std()).astype(dtype))
        expected = by_volume(
            values.astype(float), inside, RANKS[connectivity], extent, height
        )
        found = tfce(values, graph, extent=extent, height=height)
        np.testing.assert_allclose(found, expected, rtol=1e-10)
        assert found.dtype == np.float64
        most = largest(values, graph, extent=extent, height=height)
        assert most == pytest.approx(expected.max(), rel=1e-12)


@given(
    hnp.arrays(np.float64, (3, 4, 4), elements=heights),
    st.sampled_from(sorted(RANKS)),
    st.sampled_from(POWERS),
    st.booleans(),
)
def test_ties_and_plateaus_of_volumes(volume, connectivity, powers, single):
    inside = volume != -2.0
    extent, height = powers
    values = volume[inside].astype(np.float32 if single else np.float64)
    graph = volume_graph(inside, connectivity)
    expected = by_volume(
        values.astype(float), inside, RANKS[connectivity], extent, height
    )
    found = tfce(values, graph, extent=extent, height=height)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    most = largest(values, graph, extent=extent, height=height)
    assert most == pytest.approx(expected.max(initial=0.0), rel=1e-10)


@given(
    st.integers(0, 2**32 - 1),
    st.lists(heights | st.floats(-8, 8), min_size=40, max_size=40),
    st.sampled_from(POWERS),
    st.booleans(),
)
def test_any_graph_with_or_without_areas(seed, values, powers, weighted):
    rng = np.random.default_rng(seed)
    areas = np.where(rng.random(40) < 0.1, 0.0, rng.gamma(2.0, size=40))
    graph = random_graph(rng, areas=areas if weighted else None)
    extent, height = powers
    values = np.array(values)
    counted = areas if weighted else np.ones(40)
    expected = integral(
        values, lambda above: sizes_on_graph(above, graph, counted), extent, height
    )
    found = tfce(values, graph, extent=extent, height=height)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    most = largest(values, graph, extent=extent, height=height)
    assert most == pytest.approx(expected.max(), rel=1e-9)


def test_the_integral_is_what_many_small_steps_sum_to(rng):
    inside = np.ones((5, 5, 5), bool)
    values = gaussian_filter(rng.normal(size=inside.shape), 1)[inside]
    values *= 4 / np.abs(values).max()
    total = np.zeros(values.size)
    step = 1e-3
    for h in np.arange(step / 2, values.max(), step):
        volume = np.zeros(inside.shape, bool)
        volume[inside] = values >= h
        total += sizes_in_volume(volume, 1)[inside] ** 0.5 * h**2 * step
    found = tfce(values, volume_graph(inside))
    np.testing.assert_allclose(found, total, atol=2e-3 * total.max())


def test_small_values_are_as_exact_as_large_ones(rng):
    inside = np.ones((4, 5, 6), bool)
    values = 10.0 ** rng.uniform(-8, 3, size=inside.sum())
    found = tfce(values, volume_graph(inside))
    np.testing.assert_allclose(found, by_volume(values, inside, 1), rtol=1e-10)


def test_a_flat_map_is_one_cluster_and_equal_values_stay_equal(rng):
    inside = np.ones((4, 4, 4), bool)
    graph = volume_graph(inside)
    found = tfce(np.full(64, 1.5), graph)
    np.testing.assert_array_equal(found, found[0])
    assert found[0] == pytest.approx(8 * 1.5**3 / 3)
    values = rng.integers(0, 2, 64) + np.ones(64)
    found = tfce(values, graph)
    np.testing.assert_array_equal(found[values == 1], found[values == 1][0])


def test_nothing_positive_is_nothing(readonly):
    graph = volume_graph(np.ones((2, 2, 2), bool))
    for values in (np.zeros(8), -np.ones(8), np.full(8, -0.0)):
        assert not tfce(readonly(values), graph).any()
        assert not tfce(readonly(values), graph, steps=100).any()
        assert largest(readonly(values), graph) == 0.0
    empty = volume_graph(np.zeros((2, 2, 2), bool))
    assert tfce(np.zeros(0), empty).shape == (0,)
    assert largest(np.zeros(0), empty) == 0.0


def test_a_node_alone_has_the_integral_of_its_height():
    graph = Graph([0, 0, 0], [])
    np.testing.assert_allclose(tfce([3.0, 0.5], graph), [9.0, 0.125 / 3])
    assert largest(np.array([0.5, 3.0]), graph) == pytest.approx(9.0)


@pytest.mark.parametrize("steps", [None, 100])
def test_two_sided_is_both_sides_alone(steps, rng, readonly):
    graph = volume_graph(rng.random((6, 6, 6)) > 0.2)
    values = readonly(rng.normal(size=graph.n_nodes))
    both = tfce(values, graph, two_sided=True, steps=steps)
    if steps is None:
        alone = tfce(values, graph) - tfce(-values, graph)
        np.testing.assert_array_equal(both, alone)
    assert (
        np.sign(both)[np.abs(values) > 0.1] == np.sign(values)[np.abs(values) > 0.1]
    ).all()
    for sign in (1, -1):
        most = largest(values, graph, sign, two_sided=True, steps=steps)
        assert most == pytest.approx((sign * both).max(), rel=1e-12)
        mirrored = tfce(-values, graph, two_sided=True, steps=steps)
        np.testing.assert_array_equal(mirrored, -both)


def test_a_map_three_times_as_high_gains_27_times_as_much(rng):
    graph = volume_graph(rng.random((6, 6, 6)) > 0.2)
    values = rng.normal(size=graph.n_nodes)
    np.testing.assert_allclose(tfce(3 * values, graph), 27 * tfce(values, graph))
    # not so for steps, which are not multiplied by their length
    np.testing.assert_allclose(
        tfce(4 * values, graph, steps=50), 16 * tfce(values, graph, steps=50)
    )


def test_areas_of_two_make_sizes_twice_as_large(rng):
    graph = volume_graph(rng.random((5, 5, 5)) > 0.2)
    double = Graph(graph.starts, graph.neighbours, np.full(graph.n_nodes, 2.0))
    values = rng.normal(size=graph.n_nodes)
    for extent in (0.5, 1.0):
        np.testing.assert_allclose(
            tfce(values, double, extent=extent),
            2**extent * tfce(values, graph, extent=extent),
        )


@pytest.mark.parametrize("settings", [{}, {"steps": 30}, {"extent": 1.0}])
def test_the_order_of_nodes_does_not_matter(settings, rng):
    graph = random_graph(rng, 60, 90)
    values = rng.integers(-3, 6, 60) / 2
    new = rng.permutation(60)
    pairs = np.repeat(np.arange(60), np.diff(graph.starts)), graph.neighbours
    moved = np.column_stack([new[pairs[0]], new[pairs[1]], new[pairs[0]]])
    there = np.zeros(60)
    there[new] = values
    found = tfce(there, mesh_graph(moved, 60), **settings)
    np.testing.assert_allclose(found[new], tfce(values, graph, **settings))
    assert largest(there, mesh_graph(moved, 60), **settings) == pytest.approx(
        largest(values, graph, **settings)
    )


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize("powers", POWERS)
def test_steps_sum_to_what_nilearn_sums_to(two_sided, connectivity, powers, rng):
    nilearn = pytest.importorskip("nilearn.mass_univariate._utils")
    inside = rng.random((9, 8, 7)) > 0.2
    graph = volume_graph(inside, connectivity)
    structure = generate_binary_structure(3, RANKS[connectivity])
    for sigma in (0.0, 1.0):
        volume = gaussian_filter(rng.normal(size=inside.shape), sigma)
        # the largest of all is negative: steps go up to it if both sides count
        volume[np.argmax(inside.any((1, 2)))] -= 1.0
        volume[~inside] = 0
        expected = nilearn.calculate_tfce(
            volume[..., np.newaxis], structure, *powers, two_sided_test=two_sided
        )[inside, 0]
        found = tfce(
            volume[inside],
            graph,
            extent=powers[0],
            height=powers[1],
            two_sided=two_sided,
            steps=100,
        )
        np.testing.assert_allclose(found, expected, rtol=1e-9)


@given(hnp.arrays(np.int64, (3, 4, 4), elements=st.integers(-4, 10)))
def test_values_on_a_step_count_as_nilearn_counts_them(tenths):
    nilearn = pytest.importorskip("nilearn.mass_univariate._utils")
    structure = generate_binary_structure(3, 1)
    graph = volume_graph(np.ones(tenths.shape, bool))
    volume = (tenths / 10).astype(np.float32)
    # float32 values between float64 steps, which nilearn then sums in float64
    wide = volume.astype(np.float64)
    for values, arr in ((volume, wide), (tenths / 10, tenths / 10)):
        for two_sided in (False, True):
            expected = nilearn.calculate_tfce(
                arr[..., np.newaxis], structure, two_sided_test=two_sided
            )
            found = tfce(values.ravel(), graph, two_sided=two_sided, steps=100)
            np.testing.assert_allclose(found, expected.ravel(), rtol=1e-9)


def test_exact_values_are_those_of_the_tfce_package(rng):
    peer = pytest.importorskip("tfce")
    inside = np.ones((12, 11, 10), bool)
    volume = gaussian_filter(rng.normal(size=inside.shape), 1).astype(np.float32)
    for connectivity in (6, 26):
        expected = peer.tfce(volume, connectivity=connectivity, two_sided=True)
        found = tfce(volume[inside], volume_graph(inside, connectivity), two_sided=True)
        np.testing.assert_allclose(found, expected[inside], rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"steps": 100},
        {"steps": 7, "two_sided": True},
        {"steps": 1},
        {"extent": 1.0, "height": 1.5},
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_largest_is_the_maximum_of_the_map(settings, weighted, rng, readonly):
    graph = volume_graph(rng.random((9, 9, 9)) > 0.3, 18)
    if weighted:
        areas = rng.gamma(2.0, size=graph.n_nodes)
        graph = Graph(graph.starts, graph.neighbours, areas)
    scored = MaxTfce(graph, **settings)
    workspace = scored.workspace()
    # one workspace for maps of two types, with more and with fewer values above 0
    for shift, dtype in product((0, -2, 1, -9, 0), (np.float32, np.float64)):
        values = readonly((rng.normal(size=graph.n_nodes) + shift).astype(dtype))
        for sign in (1, -1):
            found = scored.largest(values, workspace, sign)
            whole = tfce(values, graph, **{**settings, "two_sided": True})
            if "steps" in settings and not settings.get("two_sided"):
                whole = sign * tfce(sign * values, graph, **settings)
            assert found == pytest.approx((sign * whole).max(initial=0), rel=1e-12)
            assert isinstance(found, float)


def test_more_peaks_than_short_labels_can_count(rng):
    graph = Graph(np.zeros(70_001, int), [])
    values = rng.uniform(0.5, 1, size=70_000)
    np.testing.assert_allclose(tfce(values, graph), values**3 / 3)
    scored = MaxTfce(graph)
    workspace = scored.workspace()
    assert scored.largest(values, workspace) == pytest.approx(values.max() ** 3 / 3)
    # the last number that 16 bits hold, and few peaks after many
    for n in (65_535, 65_536, 10):
        few = np.where(np.arange(70_000) < n, values, -1.0)
        few[n - 1] = 1.0
        assert scored.largest(few, workspace) == pytest.approx(1 / 3)


@pytest.mark.parametrize("n", [65_535, 65_536])
def test_the_last_peak_that_is_counted_counts(n, rng):
    values = rng.uniform(0.5, 1, size=70_000)
    values[n + 1 :] = -1.0
    # the last peak, and a node that joins it to one of the others
    values[[7, 8]] = 0.4, 0.3
    areas = np.ones(70_000)
    areas[[7, 8]] = 1e8
    graph = mesh_graph([[7, 8, 8], [8, 9, 9]], 70_000, areas)
    gained = 1e4 * (0.4**3 - 0.3**3) + 2e8**0.5 * 0.3**3
    assert largest(values, graph) == pytest.approx(gained / 3)


def test_a_code_is_no_value():
    assert tfce_kernels.TOO_MANY_PEAKS < 0
    assert tfce_kernels.NOT_FINITE < 0
    assert tfce_kernels.NOT_FINITE != tfce_kernels.TOO_MANY_PEAKS


def test_threads_with_a_workspace_each(rng):
    graph = volume_graph(np.ones((12, 12, 12), bool))
    scored = MaxTfce(graph)
    maps = rng.normal(size=(20, graph.n_nodes)).astype(np.float32)
    found = np.zeros(20)

    def work(first):
        workspace = scored.workspace()
        for k in range(first, 20, 2):
            found[k] = scored.largest(maps[k], workspace)

    threads = [Thread(target=work, args=(first,)) for first in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [tfce(values, graph).max() for values in maps]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_that_are_not_finite_are_refused(bad, dtype):
    graph = volume_graph(np.ones((1, 1, 4), bool))
    values = np.array([1, 2, bad, bad], dtype)
    message = "2 of 4 values are not finite, the first at node 2"
    with pytest.raises(ValueError, match=message):
        tfce(values, graph)
    for sign in (1, -1):
        with pytest.raises(ValueError, match=message):
            largest(values, graph, sign)


def test_mistakes_are_explained():
    graph = volume_graph(np.ones((1, 1, 4), bool))
    with pytest.raises(ShapeError, match=r"values have shape \(3,\); expected \(4,\)"):
        tfce(np.zeros(3), graph)
    with pytest.raises(ShapeError, match=r"values have shape \(2, 2\)"):
        largest(np.zeros((2, 2)), graph)
    other = MaxTfce(volume_graph(np.ones((1, 1, 5), bool))).workspace()
    with pytest.raises(
        ShapeError, match="workspace is for 5 nodes; expected one for 4"
    ):
        MaxTfce(graph).largest(np.zeros(4), other)
    with pytest.raises(
        ValueError, match=r"extent is -1; expected a power of 0 or more"
    ):
        tfce(np.zeros(4), graph, extent=-1)
    for power in (np.nan, np.inf):
        with pytest.raises(ValueError, match=f"height is {power}; expected a power"):
            MaxTfce(graph, height=power)
    with pytest.raises(ValueError, match="steps is 0; expected 1 or more"):
        MaxTfce(graph, steps=0)
