"""The parameters and data of a report, as tables."""

from typing import Any

import numpy as np

from boldglm.image.sources import grid_of
from boldglm.plotting.displays.volumes import Volume
from boldglm.reporting.content import Figure, Table
from boldglm.reporting.first_levels import first_levels_of
from boldglm.reporting.fitted_models import FittedModel
from boldglm.reporting.report_options import ReportOptions
from boldglm.reporting.slice_pictures import Scene, draw_slices, even_cuts
from boldglm.reporting.space import Space

__all__ = ["data_table", "mask_figure", "parameters_table"]

#: Parameters that say nothing of the numbers
SILENT = {"memory", "memory_level", "verbose", "n_jobs", "random_state", "reports"}
LONGEST = 200


def parameters_table(model: FittedModel, options: ReportOptions) -> Table:
    """Parameters of the model and of the report, by name."""
    rows = [
        ("model", name, _text(value))
        for name, value in model.model.get_params(deep=False).items()
        if name not in SILENT
    ]
    rows += _noise_rows(model)
    rows += [("masker", name, _text(value)) for name, value in model.treatment.items()]
    shown = ("threshold", "alpha", "height_control", "cluster_threshold", "two_sided")
    rows += [
        ("report", name, _text(getattr(options, name)))
        for name in (*shown, "min_distance")
    ]
    firsts = first_levels_of(model)
    if firsts is not None:
        named = firsts.contrast or "not said"
        rows.append(("report", "first_level_contrast", _text(named)))
    return Table(("of", "parameter", "value"), tuple(rows), "Parameters")


def _noise_rows(model: FittedModel) -> list[tuple[str, str, Any]]:
    """What the name of a noise model stands for, where it is not white noise."""
    if not model.fits or not model.fits[0].noise.order:
        return []
    noise = model.fits[0].noise
    rows: list[tuple[str, str, Any]] = [("noise", "order", noise.order)]
    if not noise.sandwich:
        # some noise models do not leave it to the parameter
        rows.append(("noise", "first_scans", noise.first_scans))
    return rows


def _text(value: Any) -> Any:
    """A parameter as a number, or as words that fit a table."""
    if value is None or isinstance(value, bool | int | float):
        return str(value) if value is None or isinstance(value, bool) else value
    if isinstance(value, np.generic):
        return value.item()
    get_filename = getattr(value, "get_filename", None)
    if get_filename is not None:
        shape = " x ".join(map(str, getattr(value, "shape", ())))
        return get_filename() or f"{type(value).__name__} of {shape} voxels"
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def data_table(model: FittedModel, space: Space) -> Table:
    """The images that were fitted, and the mask."""
    own, grid = model.model, grid_of(model.mask_img)
    rows: list[tuple[str, Any]] = []
    if model.level == "first":
        rows += _run_rows(own)
    else:
        rows += [
            (f"map {number}", name) for number, name in enumerate(own._maps.names, 1)
        ]
        rows += _first_level_rows(model)
    sides = np.sqrt((grid.affine[:3, :3] ** 2).sum(axis=0))
    volume = abs(np.linalg.det(grid.affine[:3, :3]))
    record = getattr(own, "_record", None)
    rows += [
        ("grid of the analysis", " x ".join(map(str, grid.shape))),
        ("voxel size (mm)", " x ".join(f"{side:.3g}" for side in sides)),
        ("mask", record.mask if record is not None else _text(own.mask_img)),
        ("voxels in the mask", int(own.n_elements_)),
        ("space", space.words),
        ("volume of the mask (ml)", round(own.n_elements_ * float(volume) / 1000, 1)),
    ]
    return Table(("what", "value"), tuple(rows), "Data and mask")


def _first_level_rows(model: FittedModel) -> list[tuple[str, Any]]:
    """Which maps of the first level, and what is known of its models."""
    firsts = first_levels_of(model)
    if firsts is None:
        return []
    told = [
        ("first-level contrast", firsts.contrast),
        ("smoothing at the first level", firsts.smoothing),
        ("noise model of the first level", firsts.noise),
    ]
    return [(what, _text(value)) for what, value in told if value]


def _run_rows(own: Any) -> list[tuple[str, Any]]:
    if own._record is None:
        return [("runs", f"{len(own.fits_)}; the model does not remember their files")]
    return [
        (f"run {number}", f"{run.image}, {run.scans} scans")
        for number, run in enumerate(own._record.runs, start=1)
    ]


def mask_figure(model: FittedModel, scene: Scene) -> Figure:
    """Where the model was fitted."""
    inside = Volume(
        model.inside.astype(np.float32) * np.float32(0.6), scene.mask.grid, "nearest"
    )
    picture = draw_slices(
        inside,
        scene,
        cut_coords=even_cuts(scene.mask),
        limit=1.0,
        cmap="PRGn",
        bar=False,
    )
    at = ", ".join(picture.cuts)
    return Figure(
        name="mask",
        data=picture.data,
        media_type="image/png",
        alternative=f"The mask on slices at {at} mm.",
        caption=f"The voxels that were fitted, on slices at {at} mm.",
        width=picture.width,
        height=picture.height,
    )
