"""The general linear model: first level, second level, contrasts, thresholds."""

from boldglm._base.lazy import attach

_NAMES = {
    "ARModel": "boldglm.glm.regression",
    "Contrast": "boldglm.glm.contrasts",
    "FContrastResults": "boldglm.glm.model",
    "LikelihoodModelResults": "boldglm.glm.model",
    "OLSModel": "boldglm.glm.regression",
    "RegressionResults": "boldglm.glm.regression",
    "SimpleRegressionResults": "boldglm.glm.regression",
    "TContrastResults": "boldglm.glm.model",
    "cluster_level_inference": "boldglm.glm.thresholding",
    "compute_contrast": "boldglm.glm.contrasts",
    "compute_fixed_effects": "boldglm.glm.contrasts",
    "expression_to_contrast_vector": "boldglm.core.expression",
    "fdr_threshold": "boldglm.glm.thresholding",
    "first_level": "boldglm.glm.first_level",
    "save_glm_to_bids": "boldglm.glm.io",
    "second_level": "boldglm.glm.second_level",
    "tfce_img": "boldglm.glm.enhancement",
    "threshold_stats_img": "boldglm.glm.thresholding",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
