"""From a fitted model to what stands in its report."""

from datetime import datetime
from typing import Any

from boldglm._base.warnings import ContrastWarning, held_warnings, noted_warnings, warn
from boldglm.reporting.asked_contrasts import (
    AskedContrast,
    asked_contrasts,
    is_narrow,
)
from boldglm.reporting.content import ReportContent
from boldglm.reporting.contrast_content import Stage, contrast_content
from boldglm.reporting.contrast_words import contrast_name
from boldglm.reporting.fitted_models import ComputedContrast, FittedModel, open_model
from boldglm.reporting.map_figures import quietly
from boldglm.reporting.methods import methods_words, software_versions
from boldglm.reporting.noise_content import noise_content
from boldglm.reporting.parameters import data_table, mask_figure, parameters_table
from boldglm.reporting.references import references_in
from boldglm.reporting.report_options import ReportOptions
from boldglm.reporting.run_content import run_contents
from boldglm.reporting.space import set_scene, viewer_background

__all__ = ["gather"]

#: How the warning ends that every contrast of too few weights would give
PADDED = "was padded with zeros."
#: How the warning begins that every F over several runs would give: ours begins so
#: too, for filters that look for it
AVERAGED = "Running approximate fixed effects"


def gather(model: Any, options: ReportOptions) -> ReportContent:
    """All that a report says, as data.

    The numbers are those of `compute_contrast`, `threshold_stats_img` and
    `get_clusters_table` with the same options.

    Parameters
    ----------
    model : FirstLevelModel or SecondLevelModel
        Fitted. Not changed.
    options : ReportOptions

    Returns
    -------
    ReportContent

    Raises
    ------
    NotFittedError
        Before `fit`.
    ContrastError
        If a contrast does not fit the design; a note says which.

    Warns
    -----
    ContrastWarning, FigureWarning
        Each once, whatever the number of contrasts and runs.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from nibabel.nifti1 import Nifti1Image
    >>> from boldglm.glm.first_level import FirstLevelModel
    >>> rng = np.random.default_rng(0)
    >>> bold = 100 + rng.standard_normal((4, 4, 4, 40)).astype(np.float32)
    >>> design = pd.DataFrame({"task": np.arange(40) % 20 < 10, "constant": 1})
    >>> model = FirstLevelModel(mask_img=False, reports=False)
    >>> model = model.fit(Nifti1Image(bold, np.eye(4)), design_matrices=design)
    >>> content = gather(model, ReportOptions(contrasts="task", bg_img=None))
    >>> content.contrasts[0].conclusion
    'No voxel survives z > 3.09.'
    """
    fitted = open_model(model, options.first_level_contrast)
    with noted_warnings() as noted:
        scene, space = set_scene(fitted, options.bg_img)
        asked = asked_contrasts(options.contrasts, options.contrast_types)
        computed = _computed(asked, fitted)
        stage = Stage(fitted, options, scene, space)
        with held_warnings() as held:
            contrasts = tuple(
                quietly(contrast_content, one, result, stage)
                for one, result in zip(asked, computed, strict=True)
            )
        for message, category in dict.fromkeys(held):
            warn(message, category)
        names = [one.name for one in contrasts]
        rows = [one.rows for one in computed]
        runs = run_contents(fitted, list(zip(names, rows, strict=True)))
        methods = methods_words(fitted, options, contrasts, space)
    return ReportContent(
        title=options.title or _title(fitted),
        level=fitted.level,
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
        software=software_versions(),
        methods=methods,
        citations=references_in(methods),
        parameters=parameters_table(fitted, options),
        data=data_table(fitted, space),
        mask=mask_figure(fitted, scene),
        space=space.label,
        background=viewer_background(scene),
        contrasts=contrasts,
        runs=runs,
        noise=noise_content(fitted, scene),
        warnings=tuple(dict.fromkeys([*fitted.fit_warnings, *noted])),
    )


def _title(fitted: FittedModel) -> str:
    if fitted.level == "second":
        return "Second-level analysis"
    label = fitted.model.subject_label
    return f"First-level analysis of {label}" if label else "First-level analysis"


def _computed(
    asked: tuple[AskedContrast, ...], fitted: FittedModel
) -> list[ComputedContrast]:
    """Every contrast, with each warning once, and one for all that share a trouble."""
    results: list[ComputedContrast] = []
    with held_warnings() as held:
        for number, one in enumerate(asked, start=1):
            try:
                results.append(fitted.contrast(one.definition, one.stat_type))
            except ValueError as error:
                which = repr(one.name) if one.name else f"number {number}"
                error.add_note(f"This is about the contrast {which}.")
                raise
    names = [
        repr(contrast_name(one.name, result.rows, fitted.columns))
        for one, result in zip(asked, results, strict=True)
    ]
    _warn_of_short(asked, names, min(len(columns) for columns in fitted.columns))
    if any(message.startswith(AVERAGED) for message, _ in held):
        _warn_of_averaged(results, names)
    for message, category in dict.fromkeys(held):
        if not (message.endswith(PADDED) or message.startswith(AVERAGED)):
            warn(message, category)
    return results


def _warn_of_short(
    asked: tuple[AskedContrast, ...], names: list[str], n_columns: int
) -> None:
    short = [
        name
        for one, name in zip(asked, names, strict=True)
        if is_narrow(one.definition, n_columns)
    ]
    if short:
        warn(
            f"Contrasts with fewer weights than the design has columns ({n_columns}) "
            f"were completed with zeros: {', '.join(short)}.",
            ContrastWarning,
        )


def _warn_of_averaged(results: list[ComputedContrast], names: list[str]) -> None:
    averaged = [
        name
        for one, name in zip(results, names, strict=True)
        if one.kind == "F" and sum(rows is not None for rows in one.rows) > 1
    ]
    warn(
        f"{AVERAGED} on F statistics, for {', '.join(averaged)}: the effects of "
        "every run are scaled to unit variance of the noise, and then averaged. Where "
        "the runs are alike in design and noise, this is the F of the mean effects; "
        "otherwise it is close to it: runs with a better design weigh more.",
        ContrastWarning,
    )
