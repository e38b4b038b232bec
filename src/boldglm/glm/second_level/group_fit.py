"""Least squares over subjects, with the subjects that each voxel has."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from boldglm._base.errors import ContrastError, NotEstimableError, ShapeError
from boldglm.core.contrast import ContrastStat, contrast_stat
from boldglm.core.gls import GlmFit, fit_glm, residuals
from boldglm.core.linear import (
    Factor,
    confounded_regressors,
    non_estimable_rows,
)
from boldglm.core.noise import noise_model
from boldglm.core.parallel import blocks, map_blocks
from boldglm.glm.contrast_maps import Contrast, contrast_maps
from boldglm.glm.second_level.group_data import GroupData

__all__ = ["GroupFit", "PatternFit", "fit_group", "group_maps", "require_estimable"]

# Voxels that are held in double precision at a time.
PIECE = 2**15


@dataclass(frozen=True)
class PatternFit:
    """Fit of the voxels that lack the same subjects.

    Attributes
    ----------
    voxels : (n,) int
    rows : (n_subjects,) bool
        Subjects that are there.
    fit : GlmFit
        Of these subjects and voxels.
    """

    voxels: np.ndarray
    rows: np.ndarray
    fit: GlmFit


@dataclass(frozen=True)
class GroupFit:
    """Fits of all voxels of a group.

    Attributes
    ----------
    complete : GlmFit
        Of all voxels, with all subjects; zeros where a subject is missing.
    tested : (n_voxels,) bool
        Voxels that all subjects have.
    patterns : tuple of PatternFit
        Fits of voxels that some subjects lack, where that was asked for and leaves a
        degree of freedom.
    """

    complete: GlmFit
    tested: np.ndarray
    patterns: tuple[PatternFit, ...] = ()

    @property
    def dof(self) -> np.ndarray:
        """Residual degrees of freedom of each voxel, 0 where nothing is fitted."""
        dof = np.where(self.tested, self.complete.dof, 0)
        for part in self.patterns:
            dof[part.voxels] = part.fit.dof
        return dof

    @property
    def labels(self) -> np.ndarray:
        """0 for voxels with all subjects, and 1, 2, … by which subjects they lack."""
        labels = np.zeros(self.tested.size)
        for number, part in enumerate(self.patterns, start=1):
            labels[part.voxels] = number
        return labels

    def of_voxels(self, name: str) -> np.ndarray:
        """An array of the fit, a value for each voxel, whichever fit it comes from.

        Parameters
        ----------
        name : {'residual_ss', 'total_ss', 'sigma2'}
        """
        values = getattr(self.complete, name).copy()
        for part in self.patterns:
            values[part.voxels] = getattr(part.fit, name)
        return values

    def residuals(self, data: GroupData) -> np.ndarray:
        """``Y - X beta``, (n_subjects, n_voxels); nan for subjects a voxel lacks.

        Voxels that are not tested are 0.
        """
        out = residuals(data.maps, self.complete)
        out[:, ~self.tested] = 0.0
        for part in self.patterns:
            design = self.complete.factor.design
            here = data.maps[:, part.voxels] - design @ part.fit.beta
            here[~part.rows] = np.nan
            out[:, part.voxels] = here
        return out

    def predicted(self) -> np.ndarray:
        """``X beta``, (n_subjects, n_voxels) float32."""
        design = self.complete.factor.design
        out = (design @ self.complete.beta).astype(np.float32)
        for part in self.patterns:
            out[:, part.voxels] = design @ part.fit.beta
        return out


def fit_group(
    data: GroupData,
    design: np.ndarray,
    *,
    available: bool = False,
    n_jobs: int | None = None,
) -> GroupFit:
    r"""Fit a design to the maps of a group by least squares.

    .. math:: y_v = X_v \beta_v + e_v, \quad e_v \sim N(0, \sigma_v^2 I)

    Voxels that all subjects have are fitted with all. Of the others, with
    `available`, those that lack the same subjects are fitted together, with the
    rows of the design that are left: their number and its rank give the degrees of
    freedom.

    Parameters
    ----------
    data : GroupData
        Not modified.
    design : (n_subjects, n_regressors)
        Of any rank.
    available : bool
        Also fit voxels that some subjects lack.
    n_jobs : int or None
        Threads.

    Returns
    -------
    GroupFit

    Examples
    --------
    >>> maps = np.array([[1, 1], [2, 3], [6, 0]], np.float32)
    >>> missing = np.array([[False, False], [False, False], [False, True]])
    >>> fit = fit_group(GroupData(maps, missing), np.ones((3, 1)), available=True)
    >>> fit.dof, fit.complete.beta[0], fit.patterns[0].fit.beta[0]
    (array([2, 1]), array([3., 0.]), array([2.]))
    """
    complete = _fit_all(data, design, n_jobs)
    if data.missing is None or not available:
        return GroupFit(complete, data.tested)
    patterns = _patterns(data.missing)
    parts = map_blocks(
        lambda pattern: _fit_pattern(data.maps, design, *pattern),
        patterns,
        n_jobs=n_jobs,
    )
    return GroupFit(complete, data.tested, tuple(p for p in parts if p is not None))


def group_maps(
    group: GroupFit, rows: np.ndarray, kind: str | None, names: Sequence[str]
) -> dict[str, np.ndarray]:
    """Maps of a contrast, over all voxels.

    Parameters
    ----------
    group : GroupFit
    rows : (q, n_regressors)
        Estimable in the whole design.
    kind : {'t', 'F'} or None
    names : list of str
        Output types.

    Returns
    -------
    dict of (n_voxels,) or, for effects of F, (dim, n_voxels) arrays
        0, and 1 for p, in voxels that are not tested: that lack a subject, or where
        the subjects they have cannot tell the contrast apart.
    """
    stat = contrast_stat(group.complete, rows, kind)  # type: ignore[arg-type]
    effect, variance = stat.effect.copy(), stat.variance.copy()
    dof = np.where(group.tested, int(stat.dof), 0)
    for part in group.patterns:
        try:
            one = contrast_stat(part.fit, rows, kind)  # type: ignore[arg-type]
        except NotEstimableError:
            continue
        effect[..., part.voxels], variance[part.voxels] = one.effect, one.variance
        dof[part.voxels] = int(one.dof)
    whole = {name: _blank(name, effect) for name in names}
    for value in np.unique(dof[dof > 0]):
        at = np.flatnonzero(dof == value)
        part_stat = ContrastStat(stat.kind, effect[..., at], variance[at], float(value))
        for name, values in contrast_maps(Contrast.from_stat(part_stat), names).items():
            whole[name][..., at] = values
    return whole


def require_estimable(factor: Factor, rows: np.ndarray, columns: Sequence) -> None:
    """Raise unless a design can tell all rows of a contrast apart.

    Parameters
    ----------
    factor : Factor
    rows : (q, n_regressors)
    columns : list
        Names of the regressors.

    Raises
    ------
    ContrastError
        If the contrast is zero.
    NotEstimableError
        Naming the columns.

    Examples
    --------
    >>> from boldglm.core.linear import factorize
    >>> design = factorize(np.array([[1.0, 1, 0], [1, 1, 0], [1, 0, 1]]))
    >>> require_estimable(design, np.array([[0.0, 1, -1]]), ["all", "a", "b"])
    >>> require_estimable(design, np.array([[0.0, 1, 0]]), ["all", "a", "b"])
    Traceback (most recent call last):
        ...
    boldglm._base.errors.NotEstimableError: The contrast is not estimable: the design
    cannot tell the columns 'all', 'a', 'b' apart (they are linearly dependent). ...
    """
    if not rows.any():
        msg = (
            "Contrast is null: all its weights are 0. Expected weights of columns, or "
            "an expression of their names."
        )
        raise ContrastError(msg)
    stray = non_estimable_rows(factor, rows)
    if not stray:
        return
    at = confounded_regressors(factor, rows[stray])
    empty = [i for i in at if not factor.design[:, i].any()]
    names = ", ".join(repr(columns[i]) for i in (empty or at))
    if empty:
        why = f"column {names} of the design is zero everywhere."
    else:
        why = (
            f"the design cannot tell the columns {names} apart (they are linearly "
            "dependent). Remove one of them from the design, or test a combination "
            "that does not depend on how they share their effect."
        )
    msg = f"The contrast is not estimable: {why}"
    raise NotEstimableError(msg)


def _fit_all(data: GroupData, design: np.ndarray, n_jobs: int | None) -> GlmFit:
    """All subjects in double precision, as many voxels at a time as are light."""
    ols, parts = noise_model("ols"), []
    for piece in blocks(data.maps.shape[1], PIECE):
        maps = data.maps[:, piece].astype(np.float64)
        if data.missing is not None:
            # whoever fits a series with a nan leaves it at zeros
            maps[data.missing[:, piece]] = np.nan
        parts.append(fit_glm(maps, design, ols, n_jobs=n_jobs))
    arrays = {
        name: np.concatenate([part.arrays[name] for part in parts], axis=-1)
        for name in parts[0].arrays
    }
    return GlmFit(forms=parts[0].forms, noise=ols, **arrays)


def _patterns(missing: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Voxels that lack the same subjects, and which subjects they have."""
    voxels = np.flatnonzero(missing.any(axis=0))
    bits = np.packbits(missing[:, voxels], axis=0).T
    _, first, group = np.unique(bits, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group))[:-1]
    members = np.split(voxels[order], ends)
    return [
        (own, ~missing[:, voxels[at]]) for own, at in zip(members, first, strict=True)
    ]


def _fit_pattern(
    maps: np.ndarray, design: np.ndarray, voxels: np.ndarray, rows: np.ndarray
) -> PatternFit | None:
    """Fit of the rows that are there, or None if they leave nothing to test with."""
    part = design[rows]
    values = maps[np.ix_(rows, voxels)].astype(np.float64)
    try:
        fit = fit_glm(values, part, noise_model("ols"), n_jobs=1)
    except ShapeError:  # no degree of freedom is left, or no regressor
        return None
    return PatternFit(voxels, rows, fit)


def _blank(name: str, effect: np.ndarray) -> np.ndarray:
    """The map of a voxel that is not tested, everywhere."""
    if name == "p_value":
        return np.ones(effect.shape[-1])
    shape = effect.shape if name == "effect_size" else effect.shape[-1:]
    return np.zeros(shape, np.float32)
