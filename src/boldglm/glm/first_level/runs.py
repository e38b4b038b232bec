"""What users pass to `fit`, sorted into one `Run` per run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from boldglm._base.errors import DimensionError, ShapeError
from boldglm._base.warnings import DesignWarning, warn
from boldglm.core.noise import BY_REPETITION_TIME

__all__ = ["DESIGN_PARAMETERS", "Run", "collect_runs", "warn_of_ignored"]

# Parameters of a model that only matter when it makes the designs itself.
DESIGN_PARAMETERS: dict[str, Any] = {
    "drift_model": "cosine",
    "drift_order": 1,
    "fir_delays": None,
    "high_pass": 0.01,
    "hrf_model": "glover",
    "min_onset": -24,
    "slice_time_ref": 0.0,
    "t_r": None,
}


@dataclass(frozen=True)
class Run:
    """One run: an image, and either a design or what to make one of.

    Attributes
    ----------
    index : int
    image : image
        With its data still on disk if it came from there.
    n_scans : int
        Of the image, read from its header.
    events, confounds, design, sample_mask : as given for this run, or None
    """

    index: int
    image: Any
    n_scans: int
    events: Any = None
    confounds: Any = None
    design: Any = None
    sample_mask: Any = None


def collect_runs(
    run_imgs, events=None, confounds=None, sample_masks=None, design_matrices=None
) -> list[Run]:
    """Pair images with their tables, run by run.

    Raises
    ------
    TypeError
        If `run_imgs` is not an image, a path, or a list of them.
    ShapeError
        If there are not as many of anything as there are images, or the images are
        on different grids.
    ValueError
        If there are neither events nor designs.
    """
    images = [_opened(image) for image in _as_images(run_imgs)]
    if design_matrices is None and events is None:
        msg = (
            "events or design matrices must be provided: pass events=… (a table or "
            "file per run), or design_matrices=…"
        )
        raise ValueError(msg)
    _check_grids(images)
    _warn_of_twins(run_imgs)
    tables = {
        "events": _per_run(events, images, "events"),
        "confounds": _per_run(confounds, images, "confounds"),
        "design": _per_run(design_matrices, images, "design_matrices"),
        "sample_mask": _per_run(sample_masks, images, "sample_masks", arrays=True),
    }
    return [
        Run(i, image, image.shape[3], **{k: v[i] for k, v in tables.items()})
        for i, image in enumerate(images)
    ]


def warn_of_ignored(model, events, confounds) -> None:
    """Say which arguments and parameters given designs make pointless."""
    given = {"events": events, "confounds": confounds}
    ignored = [name for name, value in given.items() if value is not None]
    counts = {"t_r"} if model.noise_model in BY_REPETITION_TIME else set()
    ignored += [
        name
        for name, default in DESIGN_PARAMETERS.items()
        if name not in counts and not np.array_equal(getattr(model, name), default)
    ]
    if ignored:
        warn(
            f"If design matrices are supplied, [{', '.join(ignored)}] will be ignored.",
            DesignWarning,
        )


def _as_images(run_imgs) -> list[Any]:
    several = isinstance(run_imgs, list | tuple)
    images = list(run_imgs) if several else _matched(run_imgs)
    for image in images:
        if hasattr(image, "mesh"):
            msg = (
                "surface images are not supported yet; expected volume images "
                "(NIfTI or Analyze) or their paths"
            )
            raise TypeError(msg)
        if not isinstance(image, str | PathLike) and not hasattr(image, "affine"):
            msg = (
                f"run_imgs has a {type(image).__name__}; expected an image, the path "
                "of one, or a list of them with one 4-D image per run"
            )
            raise TypeError(msg)
    if not images:
        msg = "run_imgs is empty; expected an image per run"
        raise TypeError(msg)
    return images


def _matched(run_imgs) -> list[Any]:
    """One image, or the 4-D files that a pattern matches, sorted by name."""
    from boldglm.image.sources import find_files, open_all

    if not isinstance(run_imgs, str | Path):
        return [run_imgs]
    files = find_files(run_imgs)
    runs = len(files) > 1 and all(len(one.shape) == 4 for one in open_all(files))
    return list(files) if runs else [run_imgs]


def _opened(image):
    """A 4-D image with its header read and its data still on disk."""
    from boldglm.image import check_niimg_4d

    try:
        return check_niimg_4d(image)
    except DimensionError as error:
        msg = (
            f"{error} run_imgs has one 4-D image for each run; join the volumes of a "
            "run with boldglm.image.concat_imgs."
        )
        raise DimensionError(msg) from error


def _check_grids(images) -> None:
    from boldglm.image.grid import Grid
    from boldglm.image.reading import name_of

    first = Grid(images[0].shape[:3], images[0].affine)
    for index, image in enumerate(images[1:], start=1):
        if Grid(image.shape[:3], image.affine) != first:
            msg = (
                f"{name_of(image)} (the run at index {index}) has a different field of "
                f"view from {name_of(images[0])}: shape "
                f"{image.shape[:3]} and affine\n{image.affine}\nagainst shape "
                f"{first.shape} and affine\n{first.affine}\nResample the runs to one "
                "grid first, for example with boldglm.image.resample_to_img."
            )
            raise ShapeError(msg)


def _warn_of_twins(run_imgs) -> None:
    """A file that is there twice counts as two runs, which agree too well."""
    several = run_imgs if isinstance(run_imgs, list | tuple) else []
    files = [str(one) for one in several if isinstance(one, str | PathLike)]
    for file, times in Counter(files).items():
        if times > 1:
            warn(
                f"run_imgs has {file!r} {times} times: each counts as a run of its "
                "own, and fixed effects take them for independent.",
                DesignWarning,
            )


def _per_run(value, images: Sequence[Any], name: str, *, arrays: bool = False):
    """A list with the value of each run, from one value or a list of them."""
    if value is None:
        return [None] * len(images)
    single = not isinstance(value, list | tuple)
    if arrays and not single and not any(np.ndim(one) or one is None for one in value):
        single = True  # a list of indices
    values = [value] if single else list(value)
    if len(values) != len(images):
        msg = (
            f"len(run_imgs) {len(images)} does not match len({name}) {len(values)}: "
            "expected one for each run"
        )
        raise ShapeError(msg)
    return values
