"""Fixed effects over runs, from maps that were computed before."""

from os import PathLike

import numpy as np

from boldglm._base.arguments import as_list, check_truth, checked_number
from boldglm._base.errors import DimensionError, ShapeError
from boldglm.glm.contrast_maps import Contrast

__all__ = ["compute_fixed_effects", "fixed_effect"]


def compute_fixed_effects(
    contrast_imgs,
    variance_imgs,
    mask=None,
    precision_weighted=False,
    dofs=None,
    return_z_score=False,
):
    """Fixed effects over runs, from images of effects and variances.

    Unweighted, ``effect = mean(c_r)`` and ``variance = sum(v_r) / n^2``. With
    `precision_weighted`, ``variance = 1 / sum(1 / v_r)`` and
    ``effect = variance * sum(c_r / v_r)``; runs without variance have no weight.

    Parameters
    ----------
    contrast_imgs, variance_imgs : lists of images or paths
        One per run. The effects of an F contrast are 4-D.
    mask : image, path, NiftiMasker, or None
        None: everything but the background of the effects.
    precision_weighted : bool
    dofs : sequence of float, optional
        Degrees of freedom of each run; 100 each if not given.
    return_z_score : bool
        Return a fourth image, the z of the statistic.

    Returns
    -------
    effect, variance, statistic[, z] : images
        The statistic is a t (or F), and 0 where there is no variance.

    Raises
    ------
    TypeError
        If the images do not come as lists.
    ShapeError
        If the numbers of images or of `dofs` differ.
    DimensionError
        If a variance image has several volumes.
    ValueError
        If a variance is negative.
    """
    for name, images in (("contrast", contrast_imgs), ("variance", variance_imgs)):
        if isinstance(images, str | PathLike) or hasattr(images, "affine"):
            msg = (
                f"{name}_imgs is a {type(images).__name__}; expected a list of images "
                "or paths, one per run."
            )
            raise TypeError(msg)
    check_truth(precision_weighted, "precision_weighted")
    check_truth(return_z_score, "return_z_score")
    per_run = "images or paths, one per run"
    contrast_imgs = as_list(contrast_imgs, "contrast_imgs", per_run)
    variance_imgs = as_list(variance_imgs, "variance_imgs", per_run)
    n_runs = len(contrast_imgs)
    if not n_runs:
        msg = "contrast_imgs is empty; expected an image per run"
        raise ShapeError(msg)
    expected = "degrees of freedom, one number per run"
    dofs = [100] * n_runs if dofs is None else as_list(dofs, "dofs", expected)
    dofs = [checked_number(one, "dofs", expected, low=0, high=np.inf) for one in dofs]
    if not n_runs == len(variance_imgs) == len(dofs):
        msg = (
            f"The number of contrast images ({n_runs}), of variance images "
            f"({len(variance_imgs)}) and of dofs ({len(dofs)}) differ; "
            "expected one of each per run."
        )
        raise ShapeError(msg)
    masker = _fixed_effects_masker(mask, contrast_imgs)
    effects = np.stack([np.atleast_2d(masker.transform(c)) for c in contrast_imgs])
    variances = np.stack([_one_map(masker.transform(v)) for v in variance_imgs])
    if np.any(variances < 0):
        msg = (
            "variance_imgs has negative values; a variance has none. Are they swapped "
            "with contrast_imgs?"
        )
        raise ValueError(msg)
    contrast = fixed_effect(
        effects.astype(float), variances.astype(float), precision_weighted, dofs
    )
    maps = [contrast.effect, contrast.variance, contrast.stat()]
    if return_z_score:
        maps.append(contrast.z_score())
    return tuple(masker.inverse_transform(one.astype(np.float32)) for one in maps)


def _one_map(values: np.ndarray) -> np.ndarray:
    """The map of a variance image, of one scan at most."""
    maps = np.atleast_2d(values)
    if len(maps) != 1:
        msg = (
            f"A variance image has {len(maps)} volumes; expected one map per run, "
            "3-D. (A run's series is no variance: pass images of contrasts.)"
        )
        raise DimensionError(msg)
    return maps[0]


def _fixed_effects_masker(mask, contrast_imgs):
    from boldglm.maskers import NiftiMasker

    if hasattr(mask, "mask_img_"):
        mask = mask.mask_img_
    elif isinstance(mask, NiftiMasker):
        mask = mask.mask_img
    masker = NiftiMasker(mask_img=mask)
    return masker.fit(contrast_imgs) if mask is None else masker.fit()


def fixed_effect(effects, variances, precision_weighted, dofs) -> Contrast:
    """Fixed effect of (n_runs, dim, n_voxels) effects, (n_runs, n_voxels) variances."""
    positive = variances > 0
    if precision_weighted:
        weights = np.where(positive, 1 / np.where(positive, variances, 1.0), 0.0)
        total = weights.sum(axis=0)
        variance = np.where(total > 0, 1 / np.where(total > 0, total, 1.0), 0.0)
        effect = np.einsum("rdv,rv->dv", effects, weights) * variance
    else:
        variance = variances.mean(axis=0) / len(variances)
        effect = effects.mean(axis=0)
    one_row = effect.shape[0] == 1
    return Contrast(
        effect[0] if one_row else effect,
        variance,
        dof=float(np.sum(dofs)),
        stat_type="t" if one_row else "F",
    )
