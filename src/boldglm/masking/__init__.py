"""Brain masks: computed from images, combined, and applied.

Functions are loaded when they are first used.
"""

from boldglm._base.lazy import attach

_NAMES = {
    "apply_mask": "boldglm.masking.apply",
    "compute_background_mask": "boldglm.masking.compute",
    "compute_brain_mask": "boldglm.masking.template",
    "compute_epi_mask": "boldglm.masking.compute",
    "compute_multi_background_mask": "boldglm.masking.combine",
    "compute_multi_brain_mask": "boldglm.masking.template",
    "compute_multi_epi_mask": "boldglm.masking.combine",
    "intersect_masks": "boldglm.masking.combine",
    "load_mask_img": "boldglm.masking.apply",
    "unmask": "boldglm.masking.apply",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
