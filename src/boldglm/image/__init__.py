"""Images: reading, writing, and what is done to them voxel by voxel.

Functions are loaded when they are first used.
"""

from boldglm._base.lazy import attach

_NAMES = {
    "binarize_img": "boldglm.image.threshold",
    "check_niimg": "boldglm.image.files",
    "check_niimg_3d": "boldglm.image.files",
    "check_niimg_4d": "boldglm.image.files",
    "clean_img": "boldglm.image.clean",
    "concat_imgs": "boldglm.image.concat",
    "coord_transform": "boldglm.image.coordinates",
    "copy_img": "boldglm.image.like",
    "crop_img": "boldglm.image.crop",
    "get_data": "boldglm.image.like",
    "high_variance_confounds": "boldglm.image.confounds",
    "index_img": "boldglm.image.index",
    "iter_img": "boldglm.image.index",
    "largest_connected_component_img": "boldglm.image.components",
    "load_img": "boldglm.image.files",
    "math_img": "boldglm.image.math",
    "mean_img": "boldglm.image.mean",
    "new_img_like": "boldglm.image.like",
    "reorder_img": "boldglm.image.reorder",
    "resample_img": "boldglm.image.resample",
    "resample_to_img": "boldglm.image.resample",
    "save_img": "boldglm.image.writing",
    "smooth_img": "boldglm.image.smooth",
    "swap_img_hemispheres": "boldglm.image.reorder",
    "threshold_img": "boldglm.image.threshold",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
