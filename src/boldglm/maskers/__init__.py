"""Maskers: images in, arrays of (scan, voxel) out, and back.

Classes are loaded when they are first used.
"""

from boldglm._base.lazy import attach

_NAMES = {
    "NiftiLabelsMasker": "boldglm.maskers.nifti_labels_masker",
    "NiftiMasker": "boldglm.maskers.nifti_masker",
    "NiftiSpheresMasker": "boldglm.maskers.nifti_spheres_masker",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
