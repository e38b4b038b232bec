"""Loops behind `boldglm.core.tails`: one polynomial per value."""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["f_z", "student_z"]

Array = npt.NDArray[np.float64]

BIGGEST = float(np.finfo(np.float64).max)


@njit(nogil=True, cache=True)
def piecewise(y: float, first: int, table: Array) -> float:
    """Value at `y` of the polynomials of `tails_exact.fit_table`."""
    mantissa, exponent = math.frexp(y)
    half = int(4.0 * mantissa) - 2
    row = max(2 * (exponent - 1 - first) + half, 0)
    u = 8.0 * mantissa - 5.0 - 2.0 * half
    value = table[row, -1]
    for k in range(table.shape[1] - 2, -1, -1):
        value = value * u + table[row, k]
    return value


@njit(nogil=True, cache=True)
def student_z(t: Array, inverse_dof: float, table: Array, out: Array) -> None:
    """The z of each t, both (n,); `table` holds z / sqrt(v) over 1 + v."""
    top = 2.0 ** (table.shape[0] // 2)
    for i in range(t.size):
        size = abs(t[i])
        if not size < math.inf:
            out[i] = t[i]
            continue
        if size > 1e100:
            v = (2.0 * math.log(size) + math.log(inverse_dof)) / inverse_dof
        else:
            v = math.log1p(size * size * inverse_dof) / inverse_dof
        z = math.sqrt(v)
        if 1.0 + v < top:
            z *= piecewise(1.0 + v, 0, table)
        out[i] = math.copysign(z, t[i])


@njit(nogil=True, cache=True)
def f_z(
    f: Array, dim: float, inverse_dof: float, first: int, table: Array, out: Array
) -> None:
    """The z of each F, both (n,); `table` holds z over v, from ``2**first`` up."""
    top = 2.0 ** (first + table.shape[0] // 2)
    for i in range(f.size):
        if not f[i] < math.inf:
            out[i] = f[i]
            continue
        v = min(dim * f[i], BIGGEST)
        if inverse_dof > 0.0 and v > 1e300:
            v = (math.log(v) + math.log(inverse_dof)) / inverse_dof
        elif inverse_dof > 0.0:
            v = math.log1p(v * inverse_dof) / inverse_dof
        out[i] = piecewise(v, first, table) if v < top else math.sqrt(v)
