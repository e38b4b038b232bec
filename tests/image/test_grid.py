"""Grids compare with one tolerance; masks take voxels out and put them back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.ndimage import generate_binary_structure, label

from boldglm._base.errors import GridError, MaskError, ShapeError
from boldglm.image.grid import SAME_GRID_TOLERANCE, Grid, VolumeMask

AFFINE = np.array(
    [
        [-3.0, 0.0, 0.2, 90.0],
        [0.1, 3.0, 0.0, -126.0],
        [0, 0.3, 3.5, -72.0],
        [0, 0, 0, 1],
    ]
)


def test_a_grid_equals_itself_after_a_float32_header():
    assert Grid((61, 73, 61), AFFINE) == Grid(
        (61, 73, 61), AFFINE.astype(np.float32).astype(float)
    )


def test_grids_differ_by_shape_and_by_a_visible_shift():
    grid = Grid((61, 73, 61), AFFINE)
    moved = AFFINE.copy()
    moved[0, 3] += 3 * 1.1 * SAME_GRID_TOLERANCE * 1.01
    assert grid != Grid((61, 73, 60), AFFINE)
    assert grid != Grid((61, 73, 61), moved)
    assert grid != "a grid"


def test_a_small_rotation_counts_where_it_moves_the_far_corner():
    turned = AFFINE.copy()
    turned[0, 1] += 2e-4
    assert Grid((5, 5, 5), AFFINE) == Grid((5, 5, 5), turned)
    assert Grid((5, 100, 5), AFFINE) != Grid((5, 100, 5), turned)


def test_equal_grids_have_equal_hashes():
    assert hash(Grid((2, 3, 4), AFFINE)) == hash(Grid((2, 3, 4), AFFINE + 1e-9))


def test_the_affine_is_copied_and_cannot_be_written():
    mine = AFFINE.copy()
    grid = Grid((2, 3, 4), mine)
    mine[0, 0] = 99
    assert grid.affine[0, 0] == -3
    with pytest.raises(ValueError, match="read-only"):
        grid.affine[0, 0] = 1


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4, 5), (0, 2, 2)])
def test_a_grid_needs_three_positive_sizes(shape):
    with pytest.raises(GridError, match="three positive sizes"):
        Grid(shape, np.eye(4))


@pytest.mark.parametrize("affine", [np.eye(3), np.full((4, 4), np.nan)])
def test_a_grid_needs_a_finite_affine(affine):
    with pytest.raises(GridError, match="finite 4 by 4"):
        Grid((2, 2, 2), affine)


def test_a_singular_affine_says_so_when_it_is_inverted():
    with pytest.raises(GridError, match="cannot be inverted"):
        _ = Grid((2, 2, 2), np.diag([0.0, 1, 1, 1])).inverse


def test_voxels_and_world_are_inverse(rng):
    grid = Grid((10, 12, 14), AFFINE)
    points = rng.normal(size=(4, 5, 3)) * 50
    there = grid.world_from_voxel(grid.voxel_from_world(points))
    np.testing.assert_allclose(there, points, atol=1e-10)


def test_voxel_sizes_are_those_of_nibabel():
    from nibabel.affines import voxel_sizes

    np.testing.assert_allclose(Grid((2, 2, 2), AFFINE).voxel_sizes, voxel_sizes(AFFINE))


def test_a_flip_lands_exactly_on_voxels():
    axis = np.diag([1.1, 1.3, 0.7, 1.0])
    axis[:3, 3] = [0.1, -7.7, 3.3]
    flipped = axis.copy()
    flipped[:, 0] *= -1
    flipped[:, 3] += axis[:, 0] * 9
    found = Grid((10, 10, 10), axis).voxel_from(Grid((10, 10, 10), flipped))
    expected = np.diag([-1.0, 1, 1, 1])
    expected[0, 3] = 9
    np.testing.assert_array_equal(found, expected)


def test_cropping_keeps_voxels_where_they_are():
    grid = Grid((10, 12, 14), AFFINE)
    part = grid.crop((slice(2, 5), slice(3, 12), slice(0, 4)))
    assert part.shape == (3, 9, 4)
    np.testing.assert_allclose(
        part.world_from_voxel([1, 1, 1]), grid.world_from_voxel([3, 4, 1])
    )


masks = hnp.arrays(bool, hnp.array_shapes(min_dims=3, max_dims=3, max_side=5))


@settings(max_examples=60, deadline=None)
@given(inside=masks, n_scans=st.integers(0, 3), order=st.sampled_from("FC"))
def test_scatter_undoes_gather(inside, n_scans, order):
    mask = VolumeMask(Grid(inside.shape, np.eye(4)), inside)
    shape = inside.shape if n_scans == 0 else (*inside.shape, n_scans)
    data = (
        np.arange(1.0, 1 + np.prod(shape))
        .reshape(shape)
        .astype(order=order, dtype=float)
    )
    rows = mask.gather(data, np.float64)
    assert rows.flags.c_contiguous
    assert rows.shape == (max(n_scans, 1), mask.n_voxels)
    values = rows[0] if n_scans == 0 else rows
    back = mask.scatter(values, fill=-1.0, order=order)
    where = inside if n_scans == 0 else np.broadcast_to(inside[..., None], shape)
    np.testing.assert_array_equal(back, np.where(where, data, -1.0))
    assert back.flags[f"{order}_CONTIGUOUS"]


def test_voxels_come_in_c_order_of_the_mask_whatever_the_memory_layout(rng, readonly):
    inside = rng.random((4, 5, 6)) > 0.5
    data = rng.normal(size=(4, 5, 6, 3))
    mask = VolumeMask(Grid((4, 5, 6), np.eye(4)), inside)
    for layout in (data, np.asfortranarray(data), data[::-1][::-1], data.astype(">f8")):
        np.testing.assert_array_equal(
            mask.gather(readonly(layout)), data[inside].T.astype(np.float32)
        )
    assert mask.gather(data).dtype == np.float32


def test_a_mask_must_be_boolean_and_on_its_grid():
    grid = Grid((2, 2, 2), np.eye(4))
    with pytest.raises(MaskError, match="boolean array of shape"):
        VolumeMask(grid, np.ones((2, 2, 2)))
    with pytest.raises(MaskError, match="boolean array of shape"):
        VolumeMask(grid, np.ones((2, 2, 3), bool))


def test_data_off_the_grid_are_refused():
    mask = VolumeMask(Grid((2, 2, 2), np.eye(4)), np.ones((2, 2, 2), bool))
    with pytest.raises(ShapeError, match=r"\(2, 2, 3\)"):
        mask.gather(np.zeros((2, 2, 3)))
    with pytest.raises(ShapeError, match=r"expected \(8,\) or"):
        mask.scatter(np.zeros(7))


@pytest.mark.parametrize(("connectivity", "rank"), [(6, 1), (18, 2), (26, 3)])
def test_adjacency_gives_the_clusters_that_scipy_labels(rng, connectivity, rank):
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    inside = rng.random((7, 8, 9)) > 0.65
    mask = VolumeMask(Grid(inside.shape, np.eye(4)), inside)
    starts, neighbours = mask.adjacency(connectivity)
    ones = np.ones(neighbours.size)
    graph = csr_array((ones, neighbours, starts), shape=(mask.n_voxels,) * 2)
    assert (graph != graph.T).nnz == 0
    n_found, found = connected_components(graph, directed=False)
    labels, n_expected = label(inside, generate_binary_structure(3, rank))
    assert n_found == n_expected
    pairs = np.unique(np.stack([found, labels[inside]]), axis=1)
    assert pairs.shape[1] == n_expected
    rows = np.split(neighbours, starts[1:-1])
    assert all((np.diff(row) > 0).all() for row in rows)


def test_adjacency_knows_three_connectivities():
    mask = VolumeMask(Grid((1, 1, 1), np.eye(4)), np.ones((1, 1, 1), bool))
    with pytest.raises(ValueError, match="expected 6, 18 or 26"):
        mask.adjacency(4)


def test_a_cropped_mask_holds_the_same_voxels(rng):
    inside = np.zeros((9, 8, 7), bool)
    inside[3:6, 2:4, 6] = rng.random((3, 2)) > 0.2
    inside[4, 3, 6] = True
    mask = VolumeMask(Grid(inside.shape, AFFINE), inside)
    part = mask.cropped((1, 0, 2))
    world = [m.grid.world_from_voxel(np.argwhere(m.inside)) for m in (mask, part)]
    np.testing.assert_allclose(*world)
    assert part.grid.shape == (5, 2, 3)
    empty = VolumeMask(Grid((2, 2, 2), np.eye(4)), np.zeros((2, 2, 2), bool))
    assert empty.cropped().grid.shape == (2, 2, 2)
