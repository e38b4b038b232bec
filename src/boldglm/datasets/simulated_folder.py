"""Simulated data in the folder of a data set: whole, or not there."""

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.datasets.registry import dataset
from boldglm.datasets.simulate_brain import Activation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["described", "new_volume", "provide", "write_map", "write_truth_maps"]

_TRUTH = Path("truth") / "truth.json"


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
        If the data set is there, measured or simulated in another way. Nothing is
        changed.

    Examples
    --------
    >>> root = tempfile.mkdtemp()
    >>> folder = provide(root, "fiac", {"seed": 0}, lambda folder: None)
    >>> sorted(path.name for path in folder.rglob("*"))
    ['fiac_nilearn.glm', 'truth', 'truth.json']
    >>> provide(root, "fiac", {"seed": 1}, lambda folder: None)
    Traceback (most recent call last):
        ...
    FileExistsError: .../fiac_nilearn.glm is there, simulated in another way...
    """
    data_dir = Path(data_dir).expanduser().absolute()
    folders = [data_dir / one for one in dataset(name).folders]
    text = json.dumps(truth, indent=2) + "\n"
    if _is_there(folders, text):
        return data_dir
    data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".simulating-") as scratch:
        # In a folder of its own the draft gets the usual permissions
        draft = Path(scratch) / folders[0].name
        (draft / _TRUTH).parent.mkdir(parents=True)
        write(draft)
        (draft / _TRUTH).write_text(text, encoding="utf-8", newline="\n")
        try:
            draft.rename(folders[0])
        except OSError:
            # Another process may have been faster
            if not _is_there(folders, text):
                raise
    return data_dir


def described(
    maker: str, activations: Iterable[Activation], **more: Any
) -> dict[str, Any]:
    """What a simulation is made of, for `provide`.

    Parameters
    ----------
    maker : str
        The function that simulates.
    activations : iterable of Activation
    **more
        Arguments and settings.

    Returns
    -------
    dict

    Examples
    --------
    >>> spot = Activation("hand knob", (38.0, -24.0, 58.0), {"left": 2.0})
    >>> described("simulate_this", [spot], seed=0)["activations"][0]["label"]
    'hand knob'
    """
    return {
        "simulated_by": f"boldglm.datasets.{maker}",
        "units": {
            "centre": "mm",
            "fwhm": "mm",
            "effects": "percent of the mean signal",
        },
        **more,
        "activations": [
            {**vars(spot), "effects": dict(spot.effects)} for spot in activations
        ],
    }


def new_volume(
    array: "NDArray[Any]", affine: "NDArray[np.float64]", *, pair: bool = False
) -> Any:
    """An image in mm and seconds, in MNI space, or as a pair in that of the scanner.

    Examples
    --------
    >>> new_volume(np.zeros((2, 2, 2), np.int16), np.eye(4)).get_sform(coded=True)[1]
    4
    """
    import nibabel

    kind = nibabel.Nifti1Pair if pair else nibabel.Nifti1Image
    code = "aligned" if pair else "mni"
    image = kind(array, affine)
    image.header.set_xyzt_units("mm", "sec")
    image.header.set_sform(affine, code=code)
    image.header.set_qform(affine, code=code)
    return image


def write_map(
    path: Path, array: "NDArray[Any]", affine: "NDArray[np.float64]", t_r: float = 0.0
) -> None:
    """Write an array as an image in MNI space; with its repetition time if 4-D.

    Examples
    --------
    >>> path = Path(tempfile.mkdtemp()) / "zeros.nii.gz"
    >>> write_map(path, np.zeros((2, 2, 2), np.uint8), np.eye(4))
    >>> path.is_file()
    True
    """
    from boldglm.image.writing import save_img

    image = new_volume(array, affine)
    if array.ndim == 4:
        image.header.set_zooms((*image.header.get_zooms()[:3], t_r))
    save_img(image, path)


def write_truth_maps(
    folder: Path, affine: "NDArray[np.float64]", maps: "Mapping[str, NDArray[Any]]"
) -> None:
    """Write what an analysis should find, as ``truth/<name>.nii.gz``.

    Examples
    --------
    >>> home = Path(tempfile.mkdtemp())
    >>> write_truth_maps(home, np.eye(4), {"null": np.ones((2, 2, 2), bool)})
    >>> [path.name for path in home.glob("truth/*")]
    ['null.nii.gz']
    """
    home = (folder / _TRUTH).parent
    home.mkdir(exist_ok=True)
    for name, values in maps.items():
        stored = values.astype(np.uint8 if values.dtype == bool else np.float32)
        write_map(home / f"{name}.nii.gz", stored, affine)


def _is_there(folders: list[Path], text: str) -> bool:
    """Whether this very simulation is there; nothing else may be."""
    for folder in folders:
        if not folder.exists():
            continue
        try:
            found = (folder / _TRUTH).read_text(encoding="utf-8")
        except OSError:
            how = "and was not simulated"
        else:
            if found == text:
                return True
            how = "simulated in another way or by another version"
        msg = (
            f"{folder} is there, {how}: it is left as it is. Give another data_dir, "
            "or move that folder away."
        )
        raise FileExistsError(msg)
    return False
