"""Resampled images are those of nilearn, where it is right, and obey geometry."""

import tracemalloc
import warnings

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boldglm._base.errors import BoundingBoxError, GridError
from boldglm._base.warnings import ImageWarning
from boldglm.image import get_data, resample_img, resample_to_img
from boldglm.image.grid import Grid
from boldglm.image.resample import target_grid

SHAPE = (9, 11, 8)


def _affine(sizes=(3.0, 3.0, 3.5), turn=(0.0, 0.0, 0.0), origin=(-12.0, -15.0, -13.0)):
    affine = np.eye(4)
    affine[:3, :3] = nib.eulerangles.euler2mat(*turn) @ np.diag(sizes)
    affine[:3, 3] = origin
    return affine


def _brain(rng, dtype, n_scans=None):
    """Smooth data, positive inside a ball, small outside."""
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    ball = 100 * np.exp(-2 * sum(axis**2 for axis in axes))
    shape = SHAPE if n_scans is None else (*SHAPE, n_scans)
    noise = rng.random(shape) * 20
    return ((ball if n_scans is None else ball[..., None]) + noise).astype(dtype)


TARGETS = {
    "finer 3x3": (np.diag([2.0, 2.0, 2.0]), None),
    "flipped 3x3": (np.diag([-3.0, 3.0, -3.5]), None),
    "permuted 3x3": (np.array([[0, 0, 3.0], [3.0, 0, 0], [0, 3.5, 0]]), None),
    "oblique 3x3": (_affine(turn=(0.2, -0.1, 0.3))[:3, :3], None),
    "4x4 no shape": (_affine((4.0, 4.0, 4.0), origin=(-9.0, -9.0, -9.0)), None),
    "shifted": (_affine(origin=(-10.3, -15.0, -13.0)), SHAPE),
    "whole voxels": (_affine(origin=(-15.0, -12.0, -13.0)), SHAPE),
    "realigned": (_affine(turn=(0.01, 0.02, -0.01), origin=(-12.2, -15, -13)), SHAPE),
    "coarse": (_affine((6.0, 6.0, 7.0)), (5, 6, 4)),
    "wide": (_affine(origin=(-30.0, -30.0, -30.0)), (20, 20, 20)),
}


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("interpolation", ["continuous", "linear", "nearest"])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i2", "i4", "u1"])
@pytest.mark.parametrize("target", list(TARGETS))
def test_resampled_images_are_those_of_nilearn(rng, target, dtype, interpolation, clip):
    nilearn_image = pytest.importorskip("nilearn.image")
    affine, shape = TARGETS[target]
    img = nib.Nifti1Image(_brain(rng, dtype, 2), _affine())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of casts
        expected = nilearn_image.resample_img(
            img, affine, shape, interpolation, clip=clip, copy_header=True
        )
    found = resample_img(img, affine, shape, interpolation, clip=clip)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.affine, expected.affine, atol=1e-12)
    want = np.asarray(expected.dataobj)
    assert get_data(found).dtype == want.dtype
    # 1e-6 of the range; rounding to integers may go either way at exact halves
    atol = 1 if want.dtype.kind in "iu" else 1e-6 * np.ptp(get_data(img))
    np.testing.assert_allclose(get_data(found), want.astype(float), atol=atol, rtol=0)


@pytest.mark.parametrize("interpolation", ["continuous", "linear", "nearest"])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".img"])
@pytest.mark.parametrize("n_scans", [None, 3])
@pytest.mark.parametrize("target", ["realigned", "oblique 3x3", "finer 3x3", "coarse"])
def test_files_with_a_slope_are_resampled_as_nilearn_does(
    tmp_path, rng, target, n_scans, suffix, interpolation
):
    nilearn_image = pytest.importorskip("nilearn.image")
    kind = nib.Nifti1Pair if suffix == ".img" else nib.Nifti1Image
    img = kind(_brain(rng, "f8", n_scans), _affine(turn=(0.1, 0, -0.2)))
    img.set_data_dtype(np.int16)
    path = tmp_path / f"bold{suffix}"
    nib.save(img, path)
    affine, shape = TARGETS[target]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of casts
        expected = nilearn_image.resample_img(
            path, affine, shape, interpolation, copy_header=True
        )
    found = resample_img(path, affine, shape, interpolation)
    assert found.shape == expected.shape
    want = expected.get_fdata()
    # points within rounding of the border count as inside here
    same = (want != 0) | (np.abs(get_data(found)) < 1e-3)
    assert same.mean() > 0.99
    np.testing.assert_allclose(get_data(found)[same], want[same], atol=1e-4, rtol=0)


@pytest.mark.parametrize("n_scans", [None, 2])
@pytest.mark.parametrize("value", [5.5, 0.0])
def test_constant_images_are_resampled_as_nilearn_does(value, n_scans):
    nilearn_image = pytest.importorskip("nilearn.image")
    shape = SHAPE if n_scans is None else (*SHAPE, n_scans)
    img = nib.Nifti1Image(np.full(shape, value, np.float32), _affine())
    affine, target_shape = TARGETS["realigned"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zeros look like a mask to both programs
        expected = nilearn_image.resample_img(
            img, affine, target_shape, copy_header=True
        )
        found = get_data(resample_img(img, affine, target_shape))
    assert set(np.unique(found)) <= {0.0, value}
    np.testing.assert_allclose(found, expected.get_fdata(), atol=1e-6)


@pytest.mark.parametrize("interpolation", ["continuous", "linear", "nearest"])
def test_resampling_to_an_image_is_that_of_nilearn(rng, interpolation):
    nilearn_image = pytest.importorskip("nilearn.image")
    source = nib.Nifti1Image(_brain(rng, "f4"), _affine())
    target = nib.Nifti1Image(np.zeros((7, 7, 7, 3)), _affine((4.0,) * 3, (0.1, 0, 0)))
    expected = nilearn_image.resample_to_img(
        source, target, interpolation, copy_header=True
    )
    found = resample_to_img(source, target, interpolation)
    assert found.shape == (7, 7, 7)
    np.testing.assert_allclose(get_data(found), expected.get_fdata(), atol=1e-4)


@pytest.mark.parametrize("interpolation", ["continuous", "linear"])
def test_gaps_are_bridged_and_marked_as_in_nilearn(rng, interpolation):
    nilearn_image = pytest.importorskip("nilearn.image")
    data = _brain(rng, "f8")
    data[3:5, 4, 2:6] = np.nan
    data[7, 7, 7] = np.inf
    img = nib.Nifti1Image(data, _affine())
    affine, shape = TARGETS["shifted"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = nilearn_image.resample_img(
            img, affine, shape, interpolation, clip=False, copy_header=True
        ).get_fdata()
    with pytest.warns(ImageWarning, match="not finite"):
        found = resample_img(img, affine, shape, interpolation, clip=False)
    np.testing.assert_array_equal(np.isnan(get_data(found)), np.isnan(expected))
    np.testing.assert_allclose(get_data(found), expected, atol=1e-8)


def test_infinite_values_do_not_widen_the_range_for_clipping(rng):
    data = _brain(rng, "f8")
    data[0, 0, 0] = np.inf
    img = nib.Nifti1Image(data, _affine())
    with pytest.warns(ImageWarning, match="not finite"):
        found = get_data(resample_img(img, *TARGETS["shifted"]))
    assert np.nanmax(found) <= data[np.isfinite(data)].max()


# laws


affines = st.builds(
    _affine,
    st.tuples(*[st.floats(1, 5)] * 3),
    st.tuples(*[st.floats(-0.5, 0.5)] * 3),
    st.tuples(*[st.floats(-50, 50)] * 3),
)


@settings(max_examples=25, deadline=None)
@given(
    affine=affines, interpolation=st.sampled_from(["continuous", "linear", "nearest"])
)
def test_an_image_on_its_own_grid_stays_as_it_is(affine, interpolation):
    data = np.random.default_rng(0).random(SHAPE)
    img = nib.Nifti1Image(data, affine)
    found = resample_img(img, affine + 1e-9, SHAPE, interpolation)
    np.testing.assert_array_equal(get_data(found), data)


@settings(max_examples=25, deadline=None)
@given(
    affine=affines,
    axes=st.permutations([0, 1, 2]),
    flips=st.tuples(*[st.sampled_from([1, -1])] * 3),
    interpolation=st.sampled_from(["continuous", "linear", "nearest"]),
)
def test_a_reoriented_image_gives_the_reoriented_result(
    affine, axes, flips, interpolation
):
    rng = np.random.default_rng(1)
    data = _brain(rng, "f8")
    img = nib.Nifti1Image(data, affine)
    turned = img.as_reoriented(np.column_stack([axes, flips]).astype(float))
    back = get_data(resample_to_img(turned, img, interpolation))
    # exact up to the round trip through spline coefficients
    np.testing.assert_allclose(back, data, atol=1e-9 * np.ptp(data))
    target = nib.Nifti1Image(
        np.zeros((6, 6, 6)), affine @ _affine((1.3,) * 3, origin=(0, 0, 0))
    )
    one = get_data(resample_to_img(img, target, interpolation))
    two = get_data(resample_to_img(turned, target, interpolation))
    if interpolation != "nearest":  # halfway between voxels either may be nearest
        np.testing.assert_allclose(one, two, atol=1e-6 * np.ptp(data))


def test_values_on_a_plane_stay_on_it(rng):
    """Linear and cubic interpolation reproduce a ramp in the interior."""
    grid = Grid(SHAPE, _affine())
    ramp = grid.world_from_voxel(np.moveaxis(np.indices(SHAPE), 0, -1)) @ [1.0, -2, 0.5]
    target = Grid((3, 3, 3), _affine((2.0,) * 3, (0.1, 0.2, 0), (-3.0, -3.0, -3.0)))
    want = target.world_from_voxel(np.moveaxis(np.indices((3, 3, 3)), 0, -1)) @ [
        1.0,
        -2,
        0.5,
    ]
    img = nib.Nifti1Image(ramp, grid.affine)
    found = get_data(resample_img(img, target.affine, (3, 3, 3), "linear", clip=False))
    np.testing.assert_allclose(found, want, atol=1e-10)


def test_cubic_splines_stay_in_range_when_clipped():
    data = np.zeros(SHAPE)
    data[4:, ...] = 1000.0
    img = nib.Nifti1Image(data, _affine())
    free = get_data(resample_img(img, *TARGETS["shifted"], clip=False))
    held = get_data(resample_img(img, *TARGETS["shifted"]))
    assert free.max() > 1000
    assert free.min() < 0
    assert held.max() == 1000
    assert held.min() == 0


@pytest.mark.parametrize("fill", [-5.0, 1e6, np.nan])
def test_the_fill_value_is_not_clipped(rng, fill):
    img = nib.Nifti1Image(_brain(rng, "f4"), _affine())
    found = get_data(resample_img(img, *TARGETS["wide"], fill_value=fill))
    np.testing.assert_equal(found[0, 0, 0], np.float32(fill))
    assert np.nanmax(found[7:13, 6:13, 6:11]) <= get_data(img).max()


# grids


def test_the_box_of_a_3x3_affine_starts_at_the_lowest_corner():
    source = Grid((4, 4, 4), _affine((2.0, 2.0, 2.0), origin=(10, 20, 30)))
    grid = target_grid(source, np.diag([-2.0, 2.0, 1.0]))
    np.testing.assert_allclose(grid.affine[:3, 3], [16, 20, 30])
    assert grid.shape == (4, 4, 7)


@settings(max_examples=60, deadline=None)
@given(affine=affines, shape=st.tuples(*[st.integers(1, 60)] * 3))
def test_a_grid_is_the_box_of_its_own_axes(affine, shape):
    """Asking twice for the same voxels gives the same grid, whatever the rounding."""
    grid = Grid(shape, affine)
    once = target_grid(grid, affine[:3, :3])
    assert once == grid
    coarse = target_grid(grid, 1.5 * affine[:3, :3])
    assert target_grid(coarse, 1.5 * affine[:3, :3]) == coarse


def test_a_target_beside_the_image_is_an_error(rng):
    img = nib.Nifti1Image(_brain(rng, "f4"), _affine())
    with pytest.raises(BoundingBoxError, match=r"Nifti1Image of shape .* not contain"):
        resample_img(img, _affine(origin=(500.0, 0, 0)))


@pytest.mark.parametrize(
    ("affine", "shape", "message"),
    [
        (None, (3, 3, 3), "needs a target_affine"),
        (np.eye(3), (3, 3, 3), "needs a 4 by 4"),
        (np.eye(4), (3, 3), r"target_shape is \(3, 3\); .* three whole numbers"),
        (np.eye(2), None, r"expected \(3, 3\) or \(4, 4\)"),
        (np.diag([1.0, 1, 0]), None, "cannot be inverted"),
    ],
)
def test_a_target_must_make_sense(affine, shape, message):
    img = nib.Nifti1Image(np.zeros(SHAPE), _affine())
    with pytest.raises(ValueError, match=message):
        resample_img(img, affine, shape)


def test_an_unknown_interpolation_is_named():
    with pytest.raises(ValueError, match="'cubic'; expected 'continuous', 'linear'"):
        resample_img("no-such-file.nii", interpolation="cubic")


# the rest


def test_copies_are_made_unless_refused(rng):
    img = nib.Nifti1Image(_brain(rng, "f4"), _affine())
    for target in (None, _affine()):
        shape = None if target is None else SHAPE
        assert resample_img(img, target, shape, copy=False) is img
        copy = resample_img(img, target, shape)
        assert not np.shares_memory(get_data(copy), get_data(img))


@pytest.mark.parametrize("order", ["F", "C"])
def test_the_memory_layout_is_as_asked(rng, order):
    img = nib.Nifti1Image(_brain(rng, "f4", 3), _affine())
    found = get_data(resample_img(img, *TARGETS["coarse"], order=order))
    assert found.flags[f"{order}_CONTIGUOUS"]


def test_a_mask_that_would_be_blurred_warns(rng):
    mask = nib.Nifti1Image((rng.random(SHAPE) > 0.5).astype(np.uint8), _affine())
    with pytest.warns(ImageWarning, match="Use interpolation='nearest'"):
        resample_img(mask, *TARGETS["coarse"])
    found = get_data(resample_img(mask, *TARGETS["coarse"], "nearest"))
    assert set(np.unique(found)) <= {0, 1}
    assert found.dtype == np.uint8


def test_an_image_whose_header_gives_no_place_warns(rng):
    img = nib.Nifti1Image(_brain(rng, "f4"), _affine())
    img.set_sform(None, code=0)
    with pytest.warns(ImageWarning, match="neither sform nor qform"):
        resample_img(img, np.diag([2.0, 2.0, 2.0]))
    img.set_qform(_affine(), code="scanner")
    resample_img(img, np.diag([2.0, 2.0, 2.0]))
    with pytest.raises(GridError, match=r"shape \(9, 11, 8\): An affine is a finite"):
        resample_img(nib.Nifti1Image(img.dataobj, None), np.eye(3))


def test_nothing_is_written_to_the_input_and_the_header_comes_along(rng, readonly):
    data = _brain(rng, "f4", 2)
    data[0, 0, 0, 0] = np.nan
    img = nib.Nifti1Image(readonly(data), _affine())
    img.header["descrip"] = b"bold"
    img.header.set_zooms((3.0, 3.0, 3.5, 1.5))
    affine = _affine((2.0, 2.0, 2.0))
    with pytest.warns(ImageWarning, match="not finite"):
        found = resample_img(img, affine)
    assert found.header["descrip"].item() == b"bold"
    np.testing.assert_allclose(found.header.get_zooms(), (2, 2, 2, 1.5))
    affine[0, 0] = 99
    assert found.affine[0, 0] == 2


def test_threads_change_nothing(rng, monkeypatch):
    img = nib.Nifti1Image(_brain(rng, "f4", 5), _affine())
    many = get_data(resample_img(img, *TARGETS["realigned"]))
    monkeypatch.setattr("boldglm.core.parallel.n_workers", lambda _n_jobs=None: 1)
    one = get_data(resample_img(img, *TARGETS["realigned"]))
    np.testing.assert_array_equal(one, many)


def test_a_reoriented_file_keeps_its_border_planes(tmp_path, rng):
    """Headers hold float32: 2.2 mm voxels are not quite where they were."""
    img = nib.Nifti1Image(rng.random((64, 9, 8)) + 1, np.diag([2.2, 2.3, 1.7, 1]))
    nib.save(img, tmp_path / "a.nii")
    nib.save(img.as_reoriented([[0, -1], [1, -1], [2, -1]]), tmp_path / "b.nii")
    back = get_data(resample_to_img(tmp_path / "b.nii", tmp_path / "a.nii"))
    np.testing.assert_allclose(back, get_data(img), atol=1e-4)


def test_of_a_file_only_the_result_and_a_few_scans_are_in_memory(
    tmp_path, rng, monkeypatch
):
    monkeypatch.setattr("boldglm.image.reading._block_size", lambda *_: 4)
    run = (rng.random((30, 30, 30, 150)) * 1000).astype(np.int16)
    nib.save(nib.Nifti1Image(run, _affine()), tmp_path / "run.nii.gz")
    target = _affine(turn=(0.1, 0, 0)), (12, 12, 12)
    resample_img(tmp_path / "run.nii.gz", *target)  # compiled, imported
    tracemalloc.start()
    resample_img(tmp_path / "run.nii.gz", *target)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < run.nbytes / 2
