"""Images cut to what is in them."""

from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image

from boldglm._base.arguments import check_truth
from boldglm._base.warnings import ImageWarning, warn
from boldglm.image.files import load_img
from boldglm.image.headers import new_image
from boldglm.image.reading import name_of, read_data
from boldglm.image.sources import grid_of
from boldglm.signal.checks import checked_number

__all__ = ["crop_img", "filled_box"]


def crop_img(
    img: Any,
    rtol: float = 1e-8,
    copy: bool = True,
    pad: bool = True,
    return_offset: bool = False,
    copy_header: bool = True,
) -> Nifti1Image | tuple[Nifti1Image, tuple[slice, slice, slice]]:
    """Cut away the borders of an image that hold nothing.

    A voxel holds something when its absolute value in some scan is above
    ``rtol`` times the largest of the image. Values that are not finite count as
    nothing.

    Parameters
    ----------
    img : str, Path, nibabel image, or list of these
    rtol : float
        0 or more.
    copy : bool
        Whether the data are copied or a view of those of `img`, where these are
        in memory.
    pad : bool
        Leave one voxel around, as far as the image has it.
    return_offset : bool
        Also return where the part lies.
    copy_header : bool

    Returns
    -------
    Nifti1Image
        The whole image, if there is nothing in it.
    slices : tuple of three slices
        Only with `return_offset`.

    Raises
    ------
    TypeError, ValueError
        If `rtol` is no number, or negative.

    Warns
    -----
    ImageWarning
        If there is nothing in the image.

    Examples
    --------
    >>> data = np.zeros((5, 6, 7))
    >>> data[2, 3, 4] = 1.0
    >>> part, where = crop_img(Nifti1Image(data, np.eye(4)), return_offset=True)
    >>> part.shape, where[0]
    ((3, 3, 3), slice(1, 4, None))
    """
    check_truth(pad, "pad")
    check_truth(copy, "copy")
    check_truth(return_offset, "return_offset")
    checked_number(rtol, "rtol", "a part of the largest value, 0 or more", low=0)
    opened = load_img(img)
    data = read_data(opened)
    box = filled_box(data, rtol, pad=pad)
    if box is None:
        warn(
            f"{name_of(opened)} has no values above {rtol} of its largest: "
            "it is returned whole.",
            ImageWarning,
        )
        x, y, z = (slice(0, n) for n in data.shape[:3])
        box = (x, y, z)
    in_memory = isinstance(opened.dataobj, np.ndarray) or not data.flags.writeable
    if not in_memory:
        part = _packed(data, box)
    else:
        part = data[box].copy(order="K") if copy else data[box]
    cropped = new_image(opened, part, grid_of(opened).crop(box).affine, copy_header)
    return (cropped, box) if return_offset else cropped


def _packed(data: np.ndarray, box: tuple[slice, slice, slice]) -> np.ndarray:
    """The part in `box` moved to the front of the array: no second copy of a run.

    `data` is ours, x fastest. A scan of the part starts in memory before the scan
    it is taken from, or where it starts: later scans are still whole.
    """
    scans = data.reshape(*data.shape[:3], -1, order="F")
    memory = data.reshape(-1, order="F")
    shape = scans[box].shape
    size = int(np.prod(shape[:3]))
    for scan in range(shape[3]):
        part = scans[(*box, scan)].ravel(order="F")
        memory[scan * size : (scan + 1) * size] = part
    packed = memory[: size * shape[3]]
    return packed.reshape((*shape[:3], *data.shape[3:]), order="F")


def filled_box(
    data: np.ndarray, rtol: float, *, pad: bool
) -> tuple[slice, slice, slice] | None:
    """The smallest box around the values above `rtol` of the largest, or None.

    Examples
    --------
    >>> filled_box(np.zeros((2, 2, 2)), 1e-8, pad=False) is None
    True
    """
    scans = data if data.ndim == 4 else data[..., np.newaxis]
    peak = np.zeros(data.shape[:3])
    for scan in range(scans.shape[3]):
        size = np.abs(scans[..., scan].astype(np.float64))
        size[~np.isfinite(size)] = 0
        np.maximum(peak, size, out=peak)
    with np.errstate(over="ignore"):
        filled = peak > rtol * np.max(peak)
    if not filled.any():
        return None
    ends = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        (found,) = np.nonzero(filled.any(axis=others))
        margin = 1 if pad else 0
        start = max(int(found[0]) - margin, 0)
        ends.append(slice(start, min(int(found[-1]) + 1 + margin, data.shape[axis])))
    x, y, z = ends
    return x, y, z
