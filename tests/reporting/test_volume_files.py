import gzip

import nibabel as nib
import numpy as np
import pytest

from boldglm.reporting.volume_files import STEP, as_volume, background_volume

AFFINE = np.array([[-3.0, 0.5, 0, 20], [0, 3, 0.2, -30], [0, 0, 4, 5], [0, 0, 0, 1]])


def opened(volume):
    return nib.Nifti1Image.from_bytes(gzip.decompress(volume.nifti))


def world(img):
    """World coordinates and values of the voxels that are not 0."""
    values = img.get_fdata()
    at = np.argwhere(values)
    points = at @ img.affine[:3, :3].T + img.affine[:3, 3]
    return points, values[tuple(at.T)]


@pytest.mark.parametrize("height", [None, 3.09, -2.0, float("inf")])
def test_values_are_those_of_the_map_to_half_a_step(rng, readonly, height):
    values = np.zeros((9, 8, 7), np.float32)
    values[2:6, 3:5, 1:6] = rng.normal(0, 4, (4, 2, 5))
    inside = np.zeros(values.shape, bool)
    inside[1:7, 2:6, 1:6] = True
    values, inside, affine = readonly(values, inside, AFFINE)
    volume = as_volume("z", values, affine, inside, height=height)
    img = opened(volume)
    assert img.shape == (6, 4, 5)
    assert img.get_data_dtype() == np.int16
    assert volume.largest == np.abs(values).max()
    assert 0.0098 < volume.step <= STEP
    assert volume.step == img.dataobj.slope
    box = values[1:7, 2:6, 1:6]
    assert np.abs(img.get_fdata() - box).max() <= 0.5001 * volume.step
    np.testing.assert_allclose(
        img.affine @ [0, 0, 0, 1], AFFINE @ [1, 2, 1, 1], atol=1e-4
    )
    assert volume.has_negative


def test_as_many_voxels_of_the_file_as_of_the_map_reach_the_height(rng):
    """The height of a false discovery rate is that of a voxel: none is lost there."""
    for draw in range(300):
        values = rng.normal(0, 2, (6, 7, 8)).astype(("f4", "f8")[draw % 2])
        values.flat[draw + 1 :: 7] = 0.0
        voxel = abs(float(values.flat[draw]))
        for height in (voxel - 1e-12, voxel, 0.0, 3e-5, 0.004, voxel + 1e-12, -voxel):
            volume = as_volume("z", values, AFFINE, height=height)
            found, exact = opened(volume).get_fdata(), values.astype(float)
            for sign in (-1, 1):
                reach = (sign * exact >= abs(height)) & (exact != 0)
                shown = (sign * found >= abs(height)) & (found != 0)
                np.testing.assert_array_equal(shown, reach)
            # not only in exact numbers: graphics count with 24 bits
            near = np.abs(np.abs(found) - abs(height)).min()
            assert near > 0.49 * volume.step or abs(height) < 0.01


@pytest.mark.parametrize("height", [None, 3.0, 400.0])
def test_a_large_value_takes_a_larger_step(height):
    values = np.array([[[0.0, 1000.0, -1000.0, 399.9, 400.0]]])
    volume = as_volume("z", values, np.eye(4), height=height)
    found = opened(volume).get_fdata().ravel()
    np.testing.assert_allclose(
        found, values[..., 1:].ravel(), atol=0.5001 * volume.step
    )
    assert volume.step == pytest.approx(1000 / 32767, rel=0.02)


def test_the_place_is_the_same_after_cutting(rng):
    values = np.zeros((9, 8, 7))
    values[4, 5, 6], values[2, 3, 1] = 5.0, -2.0
    points, found = world(opened(as_volume("z", values, AFFINE)))
    expected, numbers = world(nib.Nifti1Image(values, AFFINE))
    np.testing.assert_allclose(points, expected, atol=1e-4)
    np.testing.assert_allclose(found, numbers, atol=0.5 * STEP)


def test_maps_of_nothing_are_files_too():
    for values in (np.zeros((3, 4, 5)), np.full((3, 4, 5), np.nan)):
        volume = as_volume("z", values, np.eye(4))
        assert opened(volume).shape == (3, 4, 5)
        assert not opened(volume).get_fdata().any()
        assert (volume.largest, volume.step, volume.has_negative) == (
            *(0.0, np.float32(STEP), False),
        )


def test_what_is_not_finite_is_zero():
    values = np.array([[[np.nan, np.inf, -np.inf, 2.0]]])
    found = opened(as_volume("z", values, np.eye(4), np.ones((1, 1, 4), bool)))
    np.testing.assert_allclose(found.get_fdata().ravel(), [0, 0, 0, 2], atol=STEP / 2)


def test_files_of_the_same_map_are_the_same(rng):
    values = rng.standard_normal((5, 5, 5))
    assert as_volume("z", values, AFFINE) == as_volume("z", values, AFFINE)


def test_a_background_is_small_and_a_bright_vessel_darkens_nothing(rng):
    values = rng.uniform(100, 200, (20, 20, 20)).astype(np.float32)
    values[3, 3, 3] = 1e6
    volume = background_volume(values, AFFINE)
    assert volume.largest < 250
    assert volume.step == pytest.approx(volume.largest / 255, rel=1e-6)
    assert background_volume(np.zeros((3, 3, 3)), AFFINE) is None


def test_a_large_background_is_thinned_in_its_place(monkeypatch):
    monkeypatch.setattr("boldglm.reporting.volume_files.LARGEST", 100)
    values = np.zeros((10, 10, 10), np.float32)
    values[4, 8, 8] = 7.0
    points, _ = world(opened(background_volume(values, AFFINE)))
    np.testing.assert_allclose(points, [(AFFINE @ [4, 8, 8, 1])[:3]], atol=1e-4)
