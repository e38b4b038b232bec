"""The inverse covariance of autoregressive noise, as a few products at lags.

With ``c = (1, -phi_1, …, -phi_p)`` and ``D_k`` the matrix of ones at distance k,

    V^-1 = sum_k a_k D_k - edges,    a_k = sum_i c_i c_{i+k}

in units of the innovation variance. The edges take back what the sum counts beyond
the ends of the series, p x p pieces of the last rows (and of the first rows too in
the exact stationary precision). So ``A' V^-1 B`` of anything is a sum of products at
lags with a weight per voxel: no pass over time per voxel.

References
----------
Siddiqui, M. M. (1958). On the inversion of the sample covariance matrix in a
stationary autoregressive process. Annals of Mathematical Statistics 29, 585-588.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boldglm.core.lags import DesignLags, LagProducts, design_lags
from boldglm.core.linear import Factor
from boldglm.core.noise import FirstScans

__all__ = ["PrecisionForms", "precision_forms"]

Array = npt.NDArray[np.float64]

# Voxels factorised side by side: their packed triangles fit in the second cache.
LANES = 64


@dataclass(frozen=True)
class PrecisionForms:
    """A design ready for noise of one order: solves per voxel at the cost of sums.

    Attributes
    ----------
    factor : Factor
        In a basis in which ``products[1]`` is diagonal where the order is 1.
    lags : DesignLags
    first_scans : {'conditional', 'exact'}
    """

    factor: Factor
    lags: DesignLags
    first_scans: FirstScans

    @property
    def order(self) -> int:
        """Order of the autoregression."""
        return self.lags.n_lags

    def right_hand_side(self, products: LagProducts, phi: Array) -> Array:
        """``Q' V^-1 Y``, (rank, n_voxels)."""
        weights = lag_weights(phi)
        total = np.einsum("kv,krv->rv", weights, products.with_design)
        if self.order:
            edge = edge_weights(phi)
            total -= self.lags.last.T @ _mix(edge, products.last)
            if self.first_scans == "exact":
                total -= self.lags.first.T @ _mix(edge, products.first)
        return np.asarray(total)

    def square(self, products: LagProducts, phi: Array) -> Array:
        """``y' V^-1 y``, (n_voxels,)."""
        weights = lag_weights(phi)
        weights[1:] *= 2
        total = np.einsum("kv,kv->v", weights, products.with_self)
        if self.order:
            edge = edge_weights(phi)
            total -= np.einsum("jv,jv->v", products.last, _mix(edge, products.last))
            if self.first_scans == "exact":
                seen = products.first
                total -= np.einsum("jv,jv->v", seen, _mix(edge, seen))
        return np.asarray(total)

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
        if self.order == 1:
            diagonal = np.ascontiguousarray(np.diagonal(self.lags.products[1]))
            return np.asarray(
                kernels.solve_ar1(diagonal, self._edge_rows(), phi[0], right)
            )
        out = np.empty_like(right)
        for lanes, triangle in self._factorised(phi):
            part = right[:, lanes].copy()
            kernels.forward(triangle, part)
            kernels.backward(triangle, part)
            out[:, lanes] = part
        return out

    def quadratic(self, phi: Array, contrast: Array) -> Array:
        """``C (Q' V^-1 Q)^-1 C'`` of a contrast all voxels share.

        Parameters
        ----------
        phi : (order, n_voxels)
        contrast : (n_rows, rank)

        Returns
        -------
        (n_voxels, n_rows, n_rows)
        """
        from boldglm.core import precision_kernels as kernels

        n_rows, n_voxels = contrast.shape[0], phi.shape[1]
        if self.order == 0:
            one = contrast @ contrast.T
            return np.broadcast_to(one, (n_voxels, n_rows, n_rows)).copy()
        out = np.empty((n_voxels, n_rows, n_rows))
        if self.order == 1:
            diagonal = np.ascontiguousarray(np.diagonal(self.lags.products[1]))
            kernels.quadratic_ar1(diagonal, self._edge_rows(), phi[0], contrast, out)
            return out
        for lanes, triangle in self._factorised(phi):
            width = triangle.shape[1]
            half = np.empty((n_rows, contrast.shape[1], width))
            half[...] = contrast[:, :, None]
            for row in half:
                kernels.forward(triangle, row)
            out[lanes] = np.einsum("irv,jrv->vij", half, half)
        return out

    def _edge_rows(self) -> Array:
        """Rows of the basis at the edges that count, (1 or 2, rank), for order 1."""
        if self.first_scans == "exact":
            return np.concatenate([self.lags.last, self.lags.first])
        return self.lags.last

    def _factorised(self, phi: Array):  # type: ignore[no-untyped-def]
        """Cholesky factors of ``Q' V^-1 Q``, a few voxels at a time."""
        from boldglm.core import precision_kernels as kernels

        pieces = self._packed_pieces()
        weights = np.concatenate([lag_weights(phi), -_pairs(edge_weights(phi))])
        n_voxels = phi.shape[1]
        for start in range(0, n_voxels, LANES):
            lanes = slice(start, min(start + LANES, n_voxels))
            triangle = pieces @ weights[:, lanes]
            kernels.cholesky(triangle, self.factor.rank)
            yield lanes, triangle

    def _packed_pieces(self) -> Array:
        """Lower triangles of every matrix the precision is a sum of, as columns."""
        rows, columns = np.tril_indices(self.factor.rank)
        matrices = list(self.lags.products)
        edges = [self.lags.last]
        if self.first_scans == "exact":
            edges.append(self.lags.first)
        for i in range(self.order):
            for j in range(i, self.order):
                pair = sum(np.outer(e[i], e[j]) + np.outer(e[j], e[i]) for e in edges)
                matrices.append(pair / 2 if i == j else pair)
        return np.stack([m[rows, columns] for m in matrices], axis=1)


def precision_forms(
    factor: Factor, order: int, first_scans: FirstScans
) -> PrecisionForms:
    """Make a design ready for noise of an order.

    Examples
    --------
    >>> from boldglm.core.linear import factorize
    >>> forms = precision_forms(factorize(np.ones((4, 1))), 1, "conditional")
    >>> forms.quadratic(np.zeros((1, 1)), np.ones((1, 1))).ravel()
    array([1.])
    """
    if order == 1:
        lags = design_lags(factor.basis, 1)
        factor = factor.rotate(np.linalg.eigh(lags.products[1])[1])
    return PrecisionForms(factor, design_lags(factor.basis, order), first_scans)


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
