"""A group of subjects."""

from boldglm._base.lazy import attach

_NAMES = {
    "SecondLevelModel": "boldglm.glm.second_level.second_level",
    "make_second_level_design_matrix": "boldglm.glm.second_level.design",
    "non_parametric_inference": "boldglm.glm.second_level.inference",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
