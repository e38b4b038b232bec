"""Compiled correction of autocovariances, many voxels side by side."""

import numpy as np
from numba import njit

from boldglm.core.noise import LARGEST_REFLECTION

__all__ = ["correct_sums", "implied_sums"]

# Voxels side by side: their autocovariances stay in the first caches.
LANES = 64


@njit(nogil=True, cache=True, error_model="numpy")
def correct_sums(  # type: ignore[no-untyped-def]
    sums, moments, slope, start, tolerance, steps, out, error_left
):
    """Solve ``sums = implied_sums(gamma)`` for the gamma of every voxel.

    Parameters: sums (order + 1, n_voxels), in units of the first of each voxel;
    moments (order + 1, n_lags + 1); slope (order + 1, order + 1), inverse of the
    derivative of `implied_sums` somewhere near; start (order + 1, 2), autocovariances
    there and what they imply; tolerance, of the sums; steps, at most; out
    (order + 1, n_voxels); error_left (n_voxels,), of the sums, above the tolerance
    where they are not solved. No voxel depends on those beside it.
    """
    n, n_voxels = sums.shape
    for first in range(0, n_voxels, LANES):
        stop = min(first + LANES, n_voxels)
        width = stop - first
        seen = np.ascontiguousarray(sums[:, first:stop])
        gamma, off = np.empty_like(seen), np.empty_like(seen)
        slopes = np.empty((width, n, n))
        slopes[:] = slope
        for k in range(n):
            gamma[k] = start[k, 0]
            off[k] = seen[k] - start[k, 1]
        error = _sizes(off)
        step = np.zeros_like(seen)
        for _ in range(steps):
            moving = error > tolerance
            if not moving.any():
                break
            _steps(slopes, off, moving, step)
            new = gamma + step
            new_off = seen - implied_sums(new, moments, tolerance)
            new_error = _sizes(new_off)
            _learn(slopes, step, off - new_off, moving)
            for v in range(width):
                # Where no stationary noise implies such sums: the nearest found. A
                # variance below 0 implies any, and is none
                nearer = new_error[v] < error[v] and new[0, v] > 0.0
                if moving[v] and nearer:
                    error[v] = new_error[v]
                    gamma[:, v] = new[:, v]
                    off[:, v] = new_off[:, v]
        out[:, first:stop] = gamma
        error_left[first:stop] = error


@njit(nogil=True, cache=True, error_model="numpy")
def _steps(slopes, off, moving, step):  # type: ignore[no-untyped-def]
    """``slope @ off`` of the voxels that move, 0 of the others."""
    n, width = step.shape
    step[:] = 0.0
    for v in range(width):
        if moving[v]:
            for i in range(n):
                for j in range(n):
                    step[i, v] += slopes[v, i, j] * off[j, v]


@njit(nogil=True, cache=True, error_model="numpy")
def _learn(slopes, step, change, moving):  # type: ignore[no-untyped-def]
    """Broyden's update of inverse slopes, so that they take the change to the step."""
    n, width = step.shape
    reached, back = np.empty(n), np.empty(n)
    for v in range(width):
        if not moving[v]:
            continue
        slope, scale = slopes[v], 0.0
        for i in range(n):
            reached[i] = back[i] = 0.0
            for j in range(n):
                reached[i] += slope[i, j] * change[j, v]
                back[i] += step[j, v] * slope[j, i]
            scale += step[i, v] * reached[i]
        if abs(scale) > 1e-30:
            for i in range(n):
                weight = (step[i, v] - reached[i]) / scale
                for j in range(n):
                    slope[i, j] += weight * back[j]


@njit(nogil=True, cache=True, error_model="numpy")
def implied_sums(gamma, moments, tolerance):  # type: ignore[no-untyped-def]
    """What residuals have, of noise with autocovariances that go on as they began.

    They are followed until as many as the order are below `tolerance` of the first.
    """
    n, width = gamma.shape
    n_lags = moments.shape[1] - 1
    phi = np.empty((n - 1, width))
    far = np.empty((n_lags + 1, width))
    _levinson(gamma, phi)
    last = _continue(gamma, phi, tolerance, far)
    out = np.zeros((n, width))
    for k in range(n):
        target = out[k]
        for j in range(last + 1):
            weight, row = moments[k, j], far[j]
            for v in range(width):
                target[v] += weight * row[v]
    return out


@njit(nogil=True, cache=True, error_model="numpy")
def _sizes(off):  # type: ignore[no-untyped-def]
    """Largest deviation of every voxel."""
    out = np.zeros(off.shape[1])
    for k in range(off.shape[0]):
        for v in range(out.size):
            out[v] = max(out[v], abs(off[k, v]))
    return out


@njit(nogil=True, cache=True, error_model="numpy")
def _levinson(gamma, phi):  # type: ignore[no-untyped-def]
    """Coefficients of the autoregression, held stable; see `core.noise.yule_walker`."""
    order, width = phi.shape
    before = np.empty(order)
    for v in range(width):
        error = gamma[0, v]
        usable = error > 0.0
        for m in range(order):
            value = gamma[m + 1, v]
            for i in range(m):
                value -= phi[i, v] * gamma[m - i, v]
            value = value / error if usable else 0.0
            value = min(max(value, -LARGEST_REFLECTION), LARGEST_REFLECTION)
            for i in range(m):
                before[i] = phi[i, v]
            for i in range(m):
                phi[i, v] -= value * before[m - 1 - i]
            phi[m, v] = value
            error *= 1.0 - value * value


@njit(nogil=True, cache=True, error_model="numpy")
def _continue(gamma, phi, tolerance, far):  # type: ignore[no-untyped-def]
    """Autocovariances beyond the order, into `far`; the last lag that counts."""
    order, width = phi.shape
    n_lags = far.shape[0] - 1
    far[: order + 1] = gamma
    quiet = np.zeros(width)
    for j in range(order + 1, n_lags + 1):
        row = far[j]
        row[:] = 0.0
        for i in range(order):
            weight, earlier = phi[i], far[j - 1 - i]
            for v in range(width):
                row[v] += weight[v] * earlier[v]
        loud = False
        for v in range(width):
            still = abs(row[v]) < tolerance * abs(gamma[0, v])
            quiet[v] = quiet[v] + 1.0 if still else 0.0
            if quiet[v] < order:
                loud = True
            else:
                row[v] = 0.0
        if not loud:
            return j
    return n_lags
