"""From t and F to z and p, at any height.

A z value stands for a tail area: ``1 - Phi(z) = P(T > t)``. Areas are carried as
logarithms, so that z never stops growing with t: where the area has no
floating-point number (below 1e-308, z above 37.5), z and log p go on.

For one number of degrees of freedom, z is read off a table made once by
`boldglm.core.tails_exact` and kept (a millisecond); where `dof` is an array, each value
is worked out.
"""

import numpy as np
import numpy.typing as npt
from scipy import special

from boldglm.core.parallel import blocks, map_blocks
from boldglm.core.tails_exact import (
    F_FLOOR,
    f_table,
    f_z_exact,
    spread,
    student_table,
    student_z_exact,
)

__all__ = [
    "f_log_sf",
    "f_to_p",
    "f_to_z",
    "log_p_to_z",
    "t_log_sf",
    "t_to_p",
    "t_to_z",
    "z_to_log_p",
    "z_to_p",
]

# Values per thread at a time: a millisecond's work.
BLOCK = 2**15

Array = npt.NDArray[np.float64]

# from here on, t is z to every digit
INFINITE_DOF = 1e16
# below this the distribution is too wide for the table
TABLE_DOF = 0.5
TINY = float(np.finfo(np.float64).tiny)
HUGE = float(np.finfo(np.float64).max)


def t_to_z(t: npt.ArrayLike, dof: npt.ArrayLike) -> Array:
    """The z with the tail area of a t value, of its sign.

    Parameters
    ----------
    t : (...) float
        Infinite values and NaN come out as they are.
    dof : float or (...) float
        Degrees of freedom, above 0; 1e16 or more, or infinity, means normal. A single
        number is fast; an array is broadcast with `t`.

    Returns
    -------
    (...) float64
        Odd and increasing in `t`; relative error below 1e-11.

    Raises
    ------
    ValueError
        If a `dof` is not above 0.

    Examples
    --------
    >>> t_to_z([0.0, 2.0, 100.0, -100.0], 1000)
    array([  0.    ,   1.9975,  48.9584, -48.9584])
    >>> t_to_z(100.0, np.inf)
    array(100.)
    """
    values = np.asarray(t, dtype=np.float64)
    each_dof = _positive(dof, "dof")
    if each_dof.ndim == 0 and each_dof >= TABLE_DOF:
        return _t_to_z_table(values, float(each_dof))
    return _t_to_z_each(values, each_dof)


def _t_to_z_table(t: Array, dof: float) -> Array:
    """`t_to_z` for one `dof`."""
    if dof >= INFINITE_DOF:
        return t.copy()
    from boldglm.core.tails_kernels import student_z

    flat, out, table = np.ravel(t), np.empty(t.size), student_table(dof)
    map_blocks(
        lambda part: student_z(flat[part], 1 / dof, table, out[part]),
        blocks(t.size, BLOCK),
    )
    return out.reshape(t.shape)


def _t_to_z_each(t: Array, dof: Array) -> Array:
    """`t_to_z`, value by value."""
    values, each_dof = _flat(t, dof)
    size = np.abs(values)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        high = each_dof * (2 * np.log(size) - np.log(each_dof))
        v = np.where(size > 1e100, high, spread(np.square(size), each_dof))
    z = np.copysign(student_z_exact(v, each_dof), values)
    as_is = np.isinf(each_dof) | ~np.isfinite(values)
    return np.where(as_is, values, z).reshape(np.broadcast_shapes(t.shape, dof.shape))


def f_to_z(f: npt.ArrayLike, dim: float, dof: npt.ArrayLike) -> Array:
    """The z with the upper tail area of an F value: negative where that is above 1/2.

    Parameters
    ----------
    f : (...) float
        F = 0 (and whatever rounding left below) has no finite z: it is given that of
        the smallest positive F, 2.2e-308. Infinity and NaN come out as they are.
    dim : float
        Degrees of freedom of the numerator, above 0: the rank of the contrast.
    dof : float or (...) float
        Of the denominator, above 0; 1e16 or more, or infinity, means that
        ``dim F`` is chi-squared. An array is broadcast with `f`.

    Returns
    -------
    (...) float64
        Increasing in `f`; error below 1e-10 of its size or absolutely.

    Raises
    ------
    ValueError
        If `dim` or a `dof` is not above 0.

    Examples
    --------
    >>> f_to_z([0.5, 4.0, 1e4], dim=2, dof=100)
    array([-0.2742,  2.0272, 22.8524])
    """
    values = np.asarray(f, dtype=np.float64)
    each_dof = _positive(dof, "dof")
    d = float(_positive(dim, "dim"))
    if each_dof.ndim == 0 and each_dof >= TABLE_DOF and d >= TABLE_DOF:
        return _f_to_z_table(values, d, float(each_dof))
    return _f_to_z_each(values, d, each_dof)


def _f_to_z_table(f: Array, dim: float, dof: float) -> Array:
    """`f_to_z` for one `dof`."""
    from boldglm.core.tails_kernels import f_z

    inverse = 0.0 if dof >= INFINITE_DOF else 1 / dof
    flat, out, table = np.ravel(f), np.empty(f.size), f_table(dim, dof)
    map_blocks(
        lambda part: f_z(flat[part], dim, inverse, F_FLOOR, table, out[part]),
        blocks(f.size, BLOCK),
    )
    below = flat < 2.0 ** (F_FLOOR + 1) / dim
    if below.any():
        out[below] = _f_to_z_each(flat[below], dim, np.array(dof))
    return out.reshape(f.shape)


def _f_to_z_each(f: Array, dim: float, dof: Array) -> Array:
    """`f_to_z`, value by value."""
    values, each_dof = _flat(f, dof)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.clip(dim * np.maximum(values, TINY), None, HUGE)
    z = f_z_exact(spread(scaled, each_dof), dim, each_dof)
    z = np.where(np.isposinf(values), np.inf, z)
    return z.reshape(np.broadcast_shapes(f.shape, dof.shape))


def _flat(statistic: Array, dof: Array) -> tuple[Array, Array]:
    """Both broadcast, as (n,) arrays, with dof beyond telling made infinite."""
    values, each_dof = np.broadcast_arrays(statistic, dof)
    each_dof = np.where(each_dof >= INFINITE_DOF, np.inf, each_dof)
    return np.ravel(values), np.ravel(each_dof)


def t_log_sf(t: npt.ArrayLike, dof: npt.ArrayLike) -> Array:
    """``log P(T > t)``, natural logarithm; see `t_to_z` for the arguments.

    Examples
    --------
    >>> t_log_sf(1000.0, 200) / np.log(10)
    np.float64(-371.4558)
    """
    return z_to_log_p(t_to_z(t, dof))


def f_log_sf(f: npt.ArrayLike, dim: float, dof: npt.ArrayLike) -> Array:
    """``log P(F > f)``, natural logarithm; see `f_to_z` for the arguments.

    Examples
    --------
    With 2 degrees of freedom above, ``P = (1 + 2 f / dof) ** (-dof / 2)``:

    >>> f_log_sf(50.0, 2, 100)
    array(-34.657359)
    """
    return z_to_log_p(f_to_z(f, dim, dof))


def t_to_p(t: npt.ArrayLike, dof: npt.ArrayLike) -> Array:
    """``P(T > t)``: one-sided; see `t_to_z` for the arguments.

    Examples
    --------
    >>> t_to_p([0.0, 1.0], 1)
    array([0.5 , 0.25])
    """
    return z_to_p(t_to_z(t, dof))


def f_to_p(f: npt.ArrayLike, dim: float, dof: npt.ArrayLike) -> Array:
    """``P(F > f)``; see `f_to_z` for the arguments.

    Examples
    --------
    >>> f_to_p(6.0, 2, 4)
    array(0.0625)
    """
    return z_to_p(f_to_z(f, dim, dof))


def z_to_p(z: npt.ArrayLike) -> Array:
    """``1 - Phi(z)``: one-sided; 0 where it has no floating-point number.

    Examples
    --------
    >>> z_to_p([0.0, 1.959964])
    array([0.5  , 0.025])
    """
    return np.asarray(special.ndtr(-np.asarray(z, dtype=np.float64)))


def z_to_log_p(z: npt.ArrayLike) -> Array:
    """``log(1 - Phi(z))``, natural logarithm.

    Examples
    --------
    >>> z_to_log_p([0.0, 100.0])
    array([-6.93e-01, -5.01e+03])
    """
    return np.asarray(special.log_ndtr(-np.asarray(z, dtype=np.float64)))


def log_p_to_z(log_p: npt.ArrayLike) -> Array:
    """The z of which the upper tail area has natural logarithm `log_p`.

    Raises
    ------
    ValueError
        If a `log_p` is above 0.

    Examples
    --------
    >>> log_p_to_z([-5005.524209, -3.688879])
    array([100.  ,   1.96])
    """
    values = np.asarray(log_p, dtype=np.float64)
    if np.any(values > 0):
        msg = (
            f"log_p goes up to {np.nanmax(values):g}; expected logarithms of "
            "probabilities, 0 or below. Pass np.log(p), not p or -log10(p)."
        )
        raise ValueError(msg)
    return np.asarray(-special.ndtri_exp(values))


def _positive(dof: npt.ArrayLike, name: str) -> Array:
    """Degrees of freedom as an array, or a message."""
    values = np.asarray(dof, dtype=np.float64)
    if not np.all(values > 0):
        worst = np.asarray(values)[~(values > 0)].flat[0]
        msg = f"{name} is {worst:g}; expected degrees of freedom above 0."
        raise ValueError(msg)
    return values
