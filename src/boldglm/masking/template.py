"""Brain masks from a template, brought to the grid of an image."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image

from boldglm._base.arguments import check_truth
from boldglm._base.warnings import MaskWarning, warn
from boldglm.core.morphology import open_mask
from boldglm.datasets.templates import (
    load_mni152_gm_template,
    load_mni152_template,
    load_mni152_wm_template,
)
from boldglm.image.concat import require_one_grid
from boldglm.image.headers import new_image
from boldglm.image.reading import read_data
from boldglm.image.resample import resample_to_img
from boldglm.image.sources import open_all
from boldglm.masking.compute import as_opening
from boldglm.signal.checks import check_choice, checked_number

__all__ = ["compute_brain_mask", "compute_multi_brain_mask"]

_TEMPLATES = {
    "whole-brain": load_mni152_template,
    "gm": load_mni152_gm_template,
    "wm": load_mni152_wm_template,
}


def compute_brain_mask(
    target_img: Any,
    threshold: float = 0.5,
    connected: bool = True,
    opening: bool | int = 2,
    memory: Any = None,
    verbose: int = 0,
    mask_type: str = "whole-brain",
    template_img: Any = None,
) -> Nifti1Image:
    """A mask of the brain, or of a tissue, from a template.

    The template is interpolated by cubic splines at the voxels of the image,
    cut at a threshold, and opened.

    Parameters
    ----------
    target_img : str, Path, nibabel image, or list of these
        In the space of the template (MNI, unless another is given). Only its
        grid is looked at.
    threshold : float
        Voxels are inside where the template is at least this.
    connected : bool
        Keep only the largest part.
    opening : bool or int
        Voxels by which the mask is opened, see `open_mask`; 0: not at all.
    memory, verbose
        Accepted for compatibility; nothing is cached or printed.
    mask_type : {"whole-brain", "gm", "wm"}
        Which map of MNI152: T1 (`boldglm.datasets.load_mni152_template`), or the
        share of grey or white matter.
    template_img : str, Path, nibabel image or None
        3-D: a template, or the probability of a tissue, from 0 to 1, in place of
        MNI152. `mask_type` is then only a name.

    Returns
    -------
    Nifti1Image
        3-D, uint8, 1 inside, on the grid of `target_img`.

    Raises
    ------
    ValueError
        For another `mask_type`.
    TypeError
        If `threshold` is no number.
    BoundingBoxError
        If the image lies wholly beside the template.

    Warns
    -----
    MaskWarning
        If the mask is empty.

    Examples
    --------
    >>> import numpy as np
    >>> data = np.zeros((16, 16, 16))
    >>> data[4:12, 4:12, 4:12] = 0.9
    >>> template = Nifti1Image(data, np.eye(4))
    >>> coarse = Nifti1Image(np.zeros((8, 8, 8, 5)), np.diag([2.0, 2.0, 2.0, 1.0]))
    >>> mask = compute_brain_mask(coarse, opening=False, template_img=template)
    >>> mask.shape, int(mask.get_fdata().sum())
    ((8, 8, 8), 64)
    """
    del memory, verbose
    check_choice(mask_type, "mask_type", _TEMPLATES)
    checked_number(threshold, "threshold", "a number from 0 to 1")
    check_truth(connected, "connected")
    first = _opened(target_img)[0]
    if template_img is None:
        template_img = _TEMPLATES[mask_type]()
    template = read_data(resample_to_img(template_img, first, copy_header=False))
    # a threshold beyond single precision is infinite there
    with np.errstate(over="ignore"):
        inside = template >= threshold
    mask = open_mask(inside, as_opening(opening), connected)
    if not mask.any():
        warn(
            f"The {mask_type} mask is empty: lower the threshold ({threshold}) or "
            "check that template and image lie in one space.",
            MaskWarning,
        )
    return new_image(first, mask)


def compute_multi_brain_mask(
    target_imgs: Sequence[Any],
    threshold: float = 0.5,
    connected: bool = True,
    opening: bool | int = 2,
    memory: Any = None,
    verbose: int = 0,
    mask_type: str = "whole-brain",
    template_img: Any = None,
) -> Nifti1Image:
    """A mask from a template for images that lie on one grid.

    Parameters
    ----------
    target_imgs : list of str, Path or nibabel image
    threshold, connected, opening, memory, verbose, mask_type, template_img
        See `compute_brain_mask`.

    Returns
    -------
    Nifti1Image
        3-D, uint8, 1 inside.

    Raises
    ------
    TypeError
        If the list is empty.
    GridError
        If the images lie on different grids.
    ValueError
        As `compute_brain_mask`.

    Examples
    --------
    >>> import numpy as np
    >>> template = Nifti1Image(np.ones((4, 4, 4)), np.eye(4))
    >>> runs = [Nifti1Image(np.zeros((4, 4, 4, n)), np.eye(4)) for n in (5, 6)]
    >>> mask = compute_multi_brain_mask(runs, opening=0, template_img=template)
    >>> int(mask.get_fdata().sum())
    64
    """
    images = _opened(target_imgs)
    require_one_grid(images)
    return compute_brain_mask(
        images[0],
        threshold=threshold,
        connected=connected,
        opening=opening,
        memory=memory,
        verbose=verbose,
        mask_type=mask_type,
        template_img=template_img,
    )


def _opened(imgs: Any) -> list[Any]:
    images = open_all(imgs)
    if not images:
        msg = "There are no images to make a mask for: the list is empty."
        raise TypeError(msg)
    return images
