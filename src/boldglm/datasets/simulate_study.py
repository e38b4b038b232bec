"""A simulated study on disk: a BIDS folder, its derivatives and its truth."""

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm import __version__
from boldglm._base.arguments import as_path
from boldglm._base.atomic import made_folder
from boldglm.datasets.simulate_brain import (
    Activation,
    Brain,
    between_map,
    effect_maps,
    make_brain,
    null_mask,
)
from boldglm.datasets.simulate_checks import listed_of, of_kind, whole_number
from boldglm.datasets.simulate_confounds import preprocessing_confounds
from boldglm.datasets.simulate_description import (
    described,
    settings_of_noise,
    settings_of_places,
)
from boldglm.datasets.simulate_noise import NoiseSettings, stream
from boldglm.datasets.simulate_runs import (
    SimulatedRun,
    own_activations,
    population,
    simulate_run,
)
from boldglm.datasets.simulate_subjects import draw_subjects
from boldglm.datasets.simulate_task import RunSettings
from boldglm.datasets.simulate_writing import (
    effect_file,
    require_file_names,
    write_bold,
    write_json,
    write_lines,
    write_table,
    write_truth_of_run,
)
from boldglm.datasets.simulated_folder import write_map, write_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SimulatedStudy", "simulate_bids"]

TASK = "demo"
SPACE = "MNI152NLin2009cAsym"
_DERIVATIVES = Path("derivatives") / "fmriprep"
_TRUTH = Path("derivatives") / "truth"
_README = "Simulated by boldglm; what is to be found is in derivatives/truth."
#: What BIDS has no names for, seen from the root and from the truth itself
_IGNORED = {
    Path(): [f"{_TRUTH.as_posix()}/"],
    _TRUTH: ["*.nii.gz", "*_regressors.tsv", "truth.json", "files.json"],
}


@dataclass(frozen=True)
class SimulatedStudy:
    """Where the files of a simulated study are.

    Attributes
    ----------
    folder : Path
        Of the raw data; what `dataset_path` of BIDS readers means.
    derivatives : Path
        Of the preprocessed data: ``folder / "derivatives/fmriprep"``.
    truth : Path
        ``folder / "derivatives/truth"``.
    task, space : str
        Labels in the names of the files.
    subjects : tuple of str
        Labels, ``"01"``, …
    bold, masks, confounds, events : tuple of tuple of Path
        Preprocessed scans, their masks and confounds, and the events; by subject,
        then by run.
    """

    folder: Path
    derivatives: Path
    truth: Path
    task: str
    space: str
    subjects: tuple[str, ...]
    bold: tuple[tuple[Path, ...], ...]
    masks: tuple[tuple[Path, ...], ...]
    confounds: tuple[tuple[Path, ...], ...]
    events: tuple[tuple[Path, ...], ...]


@dataclass(frozen=True)
class _Plan:
    """What is to be simulated."""

    n_subjects: int
    n_runs: int
    brain: Brain
    activations: tuple[Activation, ...]
    settings: RunSettings
    noise: NoiseSettings
    seed: int

    @property
    def subjects(self) -> list[str]:
        return [f"{number:02d}" for number in range(1, self.n_subjects + 1)]

    @property
    def runs(self) -> range:
        return range(1, self.n_runs + 1)

    def described(self) -> dict[str, Any]:
        """All that decides on the files: equal descriptions, equal data."""
        brain = hashlib.sha256(self.brain.affine.tobytes())
        brain.update(self.brain.mask.tobytes())
        brain.update(self.brain.baseline.tobytes())
        return described(
            "simulate_bids",
            self.activations,
            seed=self.seed,
            n_subjects=self.n_subjects,
            n_runs=self.n_runs,
            run=asdict(self.settings),
            noise=settings_of_noise(self.noise),
            brain={"shape": self.brain.shape, "sha256": brain.hexdigest()},
        )


def simulate_bids(
    folder: str | Path,
    *,
    n_subjects: int = 2,
    n_runs: int = 2,
    brain: Brain | None = None,
    activations: Iterable[Activation] | None = None,
    settings: RunSettings | None = None,
    noise: NoiseSettings | None = None,
    seed: int = 0,
) -> SimulatedStudy:
    """Simulate a study and write it as a BIDS folder with derivatives and truth.

    ::

        folder/
          dataset_description.json  README  participants.tsv  task-demo_bold.json
          sub-01/anat/sub-01_T1w.nii.gz
          sub-01/func/sub-01_task-demo_run-1_bold.nii.gz     int16
                      sub-01_task-demo_run-1_events.tsv
          derivatives/fmriprep/
            dataset_description.json
            sub-01/anat/sub-01_space-…_desc-preproc_T1w.nii.gz, .json
                        sub-01_space-…_desc-brain_mask.nii.gz
            sub-01/func/sub-01_task-demo_run-1_space-…_desc-preproc_bold.nii.gz, .json
                        sub-01_task-demo_run-1_space-…_desc-brain_mask.nii.gz
                        sub-01_task-demo_run-1_desc-confounds_timeseries.tsv, .json
          derivatives/truth/
            truth.json                  seed, settings, activations
            files.json                  size of every file
            effect-<condition>.nii.gz   of the population, percent
            between-<condition>.nii.gz  standard deviation between subjects
            null.nii.gz                 brain without any effect
            sub-01/                     the same of the subject, and
                   partial-1.nii.gz, ma-1.nii.gz, missing.nii.gz
                   sub-01_task-demo_run-1_regressors.tsv

    The space is MNI152NLin2009cAsym, in which the phantom lies from the start: raw
    and preprocessed scans are the same. Age and group of the participants change
    nothing in them. Confounds are those of `simulate_run` and what a preprocessing
    computes from the scans, under the names of fMRIPrep.

    The files are written to a draft, and are in the folder when all are there. BIDS
    validators pass the truth over (``.bidsignore``).

    Parameters
    ----------
    folder : path
        Made if it is not there. If this very study is there already, it is left as
        it is.
    n_subjects, n_runs : int
        Subject 3 is the same in a larger study, and so is run 1 of more runs.
    brain, settings, noise
        As in `simulate_run`.
    activations : iterable of Activation, optional
        Those of the population, as in `simulate_subject`.
    seed : int
        Same seed, same bytes.

    Returns
    -------
    SimulatedStudy

    Raises
    ------
    FileExistsError
        If there is something else in the folder, or files of the study are missing or
        damaged. Nothing is changed.
    ValueError
        If there is to be no subject or no run, or no file can be named after a
        condition.
    EventsError
        If a run is too short for the blocks.

    Examples
    --------
    >>> from boldglm.datasets.simulate import RunSettings, make_brain, simulate_bids
    >>> from tempfile import mkdtemp
    >>> study = simulate_bids(mkdtemp(), n_runs=1, brain=make_brain(10.0),
    ...                       settings=RunSettings(n_scans=60))
    >>> study.bold[1][0].name
    'sub-02_task-demo_run-1_space-MNI152NLin2009cAsym_desc-preproc_bold.nii.gz'
    >>> sorted(path.name for path in study.truth.glob("*-*.nii.gz"))
    ['between-faces.nii.gz', ..., 'effect-faces.nii.gz', 'effect-houses.nii.gz']
    """
    places = population() if activations is None else activations
    places = listed_of("activations", places, Activation)
    brain = make_brain() if brain is None else of_kind("brain", brain, Brain)
    settings = RunSettings() if settings is None else settings
    noise = NoiseSettings() if noise is None else noise
    require_file_names(places)
    plan = _Plan(
        n_subjects=whole_number("n_subjects", n_subjects),
        n_runs=whole_number("n_runs", n_runs),
        brain=brain,
        activations=places,
        settings=of_kind("settings", settings, RunSettings),
        noise=of_kind("noise", noise, NoiseSettings),
        seed=whole_number("seed", seed, 0),
    )
    folder = as_path(folder, "folder").absolute()
    write_whole(
        folder, plan.described(), lambda draft: _write_study(draft, plan), home=_TRUTH
    )
    return _listing(folder, plan)


def _write_study(folder: Path, plan: _Plan) -> None:
    for path in (folder, folder / _DERIVATIVES, folder / _TRUTH):
        made_folder(path)
        kind = "raw" if path == folder else "derivative"
        write_json(path / "dataset_description.json", _description(kind))
    for path, ignored in _IGNORED.items():
        write_lines(folder / path / ".bidsignore", ignored)
    write_lines(folder / "README", [_README])
    write_json(folder / f"task-{TASK}_bold.json", _side_car(plan))
    people = draw_subjects(plan.n_subjects, plan.seed)
    people["subject_label"] = [f"sub-{label}" for label in plan.subjects]
    people = people.rename(columns={"subject_label": "participant_id"})
    write_table(folder / "participants.tsv", people)
    _write_truth_of_population(folder / _TRUTH, plan)
    for number, label in enumerate(plan.subjects, start=1):
        _write_subject(folder, label, number, plan)


def _description(kind: str) -> dict[str, Any]:
    return {
        "Name": "boldglm simulation",
        "BIDSVersion": "1.10.0",
        "DatasetType": kind,
        "GeneratedBy": [{"Name": "boldglm", "Version": __version__}],
    }


def _side_car(plan: _Plan) -> dict[str, Any]:
    return {
        "RepetitionTime": plan.settings.t_r,
        "TaskName": TASK,
        "TaskDescription": "Blocks of stimuli, simulated by boldglm",
    }


def _write_truth_of_population(folder: Path, plan: _Plan) -> None:
    brain, places = plan.brain, plan.activations
    null = null_mask(brain, places).astype(np.uint8)
    write_map(folder / "null.nii.gz", null, brain.affine)
    for name, effect in effect_maps(brain, places).items():
        write_map(folder / effect_file(name), effect, brain.affine)
        between = between_map(brain, [spot for spot in places if name in spot.effects])
        path = folder / f"between-{name}.nii.gz"
        write_map(path, between.astype(np.float32), brain.affine)


def _write_subject(folder: Path, label: str, number: int, plan: _Plan) -> None:
    """Everything of one subject, run by run."""
    subject = f"sub-{label}"
    homes = [folder / subject, folder / _DERIVATIVES / subject]
    for path in (home / kind for home in homes for kind in ("anat", "func")):
        path.mkdir(parents=True)
    _write_anatomy(folder, subject, plan.brain)
    truth = folder / _TRUTH / subject
    truth.mkdir()
    seed = int(stream(plan.seed, "subjects", number).integers(2**63))
    own = own_activations(plan.activations, seed)
    spikes = {}
    for index in plan.runs:
        run = simulate_run(
            brain=plan.brain,
            activations=own,
            settings=plan.settings,
            noise=plan.noise,
            seed=seed,
            run=index,
        )
        stem = f"{subject}_task-{TASK}_run-{index}"
        _write_run(homes, stem, run, plan)
        write_table(truth / f"{stem}_regressors.tsv", run.truth.regressors)
        spikes[f"run-{index}"] = run.truth.spikes
    write_truth_of_run(truth, run.truth, plan.brain.affine)
    said = {"seed": seed, "activations": settings_of_places(own), "spikes": spikes}
    write_json(truth / "truth.json", said)


def _write_anatomy(folder: Path, subject: str, brain: Brain) -> None:
    """What lies in the scanner, with the contrast of T1: fluid is dark."""
    raw = folder / subject / "anat" / f"{subject}_T1w.nii.gz"
    write_map(raw, _t1(brain), brain.affine)
    done = folder / _DERIVATIVES / subject / "anat" / f"{subject}_space-{SPACE}"
    shutil.copyfile(raw, f"{done}_desc-preproc_T1w.nii.gz")
    side_car = done.with_name(f"{done.name}_desc-preproc_T1w.json")
    write_json(side_car, {"SkullStripped": True})
    mask = done.with_name(f"{done.name}_desc-brain_mask.nii.gz")
    write_map(mask, brain.mask.astype(np.uint8), brain.affine)


def _t1(brain: Brain) -> "NDArray[np.float32]":
    bright = np.quantile(brain.baseline[brain.mask], 0.99)
    turned = np.clip(1.25 * bright - brain.baseline, 0, None) * brain.mask
    return turned.astype(np.float32)


def _write_run(homes: list[Path], stem: str, run: SimulatedRun, plan: _Plan) -> None:
    """Raw, and as a preprocessing leaves it."""
    raw, done = (home / "func" for home in homes)
    write_bold(raw / f"{stem}_bold.nii.gz", run, plan.settings.t_r)
    write_table(raw / f"{stem}_events.tsv", run.events)
    bold = done / f"{stem}_space-{SPACE}_desc-preproc_bold.nii.gz"
    shutil.copyfile(raw / f"{stem}_bold.nii.gz", bold)
    side_car = {**_side_car(plan), "StartTime": 0.0, "SkullStripped": False}
    write_json(bold.with_name(bold.name.replace(".nii.gz", ".json")), side_car)
    mask = run.brain.mask.astype(np.uint8)
    name = f"{stem}_space-{SPACE}_desc-brain_mask.nii.gz"
    write_map(done / name, mask, run.brain.affine)
    table, meta = preprocessing_confounds(run, plan.settings.t_r)
    write_table(done / f"{stem}_desc-confounds_timeseries.tsv", table)
    write_json(done / f"{stem}_desc-confounds_timeseries.json", meta)


def _listing(folder: Path, plan: _Plan) -> SimulatedStudy:
    def files(home: Path, ending: str) -> tuple[tuple[Path, ...], ...]:
        return tuple(
            tuple(
                home / f"sub-{label}/func/sub-{label}_task-{TASK}_run-{run}_{ending}"
                for run in plan.runs
            )
            for label in plan.subjects
        )

    done = folder / _DERIVATIVES
    return SimulatedStudy(
        folder=folder,
        derivatives=done,
        truth=folder / _TRUTH,
        task=TASK,
        space=SPACE,
        subjects=tuple(plan.subjects),
        bold=files(done, f"space-{SPACE}_desc-preproc_bold.nii.gz"),
        masks=files(done, f"space-{SPACE}_desc-brain_mask.nii.gz"),
        confounds=files(done, "desc-confounds_timeseries.tsv"),
        events=files(folder, "events.tsv"),
    )
