"""A fitted model in one file of numbers and text."""

import json
import math
import struct
import tokenize
import zipfile
import zlib
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from boldglm._base.atomic import written_whole
from boldglm._base.errors import ImageFileError
from boldglm._base.memory import enough_memory
from boldglm._base.warnings import DesignWarning, warn
from boldglm.core.gls import GlmFit
from boldglm.core.linear import factorize
from boldglm.core.noise import NoiseModel
from boldglm.core.precision import precision_forms
from boldglm.core.timeline import checked_line
from boldglm.glm.first_level.fit_record import FitRecord, record_from_text

__all__ = ["load_model", "save_model"]

FORMAT = 1
# Arrays of a fit, with the number of dimensions each has.
ARRAYS = {
    "beta": 2,
    "sigma2": 1,
    "phi": 2,
    "outcome": 1,
    "residual_ss": 1,
    "total_ss": 1,
    "noise_parameters": 2,
    "effective_dof": 1,
}
# Those that are stored whatever the noise model
ALWAYS = [name for name in ARRAYS if name not in ("noise_parameters", "effective_dof")]


# What numpy and zipfile raise on files that are none of theirs, or cut short.
# What a flipped bit can raise in the readers of zip archives and of array headers.
_DAMAGE = (
    ValueError,
    OSError,
    EOFError,
    SyntaxError,
    RuntimeError,
    MemoryError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def save_model(model, path: str | PathLike) -> None:
    """Write a fitted model, completely or not at all."""
    target = Path(path).expanduser()
    arrays: dict[str, Any] = {
        "mask": np.packbits(_inside(model.mask_img_)),
        "affine": np.asarray(model.mask_img_.affine),
    }
    runs = []
    for index, (fit, design) in enumerate(
        zip(model.fits_, model.design_matrices_, strict=True)
    ):
        arrays[f"run{index}_design"] = design.to_numpy(dtype=float)
        arrays[f"run{index}_index"] = _index(design.index)
        line = fit.forms.lags.line
        arrays[f"run{index}_starts"] = line.starts
        arrays[f"run{index}_places"] = line.places
        arrays.update({f"run{index}_{n}": getattr(fit, n) for n in ALWAYS})
        noise = fit.noise
        if noise.kind != "ar":
            arrays[f"run{index}_noise_parameters"] = fit.noise_parameters
        if fit.effective_dof is not None:
            arrays[f"run{index}_effective_dof"] = fit.effective_dof
        runs.append(
            {
                "columns": [_plain(name) for name in design.columns],
                "noise": [
                    *(noise.name, noise.order, noise.first_scans, noise.bins),
                    *(noise.corrected, noise.pooled, noise.kind, noise.sandwich),
                ],
                "precision": fit.forms.dtype.name,
            }
        )
    parameters, lost = _parameters(model)
    header = {
        "format": FORMAT,
        "shape": list(model.mask_img_.shape),
        "space": _space_codes(model.mask_img_),
        "parameters": parameters,
        "not_stored": lost,
        "runs": runs,
        "record": None if model._record is None else model._record.as_text(),
    }
    arrays["header"] = np.array(json.dumps(header))
    with written_whole(target) as draft, draft.open("wb") as file:
        np.savez_compressed(file, **arrays)


def load_model(kind: type, path: str | PathLike) -> Any:
    """Read a fitted model of a kind; no code in the file is ever run."""
    import nibabel as nib
    import pandas as pd

    from boldglm.maskers import NiftiMasker

    stored = _read(Path(path).expanduser())
    try:
        header = json.loads(str(stored["header"]))
        _check_format(header, path)
        model = kind(**header["parameters"])
        if isinstance(model.signal_scaling, list):
            model.signal_scaling = tuple(model.signal_scaling)
        shape = tuple(int(n) for n in header["shape"])
        n_grid = int(np.prod(shape))
        inside = np.unpackbits(stored["mask"], count=n_grid).reshape(shape)
        mask = nib.Nifti1Image(inside.astype(np.int8), stored["affine"])
        for place, code in header.get("space", {}).items():
            getattr(mask, f"set_{place}")(stored["affine"], int(code))
        n_voxels = int(inside.sum())
        model.fits_, model.design_matrices_, model._data = [], [], []
        # files written before there were reports have none
        model._record = _record(header.get("record"), path)
        for index, run in enumerate(header["runs"]):
            model.fits_.append(_fit(stored, f"run{index}_", run, n_voxels))
            model.design_matrices_.append(
                pd.DataFrame(
                    stored[f"run{index}_design"],
                    index=stored[f"run{index}_index"],
                    columns=pd.Index([_label(name) for name in run["columns"]]),
                )
            )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"{path} is not a model that boldglm saved, or is damaged: {error}"
        raise ImageFileError(msg) from error
    if header.get("not_stored"):
        warn(
            f"{path}: the file of a model holds no functions or objects, so "
            f"{', '.join(header['not_stored'])} are back at their defaults. Contrasts "
            "do not depend on them; another fit would.",
            DesignWarning,
        )
    model.masker_ = NiftiMasker(mask_img=mask).fit()
    # Another fit of the model is on the same voxels, however they were chosen.
    model.mask_img = model.mask_img_ = model.masker_.mask_img_
    model.n_elements_ = n_voxels
    model.fir_delays_ = [0] if model.fir_delays is None else model.fir_delays
    model.standardize_ = bool(model.standardize)
    model.memory_ = None
    return model


def _record(text: Any, path) -> FitRecord | None:
    """What a model remembers of its fit; no contrast depends on it."""
    try:
        return None if text is None else record_from_text(text)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        warn(
            f"{path}: what the model remembers of its fit cannot be read ({error!r}), "
            "so that its report lacks it. Contrasts do not depend on it.",
            DesignWarning,
        )
        return None


def _read(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        msg = f"{path} {what}; expected the file of a saved model"
        raise FileNotFoundError(msg)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (*_DAMAGE, AttributeError, TypeError) as error:
        if isinstance(error, MemoryError) and not _promises_too_much(path):
            remedy = "Read it where there is more; its contrasts take as much again."
            with enough_memory(f"the model in {path}", _unpacked(path), remedy):
                raise
        msg = f"{path} is not a model that boldglm saved, or is damaged"
        raise ImageFileError(msg) from error


def _promises_too_much(path: Path) -> bool:
    """Whether an array says that it is larger than what there is of it.

    A flipped bit may have asked for the memory that there is not.
    """
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            try:
                with archive.open(info) as member:
                    np.lib.format.read_magic(member)
                    shape, _, dtype = np.lib.format.read_array_header_1_0(member)
            except _DAMAGE:
                return True
            if math.prod(shape) * dtype.itemsize > info.file_size:
                return True
    return False


def _unpacked(path: Path) -> int:
    """Bytes of all arrays in a file."""
    with zipfile.ZipFile(path) as archive:
        return sum(info.file_size for info in archive.infolist())


def _check_format(header: Any, path) -> None:
    if header["format"] != FORMAT:
        msg = (
            f"{path} has format {header['format']}; this version of boldglm reads "
            f"format {FORMAT}. Save the model again with this version."
        )
        raise ImageFileError(msg)


def _fit(stored, prefix: str, run: dict[str, Any], n_voxels: int) -> GlmFit:
    # Files of earlier versions have four entries, and one segment
    name, order, first_scans, bins, *rest = run["noise"]
    names = ("corrected", "pooled", "kind", "sandwich")
    options = dict(zip(names, rest, strict=False))
    model = NoiseModel(str(name), int(order), first_scans, bins, **options)
    starts = stored.get(f"{prefix}starts", np.zeros(1, int))
    factor = factorize(stored[f"{prefix}design"])
    # In the precision of the data that were fitted: the same factors, to the bit.
    precision = np.dtype(run["precision"])
    n_scans = factor.design.shape[0]
    places = stored.get(f"{prefix}places", np.arange(n_scans))
    line = checked_line(places, starts, n_scans)
    forms = precision_forms(
        factor, model.order, model.first_scans, precision, line=line
    )
    arrays = {key: stored[f"{prefix}{key}"] for key in ALWAYS}
    own = model.kind != "ar"
    arrays["noise_parameters"] = (
        stored[f"{prefix}noise_parameters"] if own else arrays["phi"]
    )
    if model.sandwich:
        arrays["effective_dof"] = stored[f"{prefix}effective_dof"]
    for key, array in arrays.items():
        if array.ndim != ARRAYS[key] or array.shape[-1] != n_voxels:
            msg = f"{key} has shape {array.shape} for {n_voxels} voxels"
            raise ValueError(msg)
    return GlmFit(forms=forms, noise=model, **arrays)


def _space_codes(mask_img) -> dict[str, int]:
    """What the header says of the space of the mask, such as MNI's."""
    header = mask_img.header
    return {place: int(header[f"{place}_code"]) for place in ("qform", "sform")}


def _inside(mask_img) -> np.ndarray:
    return np.asarray(mask_img.dataobj).astype(bool)


def _parameters(model) -> tuple[dict[str, Any], list[str]]:
    """The parameters that text can hold, and the names of those it cannot."""
    kept, lost = {}, []
    for name, value in model.get_params(deep=False).items():
        if name in {"mask_img", "memory"}:
            continue  # the mask is stored as such, and nothing is cached
        plain = _plain(value)
        try:
            json.dumps(plain)
        except TypeError:
            lost.append(name)
        else:
            kept[name] = plain
    return kept, lost


def _index(index) -> np.ndarray:
    """Times of the scans as numbers; other labels as text."""
    numbers = np.asarray(index)
    if numbers.dtype.kind in "iuf":
        return numbers.astype(float)
    return np.array([str(label) for label in index])


def _label(name: Any) -> Any:
    """A column as it was: text has no tuples, lists come back from it."""
    return tuple(name) if isinstance(name, list) else name


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return value
