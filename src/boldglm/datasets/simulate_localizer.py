"""Simulated maps in the folder of the localizer data set: left and right hand."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.datasets import simulate_noise as parts
from boldglm.datasets.localizer_contrasts import contrast_file_names
from boldglm.datasets.simulate_brain import (
    Activation,
    Brain,
    effect_maps,
    make_brain,
    null_mask,
    smooth_field,
)
from boldglm.datasets.simulate_checks import real_number, whole_number
from boldglm.datasets.simulate_description import described
from boldglm.datasets.simulate_writing import write_table
from boldglm.datasets.simulated_folder import provide, write_map, write_truth_maps

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["simulate_localizer_contrasts"]

_TITLE = "left vs right button press"
_N_SUBJECTS = 94  # of the measured data
_DATA = "brainomics_data"
_WITHIN = 0.8  # SD of the noise of one subject's map, percent
_BETWEEN = 0.25  # SD between subjects, part of the effect
_SHIFT = 2.0  # SD of the place between subjects, along each axis, mm
_NOISE_FWHM = 10.0  # mm
_ACTIVATIONS = (
    Activation("right hand knob", (38.0, -24.0, 58.0), {"effect": 4.0}, 15.0),
    Activation("left hand knob", (-38.0, -24.0, 58.0), {"effect": -4.0}, 15.0),
    Activation("left cerebellum", (-20.0, -52.0, -22.0), {"effect": 3.2}, 15.0),
    Activation("right cerebellum", (20.0, -52.0, -22.0), {"effect": -3.2}, 15.0),
)


def simulate_localizer_contrasts(
    data_dir: Any, n_subjects: int = 16, *, voxel_size: float = 4.0, seed: int = 0
) -> Path:
    r"""Simulate maps of the localizer, files and all, for its fetcher to find.

    Maps of "left vs right button press" of each subject, and their t maps, masks and
    structural images; with the tables of the subjects. For subject i,

    .. math::

        c_i(x) = \sum_k a_k (1 + \beta_{ik})\, g(x - x_k - \delta_{ik})
            + \sigma_w \varepsilon_i(x), \qquad t_i = c_i / \sigma_w

    with g a bump of 15 mm, :math:`a_k` the effect at its peak, :math:`\beta` (SD 0.25)
    and :math:`\delta` (SD 2 mm along each axis) what subjects differ in, and
    :math:`\varepsilon` noise of SD 1, smooth over 10 mm.

    The left hand makes the right motor cortex and the left cerebellum active, which is
    positive; the right hand the others, which is negative. ``truth/truth.json`` in the
    folder has the places and the effects; ``truth/effect.nii.gz`` (percent) and
    ``truth/null.nii.gz`` (brain without any effect) are on the grid of the maps. The
    former is what the mean over many subjects comes to: with s the standard deviation
    of the bump and :math:`\delta` of the place,

    .. math::

        \mathrm{E}\,c(x) = \sum_k a_k \left(\frac{s^2}{s^2 + \delta^2}\right)^{3/2}
            \exp\left(-\frac{|x - x_k|^2}{2 (s^2 + \delta^2)}\right)

    Parameters
    ----------
    data_dir : str or Path
        ``brainomics_localizer`` is made in it. A folder of the same simulation is kept.
    n_subjects : int
        From 2 to 94.
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
        If `n_subjects` is not from 2 to 94, or `voxel_size` not from 1 to 12.
    FileExistsError
        If the folder is there with other data. It is left as it is.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from boldglm.datasets import fetch_localizer_contrasts
    >>> folder = simulate_localizer_contrasts(mkdtemp(), 3, voxel_size=12)
    >>> data = fetch_localizer_contrasts(
    ...     ["left vs right button press"], 3, data_dir=folder, verbose=0
    ... )
    >>> len(data.cmaps), list(data.ext_vars["participant_id"])
    (3, ['S01', 'S02', 'S03'])
    """
    n_subjects = whole_number("n_subjects", n_subjects)
    if not 2 <= n_subjects <= _N_SUBJECTS:
        msg = f"n_subjects is {n_subjects}; expected from 2 to {_N_SUBJECTS}"
        raise ValueError(msg)
    voxel_size = real_number("voxel_size", voxel_size)
    seed = whole_number("seed", seed, 0)
    truth = described(
        "simulate_localizer_contrasts",
        _ACTIVATIONS,
        n_subjects=n_subjects,
        voxel_size=voxel_size,
        seed=seed,
        sd_within=_WITHIN,
        sd_between=_BETWEEN,
        sd_of_place=_SHIFT,
        fwhm_of_noise=_NOISE_FWHM,
    )
    return provide(
        data_dir,
        "brainomics_localizer",
        truth,
        lambda home: _write(home, n_subjects, voxel_size, seed),
    )


def _write(home: Path, n_subjects: int, voxel_size: float, seed: int) -> None:
    brain = make_brain(voxel_size)
    subjects = [f"S{number:02}" for number in range(1, n_subjects + 1)]
    (name,) = contrast_file_names([_TITLE])
    for number, subject in enumerate(subjects, start=1):
        c_map = _subject_map(brain, parts.stream(seed, "noise", number))
        folder = home / _DATA / subject
        folder.mkdir(parents=True)
        write_map(folder / f"cmaps_{name}.nii.gz", c_map, brain.affine)
        t_map = c_map / np.float32(_WITHIN)
        write_map(folder / f"tmaps_{name}.nii.gz", t_map, brain.affine)
        mask = folder / "boolean_mask_mask.nii.gz"
        write_map(mask, brain.mask.astype(np.uint8), brain.affine)
        # White matter brighter than grey, fluid dark
        anatomy = np.where(brain.mask, np.maximum(1900 - brain.baseline, 0), 0)
        stored = np.rint(anatomy).astype(np.int16)
        write_map(folder / "normalized_T1_anat_defaced.nii.gz", stored, brain.affine)
    _write_tables(home / _DATA, subjects, parts.stream(seed, "events"))
    index = {key: f"/simulated{at}" for at, key in enumerate(_index(subjects, name))}
    text = json.dumps(index, indent=1) + "\n"
    (home / "download").write_text(text, encoding="utf-8", newline="\n")
    places = [_over_subjects(spot) for spot in _ACTIVATIONS]
    effect = effect_maps(brain, places)["effect"]
    null = null_mask(brain, places)
    write_truth_maps(home, brain.affine, {"effect": effect, "null": null})


def _over_subjects(spot: Activation) -> Activation:
    """Its mean: as each has it in another place, it is wider and lower."""
    fwhm = float(np.hypot(spot.fwhm, parts.FWHM_PER_SIGMA * _SHIFT))
    lower = (spot.fwhm / fwhm) ** 3
    effects = {name: lower * percent for name, percent in spot.effects.items()}
    return replace(spot, effects=effects, fwhm=fwhm)


def _subject_map(brain: Brain, rng: np.random.Generator) -> "NDArray[np.float32]":
    """Effects of one subject, with the noise of a measurement."""
    spots = []
    for spot in _ACTIVATIONS:
        x, y, z = np.array(spot.centre) + _SHIFT * rng.standard_normal(3)
        percent = spot.effects["effect"] * (1 + _BETWEEN * rng.standard_normal())
        spots.append(Activation(spot.label, (x, y, z), {"effect": percent}, spot.fwhm))
    sigma = _NOISE_FWHM / parts.FWHM_PER_SIGMA / brain.voxel_size
    noise = _WITHIN * smooth_field(brain.shape, sigma, rng)
    measured = effect_maps(brain, spots)["effect"] + noise * brain.mask
    return np.asarray(measured, dtype=np.float32)


def _write_tables(folder: Path, subjects: list[str], rng: np.random.Generator) -> None:
    """What is known of the subjects: nothing of it goes with the maps."""
    import pandas as pd

    people = pd.DataFrame(
        {
            "participant_id": subjects,
            "age": rng.integers(19, 45, len(subjects)),
            "sex": rng.choice(["F", "M"], len(subjects)),
        }
    )
    scores = pd.DataFrame(
        {
            "participant_id": subjects,
            "pseudo": rng.normal(15, 3, len(subjects)).round(1),
        }
    )
    write_table(folder / "participants.tsv", people)
    (folder / "phenotype").mkdir()
    write_table(folder / "phenotype" / "behavioural.tsv", scores)


def _index(subjects: list[str], name: str) -> list[str]:
    """The files as the index of the data set names them; there is no more to fetch."""
    home = "/localizer/derivatives"
    found = ["/localizer/participants.tsv", "/localizer/phenotype/behavioural.tsv"]
    for subject in subjects:
        stem = f"{home}/spm_1st_level/sub-{subject}/sub-{subject}"
        found += [
            f"{stem}_task-localizer_acq-{name}_{kind}.nii.gz"
            for kind in ("cmaps", "tmaps")
        ]
        found.append(f"{stem}_mask.nii.gz")
        found.append(f"{home}/spm_preprocessing/sub-{subject}/sub-{subject}_T1w.nii.gz")
    return found
