"""What a user may pass as images, opened: paths, patterns, images, lists of them."""

import glob
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.spatialimages import SpatialImage

from boldglm._base.arguments import as_path
from boldglm._base.errors import DimensionError, GridError, ImageFileError
from boldglm.image.grid import Grid
from boldglm.image.reading import name_of, open_image
from boldglm.signal.checks import checked_whole

__all__ = [
    "check_n_jobs",
    "count_scans",
    "elements_of",
    "find_files",
    "grid_of",
    "is_series",
    "open_all",
    "require_dimensions",
]


def find_files(path: str | PathLike, wildcards: bool = True) -> list[Path]:
    """The files a path or pattern stands for, sorted.

    A file of exactly that name wins over the pattern its name may look like.

    Parameters
    ----------
    path : str or Path
        ``~`` is the home folder; ``*``, ``?`` and ``[...]`` match names, and
        ``**`` folders of any depth. Of a pair of files, the header stands for both.
    wildcards : bool
        False: take the path literally.

    Raises
    ------
    ImageFileError
        If there is no such file.

    Examples
    --------
    >>> find_files("no-such-*.nii")
    Traceback (most recent call last):
        ...
    boldglm._base.errors.ImageFileError: No files match 'no-such-*.nii' ...
    """
    literal = as_path(path, "the path of an image")
    if not (wildcards and glob.has_magic(str(literal))) or literal.exists():
        return [literal]
    names = sorted(glob.glob(str(literal), recursive=True))  # noqa: PTH207
    if not names:
        msg = f"No files match '{path}' (looked from {Path.cwd()})."
        raise ImageFileError(msg)
    found = [Path(name) for name in names]
    # the two files of a pair are one image
    headers = {file.with_suffix("") for file in found if file.suffix == ".hdr"}
    return [
        file
        for file in found
        if file.suffix != ".img" or file.with_suffix("") not in headers
    ]


def is_series(imgs: Any, wildcards: bool = True) -> bool:
    """Whether `imgs` is a list of images, or a pattern that matches several.

    Examples
    --------
    >>> is_series(["run-1.nii", "run-2.nii"]), is_series("run-1.nii")
    (True, False)
    """
    if isinstance(imgs, str | PathLike):
        return len(find_files(imgs, wildcards)) > 1
    return isinstance(imgs, Iterable) and not isinstance(imgs, SpatialImage)


def open_all(imgs: Any, wildcards: bool = True) -> list[SpatialImage]:
    """Open every image in `imgs`, headers only, in order; lists may be nested.

    Parameters
    ----------
    imgs : str, Path, nibabel image, or iterable of these
    wildcards : bool
        Whether paths may be patterns.

    Returns
    -------
    list of nibabel images

    Raises
    ------
    TypeError
        If something is no image and no path.
    DimensionError
        If an image has not 3 or 4 dimensions.
    ImageFileError
        If a file is missing, or cannot be read.
    """
    if isinstance(imgs, str | PathLike):
        opened = [open_image(path) for path in find_files(imgs, wildcards)]
    elif isinstance(imgs, SpatialImage):
        opened = [imgs]
    else:
        return [img for part in elements_of(imgs) for img in open_all(part, wildcards)]
    for img in opened:
        if 0 in img.shape:
            msg = f"{name_of(img)} is empty: it has no voxels."
            raise ImageFileError(msg)
        if len(img.shape) not in (3, 4):
            msg = (
                f"{name_of(img)} has {len(img.shape)} dimensions, shape {img.shape}; "
                "expected 3, or 4 with one volume per scan."
            )
            raise DimensionError(msg)
    return opened


def elements_of(imgs: Any) -> list[Any]:
    """The elements of a list of images; a single image or path is one.

    Raises
    ------
    TypeError
        If it is neither: an array, or what a data set comes in, for example.

    Examples
    --------
    >>> elements_of("run-1.nii"), elements_of(("run-1.nii", "run-2.nii"))
    (['run-1.nii'], ['run-1.nii', 'run-2.nii'])
    """
    if isinstance(imgs, str | PathLike | SpatialImage):
        return [imgs]
    if isinstance(imgs, np.ndarray) and imgs.dtype.kind not in "OSU":
        msg = (
            f"Got a numpy array of shape {imgs.shape} where an image is expected. An "
            "array has no place in space: make an image of it with "
            "boldglm.image.new_img_like(reference_image, array)."
        )
        raise TypeError(msg)
    if hasattr(imgs, "iloc") and getattr(imgs, "ndim", 1) == 2:
        msg = (
            "Got a table where an image is expected; pass one of its columns, such as "
            "table['path']."
        )
        raise TypeError(msg)
    expected = "Expected an image: a path, a nibabel volume image, or a list of them"
    if isinstance(imgs, Mapping):
        keys = ", ".join(map(repr, list(imgs)[:8]))
        msg = f"{expected}; got {type(imgs).__name__}. Pass what it holds: {keys}."
        raise TypeError(msg)
    if isinstance(imgs, Iterable) and not isinstance(imgs, bytes | np.generic):
        return list(imgs)
    msg = f"{expected}; got {type(imgs).__name__}: {str(imgs)[:80]}"
    raise TypeError(msg)


def check_n_jobs(n_jobs: Any) -> None:
    """Raise unless `n_jobs` is None or a whole number.

    Examples
    --------
    >>> check_n_jobs(-1)
    """
    if n_jobs is not None:
        expected = "a whole number of threads, -1 for all, or None"
        checked_whole(n_jobs, "n_jobs", expected, low=-(2**31))


def require_dimensions(img: SpatialImage, ndim: int, what: str = "") -> None:
    """Raise unless an image has `ndim` dimensions; one scan counts as 3-D too.

    Raises
    ------
    DimensionError
        Naming the image, its shape and what was expected.
    """
    if len(img.shape) == ndim or (ndim == 3 and count_scans(img) == 1):
        return
    msg = (
        f"{name_of(img)} has {len(img.shape)} dimensions, shape {img.shape}; "
        f"expected a {ndim}D image{what}."
    )
    raise DimensionError(msg)


def count_scans(img: SpatialImage) -> int:
    """Number of volumes in an opened image."""
    return int(img.shape[3]) if len(img.shape) > 3 else 1


def grid_of(img: SpatialImage) -> Grid:
    """The grid of an opened image, from its header.

    Raises
    ------
    GridError
        If the affine is missing or not finite.
    """
    x, y, z = img.shape[:3]
    try:
        return Grid((x, y, z), img.affine)
    except GridError as error:
        msg = f"{name_of(img)}: {error}"
        raise GridError(msg) from error
