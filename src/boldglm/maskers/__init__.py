"""Maskers: images in, arrays of (scan, voxel) out, and back.

Classes are loaded when they are first used.
"""

from importlib import import_module
from typing import Any

_MODULE_OF = {"NiftiMasker": "nifti_masker"}

__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(__all__)
