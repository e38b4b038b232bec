"""Whitened series: their squares are those of dense precisions."""

import numpy as np
import pytest
from scipy import linalg
from tests.oracle.dense_gls import filter_matrix, precision_matrix

from boldglm.core.noise import yule_walker
from boldglm.core.whitening import whiten

N, V = 30, 6


def stable(rng, order):
    """Coefficients of stationary noise, other ones for every voxel."""
    phi = np.zeros((0, V))
    for kappa in rng.uniform(-0.9, 0.9, (order, V)):
        phi = np.concatenate([phi - kappa * phi[::-1], kappa[None]])
    return phi


@pytest.mark.parametrize("first_scans", ["conditional", "exact"])
@pytest.mark.parametrize("order", [0, 1, 2, 3, 6])
@pytest.mark.parametrize("starts", [(0,), (0, 12), (0, 3, 5, 6, 12, 18)])
def test_squares_are_those_of_the_precision(rng, order, starts, first_scans):
    phi, series = stable(rng, order), rng.standard_normal((N, V))
    white = whiten(series, phi, first_scans, np.array(starts))
    assert white.shape == (N, V)
    lengths = np.diff([*starts, N])
    for v in range(V):
        # The stationary precision of too few scans is not one of products at lags
        parts = [
            precision_matrix(phi[:, v], n, first_scans if n >= order else "conditional")
            for n in lengths
        ]
        C = linalg.block_diag(*parts)
        np.testing.assert_allclose(
            white[:, v] @ white[:, v], series[:, v] @ C @ series[:, v], rtol=1e-9
        )


def test_what_is_left_is_white(rng):
    """A whole matrix W: its squares are the precision, not of one series alone."""
    phi = yule_walker(np.array([[1.0], [0.6], [0.5], [0.2]]))[0]
    W = whiten(np.eye(N), np.repeat(phi, N, axis=1), "exact", np.array([0]))
    C = precision_matrix(phi[:, 0], N, "exact")
    np.testing.assert_allclose(W.T @ W, C, atol=1e-12)
    # Each scan is told from those before it
    np.testing.assert_array_equal(np.triu(W, 1), 0)
    np.testing.assert_allclose(W[3:], filter_matrix(phi[:, 0], N)[3:], atol=1e-15)


def test_single_precision_and_inputs(rng, readonly):
    series, phi = rng.standard_normal((N, V)), stable(rng, 2)
    single = readonly(series.astype(np.float32))
    white = whiten(single, readonly(phi), "exact", np.array([0]))
    assert white.dtype == np.float64
    expected = whiten(series, phi, "exact", np.array([0]))
    np.testing.assert_allclose(white, expected, atol=1e-4)
