"""From images to files that are whole or not there."""

from pathlib import Path
from typing import IO, Any

import nibabel as nib
import numpy as np
from nibabel.arrayproxy import ArrayProxy
from nibabel.filebasedimages import ImageFileError as NibabelFileError
from nibabel.spatialimages import SpatialImage

from boldglm._base.arguments import as_path
from boldglm._base.atomic import written_whole
from boldglm._base.errors import ImageFileError
from boldglm.image.reading import iter_blocks, working_dtype
from boldglm.image.stored import stored_layout

__all__ = ["save_img"]

# Stays in the cache while it is compressed.
_PIECE = 2**20


def save_img(img: SpatialImage, path: str | Path) -> Path:
    """Write an image to a file, under its name only when complete.

    The file is written next to its place under another name and then renamed,
    so that a crash, a full disk or a reader in between never meets half of it.

    Parameters
    ----------
    img : nibabel image
        Stored in the data type of its header. Integers that a file scales are
        copied with their scale, as they are.
    path : str or Path
        The suffix chooses the format: .nii, .nii.gz, .img with .hdr, ...
        ``~`` is expanded. The folder must exist.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    TypeError, ValueError
        If `img` is not an image, or `path` no path.
    ImageFileError
        If the folder is missing, the suffix unknown, or writing failed; or if the
        file that `img` is read from is damaged.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> img = nib.Nifti1Image(np.ones((2, 2, 2), np.float32), np.eye(4))
    >>> save_img(img, folder / "ones.nii.gz").name
    'ones.nii.gz'
    >>> [file.name for file in folder.iterdir()]
    ['ones.nii.gz']
    """
    if not isinstance(img, SpatialImage):
        msg = f"save_img writes images; got a {type(img).__name__}."
        raise TypeError(msg)
    path = as_path(path, "path")
    _check_ending(path)
    try:
        with written_whole(path) as draft:
            _write(img, draft)
    except (OSError, NibabelFileError) as error:
        if isinstance(error, OSError):
            # `written_whole` said all there is to say
            raise ImageFileError(error.strerror or str(error)) from error
        msg = f"Cannot write {path}: {error}. No file of that name was changed."
        raise ImageFileError(msg) from error
    return path


def _check_ending(path: Path) -> None:
    """Raise unless nibabel knows a format by the end of a name."""
    kinds = [kind for kind in nib.imageclasses.all_image_classes if kind.rw]
    known = sorted({end for kind in kinds for end in kind.valid_exts})
    name = path.name.lower().removesuffix(".gz").removesuffix(".bz2")
    if not name.endswith(tuple(known)):
        msg = (
            f"Cannot write {path}: its name ends in none of {', '.join(known)}. The "
            "end of a name chooses the format: .nii or .nii.gz for NIfTI."
        )
        raise ImageFileError(msg)


def _write(img: SpatialImage, path: Path) -> None:
    kind: Any = type(img)
    # nibabel notes on an image where it was last written: not on yours
    twin = kind(img.dataobj, img.affine, img.header)
    name = path.name.lower()
    nifti = isinstance(twin, nib.Nifti1Pair)
    second = isinstance(twin.header, nib.Nifti2Header)
    if nifti and name.endswith((".nii", ".nii.gz")):
        whole = nib.Nifti2Image if second else nib.Nifti1Image
        with path.open("wb") as file:
            if name.endswith(".nii"):
                _stream(whole.from_image(twin), file, file)
                return
            with _compressor(file) as stream:
                _stream(whole.from_image(twin), stream, stream)
    elif nifti and name.endswith((".img", ".hdr")):
        pair = nib.Nifti2Pair if second else nib.Nifti1Pair
        with (
            path.with_suffix(".hdr").open("wb") as header,
            path.with_suffix(".img").open("wb") as voxels,
        ):
            _stream(pair.from_image(twin), header, voxels)
    else:
        nib.save(twin, path)


def _stream(img: nib.Nifti1Pair, head: Any, body: Any) -> None:
    """Write header and voxels, block by block: there is no second copy of a run."""
    img.get_data_dtype(finalize=True)
    plain, slope, inter = _without_scaling(img)
    if plain is None:
        # integers on disk for other values: nibabel finds a scale
        img.to_file_map(img.make_file_map({"header": head, "image": body}))
        return
    plain.update_header()
    header: Any = plain.header
    header.set_slope_inter(slope, inter)
    header.write_to(head)
    body.write(bytes(header.get_data_offset() - body.tell()))
    for _, block in iter_blocks(plain, header.get_data_dtype(), readonly=True):
        content = block.reshape(-1, order="F").view(np.uint8).data
        for start in range(0, len(content), _PIECE):
            body.write(content[start : start + _PIECE])


def _without_scaling(
    img: nib.Nifti1Pair,
) -> tuple[nib.Nifti1Pair | None, float, float]:
    """An image whose voxels go to disk as they are, and the scale that goes along.

    A file of scaled integers is copied as such, to the bit. None: there is no such
    image.
    """
    header: Any = img.header
    disk = header.get_data_dtype()
    values = np.dtype(getattr(img.dataobj, "dtype", disk))
    if values.kind not in "biuf" or disk.kind not in "iuf":
        return None, 1.0, 0.0
    stored = stored_layout(img)
    if stored is not None and stored.scaled and stored.dtype == disk:
        spec = stored.shape, stored.dtype, stored.offset, 1.0, 0.0
        numbers = ArrayProxy(str(stored.path), spec)
        return type(img)(numbers, img.affine, header), stored.slope, stored.inter
    if disk.kind == "f" or np.can_cast(working_dtype(img), disk):
        return img, 1.0, 0.0
    return None, 1.0, 0.0


def _compressor(file: IO[bytes]) -> Any:
    """A gzip stream on `file` without a time stamp: equal images, equal files."""
    try:
        from isal import igzip
    except ImportError:  # pragma: no cover - platforms without isal
        import gzip

        return gzip.GzipFile(
            filename="", mode="wb", compresslevel=1, fileobj=file, mtime=0
        )
    stream: Any = igzip.IGzipFile
    return stream(filename="", mode="wb", compresslevel=1, fileobj=file, mtime=0)
