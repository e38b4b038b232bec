"""Where a model is fitted: masks, maskers, and none."""

import nibabel as nib
import numpy as np
import pytest
from tests.glm.first_level import simulated_runs as sim

from boldglm._base.errors import ImageFileError, MaskError
from boldglm._base.warnings import DesignWarning, ImageWarning
from boldglm.glm.first_level import FirstLevelModel
from boldglm.image import smooth_img
from boldglm.maskers import NiftiMasker
from boldglm.masking import compute_multi_epi_mask


@pytest.fixture
def design(table):
    return sim.design(table)


def fit(run, design, **parameters):
    return FirstLevelModel(**parameters).fit(run, design_matrices=design)


def z_of(model):
    return model.compute_contrast("a").get_fdata()


def test_an_image_and_its_path_are_the_same_mask(run, design, brain, tmp_path):
    nib.save(brain, tmp_path / "mask.nii.gz")
    expected = z_of(fit(run, design, mask_img=brain))
    for path in (tmp_path / "mask.nii.gz", str(tmp_path / "mask.nii.gz")):
        assert np.array_equal(z_of(fit(run, design, mask_img=path)), expected)


def test_maps_are_zero_outside_of_the_mask(run, design, brain):
    model = fit(run, design, mask_img=brain)
    outside = np.asarray(brain.dataobj) == 0
    assert not z_of(model)[outside].any()
    assert z_of(model)[~outside].all()
    assert model.n_elements_ == np.count_nonzero(~outside)
    assert np.array_equal(np.asarray(model.mask_img_.dataobj) == 0, outside)


def test_divergence_16_false_means_every_voxel_and_stays_false(run, design):
    model = fit(run, design, mask_img=False)
    assert model.mask_img is False
    assert model.n_elements_ == np.prod(sim.SHAPE)
    assert model.mask_img_.shape == sim.SHAPE


def test_no_mask_means_one_computed_from_all_runs(design):
    """The same as calling `compute_multi_epi_mask`; the parameter stays None."""
    runs = []
    for seed in (0, 1):
        data = sim.series(sim.events(), seed)
        data[np.asarray(sim.brain().dataobj) == 0] *= 0.05
        data = np.pad(data, [(4, 4)] * 3 + [(0, 0)])
        runs.append(nib.Nifti1Image(data, sim.AFFINE))
    model = fit(runs, [design, design])
    expected = compute_multi_epi_mask(runs)
    assert model.mask_img is None
    assert np.array_equal(model.mask_img_.get_fdata(), expected.get_fdata())
    assert 300 < model.n_elements_ < 1200


def test_divergence_16_masker_is_copied(run, design, brain):
    """Neither the masker, nor its parameters, nor the model's are changed."""
    masker = NiftiMasker(brain, detrend=True).fit()
    before = masker.get_params(), vars(masker).copy()
    model = fit(run, design, mask_img=masker, smoothing_fwhm=6, signal_scaling=False)
    assert model.mask_img is masker
    assert model.masker_ is not masker
    assert masker.get_params() == before[0]
    assert vars(masker) == before[1]
    assert model.masker_.detrend


def test_divergence_16_the_models_smoothing_reaches_its_masker(run, design, brain):
    """Smoothing by the model, by the masker, and beforehand give one map."""
    masker = NiftiMasker(brain).fit()
    smooth = NiftiMasker(brain, smoothing_fwhm=6).fit()
    expected = z_of(fit(smooth_img(run, 6), design, mask_img=brain))
    by_model = z_of(fit(run, design, mask_img=masker, smoothing_fwhm=6))
    by_masker = z_of(fit(run, design, mask_img=smooth))
    np.testing.assert_allclose(by_model, expected, atol=1e-3)
    np.testing.assert_allclose(by_masker, expected, atol=1e-3)
    assert np.abs(z_of(fit(run, design, mask_img=brain)) - expected).max() > 1


def test_divergence_16_two_smoothings_are_one_too_many(run, design, brain):
    masker = NiftiMasker(brain, smoothing_fwhm=4).fit()
    with pytest.warns(DesignWarning, match="smoothing_fwhm=6 .* masker for .*=4"):
        model = fit(run, design, mask_img=masker, smoothing_fwhm=6)
    assert np.array_equal(
        z_of(model), z_of(fit(run, design, mask_img=brain, smoothing_fwhm=6))
    )
    assert masker.smoothing_fwhm == 4


def test_a_masker_that_standardizes_gives_way_to_the_scaling(run, design, brain):
    masker = NiftiMasker(brain, standardize=True).fit()
    with pytest.warns(DesignWarning, match="masker has standardize=True"):
        scaled = fit(run, design, mask_img=masker)
    plain = fit(run, design, mask_img=brain).compute_contrast("a", None, "effect_size")
    effect = scaled.compute_contrast("a", None, "effect_size")
    assert np.array_equal(effect.get_fdata(), plain.get_fdata())
    assert masker.standardize is True
    own = fit(run, design, mask_img=masker, signal_scaling=False, minimize_memory=False)
    total = own.predicted_[0].get_fdata() + own.residuals_[0].get_fdata()
    np.testing.assert_allclose(total[sim.ACTIVE].std(axis=-1, ddof=1), 1, atol=1e-4)


def test_a_masker_need_not_be_fitted(run, design, brain):
    expected = z_of(fit(run, design, mask_img=brain))
    masker = NiftiMasker(brain)
    assert np.array_equal(z_of(fit(run, design, mask_img=masker)), expected)
    assert not hasattr(masker, "mask_img_")
    computed = NiftiMasker(mask_strategy="epi", mask_args={"opening": 0})
    assert 0 < fit(run, design, mask_img=computed).n_elements_ < np.prod(sim.SHAPE)


def test_scans_left_out_are_left_out_of_the_cleaning(table, design, brain):
    """A spike that is masked does not leak through the masker's detrending."""
    kept = np.arange(5, sim.N_SCANS)
    data = sim.series(table)
    clean = nib.Nifti1Image(data, sim.AFFINE)
    spoilt = data.copy()
    spoilt[..., 2] += 1e4
    spoilt = nib.Nifti1Image(spoilt, sim.AFFINE)
    masker = NiftiMasker(brain, detrend=True).fit()
    model = FirstLevelModel(mask_img=masker, signal_scaling=False, noise_model="ols")
    maps = [
        model.fit(run, sample_masks=kept, design_matrices=design)
        .compute_contrast("a", output_type="effect_size")
        .get_fdata()
        for run in (clean, spoilt)
    ]
    np.testing.assert_allclose(maps[1], maps[0], atol=1e-3)


def test_a_mask_on_another_grid_is_the_grid_of_the_maps(run, design):
    fine = sim.AFFINE @ np.diag([0.5, 0.5, 0.5, 1])
    inside = np.zeros((20, 22, 24), np.uint8)
    inside[6:12, 8:14, 10:16] = 1
    mask = nib.Nifti1Image(inside, fine)
    with pytest.warns(ImageWarning, match="resampled to the grid of the mask"):
        model = fit(run, design, mask_img=mask)
    z = model.compute_contrast("a")
    assert z.shape == (20, 22, 24)
    np.testing.assert_allclose(z.affine, fine)
    assert z.get_fdata()[6:11, 8:13, 10:15].min() > 3


def test_maps_are_on_the_target_grid(run, design, brain):
    coarse = np.diag([6.0, 6, 7])
    model = fit(run, design, mask_img=brain, target_affine=coarse)
    z = model.compute_contrast("a")
    np.testing.assert_allclose(z.affine[:3, :3], coarse)
    assert z.shape == model.mask_img_.shape
    # the centre of the active cube is where it was
    x, y, z_axis = np.rint(
        np.linalg.solve(z.affine, sim.AFFINE @ [4, 5, 6, 1])[:3]
    ).astype(int)
    assert z.get_fdata()[x, y, z_axis] > 3


def test_a_mask_may_be_one_voxel(run, design, brain):
    inside = np.zeros(sim.SHAPE, np.uint8)
    inside[4, 5, 6] = 1
    one = z_of(fit(run, design, mask_img=nib.Nifti1Image(inside, sim.AFFINE)))
    everything = z_of(fit(run, design, mask_img=brain))
    assert np.count_nonzero(one) == 1
    assert one[4, 5, 6] == pytest.approx(everything[4, 5, 6], abs=1e-6)


def test_a_mask_that_is_empty_or_missing_is_an_error(run, design):
    empty = nib.Nifti1Image(np.zeros(sim.SHAPE, np.uint8), sim.AFFINE)
    with pytest.raises(MaskError, match="empty"):
        fit(run, design, mask_img=empty)
    with pytest.raises(ImageFileError, match=r"no-mask\.nii"):
        fit(run, design, mask_img="no-mask.nii")
    with pytest.raises(TypeError, match="Expected an image"):
        fit(run, design, mask_img=True)


def test_values_that_are_not_finite_count_as_zero(table, design, brain):
    data = sim.series(table)
    data[4, 5, 6, 10] = np.nan
    data[2, 2, 2] = np.inf
    run = nib.Nifti1Image(data, sim.AFFINE)
    with pytest.warns(ImageWarning, match="81 of .* are not finite"):
        model = fit(run, design, mask_img=brain, signal_scaling=False)
    maps = model.compute_contrast("a", output_type="all")
    assert all(np.isfinite(one.get_fdata()).all() for one in maps.values())
    assert maps["stat"].get_fdata()[2, 2, 2] == 0
    assert model.fits_[0].outcome.max() == 1


def test_a_mask_with_voxels_without_signal_is_told(table, design, brain):
    data = sim.series(table)
    data[2, 2, 2:4] = 0
    with pytest.warns(DesignWarning, match="Mean values of 0 observed, 2 of 720"):
        fit(nib.Nifti1Image(data, sim.AFFINE), design, mask_img=brain)
