"""Signals without images: filters, confounds and cleaning of (scan, column) arrays.

Functions are loaded when they are first used.
"""

from boldglm._base.lazy import attach

_NAMES = {
    "butterworth": "boldglm.signal.filters",
    "clean": "boldglm.signal.cleaning",
    "create_cosine_drift": "boldglm.signal.filters",
    "high_variance_confounds": "boldglm.signal.high_variance",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
