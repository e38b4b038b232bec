"""Traces of the residual projector, beside dense matrices."""

import numpy as np
import pytest

from boldglm.core import residual_moments as module
from boldglm.core.lags import design_lags
from boldglm.core.residual_moments import residual_moments

N = 30


def dense(X, starts):
    """All traces, by matrices of the size scans x scans."""
    scan = np.arange(N)
    segment = np.searchsorted(starts, scan, side="right")
    apart = np.abs(scan[:, None] - scan)
    apart[segment[:, None] != segment] = -1
    D = [(apart == k).astype(float) for k in range(N)]
    R = np.eye(N) - X @ X.T
    return np.array([[np.trace(R @ one @ R @ two) for two in D] for one in D])


@pytest.mark.parametrize("held", [2**23, 1, 2 * N * N])
@pytest.mark.parametrize("starts", [(0,), (0, 7, 8, 20)])
def test_traces_are_the_dense_ones_however_few_columns_are_held(
    starts, held, rng, monkeypatch
):
    monkeypatch.setattr(module, "HELD_AT_ONCE", held)
    X = np.linalg.qr(rng.standard_normal((N, 5)))[0]
    expected = dense(X, starts)
    lags = design_lags(X, 0, starts)
    np.testing.assert_allclose(residual_moments(lags, N, N), expected, atol=1e-10)
    few = residual_moments(lags, 3, 9)
    np.testing.assert_allclose(few, expected[:3, :9], atol=1e-10)
