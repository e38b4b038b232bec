"""Results of a model as files, named in the manner of BIDS."""

import inspect
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any

from boldglm._base.arguments import as_path
from boldglm._base.log import say
from boldglm._base.staging import written_together
from boldglm._base.warnings import ThreadWarnings, held_warnings
from boldglm.glm.bids_contrasts import named_contrasts
from boldglm.glm.bids_models import read_model
from boldglm.glm.bids_names import joined, output_names
from boldglm.glm.bids_records import dataset_description, json_text

if TYPE_CHECKING:
    from boldglm.glm.first_level import FirstLevelModel
    from boldglm.glm.second_level import SecondLevelModel

__all__ = ["save_glm_to_bids"]

DESCRIPTION = "dataset_description.json"


def save_glm_to_bids(
    model: "FirstLevelModel | SecondLevelModel",
    contrasts: Any,
    first_level_contrast: Any = None,
    contrast_types: dict[str, str] | None = None,
    out_dir: str | PathLike[str] = ".",
    prefix: str | None = None,
    **kwargs: Any,
) -> "FirstLevelModel | SecondLevelModel":
    """Save maps, tables, designs and the report of a fitted model.

    ======================================================  ===========================
    file                                                    what
    ======================================================  ===========================
    ``dataset_description.json``                            programs; in `out_dir`
    ``mask.nii.gz``                                         voxels of the fit
    ``statmap.json``                                        parameters of the model
    ``design.tsv``, ``.json``, ``.png``                     design of each run
    ``corrdesign.png``                                      its correlations
    ``stat-rsquared_statmap.nii.gz``                        R² of each run
    ``stat-errorts_statmap.nii.gz``                         residuals of each run
    ``contrast-…_design.png``                               weights in each run
    ``contrast-…_stat-{effect,t,F,variance,z,p}_statmap…``  maps of each contrast
    ``contrast-…_clusters.tsv``, ``.json``                  clusters of its z map
    ``report.html``                                         all of it to read
    ======================================================  ===========================

    They are written together: if something is raised, none is there, and none that
    was there has changed. All but the first are in ``sub-…``, where the subject is
    known, or in ``group``. Names of runs are made from those of their files:
    ``sub-01_task-faces_run-2_design.tsv``. What all runs share of subject, session,
    task and space is in the names of maps. BIDS itself has no rules yet for results
    of models.

    Parameters
    ----------
    model : FirstLevelModel or SecondLevelModel
        Fitted. Residuals are saved if it has ``minimize_memory=False``.
    contrasts : str, array, list of them, dict of them by name, or None
        ``"faces - houses"`` is saved as ``contrast-facesMinusHouses``, in a dict its
        name counts. The rows of an array are contrasts of their own; one of several
        rows goes into a dict. For a model of several runs a list in a dict has the
        contrast of each.
    first_level_contrast : str or array, optional
        Of a group: which maps of the subjects.
    contrast_types : dict, optional
        ``'t'`` or ``'F'`` by name of contrast, where it is not what the number of
        rows says.
    out_dir : path
        Made if it is not there. Files of the same names are replaced; others stay.
    prefix : str or None
        What names begin with, instead of what they take from the files of the runs.
        None: from the files, if the model was fitted to files of one subject that are
        named in the manner of BIDS, and remembers them (``reports=True``).
    **kwargs
        For the report and the tables: ``threshold``, ``alpha``, ``height_control``,
        ``cluster_threshold``, ``two_sided``, ``min_distance``, ``title``, and so on,
        see the model's ``generate_report``.

    Returns
    -------
    FirstLevelModel or SecondLevelModel
        `model`, as it was.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If `model` is none, a name is not text, or a definition no contrast.
    ValueError
        If a keyword is unknown, or `prefix` no beginning of a name; if two contrasts
        would have the same files (ContrastError).
    OSError
        If files cannot be written.

    Warns
    -----
    ContrastWarning
        If the name of a contrast had to be changed for the files.
    ImageWarning
        If there are no residuals to save.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import nibabel as nib
    >>> import numpy as np
    >>> from boldglm.glm.second_level import SecondLevelModel
    >>> rng = np.random.default_rng(0)
    >>> maps = nib.Nifti1Image(rng.standard_normal((8, 8, 8, 12)), 4 * np.eye(4))
    >>> model = SecondLevelModel(mask_img=False, minimize_memory=False)
    >>> model = model.fit(maps, design_matrix="~ 1")
    >>> folder = Path(tempfile.mkdtemp())
    >>> saved = save_glm_to_bids(model, "intercept", out_dir=folder, bg_img=None)
    >>> for path in sorted(folder.glob("group/*clusters*")):
    ...     print(path.relative_to(folder))
    group/contrast-intercept_clusters.json
    group/contrast-intercept_clusters.tsv
    """
    from boldglm.glm import bids_files as files

    fitted = read_model(model, first_level_contrast)
    options = _report_options(model, kwargs)
    asked = named_contrasts(contrasts, contrast_types)
    names = output_names(fitted.n_runs, fitted.files, prefix)
    folder = as_path(out_dir, "out_dir")
    described = dataset_description(fitted.level, folder / DESCRIPTION)
    with written_together(folder) as draft:
        if described is not None:
            (draft / DESCRIPTION).write_text(json_text(described), encoding="utf-8")
        place = draft / names.folder
        place.mkdir(exist_ok=True)
        with ThreadWarnings():
            say(model.verbose, "Saving the maps of %d contrasts", len(asked))
            for contrast in asked:
                files.save_contrast(fitted, contrast, place, names, options)
            say(model.verbose, "Saving the mask, designs and maps of runs")
            files.save_model(fitted, place, names)
            files.save_designs(fitted, place, names)
            files.save_runs(fitted, place, names)
        say(model.verbose, "Saving the report")
        definitions = {one.name: one.definition for one in asked}
        # Up, by name, as models go to their reports
        reports = import_module("boldglm.reporting.glm_report")
        report = reports.generate(
            fitted.model,
            contrasts=definitions or None,
            contrast_types={one.name: one.stat_type for one in asked if one.stat_type},
            **fitted.options,
            **kwargs,
        )
        report.save_as_html(place / joined(names.model, "report.html"))
    return model


def _report_options(model: Any, given: dict[str, Any]) -> Any:
    """What the report is made with, and so the tables."""
    known = dict(inspect.signature(model.generate_report).parameters)
    for name in ("contrasts", "first_level_contrast"):
        known.pop(name)
    strangers = [name for name in given if name not in known]
    if strangers:
        msg = (
            f"Extra key-words {', '.join(map(repr, strangers))}: the report knows "
            f"{', '.join(known)}."
        )
        raise ValueError(msg)
    # Up, by name, as models go to their reports
    options = import_module("boldglm.reporting.report_options")
    asked = {name: value for name, value in given.items() if name != "report_dims"}
    with held_warnings():
        # The report will say it
        return options.checked_options(**asked)
