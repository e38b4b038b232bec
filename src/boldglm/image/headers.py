"""A new NIfTI image from an array, with the header of the image it came from."""

from typing import Any

import nibabel as nib
import numpy as np
from nibabel.spatialimages import HeaderDataError, SpatialImage
from nibabel.volumeutils import native_code

from boldglm._base.arguments import check_truth
from boldglm._base.errors import GridError
from boldglm._base.warnings import ImageWarning, warn

__all__ = ["new_image", "storable"]

_NIFTI1_LONGEST_AXIS = 32767


def storable(data: np.ndarray) -> np.ndarray:
    """The array in a type that NIfTI files and common tools hold.

    Booleans become uint8, 64-bit integers int32 where their values fit, half
    precision float32, extended precision float64; other types stay.

    Examples
    --------
    >>> storable(np.array([True, False])).dtype
    dtype('uint8')
    """
    data = np.asarray(data)
    if data.dtype == bool:
        return data.astype(np.uint8)
    if data.dtype == np.float16:
        return data.astype(np.float32)
    if data.dtype == np.longdouble:
        return data.astype(np.float64)
    if data.dtype.kind in "iu" and data.dtype.itemsize == 8:
        return _narrow_integers(data)
    if not data.dtype.isnative:
        return data.astype(data.dtype.newbyteorder("="))
    return data


def _narrow_integers(data: np.ndarray) -> np.ndarray:
    limits = np.iinfo(np.int32)
    lowest, highest = data.min(initial=0), data.max(initial=0)
    if lowest >= limits.min and highest <= limits.max:
        warn(
            f"The image data are {data.dtype}, which many tools cannot read "
            "from NIfTI files; their values fit int32 and are stored as that. "
            "Pass an array of another type to choose.",
            ImageWarning,
        )
        return data.astype(np.int32)
    warn(
        f"The image data are {data.dtype} with values up to {highest}, too large "
        "for int32: many tools will not read the file. Pass float64 to be safe.",
        ImageWarning,
    )
    return data


def new_image(
    ref: SpatialImage,
    data: np.ndarray,
    affine: np.ndarray | None = None,
    copy_header: bool = True,
) -> nib.Nifti1Image:
    """An image of `data` in the world of `ref`.

    Parameters
    ----------
    ref : nibabel image
        Gives affine and header. Not modified.
    data : array
        Taken as it is where its type is `storable`; not copied.
    affine : (4, 4) float or None
        None: that of `ref`.
    copy_header : bool
        Whether description, time step and the other fields come along. The
        codes that name the space (aligned, MNI, ...) always do.

    Returns
    -------
    Nifti1Image
        A Nifti2Image where `ref` is one, or an axis is longer than 32767.
        Stored, when saved, in the type of `data`.
    """
    check_truth(copy_header, "copy_header")
    data = storable(data)
    affine = np.array(ref.affine if affine is None else affine, dtype=np.float64)
    if not (np.abs(affine) <= np.finfo(np.float32).max).all():
        msg = f"An affine is a finite 4 by 4 matrix; got\n{affine}"
        raise GridError(msg)
    wide = max(data.shape, default=0) > _NIFTI1_LONGEST_AXIS
    two = wide or isinstance(ref, nib.Nifti2Image)
    kind: Any = nib.Nifti2Image if two else nib.Nifti1Image
    header = _header_like(ref, kind) if copy_header else kind.header_class()
    header.set_data_dtype(data.dtype)
    header["cal_min"], header["cal_max"] = _finite_range(data)
    # an image that lies where it lay keeps both forms to the last bit
    kept = copy_header and np.allclose(header.get_best_affine(), affine)
    try:
        with np.errstate(divide="ignore", invalid="ignore"):
            img: nib.Nifti1Image = kind(data, affine, header=header)
    except HeaderDataError as error:
        msg = f"This affine cannot be written into a NIfTI header:\n{affine}"
        raise GridError(msg) from error
    if not kept:
        _place(img, affine, *_space_codes(ref))
    return img


def _header_like(ref: SpatialImage, kind: Any) -> Any:
    """The header of `ref` as a native one of the NIfTI kind, scaling cleared."""
    source: Any = ref.header
    try:
        header = kind.header_class.from_header(source)
    except HeaderDataError:
        # a foreign format with a data type that NIfTI does not know
        header = kind.header_class()
        header.set_data_shape(ref.shape)
        sizes = np.abs(source.get_zooms())
        header.set_zooms([size if 0 < size < np.inf else 1 for size in sizes])
    if header.endianness != native_code:
        extensions = header.extensions
        header = header.as_byteswapped(native_code)
        header.extensions = extensions
    if not hasattr(source, "get_sform"):
        header.set_sform(ref.affine, code="aligned")
        if hasattr(source, "keys") and "descrip" in source:
            header["descrip"] = source["descrip"]
    header["scl_slope"] = np.nan
    header["scl_inter"] = np.nan
    return header


def _finite_range(data: np.ndarray) -> tuple[float, float]:
    """Smallest and largest finite value, for the display window; 0, 0 if none."""
    if data.size == 0:
        return 0.0, 0.0
    low, high = data.min(), data.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        finite = data[np.isfinite(data)]
        if finite.size == 0:
            return 0.0, 0.0
        low, high = finite.min(), finite.max()
    # as the header has them, in single precision
    limit = float(np.finfo(np.float32).max)
    return max(float(low), -limit), min(float(high), limit)


def _space_codes(ref: SpatialImage) -> tuple[int, int]:
    """Codes of sform and qform of `ref`; (0, 0) for formats without them."""
    header: Any = ref.header
    if not hasattr(header, "get_sform"):
        return 0, 0
    return int(header["sform_code"]), int(header["qform_code"])


def _place(img: nib.Nifti1Image, affine: np.ndarray, sform: int, qform: int) -> None:
    """Write the affine into the header, in the space the codes name."""
    header: Any = img.header
    header.set_sform(affine, code=sform or qform or "aligned")
    try:
        header.set_qform(affine, code=qform, strip_shears=False)
    except HeaderDataError:
        # a quaternion cannot hold shears: keep the voxel sizes, disown the form
        header.set_qform(affine, code="unknown", strip_shears=True)
