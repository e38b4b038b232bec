"""The compiled splines are scipy's, at the borders and on the longest rows."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates, spline_filter

from boldglm.core.resample_kernels import (
    MARGIN,
    PIECE,
    SLACK,
    cubic,
    linear,
    prefilter,
)

SHAPES = [(64, 48, 20), (1, 5, 2), (2, 1, 40), (3, 2, 1), (17, 33, 16), (15, 16, 31)]
HORIZON = {"f4": 16, "f8": 36}
# rounding of coefficients, up to 27 times the samples
ACCURACY = {"f4": 1e-5, "f8": 2e-13}


def _flat(volume, kind, horizon):
    """A volume (x, y, z) as the kernels want it."""
    padded = tuple(n + 2 * MARGIN for n in volume.shape[::-1])
    flat = np.zeros(np.prod(padded) + SLACK, kind)
    values = flat[:-SLACK].reshape(padded)
    values[(slice(MARGIN, -MARGIN),) * 3] = volume.T
    steps = (padded[2], padded[2] * padded[1])
    prefilter(flat, volume.shape, steps, horizon)
    return flat, steps, values


def _with_margins(volume):
    for axis, n in enumerate(volume.shape):
        period = max(2 * n - 2, 1)
        index = np.abs(np.arange(-MARGIN, n + MARGIN)) % period
        volume = volume.take(np.minimum(index, period - index) % n, axis)
    return volume


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("shape", SHAPES)
def test_coefficients_and_margins_are_scipys(rng, shape, kind):
    volume = rng.normal(size=shape)
    *_, values = _flat(volume, kind, HORIZON[kind])
    expected = _with_margins(spline_filter(volume, 3, mode="mirror"))
    np.testing.assert_allclose(values.T, expected, atol=ACCURACY[kind])


def test_without_a_filter_the_samples_stay(rng):
    volume = rng.normal(size=(4, 3, 2))
    *_, values = _flat(volume, "f8", 0)
    np.testing.assert_array_equal(values.T, _with_margins(volume))


MATRICES = {
    "realigned": [[1, 0.01, -0.02, 0.3], [-0.01, 1, 0.01, 0.4], [0.02, 0, 1, -0.3]],
    "steep": [[0.97, 0.3, 0.1, 0.2], [-0.1, 0.9, 0.1, 2.3], [0.1, 0.2, 0.8, -0.4]],
    "one step": [[1, 0, 0, 0.25], [0, 1, 0.1, 0.5], [0, 0.1, 1, 0.75]],
    "far": [[1, 0.1, 0, 500], [0, 1, 0, 0], [0, 0, 1, 0]],
}


@pytest.mark.parametrize("runs", [True, False, None])
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("name", list(MATRICES))
@pytest.mark.parametrize("shape", [(64, 48, 20), (1, 5, 2), (300, 3, 2)])
def test_rows_are_interpolated_as_scipy_does(rng, shape, name, kind, runs):
    volume, matrix = rng.normal(size=shape), np.array(MATRICES[name], float)
    target = (PIECE * 2 + 5, 7, 6)
    out = np.full(target[::-1], np.inf, kind)
    limits = np.array([(-1e-5, n - 1 + 1e-5) for n in shape])
    ends = out.dtype.type(0.5), out.dtype.type(-9)
    order = 1 if runs is None else 3
    flat, steps, _ = _flat(volume, kind, HORIZON[kind] if order == 3 else 0)
    if order == 3:
        cubic(flat, steps, matrix, limits, runs, ends, out)
    else:
        linear(flat, steps, matrix, limits, ends, out)
    places = np.einsum("ab,bijk->aijk", matrix[:, :3], np.indices(target))
    places += matrix[:, 3].reshape(3, 1, 1, 1)
    expected = map_coordinates(volume, places, order=order, mode="mirror") + 0.5
    ends = limits.reshape(3, 2, 1, 1, 1)
    inside = ((places >= ends[:, 0]) & (places <= ends[:, 1])).all(axis=0)
    np.testing.assert_array_equal(out.T == -9, ~inside)
    expected[~inside] = -9
    np.testing.assert_allclose(out.T, expected, atol=ACCURACY[kind], rtol=0)
