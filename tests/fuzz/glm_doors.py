"""Doors of models, designs, contrasts, thresholds and permutations."""

import nibabel as nib
import numpy as np
import pandas as pd
from hypothesis import strategies as st
from tests.fuzz.doors import Door
from tests.fuzz.image_doors import AFFINE, LABELS, MAP, MASK, SHAPE, STILL

from boldglm import glm
from boldglm.glm import contrasts, first_level, second_level
from boldglm.mass_univariate import permuted_ols

__all__ = ["DOORS"]

N_SCANS, N_SUBJECTS = 24, 8
TIMES = np.arange(N_SCANS) * 2.0
EVENTS = pd.DataFrame(
    {"onset": [2.0, 14, 26], "duration": [4.0, 4, 4], "trial_type": ["a", "b", "a"]}
)
FEW = st.integers(-2, 12) | st.floats(-2, 12)


def _series(n_scans=N_SCANS, seed=0):
    data = 100 + np.random.default_rng(seed).standard_normal((*SHAPE, n_scans))
    return nib.Nifti1Image(data.astype(np.float32), AFFINE)


def _maps(n=N_SUBJECTS):
    rng = np.random.default_rng(3)
    return [
        nib.Nifti1Image(rng.standard_normal(SHAPE).astype(np.float32), AFFINE)
        for _ in range(n)
    ]


BOLD, MAPS = _series(), _maps()
DESIGN = pd.DataFrame(
    {
        "a": np.sin(TIMES),
        "b": np.cos(TIMES),
        "constant": 1.0,
    }
)
GROUP = pd.DataFrame({"intercept": 1.0, "age": np.arange(N_SUBJECTS) - 3.5})
CONFOUNDS = pd.DataFrame({"x": np.linspace(-1, 1, N_SCANS) ** 2})
Y = np.random.default_rng(2).standard_normal((N_SCANS, 7))
FITTED = first_level.FirstLevelModel(
    mask_img=MASK, minimize_memory=False, smoothing_fwhm=None
).fit(BOLD, design_matrices=DESIGN)
GROUP_FITTED = second_level.SecondLevelModel(mask_img=MASK).fit(
    MAPS, design_matrix=GROUP
)
LABELS_OF, RESULTS = first_level.run_glm(Y, DESIGN.to_numpy(), "ols")
RESULT = next(iter(RESULTS.values()))

_HRF_NAMES = st.sampled_from(
    ["spm", "glover", "fir", "glover + derivative", "spm + derivative + dispersion"]
)
_CONTRASTS = st.sampled_from(["a", "a - b", "a + c", "2a", "(a", "a; b", "a = b", ""])
_VECTORS = st.lists(
    st.sampled_from([0.0, 1.0, -1.0, np.nan, np.inf, 1e300, 0.5]), max_size=5
)
_ONSETS = st.floats(-60, 120) | st.sampled_from([np.nan, np.inf, 1e300, -1e300])
_EVENTS = st.builds(
    lambda rows, names: pd.DataFrame(rows, columns=names),
    st.lists(
        st.tuples(_ONSETS, _ONSETS, st.sampled_from(["a", "", 1.0, None])), max_size=4
    ),
    st.permutations(["onset", "duration", "trial_type"]),
)


def _first(
    run_imgs,
    events=None,
    confounds=None,
    sample_masks=None,
    design_matrices=None,
    bins=None,
    contrast_def="a",
    stat_type=None,
    output_type="z_score",
    **options,
):
    model = first_level.FirstLevelModel(**options).fit(
        run_imgs, events, confounds, sample_masks, design_matrices, bins
    )
    return model.compute_contrast(contrast_def, stat_type, output_type)


def _second(
    second_level_input, confounds=None, design_matrix=None, contrast=None, **options
):
    model = second_level.SecondLevelModel(**options).fit(
        second_level_input, confounds, design_matrix
    )
    return model.compute_contrast(contrast)


def _parameters(kind):
    return tuple(n for n in kind._parameter_names() if n not in STILL)


_FIRST = [
    Door(
        "glm.first_level.FirstLevelModel",
        _first,
        {"run_imgs": BOLD, "design_matrices": DESIGN, "mask_img": MASK},
        odd={"contrast_def": _CONTRASTS | _VECTORS},
        names=_parameters(first_level.FirstLevelModel),
        still=(*STILL, "options"),
        nan=True,
    ),
    Door(
        "glm.first_level.FirstLevelModel",
        _first,
        {"run_imgs": BOLD, "events": EVENTS, "t_r": 2.0, "mask_img": MASK},
        odd={
            "events": _EVENTS,
            "hrf_model": _HRF_NAMES,
            "fir_delays": st.lists(st.integers(-2, 6), max_size=3),
            "t_r": FEW,
            "noise_model": st.sampled_from(["ols", "ar2", "arma", "ar-1", "ar99"]),
            "drift_model": st.sampled_from(["polynomial", "cosine", None]),
        },
        names=_parameters(first_level.FirstLevelModel),
        nan=True,
    ),
    Door(
        "glm.first_level.FirstLevelModel",
        _first,
        {
            "run_imgs": [BOLD, BOLD],
            "events": [EVENTS, EVENTS],
            "confounds": [CONFOUNDS, CONFOUNDS],
            "t_r": 2.0,
            "mask_img": MASK,
        },
        odd={"events": _EVENTS.map(lambda one: [EVENTS, one])},
        names=("run_imgs", "confounds", "sample_masks", "contrast_def"),
        nan=True,
    ),
    Door(
        "glm.first_level.FirstLevelModel",
        FITTED.compute_contrast,
        {"contrast_def": "a"},
        odd={"contrast_def": _CONTRASTS | _VECTORS | st.lists(_VECTORS, max_size=3)},
    ),
    Door(
        "glm.first_level.FirstLevelModel",
        FITTED.partial_r_square,
        {"contrast_def": "a"},
        odd={"contrast_def": _CONTRASTS | _VECTORS},
    ),
    Door(
        "glm.first_level.make_first_level_design_matrix",
        first_level.make_first_level_design_matrix,
        {"frame_times": TIMES, "events": EVENTS},
        odd={
            "events": _EVENTS,
            "hrf_model": _HRF_NAMES,
            "fir_delays": st.lists(st.integers(-2, 6), max_size=3),
            "oversampling": st.integers(-2, 60),
            "drift_order": st.integers(-2, 30),
            "high_pass": st.floats(-1, 1),
            "frame_times": st.lists(st.floats(-10, 100), max_size=6),
        },
    ),
    Door(
        "glm.first_level.check_design_matrix",
        first_level.check_design_matrix,
        {"design_matrix": DESIGN},
    ),
    Door(
        "glm.first_level.compute_regressor",
        first_level.compute_regressor,
        {
            "exp_condition": ([1.0, 20], [2.0, 2], [1.0, 1]),
            "hrf_model": "glover",
            "frame_times": TIMES,
        },
        odd={
            "exp_condition": st.lists(st.lists(_ONSETS, max_size=3), max_size=4),
            "hrf_model": _HRF_NAMES,
            "oversampling": st.integers(-2, 60),
            "fir_delays": st.lists(st.integers(-2, 6), max_size=3),
        },
    ),
    *(
        Door(
            f"glm.first_level.{name}",
            getattr(first_level, name),
            {"t_r": 2.0},
            odd={
                "t_r": FEW,
                "oversampling": st.integers(-2, 60),
                "time_length": FEW,
                "onset": FEW,
            },
        )
        for name in (
            "glover_dispersion_derivative",
            "glover_hrf",
            "glover_time_derivative",
            "spm_dispersion_derivative",
            "spm_hrf",
            "spm_time_derivative",
        )
    ),
    Door("glm.first_level.mean_scaling", first_level.mean_scaling, {"Y": Y + 100}),
    Door(
        "glm.first_level.run_glm",
        first_level.run_glm,
        {"Y": Y, "X": DESIGN.to_numpy()},
        odd={"noise_model": st.sampled_from(["ols", "ar2", "arma", "ar99", "AR1"])},
        still=STILL,
    ),
]

_GROUP = [
    Door(
        "glm.second_level.make_second_level_design_matrix",
        second_level.make_second_level_design_matrix,
        {"subjects_label": ["s1", "s2"]},
        odd={
            "confounds": st.builds(
                lambda labels, values: pd.DataFrame(
                    {"subject_label": labels, "age": values}
                ),
                st.just(["s1", "s2"]) | st.just(["s1", "s1"]),
                st.lists(
                    st.sampled_from([1.0, np.nan, np.inf, 3.0]), min_size=2, max_size=2
                ),
            )
        },
    ),
    Door(
        "glm.second_level.SecondLevelModel",
        _second,
        {"second_level_input": MAPS, "design_matrix": GROUP, "contrast": "age"},
        odd={
            "contrast": _VECTORS | st.sampled_from(["age - intercept", "nobody"]),
            "missing": st.sampled_from(["drop-voxel", "available", "nonsense"]),
        },
        names=_parameters(second_level.SecondLevelModel),
    ),
    Door(
        "glm.second_level.SecondLevelModel",
        GROUP_FITTED.compute_contrast,
        {"second_level_contrast": "age"},
        odd={"second_level_contrast": _VECTORS | st.lists(_VECTORS, max_size=3)},
    ),
    Door(
        "glm.second_level.SecondLevelModel",
        GROUP_FITTED.compute_contrast_permutations,
        {"second_level_contrast": "age", "n_perm": 9, "random_state": 0},
        odd={"second_level_contrast": _VECTORS},
        own={"n_perm": st.sampled_from([0, 1, 5, -1, 2.5, "a", None, np.nan, True])},
    ),
    Door(
        "glm.second_level.non_parametric_inference",
        second_level.non_parametric_inference,
        {
            "second_level_input": MAPS,
            "design_matrix": GROUP,
            "second_level_contrast": "age",
            "mask": MASK,
            "n_perm": 9,
            "random_state": 0,
        },
        odd={
            "blocks": st.just([0, 0, 1, 1, 2, 2, 3, 3]),
            "exchange": st.sampled_from(["auto", "permute", "flip", "both"]),
            "variance_groups": st.just([0, 0, 0, 0, 1, 1, 1, 1]),
            "tail": st.sampled_from(["gamma", "pareto"]),
        },
        own={"n_perm": st.sampled_from([0, 1, 5, -1, 2.5, "a", None, np.nan, True])},
        still=STILL,
    ),
    Door(
        "mass_univariate.permuted_ols",
        permuted_ols,
        {
            "tested_vars": GROUP[["age"]].to_numpy(),
            "target_vars": Y[:N_SUBJECTS],
            "n_perm": 9,
            "random_state": 0,
        },
        odd={
            "blocks": st.just([0, 0, 1, 1, 2, 2, 3, 3]),
            "confounding_vars": st.just(np.ones((N_SUBJECTS, 1))),
            "exchange": st.sampled_from(["auto", "permute", "flip", "both"]),
        },
        own={"n_perm": st.sampled_from([0, 1, 5, -1, 2.5, "a", None, np.nan, True])},
        still=STILL,
    ),
]

_CONTRASTS_AND_RESULTS = [
    Door(
        "glm.compute_contrast",
        glm.compute_contrast,
        {"labels": LABELS_OF, "regression_result": RESULTS, "con_val": [1.0, 0, 0]},
        odd={"con_val": _VECTORS},
    ),
    Door(
        "glm.contrasts.compute_fixed_effect_contrast",
        contrasts.compute_fixed_effect_contrast,
        {
            "labels": [LABELS_OF, LABELS_OF],
            "results": [RESULTS, RESULTS],
            "con_vals": [[1.0, 0, 0], [1.0, 0, 0]],
        },
    ),
    Door(
        "glm.contrasts.pad_contrast",
        contrasts.pad_contrast,
        {"con_val": [1.0], "n_regressors": 3},
        odd={"con_val": _VECTORS, "n_regressors": st.integers(-2, 9)},
        nan=True,
    ),
    Door(
        "glm.contrasts.mean_contrast",
        contrasts.mean_contrast,
        {"parts": [glm.compute_contrast(LABELS_OF, RESULTS, [1.0, 0, 0])]},
    ),
    Door(
        "glm.compute_fixed_effects",
        glm.compute_fixed_effects,
        {"contrast_imgs": MAPS[:2], "variance_imgs": [LABELS, LABELS], "mask": MASK},
        odd={"dofs": st.lists(FEW, max_size=3)},
    ),
    Door(
        "glm.Contrast",
        lambda baseline=0.0, **given: glm.Contrast(**given).z_score(baseline),
        {"effect": np.ones((1, 4)), "variance": np.ones(4), "dof": 9.0},
        odd={"dim": FEW, "dof": FEW, "stat_type": st.sampled_from(["t", "F", "z"])},
        names=("tiny", "dofmax"),
    ),
    Door(
        "glm.OLSModel",
        lambda design, Y: glm.OLSModel(design).fit(Y).theta,
        {"design": DESIGN.to_numpy(), "Y": Y},
    ),
    Door(
        "glm.ARModel",
        lambda design, rho, Y: glm.ARModel(design, rho).fit(Y).theta,
        {"design": DESIGN.to_numpy(), "rho": 0.3, "Y": Y},
        odd={"rho": st.floats(-2, 2) | _VECTORS},
    ),
    Door(
        "glm.RegressionResults",
        RESULT.Tcontrast,
        {"matrix": [1.0, 0, 0]},
        odd={"matrix": _VECTORS},
    ),
    Door("glm.RegressionResults", RESULT.Fcontrast, {"matrix": np.eye(3)[:2]}),
    Door("glm.RegressionResults", RESULT.conf_int, {"alpha": 0.05}),
    Door("glm.RegressionResults", RESULT.t, {"column": 0}),
    Door("glm.RegressionResults", RESULT.vcov, {"column": 0}),
    Door(
        "glm.expression_to_contrast_vector",
        glm.expression_to_contrast_vector,
        {"expression": "a - b", "design_columns": ["a", "b"]},
        odd={"expression": _CONTRASTS},
    ),
]

_THRESHOLDS = [
    Door(
        "glm.threshold_stats_img",
        glm.threshold_stats_img,
        {"stat_img": MAP, "mask_img": MASK},
        odd={"height_control": st.sampled_from(["fdr", "bonferroni", "fwe", None])},
        nan=True,
    ),
    Door(
        "glm.cluster_level_inference",
        glm.cluster_level_inference,
        {"stat_img": MAP, "mask_img": MASK, "threshold": 1.0},
        odd={"threshold": st.lists(FEW, max_size=3), "calibration": FEW},
        still=STILL,
    ),
    Door(
        "glm.fdr_threshold",
        glm.fdr_threshold,
        {"z_vals": Y[0], "alpha": 0.05},
        nan=True,
    ),
    Door(
        "glm.tfce_img",
        glm.tfce_img,
        {"stat_img": MAP, "mask_img": MASK},
        odd={"steps": st.integers(-1, 200), "connectivity": st.integers(0, 30)},
    ),
]

DOORS = [*_FIRST, *_GROUP, *_CONTRASTS_AND_RESULTS, *_THRESHOLDS]
