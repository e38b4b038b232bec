import nibabel
import numpy as np
import pytest

from boldglm._base.errors import DimensionError, MaskError, ShapeError
from boldglm._base.warnings import FigureWarning
from boldglm.image import resample_img
from boldglm.maskers import NiftiMasker
from boldglm.plotting.image_pairs import places_of

SHAPE = (9, 10, 8)
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])


@pytest.fixture
def data(rng):
    values = np.zeros((2, *SHAPE))
    values[:, 3:7, 3:7, 3:6] = rng.standard_normal((2, 4, 4, 3)) + 5.0
    return values


@pytest.fixture
def pair(data):
    return [nibabel.Nifti1Image(one, AFFINE) for one in data]


@pytest.fixture
def mask():
    inside = np.zeros(SHAPE, dtype=np.uint8)
    inside[4:6, 3:7, 2:6] = 1
    return nibabel.Nifti1Image(inside, AFFINE)


def test_values_are_those_of_the_mask_in_its_order(pair, data, mask):
    inside = mask.get_fdata() > 0
    ref, src = places_of(mask, pair[0]).values_of(*pair)
    np.testing.assert_array_equal(ref, data[0][inside])
    np.testing.assert_array_equal(src, data[1][inside])


def test_without_a_mask_it_is_what_differs_from_the_border(pair, data):
    ref, _ = places_of(None, pair[0]).values_of(*pair)
    np.testing.assert_array_equal(ref, data[0][data[0] != 0])


def test_files_are_images_and_masks(pair, mask, tmp_path):
    paths = [tmp_path / name for name in ("a.nii", "b.nii.gz", "mask.nii")]
    for image, path in zip([*pair, mask], paths, strict=True):
        nibabel.save(image, path)
    found = places_of(paths[2], paths[0]).values_of(str(paths[0]), paths[1])
    np.testing.assert_allclose(found, places_of(mask, pair[0]).values_of(*pair))


def test_values_are_those_of_the_peer(pair, mask):
    comparison = pytest.importorskip("nilearn.plotting.img_comparison")
    for masker in (None, mask):
        theirs = comparison._extract_data_2_images(*pair, masker=masker)
        ours = places_of(masker, pair[0]).values_of(*pair)
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_source_on_another_grid_comes_to_that_of_the_reference(pair, mask):
    fine = resample_img(pair[1], np.diag([1.0, 1.0, 1.0, 1.0]), (18, 20, 16))
    expected = resample_img(fine, AFFINE, SHAPE).get_fdata()[mask.get_fdata() > 0]
    _, src = places_of(mask, pair[0]).values_of(pair[0], fine)
    np.testing.assert_allclose(src, expected)


def test_so_do_later_references(pair, mask):
    fine = [resample_img(one, np.eye(4), (18, 20, 16)) for one in pair]
    ref, _ = places_of(mask, pair[0]).values_of(*fine)
    expected = resample_img(fine[0], AFFINE, SHAPE).get_fdata()[mask.get_fdata() > 0]
    np.testing.assert_allclose(ref, expected)


def test_a_mask_on_another_grid_comes_to_that_of_the_reference(pair, mask):
    fine = resample_img(
        mask, np.diag([1.0, 1.0, 1.0, 1.0]), (18, 20, 16), interpolation="nearest"
    )
    back = resample_img(fine, AFFINE, SHAPE, interpolation="nearest")
    ref, _ = places_of(fine, pair[0]).values_of(*pair)
    np.testing.assert_array_equal(ref, pair[0].get_fdata()[back.get_fdata() > 0])


def test_a_masker_says_where_and_how(pair, mask):
    masker = NiftiMasker(mask, smoothing_fwhm=4.0).fit()
    ref, src = places_of(masker, pair[0]).values_of(*pair)
    np.testing.assert_allclose(ref, masker.transform(pair[0]).ravel())
    np.testing.assert_allclose(src, masker.transform(pair[1]).ravel())


def test_a_masker_that_is_not_fitted_stays_so(pair, mask, data):
    masker = NiftiMasker(mask)
    ref, _ = places_of(masker, pair[0]).values_of(*pair)
    np.testing.assert_allclose(ref, data[0][mask.get_fdata() > 0], rtol=1e-6)
    assert not hasattr(masker, "mask_img_")


def test_a_masker_with_a_grid_of_its_own_interpolates_once(pair, mask, rng):
    grid = np.diag([1.5, 1.5, 1.5, 1.0])
    masker = NiftiMasker(mask, target_affine=grid, target_shape=(12, 13, 10)).fit()
    fine = nibabel.Nifti1Image(rng.standard_normal((18, 20, 16)), np.eye(4))
    _, src = places_of(masker, pair[0]).values_of(pair[0], fine)
    np.testing.assert_allclose(src, masker.transform(fine).ravel())


def test_a_masker_without_a_grid_gets_sources_on_the_grid_of_the_reference(pair, mask):
    masker = NiftiMasker(mask).fit()
    fine = resample_img(pair[1], np.eye(4), (18, 20, 16))
    _, src = places_of(masker, pair[0]).values_of(pair[0], fine)
    expected = masker.transform(resample_img(fine, AFFINE, SHAPE)).ravel()
    np.testing.assert_allclose(src, expected, rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("image", [0, 1])
def test_what_is_not_finite_in_one_is_left_out_of_both(data, mask, value, image):
    places = np.argwhere(mask.get_fdata() > 0)
    data[(image, *places[2])] = value
    pair = [nibabel.Nifti1Image(one, AFFINE) for one in data]
    with pytest.warns(FigureWarning, match=f"1 of {len(places)} values are not finite"):
        ref, src = places_of(mask, pair[0]).values_of(*pair)
    keep = np.delete(np.arange(len(places)), 2)
    np.testing.assert_array_equal(ref, data[0][mask.get_fdata() > 0][keep])
    np.testing.assert_array_equal(src, data[1][mask.get_fdata() > 0][keep])


def test_nothing_finite_is_an_error(pair, mask):
    nothing = nibabel.Nifti1Image(np.full(SHAPE, np.nan), AFFINE)
    with pytest.raises(ShapeError, match="None of 32 values is finite in both"):
        places_of(mask, pair[0]).values_of(pair[0], nothing)


def test_masks_that_cannot_be_used_are_told(pair):
    with pytest.raises(MaskError, match="empty"):
        places_of(nibabel.Nifti1Image(np.zeros(SHAPE, np.uint8), AFFINE), pair[0])
    far = AFFINE.copy()
    far[:3, 3] = 500.0
    with pytest.raises(MaskError, match="No voxel of the mask lies in the image"):
        places_of(nibabel.Nifti1Image(np.ones(SHAPE, np.uint8), far), pair[0])


def test_a_mask_between_the_voxels_of_the_reference_is_told(pair):
    inside = np.zeros((40, 40, 40), np.uint8)
    inside[20, 20, 20] = 1
    between = nibabel.Nifti1Image(inside, np.diag([0.25, 0.25, 0.25, 1.0]))
    with pytest.raises(MaskError, match="it is empty: all its values are 0"):
        places_of(between, pair[0])


def test_runs_and_numbers_are_no_maps(pair, mask):
    run = nibabel.Nifti1Image(np.zeros((*SHAPE, 4)), AFFINE)
    with pytest.raises(DimensionError, match="expected a 3D image"):
        places_of(mask, run)
    with pytest.raises(DimensionError, match="expected a 3D image"):
        places_of(mask, pair[0]).values_of(pair[0], run)
    with pytest.raises(TypeError, match="Expected an image"):
        places_of(mask, pair[0]).values_of(pair[0], 3)
    with pytest.raises(TypeError, match="Expected an image"):
        places_of(3, pair[0])
