"""One simulated subject on disk, laid out as users have theirs."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from boldglm._base.arguments import as_path
from boldglm._base.atomic import made_folder
from boldglm.datasets.simulate_brain import Activation, Brain, make_brain
from boldglm.datasets.simulate_checks import listed_of, of_kind, whole_number
from boldglm.datasets.simulate_description import (
    UNITS,
    settings_of_noise,
    settings_of_places,
)
from boldglm.datasets.simulate_noise import NoiseSettings
from boldglm.datasets.simulate_runs import SimulatedRun, simulate_run
from boldglm.datasets.simulate_task import RunSettings, default_activations
from boldglm.datasets.simulate_writing import (
    require_file_names,
    write_bold,
    write_json,
    write_table,
    write_truth_of_run,
)
from boldglm.datasets.simulated_folder import write_map

__all__ = ["SimulatedDataset", "simulate_dataset"]

_FUNC = Path("sub-01") / "func"
_TRUTH = Path("truth")
_DESCRIPTION = "dataset_description.json"
#: What a call may leave that the next one does not write
_FILES = {
    _FUNC: re.compile(
        r"sub-01_task-demo_run-\d+_"
        r"(bold\.nii\.gz|bold\.json|events\.tsv|desc-confounds_timeseries\.tsv)"
    ),
    _TRUTH: re.compile(r"(effect-[\w.+-]+|null|missing|(partial|ma)-\d+)\.nii\.gz"),
}


@dataclass(frozen=True)
class SimulatedDataset:
    """Where the files of a simulated data set are.

    Attributes
    ----------
    folder : Path
    bold, sidecars, events, confounds : tuple of Path
        One file per run: images (.nii.gz), their .json, and tables (.tsv).
    mask : Path
        The brain.
    truth : Path
        Settings, seed and activations, as JSON.
    effects : mapping of str to Path
        The true effect of each condition, percent of the mean signal.
    null : Path
        Brain voxels without any effect.
    partial, ma : tuple of Path
        Partial autocorrelations of the noise, lag 1 first, and its moving average
        part. See `Truth`.
    missing : Path or None
        Brain voxels without a signal, if there are any.
    activations : tuple of Activation
    """

    folder: Path
    bold: tuple[Path, ...]
    sidecars: tuple[Path, ...]
    events: tuple[Path, ...]
    confounds: tuple[Path, ...]
    mask: Path
    truth: Path
    effects: MappingProxyType[str, Path]
    null: Path
    partial: tuple[Path, ...]
    ma: tuple[Path, ...]
    missing: Path | None
    activations: tuple[Activation, ...]


def simulate_dataset(
    folder: str | Path,
    *,
    n_runs: int = 2,
    brain: Brain | None = None,
    activations: Iterable[Activation] | None = None,
    settings: RunSettings | None = None,
    noise: NoiseSettings | None = None,
    seed: int = 0,
    on_step: Callable[[str], object] | None = None,
) -> SimulatedDataset:
    """Simulate one subject and write it as a BIDS-like folder, truth included.

    This is what ``boldglm demo`` analyses; `simulate_bids` writes a study.

    ::

        folder/
          dataset_description.json
          sub-01/func/
            sub-01_task-demo_run-1_bold.nii.gz      int16, with its .json
            sub-01_task-demo_run-1_events.tsv
            sub-01_task-demo_run-1_desc-confounds_timeseries.tsv
            sub-01_task-demo_desc-brain_mask.nii.gz
          truth/
            truth.json
            effect-<condition>.nii.gz               percent of the mean signal
            null.nii.gz                             voxels without any effect
            partial-1.nii.gz                        of the noise, one per lag
            ma-1.nii.gz, missing.nii.gz             if `noise` has them

    What an earlier call has written into the folder is replaced, as soon as the first
    run is simulated. Other files are left as they are.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    n_runs : int
    brain, activations, settings, noise, seed
        As in `simulate_run`.
    on_step : callable, optional
        Told, in words, what is about to be done: once per run.

    Returns
    -------
    SimulatedDataset

    Raises
    ------
    FileExistsError
        If the folder has files of these names that come from elsewhere. Nothing is
        changed.
    ValueError
        If `n_runs` is not positive, or no file can be named after a condition.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from boldglm.datasets import RunSettings, make_brain, simulate_dataset
    >>> data = simulate_dataset(mkdtemp(), n_runs=1, brain=make_brain(8.0),
    ...                         settings=RunSettings(n_scans=60))
    >>> data.bold[0].name
    'sub-01_task-demo_run-1_bold.nii.gz'
    """
    n_runs = whole_number("n_runs", n_runs)
    seed = whole_number("seed", seed, 0)
    folder = as_path(folder, "folder")
    brain = make_brain() if brain is None else brain
    settings = RunSettings() if settings is None else settings
    noise = NoiseSettings() if noise is None else noise
    activations = default_activations() if activations is None else activations
    of_kind("brain", brain, Brain)
    of_kind("settings", settings, RunSettings)
    of_kind("noise", noise, NoiseSettings)
    activations = listed_of("activations", activations, Activation)
    if on_step is not None and not callable(on_step):
        msg = f"on_step is {on_step!r}; expected a function of a text, or None"
        raise TypeError(msg)
    require_file_names(activations)
    _require_own(folder)
    truth = {
        "seed": seed,
        "units": UNITS,
        "activations": settings_of_places(activations),
        "run": asdict(settings),
        "noise": settings_of_noise(noise),
    }
    files = []
    for number in range(1, n_runs + 1):
        if on_step is not None:
            on_step(f"simulate run {number}")
        run = simulate_run(
            brain=brain,
            activations=activations,
            settings=settings,
            noise=noise,
            seed=seed,
            run=number,
        )
        if number == 1:
            _begin(folder, truth)
        stem = folder / _FUNC / f"sub-01_task-demo_run-{number}"
        files.append(_write_run(stem, run, settings))
    mask = folder / _FUNC / "sub-01_task-demo_desc-brain_mask.nii.gz"
    write_map(mask, brain.mask.astype(np.uint8), brain.affine)
    write_json(
        folder / _DESCRIPTION,
        {"Name": "boldglm simulation", "BIDSVersion": "1.10.0", "DatasetType": "raw"},
    )
    bold, sidecars, events, confounds = zip(*files, strict=True)
    return SimulatedDataset(
        folder=folder,
        bold=bold,
        sidecars=sidecars,
        events=events,
        confounds=confounds,
        mask=mask,
        activations=run.truth.activations,
        truth=folder / _TRUTH / "truth.json",
        **write_truth_of_run(folder / _TRUTH, run.truth, brain.affine),
    )


def _require_own(folder: Path) -> None:
    """Refuse to write over what somebody else has written."""
    taken = [
        name
        for name in (_DESCRIPTION, "sub-01", "truth")
        if (folder / name).is_file() or any(folder.glob(f"{name}/[!.]*"))
    ]
    if not taken or _is_own(folder):
        return
    msg = (
        f"{folder} has {', '.join(taken)}, not written by simulate_dataset: it is left "
        "as it is. Give another folder, or move these away."
    )
    raise FileExistsError(msg)


def _is_own(folder: Path) -> bool:
    """Whether the truth of such a subject is there."""
    try:
        said = json.loads((folder / _TRUTH / "truth.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return set(said) == {"seed", "units", "activations", "run", "noise"}


def _begin(folder: Path, truth: dict[str, Any]) -> None:
    """Take away what an earlier call has left; say first what comes now.

    So a call that was interrupted is known as one of ours by the next.
    """
    for place, names in _FILES.items():
        made_folder(folder / place)
        for path in (folder / place).iterdir():
            if names.fullmatch(path.name):
                path.unlink()
    write_json(folder / _TRUTH / "truth.json", truth)


def _write_run(
    stem: Path, run: SimulatedRun, settings: RunSettings
) -> tuple[Path, Path, Path, Path]:
    """Write what a scanner, a stimulus program and fMRIPrep would leave."""
    bold = stem.with_name(f"{stem.name}_bold.nii.gz")
    sidecar = stem.with_name(f"{stem.name}_bold.json")
    events = stem.with_name(f"{stem.name}_events.tsv")
    confounds = stem.with_name(f"{stem.name}_desc-confounds_timeseries.tsv")
    write_bold(bold, run, settings.t_r)
    write_json(
        sidecar,
        {
            "RepetitionTime": settings.t_r,
            "TaskName": "demo",
            "TaskDescription": "Blocks of faces and houses, simulated by boldglm",
        },
    )
    write_table(events, run.events)
    write_table(confounds, run.confounds)
    return bold, sidecar, events, confounds
