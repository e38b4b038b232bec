"""Images come to another grid block by block, as they do at once."""

import warnings

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.warnings import ImageWarning
from boldglm.image import reading
from boldglm.image.files import load_img
from boldglm.image.grid import Grid
from boldglm.image.reading import read_data
from boldglm.image.regrid import (
    iter_regridded,
    regrid,
    regrid_image,
    resampled_dtype,
)
from boldglm.image.sources import grid_of

SHAPE = (9, 10, 8)


def _affine(turn=0.0):
    affine = np.diag([3.0, 3.0, 3.5, 1.0])
    affine[:3, :3] = nib.eulerangles.euler2mat(turn, 0.5 * turn, -turn) @ affine[:3, :3]
    affine[:3, 3] = [-12, 5, -7]
    return affine


TARGETS = {
    "realigned": Grid((8, 9, 8), _affine(0.02)),
    "oblique": Grid((7, 8, 9), _affine(0.4)),
    "parallel": Grid((12, 12, 12), _affine() @ np.diag([0.7, 0.8, 0.6, 1])),
    "same voxels": Grid((5, 5, 5), _affine()),
}


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(reading, "_block_size", lambda *_: 3)


def _saved(tmp_path, data, slope=None, suffix=".nii", affine=None):
    img = nib.Nifti1Image(data, _affine() if affine is None else affine)
    if slope is not None:
        img.header.set_slope_inter(*slope)
    nib.save(img, tmp_path / f"run{suffix}")
    return load_img(tmp_path / f"run{suffix}")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("target", list(TARGETS))
@pytest.mark.parametrize("interpolation", ["continuous", "linear", "nearest"])
@pytest.mark.parametrize("kind", ["i2", ">i2", "f4", "u1"])
@pytest.mark.usefixtures("small_blocks")
def test_a_file_in_blocks_gives_what_its_data_give(
    rng, tmp_path, kind, interpolation, target, suffix
):
    data = (rng.random((*SHAPE, 7)) * 200).astype(kind)
    img = _saved(tmp_path, data, suffix=suffix)
    grid, options = TARGETS[target], {"interpolation": interpolation, "fill_value": 9}
    found = regrid_image(img, grid, **options)
    expected = regrid(read_data(img), grid_of(img), grid, **options)
    assert found.dtype == resampled_dtype(np.dtype(kind), interpolation)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.usefixtures("small_blocks")
def test_the_range_is_that_of_all_blocks(tmp_path):
    data = np.zeros((*SHAPE, 7), np.float32)
    data[4:] = 100
    data[..., 6] *= 1.05
    img = _saved(tmp_path, data)
    grid = TARGETS["oblique"]
    free = regrid_image(img, grid, clip=False)
    assert free[..., 0].max() > data.max()
    held = regrid_image(img, grid)
    assert held[..., 0].max() == data.max()
    np.testing.assert_array_equal(held, free.clip(0, data.max()))


@pytest.mark.usefixtures("small_blocks")
def test_scaled_integers_are_the_numbers_they_stand_for(rng, tmp_path):
    data = rng.random((*SHAPE, 4)) * 50 - 10
    img = _saved(tmp_path, data.astype(np.float32))
    img.set_data_dtype(np.int16)
    nib.save(img, tmp_path / "scaled.nii")
    scaled = load_img(tmp_path / "scaled.nii")
    assert scaled.dataobj.slope != 1
    found = regrid_image(scaled, TARGETS["realigned"])
    expected = regrid(data, grid_of(img), TARGETS["realigned"])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=4 * scaled.dataobj.slope)


@pytest.mark.usefixtures("small_blocks")
def test_warnings_are_of_the_whole_image(tmp_path, rng):
    data = rng.integers(0, 2, size=(*SHAPE, 4)).astype(np.uint8)
    grid = TARGETS["oblique"]
    with pytest.warns(ImageWarning, match="blurs it"):
        regrid_image(_saved(tmp_path, data), grid)
    data[0, 0, 0, 3] = 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        regrid_image(_saved(tmp_path, data), grid)
    holed = rng.random((*SHAPE, 7)).astype(np.float32)
    holed[4, 4, 4, 5] = np.nan
    with pytest.warns(ImageWarning, match="not finite") as caught:
        found = regrid_image(_saved(tmp_path, holed), grid)
    assert len(caught) == 1
    assert np.isnan(found[..., 5]).any()
    assert np.isfinite(found[..., :5]).all()


# scan by scan


@pytest.mark.parametrize("target", list(TARGETS))
@pytest.mark.usefixtures("small_blocks")
def test_blocks_are_the_regridded_scans(rng, tmp_path, readonly, target):
    runs = [rng.random((*SHAPE, n)).astype(np.float32) * 100 for n in (7, 2)]
    images = [
        _saved(tmp_path, runs[0]),
        nib.Nifti1Image(readonly(runs[1]), _affine()),
        nib.Nifti1Image(readonly(runs[1][..., 0]), _affine(0.1)),
    ]
    grid = TARGETS[target]
    parts = list(iter_regridded(images, grid, clip=False))
    cuts = [cut for cut, _ in parts]
    assert [cut.start for cut in cuts] == [0, *(cut.stop for cut in cuts[:-1])]
    assert max(block.shape[3] for _, block in parts) == 3
    found = np.concatenate([block for _, block in parts], axis=3)
    expected = [
        regrid(read_data(img), grid_of(img), grid, clip=False).reshape(*grid.shape, -1)
        for img in images
    ]
    np.testing.assert_array_equal(found, np.concatenate(expected, axis=3))
    assert found.dtype == np.float32


def test_each_scan_is_held_within_its_own_range(rng):
    run = rng.random((*SHAPE, 5)) + np.arange(5)
    img = nib.Nifti1Image(run, _affine())
    grid = TARGETS["oblique"]
    found, free = (
        np.concatenate([block for _, block in parts], axis=3)
        for parts in (
            iter_regridded([img], grid, np.float64),
            iter_regridded([img], grid, np.float64, clip=False),
        )
    )
    highest = run.max(axis=(0, 1, 2))
    np.testing.assert_array_equal(found, free.clip(0, highest))
    assert (free > highest).any()


def test_images_on_the_grid_pass_as_they_are(rng, readonly):
    run = readonly(rng.random((*SHAPE, 5)))
    img = nib.Nifti1Image(run, _affine())
    seen = 0
    for cut, block in iter_regridded([img], grid_of(img), np.float64):
        assert cut.start == seen
        np.testing.assert_array_equal(block, run[..., cut])
        block[:] = 0
        seen = cut.stop
    assert seen == 5


@pytest.mark.usefixtures("small_blocks")
def test_missing_values_warn_once(rng):
    run = rng.random((*SHAPE, 9))
    run[3, 3, 3] = np.nan
    with pytest.warns(ImageWarning, match="not finite") as caught:
        list(iter_regridded([nib.Nifti1Image(run, _affine())], TARGETS["oblique"]))
    assert len(caught) == 1


def test_an_unknown_interpolation_is_named():
    with pytest.raises(ValueError, match="'cubic'; expected 'continuous', 'linear'"):
        next(iter_regridded([], TARGETS["oblique"], interpolation="cubic"))


def test_a_volume_of_zeros_is_no_mask(rng):
    zeros = nib.Nifti1Image(np.zeros((4, 4, 4), np.float32), np.eye(4))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        regrid_image(zeros, Grid((4, 4, 4), np.diag([1.5, 1.5, 1.5, 1])))


@pytest.mark.parametrize(
    ("stored", "splines", "nearest"),
    [("i8", "f8", "i8"), ("i4", "f4", "i4"), ("?", "u1", "u1"), (">f4", "f4", "f4")],
)
def test_results_have_a_type_that_holds_them(stored, splines, nearest):
    assert resampled_dtype(np.dtype(stored), "continuous") == np.dtype(splines)
    assert resampled_dtype(np.dtype(stored), "nearest") == np.dtype(nearest)
