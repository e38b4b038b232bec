"""Simulated files in the folder of SPM's faces data set: faces, scrambled faces."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import checked_number
from boldglm.datasets import simulate_noise as parts
from boldglm.datasets.simulate_brain import (
    Activation,
    Brain,
    effect_maps,
    make_brain,
    null_mask,
)
from boldglm.datasets.simulate_checks import whole_number
from boldglm.datasets.simulate_description import described, settings_of_noise
from boldglm.datasets.simulate_noise import NoiseSettings
from boldglm.datasets.simulate_runs import simulate_run
from boldglm.datasets.simulate_task import RunSettings, response
from boldglm.datasets.simulated_folder import new_volume, provide, write_truth_maps

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["simulate_spm_multimodal_fmri"]

_N_SCANS = 390
_T_R = 2.0
_DURATION = 1.0  # of a picture, as the fetcher writes it, s
_FIELD_OF_VIEW = (180.0, 210.0, 160.0)  # mm
_CENTRE = (0.0, -18.0, 4.0)  # of the phantom, and of the field of view, mm
_PITCH = -12.0  # no head lies along the axes of the scanner, degrees
_DRIFT = 0.4  # of the head over a run: mm, degrees
_BETWEEN = (1.2, -0.7, 0.9, 0.8, -0.5, 0.6)  # the second run: mm, degrees
_CONDITIONS = ("faces", "scrambled")
_FINE = 2.0  # mm, the brain that the scanner looks at
_NOISE = NoiseSettings(
    sd=1.0, partial=((0.1, 0.5),), fwhm=5.0, scanner=0, drift=0.8, motion=0, n_spikes=0
)
_SCANNER = np.float32(4.0)  # its noise: SD where the mean over the brain is 1000
_FACES, _BOTH = {"faces": 7.0, "scrambled": 2.0}, {"faces": 5.0, "scrambled": 5.0}
_ACTIVATIONS = (
    Activation("right fusiform", (40.0, -52.0, -18.0), _FACES, fwhm=16.0),
    Activation("left fusiform", (-40.0, -54.0, -18.0), _FACES, fwhm=14.0),
    Activation("right inferior occipital", (42.0, -80.0, -8.0), _FACES, fwhm=14.0),
    Activation("right superior temporal", (52.0, -48.0, 10.0), {"faces": 5.0}, 14.0),
    Activation("right calcarine", (12.0, -88.0, 2.0), _BOTH, fwhm=20.0),
    Activation("left calcarine", (-12.0, -88.0, 2.0), _BOTH, fwhm=20.0),
)


def simulate_spm_multimodal_fmri(
    data_dir: Any, *, voxel_size: float = 6.0, seed: int = 0
) -> Path:
    r"""Simulate the faces data set of SPM, files and all, for its fetcher to find.

    Two runs of 390 scans, 2 s apart, a pair of .hdr and .img for each. The head moves
    by tenths of a millimetre, and that stands in the affine of each volume, as after
    realignment without reslicing: the voxels are where the scanner measured them. With
    x the place of a voxel at scan t,

    .. math::

        y_t(x) = b(x) \left(1 + \tfrac{1}{100} \Big[\sum_c e_c(x)\, r_c(t)
            + d_t + n_t \Big] \right) + s_t

    with b the mean signal of `make_brain`, e the effects in percent, r the `response`
    to the pictures, d slow drifts, n noise with an AR(1) of its own in every voxel, and
    s the noise of the scanner.

    Faces have more effect than scrambled faces in the fusiform gyri, and on the right
    in inferior occipital gyrus and superior temporal sulcus. In the calcarine sulci
    both have the same. ``truth/truth.json`` in the folder has the places and the
    effects; ``truth/effect-faces.nii.gz``, ``truth/effect-scrambled.nii.gz`` (percent)
    and ``truth/null.nii.gz`` (brain without any effect) are on the grid of the first
    volume.

    Parameters
    ----------
    data_dir : str or Path
        ``spm_multimodal_fmri`` is made in it. A folder of the same simulation is kept.
    voxel_size : float
        mm, from 3 to 12. At 6 it is 45 MB.
    seed : int
        Same seed, same files.

    Returns
    -------
    Path
        `data_dir`, absolute, for the fetcher.

    Raises
    ------
    ValueError
        If `voxel_size` is not from 3 to 12.
    FileExistsError
        If the folder is there with other data. It is left as it is.

    Examples
    --------
    >>> from boldglm.datasets import fetch_spm_multimodal_fmri
    >>> folder = simulate_spm_multimodal_fmri("data")  # doctest: +SKIP
    >>> len(fetch_spm_multimodal_fmri(folder).func1)  # doctest: +SKIP
    390
    """
    expected = "a length from 3 to 12 mm"
    voxel_size = float(checked_number(voxel_size, "voxel_size", expected))
    if not 3 <= voxel_size <= 12:
        msg = f"voxel_size is {voxel_size} mm; expected {expected}"
        raise ValueError(msg)
    seed = whole_number("seed", seed, 0)
    truth = described(
        "simulate_spm_multimodal_fmri",
        _ACTIVATIONS,
        voxel_size=voxel_size,
        seed=seed,
        t_r=_T_R,
        noise={**settings_of_noise(_NOISE), "scanner": float(_SCANNER)},
    )
    return provide(
        data_dir,
        "spm_multimodal_fmri",
        truth,
        lambda folder: _write(folder, voxel_size, seed),
    )


@dataclass(frozen=True, eq=False)
class _World:
    """What the scanner looks at: it stands still, on a fine grid."""

    brain: Brain
    effects: "Sequence[NDArray[np.float32]]"

    def at(
        self,
        maps: "Sequence[NDArray[Any]]",
        affine: "NDArray[np.float64]",
        shape: tuple[int, ...],
    ) -> "list[NDArray[np.float32]]":
        """Values of maps of the world at the voxels of a volume."""
        from scipy.ndimage import map_coordinates

        to_fine = (np.linalg.inv(self.brain.affine) @ affine).astype(np.float32)
        voxels = np.indices(shape, dtype=np.float32).reshape(3, -1)
        places = to_fine[:3, :3] @ voxels + to_fine[:3, 3:]
        return [
            map_coordinates(
                values, places, np.float32, order=1, mode="nearest"
            ).reshape(shape)
            for values in maps
        ]


def _write(folder: Path, voxel_size: float, seed: int) -> None:
    brain = make_brain(_FINE)
    effects = effect_maps(brain, _ACTIVATIONS)
    world = _World(brain, [effects[name] for name in _CONDITIONS])
    subject = folder / "sub001"
    seen = _seen(world, voxel_size)
    for run in (1, 2):
        _write_run(subject / "fMRI", world, seen, run, seed)
    _write_anatomy(subject / "sMRI" / "smri.img", world)
    null = null_mask(brain, _ACTIVATIONS).astype(np.float32)
    *found, inside = world.at([*world.effects, null], seen.affine, seen.shape)
    maps = {f"effect-{name}": one for name, one in zip(_CONDITIONS, found, strict=True)}
    write_truth_maps(folder, seen.affine, {**maps, "null": inside > 0.99})


def _seen(world: _World, voxel_size: float) -> Brain:
    """The brain on the grid of the first volume."""
    affine, shape = _grid(voxel_size)
    inside, baseline = world.at(
        [world.brain.mask.astype(np.float32), world.brain.baseline], affine, shape
    )
    return Brain(affine, inside > 0.5, baseline)


def _grid(voxel_size: float) -> "tuple[NDArray[np.float64], tuple[int, ...]]":
    """Affine and shape of the first volume, with x from right to left."""
    shape = tuple(round(length / voxel_size) for length in _FIELD_OF_VIEW)
    voxels = np.diag([-voxel_size, voxel_size, voxel_size, 1.0])
    voxels[:3, 3] = -voxels[:3, :3] @ (np.array(shape) - 1) / 2
    return _moved(np.array([0.0, 0.0, 0.0, _PITCH, 0.0, 1.0])) @ voxels, shape


def _moved(by: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """A rigid movement about the centre of the brain: mm, then degrees."""
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", by[3:], degrees=True).as_matrix()
    matrix[:3, 3] = np.array(_CENTRE) + by[:3]
    return matrix


def _write_run(folder: Path, world: _World, seen: Brain, run: int, seed: int) -> None:
    scans = folder / f"Session{run}"
    scans.mkdir(parents=True)
    trials = _trials(parts.stream(seed, "events", run))
    _write_trials(folder, run, trials)
    times = _T_R * np.arange(_N_SCANS, dtype=np.float64)
    courses = np.zeros((len(_CONDITIONS), _N_SCANS), dtype=np.float32)
    for onset, name in zip(trials["onset"], trials["trial_type"], strict=True):
        courses[_CONDITIONS.index(name)] += response(times, onset, _DURATION)
    percent = _wander(seen, trials, run, seed)
    white = parts.stream(seed, "scanner", run)
    for scan, affine in enumerate(_affines(seen.affine, run, seed)):
        baseline, *effects = world.at(
            [world.brain.baseline, *world.effects], affine, seen.shape
        )
        change = percent[..., scan].copy()
        for effect, course in zip(effects, courses, strict=True):
            change += course[scan] * effect
        data = baseline * (1 + change / np.float32(100))
        data += _SCANNER * white.standard_normal(seen.shape, dtype=np.float32)
        stem = f"fMETHODS-000{run + 4}-{scan + 1:05d}-{scan + 1:06d}-01"
        _write_pair(scans / f"{stem}.img", data, affine)


def _trials(rng: np.random.Generator) -> "pd.DataFrame":
    """A picture every 5 to 9 s, faces as often as scrambled ones; first the faces."""
    import pandas as pd

    starts = np.cumsum(rng.integers(10, 19, _N_SCANS)) / 2.0
    starts = starts[starts < _T_R * _N_SCANS - 20]
    which = rng.permutation(np.arange(starts.size) % 2)
    names = np.array(_CONDITIONS)[which]
    table = pd.DataFrame({"trial_type": names, "onset": starts, "duration": _DURATION})
    return table.sort_values(["trial_type", "onset"], ignore_index=True)


def _write_trials(folder: Path, run: int, trials: "pd.DataFrame") -> None:
    """The trials as SPM keeps them, in scans, and as a table in seconds."""
    from scipy.io import savemat

    onsets, names = np.empty((2, len(_CONDITIONS)), dtype=object)
    for at, name in enumerate(_CONDITIONS):
        onsets[at] = trials["onset"][trials["trial_type"] == name].to_numpy() / _T_R
        names[at] = name
    path = folder / f"trials_ses{run}.mat"
    savemat(path, {"onsets": onsets, "names": names})
    # Its first 116 bytes are text, in which stands the time of day
    text = b"MATLAB 5.0 MAT-file, simulated by boldglm".ljust(116)
    path.write_bytes(text + path.read_bytes()[116:])
    # As the fetcher writes it
    table = trials.to_csv(sep="\t", index=False, lineterminator=os.linesep)
    (folder / f"session{run}_events.tsv").write_bytes(table.encode())


def _affines(
    first: "NDArray[np.float64]", run: int, seed: int
) -> "list[NDArray[np.float64]]":
    """Where each volume is: the head drifts in a run, and moves between the runs."""
    steps = parts.stream(seed, "motion", run).normal(0, 1, (_N_SCANS, 6))
    steps[0] = 0
    walk = np.cumsum(steps, axis=0) * _DRIFT / np.sqrt(_N_SCANS)
    if run == 2:
        walk += _BETWEEN
    still = np.linalg.inv(_moved(np.zeros(6)))
    return [_moved(by) @ still @ first for by in walk]


def _wander(
    seen: Brain, trials: "pd.DataFrame", run: int, seed: int
) -> "NDArray[np.float32]":
    """(x, y, z, scan) noise and drifts, percent."""
    # Of a brain that does not respond, and is 100 everywhere
    even = Brain(seen.affine, seen.mask, np.full(seen.shape, 100, dtype=np.float32))
    still = simulate_run(
        brain=even,
        activations=(),
        settings=RunSettings(n_scans=_N_SCANS, t_r=_T_R),
        noise=_NOISE,
        events=trials,
        seed=seed,
        run=run,
    )
    return still.bold - np.float32(100)


def _write_pair(
    path: Path, data: "NDArray[np.float32]", affine: "NDArray[np.float64]"
) -> None:
    """A volume as SPM writes it: magnitudes, as int16."""
    stored = np.rint(np.abs(data)).astype(np.int16)
    new_volume(stored, affine, pair=True).to_filename(path)


def _write_anatomy(path: Path, world: _World) -> None:
    """The structural image: white matter brighter than grey, fluid dark."""
    affine, shape = _grid(_FINE)
    baseline, inside = world.at(
        [world.brain.baseline, world.brain.mask.astype(np.float32)], affine, shape
    )
    path.parent.mkdir()
    _write_pair(path, inside * np.maximum(1900 - baseline, 0), affine)
