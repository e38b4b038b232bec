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
from boldglm.reporting.fitted_models import ComputedContrast, FittedModel, open_model
from boldglm.reporting.map_figures import quietly
from boldglm.reporting.methods import citations, methods_words, software_versions
from boldglm.reporting.noise_content import noise_content
from boldglm.reporting.parameters import data_table, mask_figure, parameters_table
from boldglm.reporting.report_options import ReportOptions
from boldglm.reporting.run_content import run_contents
from boldglm.reporting.space import set_scene, viewer_background

__all__ = ["gather"]

#: How the warning begins that every contrast of too few weights would give
PADDED = "was padded with zeros."


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
        asked = asked_contrasts(options.contrasts)
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
    return ReportContent(
        title=options.title or _title(fitted),
        level=fitted.level,
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
        software=software_versions(),
        methods=methods_words(fitted, options, names),
        citations=citations(fitted, options, space),
        parameters=parameters_table(fitted, options),
        data=data_table(fitted),
        mask=mask_figure(fitted, scene),
        space=space,
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
    """Every contrast, with each warning once and one for all that are too short."""
    results = []
    with held_warnings() as held:
        for one in asked:
            try:
                results.append(fitted.contrast(one.definition))
            except ValueError as error:
                error.add_note(f"This is about the contrast {one.name or one.key!r}.")
                raise
    narrowest = min(len(columns) for columns in fitted.columns)
    short = [one for one in asked if is_narrow(one.definition, narrowest)]
    if short:
        names = ", ".join(repr(one.name or one.key) for one in short)
        warn(
            f"Contrasts with fewer weights than the design has columns ({narrowest}) "
            f"were completed with zeros: {names}.",
            ContrastWarning,
        )
    for message, category in dict.fromkeys(held):
        if not message.endswith(PADDED):
            warn(message, category)
    return results
