"""Images: reading, writing, and what is done to them voxel by voxel.

Functions are loaded when they are first used.
"""

from importlib import import_module
from typing import Any

_MODULE_OF = {
    "binarize_img": "threshold",
    "check_niimg": "files",
    "check_niimg_3d": "files",
    "check_niimg_4d": "files",
    "concat_imgs": "concat",
    "copy_img": "like",
    "crop_img": "crop",
    "get_data": "like",
    "index_img": "index",
    "iter_img": "index",
    "load_img": "files",
    "math_img": "math",
    "mean_img": "mean",
    "new_img_like": "like",
    "resample_img": "resample",
    "resample_to_img": "resample",
    "save_img": "writing",
    "smooth_img": "smooth",
    "threshold_img": "threshold",
}

__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(__all__)
