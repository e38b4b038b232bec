"""One simulated subject on disk, laid out as users have theirs."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from boldglm.datasets.simulate_brain import Activation, Brain, make_brain
from boldglm.datasets.simulate_noise import NoiseSettings
from boldglm.datasets.simulate_runs import (
    SimulatedRun,
    require_positive,
    simulate_run,
)
from boldglm.datasets.simulate_task import RunSettings, default_activations
from boldglm.datasets.simulate_writing import (
    UNITS,
    require_file_names,
    settings_of_noise,
    settings_of_places,
    write_bold,
    write_json,
    write_table,
    write_truth_of_run,
)
from boldglm.datasets.simulated_folder import write_map

__all__ = ["SimulatedDataset", "simulate_dataset"]


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

    Files of the same names are replaced, each of them only when the new one is
    complete.

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
    require_positive("n_runs", n_runs)
    folder = Path(folder)
    brain = make_brain() if brain is None else brain
    settings = RunSettings() if settings is None else settings
    noise = NoiseSettings() if noise is None else noise
    activations = default_activations() if activations is None else tuple(activations)
    require_file_names(activations)
    func = folder / "sub-01" / "func"
    func.mkdir(parents=True, exist_ok=True)
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
        stem = func / f"sub-01_task-demo_run-{number}"
        files.append(_write_run(stem, run, settings))
    mask = func / "sub-01_task-demo_desc-brain_mask.nii.gz"
    write_map(mask, brain.mask.astype(np.uint8), brain.affine)
    write_json(
        folder / "dataset_description.json",
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
        **_write_truth(folder / "truth", run, settings, noise, seed),
    )


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


def _write_truth(
    folder: Path,
    run: SimulatedRun,
    settings: RunSettings,
    noise: NoiseSettings,
    seed: int,
) -> dict[str, Any]:
    """Write what an analysis should find; the paths, as in `SimulatedDataset`."""
    folder.mkdir(parents=True, exist_ok=True)
    truth = folder / "truth.json"
    write_json(
        truth,
        {
            "seed": seed,
            "units": UNITS,
            "activations": settings_of_places(run.truth.activations),
            "run": asdict(settings),
            "noise": settings_of_noise(noise),
        },
    )
    maps = write_truth_of_run(folder, run.truth, run.brain.affine)
    return {"truth": truth, **maps}
