"""A contrast as a thing with an effect, a variance, and tests of it."""

from collections.abc import Mapping, Sequence

import numpy as np

from boldglm._base.arguments import as_numbers, checked_number, checked_whole, shown
from boldglm._base.errors import ContrastError, ShapeError
from boldglm._base.warnings import ContrastWarning, warn
from boldglm.core import tails
from boldglm.core.contrast import ContrastStat, statistic

__all__ = ["Contrast", "check_output_type", "contrast_maps"]

DOF_MAX = 1e10

OUTPUT_TYPES = ("z_score", "stat", "p_value", "effect_size", "effect_variance")


class Contrast:
    """Effect and variance of a contrast, and what is tested with them.

    Parameters
    ----------
    effect : (n_voxels,) or (dim, n_voxels) array
        For an F contrast the rows are whitened: independent, of equal variance.
    variance : (n_voxels,) array
    dim : int, optional
        Rows of the effect.
    dof : float or (n_voxels,) array
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
        effect, variance = (
            as_numbers(effect, "effect"),
            as_numbers(variance, "variance"),
        )
        fits = effect.shape[-1:] == variance.shape
        if variance.ndim != 1 or effect.ndim not in (1, 2) or not fits:
            msg = (
                f"effect of shape {effect.shape} and variance of shape "
                f"{variance.shape}; expected (n_voxels,) or (dim, n_voxels), "
                "and (n_voxels,)"
            )
            raise ShapeError(msg)
        if not isinstance(stat_type, str) or stat_type not in {"t", "F"}:
            msg = f"stat_type is {stat_type!r}; expected 't' or 'F'"
            raise ContrastError(msg)
        self.effect = effect
        self.variance = variance
        self.dof = _checked_dof(dof, variance.size)
        own = effect.shape[0] if effect.ndim == 2 else 1
        rows = "how many rows the contrast has"
        self.dim = own if dim is None else checked_whole(dim, "dim", rows, low=1)
        checked_number(tiny, "tiny", "a variance, 0 or more", low=0)
        if checked_number(dofmax, "dofmax", "degrees of freedom, or inf") != np.inf:
            checked_number(dofmax, "dofmax", "degrees of freedom, or inf", low=0)
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
        value, dof = self.stat(baseline), np.minimum(self.dof, self.dofmax)
        if self.stat_type == "t":
            return tails.t_to_p(value, dof)
        return tails.f_to_p(value, self.dim, dof)

    def one_minus_pvalue(self, baseline=0.0):
        """Probability of a smaller statistic, exact where it is tiny."""
        value, dof = self.stat(baseline), np.minimum(self.dof, self.dofmax)
        if self.stat_type == "t":
            return tails.t_to_p(-value, dof)
        from scipy.special import fdtr

        return fdtr(self.dim, dof, value)

    def z_score(self, baseline=0.0):
        """Normal deviate with the same upper tail; finite however far out."""
        value, dof = self.stat(baseline), np.minimum(self.dof, self.dofmax)
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
            warn(
                "Running approximate fixed effects on F statistics.",
                ContrastWarning,
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


def _checked_dof(dof, n_voxels: int):
    """One number, or one for each voxel."""
    values = as_numbers(dof, "dof")
    if values.ndim and values.shape != (n_voxels,):
        msg = (
            f"dof has shape {values.shape}; expected one number, or one for each of "
            f"the {n_voxels} voxels"
        )
        raise ShapeError(msg)
    if not (values >= 0).all():
        msg = f"dof is {shown(dof)}; expected degrees of freedom, 0 or more"
        raise ValueError(msg)
    return values if values.ndim else float(values)


def check_output_type(output_type: str) -> list[str]:
    """Names of the maps that an `output_type` asks for.

    >>> check_output_type("stat")
    ['stat']
    """
    if isinstance(output_type, str) and output_type == "all":
        return list(OUTPUT_TYPES)
    if not isinstance(output_type, str) or output_type not in OUTPUT_TYPES:
        expected = ", ".join(repr(name) for name in (*OUTPUT_TYPES, "all"))
        msg = f"output_type is {output_type!r}; expected one of {expected}"
        raise ContrastError(msg)
    return [output_type]


def contrast_maps(contrast: Contrast, names: Sequence[str]) -> Mapping[str, np.ndarray]:
    """Maps of a contrast by output type: float32, and p in float64.

    A p of single precision would be 0 from z = 14 up.
    """
    return {
        name: np.asarray(
            getattr(contrast, name)(),
            dtype=np.float64 if name == "p_value" else np.float32,
        )
        for name in names
    }
