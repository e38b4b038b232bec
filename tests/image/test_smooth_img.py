"""Smoothed images are those of nilearn and scipy, whatever the file."""

import tracemalloc

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from boldglm._base.errors import ShapeError
from boldglm._base.warnings import ImageWarning
from boldglm.image import get_data, smooth_img
from boldglm.image.grid import Grid, VolumeMask
from boldglm.image.smooth import Smoother

AFFINE = np.array([[0, -2.0, 0, 20], [2.5, 0, 0, -30], [0, 0, 3, -10], [0, 0, 0, 1]])
OBLIQUE = np.array(
    [[1.9, 0.3, 0, 0], [-0.3, 1.9, 0.2, 0], [0, -0.2, 3, 0], [0, 0, 0, 1]]
)
AFFINES = {"turned": AFFINE, "oblique": OBLIQUE, "flipped": np.diag([-3.0, 3, 3, 1])}


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("ndim", [3, 4])
@pytest.mark.parametrize("fwhm", [None, 5, 4.5, (2.0, 6.0, 0.0), [8, None, 3], "fast"])
def test_smoothed_images_are_those_of_nilearn(rng, readonly, fwhm, ndim, dtype):
    shape = (10, 11, 9, 3)[:ndim]
    data = readonly((rng.random(shape) * 200).astype(dtype))
    assert_as_nilearn(nib.Nifti1Image(data, AFFINE), fwhm)


@pytest.mark.parametrize("name", AFFINES)
@pytest.mark.parametrize("fwhm", [6, (4.0, 5.0, 12.0), 60.0])
def test_smoothed_images_are_those_of_nilearn_wherever_they_lie(rng, fwhm, name):
    data = (rng.random((13, 7, 18, 2)) * 1000).astype(np.float32)
    assert_as_nilearn(nib.Nifti1Image(data, AFFINES[name]), fwhm)


@pytest.mark.parametrize("fwhm", [5, "fast", None])
def test_smoothed_files_are_those_of_nilearn(rng, tmp_path, fwhm):
    data = (rng.random((8, 9, 10, 7)) * 1000).astype(np.int16)
    img = nib.Nifti1Image(data, AFFINE)
    img.header.set_slope_inter(0.25, -3)
    nib.save(img, tmp_path / "scaled.nii.gz")
    assert_as_nilearn(str(tmp_path / "scaled.nii.gz"), fwhm, scaled=True)


def assert_as_nilearn(img, fwhm, scaled=False):
    """Within rounding of the sums; to the last bit where there are none.

    Scaled 16-bit integers are float32 here, float64 there.
    """
    nilearn_image = pytest.importorskip("nilearn.image")
    expected = np.asarray(nilearn_image.smooth_img(img, fwhm).dataobj)
    found = get_data(smooth_img(img, fwhm))
    assert found.dtype == (np.float32 if scaled else expected.dtype)
    part = {4: 1e-6, 8: 1e-14}[found.itemsize]
    if fwhm in (None, "fast") and not scaled:
        part = 0
    atol = part * np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)


def test_the_width_is_in_mm_whatever_the_voxel(rng):
    data = rng.random((10, 11, 9))
    sigma = 6 / np.sqrt(8 * np.log(2)) / np.array([2.5, 2.0, 3.0])
    found = get_data(smooth_img(nib.Nifti1Image(data, AFFINE), 6))
    np.testing.assert_allclose(found, gaussian_filter(data, sigma), atol=1e-14)


@pytest.mark.parametrize("fwhm", [None, 4, "fast"])
def test_not_finite_values_count_as_zero(rng, readonly, fwhm):
    data = rng.random((5, 6, 7, 2))
    data[1, 2, 3, 0], data[2, 2, 2, 1], data[0, 0, 0, 0] = np.nan, np.inf, -np.inf
    clean = np.where(np.isfinite(data), data, 0)
    found = smooth_img(nib.Nifti1Image(readonly(data), AFFINE), fwhm)
    expected = smooth_img(nib.Nifti1Image(clean, AFFINE), fwhm)
    np.testing.assert_array_equal(get_data(found), get_data(expected))


def test_lists_give_lists_and_patterns_too(tmp_path, rng):
    paths = []
    for k in range(2):
        paths.append(tmp_path / f"v{k}.nii.gz")
        nib.save(nib.Nifti1Image(rng.random((4, 4, 4)), AFFINE), paths[-1])
    found = smooth_img(paths, 4)
    assert [img.shape for img in found] == [(4, 4, 4)] * 2
    one = smooth_img(paths[1], 4)
    np.testing.assert_array_equal(get_data(found[1]), get_data(one))
    assert len(smooth_img(str(tmp_path / "v*.nii.gz"), 4)) == 2


def test_smoothing_commutes_with_flips(rng):
    img = nib.Nifti1Image(rng.random((6, 7, 8)), AFFINE)
    flipped = img.as_reoriented([[0, -1], [1, 1], [2, -1]])
    np.testing.assert_allclose(
        get_data(smooth_img(flipped, 5)),
        get_data(smooth_img(img, 5))[::-1, :, ::-1],
        atol=1e-15,
    )


def test_the_sum_is_preserved_away_from_the_border():
    data = np.zeros((21, 21, 21))
    data[10, 10, 10] = 3.0
    found = get_data(smooth_img(nib.Nifti1Image(data, np.diag([2.0, 2, 2, 1])), 6))
    np.testing.assert_allclose(found.sum(), 3.0, rtol=1e-12)


def test_a_width_of_zero_warns_and_smooths_nothing(rng):
    img = nib.Nifti1Image(rng.random((4, 4, 4)), AFFINE)
    with pytest.warns(ImageWarning, match="fwhm is 0: no smoothing"):
        found = smooth_img(img, 0)
    np.testing.assert_array_equal(get_data(found), get_data(img))


@pytest.mark.parametrize("fwhm", [-1, (1, 2), (1, 2, -3), "slow", np.nan, object()])
def test_an_impossible_width_is_an_error(fwhm):
    img = nib.Nifti1Image(np.zeros((4, 4, 4)), AFFINE)
    with pytest.raises(ValueError, match="expected millimetres, one number or three"):
        smooth_img(img, fwhm)


def test_the_header_comes_along(rng):
    img = nib.Nifti1Image(rng.random((4, 4, 4, 2)).astype(np.float32), AFFINE)
    img.header.set_zooms((2.5, 2.0, 3.0, 0.8))
    img.header["descrip"] = b"bold"
    found = smooth_img(img, 5)
    assert found.header["descrip"].item() == b"bold"
    assert found.header.get_zooms()[3] == np.float32(0.8)
    np.testing.assert_array_equal(found.affine, AFFINE)


@pytest.mark.parametrize("fwhm", [5.0, (3.0, 9.0, 0.0), "fast"])
def test_nothing_beyond_the_radius_counts(rng, fwhm):
    smoother = Smoother(fwhm, np.array([2.0, 2.5, 3.0]))
    volume = np.zeros((31, 31, 31, 1))
    volume[15, 15, 15] = 1.0
    spread = np.argwhere(smoother(volume)[..., 0] != 0)
    np.testing.assert_array_equal(spread.max(axis=0) - 15, smoother.radius)


@pytest.mark.parametrize("fwhm", [None, "fast", 4])
def test_a_run_is_held_once(tmp_path, monkeypatch, fwhm):
    # small blocks, so that a small run has many
    monkeypatch.setattr("boldglm.image.reading._BLOCK_BYTES", 2**18)
    run = np.ones((30, 30, 30, 80), np.float32)
    nib.save(nib.Nifti1Image(run, AFFINE), tmp_path / "run.nii")
    smooth_img(nib.Nifti1Image(run[..., :1], AFFINE), fwhm)  # compiled before
    tracemalloc.start()
    found = smooth_img(tmp_path / "run.nii", fwhm)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.shape == run.shape
    assert peak < 1.5 * run.nbytes


def test_smoothing_into_other_memory_leaves_the_input_alone(rng, readonly):
    volumes = readonly(np.asfortranarray(rng.random((5, 6, 7, 2)).astype(np.float32)))
    for fwhm in (None, "fast", 4):
        smoother = Smoother(fwhm, np.full(3, 2.0))
        out = np.empty_like(volumes)
        assert smoother.smooth_into(volumes, out) is out
        np.testing.assert_array_equal(out, smoother(volumes.copy()))


def whole_then_gather(block, mask, smoother):
    volumes = np.array(block, dtype=np.float64, order="F")
    return mask.gather(smoother(volumes), np.float64)


def random_mask(rng, shape):
    inside = rng.random(shape) < rng.choice([0.0, 0.02, 0.5, 1.0])
    inside[tuple(rng.integers(0, shape))] = True
    return VolumeMask(Grid(shape, np.diag([2.0, 2.5, 3.0, 1.0])), inside)


@settings(max_examples=60)
@given(
    st.tuples(*[st.integers(1, 20)] * 3),
    st.sampled_from([None, "fast", 3.0, 8.0, (0.0, 5.0, 20.0)]),
    st.sampled_from([np.int16, np.uint8, np.float32, np.float64]),
    st.integers(0, 2**32 - 1),
)
def test_voxels_smoothed_within_a_mask_are_those_of_the_image(shape, fwhm, dtype, seed):
    rng = np.random.default_rng(seed)
    mask = random_mask(rng, shape)
    smoother = Smoother(fwhm, mask.grid.voxel_sizes)
    block = np.asfortranarray((rng.random((*shape, 3)) * 200).astype(dtype))
    block.flags.writeable = False
    rows = np.full((3, mask.n_voxels), np.nan)
    assert smoother.within(mask).gather(block, rows) == 0
    np.testing.assert_array_equal(rows, whole_then_gather(block, mask, smoother))


@pytest.mark.parametrize("fwhm", [None, "fast", 5.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int32])
def test_rows_of_any_type_are_written(rng, dtype, fwhm):
    mask = random_mask(rng, (6, 7, 8))
    smoother = Smoother(fwhm, mask.grid.voxel_sizes)
    block = np.asfortranarray((rng.random((6, 7, 8, 2)) * 200).astype(np.float32))
    rows = np.zeros((2, mask.n_voxels), dtype)
    smoother.within(mask).gather(block, rows)
    expected = whole_then_gather(block, mask, smoother)
    tolerance = {2: 0.1, 4: 1e-3, 8: 1e-9}[rows.itemsize]
    atol = 1.0 if rows.dtype.kind == "i" else tolerance
    np.testing.assert_allclose(rows, expected, atol=atol, rtol=0)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, ">f4", np.float16])
@pytest.mark.parametrize("fwhm", [None, "fast", 5.0])
def test_values_not_finite_are_counted_inside_and_zero_everywhere(
    rng, readonly, fwhm, dtype, order
):
    inside = np.zeros((9, 9, 9), bool)
    inside[2:5, 2:5, 2:5] = True
    mask = VolumeMask(Grid((9, 9, 9), np.diag([2.0, 2, 2, 1])), inside)
    block = rng.random((9, 9, 9, 3)).astype(dtype)
    block[3, 3, 3, 1], block[4, 2, 4, 1], block[2, 2, 2, 2] = np.nan, np.inf, -np.inf
    block[5, 3, 3, 0] = np.nan  # next to the mask, not in it
    clean = np.where(np.isfinite(block), block, 0).astype(dtype)
    smoother = Smoother(fwhm, np.full(3, 2.0))
    rows, expected = np.empty((2, 3, 27), np.float32)
    block = readonly(np.asarray(block, order=order))
    assert smoother.within(mask).gather(block, rows) == 3
    assert smoother.within(mask).gather(clean, expected) == 0
    np.testing.assert_array_equal(rows, expected)


def test_without_smoothing_values_not_finite_may_stay():
    mask = VolumeMask(Grid((2, 1, 1), np.eye(4)), np.ones((2, 1, 1), bool))
    block = np.array([np.nan, 1.0]).reshape(2, 1, 1, 1)
    rows = np.empty((1, 2))
    plain = Smoother(None, np.ones(3)).within(mask, ensure_finite=False)
    assert plain.gather(block, rows) == 0
    np.testing.assert_array_equal(rows, [[np.nan, 1.0]])


@pytest.mark.parametrize("fwhm", [None, "fast", 5.0])
def test_an_empty_mask_gives_empty_rows(fwhm):
    mask = VolumeMask(Grid((3, 4, 5), np.eye(4)), np.zeros((3, 4, 5), bool))
    masked = Smoother(fwhm, np.ones(3)).within(mask)
    assert masked.gather(np.ones((3, 4, 5, 2)), np.empty((2, 0))) == 0


@pytest.mark.parametrize("shape", [(3, 4, 6, 2), (3, 4, 5), (3, 4)])
def test_blocks_on_another_grid_are_an_error(shape):
    mask = VolumeMask(Grid((3, 4, 5), np.eye(4)), np.ones((3, 4, 5), bool))
    masked = Smoother(None, np.ones(3)).within(mask)
    with pytest.raises(ShapeError, match=r"expected \(3, 4, 5\) and scans"):
        masked.gather(np.zeros(shape), np.empty((2, 60)))


@pytest.mark.parametrize("shape", [(3, 60), (2, 59), (60,)])
def test_rows_of_another_shape_are_an_error(shape):
    mask = VolumeMask(Grid((3, 4, 5), np.eye(4)), np.ones((3, 4, 5), bool))
    masked = Smoother(4, np.ones(3)).within(mask)
    with pytest.raises(ShapeError, match=r"expected \(2, 60\) \(scan, voxel\)"):
        masked.gather(np.zeros((3, 4, 5, 2)), np.empty(shape))
