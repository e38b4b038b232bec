"""Images whose series are cleaned."""

from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.memory import array_for
from boldglm.image.concat import require_one_grid
from boldglm.image.extract import extract, extracted_dtype
from boldglm.image.headers import new_image
from boldglm.image.mask import read_mask
from boldglm.image.reading import FEWER_SCANS, name_of, read_into, working_dtype
from boldglm.image.sources import count_scans, is_series, open_all, require_dimensions
from boldglm.signal.cleaning import clean_series, float_type

__all__ = ["clean_img", "flat_series", "open_series"]


def clean_img(
    imgs: Any,
    runs: Any = None,
    detrend: bool = True,
    standardize: Any = True,
    confounds: Any = None,
    low_pass: float | None = None,
    high_pass: float | None = None,
    t_r: float | None = None,
    ensure_finite: bool = False,
    mask_img: Any = None,
    **kwargs: Any,
) -> Nifti1Image:
    """Take drift, frequencies and confounds out of each voxel, and scale it.

    `boldglm.signal.clean` of every voxel. Files are read once; besides the result,
    memory is that of a block of voxels.

    Parameters
    ----------
    imgs : str, Path, nibabel image, or list of 3-D images
        4-D.
    runs : (scan,) or None
        Which run each scan belongs to; runs are cleaned one by one.
    detrend : bool
        Take the least-squares line off each voxel.
    standardize : {"zscore_sample", "psc", True, False, None}
        Scale of the result; True is "zscore_sample".
    confounds : DataFrame, array, path, list of these, or None
        (scan, confound).
    low_pass, high_pass : float or None
        In Hz; needs `t_r`.
    t_r : float or None
        Seconds between scans. The header is not asked: it is wrong too often.
    ensure_finite : bool
        Replace values that are not finite by 0 (within a mask always).
    mask_img : str, Path, nibabel image or None
        Voxels to clean, on the grid of `imgs`; the others become 0.
    **kwargs
        ``clean__`` and an argument of `boldglm.signal.clean`:
        ``clean__sample_mask``, ``clean__filter``,
        ``clean__butterworth__order``, ...

    Returns
    -------
    Nifti1Image
        float32, or float64 for 64-bit images. Scans that ``clean__sample_mask``
        does not keep are left out.

    Raises
    ------
    ValueError
        If a filter is asked for without `t_r`, or parameters do not fit.
    TypeError
        For another keyword.
    DimensionError
        If the image is 3-D.
    MaskError
        If the mask lies on another grid.

    Examples
    --------
    >>> data = np.sin(np.arange(60.0)).reshape(1, 1, 1, 60) + 100
    >>> img = Nifti1Image(data, np.eye(4))
    >>> cleaned = clean_img(img, standardize=None).get_fdata()
    >>> float(cleaned.mean().round(6) + 0)
    0.0
    """
    images = open_series(imgs)
    if (low_pass is not None or high_pass is not None) and t_r is None:
        msg = (
            f"low_pass={low_pass} and high_pass={high_pass} are in Hz: filtering needs "
            f"the repetition time t_r, in seconds ({_stated(images[0])})."
        )
        raise ValueError(msg)
    others = [key for key in kwargs if not key.startswith("clean__")]
    if others:
        msg = (
            f"clean_img has no argument {', '.join(others)}; arguments of signal.clean "
            "are written with 'clean__' before their name."
        )
        raise TypeError(msg)
    options = {key.removeprefix("clean__"): value for key, value in kwargs.items()}
    sample_mask = options.pop("sample_mask", None)
    params = {
        "detrend": detrend,
        "standardize": standardize,
        "standardize_confounds": options.pop("standardize_confounds", True),
        "low_pass": low_pass,
        "high_pass": high_pass,
        "t_r": t_r,
        "clean_args": {"ensure_finite": ensure_finite, **options},
    }
    mask = None if mask_img is None else read_mask(mask_img)
    if mask is None:
        series = flat_series(images)
    else:
        series = extract(images, mask, dtype=extracted_dtype(images))
    series = clean_series(
        series, params, confounds, sample_mask, runs, overwrite=True
    )  # fmt: skip
    if mask is not None:
        return new_image(images[0], mask.scatter(series))
    shape = (*images[0].shape[:3], len(series))
    return new_image(images[0], series.reshape(-1).reshape(shape, order="F"))


def open_series(imgs: Any) -> list[SpatialImage]:
    """Open a 4-D image, or the 3-D images of a list, headers only.

    Raises
    ------
    TypeError
        If there are no images.
    DimensionError
        If it is a single 3-D image, or a list of 4-D ones.

    Examples
    --------
    >>> img = Nifti1Image(np.zeros((2, 2, 2, 3)), np.eye(4))
    >>> len(open_series(img))
    1
    """
    images = open_all(imgs)
    if not images:
        msg = "There are no images: the list is empty."
        raise TypeError(msg)
    several = is_series(imgs)
    for img in images:
        what = " in a list: give one run at a time" if several else ""
        require_dimensions(img, 3 if several else 4, what)
    return images


def flat_series(images: list[SpatialImage]) -> np.ndarray:
    """All voxels of opened images on one grid, a row per scan.

    Returns
    -------
    (scan, voxel) float32 or float64, C-contiguous
        Voxels in the order of files, x fastest. The caller's own.

    Examples
    --------
    >>> flat_series([Nifti1Image(np.zeros((1, 1, 2, 3)), np.eye(4))]).shape
    (3, 2)
    """
    require_one_grid(images)
    kind = np.result_type(*(float_type(working_dtype(img)) for img in images))
    n_scans = sum(count_scans(img) for img in images)
    shape = (*images[0].shape[:3], n_scans)
    data = array_for("the scans that are cleaned", shape, kind, FEWER_SCANS)
    done = 0
    for img in images:
        read_into(img, data[..., done : done + count_scans(img)])
        done += count_scans(img)
    return data.reshape(-1, n_scans, order="F").T


def _stated(img: SpatialImage) -> str:
    zooms = img.header.get_zooms()
    stated = f"{zooms[3]:g}" if len(zooms) > 3 else "none"
    return f"the header of {name_of(img)} states {stated}"
