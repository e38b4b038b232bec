"""Simulated files in the folder of the FIAC data set: sentences and speakers."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.datasets import simulate_noise as parts
from boldglm.datasets.simulate_brain import Activation, make_brain
from boldglm.datasets.simulate_checks import real_number, whole_number
from boldglm.datasets.simulate_description import described, settings_of_noise
from boldglm.datasets.simulate_noise import NoiseSettings
from boldglm.datasets.simulate_runs import simulate_run
from boldglm.datasets.simulate_task import RunSettings
from boldglm.datasets.simulated_folder import provide, write_map, write_truth_maps

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["simulate_fiac_first_level"]

_SETTINGS = RunSettings(n_scans=191, t_r=2.5, block=20.0, rest=9.0)
_LEAD_IN = 6.0  # s
_SENTENCE = 2.4  # s
_BETWEEN_STARTS = 20 / 6  # six sentences in a block, s
_ROUNDS = 4  # blocks of each condition
# Sentence the same or different, speaker the same or different
_BLOCKS = ("SStSSp", "SStDSp", "DStSSp", "DStDSp")
_CONDITIONS = (*_BLOCKS, "FirstSt")
_NOISE = NoiseSettings(
    sd=1.2, partial=((0.1, 0.5),), scanner=5.0, drift=0.8, motion=0.02, n_spikes=0
)


def _by_sentence(same: float, different: float, first: float) -> dict[str, float]:
    """Effects on the conditions; who speaks makes no difference."""
    return dict(
        zip(_CONDITIONS, (same, same, different, different, first), strict=True)
    )


_ACTIVATIONS = (
    Activation("left auditory", (-50.0, -20.0, 6.0), _by_sentence(1.5, 1.5, 2.5)),
    Activation("right auditory", (50.0, -20.0, 6.0), _by_sentence(1.5, 1.5, 2.5)),
    Activation("left middle temporal", (-58.0, -8.0, -12.0), _by_sentence(0.4, 1.6, 2)),
    Activation("right middle temporal", (58.0, -6.0, -14.0), _by_sentence(0.4, 1.4, 2)),
    Activation("left inferior frontal", (-46.0, 24.0, 12.0), _by_sentence(0.2, 1.3, 1)),
    Activation("precuneus", (-6.0, -58.0, 38.0), _by_sentence(-0.8, -0.8, 0)),
)
#: From the world of the phantom to that of these files, mm: as in the real ones, 0 is
#: not in the brain. Analyses of them cut at -129, -126, 49: left middle temporal here
_SHIFT = (-71.0, -118.0, 61.0)


def simulate_fiac_first_level(
    data_dir: Any, *, voxel_size: float = 4.0, seed: int = 0
) -> Path:
    """Simulate the data set of FIAC, files and all, for its fetcher to find.

    Two runs of 191 scans, 2.5 s apart, with sixteen blocks of six sentences: the same
    sentence again or another one (SSt, DSt), by the same speaker or another one (SSp,
    DSp). Blocks begin with the second sentence; the first of each is a condition of its
    own (FirstSt). The scans are those of `simulate_run`. A design has 13 columns: the
    responses to the five conditions, their derivatives in time (per second), a line, a
    parabola, and the constant.

    In both middle temporal gyri and left inferior frontally, new sentences have more
    effect than repeated ones; in the auditory cortices both have the same. Who speaks
    makes no difference anywhere. ``truth/truth.json`` in the folder has the places and
    the effects; ``truth/effect-<condition>.nii.gz`` (percent) and ``truth/null.nii.gz``
    (brain without any effect) are on the grid of the runs.

    Coordinates are those of a scanner, not of MNI space: the left middle temporal gyrus
    is at (-129, -126, 49), where scripts for these data cut their figures.

    Parameters
    ----------
    data_dir : str or Path
        ``fiac_nilearn.glm`` is made in it. A folder of the same simulation is kept.
    voxel_size : float
        mm, from 1 to 12.
    seed : int
        Same seed, same files.

    Returns
    -------
    Path
        `data_dir`, absolute, for the fetcher.

    Raises
    ------
    ValueError
        If `voxel_size` is not from 1 to 12.
    FileExistsError
        If the folder is there with other data. It is left as it is.

    References
    ----------
    Dehaene-Lambertz G, Dehaene S, Anton JL, et al. (2006). Functional segregation of
    cortical language areas by sentence repetition. Human Brain Mapping 27:360-371.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from boldglm.datasets import fetch_fiac_first_level
    >>> folder = simulate_fiac_first_level(mkdtemp(), voxel_size=12)
    >>> data = fetch_fiac_first_level(folder, verbose=0)
    >>> np.load(data.design_matrix1)["X"].shape
    (191, 13)
    """
    voxel_size = real_number("voxel_size", voxel_size)
    seed = whole_number("seed", seed, 0)
    truth = described(
        "simulate_fiac_first_level",
        _places(),
        voxel_size=voxel_size,
        seed=seed,
        run=asdict(_SETTINGS),
        noise=settings_of_noise(_NOISE),
    )
    return provide(data_dir, "fiac", truth, lambda home: _write(home, voxel_size, seed))


def _places() -> list[Activation]:
    """The activations, in the world of the files."""
    moved = [np.add(place.centre, _SHIFT).tolist() for place in _ACTIVATIONS]
    return [
        replace(place, centre=tuple(centre))
        for place, centre in zip(_ACTIVATIONS, moved, strict=True)
    ]


def _write(home: Path, voxel_size: float, seed: int) -> None:
    phantom = make_brain(voxel_size)
    shift = np.pad(np.array(_SHIFT)[:, np.newaxis], ((0, 1), (3, 0)))
    brain = replace(phantom, affine=phantom.affine + shift)
    folder = home / "nipy-data-0.2" / "data" / "fiac" / "fiac0"
    folder.mkdir(parents=True)
    inside = brain.mask.astype(np.uint8)
    write_map(folder / "mask.nii.gz", inside, brain.affine, space="scanner")
    for number in (1, 2):
        run = simulate_run(
            brain=brain,
            activations=_places(),
            settings=_SETTINGS,
            noise=_NOISE,
            events=_events(parts.stream(seed, "events", number)),
            seed=seed,
            run=number,
        )
        stored = np.rint(np.abs(run.bold)).astype(np.int16)
        path = folder / f"run{number}.nii.gz"
        write_map(path, stored, brain.affine, _SETTINGS.t_r, space="scanner")
        names, X = _design(run.truth.regressors)
        np.savez(folder / f"run{number}_design.npz", X=X, conditions=names)
    effects = {f"effect-{name}": effect for name, effect in run.truth.effects.items()}
    maps = {**effects, "null": run.truth.null}
    write_truth_maps(home, brain.affine, maps, space="scanner")


def _events(rng: np.random.Generator) -> "pd.DataFrame":
    """Blocks in random order, each of the four once in every round."""
    import pandas as pd

    order = [str(name) for _ in range(_ROUNDS) for name in rng.permutation(_BLOCKS)]
    starts = _LEAD_IN + (_SETTINGS.block + _SETTINGS.rest) * np.arange(len(order))
    first = pd.DataFrame(
        {"onset": starts, "duration": _SENTENCE, "trial_type": "FirstSt"}
    )
    rest = pd.DataFrame(
        {
            "onset": starts + _BETWEEN_STARTS,
            "duration": _SETTINGS.block - _BETWEEN_STARTS,
            "trial_type": order,
        }
    )
    return pd.concat([first, rest]).sort_values("onset", ignore_index=True)


def _design(
    regressors: "pd.DataFrame",
) -> "tuple[NDArray[np.bytes_], NDArray[np.float64]]":
    """Names of the columns, and the (191, 13) columns."""
    responses = regressors[list(_CONDITIONS)].to_numpy()
    changes = np.gradient(responses, _SETTINGS.t_r, axis=0)
    time = np.linspace(-1, 1, len(responses))
    slow = np.stack([time, 1.5 * time**2 - 0.5, np.ones_like(time)], axis=1)
    names = [
        *_CONDITIONS,
        *(f"{name}_derivative" for name in _CONDITIONS),
        "drift_1",
        "drift_2",
        "constant",
    ]
    return np.array(names, dtype=bytes), np.hstack([responses, changes, slow])
