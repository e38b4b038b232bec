"""The names that scripts import from `image.resampling`."""

from boldglm._base.lazy import attach

_NAMES = {
    "BoundingBoxError": "boldglm._base.errors",
    "coord_transform": "boldglm.image.coordinates",
    "get_bounds": "boldglm.image.coordinates",
    "reorder_img": "boldglm.image.reorder",
    "resample_img": "boldglm.image.resample",
    "resample_to_img": "boldglm.image.resample",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
