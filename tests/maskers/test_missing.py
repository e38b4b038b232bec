"""Maps with holes, out of images."""

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.errors import GridError, MaskError
from boldglm._base.warnings import ImageWarning
from boldglm.image.grid import Grid, VolumeMask
from boldglm.maskers.missing import read_with_missing

GRID = Grid((6, 7, 8), np.diag([2.0, 2, 2, 1]))


@pytest.fixture
def mask():
    inside = np.zeros(GRID.shape, bool)
    inside[1:-1, 1:-1, 1:-1] = True
    return VolumeMask(GRID, inside)


@pytest.fixture
def data(rng):
    """(map, x, y, z), the second with a hole in the mask, the third one beside it."""
    volumes = rng.standard_normal((4, *GRID.shape)).astype(np.float32)
    volumes[1, 2, 3, 4] = np.nan
    volumes[2, 0, 0, 0] = np.inf
    return volumes


def image(volume):
    return nib.Nifti1Image(volume, GRID.affine)


def test_maps_and_holes(data, mask):
    maps, missing = read_with_missing([image(v) for v in data], mask)
    assert maps.dtype == np.float32
    assert maps.flags.c_contiguous
    gone = ~np.isfinite(data[:, mask.inside])
    np.testing.assert_array_equal(missing, gone)
    np.testing.assert_array_equal(maps, np.where(gone, 0, data[:, mask.inside]))


def test_nothing_missing_is_none(data, mask):
    assert read_with_missing([image(v) for v in data[[0, 2, 3]]], mask)[1] is None


@pytest.mark.parametrize("fwhm", [None, 5.0, "fast"])
def test_files_images_and_series_are_one(data, mask, fwhm, tmp_path):
    apart = read_with_missing([image(v) for v in data], mask, fwhm)
    series = image(np.asfortranarray(np.moveaxis(data, 0, 3)))
    nib.save(series, tmp_path / "maps.nii.gz")
    for img in (series, nib.load(tmp_path / "maps.nii.gz")):
        together = read_with_missing([img], mask, fwhm)
        for one, other in zip(apart, together, strict=True):
            np.testing.assert_array_equal(one, other)


def test_zeros_only_where_they_are_asked_for(mask):
    """A constant with a hole beside the mask: a dent, or none."""
    volume = np.full(GRID.shape, 4.0, np.float32)
    volume[0] = np.nan
    honest, missing = read_with_missing([image(volume)], mask, 6.0)
    assert missing is None
    np.testing.assert_allclose(honest, 4, rtol=1e-6)
    dented, _ = read_with_missing([image(volume)], mask, 6.0, honest=False)
    assert dented.min() < 3


def test_what_is_missing_keeps_its_smoothed_value_among_zeros(data, mask):
    images = [image(v) for v in data]
    maps, missing = read_with_missing(images, mask, 5.0, honest=False)
    assert missing.sum() == 1
    assert maps[missing] != 0


def test_images_are_not_modified(data, mask, readonly):
    images = [image(readonly(volume)) for volume in data]
    read_with_missing(images, mask, 5.0)


def test_integers_are_read_as_they_are(mask):
    volume = np.arange(np.prod(GRID.shape), dtype=np.int16).reshape(GRID.shape)
    maps, missing = read_with_missing([image(volume)], mask)
    assert missing is None
    np.testing.assert_array_equal(maps[0], volume[mask.inside])


def test_what_single_precision_cannot_hold_is_missing(mask):
    volume = np.ones(GRID.shape)
    volume[2, 3, 4] = 1e300
    _, missing = read_with_missing([image(volume)], mask)
    assert missing.sum() == 1


def test_resampled_maps_are_smoothed_as_a_masker_does(data, mask):
    from boldglm.maskers import NiftiMasker

    data[~np.isfinite(data)] = 1.0
    whole = data.mean(axis=0)
    images = [nib.Nifti1Image(np.pad(v, 6), _finer(6)) for v in (*data, whole)]
    mask_img = nib.Nifti1Image(mask.inside.astype(np.uint8), GRID.affine)
    masker = NiftiMasker(mask_img, smoothing_fwhm=5.0, target_affine=GRID.affine).fit()
    expected = masker.transform(images)
    maps, missing = read_with_missing(images, mask, 5.0, expected=True)
    assert missing is None
    np.testing.assert_array_equal(maps, expected)


def _finer(pad):
    """Voxels of three quarters of the size, of an image with some more around."""
    affine = np.diag([1.5, 1.5, 1.5, 1])
    affine[:3, 3] = -1.5 * pad
    return affine


def test_images_elsewhere_are_errors(data, mask):
    far = GRID.affine.copy()
    far[:3, 3] = 1000
    with pytest.raises(MaskError, match="No voxel of the mask lies in the image"):
        read_with_missing([nib.Nifti1Image(data[0], far)], mask)
    with pytest.raises(GridError, match="image #1 is different"):
        read_with_missing([image(data[0]), nib.Nifti1Image(data[0], far)], mask)


def test_another_grid_is_told_unless_it_was_asked_for(data, mask):
    moved = GRID.affine.copy()
    moved[0, 3] = 1.0
    images = [nib.Nifti1Image(volume, moved) for volume in data]
    with pytest.warns(ImageWarning, match="resampled to the grid") as caught:
        told = read_with_missing(images, mask)
    assert len(caught) == 1
    silent = read_with_missing(images, mask, expected=True)
    for one, other in zip(told, silent, strict=True):
        np.testing.assert_array_equal(one, other)
    assert told[1].sum(axis=1).tolist() == [0, 1, 0, 0]


def test_maps_are_counted_as_they_are_read():
    mask = VolumeMask(Grid((2, 2, 2), np.eye(4)), np.ones((2, 2, 2), bool))
    images = [nib.Nifti1Image(np.ones((2, 2, 2, n)), np.eye(4)) for n in (1, 3)]
    counted = []
    read_with_missing(images, mask, progress=counted.append)
    assert sum(counted) == 4
