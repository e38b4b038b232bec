"""The noise of a model: which, its maps, whether it leaves white noise."""

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np
import pytest
from scipy import stats
from tests.glm.first_level import simulated_runs as sim

from boldglm._base.errors import NotFittedError
from boldglm._base.warnings import DesignWarning
from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.gls import fit_glm
from boldglm.core.goodness import akaike, bayes, log_likelihood
from boldglm.core.neighbours import MaskAverage
from boldglm.core.noise import noise_model
from boldglm.glm.first_level import FirstLevelModel, run_glm
from boldglm.glm.first_level.run_reading import NOISE_FWHM
from boldglm.image.sources import grid_of
from boldglm.plotting import plot_noise_spectrum


def fitted_with(brain, run, table, **options):
    options = {"mask_img": brain, "t_r": sim.T_R, "signal_scaling": False} | options
    return FirstLevelModel(**options).fit(run, table)


def inside(model):
    return np.asarray(model.mask_img_.dataobj) > 0


@pytest.mark.parametrize("minimize_memory", [True, False])
def test_auto_averages_over_the_neighbours_in_the_mask(
    brain, run, table, minimize_memory
):
    model = fitted_with(
        brain, run, table, noise_model="auto", minimize_memory=minimize_memory
    )
    (fit,) = model.fits_
    noise = noise_model("auto", t_r=sim.T_R)
    assert fit.noise == noise
    assert noise.order == 8
    mask = inside(model)
    near = MaskAverage(mask, grid_of(model.mask_img_).voxel_sizes, NOISE_FWHM)
    # Millimetres: what was calibrated, and what texts say
    assert NOISE_FWHM == 8.0
    Y = np.asarray(run.dataobj)[mask].T
    X = model.design_matrices_[0].to_numpy()
    expected = fit_glm(Y, X, noise, neighbours=near)
    np.testing.assert_allclose(fit.phi, expected.phi, atol=1e-4)
    np.testing.assert_allclose(fit.beta, expected.beta, rtol=1e-3, atol=1e-3)
    alone = fit_glm(Y, X, noise_model("ar8+"))
    assert fit.phi[0].std() < 0.5 * alone.phi[0].std()


def test_freedoms_of_runs_add_voxel_by_voxel(brain, table):
    model = fitted_with(
        brain,
        [sim.image(table, seed) for seed in (0, 1)],
        [table, table],
        noise_model="ols+2",
        minimize_memory=False,
    )
    z, t = (
        model.compute_contrast("a - b", output_type=name).get_fdata()[inside(model)]
        for name in ("z_score", "stat")
    )
    dof = model.fits_[0].dof + model.fits_[1].dof
    expected = stats.norm.isf(stats.t.sf(t, dof))
    np.testing.assert_allclose(z, expected, rtol=1e-4, atol=1e-5)
    assert np.ptp(dof) > 0.1
    (results,) = model.results_[0].values()
    rows = np.eye(len(model.design_matrices_[0].columns))[:1]
    asked = results.Tcontrast(rows[0])
    np.testing.assert_array_equal(asked.df_den, model.fits_[0].dof)
    stat = contrast_stat(model.fits_[0], rows[0])
    np.testing.assert_allclose(asked.sd**2, stat.variance)


@pytest.mark.parametrize("name", ["auto", "ols+"])
def test_auto_needs_the_repetition_time_of_given_designs(brain, run, table, name):
    model = FirstLevelModel(mask_img=brain, noise_model=name)
    with pytest.raises(ValueError, match="which is not known; pass t_r"):
        model.fit(run, design_matrices=sim.design(table))
    model = FirstLevelModel(mask_img=brain, noise_model=name, t_r=sim.T_R)
    # and says nothing of t_r being ignored, since it is not
    assert model.fit(run, design_matrices=sim.design(table)).fits_[0].noise.order == 8


def test_arrays_have_no_neighbours(rng):
    Y, X = rng.standard_normal((30, 4)), np.ones((30, 1))
    orders = "4 from 2.5 s, 8 from 1 s, 12 from 0.6 s, 16 from 0 s"
    for name in ("auto", "ols+"):
        with pytest.raises(ValueError, match=r"averages .* use FirstLevelModel") as e:
            run_glm(Y, X, name)
        assert f"or 'arN+' (N by the repetition time: {orders})" in str(e.value)
    with pytest.raises(ValueError, match=r"'auto3' averages .*, or 'ar3\+' for every"):
        run_glm(Y, X, "auto3")
    _, results = run_glm(rng.standard_normal((60, 4)), np.ones((60, 1)), "arma11")
    assert list(results) == ["arma11"]


@pytest.mark.parametrize(
    ("name", "n_maps"),
    [("ols", 0), ("ols+2", 2), ("ar1", 1), ("auto3", 3), ("arma11", 2)],
)
def test_maps_are_those_of_the_fit(brain, run, table, name, n_maps):
    model = fitted_with(brain, run, table, noise_model=name, minimize_memory=False)
    (noise,), (fit,) = model.noise_, model.fits_
    mask = inside(model)
    assert (noise.name, noise.order) == (name, fit.noise.order)
    if n_maps:
        maps = noise.coefficients.get_fdata()
        assert maps.shape == (*mask.shape, n_maps)
        np.testing.assert_allclose(maps[mask].T, fit.noise_parameters, rtol=1e-5)
        assert (maps[~mask] == 0).all()
    variance = noise.innovation_variance.get_fdata()
    np.testing.assert_allclose(variance[mask], fit.sigma2, rtol=1e-5)
    assert (noise.outcome.get_fdata()[mask] == fit.outcome).all()
    p = noise.ljung_box.get_fdata()[mask]
    assert ((p >= 0) & (p <= 1)).all()
    assert 0 <= noise.white <= 1
    assert noise.white == pytest.approx(np.mean(p > 0.05), abs=0.15)


def test_what_was_not_tested_has_no_p(brain, run, table):
    """Voxels without noise, and runs of so few scans that no lag is left."""
    data = np.array(run.dataobj)
    data[4, 5, 6] = 3.0
    still = nib.Nifti1Image(data, run.affine)
    options = {"noise_model": "ar2", "minimize_memory": False}
    (noise,) = fitted_with(brain, still, table, **options).noise_
    p = noise.ljung_box.get_fdata()
    mask = np.asarray(brain.dataobj) > 0
    assert np.isnan(p[4, 5, 6])
    assert np.count_nonzero(np.isnan(p)) == 1
    assert (p[~mask] == 0).all()
    model = FirstLevelModel(mask_img=brain, noise_model="ar8", minimize_memory=False)
    with pytest.warns(DesignWarning, match="'ar8' takes 8 coefficients from the 17 sc"):
        model.fit(
            run, design_matrices=sim.design(table), sample_masks=np.arange(30, 47)
        )
    (noise,) = model.noise_
    assert np.isnan(noise.white)
    assert np.isnan(noise.ljung_box.get_fdata()[mask]).all()


def test_white_noise_models_are_found_out(brain, run, table):
    """The runs are AR(1)."""
    ols, auto = (
        fitted_with(brain, run, table, noise_model=name).noise_[0].white
        for name in ("ols", "auto3")
    )
    assert ols < 0.6
    assert auto > 0.85


def test_without_the_data_there_is_no_test_of_them(brain, run, table):
    (noise,) = fitted_with(brain, run, table).noise_
    with pytest.raises(AttributeError, match="minimize_memory=False and fit again"):
        _ = noise.ljung_box
    (noise,) = fitted_with(brain, run, table, reports=False).noise_
    assert np.isnan(noise.white)
    with pytest.raises(NotFittedError):
        _ = FirstLevelModel().noise_


@pytest.mark.parametrize("name", ["ar1", "auto3", "arma11"])
def test_goodness_of_fit_comes_as_images(brain, run, table, name):
    model = fitted_with(brain, run, table, noise_model=name)
    (fit,), mask = model.fits_, inside(model)
    for images, statistic_of in (
        (model.log_likelihood_, log_likelihood),
        (model.aic_, akaike),
        (model.bic_, bayes),
    ):
        (image,) = images
        np.testing.assert_allclose(
            image.get_fdata()[mask], statistic_of(fit), rtol=1e-5
        )


def test_partial_r_square_is_that_of_the_f_test(brain, run, table):
    model = fitted_with(brain, [run, run], [table, table])
    names = list(model.design_matrices_[0].columns)
    rows = np.eye(len(names))[[names.index("a"), names.index("b")]]
    images = model.partial_r_square(rows)
    assert len(images) == 2
    fit = model.fits_[0]
    F = statistic(contrast_stat(fit, rows))
    expected = 2 * F / (2 * F + fit.dof)
    np.testing.assert_allclose(
        images[0].get_fdata()[inside(model)], expected, rtol=1e-5
    )


def test_the_noise_of_a_run_is_told_in_a_line_and_drawn(brain, run, table):
    (noise,) = fitted_with(brain, run, table, noise_model="auto3").noise_
    share = f"{100 * noise.white:.0f} %"
    assert repr(noise) == (
        f"RunNoise('auto3', order 3, residuals white in {share} of "
        f"{noise.whiteness.n_voxels} voxels)"
    )
    axes = plot_noise_spectrum(noise, t_r=2.0)
    assert axes.get_xlabel() == "frequency (Hz)"
    plt.close(axes.figure)
    (unknown,) = fitted_with(brain, run, table, reports=False).noise_
    assert repr(unknown) == "RunNoise('ar1', order 1)"
    with pytest.raises(ValueError, match="fitted with reports=False"):
        plot_noise_spectrum(unknown)
