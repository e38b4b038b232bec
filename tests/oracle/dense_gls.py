"""Generalised least squares the long way: one dense matrix and one solve per voxel.

Nothing here is shared with the package: covariances are built scan by scan, the
coefficients come from SciPy's Toeplitz solver, the fit from a pseudo-inverse.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

__all__ = [
    "DenseFit",
    "autocovariance",
    "dense_fit",
    "filter_matrix",
    "gohberg_semencul",
    "precision_matrix",
    "simulate_ar",
    "stationary_covariance",
    "yule_walker",
]


def filter_matrix(phi, n_scans):
    """L with ``(L y)_t = y_t - sum_i phi_i y_{t-i}``, zeros before the first scan."""
    L = np.eye(n_scans)
    for lag, coefficient in enumerate(phi, start=1):
        L -= coefficient * np.eye(n_scans, k=-lag)
    return L


def stationary_covariance(phi, n_scans):
    """Toeplitz covariance of a stationary AR(p) with innovations of variance 1."""
    phi = np.asarray(phi, dtype=float)
    p = phi.size
    if p == 0:
        return np.eye(n_scans)
    companion = np.eye(p, k=-1)
    companion[0] = phi
    innovation = np.zeros((p, p))
    innovation[0, 0] = 1.0
    state = linalg.solve_discrete_lyapunov(companion, innovation)
    gamma = list(state[0])
    while len(gamma) < n_scans:
        gamma.append(float(phi @ gamma[: -p - 1 : -1]))
    return linalg.toeplitz(gamma[:n_scans])


def gohberg_semencul(phi, n_scans):
    """Inverse of `stationary_covariance`: ``U U' - W W'``, both triangular Toeplitz."""
    c = np.concatenate([[1.0], -np.asarray(phi, dtype=float)])
    p = c.size - 1
    upper, lower = np.zeros(n_scans), np.zeros(n_scans)
    upper[: p + 1] = c
    lower[n_scans - p :] = c[:0:-1]
    U = linalg.toeplitz(upper, np.zeros(n_scans))
    W = linalg.toeplitz(lower, np.zeros(n_scans))
    return U @ U.T - W @ W.T


def precision_matrix(phi, n_scans, first_scans):
    """Inverse covariance of the noise, in units of the innovation variance."""
    if first_scans == "conditional":
        L = filter_matrix(phi, n_scans)
        return L.T @ L
    return linalg.inv(stationary_covariance(phi, n_scans))


def autocovariance(series, n_lags):
    """``sum_t e_t e_{t+k} / (n - k)`` of one series, k = 0…n_lags."""
    n = series.size
    return np.array([series[: n - k] @ series[k:] / (n - k) for k in range(n_lags + 1)])


def yule_walker(series, order):
    """Coefficients of an AR(order) of one series."""
    if order == 0:
        return np.zeros(0)
    r = autocovariance(series, order)
    return linalg.solve_toeplitz(r[:-1], r[1:])


@dataclass
class DenseFit:
    """What one voxel at a time gives; the last axis is voxels."""

    design: np.ndarray
    phi: np.ndarray
    beta: np.ndarray
    sigma2: np.ndarray
    cov: np.ndarray
    residuals: np.ndarray
    dof: int

    def effect(self, row):
        return np.asarray(row) @ self.beta

    def variance(self, row):
        row = np.asarray(row, dtype=float)
        return np.einsum("i,ijv,j->v", row, self.cov, row) * self.sigma2

    def t(self, row):
        return self.effect(row) / np.sqrt(self.variance(row))

    def F(self, rows):
        """F of the space that the rows span, and its dimension."""
        out = np.empty(self.sigma2.size)
        # Rows of unit variance: the weights' units do not matter to the inverse.
        for v in range(out.size):
            unit = rows @ self.cov[..., v] @ rows.T
            scale = 1 / np.sqrt(np.diag(unit))
            effect = scale * (rows @ self.beta[:, v])
            unit = unit * np.outer(scale, scale)
            inverse, rank = linalg.pinvh(unit, rtol=1e-10, return_rank=True)
            out[v] = effect @ inverse @ effect / rank / self.sigma2[v]
        return out

    @property
    def r_square(self):
        Y = self.design @ self.beta + self.residuals
        total = np.sum((Y - Y.mean(axis=0)) ** 2, axis=0)
        return 1 - np.sum(self.residuals**2, axis=0) / total


def dense_fit(Y, X, order, first_scans="conditional", phi=None):
    """Fit every voxel with its own dense precision matrix.

    Coefficients of rank-deficient designs are those of least norm in units where
    every regressor has length one.
    """
    Y, X = np.asarray(Y, dtype=float), np.asarray(X, dtype=float)
    n_scans, n_voxels = Y.shape
    length = np.linalg.norm(X, axis=0)
    length[length == 0] = 1.0
    scaled = X / length
    rank = np.linalg.matrix_rank(scaled, tol=1e-8 * np.linalg.norm(scaled, 2))
    n_regressors = X.shape[1]
    out = DenseFit(
        design=X,
        phi=np.empty((order, n_voxels)),
        beta=np.empty((n_regressors, n_voxels)),
        sigma2=np.empty(n_voxels),
        cov=np.empty((n_regressors, n_regressors, n_voxels)),
        residuals=np.empty((n_scans, n_voxels)),
        dof=n_scans - int(rank),
    )
    ols = linalg.pinv(scaled, rtol=1e-8)
    for v in range(n_voxels):
        y = Y[:, v]
        first = y - scaled @ (ols @ y)
        first -= scaled @ (ols @ first)
        coefficients = yule_walker(first, order) if phi is None else phi[:, v]
        P = precision_matrix(coefficients, n_scans, first_scans)
        root = linalg.cholesky(P)
        inverse = linalg.pinv(root @ scaled, rtol=1e-8)
        # Fitted on what least squares leaves, so that a large mean costs no digits.
        step = inverse @ (root @ first)
        error = first - scaled @ step
        out.phi[:, v] = coefficients
        out.beta[:, v] = (ols @ y + step) / length
        out.sigma2[v] = error @ P @ error / out.dof
        out.cov[..., v] = (inverse @ inverse.T) / np.outer(length, length)
        out.residuals[:, v] = error
    return out


def simulate_ar(rng, phi, n_scans, n_voxels, scale=1.0):
    """Stationary AR noise; `phi` of one voxel, or (order, n_voxels)."""
    phi = np.asarray(phi, dtype=float)
    phi = np.repeat(phi[:, None], n_voxels, axis=1) if phi.ndim == 1 else phi
    warm = 200
    noise = rng.standard_normal((n_scans + warm, n_voxels))
    for t in range(noise.shape[0]):
        for lag in range(1, min(t, phi.shape[0]) + 1):
            noise[t] += phi[lag - 1] * noise[t - lag]
    return scale * noise[warm:]
