"""Simulated data on disk, laid out as users have theirs."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.datasets.simulate import (
    RunSettings,
    SimulatedRun,
    simulate_run,
)
from boldglm.datasets.simulate_brain import Activation, Brain, make_brain
from boldglm.datasets.simulate_noise import NoiseSettings

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

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
    partial : tuple of Path
        Partial autocorrelations of the noise, lag 1 first.
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
        If `n_runs` is not positive.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from boldglm.datasets import RunSettings, make_brain, simulate_dataset
    >>> data = simulate_dataset(mkdtemp(), n_runs=1, brain=make_brain(8.0),
    ...                         settings=RunSettings(n_scans=60))
    >>> data.bold[0].name
    'sub-01_task-demo_run-1_bold.nii.gz'
    """
    if n_runs < 1:
        msg = f"n_runs is {n_runs}; expected at least 1"
        raise ValueError(msg)
    folder = Path(folder)
    brain = make_brain() if brain is None else brain
    settings = RunSettings() if settings is None else settings
    noise = NoiseSettings() if noise is None else noise
    activations = None if activations is None else tuple(activations)
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
    _write_image(mask, brain.mask.astype(np.uint8), brain.affine)
    _write_json(
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
    limits = np.iinfo(np.int16)
    stored = np.clip(np.rint(run.bold), limits.min, limits.max).astype(np.int16)
    _write_image(bold, stored, run.brain.affine, settings.t_r)
    _write_json(
        sidecar,
        {
            "RepetitionTime": settings.t_r,
            "TaskName": "demo",
            "TaskDescription": "Blocks of faces and houses, simulated by boldglm",
        },
    )
    _write_table(events, run.events)
    _write_table(confounds, run.confounds)
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
    affine = run.brain.affine
    effects = {}
    for name, effect in run.truth.effects.items():
        effects[name] = folder / f"effect-{name}.nii.gz"
        _write_image(effects[name], effect, affine)
    null = folder / "null.nii.gz"
    _write_image(null, run.truth.null.astype(np.uint8), affine)
    partial = []
    for lag, values in enumerate(run.truth.partial, start=1):
        partial.append(folder / f"partial-{lag}.nii.gz")
        _write_image(partial[-1], values, affine)
    truth = folder / "truth.json"
    _write_json(
        truth,
        {
            "seed": seed,
            "units": {"centre": "mm", "fwhm": "mm", "effects": "percent signal change"},
            "activations": [
                {**vars(spot), "effects": dict(spot.effects)}
                for spot in run.truth.activations
            ],
            "run": asdict(settings),
            "noise": asdict(noise),
        },
    )
    return {
        "effects": MappingProxyType(effects),
        "null": null,
        "partial": tuple(partial),
        "truth": truth,
    }


def _write_image(
    path: Path, array: "NDArray[Any]", affine: "NDArray[np.float64]", t_r: float = 0.0
) -> None:
    import nibabel

    from boldglm.image.writing import save_img

    image = nibabel.Nifti1Image(array, affine)
    image.header.set_xyzt_units("mm", "sec")
    image.header.set_sform(affine, code="mni")
    image.header.set_qform(affine, code="mni")
    if array.ndim == 4:
        image.header.set_zooms((*image.header.get_zooms()[:3], t_r))
    save_img(image, path)


def _write_table(path: Path, table: "pd.DataFrame") -> None:
    text = table.to_csv(
        sep="\t", index=False, na_rep="n/a", float_format="%.6g", lineterminator="\n"
    )
    _write_text(path, text)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    _write_text(path, json.dumps(content, indent=2) + "\n")


def _write_text(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    partial.replace(path)
