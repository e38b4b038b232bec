"""A fitted model in one file of numbers and text."""

import json
import math
from os import PathLike
from typing import Any, get_args

import numpy as np

from boldglm._base.arguments import as_path
from boldglm._base.atomic import written_whole
from boldglm._base.errors import ImageFileError
from boldglm._base.warnings import DesignWarning, warn
from boldglm.core.gls import OUTCOMES, GlmFit
from boldglm.core.linear import factorize
from boldglm.core.noise import FIRST_SCANS, Kind, NoiseModel
from boldglm.core.precision import precision_forms
from boldglm.core.timeline import Timeline, checked_line
from boldglm.glm.first_level.fit_record import FitRecord, record_from_text
from boldglm.glm.first_level.stored_parts import StoredParts, opened_parts
from boldglm.image.grid import Grid

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
}
# Of some noise models
OWN_PARAMETERS, OWN_DOF = "noise_parameters", "effective_dof"
# Parameters that are not in the file, and not taken from one: the mask is there as
# such, and a cache of somebody else's would hold pickles.
NEVER_STORED = {"mask_img", "memory"}
# Numbers in a mask are bits: what no grid of a scanner has is refused.
LARGEST_GRID = 2**31
# Codes of NIfTI for what space an image is in.
SPACE_CODES = range(6)


def save_model(model, path: str | PathLike) -> None:
    """Write a fitted model, completely or not at all."""
    target = as_path(path, "path")
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
        line, noise = fit.forms.lags.line, fit.noise
        arrays[f"run{index}_starts"] = line.starts
        arrays[f"run{index}_places"] = line.places
        names = [*ARRAYS]
        names += [OWN_PARAMETERS] if noise.kind != "ar" else []
        names += [OWN_DOF] if noise.sandwich else []
        arrays.update({f"run{index}_{name}": getattr(fit, name) for name in names})
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
    from boldglm.maskers import NiftiMasker

    with opened_parts(as_path(path, "path")) as stored:
        header = _header(stored, path)
        model = kind(**_checked_parameters(header["parameters"], kind))
        inside, mask = _mask(stored, header)
        n_voxels = int(inside.sum())
        runs = [
            _run(stored, f"run{index}_", run, n_voxels)
            for index, run in enumerate(_listed(header["runs"], "runs"))
        ]
        lost = [str(name) for name in _listed(header["not_stored"], "not_stored")]
        model.masker_ = NiftiMasker(mask_img=mask).fit()
    if isinstance(model.signal_scaling, list):
        model.signal_scaling = tuple(model.signal_scaling)
    model.fits_ = [fit for fit, _ in runs]
    model.design_matrices_ = [design for _, design in runs]
    model._data = []
    # files written before there were reports have none
    model._record = _record(header.get("record"), path)
    if lost:
        warn(
            f"{path}: the file of a model holds no functions or objects, so "
            f"{', '.join(lost)} are back at their defaults. Contrasts "
            "do not depend on them; another fit would.",
            DesignWarning,
        )
    # Another fit of the model is on the same voxels, however they were chosen.
    model.mask_img = model.mask_img_ = model.masker_.mask_img_
    model.n_elements_ = n_voxels
    model.fir_delays_ = [0] if model.fir_delays is None else model.fir_delays
    model.standardize_ = bool(model.standardize)
    model.memory_ = None
    return model


def _header(stored: StoredParts, path) -> dict[str, Any]:
    header = json.loads(str(stored.take("header", ["text"], ())))
    if not isinstance(header, dict) or "format" not in header:
        msg = "its header names no format"
        raise ValueError(msg)
    if header["format"] != FORMAT:
        msg = (
            f"{path} has format {header['format']}; this version of boldglm reads "
            f"format {FORMAT}. Save the model again with this version."
        )
        raise ImageFileError(msg)
    return header


def _checked_parameters(parameters: Any, kind: type) -> dict[str, Any]:
    """Parameters of a model by name, as a file has them."""
    known = set(kind()._parameter_names()) - NEVER_STORED
    if not isinstance(parameters, dict) or not set(parameters) <= known:
        msg = f"its parameters are not those of a {kind.__name__}"
        raise ValueError(msg)
    return parameters


def _listed(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        msg = f"{name} is {value!r}; expected a list"
        raise ValueError(msg)  # noqa: TRY004 - what is wrong is the file
    return value


def _whole(value: Any, name: str, least: int, most: float) -> int:
    if type(value) is not int or not least <= value <= most:
        msg = f"{name} is {value!r}; expected a whole number from {least} to {most}"
        raise ValueError(msg)
    return value


def _mask(stored: StoredParts, header: dict[str, Any]) -> tuple[np.ndarray, Any]:
    """Voxels inside, and the image of them."""
    import nibabel as nib

    x, y, z = (_whole(n, "shape", 1, LARGEST_GRID) for n in header["shape"])
    n_grid = math.prod((x, y, z))
    _whole(n_grid, "the number of voxels", 1, LARGEST_GRID)
    bits = stored.take("mask", ["whole"], (-(-n_grid // 8),)).astype(np.uint8)
    inside = np.unpackbits(bits, count=n_grid).reshape(x, y, z)
    affine = Grid((x, y, z), stored.take("affine", ["float"], (4, 4))).affine
    if not np.linalg.det(affine[:3, :3]):
        msg = f"its voxels have no volume, by the affine\n{affine}"
        raise ValueError(msg)
    mask = nib.Nifti1Image(inside.astype(np.int8), affine)
    for place, code in dict(header.get("space", {})).items():
        if place not in ("qform", "sform") or code not in SPACE_CODES:
            msg = f"the code of {place!r} is {code!r}; expected one of NIfTI's"
            raise ValueError(msg)
        getattr(mask, f"set_{place}")(affine, int(code))
    return inside, mask


def _run(
    stored: StoredParts, prefix: str, run: Any, n_voxels: int
) -> tuple[GlmFit, Any]:
    """The fit of a run, and its design."""
    import pandas as pd

    names = _listed(run["columns"], "columns")
    columns = pd.Index([_label(name) for name in names])
    design = stored.take(f"{prefix}design", ["float"], (None, len(columns)))
    index = stored.take(f"{prefix}index", ["float", "text"], (len(design),))
    frame = pd.DataFrame(design, index=index, columns=columns)
    return _fit(stored, prefix, run, design, n_voxels), frame


def _record(text: Any, path) -> FitRecord | None:
    """What a model remembers of its fit; no contrast depends on it."""
    try:
        return None if text is None else record_from_text(text)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        warn(
            f"{path}: what the model remembers of its fit cannot be read ({error!r}), "
            "so that its report lacks it. Contrasts do not depend on it.",
            DesignWarning,
        )
        return None


def _fit(
    stored: StoredParts,
    prefix: str,
    run: dict[str, Any],
    design: np.ndarray,
    n_voxels: int,
) -> GlmFit:
    model = _noise(run["noise"], len(design))
    line = _line(stored, prefix, len(design))
    if run["precision"] not in ("float32", "float64"):
        msg = f"the precision is {run['precision']!r}; expected float32 or float64"
        raise ValueError(msg)
    # In the precision of the data that were fitted: the same factors, to the bit.
    forms = precision_forms(
        factorize(design), model.order, model.first_scans, run["precision"], line=line
    )
    rows = {"beta": design.shape[1], "phi": model.order}
    arrays = {
        key: stored.take(
            f"{prefix}{key}",
            ["whole" if key == "outcome" else "float"],
            (rows[key], n_voxels) if ndim == 2 else (n_voxels,),
        )
        for key, ndim in ARRAYS.items()
    }
    if not np.isin(arrays["outcome"], list(OUTCOMES)).all():
        msg = f"{prefix}outcome has codes that stand for nothing"
        raise ValueError(msg)
    arrays[OWN_PARAMETERS] = arrays["phi"]
    if model.kind != "ar":
        arrays[OWN_PARAMETERS] = stored.take(
            f"{prefix}{OWN_PARAMETERS}", ["float"], (model.n_parameters, n_voxels)
        )
    if model.sandwich:
        arrays[OWN_DOF] = stored.take(f"{prefix}{OWN_DOF}", ["float"], (n_voxels,))
        if not (arrays[OWN_DOF] > 0).all():
            msg = f"{prefix}{OWN_DOF} has values that are not above 0"
            raise ValueError(msg)
    return GlmFit(forms=forms, noise=model, **arrays)


def _line(stored: StoredParts, prefix: str, n_scans: int) -> Timeline:
    """Where the scans of a run lie."""
    # Files of earlier versions have one segment, or segments without gaps
    starts, places = np.zeros(1, int), np.arange(n_scans)
    if f"{prefix}starts" in stored:
        starts = stored.take(f"{prefix}starts", ["whole"], (None,))
    if f"{prefix}places" in stored:
        places = stored.take(f"{prefix}places", ["whole"], (n_scans,))
    return checked_line(places, starts, n_scans)


def _noise(entries: Any, n_scans: int) -> NoiseModel:
    """The noise model of a run of so many scans."""
    # Files of earlier versions have four entries
    name, order, first_scans, bins, *rest = _listed(entries, "noise")
    defaults: list[Any] = [False, False, "ar", False]
    corrected, pooled, kind, sandwich = rest + defaults[len(rest) :]
    order = _whole(order, "the order of the noise", 0, max(n_scans - 1, 0))
    if bins is not None:
        bins = _whole(bins, "bins", 1, np.inf)
    if first_scans not in FIRST_SCANS or kind not in get_args(Kind):
        msg = f"the noise is {entries!r}, which no noise model of this version has"
        raise ValueError(msg)
    return NoiseModel(
        str(name),
        order,
        first_scans,
        bins,
        corrected=bool(corrected),
        pooled=bool(pooled),
        kind=kind,
        sandwich=bool(sandwich),
    )


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
        if name in NEVER_STORED:
            continue
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
    parts = name if isinstance(name, list) else [name]
    if not all(isinstance(part, str | int | float | None) for part in parts):
        msg = f"a column is {name!r}; expected a name"
        raise ValueError(msg)
    return tuple(name) if isinstance(name, list) else name


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return value
