"""From images to files that are whole or not there."""

import tempfile
from pathlib import Path
from typing import IO, Any

import nibabel as nib
from nibabel.filebasedimages import ImageFileError as NibabelFileError
from nibabel.spatialimages import SpatialImage

from boldglm._base.errors import ImageFileError

__all__ = ["save_img"]


def save_img(img: SpatialImage, path: str | Path) -> Path:
    """Write an image to a file, under its name only when complete.

    The file is written next to its place under another name and then renamed,
    so that a crash, a full disk or a reader in between never meets half of it.

    Parameters
    ----------
    img : nibabel image
        Stored in the data type of its header.
    path : str or Path
        The suffix chooses the format: .nii, .nii.gz, .img with .hdr, ...
        ``~`` is expanded. The folder must exist.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    TypeError
        If `img` is not an image.
    ImageFileError
        If the folder is missing, the suffix unknown, or writing failed.

    Examples
    --------
    >>> import numpy as np
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
    path = Path(path).expanduser()
    if not path.parent.is_dir():
        msg = f"Cannot write {path}: the folder '{path.parent}' does not exist."
        raise ImageFileError(msg)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
            # nibabel notes on an image where it was last written: not on yours
            twin = type(img)(img.dataobj, img.affine, img.header)
            _write(twin, Path(folder) / path.name)
            # data before header: a pair is found by its header
            for part in sorted(Path(folder).iterdir(), reverse=True):
                part.replace(path.parent / part.name)
    except (OSError, NibabelFileError) as error:
        msg = f"Cannot write {path}: {error}. No file of that name was changed."
        raise ImageFileError(msg) from error
    return path


def _write(img: SpatialImage, path: Path) -> None:
    if isinstance(img, nib.Nifti1Image) and path.name.lower().endswith(".nii.gz"):
        with path.open("wb") as file, _compressor(file) as stream:
            img.to_stream(stream)
        return
    nib.save(img, path)


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
