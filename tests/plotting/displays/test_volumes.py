"""Cuts and projections against voxels picked one by one, and against scipy."""

import nibabel as nib
import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage
from scipy.ndimage import map_coordinates
from tests.plotting.phantoms import ORIENTATIONS, oblique_affine, turned, world_axes

from boldglm._base.errors import DimensionError, ImageFileError
from boldglm.image.grid import Grid
from boldglm.plotting.displays.views import VIEWS
from boldglm.plotting.displays.volumes import Volume, open_volume

SHAPE = (4, 5, 6)
AFFINE = np.array(
    [
        [2.0, 0.0, 0.0, -3.0],
        [0.0, 3.0, 0.0, -8.0],
        [0.0, 0.0, 2.5, 10.0],
        [0.0, 0.0, 0.0, 1.0],
    ]
)


def some_values(rng, shape=SHAPE):
    return rng.normal(size=shape).astype(np.float32)


def centres(axis):
    return AFFINE[axis, 3] + AFFINE[axis, axis] * np.arange(SHAPE[axis])


def edges(axis):
    half = 0.5 * AFFINE[axis, axis]
    return centres(axis)[0] - half, centres(axis)[-1] + half


@pytest.mark.parametrize("codes", ORIENTATIONS)
def test_a_cut_is_the_plane_of_voxels_in_every_orientation(codes, rng):
    values = some_values(rng)
    volume = open_volume(turned(values, AFFINE, codes), "img")
    assert not volume.is_oblique
    for direction, axis in (("x", 0), ("y", 1), ("z", 2)):
        for index, at in enumerate(centres(axis)):
            cut = volume.cut(VIEWS[direction], at)
            # rows run up, columns to the right: the transpose of (x, y)
            expected = np.take(values, index, axis=axis).T
            np.testing.assert_array_equal(cut.values, expected)
            across, up = (other for other in range(3) if other != axis)
            np.testing.assert_allclose(cut.extent, (*edges(across), *edges(up)))


@pytest.mark.parametrize("codes", ["RAS", "LPS", "PIR", "SAL"])
def test_nothing_is_copied_to_cut_along_the_axes(codes, rng):
    volume = open_volume(turned(some_values(rng), AFFINE, codes), "img")
    assert np.shares_memory(volume.cut(VIEWS["y"], -2.0).values, volume.values)


def test_a_cut_takes_the_voxel_it_falls_into(rng):
    values = some_values(rng)
    volume = Volume(values, Grid(SHAPE, AFFINE))
    cut = lambda at: volume.cut(VIEWS["x"], at)  # noqa: E731
    for at, index in [(-3.9, 0), (-2.1, 0), (-2.0, 1), (-1.9, 1), (3.9, 3), (4.0, 3)]:
        np.testing.assert_array_equal(cut(at).values, values[index].T)
    assert cut(-4.0) is not None
    assert cut(-4.01) is None
    assert cut(4.01) is None


def test_divergence_a_voxel_is_drawn_around_its_centre():
    """The peer lays the outer edges of an image at the outermost centres."""
    nilearn = pytest.importorskip("nilearn.plotting")
    from boldglm.plotting import plot_img

    affine = world_axes()
    values = np.zeros((37, 45, 38), dtype=np.float32)
    values[1, 43, 36] = 1.0
    img = Nifti1Image(values, affine)
    point = tuple(float(one) for one in (affine @ [1, 43, 36, 1])[:3])
    options = {"cut_coords": point, "threshold": 0.5}

    def middle(display):
        image = display.axes["z"].ax.images[-1]
        shown = np.ma.masked_invalid(image.get_array())
        (row,), (column,) = np.nonzero(~np.ma.getmaskarray(shown))
        left, right, bottom, top = image.get_extent()
        return (
            left + (column + 0.5) * (right - left) / shown.shape[1],
            bottom + (row + 0.5) * (top - bottom) / shown.shape[0],
        )

    np.testing.assert_allclose(middle(plot_img(img, **options)), point[:2])
    off = np.abs(np.subtract(middle(nilearn.plot_img(img, **options)), point[:2]))
    # almost 2 mm: half of a voxel, less towards the middle
    assert (off > 1.7).all()


def smooth_oblique():
    """Waves far from the range's ends, so that nothing overshoots."""
    affine = oblique_affine()
    i, j, k = np.indices((30, 34, 28))
    values = np.sin(i / 4) + np.cos(j / 5) * np.sin(k / 3 + 1)
    values[3, 3, 3], values[-4, -4, -4] = 9.0, -9.0
    return values, affine


@pytest.mark.parametrize(("direction", "at"), [("x", -30.3), ("y", -20.0), ("z", 5.7)])
@pytest.mark.parametrize(("how", "order"), [("continuous", 3), ("linear", 1)])
def test_an_oblique_cut_is_that_of_scipy(direction, at, how, order):
    values, affine = smooth_oblique()
    volume = Volume(values, Grid(values.shape, affine), how)
    view = VIEWS[direction]
    cut = volume.cut(view, at)
    across, up = np.meshgrid(*cut.centres)
    points = np.empty((3, across.size))
    points[view.across], points[view.up] = across.ravel(), up.ravel()
    points[view.through] = at
    inverse = np.linalg.inv(affine)
    voxel = inverse[:3, :3] @ points + inverse[:3, 3:]
    expected = map_coordinates(values, voxel, order=order, mode="mirror")
    expected = expected.reshape(across.shape)
    ends = np.array(values.shape)[:, np.newaxis] - 1
    inside = ((voxel >= 0) & (voxel <= ends)).all(axis=0).reshape(across.shape)
    far = ((voxel < -0.01) | (voxel > ends + 0.01)).any(axis=0).reshape(across.shape)
    assert inside.sum() > 200
    np.testing.assert_allclose(cut.values[inside], expected[inside], atol=1e-5)
    assert np.isnan(cut.values[far]).all()


def test_an_oblique_cut_interpolates_no_more_than_its_surroundings(monkeypatch, rng):
    from boldglm.core import resample

    seen = []
    made = resample.Resampler

    def watched(shape, *args, **kwargs):
        seen.append(shape)
        return made(shape, *args, **kwargs)

    monkeypatch.setattr(resample, "Resampler", watched)
    values = some_values(rng, (80, 20, 90))
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[1, 2] = 0.1
    volume = Volume(values, Grid(values.shape, affine))
    assert volume.is_oblique
    cut = volume.cut(VIEWS["x"], 80.0)
    (shape,) = seen
    assert shape[0] < 30
    assert shape[1:] == (20, 90)
    # x is a plane of voxels, y is moved by 0.05 voxels per plane
    across, up = np.meshgrid(*cut.centres)
    voxel = np.array([np.full_like(up, 40.0), (across - 0.05 * up) / 2, up / 2])
    inside = ((voxel[1] >= 0) & (voxel[1] <= 19)).nonzero()
    expected = map_coordinates(values, voxel[:, *inside], order=3, mode="mirror")
    expected = np.clip(expected, values.min(), values.max())
    np.testing.assert_allclose(cut.values[inside], expected, atol=1e-4)


def test_oblique_planes_are_those_of_the_whole_straightened_volume():
    values, affine = smooth_oblique()
    volume = Volume(values, Grid(values.shape, affine))
    z = volume.shown_grid.affine[2, 3] + 12 * volume.shown_grid.affine[2, 2]
    cut = volume.cut(VIEWS["z"], z).values
    np.testing.assert_allclose(cut, volume.straight[:, :, 12].T, atol=1e-5)


def test_missing_voxels_of_an_oblique_image_spoil_only_their_surroundings():
    values, affine = smooth_oblique()
    holed = values.copy()
    holed[10:12, 12, 14] = np.nan
    grid = Grid(values.shape, affine)
    at = float((affine @ [10, 12, 14, 1])[2])
    whole = Volume(values, grid).cut(VIEWS["z"], at).values
    cut = Volume(holed, grid).cut(VIEWS["z"], at).values
    known = np.isfinite(whole)
    changed = known & ~(np.abs(cut - whole) < 0.05)
    assert changed.sum() < 60


def test_a_mask_that_lies_oblique_keeps_its_two_values(rng):
    mask = (some_values(rng, (12, 13, 14)) > 0).astype(np.uint8)
    volume = open_volume(Nifti1Image(mask, oblique_affine()), "img")
    assert volume.interpolation == "nearest"
    cut = volume.cut(VIEWS["z"], volume.bounds[2][0] + 25.0)
    assert set(np.unique(cut.values[np.isfinite(cut.values)])) <= {0.0, 1.0}


def brute_projection(values, axis, side, magnitude):
    """Ray by ray."""
    rays = np.moveaxis(values, axis, 2)
    out = np.zeros(rays.shape[:2])
    for place in np.ndindex(*out.shape):
        for index, value in enumerate(rays[place].astype(float)):
            # in the grid below x = 0 is the plane 2
            beyond = (side < 0 and index > 2) or (side > 0 and index < 2)
            if np.isnan(value) or beyond:
                continue
            best = out[place]
            higher = abs(value) > abs(best) or (value == -best and value > 0)
            if higher:
                out[place] = abs(value) if magnitude else value
    return out.T


@pytest.mark.parametrize("codes", ["RAS", "LPI", "SRA"])
@pytest.mark.parametrize("magnitude", [True, False])
@pytest.mark.parametrize("direction", VIEWS)
def test_a_projection_is_what_is_largest_on_each_ray(direction, magnitude, codes, rng):
    values = np.round(some_values(rng, (5, 4, 3)), 1)
    values[1, 2, 1], values[3, 0, 0] = np.nan, -np.inf
    values[2, 1, 1], values[4, 1, 1] = 7.0, -7.0
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[0, 3] = -4.0
    view = VIEWS[direction]
    plane = open_volume(turned(values, affine, codes), "img").projection(
        view, magnitude=magnitude
    )
    expected = brute_projection(values, view.through, view.side, magnitude)
    np.testing.assert_array_equal(plane.values, expected)


def test_the_midline_belongs_to_both_sides():
    values = np.zeros((5, 2, 2), dtype=np.float32)
    values[:, 0, 0] = [9.0, 0.0, 5.0, 0.0, 8.0]
    affine = np.eye(4)
    affine[0, 3] = -2.0
    volume = Volume(values, Grid(values.shape, affine))
    assert volume.projection(VIEWS["l"]).values.max() == 9.0
    assert volume.projection(VIEWS["r"]).values.max() == 8.0
    values[[0, -1]] = 0.0
    assert volume.projection(VIEWS["l"]).values.max() == 5.0
    assert volume.projection(VIEWS["r"]).values.max() == 5.0


def test_a_side_without_voxels_is_empty():
    affine = np.eye(4)
    affine[0, 3] = 10.0
    volume = Volume(np.ones((3, 2, 2)), Grid((3, 2, 2), affine))
    assert not volume.projection(VIEWS["l"]).values.any()


@pytest.mark.parametrize(
    "kind", ["i1", "u1", "i2", ">i2", "u2", "i4", "i8", "f2", "f4", ">f4", "f8", "?"]
)
def test_numbers_of_every_type_are_cut_and_projected(kind):
    dtype = np.dtype(kind)
    values = np.zeros((3, 3, 3), dtype=dtype)
    values[1, 1, 1] = 1
    # of the signed integers the lowest has no opposite
    lowest = np.iinfo(dtype).min if dtype.kind == "i" else 0
    values[0, 0, 0] = lowest
    volume = open_volume(SpatialImage(values, np.eye(4)), "img")
    assert volume.range == (float(lowest), 1.0)
    assert volume.cut(VIEWS["z"], 1.0).values[1, 1] == 1
    largest = volume.projection(VIEWS["z"]).values
    assert largest[0, 0] == abs(float(lowest))
    assert volume.projection(VIEWS["z"], magnitude=False).values[0, 0] == float(lowest)
    assert largest[1, 1] == 1.0


@pytest.mark.parametrize("kind", ["u1", ">i2", "i4", "f2", ">f4", "f8"])
def test_oblique_numbers_of_every_type_are_cut(kind):
    values = np.zeros((9, 9, 9), dtype=kind)
    values[3:6, 3:6, 3:6] = 5
    values[0, 0, 0] = 1
    volume = open_volume(SpatialImage(values, oblique_affine()), "img")
    at = float((oblique_affine() @ [4, 4, 4, 1])[2])
    assert np.nanmax(volume.cut(VIEWS["z"], at).values) == pytest.approx(5.0, abs=0.3)


def test_files_arrays_and_one_volume_of_four_dimensions_are_the_same(
    rng, tmp_path, readonly
):
    values = readonly(some_values(rng))
    whole = open_volume(Nifti1Image(values, AFFINE), "img")
    series = open_volume(Nifti1Image(values[..., np.newaxis], AFFINE), "img")
    np.testing.assert_array_equal(series.straight, whole.straight)
    for name in ("map.nii", "map.nii.gz"):
        nib.save(Nifti1Image(values, AFFINE), tmp_path / name)
        for path in (tmp_path / name, str(tmp_path / name)):
            opened = open_volume(path, "img")
            np.testing.assert_array_equal(opened.straight, whole.straight)
            assert opened.bounds == whole.bounds


def test_more_volumes_than_one_are_an_error():
    img = Nifti1Image(np.zeros((3, 3, 3, 2), dtype=np.float32), np.eye(4))
    with pytest.raises(DimensionError, match="expected a 3D image for stat_map_img"):
        open_volume(img, "stat_map_img")


def test_colours_and_complex_numbers_are_no_maps():
    img = Nifti1Image(np.zeros((2, 2, 2), dtype=np.complex64), np.eye(4))
    with pytest.raises(ImageFileError, match=r"voxels of type complex64; expected"):
        open_volume(img, "bg_img")


def test_another_interpolation_is_an_error():
    img = Nifti1Image(np.zeros((2, 2, 2), dtype=np.float32), np.eye(4))
    with pytest.raises(ValueError, match="interpolation is 'cubic'; expected"):
        open_volume(img, "img", "cubic")


def test_the_range_leaves_out_what_is_not_finite():
    grid = Grid((2, 2, 1), np.eye(4))
    values = np.array([[np.nan, -2.0], [np.inf, 5.0]]).reshape(2, 2, 1)
    assert Volume(values, grid).range == (-2.0, 5.0)
    assert Volume(np.full((2, 2, 1), np.nan), grid).range == (0.0, 0.0)


def test_what_is_filled_is_neither_0_nor_missing():
    values = np.zeros((6, 5, 4), dtype=np.float32)
    values[2:4, 1, 2] = 1.0
    values[5, 4, 3] = np.nan
    volume = Volume(values, Grid(values.shape, np.diag([2.0, 2.0, 2.0, 1.0])))
    assert volume.filled == ((3.0, 7.0), (1.0, 3.0), (3.0, 5.0))
    assert volume.extent(VIEWS["z"], filled=True) == (3.0, 7.0, 1.0, 3.0)
    assert volume.extent(VIEWS["z"]) == (-1.0, 11.0, -1.0, 9.0)
    empty = Volume(np.zeros((6, 5, 4)), volume.grid)
    assert empty.filled == empty.bounds


def test_only_planes_of_an_oblique_image_are_interpolated(monkeypatch):
    from tests.plotting.phantoms import body, marker_map

    from boldglm.image import regrid
    from boldglm.plotting import plot_stat_map

    def whole(*_, **__):
        pytest.fail("the whole volume is interpolated")

    monkeypatch.setattr(regrid, "regrid", whole)
    display = plot_stat_map(
        marker_map("oblique", 3), body("oblique"), display_mode="z", cut_coords=[0, 57]
    )
    assert len(display.axes) == 2
    display.close()


def test_voxels_half_a_step_from_the_middle_belong_to_one_side():
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[0, 3] = -2.0
    values = np.array([7.0, 8.0]).reshape(2, 1, 1)
    volume = Volume(values, Grid((2, 1, 1), affine))
    assert volume.projection(VIEWS["l"]).values == 7.0
    assert volume.projection(VIEWS["r"]).values == 8.0
