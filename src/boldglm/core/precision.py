"""The inverse covariance of autoregressive noise, as a few products at lags.

With ``c = (1, -phi_1, …, -phi_p)`` and ``D_k`` the matrix of ones at distance k,

    V^-1 = sum_k a_k D_k - edges,    a_k = sum_i c_i c_{i+k}

in units of the innovation variance. The edges take back what the sum counts beyond
the ends of the series, p x p pieces of the last rows (and of the first rows too in
the exact stationary precision), of every segment of a run. So ``A' V^-1 B`` of anything
is a sum of products at lags with a weight per voxel: no pass over time per voxel.

Scans that were left out have places on the line, and regressors of their own there, the
first columns of the basis Q of `DesignLags`. With them in the fit,
all else comes out as by the covariance of the scans that are there.

References
----------
Siddiqui, M. M. (1958). On the inversion of the sample covariance matrix in a
stationary autoregressive process. Annals of Mathematical Statistics 29, 585-588.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm.core.lags import DesignLags, LagProducts, design_lags
from boldglm.core.linear import Factor
from boldglm.core.noise import FirstScans
from boldglm.core.parallel import one_blas_thread
from boldglm.core.timeline import Timeline

__all__ = ["PrecisionForms", "precision_forms"]

Array = npt.NDArray[np.float64]
Data = npt.NDArray[np.floating]
Voxels = npt.NDArray[np.intp]

# Single precision holds four digits of a contrast's variance up to about this
# condition number (an autoregression with a root beyond 0.97, say, has a larger one).
LARGEST_CONDITION = 3e3
FREQUENCIES = np.linspace(0, np.pi, 65)


@dataclass(frozen=True)
class PrecisionForms:
    """A design ready for noise of one order: solves per voxel at the cost of sums.

    Attributes
    ----------
    factor : Factor
        Of the scans that are there, in a basis in which ``products[1]`` is diagonal
        where the order is 1 and the run is one segment without gaps.
    lags : DesignLags
        Of the whole line.
    first_scans : {'conditional', 'exact'}
    pieces : (rank (rank + 1) / 2, n_pieces)
        Packed lower triangles of the matrices that ``Q' V^-1 Q`` is a sum of, for
        orders above 1, and order 1 of several segments.
    dtype : dtype
        Precision of the factors of orders above 1: that of the data. Contrasts of
        float32 data are good to about 1e-6 of themselves, of float64 data to 1e-13.
    """

    factor: Factor
    lags: DesignLags
    first_scans: FirstScans
    pieces: Array
    dtype: np.dtype[Any]

    @property
    def order(self) -> int:
        """Order of the autoregression."""
        return self.lags.n_lags

    @property
    def rank(self) -> int:
        """Columns of the basis on the whole line."""
        return int(self.lags.basis.shape[1])

    def whole(self, rows: Array) -> Array:
        """Rows over the design, (n_rows, factor.rank), as rows over the whole basis."""
        return np.pad(rows, ((0, 0), (self.lags.n_hidden, 0)))

    def right_hand_side(
        self, products: LagProducts, phi: Array, *, orthogonal: bool = False
    ) -> Array:
        """``Q' V^-1 Y``, (rank, n_voxels); `orthogonal` says that ``Q'Y`` is zero."""
        weights = lag_weights(phi)
        if orthogonal and self.order == 0:
            return np.zeros_like(products.with_design[0])
        first = int(orthogonal)
        total = weights[first] * products.with_design[first]
        for lag in range(first + 1, self.order + 1):
            total += weights[lag] * products.with_design[lag]
        if self.order:
            edge = edge_weights(phi)
            for rows, seen in self._edges(products):
                total -= rows.T @ _mix(edge, seen)
        return np.asarray(total)

    def square(self, products: LagProducts, phi: Array) -> Array:
        """``y' V^-1 y``, (n_voxels,)."""
        weights = lag_weights(phi)
        weights[1:] *= 2
        total = np.einsum("kv,kv->v", weights, products.with_self)
        if self.order:
            edge = edge_weights(phi)
            for _, seen in self._edges(products):
                total -= np.einsum("jv,jv->v", seen, _mix(edge, seen))
        return np.asarray(total)

    def _edges(self, products: LagProducts) -> Iterator[tuple[Array, Array]]:
        """Rows of the basis and of the data at each edge that counts."""
        order = self.order
        for at in range(0, len(self.lags.last), order):
            piece = slice(at, at + order)
            yield self.lags.last[piece], products.last[piece]
            if self.first_scans == "exact":
                yield self.lags.first[piece], products.first[piece]

    @property
    def is_diagonal(self) -> bool:
        """Whether ``Q'V^-1 Q`` is a diagonal less a rank one or two."""
        return _is_diagonal(self.lags)

    def solve(self, phi: Array, right: Array) -> Array:
        """``(Q' V^-1 Q)^-1 right`` with a right-hand side per voxel.

        Parameters
        ----------
        phi : (order, n_voxels)
        right : (rank, n_voxels)

        Returns
        -------
        (rank, n_voxels)
        """
        from boldglm.core import precision_kernels as kernels

        if self.order == 0:
            return right.copy()
        if self.is_diagonal:
            diagonal = np.ascontiguousarray(np.diagonal(self.lags.products[1]))
            return np.asarray(
                kernels.solve_ar1(diagonal, self._edge_rows(), phi[0], right)
            )
        out = np.empty_like(right)
        for voxels, pieces, weights in self._groups(phi):
            part = right[:, voxels].astype(weights.dtype, order="C")  # a copy
            kernels.solve_many(pieces, weights, part)
            out[:, voxels] = part
        return out

    def quadratic(self, phi: Array, contrast: Array) -> Array:
        """``C (Q' V^-1 Q)^-1 C'`` of a contrast all voxels share.

        Parameters
        ----------
        phi : (order, n_voxels)
        contrast : (n_rows, factor.rank)

        Returns
        -------
        (n_rows, n_rows, n_voxels)
        """
        from boldglm.core import precision_kernels as kernels

        contrast = self.whole(contrast)

        n_rows, n_voxels = contrast.shape[0], phi.shape[1]
        out = np.empty((n_rows, n_rows, n_voxels))
        if self.order == 0:
            out[...] = (contrast @ contrast.T)[:, :, None]
        elif self.is_diagonal:
            diagonal = np.ascontiguousarray(np.diagonal(self.lags.products[1]))
            kernels.quadratic_ar1(diagonal, self._edge_rows(), phi[0], contrast, out)
        else:
            for voxels, pieces, weights in self._groups(phi):
                rows = contrast.astype(weights.dtype)
                out[:, :, voxels] = kernels.quadratic_many(pieces, weights, rows)
        return out

    def _edge_rows(self) -> Array:
        """Rows of the basis at the edges that count, (1 or 2, rank), for order 1."""
        if self.first_scans == "exact":
            return np.concatenate([self.lags.last, self.lags.first])
        return self.lags.last

    def _groups(self, phi: Array) -> Iterator[tuple[slice | Voxels, Data, Data]]:
        """Voxels, and the pieces and weights of their ``Q' V^-1 Q`` in one precision.

        That of the data, or double where single does not hold the factor of a voxel
        (noise next to a unit root).
        """
        lag = lag_weights(phi)
        weights = np.concatenate([lag, -_pairs(edge_weights(phi))])
        single = (condition(lag) < LARGEST_CONDITION) & (self.dtype == np.float32)
        for dtype, group in ((np.float32, single), (np.float64, ~single)):
            # Usually all voxels are alike, and a slice spares a copy.
            voxels = slice(None) if group.all() else np.flatnonzero(group)
            if group.any():
                yield (
                    voxels,
                    self.pieces.astype(dtype),
                    np.ascontiguousarray(weights[:, voxels], dtype=dtype),
                )


def precision_forms(
    factor: Factor,
    order: int,
    first_scans: FirstScans,
    dtype: npt.DTypeLike = np.float64,
    starts: npt.ArrayLike | None = None,
    line: Timeline | None = None,
) -> PrecisionForms:
    """Make a design ready for noise of an order.

    Segments of fewer scans than the order are weighed as ``'conditional'`` in any case:
    the stationary precision of so few is not made of products at lags.

    Parameters
    ----------
    factor : Factor
    order : int
    first_scans : {'conditional', 'exact'}
    dtype : dtype
        Precision of the data.
    starts, line : optional
        See `boldglm.core.lags.design_lags`.

    Returns
    -------
    PrecisionForms

    Examples
    --------
    >>> from boldglm.core.linear import factorize
    >>> forms = precision_forms(factorize(np.ones((4, 1))), 1, "conditional")
    >>> forms.quadratic(np.zeros((1, 1)), np.ones((1, 1))).ravel()
    array([1.])
    """
    lags = design_lags(factor.basis, order, starts, line=line)
    if _is_diagonal(lags):
        with one_blas_thread():
            factor = factor.rotate(np.linalg.eigh(lags.products[1])[1])
        lags = design_lags(factor.basis, order, line=lags.line)
    pieces = _packed_pieces(lags, first_scans)
    return PrecisionForms(factor, lags, first_scans, pieces, np.dtype(dtype))


def _is_diagonal(lags: DesignLags) -> bool:
    return lags.n_lags == 1 and lags.starts.size == 1 and not lags.n_hidden


def _packed_pieces(lags: DesignLags, first_scans: FirstScans) -> Array:
    rank, order = lags.basis.shape[1], lags.n_lags
    if order == 0 or _is_diagonal(lags):
        return np.empty((rank * (rank + 1) // 2, 0))
    edges = [lags.last, lags.first] if first_scans == "exact" else [lags.last]
    # (order, n_segments, rank): the i-th rows from the edges of all segments
    sides = [one.reshape(-1, order, rank).transpose(1, 0, 2) for one in edges]
    matrices = list(lags.products)
    for i in range(order):
        for j in range(i, order):
            pair = sum(e[i].T @ e[j] + e[j].T @ e[i] for e in sides)
            matrices.append(pair / 2 if i == j else pair)
    rows, columns = np.tril_indices(rank)
    return np.stack([m[rows, columns] for m in matrices], axis=1)


def lag_weights(phi: Array) -> Array:
    """Weights ``a_k = sum_i c_i c_{i+k}`` of the lags, (order + 1, n_voxels).

    >>> lag_weights(np.array([[0.5]])).ravel()
    array([ 1.25, -0.5 ])
    """
    order, n_voxels = phi.shape
    c = np.concatenate([np.ones((1, n_voxels)), -phi])
    return np.stack(
        [np.einsum("iv,iv->v", c[: order + 1 - k], c[k:]) for k in range(order + 1)]
    )


def condition(weights: Array) -> Array:
    """Condition number of the precision, from its weights at lags; (n_voxels,).

    The eigenvalues of a long Toeplitz matrix fill the range of its spectrum,
    ``a_0 + 2 sum_k a_k cos(k w)`` (Grenander & Szegő 1958).

    >>> condition(lag_weights(np.array([[0.0, 0.9]])))
    array([  1., 361.])
    """
    lags = np.arange(weights.shape[0])
    waves = np.where(lags > 0, 2.0, 1.0) * np.cos(np.outer(FREQUENCIES, lags))
    power = waves @ weights
    # A unit root has a spectrum that reaches 0; any large number says so.
    smallest = np.maximum(power.min(axis=0), 1e-100)
    return np.asarray(power.max(axis=0) / smallest)


def edge_weights(phi: Array) -> Array:
    """Weights of the products of edge rows, (order, order, n_voxels).

    Filtered on beyond the last scan, a series leaves ``-sum_j phi_{m+j} y_{n-j}`` at
    scan n + m; the weights are those of the squares of these remainders.
    """
    order, n_voxels = phi.shape
    filters = np.zeros((order, order, n_voxels))
    for m in range(order):
        filters[m, : order - m] = phi[m:]
    return np.asarray(np.einsum("miv,mjv->ijv", filters, filters))


def _mix(edge: Array, rows: Array) -> Array:
    return np.asarray(np.einsum("ijv,jv->iv", edge, rows))


def _pairs(edge: Array) -> Array:
    """Upper triangle of the edge weights, in the order of the packed pieces."""
    order = edge.shape[0]
    return edge[np.triu_indices(order)]
