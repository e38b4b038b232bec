"""Images computed from images by a formula."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.errors import DimensionError, GridError, ShapeError
from boldglm._base.warnings import ImageWarning, warn
from boldglm.image.files import load_img
from boldglm.image.formula import evaluate, names_in
from boldglm.image.headers import new_image
from boldglm.image.reading import read_data
from boldglm.image.sources import grid_of

__all__ = ["math_img"]


def math_img(
    formula: str, copy_header_from: str | None = None, **imgs: Any
) -> Nifti1Image:
    """Compute an image from images by a formula.

    The formula is parsed, not executed: it may hold arithmetic, comparisons,
    ``& | ~``, indexing, the images by name, functions of numpy as ``np.name``,
    and array methods such as ``.mean(axis=-1)`` and ``.astype(int)``.
    Integers below 32 bits are computed with 32, so that sums and differences
    of masks do not wrap around.

    Parameters
    ----------
    formula : str
        For example ``"(img1 - img2) / np.std(img1, axis=-1, keepdims=True)"``.
    copy_header_from : str or None
        Name of the image whose header is copied; it must have as many
        dimensions as the result.
    **imgs : str, Path, nibabel image, or list of these
        The images, by their names in the formula, all on one grid. Not
        modified.

    Returns
    -------
    Nifti1Image
        Comparisons give uint8.

    Raises
    ------
    ValueError
        If the formula cannot be parsed, uses something else, or fails.
    GridError
        If the images lie on different grids.
    ShapeError
        If the result is no volume on the images' grid.
    DimensionError
        If the header does not fit the result.

    Warns
    -----
    ImageWarning
        If an image is not used in the formula.

    Examples
    --------
    >>> before = Nifti1Image(np.full((1, 1, 2), 4.0), np.eye(4))
    >>> after = Nifti1Image(np.array([[[5.0, 3.0]]]), np.eye(4))
    >>> math_img("100 * (b - a) / a", a=before, b=after).get_fdata()
    array([[[ 25., -25.]]])
    >>> math_img("__import__('os')", a=before)
    Traceback (most recent call last):
        ...
    ValueError: Formula "__import__('os')": the name '__import__' is not an image ...
    """
    if not imgs:
        msg = "math_img needs at least one image, such as math_img('img > 3', img=...)."
        raise ValueError(msg)
    named = isinstance(copy_header_from, str) and copy_header_from in imgs
    if copy_header_from is not None and not named:
        msg = (
            f"copy_header_from={copy_header_from!r} is not one of the images: "
            f"{', '.join(imgs)}."
        )
        raise ValueError(msg)
    opened = {name: load_img(img) for name, img in imgs.items()}
    _require_same_grid(opened)
    arrays = {name: read_data(img) for name, img in opened.items()}
    result = evaluate(formula, {name: _roomy(data) for name, data in arrays.items()})
    unused = set(imgs) - names_in(formula) - {copy_header_from}
    if unused:
        warn(
            f"Images not used in the formula {formula!r}: {', '.join(sorted(unused))}.",
            ImageWarning,
        )
    ref = opened[copy_header_from or next(iter(opened))]
    if np.ndim(result) not in (3, 4) or np.shape(result)[:3] != ref.shape[:3]:
        msg = (
            f"The formula {formula!r} gives an array of shape {np.shape(result)}; "
            f"expected a volume on the grid {ref.shape[:3]}."
        )
        raise ShapeError(msg)
    if copy_header_from is not None and np.ndim(result) != len(ref.shape):
        msg = (
            f"The result has {np.ndim(result)} dimensions, "
            f"{copy_header_from} has {len(ref.shape)}: its header does not fit."
        )
        raise DimensionError(msg)
    data = _narrowed(result, list(arrays.values()))
    return new_image(ref, data, copy_header=copy_header_from is not None)


def _require_same_grid(images: Mapping[str, SpatialImage]) -> None:
    (first, img), *others = images.items()
    grid = grid_of(img)
    for name, other in others:
        if grid_of(other) != grid:
            msg = (
                f"The images {first} and {name} do not lie on one grid: "
                f"shapes {grid.shape} and {other.shape}, affines\n{grid.affine}\n"
                f"{other.affine}\nResample one of them first (resample_to_img)."
            )
            raise GridError(msg)


def _roomy(data: np.ndarray) -> np.ndarray:
    """Small integers as int32, so that 0 - 1 is -1 and not 255."""
    if data.dtype.kind in "biu" and data.dtype.itemsize < 4:
        return data.astype(np.int32)
    return data


def _narrowed(result: np.ndarray, inputs: list[np.ndarray]) -> np.ndarray:
    """The type of the inputs again, for integers that fit into it."""
    stored = np.result_type(*inputs)
    if result.dtype != np.int32 or stored.kind not in "iu" or stored.itemsize >= 4:
        return result
    limits = np.iinfo(stored)
    fits = result.min(initial=0) >= limits.min and result.max(initial=0) <= limits.max
    return result.astype(stored) if fits else result
