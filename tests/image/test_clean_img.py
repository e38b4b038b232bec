"""Cleaned images are those of nilearn, whatever they come as."""

import warnings

import nibabel as nib
import numpy as np
import pytest

from boldglm import image, signal
from boldglm._base.errors import DimensionError, MaskError
from boldglm._base.warnings import ImageWarning

AFFINE = np.array([[-3.0, 0, 0, 27], [0, 3.0, 0, -33], [0, 0, 3.5, -28], [0, 0, 0, 1]])
SHAPE = (7, 6, 5)
T = 60
KEPT = np.delete(np.arange(T), [0, 9, 10])


@pytest.fixture
def bold(rng, readonly):
    data = 300 + 20 * rng.random(SHAPE)[..., None] + rng.normal(0, 3, (*SHAPE, T))
    data += 0.2 * np.arange(T) + 4 * np.sin(np.arange(T) / 9)
    img = nib.Nifti1Image(readonly(data), AFFINE)
    img.header.set_zooms((3, 3, 3.5, 2.0))
    return img


@pytest.fixture
def mask(rng):
    return nib.Nifti1Image((rng.random(SHAPE) > 0.4).astype(np.uint8), AFFINE)


@pytest.fixture
def confounds(rng, readonly):
    return readonly(rng.normal(size=(T, 4)) + 3)


def _peer(name, *args, **kwargs):
    peer = pytest.importorskip("nilearn.image")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(peer, name)(*args, **kwargs)


CASES = {
    "defaults": {},
    "nothing": {"detrend": False, "standardize": None},
    "per cent": {"standardize": "psc"},
    "band": {"low_pass": 0.1, "high_pass": 0.01, "t_r": 2.0},
    "cosine": {"high_pass": 0.01, "t_r": 2.0, "clean__filter": "cosine"},
    "order": {"low_pass": 0.1, "t_r": 2.0, "clean__butterworth__order": 2},
    "raw confounds": {"clean__standardize_confounds": False, "confounds": True},
    "scrubbed": {"clean__sample_mask": KEPT, "confounds": True},
    "runs": {"runs": np.repeat([0, 1], T // 2), "confounds": True},
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", list(CASES))
def test_cleaned_images_are_those_of_nilearn(bold, mask, confounds, name, masked):
    options = dict(CASES[name], mask_img=mask if masked else None)
    if "confounds" in options:
        options["confounds"] = confounds
    expected = _peer("clean_img", bold, **options)
    found = image.clean_img(bold, **options)
    assert found.shape == expected.shape
    assert found.get_data_dtype() == np.float64
    np.testing.assert_array_equal(found.affine, AFFINE)
    np.testing.assert_allclose(
        found.get_fdata(), expected.get_fdata(), rtol=1e-9, atol=1e-10
    )
    assert found.header.get_zooms()[3] == 2.0


@pytest.mark.parametrize("kind", ["i2", "f4", "f8"])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_files_and_lists_are_cleaned_like_images(bold, tmp_path, kind, ending):
    img = nib.Nifti1Image(image.get_data(bold).astype(kind), AFFINE)
    img.set_data_dtype(kind)
    path = image.save_img(img, tmp_path / f"bold{ending}")
    expected = image.get_data(image.clean_img(img))
    assert expected.dtype == ("f8" if kind == "f8" else "f4")
    np.testing.assert_array_equal(image.get_data(image.clean_img(path)), expected)
    scans = nib.four_to_three(img)
    np.testing.assert_array_equal(image.get_data(image.clean_img(scans)), expected)


def test_a_voxel_is_cleaned_like_its_series(bold, confounds):
    found = image.clean_img(bold, confounds=confounds, standardize="psc")
    alone = signal.clean(
        image.get_data(bold)[2, 3, 4][:, None], confounds=confounds, standardize="psc"
    )
    np.testing.assert_allclose(image.get_data(found)[2, 3, 4], alone[:, 0], atol=1e-11)


def test_a_boolean_sample_mask_leaves_scans_out(bold):
    """nilearn takes the length of the mask for the number of scans, and fails."""
    kept = np.isin(np.arange(T), KEPT)
    found = image.clean_img(bold, clean__sample_mask=kept)
    expected = image.clean_img(bold, clean__sample_mask=KEPT)
    assert found.shape == (*SHAPE, len(KEPT))
    np.testing.assert_array_equal(found.get_fdata(), expected.get_fdata())


def test_values_that_are_not_finite_stay_nan_or_become_zero(bold, mask):
    data = image.get_data(bold).copy()
    data[1, 2, 3, 4] = np.nan
    img = nib.Nifti1Image(data, AFFINE)
    found = image.get_data(image.clean_img(img))
    assert np.isnan(found[1, 2, 3]).all()
    assert np.isnan(found).sum() == T
    found = image.get_data(image.clean_img(img, ensure_finite=True))
    expected = _peer("clean_img", img, ensure_finite=True)
    np.testing.assert_allclose(found, expected.get_fdata(), atol=1e-10)


def test_nothing_given_is_changed(bold, mask, confounds):
    before = image.get_data(bold).copy()
    image.clean_img(bold, confounds=confounds)
    image.clean_img(bold, confounds=confounds, mask_img=mask)
    np.testing.assert_array_equal(image.get_data(bold), before)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"low_pass": 0.1}, ValueError, r"t_r, in seconds .*\) states 2\)"),
        ({"order": 3}, TypeError, "no argument order; arguments of signal.clean"),
        ({"clean__order": 3}, ValueError, "no option order"),
        ({"standardize": "minmax"}, ValueError, "standardize is 'minmax'"),
    ],
)
def test_what_cannot_be_is_told(bold, options, error, message):
    with pytest.raises(error, match=message):
        image.clean_img(bold, **options)


def test_images_are_series_on_the_grid_of_the_mask(bold, mask):
    volume = image.index_img(bold, 0)
    with pytest.raises(DimensionError, match="expected a 4D image"):
        image.clean_img(volume)
    with pytest.raises(DimensionError, match="in a list: give one run at a time"):
        image.clean_img([bold, bold])
    with pytest.raises(TypeError, match="the list is empty"):
        image.clean_img([])
    far = nib.Nifti1Image(image.get_data(mask), np.eye(4))
    with pytest.raises(MaskError, match="do not lie on one grid"):
        image.clean_img(bold, mask_img=far)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("options", [{}, {"n_confounds": 3, "percentile": 20.0}])
def test_confounds_of_high_variance_are_those_of_nilearn(bold, mask, masked, options):
    given = {**options, "mask_img": mask if masked else None}
    expected = _peer("high_variance_confounds", bold, **given)
    found = image.high_variance_confounds(bold, **given)
    expected = expected[:, : found.shape[1]]
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs, atol=1e-8)


def test_confounds_need_a_series(bold):
    with pytest.raises(DimensionError, match="expected a 4D image"):
        image.high_variance_confounds(image.index_img(bold, 0))


def test_voxels_outside_of_the_mask_are_zero_and_its_nan_are_told(bold, mask):
    data = image.get_data(bold).copy()
    inside = image.get_data(mask) > 0
    data[inside, 3] = np.where(np.arange(inside.sum()) == 0, np.nan, data[inside, 3])
    with pytest.warns(ImageWarning, match="not finite"):
        found = image.clean_img(nib.Nifti1Image(data, AFFINE), mask_img=mask)
    assert not image.get_data(found)[~inside].any()
    assert np.isfinite(image.get_data(found)).all()
