r"""Tail areas of t and F, exact at any height: the slow path of `tails`.

With ``v = dof log(1 + dim F / dof)`` (F = t², dim = 1 for t), the upper tail of F is::

    P(F) = exp(-v/2) / (dof B(dof/2, b)) ∫ exp(-y/2) (1 - exp(-(v + y)/dof))^(b-1) dy

over y from 0 to infinity, with b = dim / 2. What is under the integral sign varies
slowly when v is large, so that Gauss-Laguerre quadrature gives log P where P itself
has no floating-point number. ``v`` is also the scale on which z varies as slowly for
any dof (close to ``sqrt(v)``), hence the one on which it is tabulated.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import special

__all__ = [
    "F_FLOOR",
    "NORMAL_DOF",
    "f_table",
    "f_z_exact",
    "fit_table",
    "spread",
    "student_table",
    "student_z_exact",
]

Array = npt.NDArray[np.float64]

# above this, the spread of t is normal and that of dim F chi-squared, to 1e-10
NORMAL_DOF = 1e10
# power of two where the table of F begins
F_FLOOR = -64
# tail areas below this are worked out as logarithms
FAR = 1e-200

DEGREE = 10
TOP = 48
NODES, WEIGHTS = np.polynomial.laguerre.laggauss(32)


def spread(statistic: Array, dof: Array) -> Array:
    """Squared distance ``dof log(1 + statistic / dof)``; `statistic` if dof is inf."""
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        ratio = statistic / dof
        log_ratio = np.where(
            np.isinf(ratio), np.log(statistic) - np.log(dof), np.log1p(ratio)
        )
        bent = dof * log_ratio
    return np.where(np.isinf(dof), statistic, bent)


def student_z_exact(v: Array, dof: Array) -> Array:
    """Size of the z of a t of which ``v = dof log(1 + t²/dof)``; both (n,).

    Examples
    --------
    >>> student_z_exact(np.array([4.0]), np.array([np.inf]))
    array([2.])
    """
    with np.errstate(all="ignore"):
        root = np.sqrt(v)
        area = special.stdtr(dof, -np.sqrt(_unspread(v, dof)))
        log_area = np.log(area)
    far = ~(area > FAR) & (dof < NORMAL_DOF)
    log_area[far] = _log_far(v[far], dof[far], 0.5) - np.log(2)
    z = -np.asarray(special.ndtri_exp(log_area))
    # next to 0 the area is 1/2 to so many digits that few are left for z
    slope = np.sqrt(2 * np.pi) * np.exp(-_log_beta(dof, 0.5))
    z = np.where(v < 1e-8, slope * root, z)
    return np.where(dof < NORMAL_DOF, z, root)


def f_z_exact(v: Array, dim: float, dof: Array) -> Array:
    """The z of an F of which ``v = dof log(1 + dim F/dof)``; both (n,).

    Examples
    --------
    With 2 and infinitely many degrees of freedom the tail area is ``exp(-v/2)``:

    >>> f_z_exact(np.array([-2 * np.log(0.025)]), 2.0, np.array([np.inf]))
    array([1.95996398])
    """
    b = dim / 2
    # Bartlett's factor: chi-squared to an error of 1/dof², not 1/dof
    v = np.where(dof >= NORMAL_DOF, v * (1 + (b - 1) / dof), v)
    above, below = _areas(v, dim, dof)
    with np.errstate(all="ignore"):
        log_above, log_below = np.log(above), np.log(below)
    far = ~(above > FAR)
    log_above[far] = _log_far(v[far], dof[far], b)
    near = ~(below > FAR) & ~far
    log_below[near] = _log_near(v[near], dof[near], b)
    # the smaller of the two areas is the one that tells z
    upper = far | (above < 0.5)
    z = -special.ndtri_exp(np.where(upper, log_above, log_below))
    return np.where(upper, z, -z)


def _areas(v: Array, dim: float, dof: Array) -> tuple[Array, Array]:
    """Upper and lower tail area of F, where they are floating-point numbers."""
    above, below = np.empty(v.shape), np.empty(v.shape)
    chi = dof >= NORMAL_DOF
    above[chi] = special.gammaincc(dim / 2, v[chi] / 2)
    below[chi] = special.gammainc(dim / 2, v[chi] / 2)
    bent = ~chi
    with np.errstate(all="ignore"):
        f = _unspread(v[bent], dof[bent]) / dim
        above[bent] = special.fdtrc(dim, dof[bent], f)
        below[bent] = special.fdtr(dim, dof[bent], f)
    return above, below


def _unspread(v: Array, dof: Array) -> Array:
    """Inverse of `spread`; beyond what can be represented, infinite."""
    bent = dof * np.expm1(v / dof)
    return np.where(dof >= NORMAL_DOF, v, bent)


def _log_beta(dof: Array, b: float) -> Array:
    """``log(B(dof/2, b) dof^b)``, which becomes ``log(Gamma(b) 2^b)``."""
    limit = special.gammaln(b) + b * np.log(2)
    with np.errstate(all="ignore"):
        finite = special.betaln(dof / 2, b) + b * np.log(dof)
    return np.where(dof >= NORMAL_DOF, limit, finite)


def _log_growth(y: Array, dof: Array) -> Array:
    """``log(dof (1 - exp(-y / dof)))``, which becomes ``log(y)``."""
    with np.errstate(all="ignore"):
        bent = np.log(dof) + np.log(-np.expm1(-y / dof))
        return np.where(dof >= NORMAL_DOF, np.log(y), bent)


def _log_far(v: Array, dof: Array, b: float) -> Array:
    """Log of the upper tail area, for v large: the integral at the top of this file."""
    inside = (b - 1) * _log_growth(v[:, None] + 2 * NODES, dof[:, None])
    integral = special.logsumexp(inside, axis=1, b=2 * WEIGHTS)
    return integral - v / 2 - _log_beta(dof, b)


def _log_near(v: Array, dof: Array, b: float) -> Array:
    """Log of the lower tail area, for v small: the series of the incomplete beta.

    ``y^b (1-y)^a / (b B) (1 + (a+b)/(b+1) y + (a+b)(a+b+1)/((b+1)(b+2)) y² + ...)``,
    with ``y = 1 - exp(-v/dof)``, ``a = dof/2``.
    """
    with np.errstate(all="ignore"):
        y = np.where(dof >= NORMAL_DOF, v / 2, -np.expm1(-v / dof))
        per_term = np.where(dof >= NORMAL_DOF, 0.0, 1.0)
        start = np.where(dof >= NORMAL_DOF, 1.0, dof / 2 + b)
    term, total = np.ones_like(v), np.ones_like(v)
    for n in range(1000):
        term = term * y * (start + n * per_term) / (b + 1 + n)
        total += term
        if not np.any(term > 1e-16 * total):
            break
    lead = b * _log_growth(v, dof) - v / 2 - np.log(b) - _log_beta(dof, b)
    return lead + np.log(total)


def fit_table(function: Callable[[Array], Array], first: int, last: int) -> Array:
    """Polynomials that stand for `function` between ``2**first`` and ``2**last``.

    Each octave is cut in two halves, each half has one polynomial of degree 10 in a
    variable from -1 to 1, through the Chebyshev points.

    Returns
    -------
    (2 * (last - first), 11) float64
        Coefficients, constant first.

    Examples
    --------
    >>> table = fit_table(np.sqrt, 0, 3)
    >>> table.shape, float(table[0, 0]) ** 2
    ((6, 11), 1.25)
    """
    starts = 2.0 ** np.arange(first, last)
    low = np.column_stack([starts, 1.5 * starts]).ravel()
    width = np.repeat(starts / 2, 2)
    angle = (np.arange(DEGREE + 1) + 0.5) * np.pi / (DEGREE + 1)
    points = low[:, None] + width[:, None] * (1 + np.cos(angle)) / 2
    cosines = np.cos(np.outer(np.arange(DEGREE + 1), angle))
    cosines[0] /= 2
    series = function(points.ravel()).reshape(points.shape) @ cosines.T
    return series @ _powers() * (2 / (DEGREE + 1))


@lru_cache(maxsize=1)
def _powers() -> Array:
    """Row k: the Chebyshev polynomial of degree k by powers of its variable."""
    rows = np.zeros((DEGREE + 1, DEGREE + 1))
    for k, unit in enumerate(np.eye(DEGREE + 1)):
        powers = np.polynomial.chebyshev.cheb2poly(unit)
        rows[k, : len(powers)] = powers
    return rows


def _last_octave(dof: float) -> int:
    """Power of two above any v: the largest double has v = 1420 dof."""
    return min(int(np.ceil(np.log2(1420 * dof + 2))), TOP) if dof < np.inf else TOP


@lru_cache(maxsize=256)
def student_table(dof: float) -> Array:
    """``z / sqrt(v)`` by ``1 + v``, from 1 up, for t with `dof` (0.5 and above)."""

    def ratio(y: Array) -> Array:
        v = y - 1
        return student_z_exact(v, np.full_like(v, dof)) / np.sqrt(v)

    table = fit_table(ratio, 0, _last_octave(dof))
    table.flags.writeable = False
    return table


@lru_cache(maxsize=256)
def f_table(dim: float, dof: float) -> Array:
    """The z of F by v, from ``2**F_FLOOR`` up, for one pair of dof."""
    last = max(_last_octave(dof), 1)
    table = fit_table(lambda v: f_z_exact(v, dim, np.full_like(v, dof)), F_FLOOR, last)
    table.flags.writeable = False
    return table
