"""The long way round, in double precision and more: least squares of whitened scans.

Voxel by voxel and scan by scan, for runs of any length: nothing of the size scans x
scans is made. Designs are of full rank here; what others are is for the tests to say.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg
from tests.oracle.dense_gls import stationary_covariance

__all__ = ["Brute", "brute_fit", "tfce_of_every_height", "whitened"]


def whitened(phi, rows, exact):
    """Scans less what is foretold from those before; the first ones by their variance.

    Parameters: phi (order,); rows (n_scans, n); exact, whether the first scans are
    those of a stationary series, or follow on zeros.
    """
    rows = np.asarray(rows, dtype=float)
    out = rows.copy()
    for lag, coefficient in enumerate(phi, start=1):
        out[lag:] -= coefficient * rows[:-lag]
    if exact and len(phi):
        root = linalg.cholesky(stationary_covariance(phi, len(phi)), lower=True)
        out[: len(phi)] = linalg.solve_triangular(root, rows[: len(phi)], lower=True)
    return out


@dataclass
class Brute:
    """What comes out; the last axis is voxels."""

    beta: np.ndarray
    covariance: np.ndarray
    sigma2: np.ndarray
    dof: int

    def effect(self, row):
        return np.asarray(row, dtype=float) @ self.beta

    def variance(self, row):
        row = np.asarray(row, dtype=float)
        return np.einsum("i,vij,j->v", row, self.covariance, row) * self.sigma2

    def t(self, row):
        return self.effect(row) / np.sqrt(self.variance(row))

    def F(self, rows):
        rows = np.asarray(rows, dtype=float)
        effects = (rows @ self.beta).T
        unit = rows @ self.covariance @ rows.T
        solved = np.linalg.solve(unit, effects[..., None])[..., 0]
        return np.sum(effects * solved, axis=1) / len(rows) / self.sigma2


def brute_fit(Y, X, phi=None, exact=False):
    """Least squares of every voxel; phi (order, n_voxels), None for white noise."""
    Y, X = np.asarray(Y, dtype=float), np.asarray(X, dtype=float)
    n_scans, n_regressors = X.shape
    phi = np.zeros((0, Y.shape[1])) if phi is None else phi
    beta, covariance, sigma2 = [], [], []
    length = np.linalg.norm(X, axis=0)
    for v in range(Y.shape[1]):
        if v == 0 or len(phi):
            Q, R = np.linalg.qr(whitened(phi[:, v], X / length, exact))
        y = whitened(phi[:, v], Y[:, v : v + 1], exact)[:, 0]
        seen = Q.T @ y
        left = y - Q @ seen
        # once more: of a mean of 1e5 some of its rounding is left
        seen += Q.T @ left
        left -= Q @ (Q.T @ left)
        inverse = np.linalg.inv(R) / length[:, None]
        beta.append(inverse @ seen)
        covariance.append(inverse @ inverse.T)
        sigma2.append(left @ left / (n_scans - n_regressors))
    return Brute(
        np.transpose(beta),
        np.array(covariance),
        np.array(sigma2),
        n_scans - n_regressors,
    )


def tfce_of_every_height(volume, structure, extent=0.5, height=2.0):
    """Enhancement of positive values: clusters labelled anew at every height there is.

    Extended precision: of heights of 1e5 the cubes have 16 digits, their differences
    fewer.
    """
    from scipy.ndimage import label

    values = volume.astype(np.longdouble)
    total = np.zeros(values.shape, np.longdouble)
    heights = np.unique(values[values > 0])
    power = np.longdouble(height + 1)
    below = np.longdouble(0)
    for top in heights:
        clusters, n = label(values >= top, structure)
        sizes = np.bincount(clusters.ravel(), minlength=n + 1).astype(np.longdouble)
        step = (top**power - below**power) / power
        total += np.where(clusters > 0, sizes[clusters] ** extent * step, 0)
        below = top
    return total.astype(float)
