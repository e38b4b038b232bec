"""Write runs scan by scan: files larger than memory, in one pass."""

import gzip
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np


def nifti_header(shape: tuple[int, ...], affine: np.ndarray, dtype: Any) -> bytes:
    """The first 352 bytes of a .nii file."""
    header = nib.Nifti1Header()
    header.set_data_shape(shape)
    header.set_data_dtype(dtype)
    header.set_xyzt_units("mm", "sec")
    header.set_sform(affine, code=1)
    header.set_qform(affine, code=1)
    header["pixdim"][4] = 2.0
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    # without a slope, the numbers stored are the numbers meant
    header["scl_slope"], header["scl_inter"] = 1.0, 0.0
    return bytes(header.binaryblock) + b"\0\0\0\0"


@contextmanager
def series_writer(
    paths: list[Path],
    shape: tuple[int, ...],
    affine: np.ndarray,
    dtype: Any,
    quick: bool = False,
) -> Iterator[Any]:
    """A function that writes a scan to all of `paths`, .nii or .nii.gz.

    Compression is zlib at level 1, as nibabel's files have; `quick`: by isal.
    """
    dtype = np.dtype(dtype)
    with ExitStack() as stack:
        streams = [stack.enter_context(_open(path, quick)) for path in paths]
        for stream in streams:
            stream.write(nifti_header(shape, affine, dtype))

        def write(volume: np.ndarray) -> None:
            kept = np.rint(volume) if dtype.kind in "iu" else volume
            content = kept.astype(dtype).tobytes(order="F")
            for stream in streams:
                stream.write(content)

        yield write


def _open(path: Path, quick: bool) -> Any:
    if path.suffix != ".gz":
        return path.open("wb")
    if not quick:
        return gzip.open(path, "wb", compresslevel=1)
    try:
        from isal import igzip
    except ImportError:
        return gzip.open(path, "wb", compresslevel=1)
    return igzip.open(path, "wb", compresslevel=1)
