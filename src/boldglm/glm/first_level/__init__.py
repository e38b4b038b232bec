"""One subject: designs from events, the fit of runs, contrasts over them."""

from boldglm._base.lazy import attach

_HRF = "boldglm.glm.first_level.hemodynamic_models"
_DESIGN = "boldglm.glm.first_level.design_matrix"
_NAMES = {
    "FirstLevelModel": "boldglm.glm.first_level.first_level",
    "RunNoise": "boldglm.glm.first_level.run_noise",
    "check_design_matrix": _DESIGN,
    "compute_regressor": _HRF,
    "design_matrix": "boldglm.glm.first_level.design_matrix",
    "experimental_paradigm": "boldglm.glm.first_level.experimental_paradigm",
    "first_level": "boldglm.glm.first_level.first_level",
    "glover_dispersion_derivative": _HRF,
    "glover_hrf": _HRF,
    "glover_time_derivative": _HRF,
    "hemodynamic_models": _HRF,
    "make_first_level_design_matrix": _DESIGN,
    "mean_scaling": "boldglm.glm.first_level.scaling",
    "run_glm": "boldglm.glm.first_level.fitting",
    "spm_dispersion_derivative": _HRF,
    "spm_hrf": _HRF,
    "spm_time_derivative": _HRF,
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
