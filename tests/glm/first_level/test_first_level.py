"""The first-level model: it finds what is there, and behaves as an estimator."""

import logging

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.glm.first_level import simulated_runs as sim

from boldglm._base.errors import EventsError, ImageFileError, NotFittedError
from boldglm.glm.first_level import FirstLevelModel, mean_scaling, run_glm
from boldglm.glm.first_level.scaling import check_signal_scaling


def inside_of(model):
    return np.asarray(model.mask_img_.dataobj) > 0


# --- what it finds ---


def test_effects_are_those_simulated_in_per_cent_of_the_mean(fitted):
    """2 % and 1 % in the cube; in the rest nothing but noise of the right size."""
    outside = inside_of(fitted)
    outside[sim.ACTIVE] = False
    for name, effect in sim.EFFECTS.items():
        maps = fitted.compute_contrast(name, output_type="all")
        found = maps["effect_size"].get_fdata()
        se = np.sqrt(maps["effect_variance"].get_fdata()[sim.ACTIVE])
        # the mean of a voxel is a bit higher than its baseline
        error = (found[sim.ACTIVE] - effect / 10) / se
        assert abs(error.mean()) < 4 / np.sqrt(error.size)
        z = maps["z_score"].get_fdata()[outside]
        assert stats.kstest(z, "norm").pvalue > 0.01


def test_noise_coefficients_are_those_simulated(fitted):
    """Autocorrelation .3, less the known bias of its estimate."""
    phi = fitted.fits_[0].phi[0]
    assert phi.shape == (fitted.n_elements_,)
    bias = (1 + 4 * 0.3) / sim.N_SCANS
    assert phi.mean() == pytest.approx(0.3 - 2 * bias, abs=0.04)


@pytest.mark.parametrize(
    "hrf_model", ["spm", "glover + derivative", "spm + derivative + dispersion", "fir"]
)
@pytest.mark.parametrize("drift_model", ["cosine", "Polynomial", None])
def test_designs_are_those_of_the_design_function(
    run, table, brain, hrf_model, drift_model
):
    from boldglm.glm.first_level import make_first_level_design_matrix

    shared = {
        "hrf_model": hrf_model,
        "drift_model": drift_model,
        "high_pass": 1 / 100,
        "drift_order": 2,
        "fir_delays": [0, 1, 3],
        "min_onset": -10,
    }
    model = FirstLevelModel(t_r=2.0, slice_time_ref=0.5, mask_img=brain, **shared)
    model.fit(run, table, sim.confounds())
    motion = sim.confounds()
    expected = make_first_level_design_matrix(
        (np.arange(sim.N_SCANS) + 0.5) * 2.0,
        table,
        add_regs=motion.to_numpy(),
        add_reg_names=list(motion),
        **shared,
    )
    pd.testing.assert_frame_equal(model.design_matrices_[0], expected)


def test_events_scaled_by_a_parameter_give_its_slope(table, brain):
    """Modulation m and an effect of 20 m: the coefficient is 20."""
    height = np.linspace(0.5, 1.5, len(table))
    modulated = table.assign(trial_type="task", modulation=height)
    t = np.arange(sim.N_SCANS) * sim.T_R
    response = sum(
        m * ((t >= o) & (t < o + 10))
        for o, m in zip(table["onset"], height, strict=True)
    )
    data = sim.series(table.iloc[:0], sd=0.5)
    data[sim.ACTIVE] += (20 * response).astype(np.float32)
    model = FirstLevelModel(
        t_r=sim.T_R, hrf_model=None, mask_img=brain, signal_scaling=False
    )
    model.fit(nib.Nifti1Image(data, sim.AFFINE), modulated)
    effect = model.compute_contrast("task", output_type="effect_size").get_fdata()
    assert effect[sim.ACTIVE].mean() == pytest.approx(20, abs=0.5)


def test_a_run_without_a_condition_in_a_table_is_an_error(model, run):
    with pytest.raises(EventsError, match="no column 'onset'"):
        model.fit(run, pd.DataFrame({"start": [1.0], "duration": 2.0}))


# --- units ---


def test_scaling_changes_units_not_statistics(run, table, brain):
    """Effects are 100 / mean times as large, with the grand mean for (0, 1)."""
    design = sim.design(table)

    def maps(scaling):
        model = FirstLevelModel(mask_img=brain, signal_scaling=scaling)
        model.fit(run, design_matrices=design)
        images = model.compute_contrast("a", output_type="all")
        return {k: v.get_fdata()[sim.ACTIVE] for k, v in images.items()}

    raw, voxel, grand = maps(False), maps(0), maps((0, 1))
    mean = np.asarray(run.dataobj, dtype=float).mean(axis=-1)[sim.ACTIVE]
    inside = np.asarray(brain.dataobj) > 0
    grand_mean = np.asarray(run.dataobj, dtype=float)[inside].mean()
    np.testing.assert_allclose(
        voxel["effect_size"], 100 * raw["effect_size"] / mean, rtol=1e-4
    )
    np.testing.assert_allclose(
        grand["effect_size"], 100 * raw["effect_size"] / grand_mean, rtol=1e-4
    )
    for scaled in (voxel, grand):
        np.testing.assert_allclose(scaled["z_score"], raw["z_score"], atol=1e-3)
    assert np.array_equal(maps([0, 1])["z_score"], grand["z_score"])


def test_scaling_by_scan_takes_out_what_all_voxels_share(table, brain):
    data = sim.series(table, dtype=np.float64)
    gain = 1 + 0.2 * np.sin(np.arange(sim.N_SCANS))
    z = [
        FirstLevelModel(mask_img=brain, signal_scaling=1)
        .fit(nib.Nifti1Image(one, sim.AFFINE), design_matrices=sim.design(table))
        .compute_contrast("a")
        .get_fdata()
        for one in (data, data * gain)
    ]
    np.testing.assert_allclose(z[1], z[0], atol=0.01)


@pytest.mark.parametrize("scaling", [False, 0])
def test_divergence_12_standardize_is_effective(run, table, brain, scaling):
    """Effects are in standard deviations of the series."""
    design = sim.design(table)

    def effect(**parameters):
        model = FirstLevelModel(mask_img=brain, noise_model="ols", **parameters)
        model.fit(run, design_matrices=design)
        image = model.compute_contrast("a", output_type="effect_size")
        return image.get_fdata()[sim.ACTIVE]

    deviation = np.asarray(run.dataobj, dtype=float).std(axis=-1, ddof=1)[sim.ACTIVE]
    np.testing.assert_allclose(
        effect(standardize=True, signal_scaling=scaling),
        effect(signal_scaling=False) / deviation,
        rtol=1e-4,
    )


def test_mean_scaling_is_per_cent_of_the_mean(readonly, rng):
    series = readonly(1000 + rng.standard_normal((20, 5)))
    for axis in (0, 1, (0, 1)):
        scaled, mean = mean_scaling(series, axis)
        expected = series.mean(axis=axis)
        np.testing.assert_allclose(mean, expected)
        divisor = np.expand_dims(expected, axis)
        np.testing.assert_allclose(scaled, 100 * (series / divisor - 1), rtol=1e-9)


def test_scalings_are_told_apart_from_their_look_alikes():
    """False is not 0, True not 1."""
    assert check_signal_scaling(0) == 0
    assert check_signal_scaling(False) is None
    for wrong in (True, "0", 2, (1, 0), {0}):
        with pytest.raises(ValueError, match=r"signal_scaling is .*; expected 0"):
            check_signal_scaling(wrong)


# --- goodness of fit ---


@pytest.mark.parametrize("noise", ["ols", "ar1", "ar2"])
def test_divergence_01_residuals_are_the_data_less_the_design(run, table, brain, noise):
    """`Y - X beta`, not whitened, whatever the noise model."""
    design = sim.design(table)
    model = FirstLevelModel(
        mask_img=brain, noise_model=noise, signal_scaling=False, minimize_memory=False
    ).fit(run, design_matrices=design)
    data = np.asarray(run.dataobj, dtype=float)
    betas = np.stack(
        [
            model.compute_contrast(row, output_type="effect_size").get_fdata()
            for row in np.eye(4)
        ],
        axis=-1,
    )
    inside = inside_of(model)
    predicted = betas @ design.to_numpy().T
    expected = np.where(inside[..., None], data - predicted, 0)
    (residuals,), (prediction,) = model.residuals_, model.predicted_
    assert residuals.shape == (*sim.SHAPE, sim.N_SCANS)
    np.testing.assert_allclose(residuals.get_fdata(), expected, atol=2e-3)
    np.testing.assert_allclose(
        prediction.get_fdata()[inside], predicted[inside], atol=2e-3
    )
    (r_square,) = model.r_square_
    total = data[inside].var(axis=-1)
    share = 1 - np.mean(expected[inside] ** 2, axis=-1) / total
    np.testing.assert_allclose(r_square.get_fdata()[inside], share, atol=1e-4)
    assert residuals.get_fdata().std() < 1.1 * data[inside].std()


def test_r_square_needs_no_data(fitted):
    (r_square,) = fitted.r_square_
    values = r_square.get_fdata()
    assert values[sim.ACTIVE].min() > 0.2
    # least squares weighted by the noise explains a little less than a mean may
    assert values.min() > -0.02
    assert values.max() < 1
    for name in ("residuals_", "predicted_"):
        with pytest.raises(AttributeError, match="Set minimize_memory=False"):
            getattr(fitted, name)


def test_there_is_one_map_per_run_of_the_kept_scans(run, table, brain):
    model = FirstLevelModel(mask_img=brain, minimize_memory=False)
    design = sim.design(table)
    model.fit(
        [run, run],
        design_matrices=[design, design],
        sample_masks=[np.arange(50), np.arange(70)],
    )
    assert [one.shape[3] for one in model.residuals_] == [50, 70]
    assert [one.shape[3] for one in model.predicted_] == [50, 70]
    assert [one.shape for one in model.r_square_] == [sim.SHAPE] * 2


# --- labels and results ---


@pytest.mark.parametrize(
    ("noise", "bins"), [("ols", None), ("ar1", None), ("ar1", 100), ("ar2", None)]
)
@pytest.mark.parametrize("minimize_memory", [True, False])
def test_labels_and_results_are_those_of_run_glm(
    run, table, brain, noise, bins, minimize_memory
):
    design = sim.design(table)
    model = FirstLevelModel(
        mask_img=brain, noise_model=noise, minimize_memory=minimize_memory
    ).fit(run, design_matrices=design, bins=bins)
    inside = inside_of(model)
    series = mean_scaling(np.asarray(run.dataobj)[inside].T.astype(float))[0]
    labels, results = run_glm(series, design.to_numpy(), noise, bins)
    assert np.array_equal(model.labels_[0], labels)
    assert set(model.results_[0]) == set(results)
    for label, expected in results.items():
        mine = model.results_[0][label]
        # of series kept in float32 the sixth digit of the per cent
        np.testing.assert_allclose(mine.theta, expected.theta, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(mine.dispersion, expected.dispersion, rtol=1e-5)
        assert hasattr(mine, "whitened_residuals") is not minimize_memory


def test_divergence_13_coefficients_are_not_rounded_unless_asked(run, table, brain):
    model = FirstLevelModel(mask_img=brain)
    exact = model.fit(run, design_matrices=sim.design(table)).fits_[0].phi
    assert np.unique(exact).size == model.n_elements_
    binned = model.fit(run, design_matrices=sim.design(table), bins=100).fits_[0].phi
    np.testing.assert_allclose(binned, np.trunc(exact * 100) / 100, atol=1e-12)


# --- an estimator ---


def test_scikit_learn_can_clone_it(fitted, brain):
    base = pytest.importorskip("sklearn.base")
    copy = base.clone(fitted)
    assert copy.get_params().keys() == fitted.get_params().keys()
    assert not hasattr(copy, "fits_")
    model = FirstLevelModel(t_r=2, signal_scaling=(0, 1), fir_delays=[1, 2])
    assert base.clone(model).get_params() == model.get_params()


def test_parameters_are_stored_as_given_and_can_be_set(brain):
    delays = [0, 1]
    model = FirstLevelModel(t_r=2, fir_delays=delays, mask_img=brain)
    assert model.get_params()["fir_delays"] is delays
    assert model.set_params(t_r=3) is model
    assert model.t_r == 3
    with pytest.raises(
        ValueError, match=r"has no parameter 'smoothing'; it has .*fwhm"
    ):
        model.set_params(smoothing=3)


def test_fitting_changes_no_parameter(model, run, table):
    before = model.get_params()
    assert model.fit(run, table) is model
    assert model.get_params() == before


@pytest.mark.parametrize(
    "attribute", ["labels_", "results_", "residuals_", "predicted_", "r_square_"]
)
def test_an_unfitted_model_has_no_results(model, attribute):
    with pytest.raises(NotFittedError, match="call its fit method first"):
        getattr(model, attribute)
    assert not hasattr(model, attribute)


def test_a_new_fit_forgets_the_old_one(model, run, table):
    model.fit([run, run], [table, table])
    model.fit(run, table)
    assert len(model.fits_) == len(model.labels_) == len(model.design_matrices_) == 1


def fails_at_once(model, run, table, tmp_path):
    with pytest.raises(ValueError, match="must be provided"):
        model.fit(run)


def fails_in_the_design(model, run, table, tmp_path):
    with pytest.raises(EventsError):
        model.fit(run, table.drop(columns="onset"))


def fails_half_way(model, run, table, tmp_path):
    """The second of two files ends in the middle."""
    nib.save(run, tmp_path / "whole.nii.gz")
    content = (tmp_path / "whole.nii.gz").read_bytes()
    (tmp_path / "half.nii.gz").write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageFileError, match=r"half\.nii\.gz.*truncated"):
        model.fit([run, tmp_path / "half.nii.gz"], [table, table])


@pytest.mark.parametrize("fail", [fails_at_once, fails_in_the_design, fails_half_way])
@pytest.mark.parametrize("fitted_before", [True, False])
def test_a_failed_fit_leaves_the_model_unfitted(
    model, run, table, tmp_path, fail, fitted_before
):
    if fitted_before:
        model.fit(run, table)
    fail(model, run, table, tmp_path)
    assert not model.__sklearn_is_fitted__()
    assert not [name for name in vars(model) if name.endswith("_")]
    with pytest.raises(NotFittedError, match="has not been fitted yet"):
        model.compute_contrast("a")


@pytest.mark.parametrize("noise", ["ols", "ar1", "ar2"])
def test_results_do_not_depend_on_the_number_of_threads(run, table, brain, noise):
    bits = set()
    for n_jobs in (1, 2, 3, -1):
        model = FirstLevelModel(mask_img=brain, noise_model=noise, n_jobs=n_jobs)
        model.fit(run, design_matrices=sim.design(table))
        images = model.compute_contrast(np.eye(4)[:2], output_type="all")
        bits.add(b"".join(one.get_fdata().tobytes() for one in images.values()))
    assert len(bits) == 1


def test_no_threads_is_an_error(run, table, brain):
    with pytest.raises(ValueError, match="n_jobs is 0; expected a number of threads"):
        FirstLevelModel(mask_img=brain, n_jobs=0).fit(
            run, design_matrices=sim.design(table)
        )


def test_progress_is_logged_run_by_run(run, table, brain, caplog):
    design = sim.design(table)
    with caplog.at_level(logging.INFO, logger="boldglm"):
        FirstLevelModel(mask_img=brain).fit(run, design_matrices=design)
        assert not caplog.messages
        FirstLevelModel(mask_img=brain, verbose=1).fit(
            [run, run], design_matrices=[design, design]
        )
    assert caplog.messages == [
        "run 0: reading 80 scans",
        "run 0: fitted 720 voxels",
        "run 1: reading 80 scans",
        "run 1: fitted 720 voxels",
    ]


def test_a_run_that_does_not_vary_gives_zeros(table, brain):
    constant = nib.Nifti1Image(np.full((*sim.SHAPE, 80), 7, np.int16), sim.AFFINE)
    model = FirstLevelModel(mask_img=brain)
    model.fit(constant, design_matrices=sim.design(table))
    for image in model.compute_contrast("a", output_type="all").values():
        values = image.get_fdata()[inside_of(model)]
        assert np.isin(values, [0.0, 0.5]).all()


def test_older_names_of_the_goodness_of_fit_are_the_same_maps(run, table, brain):
    model = FirstLevelModel(mask_img=brain, minimize_memory=False)
    model.fit(run, design_matrices=sim.design(table))
    for name in ("residuals", "predicted", "r_square"):
        old, new = getattr(model, name)[0], getattr(model, f"{name}_")[0]
        assert np.array_equal(old.get_fdata(), new.get_fdata())


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("high_pass", None, "high_pass is None; expected a frequency in hertz"),
        ("fir_delays", 5, "fir_delays is 5; expected a list of scans"),
        ("mask_img", FirstLevelModel, "mask_img is the class FirstLevelModel"),
    ],
)
def test_parameters_of_the_wrong_kind_are_explained(
    run, table, brain, parameter, value, message
):
    options = {"t_r": 2, "mask_img": brain} | {parameter: value}
    with pytest.raises((ValueError, TypeError), match=message):
        FirstLevelModel(**options).fit(run, table)
