"""The masker of a model, from whatever was passed as its mask."""

import numpy as np

from boldglm._base.warnings import DesignWarning, warn

__all__ = ["make_masker"]

# What both a model and a masker can ask for.
SHARED = ("smoothing_fwhm", "target_affine", "target_shape")


def make_masker(model, images, compute_mask=None):
    """Fitted masker for a model's runs.

    Parameters
    ----------
    model : FirstLevelModel or SecondLevelModel
        Its `mask_img` is an image, a path, a masker, False or None.
    images : list of images
    compute_mask : function of images, target_affine and target_shape, optional
        Makes the mask where there is none; `compute_multi_epi_mask` if not given.

    Returns
    -------
    NiftiMasker
        Always a new one: a masker that was passed is copied.
    """
    from boldglm.image import new_img_like
    from boldglm.maskers import NiftiMasker
    from boldglm.masking import compute_multi_epi_mask

    options = {name: getattr(model, name) for name in SHARED}
    mask = model.mask_img
    if isinstance(mask, type):
        msg = f"mask_img is the class {mask.__name__}; expected a masker: call it first"
        raise TypeError(msg)
    if mask is None:
        # On the grid the data will have, so that mask and data agree voxel by voxel.
        mask = (compute_mask or compute_multi_epi_mask)(
            images,
            target_affine=model.target_affine,
            target_shape=model.target_shape,
        )
    elif mask is False:
        shape = images[0].shape[:3]
        mask = new_img_like(images[0], np.ones(shape, np.int8), images[0].affine)
    elif hasattr(mask, "transform"):
        scaled = getattr(model, "signal_scaling", False) is not False
        return _copy_masker(mask, options, images, scaled)
    return NiftiMasker(mask_img=mask, **options).fit()


def _copy_masker(masker, options, images, scaled: bool):
    """Copy of a user's masker, fitted, with what the model asks for added."""
    from boldglm.maskers import NiftiMasker

    if not hasattr(masker, "get_params"):
        msg = f"mask_img is a {type(masker).__name__}; expected an image or a masker."
        raise TypeError(msg)
    if not hasattr(masker, "mask_img_"):
        masker = NiftiMasker(**masker.get_params(deep=False)).fit(images)
    known = set(NiftiMasker().get_params())
    params = {k: v for k, v in masker.get_params(deep=False).items() if k in known}
    for name, value in options.items():
        if value is None:
            continue
        if params.get(name) is not None and not np.array_equal(params[name], value):
            warn(
                f"The model asks for {name}={value!r} and its masker for "
                f"{name}={params[name]!r}: the model's is used. Set one of them only.",
                DesignWarning,
            )
        params[name] = value
    if scaled and params.get("standardize"):
        warn(
            f"The masker has standardize={params['standardize']!r}, and the model "
            "scales the signal to per cent of its mean: the model's scaling is used. "
            "Set signal_scaling=False for the masker's.",
            DesignWarning,
        )
        params["standardize"] = False
    params["mask_img"] = masker.mask_img_
    return NiftiMasker(**params).fit()
