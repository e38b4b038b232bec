"""Contrasts of fitted models, and their fixed effects over runs."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from boldglm._base.arguments import as_list, checked_whole
from boldglm._base.errors import ContrastError
from boldglm._base.warnings import ContrastWarning, warn
from boldglm.core.contrast import ContrastStat, contrast_stat
from boldglm.core.contrast_checks import check_stat_type
from boldglm.core.expression import expression_to_contrast_vector
from boldglm.core.gls import GlmFit
from boldglm.glm.contrast_maps import Contrast
from boldglm.glm.fixed_effects import compute_fixed_effects
from boldglm.glm.model import LikelihoodModelResults

__all__ = [
    "Contrast",
    "compute_contrast",
    "compute_fixed_effect_contrast",
    "compute_fixed_effects",
    "expression_to_contrast_vector",
    "mean_contrast",
    "pad_contrast",
]


def compute_contrast(labels, regression_result, con_val, stat_type=None) -> Contrast:
    """Contrast of what `run_glm` returns.

    Parameters
    ----------
    labels : (n_voxels,) array
        Group of each voxel.
    regression_result : dict
        Results of each group.
    con_val : (n_regressors,) or (n_rows, n_regressors) array
        Shorter ones are completed with zeros, with a warning.
    stat_type : {'t', 'F'}, optional
        t for one row and F for more if not given.

    Returns
    -------
    Contrast

    Raises
    ------
    ContrastError
        If the contrast does not fit the design or is not estimable.

    Examples
    --------
    >>> from boldglm.glm.first_level import run_glm
    >>> design = np.array([[0, 1.0], [1, 1], [0, 1], [1, 1]])
    >>> labels, results = run_glm(np.array([[1.0], [3], [2], [4]]), design, "ols")
    >>> compute_contrast(labels, results, [1, 0]).stat()
    array([2.82842712])
    """
    check_stat_type(stat_type)
    if not isinstance(regression_result, Mapping):
        msg = (
            f"regression_result is a {type(regression_result).__name__}; expected the "
            "results of a fit by label, as run_glm returns them"
        )
        raise TypeError(msg)
    if not regression_result:
        msg = "regression_result is empty; expected the results of a fit"
        raise ContrastError(msg)
    labels = _one_array(labels)
    any_group = next(iter(regression_result.values()))
    if not isinstance(any_group, LikelihoodModelResults):
        msg = (
            f"regression_result holds a {type(any_group).__name__}; expected results "
            "of run_glm"
        )
        raise TypeError(msg)
    rows = pad_contrast(con_val, any_group.theta.shape[0])
    parts = {
        label: _contrast_of(results, rows, stat_type)
        for label, results in regression_result.items()
    }
    one = next(iter(parts.values()))
    if len(parts) == 1:
        return Contrast.from_stat(one)
    if len({part.dof for part in parts.values()}) > 1:
        msg = (
            "the groups of these results have different degrees of freedom (voxels "
            "that other subjects have), which one Contrast cannot hold; use the "
            "model's compute_contrast."
        )
        raise ContrastError(msg)
    effect = np.zeros((*one.effect.shape[:-1], labels.size))
    variance = np.zeros(labels.size)
    for label, part in parts.items():
        effect[..., labels == label] = part.effect
        variance[labels == label] = part.variance
    return Contrast.from_stat(ContrastStat(one.kind, effect, variance, one.dof))


def _one_array(labels) -> np.ndarray:
    """Labels of the voxels, (n_voxels,)."""
    try:
        found = np.asarray(labels)
    except ValueError:
        found = np.empty((0, 0))
    if found.ndim != 1:
        msg = f"labels have shape {np.shape(found)}; expected a label per voxel"
        raise ContrastError(msg)
    return found


def _contrast_of(results: LikelihoodModelResults, rows, stat_type) -> ContrastStat:
    fit: GlmFit | None = getattr(results, "_fit", None)
    if fit is not None:
        return contrast_stat(fit, rows, stat_type)
    kind = stat_type or ("t" if rows.shape[0] == 1 else "F")
    dof, variance = float(results.df_residuals), np.atleast_1d(results.dispersion)
    if kind == "t":
        t = results.Tcontrast(rows)
        return ContrastStat("t", np.atleast_1d(t.effect), np.atleast_1d(t.sd**2), dof)
    results._check_estimable(rows)
    rows = results._independent(rows)
    values, vectors = np.linalg.eigh(results.vcov(matrix=rows, dispersion=1.0))
    root = (vectors / np.sqrt(values)) @ vectors.T
    effect = root @ (rows @ np.asarray(results.theta).reshape(rows.shape[1], -1))
    return ContrastStat("F", effect, variance, dof)


def pad_contrast(con_val, n_regressors: int) -> np.ndarray:
    """Contrast as rows over all regressors; short ones completed with zeros.

    >>> pad_contrast([1, -1], 2)
    array([[ 1., -1.]])
    """
    try:
        rows = np.atleast_2d(np.array(con_val, dtype=np.float64))
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"the contrast is {con_val!r}; expected numbers, in rows of equal length"
        raise ContrastError(msg) from error
    columns = "a number of columns"
    n_regressors = checked_whole(n_regressors, "n_regressors", columns, high=10**6)
    missing = n_regressors - rows.shape[-1]
    if rows.ndim != 2 or rows.shape[1] == 0 or missing < 0:
        msg = (
            f"the contrast has shape {np.shape(con_val)}; expected at most "
            f"{n_regressors} weights in a row, one for each column of the design"
        )
        raise ContrastError(msg)
    if missing:
        kind = "t" if rows.shape[0] == 1 else "F"
        warn(
            f"{kind} contrasts should be of length P={n_regressors}, but this one has "
            f"length {rows.shape[1]}. The rest of the contrast was padded with zeros.",
            ContrastWarning,
        )
    return np.pad(rows, ((0, 0), (0, missing)))


def compute_fixed_effect_contrast(labels, results, con_vals, stat_type=None):
    """Mean of a contrast over runs, as a fixed effect.

    Parameters
    ----------
    labels, results : lists
        What `run_glm` returned for each run.
    con_vals : list of arrays
        The contrast of each run; a run whose weights are all zero is left out.
    stat_type : {'t', 'F'}, optional

    Returns
    -------
    Contrast

    Raises
    ------
    ContrastError
        If all are zero.
    """
    labels = as_list(labels, "labels", "arrays of labels, one per run")
    results = as_list(results, "results", "results of run_glm, one per run")
    con_vals = as_list(con_vals, "con_vals", "contrasts, one per run")
    if not len(labels) == len(results) == len(con_vals):
        msg = (
            f"there are {len(labels)} labels, {len(results)} results and "
            f"{len(con_vals)} con_vals; expected one of each per run"
        )
        raise ContrastError(msg)
    parts = []
    for run, (label, result, weights) in enumerate(
        zip(labels, results, con_vals, strict=True)
    ):
        if np.any(weights):
            parts.append(compute_contrast(label, result, weights, stat_type))
        else:
            warn(f"Contrast for run {run} is null.", ContrastWarning)
    return mean_contrast(parts)


def mean_contrast(parts: Sequence[Contrast]) -> Contrast:
    """Fixed effect of the contrasts of independent runs: their mean.

    >>> run = Contrast(np.array([2.0]), np.array([1.0]), dof=100)
    >>> mean_contrast([run, run]).variance
    array([0.5])
    """
    parts = as_list(parts, "parts", "Contrast objects, one per run")
    for part in parts:
        if not isinstance(part, Contrast):
            msg = f"parts holds a {type(part).__name__}; expected Contrast objects"
            raise TypeError(msg)
    if not parts:
        msg = "All contrasts provided were null contrasts: no run has a weight."
        raise ContrastError(msg)
    total = parts[0]
    if len(parts) > 1 and total.stat_type == "F":
        warn(
            "Running approximate fixed effects on F statistics.",
            ContrastWarning,
        )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Running approximate", ContrastWarning)
        for part in parts[1:]:
            total = total + part
    return total / len(parts)
