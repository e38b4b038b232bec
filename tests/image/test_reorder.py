"""Turned images keep their values in their places; mirrored ones change sides."""

import itertools
import warnings

import nibabel as nib
import numpy as np
import pytest
from nibabel.affines import apply_affine

from boldglm._base.errors import DimensionError, GridError
from boldglm._base.warnings import ImageWarning
from boldglm.image import get_data, reorder_img, save_img, swap_img_hemispheres

OBLIQUE = np.array(
    [[-2.9, 0.4, 0, 40], [0.4, 2.9, 0.1, -30], [0, -0.1, 3.5, -20], [0, 0, 0, 1]]
)


def _turned(axes, signs, sizes=(2.0, 3.0, 3.5)):
    """An affine whose voxel axis i runs along world axis ``axes[i]``."""
    affine = np.eye(4)
    affine[:3, :3] = 0
    for axis, (world, sign, size) in enumerate(zip(axes, signs, sizes, strict=True)):
        affine[world, axis] = sign * size
    affine[:3, 3] = (-10, 20, 30)
    return affine


EVERY_WAY = [
    (axes, signs)
    for axes in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
]


@pytest.fixture
def peer():
    module = pytest.importorskip("nilearn.image")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield module


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 2)], ids=str)
def test_every_orientation_is_turned_as_nilearn_does(peer, readonly, rng, shape):
    data = readonly(rng.normal(size=shape).astype("f4"))
    for axes, signs in EVERY_WAY:
        img = nib.Nifti1Image(data, _turned(axes, signs))
        expected, found = peer.reorder_img(img), reorder_img(img)
        np.testing.assert_array_equal(get_data(found), peer.get_data(expected))
        np.testing.assert_allclose(found.affine, expected.affine)
        assert get_data(found).dtype == np.float32


def test_each_value_stays_at_its_point(rng):
    for axes, signs in EVERY_WAY:
        img = nib.Nifti1Image(rng.normal(size=(3, 4, 5)), _turned(axes, signs))
        found = reorder_img(img)
        voxels = np.argwhere(np.ones(img.shape))
        there = apply_affine(np.linalg.inv(found.affine) @ img.affine, voxels)
        at = tuple(np.rint(there).astype(int).T)
        np.testing.assert_array_equal(get_data(found)[at], get_data(img).ravel())
        assert np.all(np.diag(found.affine) > 0)


def test_a_file_is_turned_block_by_block(tmp_path, rng):
    img = nib.Nifti1Image(rng.normal(size=(3, 4, 5, 7)), _turned((2, 0, 1), (1, -1, 1)))
    img.header["descrip"] = b"a run"
    path = save_img(img, tmp_path / "run.nii.gz")
    found = reorder_img(path)
    np.testing.assert_allclose(
        get_data(found), get_data(reorder_img(img)).astype(np.float32)
    )
    assert found.header["descrip"].item() == b"a run"
    bare = reorder_img(path, copy_header=False)
    assert bare.header["descrip"].item() == b""


def test_noise_in_the_affine_is_no_rotation(peer):
    affine = _turned((0, 1, 2), (-1, 1, 1))
    affine[0, 1] = 5e-4
    img = nib.Nifti1Image(np.zeros((3, 4, 5)), affine)
    np.testing.assert_allclose(reorder_img(img).affine, peer.reorder_img(img).affine)


@pytest.mark.parametrize("how", ["continuous", "linear", "nearest"])
def test_oblique_images_are_interpolated_as_nilearn_does(peer, rng, how):
    img = nib.Nifti1Image(rng.normal(size=(9, 10, 8)), OBLIQUE)
    expected, found = peer.reorder_img(img, resample=how), reorder_img(img, how)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.affine, expected.affine, atol=1e-9)
    np.testing.assert_allclose(
        get_data(found), peer.get_data(expected), atol=1e-5 * np.ptp(get_data(img))
    )


def test_an_oblique_image_is_refused_with_the_way_out(tmp_path):
    img = nib.Nifti1Image(np.zeros((3, 4, 5)), OBLIQUE)
    with pytest.raises(GridError, match=r"(?s)contains rotations.*resample=.contin"):
        reorder_img(img)
    path = save_img(img, tmp_path / "oblique.nii")
    with pytest.raises(GridError, match=r"oblique\.nii lies oblique"):
        reorder_img(path)
    with pytest.raises(ValueError, match="interpolation is 'cubic'"):
        reorder_img(img, resample="cubic")


def test_two_axes_along_one_are_no_orientation():
    affine = np.array([[2.0, 3, 0, 0], [0, 0, 0, 0], [0, 0, 4, 0], [0, 0, 0, 1]])
    with pytest.raises(GridError, match="two axes run along one axis of the world"):
        reorder_img(nib.Nifti1Image(np.zeros((3, 4, 5)), affine))


# mirrored


def _symmetric(n):
    affine = np.diag([-2.0, 2.0, 2.0, 1.0])
    affine[0, 3] = n - 1
    return affine


@pytest.mark.parametrize("n", [4, 5])
def test_hemispheres_are_swapped_as_nilearn_does(peer, rng, n):
    img = nib.Nifti1Image(rng.normal(size=(n, 4, 3)), _symmetric(n))
    expected, found = peer.swap_img_hemispheres(img), swap_img_hemispheres(img)
    np.testing.assert_array_equal(get_data(found), peer.get_data(expected))
    np.testing.assert_allclose(found.affine, expected.affine)
    # x to the right and x to the left
    again = swap_img_hemispheres(found)
    np.testing.assert_array_equal(get_data(again), get_data(reorder_img(img)))


def test_a_value_comes_to_the_mirrored_point():
    data = np.zeros((5, 3, 3), np.int16)
    data[1, 2, 0] = 9
    img = nib.Nifti1Image(data, _symmetric(5))
    (before,) = apply_affine(img.affine, np.argwhere(data))
    found = swap_img_hemispheres(img)
    (after,) = apply_affine(found.affine, np.argwhere(get_data(found)))
    np.testing.assert_allclose(after, before * [-1, 1, 1])


def test_a_grid_that_is_not_symmetric_warns():
    affine = _symmetric(5)
    affine[0, 3] += 2.5
    img = nib.Nifti1Image(np.zeros((5, 3, 3)), affine)
    with pytest.warns(ImageWarning, match=r"middle of its grid, x = 2\.5 mm"):
        swap_img_hemispheres(img)


def test_only_volumes_are_mirrored():
    with pytest.raises(DimensionError, match="expected a 3D image"):
        swap_img_hemispheres(nib.Nifti1Image(np.zeros((2, 2, 2, 2)), np.eye(4)))
