"""Figures on matplotlib.

Figures are drawn without a window system and without touching the state of
pyplot: nothing stays open, nothing needs a display.
"""

from boldglm._base.lazy import attach

_NAMES = {
    "plot_design_matrix": "boldglm.plotting.design_matrix",
    "plot_slice_row": "boldglm.plotting.slices",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
