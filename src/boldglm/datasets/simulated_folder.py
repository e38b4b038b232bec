"""Simulated data in a folder: whole, or not there."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import as_path
from boldglm._base.disk_errors import cannot_write, naming_place
from boldglm._base.drafts import DRAFTS, draft_folder
from boldglm.datasets.registry import dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["new_volume", "provide", "write_map", "write_truth_maps", "write_whole"]

_TRUTH = Path("truth")
_DESCRIPTION = "truth.json"
_SIZES = "files.json"


def provide(
    data_dir: Any,
    name: str,
    truth: Mapping[str, Any],
    write: Callable[[Path], None],
) -> Path:
    """Simulate a data set where its fetcher looks for it, if it is not there yet.

    The files are written to a folder of another name, which gets its own when all
    are there. The truth comes with them, as ``truth/truth.json``; by it a simulated
    folder is known from a measured one.

    Parameters
    ----------
    data_dir : str or Path
        Made if it is not there.
    name : str
        Of the data set in the registry.
    truth : mapping
        What the simulation is made of, for JSON.
    write : function of a Path
        Writes the files into a folder.

    Returns
    -------
    Path
        `data_dir`, absolute, for the fetcher.

    Raises
    ------
    FileExistsError
        If the data set is there, measured, simulated in another way, or damaged.
        Nothing is changed.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> root = mkdtemp()
    >>> folder = provide(root, "fiac", {"seed": 0}, lambda folder: None)
    >>> sorted(path.name for path in folder.rglob("*"))
    ['fiac_nilearn.glm', 'files.json', 'truth', 'truth.json']
    >>> provide(root, "fiac", {"seed": 1}, lambda folder: None)
    Traceback (most recent call last):
        ...
    FileExistsError: .../fiac_nilearn.glm is there, simulated in another way...
    """
    data_dir = as_path(data_dir, "data_dir").absolute()
    folders = [data_dir / one for one in dataset(name).folders]
    if not any(_is_there(folder, _TRUTH, truth) for folder in folders):
        write_whole(folders[0], truth, write)
    return data_dir


def write_whole(
    folder: Path,
    truth: Mapping[str, Any],
    write: Callable[[Path], None],
    home: Path = _TRUTH,
) -> None:
    """Write a simulation into a folder of its own, if it is not there yet.

    The files are written to a draft, which takes the place of the folder when all are
    there. A folder without any file counts as none; it is kept, and gets them.

    Parameters
    ----------
    folder : Path
        Absolute.
    truth : mapping
        What the simulation is made of, for JSON: by it the folder is known again.
    write : function of a Path
        Writes the files into a folder, in which there is `home` already.
    home : Path
        In the folder: where the truth goes, as ``truth.json``, and the sizes of all
        files, as ``files.json``.

    Raises
    ------
    FileExistsError
        If there is something else, or a file of the simulation is missing or has
        another size. Nothing is changed.
    OSError
        If it cannot be written, with the reason and the remedy.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> folder = Path(mkdtemp()) / "simulation"
    >>> write_whole(folder, {"seed": 0}, lambda draft: (draft / "scans").touch())
    >>> (folder / "scans").unlink()
    >>> write_whole(folder, {"seed": 0}, lambda draft: (draft / "scans").touch())
    Traceback (most recent call last):
        ...
    FileExistsError: .../simulation was simulated, and scans is missing or damaged...
    """
    if _is_there(folder, home, truth):
        return
    with ExitStack() as stack:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            # An empty folder may be where one is, or where another disk begins
            place = folder if folder.exists() else folder.parent
            made = stack.enter_context(draft_folder(place, folder.name))
        except OSError as error:
            raise cannot_write(folder, error) from error
        stack.enter_context(naming_place(folder))
        draft = Path(made)
        (draft / home).mkdir(parents=True)
        write(draft)
        _write_json(draft / home / _SIZES, _sizes(draft))
        _write_json(draft / home / _DESCRIPTION, truth)
        try:
            _put(draft, folder, home)
        except OSError:
            # Another process may have been faster
            if not _is_there(folder, home, truth):
                raise


def new_volume(
    array: "NDArray[Any]",
    affine: "NDArray[np.float64]",
    *,
    pair: bool = False,
    space: str = "mni",
) -> Any:
    """An image in mm and seconds, in MNI space or another; a pair is of a scanner.

    Parameters
    ----------
    array, affine
    pair : bool
        As .hdr and .img, aligned with what the scanner measured.
    space : str
        The name that NIfTI has for where the affine leads.

    Examples
    --------
    >>> new_volume(np.zeros((2, 2, 2), np.int16), np.eye(4)).get_sform(coded=True)[1]
    4
    """
    import nibabel

    kind = nibabel.Nifti1Pair if pair else nibabel.Nifti1Image
    code = "aligned" if pair else space
    image = kind(array, affine)
    image.header.set_xyzt_units("mm", "sec")
    image.header.set_sform(affine, code=code)
    image.header.set_qform(affine, code=code)
    return image


def write_map(
    path: Path,
    array: "NDArray[Any]",
    affine: "NDArray[np.float64]",
    t_r: float = 0.0,
    *,
    space: str = "mni",
) -> None:
    """Write an array as an image, in MNI space; with its repetition time if 4-D.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "zeros.nii.gz"
    >>> write_map(path, np.zeros((2, 2, 2), np.uint8), np.eye(4))
    >>> path.is_file()
    True
    """
    from boldglm.image.writing import save_img

    image = new_volume(array, affine, space=space)
    if array.ndim == 4:
        image.header.set_zooms((*image.header.get_zooms()[:3], t_r))
    save_img(image, path)


def write_truth_maps(
    folder: Path,
    affine: "NDArray[np.float64]",
    maps: "Mapping[str, NDArray[Any]]",
    *,
    space: str = "mni",
) -> None:
    """Write what an analysis should find, as ``truth/<name>.nii.gz``.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> home = Path(mkdtemp())
    >>> write_truth_maps(home, np.eye(4), {"null": np.ones((2, 2, 2), bool)})
    >>> [path.name for path in home.glob("truth/*")]
    ['null.nii.gz']
    """
    home = folder / _TRUTH
    home.mkdir(exist_ok=True)
    for name, values in maps.items():
        stored = values.astype(np.uint8 if values.dtype == bool else np.float32)
        write_map(home / f"{name}.nii.gz", stored, affine, space=space)


def _is_there(folder: Path, home: Path, truth: Mapping[str, Any]) -> bool:
    """Whether this very simulation is there; nothing else may be."""
    if folder.is_symlink() and not folder.exists():
        how = "is a link to nothing"
    elif not folder.exists() or (folder.is_dir() and _is_empty(folder)):
        return False
    elif not folder.is_dir():
        how = "is a file, not a folder"
    else:
        found = _read_json(folder / home / _DESCRIPTION)
        # Through text and back: there are no tuples in JSON
        if found == json.loads(json.dumps(truth)):
            _require_all_files(folder, home)
            return True
        how = "is there, " + (
            "and was not simulated"
            if found is None
            else "simulated in another way or by another version"
        )
    msg = (
        f"{folder} {how}: it is left as it is. Give another folder, or move this one "
        "away."
    )
    raise FileExistsError(msg)


def _require_all_files(folder: Path, home: Path) -> None:
    """Refuse what an interrupted copy, or a hand, has left of a simulation."""
    sizes = _read_json(folder / home / _SIZES)
    if sizes is None:
        damaged = [(home / _SIZES).as_posix()]
    else:
        found = _sizes(folder)
        damaged = [name for name, size in sizes.items() if found.get(name) != size]
    if damaged:
        more = f" and {len(damaged) - 1} files more are" if damaged[1:] else " is"
        msg = (
            f"{folder} was simulated, and {damaged[0]}{more} missing or damaged: "
            "delete the folder, and it is simulated again."
        )
        raise FileExistsError(msg)


def _sizes(folder: Path) -> dict[str, int]:
    """Size of every file, bytes."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _put(draft: Path, folder: Path, home: Path) -> None:
    """Make a draft the folder, or the content of one without files."""
    if not folder.exists():
        draft.rename(folder)
        return
    if not _is_empty(folder):
        msg = f"{folder} has got files while they were simulated"
        raise FileExistsError(msg)
    for path in sorted(_contents(folder), reverse=True):
        path.rmdir()
    # A folder does not move over one with files: of two processes the first to move one
    # wins. The truth is last
    parts = sorted(
        draft.iterdir(), key=lambda one: (one.name == home.parts[0], one.is_file())
    )
    for number, part in enumerate(parts):
        try:
            part.rename(folder / part.name)
        except OSError:
            for moved in parts[:number]:
                (folder / moved.name).rename(moved)
            raise


def _is_empty(folder: Path) -> bool:
    return all(path.is_dir() and not path.is_symlink() for path in _contents(folder))


def _contents(folder: Path) -> Iterator[Path]:
    """What is in a folder, but for drafts, and the lock of a killed download."""
    from boldglm.datasets.fetching import LOCK

    for path in folder.iterdir():
        if path.name.startswith(DRAFTS) or path.name == LOCK:
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from path.rglob("*")


def _read_json(path: Path) -> Any:
    """None if there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, indent=2) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
