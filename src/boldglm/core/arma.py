"""ARMA(1, 1) noise of every voxel, by restricted maximum likelihood."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boldglm.core.lags import LagProducts
from boldglm.core.likelihood import log_determinant, log_determinant_of_precision
from boldglm.core.noise import yule_walker
from boldglm.core.noise_bias import bias_correction
from boldglm.core.parallel import one_blas_thread
from boldglm.core.precision import PrecisionForms, edge_weights, lag_weights

__all__ = ["ArmaSearch", "arma_correlations", "arma_search"]

Array = npt.NDArray[np.float64]

# The grid that is searched, in atanh of the coefficients: fine where it matters, next
# to 1, and about a third of a standard error of 300 scans wide.
A_ENDS, B_ENDS, STEP = (-0.7, 0.98), (-0.95, 0.7), 0.1
# Nodes among which the search of a voxel begins: every second in both directions.
COARSE = 2
SIDES = (-0.4,)


def arma_correlations(a: npt.ArrayLike, b: npt.ArrayLike, n_lags: int) -> Array:
    """Autocorrelations of ``e_t = a e_{t-1} + w_t + b w_{t-1}``.

    ::

        r_k = a^(k-1) (a + b) (1 + a b) / (1 + 2 a b + b^2),   k = 1, 2, …

    Parameters
    ----------
    a, b : (n,)
        Between -1 and 1.
    n_lags : int

    Returns
    -------
    (n_lags + 1, n)

    References
    ----------
    Box, G. E. P., Jenkins, G. M. & Reinsel, G. C. (1994). *Time Series Analysis*, §3.4.

    Examples
    --------
    >>> arma_correlations([0.5], [0.0], 2).ravel()
    array([1.  , 0.5 , 0.25])
    """
    a, b = np.atleast_1d(a).astype(np.float64), np.atleast_1d(b).astype(np.float64)
    first = (a + b) * (1 + a * b) / (1 + 2 * a * b + b * b)
    powers = a ** np.arange(n_lags)[:, None]
    return np.concatenate([np.ones((1, a.size)), first * powers])


@dataclass(frozen=True)
class ArmaSearch:
    """A grid of ARMA(1, 1) models, ready for a design.

    The restricted likelihood of a voxel needs of every model the weights of its
    products at lags and the inverse of ``Q'V^-1 Q``, which voxels share::

        -2 l(a, b) = log|V| + log|Q'V^-1 Q| + (n - r) log(e'V^-1 e - u'(Q'V^-1 Q)^-1 u)

    with ``u = Q'V^-1 e``. V is that of the autoregression with the autocorrelations of
    the ARMA at lags 0…p; beyond, they fall faster where the ARMA remembers for long.
    What is found is the likeliest of these autoregressions, not of the ARMA(1, 1): of
    150 scans, ``-2 l`` of the ARMA itself is above its least by 0.02 in the median
    voxel where the noise is forgotten in a few scans, and by 0.2 to 0.5, in single
    voxels by 4, where a is above 0.9. Likelihoods and information criteria of a fit are
    those of the autoregression that whitens.

    Attributes
    ----------
    forms : PrecisionForms
    a, b : (n_a,), (n_b,)
        The grid.
    weights : (n_a * n_b, p + 1)
        Of products at lags.
    edges : (n_a * n_b, p, p)
        Of products of rows at the edges.
    inverses : (n_a * n_b, wide, wide) float32
        ``(Q'V^-1 Q)^-1``, the lower half with the diagonal halved, filled up with
        zeros (`boldglm.core.arma_kernels.LANES`).
    constants : (n_a * n_b,)
        ``log|V| + log|Q'V^-1 Q|``.
    log_volume : (n_a * n_b,)
        ``log|V|``.
    near : (p + 1, p + 1)
        Corrects autocovariances for the design, roughly.

    References
    ----------
    Patterson, H. D. & Thompson, R. (1971). Recovery of inter-block information when
    block sizes are unequal. Biometrika 58, 545-554.
    """

    forms: PrecisionForms
    a: Array
    b: Array
    weights: Array
    edges: Array
    inverses: Array
    constants: Array
    log_volume: Array
    near: Array

    def estimate(
        self, products: LagProducts
    ) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
        """The ARMA(1, 1) of every voxel.

        Parameters
        ----------
        products : LagProducts
            Of residuals of least squares.

        Returns
        -------
        ab : (2, n_voxels)
            Coefficients a and b; 0 where the residuals are.
        phi : (p, n_voxels)
            Of the autoregression with the same autocorrelations.
        held : (n_voxels,) bool
            Where the search ended at an end of the grid.
        """
        from boldglm.core.arma_kernels import search

        usable = products.with_self[0] > 0
        ab = np.zeros((2, usable.size))
        phi = np.zeros((self.forms.order, usable.size))
        held = np.zeros(usable.size, dtype=bool)
        if usable.any():
            some = products if usable.all() else products.select(usable)
            order, lags = self.forms.order, self.forms.lags
            rank = self.forms.rank
            seen, rows = [some.last], [lags.last]
            if self.forms.first_scans == "exact":
                seen, rows = [*seen, some.first], [*rows, lags.first]
            n_voxels = some.with_self.shape[1]
            edges = np.concatenate([one.reshape(-1, order, n_voxels) for one in seen])
            found = np.empty((2, n_voxels))
            length = np.sqrt(some.with_self[0])
            search(
                (self.weights, self.edges, self.inverses, self.constants, self._dof),
                _filled((some.with_design / length).transpose(2, 0, 1)),
                np.ascontiguousarray((some.with_self / length**2).T),
                np.ascontiguousarray((edges / length).transpose(2, 0, 1)),
                _filled(np.concatenate([one.reshape(-1, order, rank) for one in rows])),
                (self.a.size, self.b.size),
                self._starts(some.with_self),
                found,
            )
            ab[:, usable] = self._off_the_grid(found)
            r = arma_correlations(ab[0, usable], ab[1, usable], order)
            phi[:, usable] = yule_walker(r)[0]
            ends = np.array([[self.a.size - 1.0], [self.b.size - 1.0]])
            held[usable] = ((found <= 0) | (found >= ends)).any(axis=0)
        return ab, phi, held

    @property
    def _dof(self) -> float:
        return float(self.forms.factor.dof)

    def _starts(self, sums: Array) -> npt.NDArray[np.int64]:
        """Nodes near the best of every voxel, by a likelihood without the design.

        One for each side of `SIDES`: noise that forgets soon and noise that hides slow
        changes below much that is white may be about as likely.
        """
        from boldglm.core.arma_kernels import best_start

        corrected = np.ascontiguousarray(self.near @ (sums / sums[0]))
        n_scans = self.forms.lags.line.n_scans
        i, j = np.meshgrid(
            np.arange(0, self.a.size, COARSE),
            np.arange(0, self.b.size, COARSE),
            indexing="ij",
        )
        nodes = (i * self.b.size + j).ravel()
        side = np.digitize(self.b[j.ravel()], SIDES)
        found = np.zeros((len(SIDES) + 1, sums.shape[1]), np.int64)
        for one, out in enumerate(found):
            some = nodes[side == one]
            weights = self.weights[some].copy()
            weights[:, 1:] *= 2
            factors = np.exp(self.log_volume[some] / n_scans)
            at = np.zeros(sums.shape[1], np.int64)
            best_start(weights, factors, corrected, at)
            out[:] = some[at]
        return found

    def _off_the_grid(self, found: Array) -> Array:
        """Coefficients at fractional indices of the grid."""
        ends = np.arctanh([self.a[0], self.b[0]])[:, None]
        return np.tanh(ends + STEP * found)


def arma_search(forms: PrecisionForms) -> ArmaSearch:
    """Prepare the search for a design.

    Parameters
    ----------
    forms : PrecisionForms

    Returns
    -------
    ArmaSearch
    """
    a, b = (_grid(*ends) for ends in (A_ENDS, B_ENDS))
    both = np.stack([one.ravel() for one in np.meshgrid(a, b, indexing="ij")])
    phi, _ = yule_walker(arma_correlations(both[0], both[1], forms.order))
    matrices = _design_precisions(forms, phi)
    with one_blas_thread():
        inverses = np.asarray(np.linalg.inv(matrices), dtype=np.float64)
    rank = forms.rank
    inverses = np.asarray(np.tril(inverses), dtype=np.float64)
    inverses[:, np.arange(rank), np.arange(rank)] /= 2
    wide = _filled(inverses)
    wide = np.pad(wide, ((0, 0), (0, wide.shape[2] - rank), (0, 0)))
    log_volume = log_determinant(forms, phi)
    return ArmaSearch(
        forms=forms,
        a=a,
        b=b,
        weights=np.ascontiguousarray(lag_weights(phi).T),
        edges=np.ascontiguousarray(edge_weights(phi).transpose(2, 0, 1)),
        inverses=wide,
        constants=log_volume + log_determinant_of_precision(forms, phi),
        log_volume=log_volume,
        near=bias_correction(forms.lags).near,
    )


def _design_precisions(forms: PrecisionForms, phi: Array) -> Array:
    """``Q'V^-1 Q`` of several autoregressions, (n, rank, rank)."""
    order, rank = forms.order, forms.rank
    edges = edge_weights(phi)[np.triu_indices(order)]
    packed = forms.pieces @ np.concatenate([lag_weights(phi), -edges])
    rows, columns = np.tril_indices(rank)
    out = np.empty((phi.shape[1], rank, rank))
    out[:, rows, columns] = out[:, columns, rows] = packed.T
    return out


def _filled(values: Array) -> Array:
    """In single precision, with zeros at the end of the last axis up to full lanes."""
    from boldglm.core.arma_kernels import LANES

    rank = values.shape[-1]
    out = np.zeros((*values.shape[:-1], -(-rank // LANES) * LANES), np.float32)
    out[..., :rank] = values
    return out


def _grid(low: float, high: float) -> Array:
    first, last = (int(np.arctanh(end) / STEP) for end in (low, high))
    return np.tanh(STEP * np.arange(first, last + 1))
