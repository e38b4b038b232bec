"""Contrasts of fitted models, and their fixed effects over runs."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from boldglm._base.errors import ContrastError, ShapeError
from boldglm._base.warnings import ContrastWarning
from boldglm.core import tails
from boldglm.core.contrast import ContrastStat, contrast_stat, statistic
from boldglm.core.gls import GlmFit
from boldglm.glm.caller import user_stacklevel
from boldglm.glm.expression import expression_to_contrast_vector
from boldglm.glm.model import LikelihoodModelResults

__all__ = [
    "Contrast",
    "compute_contrast",
    "compute_fixed_effect_contrast",
    "compute_fixed_effects",
    "expression_to_contrast_vector",
]

DOF_MAX = 1e10


class Contrast:
    """Effect and variance of a contrast, and what is tested with them.

    Parameters
    ----------
    effect : (n_voxels,) or (dim, n_voxels) array
        For an F contrast the rows are whitened: independent, of equal variance.
    variance : (n_voxels,) array
    dim : int, optional
        Rows of the effect.
    dof : float
        Residual degrees of freedom.
    stat_type : {'t', 'F'}
        An effect of several rows is an F in any case.
    tiny : float
        Variances up to this count as none: the statistic is 0 there.
    dofmax : float
        Degrees of freedom beyond this count as this.

    Examples
    --------
    >>> run = Contrast(np.array([2.0]), np.array([1.0]), dof=100)
    >>> both = (run + run) / 2
    >>> both.effect_size(), both.effect_variance(), both.dof
    (array([2.]), array([0.5]), 200.0)
    """

    def __init__(
        self,
        effect,
        variance,
        dim=None,
        dof=DOF_MAX,
        stat_type="t",
        tiny=1e-50,
        dofmax=DOF_MAX,
    ):
        effect, variance = np.asarray(effect), np.asarray(variance)
        if variance.ndim != 1 or effect.ndim not in (1, 2):
            msg = (
                f"effect of shape {effect.shape} and variance of shape "
                f"{variance.shape}; expected (n_voxels,) or (dim, n_voxels), "
                "and (n_voxels,)"
            )
            raise ShapeError(msg)
        if stat_type not in ("t", "F"):
            msg = f"stat_type is {stat_type!r}; expected 't' or 'F'"
            raise ContrastError(msg)
        self.effect = effect
        self.variance = variance
        self.dof = float(dof)
        self.dim = (effect.shape[0] if effect.ndim == 2 else 1) if dim is None else dim
        self.stat_type = "F" if self.dim > 1 else stat_type
        self.tiny = tiny
        self.dofmax = dofmax

    @classmethod
    def from_stat(cls, stat: ContrastStat) -> "Contrast":
        """Contrast with the numbers of a core result."""
        return cls(
            stat.effect, stat.variance, dim=stat.dim, dof=stat.dof, stat_type=stat.kind
        )

    def effect_size(self):
        """Effect, in the units of the data times those of the weights."""
        return self.effect

    def effect_variance(self):
        """Variance of the effect; for F, of each row of the whitened effect."""
        return self.variance

    def stat(self, baseline=0.0):
        """T or F of the hypothesis that the effect equals `baseline`."""
        effect = self.effect
        if self.stat_type == "t" and effect.ndim == 2:
            effect = effect[0]
        variance = np.where(self.variance > self.tiny, self.variance, 0.0)
        kind = "t" if self.stat_type == "t" else "F"
        return statistic(ContrastStat(kind, effect, variance, self.dof), baseline)

    def p_value(self, baseline=0.0):
        """Probability of a larger statistic if the effect equals `baseline`."""
        value, dof = self.stat(baseline), min(self.dof, self.dofmax)
        if self.stat_type == "t":
            return tails.t_to_p(value, dof)
        return tails.f_to_p(value, self.dim, dof)

    def one_minus_pvalue(self, baseline=0.0):
        """Probability of a smaller statistic, exact where it is tiny."""
        value, dof = self.stat(baseline), min(self.dof, self.dofmax)
        if self.stat_type == "t":
            return tails.t_to_p(-value, dof)
        from scipy.special import fdtr

        return fdtr(self.dim, dof, value)

    def z_score(self, baseline=0.0):
        """Normal deviate with the same upper tail; finite however far out."""
        value, dof = self.stat(baseline), min(self.dof, self.dofmax)
        if self.stat_type == "t":
            return tails.t_to_z(value, dof)
        z = tails.f_to_z(value, self.dim, dof)
        # A voxel without variance says nothing: 0, not the z of p = 1.
        return np.where(self.variance > self.tiny, z, 0.0)

    def __add__(self, other):
        """Sum of independent contrasts: effects, variances and dof add."""
        if (self.stat_type, self.dim) != (other.stat_type, other.dim):
            msg = (
                f"cannot add a {self.stat_type} contrast of dimension {self.dim} and "
                f"a {other.stat_type} contrast of dimension {other.dim}"
            )
            raise ContrastError(msg)
        if self.stat_type == "F":
            warnings.warn(
                "Running approximate fixed effects on F statistics.",
                ContrastWarning,
                stacklevel=user_stacklevel(),
            )
        return Contrast(
            self.effect + other.effect,
            self.variance + other.variance,
            dim=self.dim,
            dof=self.dof + other.dof,
            stat_type=self.stat_type,
        )

    def __mul__(self, scalar):
        """Scale the effect, and its variance by the square."""
        scalar = float(scalar)
        return Contrast(
            self.effect * scalar,
            self.variance * scalar**2,
            dim=self.dim,
            dof=self.dof,
            stat_type=self.stat_type,
        )

    __rmul__ = __mul__

    def __truediv__(self, scalar):
        """Divide the effect by a number."""
        return self * (1 / float(scalar))


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
    if stat_type not in (None, "t", "F"):
        msg = f"stat_type is {stat_type!r}; expected 't', 'F' or None"
        raise ContrastError(msg)
    if not regression_result:
        msg = "regression_result is empty; expected the results of a fit"
        raise ContrastError(msg)
    labels = np.asarray(labels)
    any_group = next(iter(regression_result.values()))
    rows = pad_contrast(con_val, any_group.theta.shape[0])
    parts = {
        label: _contrast_of(results, rows, stat_type)
        for label, results in regression_result.items()
    }
    one = next(iter(parts.values()))
    if len(parts) == 1:
        return Contrast.from_stat(one)
    effect = np.zeros((*one.effect.shape[:-1], labels.size))
    variance = np.zeros(labels.size)
    for label, part in parts.items():
        effect[..., labels == label] = part.effect
        variance[labels == label] = part.variance
    return Contrast.from_stat(ContrastStat(one.kind, effect, variance, one.dof))


def _contrast_of(results: LikelihoodModelResults, rows, stat_type) -> ContrastStat:
    fit: GlmFit | None = getattr(results, "_fit", None)
    if fit is not None:
        return contrast_stat(fit, rows, stat_type)
    kind = stat_type or ("t" if rows.shape[0] == 1 else "F")
    dof, variance = float(results.df_residuals), np.atleast_1d(results.dispersion)
    if kind == "t":
        t = results.Tcontrast(rows)
        return ContrastStat("t", np.atleast_1d(t.effect), np.atleast_1d(t.sd**2), dof)
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
    except (TypeError, ValueError) as error:
        msg = f"the contrast is {con_val!r}; expected numbers, in rows of equal length"
        raise ContrastError(msg) from error
    missing = n_regressors - rows.shape[-1]
    if rows.ndim != 2 or rows.shape[1] == 0 or missing < 0:
        msg = (
            f"the contrast has shape {np.shape(con_val)}; expected at most "
            f"{n_regressors} weights in a row, one for each column of the design"
        )
        raise ContrastError(msg)
    if missing:
        kind = "t" if rows.shape[0] == 1 else "F"
        warnings.warn(
            f"{kind} contrasts should be of length P={n_regressors}, but this one has "
            f"length {rows.shape[1]}. The rest of the contrast was padded with zeros.",
            ContrastWarning,
            stacklevel=user_stacklevel(),
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
    parts = []
    for run, (label, result, weights) in enumerate(
        zip(labels, results, con_vals, strict=True)
    ):
        if np.any(weights):
            parts.append(compute_contrast(label, result, weights, stat_type))
        else:
            warnings.warn(
                f"Contrast for run {run} is null.",
                ContrastWarning,
                stacklevel=user_stacklevel(),
            )
    return mean_contrast(parts)


def mean_contrast(parts: Sequence[Contrast]) -> Contrast:
    """Fixed effect of the contrasts of independent runs: their mean.

    >>> run = Contrast(np.array([2.0]), np.array([1.0]), dof=100)
    >>> mean_contrast([run, run]).variance
    array([0.5])
    """
    if not parts:
        msg = "All contrasts provided were null contrasts: no run has a weight."
        raise ContrastError(msg)
    total = parts[0]
    if len(parts) > 1 and total.stat_type == "F":
        warnings.warn(
            "Running approximate fixed effects on F statistics.",
            ContrastWarning,
            stacklevel=user_stacklevel(),
        )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Running approximate", ContrastWarning)
        for part in parts[1:]:
            total = total + part
    return total / len(parts)


def compute_fixed_effects(
    contrast_imgs,
    variance_imgs,
    mask=None,
    precision_weighted=False,
    dofs=None,
    return_z_score=False,
):
    """Fixed effects over runs, from images of effects and variances.

    Unweighted, ``effect = mean(c_r)`` and ``variance = sum(v_r) / n^2``. With
    `precision_weighted`, ``variance = 1 / sum(1 / v_r)`` and
    ``effect = variance * sum(c_r / v_r)``; runs without variance have no weight.

    Parameters
    ----------
    contrast_imgs, variance_imgs : lists of images or paths
        One per run. The effects of an F contrast are 4-D.
    mask : image, path, NiftiMasker, or None
        None: everything but the background of the effects.
    precision_weighted : bool
    dofs : sequence of float, optional
        Degrees of freedom of each run; 100 each if not given.
    return_z_score : bool
        Return a fourth image, the z of the statistic.

    Returns
    -------
    effect, variance, statistic[, z] : images
        The statistic is a t (or F), and 0 where there is no variance.

    Raises
    ------
    ShapeError
        If the numbers of images or of `dofs` differ.
    """
    n_runs = len(contrast_imgs)
    dofs = [100] * n_runs if dofs is None else list(dofs)
    if not n_runs == len(variance_imgs) == len(dofs):
        msg = (
            f"The number of contrast images ({n_runs}), of variance images "
            f"({len(variance_imgs)}) and of dofs ({len(dofs)}) differ; "
            "expected one of each per run."
        )
        raise ShapeError(msg)
    masker = _fixed_effects_masker(mask, contrast_imgs)
    effects = np.stack([np.atleast_2d(masker.transform(c)) for c in contrast_imgs])
    variances = np.stack([np.atleast_2d(masker.transform(v))[0] for v in variance_imgs])
    contrast = _fixed_effect(
        effects.astype(float), variances.astype(float), precision_weighted, dofs
    )
    maps = [contrast.effect, contrast.variance, contrast.stat()]
    if return_z_score:
        maps.append(contrast.z_score())
    return tuple(masker.inverse_transform(one.astype(np.float32)) for one in maps)


def _fixed_effects_masker(mask, contrast_imgs):
    from boldglm.maskers import NiftiMasker

    if hasattr(mask, "mask_img_"):
        mask = mask.mask_img_
    elif isinstance(mask, NiftiMasker):
        mask = mask.mask_img
    masker = NiftiMasker(mask_img=mask)
    return masker.fit(contrast_imgs) if mask is None else masker.fit()


def _fixed_effect(effects, variances, precision_weighted, dofs) -> Contrast:
    """Fixed effect of (n_runs, dim, n_voxels) effects, (n_runs, n_voxels) variances."""
    positive = variances > 0
    if precision_weighted:
        weights = np.where(positive, 1 / np.where(positive, variances, 1.0), 0.0)
        total = weights.sum(axis=0)
        variance = np.where(total > 0, 1 / np.where(total > 0, total, 1.0), 0.0)
        effect = np.einsum("rdv,rv->dv", effects, weights) * variance
    else:
        variance = np.maximum(variances, 0.0).mean(axis=0) / len(variances)
        effect = effects.mean(axis=0)
    one_row = effect.shape[0] == 1
    return Contrast(
        effect[0] if one_row else effect,
        variance,
        dof=float(np.sum(dofs)),
        stat_type="t" if one_row else "F",
    )


def check_output_type(output_type: str) -> list[str]:
    """Names of the maps that an `output_type` asks for.

    >>> check_output_type("stat")
    ['stat']
    """
    if output_type == "all":
        return list(OUTPUT_TYPES)
    if output_type not in OUTPUT_TYPES:
        expected = ", ".join(repr(name) for name in (*OUTPUT_TYPES, "all"))
        msg = f"output_type is {output_type!r}; expected one of {expected}"
        raise ContrastError(msg)
    return [output_type]


OUTPUT_TYPES = ("z_score", "stat", "p_value", "effect_size", "effect_variance")


def contrast_maps(contrast: Contrast, names: Sequence[str]) -> Mapping[str, np.ndarray]:
    """Maps of a contrast by output type, float32."""
    return {
        name: np.asarray(getattr(contrast, name)(), dtype=np.float32) for name in names
    }
