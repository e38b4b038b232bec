"""The sufficient statistics of a run: products at lags, and the edge rows.

A run is one segment of scans that follow each other, or several where scans were left
out: no product reaches over a gap.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError

__all__ = [
    "DesignLags",
    "LagProducts",
    "checked_starts",
    "design_lags",
    "edge_rows",
    "lag_products",
    "less_fit",
    "n_pairs",
    "segment_lengths",
    "segments",
    "shift_rows",
]

Array = npt.NDArray[np.float64]
Data = npt.NDArray[np.floating]
Starts = npt.NDArray[np.intp]


@dataclass(frozen=True)
class DesignLags:
    """The products of a basis with itself, at lags 0…K.

    With ``D_0 = I`` and ``(D_k)_ts = 1 where |t - s| = k`` and t and s are scans of one
    segment::

        products[k] = Q' D_k Q

    Attributes
    ----------
    basis : (n_scans, rank)
    shifted : (K + 1, n_scans, rank)
        ``D_k Q``, what the data are multiplied with.
    products : (K + 1, rank, rank)
    first, last : (n_segments * K, rank)
        The first and the last K rows of every segment, see `edge_rows`.
    starts : (n_segments,) int
        Scans at which segments begin; the first is 0.
    """

    basis: Array
    shifted: Array
    products: Array
    first: Array
    last: Array
    starts: Starts

    @property
    def lengths(self) -> Starts:
        """Scans of each segment, (n_segments,)."""
        return segment_lengths(self.starts, self.basis.shape[0])

    @property
    def pairs(self) -> Array:
        """How many pairs of scans there are at each lag, (K + 1,)."""
        return n_pairs(self.lengths, self.n_lags)

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
    with_design : (K + 1, rank, n_voxels)
        ``Q' D_k Y``.
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


def shift_rows(basis: Array, lag: int, starts: Starts) -> Array:
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


def segments(starts: Starts, n_scans: int) -> list[slice]:
    """The segments of a run.

    >>> segments(np.array([0, 3]), 5)
    [slice(0, 3, None), slice(3, 5, None)]
    """
    ends = [*starts[1:].tolist(), n_scans]
    return [slice(a, b) for a, b in zip(starts.tolist(), ends, strict=True)]


def segment_lengths(starts: Starts, n_scans: int) -> Starts:
    """Scans of each segment, (n_segments,)."""
    return np.diff(starts, append=n_scans)


def n_pairs(lengths: Starts, n_lags: int) -> Array:
    """Pairs of scans at lags 0…`n_lags`, all segments together."""
    lags = np.arange(n_lags + 1)[:, np.newaxis]
    return np.asarray(np.maximum(lengths - lags, 0).sum(axis=1), dtype=np.float64)


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
    basis: Array, n_lags: int, starts: npt.ArrayLike | None = None
) -> DesignLags:
    """Products of a design's basis with itself at lags 0…`n_lags`.

    Parameters
    ----------
    basis : (n_scans, rank)
    n_lags : int
    starts : (n_segments,) int, optional
        Scans at which segments begin, ascending from 0. Default: one segment.

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
    begins = checked_starts(starts, basis.shape[0])
    lengths = segment_lengths(begins, basis.shape[0])
    # An order that no memory holds is refused before pairs are counted
    too_long = 2 * n_lags >= basis.shape[0]
    if n_lags and (too_long or n_pairs(lengths, n_lags)[-1] <= n_lags):
        _refuse(n_lags, lengths)
    shifted = np.stack([shift_rows(basis, lag, begins) for lag in range(n_lags + 1)])
    first, last = edge_rows(basis, n_lags, begins)
    return DesignLags(
        basis=basis,
        shifted=shifted,
        products=np.einsum("tr,kts->krs", basis, shifted, optimize=True),
        first=first,
        last=last,
        starts=begins,
    )


def checked_starts(starts: npt.ArrayLike | None, n_scans: int) -> Starts:
    """Where segments of consecutive scans begin; None: there is one.

    Raises
    ------
    ValueError
        If they are no scans, ascending from 0.
    """
    begins = np.array([0] if starts is None else starts)
    whole = begins.ndim == 1 and begins.size > 0 and begins.dtype.kind in "iu"
    if not whole or begins[0] != 0 or (np.diff(begins, append=n_scans) < 1).any():
        msg = (
            f"starts are {begins.tolist()}; expected the scans, ascending from 0 and "
            f"below {n_scans}, at which segments begin"
        )
        raise ValueError(msg)
    return begins.astype(np.intp)


def _refuse(n_lags: int, lengths: Starts) -> None:
    if lengths.size == 1:
        msg = (
            f"a noise model of order {n_lags} needs more than {2 * n_lags} scans; "
            f"the design has {lengths[0]}"
        )
    else:
        msg = (
            f"a noise model of order {n_lags} needs scans that follow each other; the "
            f"{lengths.sum()} scans that are left are in {lengths.size} pieces of "
            f"{lengths.max()} scans at most. Choose a smaller order or 'ols', or keep "
            "the scans and give each spoilt one a column of the design"
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
    data : (n_scans, n_voxels) float32 or float64
        C-contiguous for speed.
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

    n_scans, n_voxels = data.shape
    n_lags, rank = design.n_lags, design.basis.shape[1]
    with_design = np.zeros((n_lags + 1, rank, n_voxels))
    for lag in range(int(orthogonal), n_lags + 1):
        with_design[lag] = design.shifted[lag].astype(data.dtype).T @ data
    with_self = np.zeros((n_lags + 1, n_voxels))
    for segment in segments(design.starts, n_scans):
        with_self += lag_squares(data[segment], n_lags)
    first, last = edge_rows(data, n_lags, design.starts)
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
