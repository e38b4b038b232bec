"""Make the template files of the package: ``python -m tools.build_templates SOURCE``.

SOURCE is the archive of the originals, or the folder it was unpacked into::

    https://www.bic.mni.mcgill.ca/~vfonov/icbm/2009/mni_icbm152_nlin_sym_09a_nifti.zip

or, with ``--converted``, a folder of volumes that are one byte per voxel and without
skull already, such as those of nilearn. The files in the package were made from the
latter. For each file it is said how it differs from the one that was there before.
The same source gives the same bytes, whatever the machine, as long as the version of
liblzma is the same.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import nibabel as nib
import numpy as np

from boldglm._base.atomic import written_whole
from boldglm._base.errors import ImageFileError
from boldglm.datasets.template_files import (
    StoredTemplate,
    pack_template,
    read_template,
)

__all__ = ["KINDS", "as_bytes", "difference", "from_archive", "from_converted", "main"]

FOLDER = Path(__file__).parents[1] / "src" / "boldglm" / "datasets" / "data"
#: What each file shows. Goes into the headers of images, which hold 79 characters.
KINDS = {
    "t1": "MNI152 2009a symmetric, T1; (C) 1993-2009 Louis Collins, MNI",
    "gm": "MNI152 2009a symmetric, GM; (C) 1993-2009 Louis Collins, MNI",
    "wm": "MNI152 2009a symmetric, WM; (C) 1993-2009 Louis Collins, MNI",
}


def as_bytes(values: np.ndarray) -> np.ndarray:
    """Scale a volume so that its largest value is 255, and round it.

    Parameters
    ----------
    values : (x, y, z)
        Not modified. What is below 0 becomes 0.

    Returns
    -------
    (x, y, z) uint8

    Examples
    --------
    >>> as_bytes(np.array([-1.0, 0.0, 1.0, 2.0]))
    array([  0,   0, 128, 255], dtype=uint8)
    """
    scaled = np.rint(np.clip(values, 0, None) * (255.0 / values.max()))
    return scaled.astype(np.uint8)


def from_archive(source: Path) -> dict[str, StoredTemplate]:
    """Read the originals: T1 inside the brain mask, and the two tissues.

    Parameters
    ----------
    source : Path
        The archive, or a folder with what was in it.

    Returns
    -------
    dict
        By kind, as in `KINDS`.

    Raises
    ------
    FileNotFoundError
        If one of the volumes is not there.
    """
    suffixes = {kind: f"{kind}_tal_nlin_sym_09a.nii" for kind in KINDS}
    suffixes["mask"] = "t1_tal_nlin_sym_09a_mask.nii"
    find = _in_zip if is_zipfile(source) else _in_folder
    images = {
        kind: find(source, f"mni_icbm152_{end}") for kind, end in suffixes.items()
    }
    inside = np.asarray(images.pop("mask").dataobj) > 0.5
    found = {}
    for kind, img in images.items():
        values = img.get_fdata()
        if kind == "t1":
            values = np.where(inside, values, 0.0)
        found[kind] = StoredTemplate(as_bytes(values), img.affine, KINDS[kind])
    return found


def from_converted(source: Path) -> dict[str, StoredTemplate]:
    """Read volumes of one byte per voxel.

    Parameters
    ----------
    source : Path
        Folder.

    Returns
    -------
    dict
        By kind, as in `KINDS`.

    Raises
    ------
    FileNotFoundError
        If one of the volumes is not there.
    """
    found = {}
    for kind, about in KINDS.items():
        name = f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii"
        img = _in_folder(source, name)
        found[kind] = StoredTemplate(np.asarray(img.dataobj), img.affine, about)
    return found


def difference(path: Path, new: StoredTemplate) -> str:
    """Say how a template differs from the one in a file.

    Parameters
    ----------
    path : Path
        Need not exist.
    new : StoredTemplate
    """
    try:
        old = read_template(path)
    except ImageFileError:
        return "new" if not path.exists() else "replaces a damaged file"
    if old.volume.shape != new.volume.shape:
        return f"another shape: {new.volume.shape}, was {old.volume.shape}"
    apart = np.abs(old.volume.astype(int) - new.volume)
    parts = []
    if apart.any():
        parts.append(
            f"{np.count_nonzero(apart)} voxels differ, by up to {apart.max()} of 255"
        )
    if not np.array_equal(old.affine, new.affine):
        parts.append("another affine")
    if old.about != new.about:
        parts.append("another description")
    return ", ".join(parts) or "unchanged"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files and say what has changed."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.build_templates", description=__doc__.split("\n")[0]
    )
    parser.add_argument("source", type=Path, help="archive, or folder")
    parser.add_argument(
        "--converted", action="store_true", help="SOURCE holds volumes of bytes"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="where to write")
    given = parser.parse_args(arguments)
    read: Callable[[Path], dict[str, StoredTemplate]] = (
        from_converted if given.converted else from_archive
    )
    for kind, template in read(given.source).items():
        path = given.out / f"mni152_{kind}.xz"
        changed = difference(path, template)
        with written_whole(path) as draft:
            draft.write_bytes(pack_template(template))
        sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes, {changed}\n")
    return 0


def _in_folder(folder: Path, name: str) -> nib.Nifti1Image:
    found = sorted([*folder.rglob(name), *folder.rglob(f"{name}.gz")])
    if not found:
        msg = f"There is no {name} or {name}.gz in {folder} or below."
        raise FileNotFoundError(msg)
    return nib.load(found[0])


def _in_zip(archive: Path, name: str) -> nib.Nifti1Image:
    with ZipFile(archive) as content:
        inside = [one for one in content.namelist() if Path(one).name == name]
        if not inside:
            msg = f"There is no {name} in {archive}."
            raise FileNotFoundError(msg)
        return nib.Nifti1Image.from_bytes(content.read(inside[0]))


if __name__ == "__main__":
    sys.exit(main())
