"""What a first-level model remembers of its fit, for the report."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from os import PathLike
from typing import Any

import numpy as np

from boldglm._base.warnings import held_warnings
from boldglm.core.gls import GlmFit
from boldglm.core.whiteness import Whiteness, whiteness_of_fit
from boldglm.glm.first_level.runs import Run
from boldglm.image.reading import name_of

__all__ = [
    "FitRecord",
    "RunRecord",
    "record_from_text",
    "record_runs",
    "treatment_of",
]

#: Scans of which autocorrelations say something
SHORTEST = 20
#: Parameters of a masker that change the values it takes out of images
TREATMENT = (
    "smoothing_fwhm",
    "standardize",
    "detrend",
    "high_variance_confounds",
    "low_pass",
    "high_pass",
)


#: Numbers and tables of `Whiteness` in which something may be unknown
WITH_NAN = (
    "before",
    "after",
    "white",
    "frequencies",
    "power_before",
    "power_after",
    "power_white",
)


@dataclass(frozen=True)
class RunRecord:
    """Where a run came from.

    Attributes
    ----------
    image : str
        Its file, or in words what it is.
    image_file : str
        Its file; empty where it was in memory.
    shape : tuple of int
        Of the file, scans last.
    voxel_size : tuple of float
        Millimetres.
    scans : int
        In the file.
    kept : int
        That were fitted.
    events_file, confounds_file, design_file : str
        Empty where they were not files.
    designed : bool
        Whether the design was given.
    n_confounds : int
    events : dict
        ``onset``, ``duration``, ``trial_type``, ``modulation``: lists, a value for
        each event; empty where the design was given.
    whiteness : Whiteness or None
    """

    image: str
    image_file: str
    shape: tuple[int, ...]
    voxel_size: tuple[float, ...]
    scans: int
    kept: int
    events_file: str = ""
    confounds_file: str = ""
    design_file: str = ""
    designed: bool = False
    n_confounds: int = 0
    events: Mapping[str, list[Any]] = field(default_factory=dict)
    whiteness: Whiteness | None = None


@dataclass(frozen=True)
class FitRecord:
    """What a model remembers of its fit.

    Attributes
    ----------
    mask : str
        Where the mask came from, in words.
    runs : tuple of RunRecord
    warnings : tuple of str
        Given during the fit.
    treatment : dict or None
        What the masker did to the images: its parameters `TREATMENT`, those that are
        not at their defaults. None in models that earlier versions saved.
    """

    mask: str
    runs: tuple[RunRecord, ...]
    warnings: tuple[str, ...] = ()
    treatment: Mapping[str, Any] | None = None

    def as_text(self) -> dict[str, Any]:
        """Lists, dictionaries, texts and numbers, as JSON has them."""
        plain = asdict(self)
        for run in plain["runs"]:
            if run["whiteness"] is not None:
                run["whiteness"] |= {
                    name: _without_nan(run["whiteness"][name]) for name in WITH_NAN
                }
        return plain


def treatment_of(masker: Any) -> dict[str, Any]:
    """What a masker does to images, as JSON has it.

    Examples
    --------
    >>> from boldglm.maskers import NiftiMasker
    >>> treatment_of(NiftiMasker(smoothing_fwhm=6.0, detrend=True))
    {'smoothing_fwhm': 6.0, 'detrend': True}
    """
    return {
        name: np.asarray(value).tolist()
        for name in TREATMENT
        if (value := getattr(masker, name)) is not None and value is not False
    }


def record_runs(
    mask_img: Any, runs: list[Run], samples: list[tuple[np.ndarray, GlmFit]]
) -> FitRecord:
    """Write down where the runs of a fit came from, and how white their residuals are.

    Parameters
    ----------
    mask_img
        The parameter of the model.
    runs : list of Run
    samples : list of ((n_kept_scans, n_some_voxels), GlmFit)
        Series of some voxels of each run, and their fit.

    Returns
    -------
    FitRecord
    """
    records = []
    for run, (series, fit) in zip(runs, samples, strict=True):
        one = _record_run(run, len(series))
        found = None
        if len(series) > SHORTEST:
            found = whiteness_of_fit(series, fit, starts=fit.forms.lags.line.stretches)
        records.append(replace(one, whiteness=found))
    return FitRecord(_mask_words(mask_img), tuple(records))


def _record_run(run: Run, kept: int) -> RunRecord:
    zooms = tuple(float(size) for size in run.image.header.get_zooms()[:3])
    return RunRecord(
        image=name_of(run.image),
        image_file=str(run.image.get_filename() or ""),
        shape=tuple(int(n) for n in run.image.shape),
        voxel_size=zooms,
        scans=run.n_scans,
        kept=kept,
        events_file=_file(run.events),
        confounds_file=_file(run.confounds),
        design_file=_file(run.design),
        designed=run.design is not None,
        n_confounds=_count_confounds(run),
        events=_events(run),
    )


def _events(run: Run) -> dict[str, list[Any]]:
    from boldglm.glm.first_level.experimental_paradigm import read_events

    if run.events is None or run.design is not None:
        return {}
    with held_warnings():
        # The design has said all there is to say about them
        events = read_events(run.events, run.index)
    train = events.train
    return {
        "onset": train.onset.tolist(),
        "duration": train.duration.tolist(),
        "trial_type": [events.conditions[i] for i in train.condition],
        "modulation": train.amplitude.tolist(),
    }


def _count_confounds(run: Run) -> int:
    from boldglm.glm.first_level.tables import load_confounds_table

    if run.confounds is None or run.design is not None:
        return 0
    with held_warnings():
        return int(load_confounds_table(run.confounds, run.n_scans).shape[1])


def _file(table: Any) -> str:
    return str(table) if isinstance(table, str | PathLike) else ""


def _mask_words(mask_img: Any) -> str:
    if mask_img is None:
        return "computed from the images"
    if mask_img is False:
        return "none: every voxel"
    if hasattr(mask_img, "transform"):
        return f"that of a {type(mask_img).__name__}"
    return name_of(mask_img)


def record_from_text(plain: Mapping[str, Any]) -> FitRecord:
    """The record that `FitRecord.as_text` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is none. What later versions may write besides is left out.

    Examples
    --------
    >>> record = FitRecord("brain.nii", (RunRecord("a.nii", "", (2,), (3.0,), 9, 8),))
    >>> record_from_text(record.as_text()) == record
    True
    """
    runs = []
    for run in plain["runs"]:
        white = run["whiteness"]
        if white is not None:
            # Earlier versions looked at less
            there = {n: _with_nan(white[n]) for n in WITH_NAN if n in white}
            white = Whiteness(**_known(Whiteness, white | there))
        lists = {name: tuple(run[name]) for name in ("shape", "voxel_size")}
        runs.append(RunRecord(**_known(RunRecord, run | lists | {"whiteness": white})))
    return FitRecord(
        str(plain["mask"]),
        tuple(runs),
        tuple(plain["warnings"]),
        plain.get("treatment"),
    )


def _known(kind: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in given.items() if name in names}


def _without_nan(values: Any) -> Any:
    plain = np.array(values, dtype=object)
    plain[~np.isfinite(values)] = None
    return plain.tolist()


def _with_nan(values: Any) -> Any:
    # a number stays one
    return np.array(values, dtype=np.float64)[()]
