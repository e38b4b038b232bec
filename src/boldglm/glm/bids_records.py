"""What is said of a saved model, in JSON."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from boldglm import __version__

__all__ = [
    "dataset_description",
    "json_text",
    "model_description",
    "table_description",
]

BIDS_VERSION = "1.9.0"

PARAMETERS = (
    "first_scans",
    "missing",
    "noise_model",
    "signal_scaling",
    "smoothing_fwhm",
    "standardize",
    "subject_label",
    "t_r",
    "target_affine",
    "target_shape",
)
OF_DESIGNS = ("hrf_model", "drift_model", "slice_time_ref")


def json_text(content: Any) -> str:
    r"""Write as JSON with sorted keys.

    Examples
    --------
    >>> json_text({"b": np.float64(1.5), "a": (1, np.nan)})
    '{\n    "a": [\n        1,\n        null\n    ],\n    "b": 1.5\n}\n'
    """
    return json.dumps(_plain(content), indent=4, sort_keys=True, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """What JSON has, of anything that a parameter may be."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    return getattr(value, "__name__", str(value))


def dataset_description(level: str, existing: Path) -> dict[str, Any] | None:
    """Describe the folder as a derivative of BIDS.

    Parameters
    ----------
    level : str
        ``'first'`` or ``'second'``.
    existing : Path
        A description that is there already is kept; boldglm is added to the programs
        that it lists.

    Returns
    -------
    dict or None
        None: what is there says all of it.

    Raises
    ------
    ValueError
        If what is there is no description.

    Examples
    --------
    >>> dataset_description("first", Path("nowhere.json"))["DatasetType"]
    'derivative'
    """
    program = {
        "Name": "boldglm",
        "Version": __version__,
        "Description": f"General linear model, {level} level.",
    }
    if not existing.exists():
        return {
            "Name": "General linear models by boldglm",
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "derivative",
            "GeneratedBy": [program],
        }
    try:
        found = json.loads(existing.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        msg = (
            f"{existing} is not a JSON object as BIDS describes data sets with. Repair "
            "or remove it, or give another out_dir."
        )
        raise ValueError(msg)  # noqa: TRY004
    listed = found.get("GeneratedBy")
    if isinstance(listed, list) and listed and program not in listed:
        return {**found, "GeneratedBy": [*listed, program]}
    return None


def model_description(model: Any, is_designed: bool) -> dict[str, Any]:
    """Parameters of a model that its maps depend on.

    Parameters
    ----------
    model : FirstLevelModel or SecondLevelModel
    is_designed : bool
        Whether it was given its designs: parameters of designs had no effect.

    Examples
    --------
    >>> from boldglm.glm.first_level import FirstLevelModel
    >>> described = model_description(FirstLevelModel(t_r=2.0, drift_model=None), False)
    >>> described["ModelParameters"]["t_r"], "high_pass" in described["ModelParameters"]
    (2.0, False)
    """
    names = PARAMETERS if is_designed else (*PARAMETERS, *_of_designs(model))
    values = {name: getattr(model, name, None) for name in names}
    return {
        "Description": "Statistical maps computed by boldglm.",
        "ModelParameters": {k: v for k, v in values.items() if v is not None},
    }


def _of_designs(model: Any) -> tuple[str, ...]:
    names: tuple[str, ...] = OF_DESIGNS
    if model.drift_model is not None:
        is_cosine = str(model.drift_model).lower() == "cosine"
        names += ("high_pass",) if is_cosine else ("drift_order",)
    return (*names, "fir_delays") if str(model.hrf_model) == "fir" else names


def table_description(options: Any, height: float) -> dict[str, Any]:
    """Say how the clusters of a table were found.

    Parameters
    ----------
    options : ReportOptions
        See `boldglm.reporting.report_options`.
    height : float
        The z that voxels of clusters exceed; infinite where none can.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> options = SimpleNamespace(height_control="fpr", alpha=0.001, two_sided=False,
    ...                           cluster_threshold=0, min_distance=8.0)
    >>> said = table_description(options, 3.09)
    >>> said["Height control"], said["Threshold (computed)"]
    ('fpr', 3.09)
    """
    if options.height_control is None:
        found = {"Height control": "None", "Threshold Z": height}
    else:
        found = {
            "Height control": options.height_control,
            "\u03b1": options.alpha,
            "Threshold (computed)": height,
        }
    return {
        **found,
        "Cluster size threshold (voxels)": options.cluster_threshold,
        "Minimum distance (mm)": options.min_distance,
        "Two-sided": options.two_sided,
    }
