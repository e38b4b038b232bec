"""A group of subjects."""

from boldglm._base.lazy import attach

_NAMES = {"make_second_level_design_matrix": "boldglm.glm.second_level.design"}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
