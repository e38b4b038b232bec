"""The files that a saved model is made of."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from boldglm._base.errors import DesignError
from boldglm._base.warnings import ImageWarning, warn
from boldglm.glm.bids_contrasts import NamedContrast
from boldglm.glm.bids_models import FittedGroup, FittedRuns
from boldglm.glm.bids_names import OutputNames, joined
from boldglm.glm.bids_records import json_text, model_description, table_description
from boldglm.image import save_img

__all__ = ["save_contrast", "save_designs", "save_model", "save_runs"]

# Maps of a contrast by how files call them; the statistic is called by its kind.
MAPS = {
    "effect_size": "effect",
    "stat": None,
    "effect_variance": "variance",
    "z_score": "z",
    "p_value": "p",
}


def save_model(
    fitted: FittedRuns | FittedGroup, place: Path, names: OutputNames
) -> None:
    """Save the mask and the parameters.

    Parameters
    ----------
    fitted : FittedRuns or FittedGroup
    place : Path
        Folder that exists, here and below.
    names : OutputNames
    """
    model = fitted.model
    save_img(model.mask_img_, place / joined(names.mask, "mask.nii.gz"))
    said = json_text(model_description(model, fitted.is_designed))
    path = place / joined(names.model, "statmap.json")
    path.write_text(said, encoding="utf-8")


def save_contrast(
    fitted: FittedRuns | FittedGroup,
    contrast: NamedContrast,
    place: Path,
    names: OutputNames,
    options: Any,
) -> None:
    """Save the maps of a contrast, its weights, and the clusters in its z map.

    Parameters
    ----------
    fitted : FittedRuns or FittedGroup
    contrast : NamedContrast
    place : Path
    names : OutputNames
    options : ReportOptions
    """
    from boldglm.plotting import plot_contrast_matrix

    rows = fitted.rows(contrast)
    several = any(one is not None and len(one) > 1 for one in rows)
    kind = contrast.stat_type or ("F" if several else "t")
    images = fitted.maps(contrast)
    start = joined(names.maps, f"contrast-{contrast.label}")
    for one, word in MAPS.items():
        name = f"{start}_stat-{word or kind}_statmap.nii.gz"
        save_img(images[one], place / name)
    # Up, by name: tables are part of the report
    survivors = import_module("boldglm.reporting.survivors")
    found = survivors.surviving(images["z_score"], options, kind)
    # BIDS has no empty cells; the size of a cluster is empty for its further peaks
    table = found.table.astype(object).where(found.table != "", "n/a")
    _save_table(table, place / f"{start}_clusters.tsv")
    asked = replace(options, two_sided=found.two_sided)
    said = json_text(table_description(asked, found.height))
    (place / f"{start}_clusters.json").write_text(said, encoding="utf-8")
    for run, design in enumerate(fitted.designs):
        if rows[run] is not None:
            begin = joined(names.runs[run], f"contrast-{contrast.label}")
            path = place / f"{begin}_design.png"
            plot_contrast_matrix(rows[run], design, output_file=path)


def _save_table(table: Any, path: Path) -> None:
    text = table.to_csv(sep="\t", index=False, na_rep="n/a", lineterminator="\n")
    path.write_text(text, encoding="utf-8", newline="\n")


def save_designs(
    fitted: FittedRuns | FittedGroup, place: Path, names: OutputNames
) -> None:
    """Save the design of each run, with pictures of it.

    Parameters
    ----------
    fitted : FittedRuns or FittedGroup
    place : Path
    names : OutputNames
    """
    for design, start in zip(fitted.designs, names.runs, strict=True):
        path = place / joined(start, "design.tsv")
        _save_table(design, path)
        if fitted.of_designs is not None:
            said = json_text(fitted.of_designs)
            path.with_suffix(".json").write_text(said, encoding="utf-8")
        _draw_design(design, place, start)


def _draw_design(design: Any, place: Path, start: str) -> None:
    from boldglm.plotting import plot_design_matrix, plot_design_matrix_correlation

    plot_design_matrix(design, output_file=place / joined(start, "design.png"))
    if design.shape[1] < 2:
        return
    path = place / joined(start, "corrdesign.png")
    try:
        plot_design_matrix_correlation(design, tri="diag", output_file=path)
    except DesignError:
        # Nothing but drifts and a constant: there are no correlations to show
        return


def save_runs(
    fitted: FittedRuns | FittedGroup, place: Path, names: OutputNames
) -> None:
    """Save the maps of R² and, if the data were kept, the residuals of each run.

    Parameters
    ----------
    fitted : FittedRuns or FittedGroup
    place : Path
    names : OutputNames

    Warns
    -----
    ImageWarning
        If the data were not kept, or the maps of a group are not known.
    """
    if not fitted.has_maps:
        warn(
            "R² and residuals are not saved: nobody said which maps of the subjects "
            "are meant. Pass first_level_contrast.",
            ImageWarning,
        )
        return
    for start, image in zip(names.runs, fitted.r_squares(), strict=True):
        save_img(image, place / joined(start, "stat-rsquared", "statmap.nii.gz"))
    if not fitted.has_residuals:
        warn(
            "The residuals are not saved, because the data were not kept. For "
            "stat-errorts_statmap.nii.gz set minimize_memory=False and fit again.",
            ImageWarning,
        )
        return
    for start, image in zip(names.runs, fitted.residuals(), strict=True):
        save_img(image, place / joined(start, "stat-errorts", "statmap.nii.gz"))
