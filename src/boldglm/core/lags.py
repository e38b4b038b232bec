"""The sufficient statistics of a run: products at lags, and the edge rows.

A run is one segment of scans that follow each other, or several that know nothing of
each other. Scans that were left out have a place in their segment, see
`boldglm.core.timeline`.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError
from boldglm.core.timeline import (
    Timeline,
    checked_starts,
    n_pairs,
    segment_lengths,
    segments,
)

__all__ = [
    "DesignLags",
    "LagProducts",
    "design_lags",
    "edge_rows",
    "lag_products",
    "less_fit",
    "shift_rows",
]

Array = npt.NDArray[np.float64]
Data = npt.NDArray[np.floating]
Starts = npt.NDArray[np.intp]
Rows = TypeVar("Rows", Array, Data)


@dataclass(frozen=True)
class DesignLags:
    """The products of a basis with itself, at lags 0…K.

    With ``D_0 = I`` and ``(D_k)_ts = 1 where |t - s| = k`` and t and s are places of
    one segment::

        products[k] = Q' D_k Q

    Attributes
    ----------
    basis : (length, rank)
        First columns that are 1 at a place without a scan, then the design, which is 0
        there.
    shifted : (K + 1, length, rank)
        ``D_k Q``, what the data are multiplied with.
    products : (K + 1, rank, rank)
    first, last : (n_segments * K, rank)
        The first and the last K rows of every segment, see `edge_rows`.
    line : Timeline
    """

    basis: Array
    shifted: Array
    products: Array
    first: Array
    last: Array
    line: Timeline

    @property
    def starts(self) -> Starts:
        """Places at which segments begin, (n_segments,); the first is 0."""
        return self.line.starts

    @property
    def lengths(self) -> Starts:
        """Places of each segment, (n_segments,)."""
        return segment_lengths(self.starts, self.line.length)

    @property
    def n_hidden(self) -> int:
        """Places without a scan."""
        return self.line.length - self.line.n_scans

    @property
    def seen(self) -> Array:
        """1 where there is a scan, 0 where there is none, (length, 1)."""
        return self.line.spread(np.ones((self.line.n_scans, 1)))

    @property
    def pairs(self) -> Array:
        """How many pairs of scans there are at each lag, (K + 1,)."""
        if not self.n_hidden:
            return n_pairs(self.lengths, self.n_lags)
        seen = self.seen
        moved = [shift_rows(seen, k, self.starts) for k in range(self.n_lags + 1)]
        both = np.array([float(np.vdot(seen, one)) for one in moved])
        return np.where(np.arange(both.size) > 0, both / 2, both)

    @property
    def n_lags(self) -> int:
        """Largest lag K."""
        return int(self.products.shape[0]) - 1


@dataclass(frozen=True)
class LagProducts:
    """All that the noise models and the fit need to know of the data.

    Attributes
    ----------
    n_scans : int
        That are there.
    with_design : (K + 1, rank, n_voxels)
        ``Q' D_k Y``, of data that are 0 where there is no scan.
    with_self : (K + 1, n_voxels)
        ``sum_t y_t y_{t+k}``.
    first, last : (n_segments * K, n_voxels)
        The first and the last K rows of every segment, see `edge_rows`.
    """

    n_scans: int
    with_design: Array
    with_self: Array
    first: Array
    last: Array

    @property
    def n_lags(self) -> int:
        """Largest lag K."""
        return int(self.with_self.shape[0]) - 1

    def select(self, voxels: Any) -> "LagProducts":
        """Products of some of the voxels, by index, slice or boolean mask."""
        return LagProducts(
            self.n_scans, *(values[..., voxels] for values in self._arrays())
        )

    def without(self, voxels: npt.NDArray[np.bool_]) -> "LagProducts":
        """Products with those of some voxels set to zero, a copy."""
        return LagProducts(
            self.n_scans, *(np.where(voxels, 0.0, values) for values in self._arrays())
        )

    def _arrays(self) -> tuple[Array, Array, Array, Array]:
        return self.with_design, self.with_self, self.first, self.last


def shift_rows(basis: Rows, lag: int, starts: Starts) -> Rows:
    """Multiply by ``D_lag``: the row before and the row after, `lag` scans away.

    Parameters
    ----------
    basis : (n_scans, rank)
    lag : int
    starts : (n_segments,) int
        No row is taken from another segment.

    Examples
    --------
    >>> rows = np.array([[1.0], [2.0], [4.0], [8.0]])
    >>> shift_rows(rows, 1, np.array([0])).ravel()
    array([ 2.,  5., 10.,  4.])
    >>> shift_rows(rows, 1, np.array([0, 2])).ravel()
    array([2., 1., 8., 4.])
    """
    if lag == 0:
        return basis
    moved = np.zeros_like(basis)
    for segment in segments(starts, basis.shape[0]):
        part, source = moved[segment], basis[segment]
        part[lag:] += source[:-lag]
        part[:-lag] += source[lag:]
    return moved


def edge_rows(
    rows: npt.NDArray[np.floating], n_lags: int, starts: Starts
) -> tuple[Array, Array]:
    """The first and the last rows of every segment, from the edges inwards.

    Of a segment with fewer rows than lags those that it lacks are 0, and all its first
    rows: it is weighed without the stationary likelihood, see `core.precision`.

    Parameters
    ----------
    rows : (n_scans, n)
    n_lags : int
    starts : (n_segments,) int

    Returns
    -------
    first, last : (n_segments * n_lags, n) float64
    """
    first, last = np.zeros((2, starts.size, n_lags, rows.shape[1]))
    for at, segment in enumerate(segments(starts, rows.shape[0])):
        part = rows[segment]
        n = min(n_lags, len(part))
        last[at, :n] = part[::-1][:n]
        if n == n_lags:
            first[at] = part[:n]
    shape = (starts.size * n_lags, rows.shape[1])
    return first.reshape(shape), last.reshape(shape)


def design_lags(
    basis: Array,
    n_lags: int,
    starts: npt.ArrayLike | None = None,
    *,
    line: Timeline | None = None,
) -> DesignLags:
    """Products of a design's basis with itself at lags 0…`n_lags`.

    Parameters
    ----------
    basis : (n_scans, rank)
    n_lags : int
    starts : (n_segments,) int, optional
        Scans at which segments begin, ascending from 0. Default: one segment.
    line : Timeline, optional
        In place of `starts`: where the scans lie.

    Raises
    ------
    ShapeError
        If there are not more pairs of scans at the largest lag than lags.
    ValueError
        If `starts` are no scans, ascending from 0.

    Examples
    --------
    >>> design_lags(np.full((4, 1), 0.5), 1).products.ravel()
    array([1. , 1.5])
    """
    if line is None:
        n_scans = basis.shape[0]
        line = Timeline(n_scans, np.arange(n_scans), checked_starts(starts, n_scans))
    if n_lags and line.n_scans <= 2 * n_lags:
        _refuse_short(n_lags, line.n_scans)
    unit = np.zeros((line.length, line.hidden.size))
    unit[line.hidden, np.arange(line.hidden.size)] = 1.0
    basis = np.hstack([unit, line.spread(basis)]) if unit.size else basis
    shifted = np.stack(
        [shift_rows(basis, lag, line.starts) for lag in range(n_lags + 1)]
    )
    first, last = edge_rows(basis, n_lags, line.starts)
    products = np.einsum("tr,kts->krs", basis, shifted, optimize=True)
    lags = DesignLags(basis, shifted, products, first, last, line)
    if n_lags and lags.pairs.min() <= n_lags:
        _refuse_gaps(lags)
    return lags


def _refuse_short(n_lags: int, n_scans: int) -> None:
    msg = (
        f"a noise model of order {n_lags} needs more than {2 * n_lags} scans; the "
        f"design has {n_scans}"
    )
    raise ShapeError(msg)


def _refuse_gaps(lags: DesignLags) -> None:
    at, line = int(np.argmin(lags.pairs)), lags.line
    msg = (
        f"a noise model of order {lags.n_lags} needs scans that are near each other; "
        f"of the {line.n_scans} scans that are left, in {line.stretches.size} pieces, "
        f"{lags.pairs[at]:.0f} pairs are {at} scans apart. Choose a smaller order "
        "or 'ols', or leave out fewer scans"
    )
    raise ShapeError(msg)


def lag_products(
    design: DesignLags, data: Data, *, orthogonal: bool = False
) -> LagProducts:
    """Products of data with a design and with themselves, at every lag of the design.

    The products with the design are taken in the precision of the data, those of
    the data with themselves in float64: subtract what is known (a mean, a pilot
    fit) before, so that float32 data lose nothing.

    Parameters
    ----------
    design : DesignLags
    data : (length, n_voxels) float32 or float64
        C-contiguous for speed; 0 where there is no scan.
    orthogonal : bool
        The data are known to be orthogonal to the basis (residuals of least
        squares), so the product at lag 0 is zero and need not be taken.

    Returns
    -------
    LagProducts

    Examples
    --------
    >>> design = design_lags(np.full((4, 1), 0.5), 1)
    >>> products = lag_products(design, np.array([[1.0], [2.0], [3.0], [4.0]]))
    >>> products.with_self.ravel()
    array([30., 20.])
    >>> products.with_design.ravel()
    array([5. , 7.5])
    """
    from boldglm.core.lags_kernels import lag_squares

    length, n_voxels = data.shape
    n_lags, rank, n_hidden = design.n_lags, design.basis.shape[1], design.n_hidden
    with_design = np.zeros((n_lags + 1, rank, n_voxels))
    for lag in range(int(orthogonal), n_lags + 1):
        shifted = design.shifted[lag, :, n_hidden:].astype(data.dtype)
        with_design[lag, n_hidden:] = shifted.T @ data
        if n_hidden:
            moved = shift_rows(data, lag, design.starts)
            with_design[lag, :n_hidden] = moved[design.line.hidden]
    with_self = np.zeros((n_lags + 1, n_voxels))
    for segment in segments(design.starts, length):
        with_self += lag_squares(data[segment], n_lags)
    first, last = edge_rows(data, n_lags, design.starts)
    n_scans = design.line.n_scans
    return LagProducts(n_scans, with_design, with_self, first, last)


def less_fit(design: DesignLags, products: LagProducts) -> LagProducts:
    """Products at lags of the residuals of least squares, from those of the data alone.

    For ``e = y - Q theta``, ``theta = Q'y``::

        Q'D_k e = Q'D_k y - Q'D_k Q theta
        sum_t e_t e_{t+k} = sum_t y_t y_{t+k} - theta'Q'D_k y + theta'Q'D_k Q theta / 2

    and at lag 0, ``Q'e = 0`` and ``e'e = y'y - theta'theta``.

    Parameters
    ----------
    design : DesignLags
    products : LagProducts
        Of the data, in float64.

    Returns
    -------
    LagProducts
        Of the residuals.

    Examples
    --------
    >>> design = design_lags(np.full((4, 1), 0.5), 1)
    >>> products = lag_products(design, np.array([[1.0], [2.0], [3.0], [4.0]]))
    >>> less_fit(design, products).with_self.ravel()
    array([5.  , 1.25])
    """
    theta = products.with_design[0]
    with_design = np.zeros(products.with_design.shape)
    with_self = products.with_self.copy()
    with_self[0] -= np.einsum("rv,rv->v", theta, theta)
    with_self[0] = np.maximum(with_self[0], 0.0)
    for lag in range(1, products.n_lags + 1):
        explained = design.products[lag] @ theta
        with_design[lag] = products.with_design[lag] - explained
        explained *= 0.5
        explained -= products.with_design[lag]
        with_self[lag] += np.einsum("rv,rv->v", theta, explained)
    return LagProducts(
        n_scans=products.n_scans,
        with_design=with_design,
        with_self=with_self,
        first=products.first - design.first @ theta,
        last=products.last - design.last @ theta,
    )
