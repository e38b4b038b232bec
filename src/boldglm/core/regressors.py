r"""From events to regressors: sample, convolve, read off at the scans.

An event is a boxcar: it rises to its amplitude at its onset and falls back at
its end. On a fine grid with samples k, the convolution of a boxcar with a kernel
h is a difference of two running sums, so nothing is convolved at all::

    (box * h)[k] = a (H[k - on] - H[k - off]),      H[m] = Σ_{i ≤ m} h[i]

Only the scans between the onset and the end of the response are touched: the
cost is events times the scans of one response, whatever the grid.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from boldglm._base.errors import ShapeError
from boldglm.core.hrf import MOST_SAMPLES

__all__ = [
    "EventTrain",
    "FineGrid",
    "convolve_events",
    "event_samples",
    "fine_grid",
    "fir_kernel",
    "impulse_kernel",
    "orthogonalize",
]

Array: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.intp]

# Pairs of (event, scan) held at once: bounds the memory of dense, long designs
MAX_PAIRS = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class EventTrain:
    """Events of all conditions as arrays of one length, in seconds.

    `condition` numbers the condition of each event, from 0 to
    ``n_conditions - 1``.
    """

    onset: Array
    duration: Array
    amplitude: Array
    condition: IntArray
    n_conditions: int


@dataclass(frozen=True, slots=True, eq=False)
class FineGrid:
    """A fine time axis and where the scans lie on it.

    Scan s is read between samples ``left[s]`` and ``left[s] + 1``, with weight
    ``weight[s]`` on the second.
    """

    times: Array
    left: IntArray
    weight: Array


def fine_grid(
    frame_times: Array, oversampling: int = 50, min_onset: float = -24.0, lead: int = 0
) -> FineGrid:
    """Make the grid on which events are sampled.

    It goes from ``min(frame_times) + min_onset`` to
    ``max(frame_times) * (1 + 1 / (n_scans - 1))``, in steps as near to the mean
    distance of scans over `oversampling` as a whole number of steps allows.

    Parameters
    ----------
    frame_times : (n_scans,) float
        Ascending, in seconds, at least two.
    oversampling : int
        Samples per scan.
    min_onset : float
        Seconds before the first scan from which events are sampled, as a
        negative number.
    lead : int
        Samples that will be read ahead of each scan (see `convolve_events`).

    Raises
    ------
    ValueError
        If there are fewer than two scans or they do not ascend, or `oversampling`
        is not positive.

    Examples
    --------
    >>> fine_grid(np.array([0.0, 2.0]), oversampling=2, min_onset=-1.0).times
    array([-1.,  0.,  1.,  2.,  3.,  4.])
    """
    if frame_times.size < 2 or not (np.diff(frame_times) > 0).all():
        msg = f"frame_times must be at least 2 ascending times; got {frame_times}"
        raise ValueError(msg)
    if oversampling < 1:
        msg = f"oversampling is {oversampling}; expected 1 or more"
        raise ValueError(msg)
    n_scans = frame_times.size
    first, last = frame_times[0], frame_times[-1]
    between = (last - first) / (n_scans - 1)
    end = last * (1 + 1.0 / (n_scans - 1))
    if end - lead * between / oversampling < last:
        # times before zero: that end is too early, even before the last scan
        end = last + between
    # in this order of operations: half-way cases round as in published designs
    per_second = (n_scans - 1) * 1.0 / (last - first)
    n_times = per_second * ((end - first - min_onset) * oversampling) + 1
    # to have room for the samples that are read after each scan
    if not lead + 2 <= n_times <= MOST_SAMPLES:
        msg = (
            f"min_onset is {min_onset} and oversampling {oversampling}; expected the "
            f"first sample at or before the first scan, and at most {MOST_SAMPLES} of "
            "them"
        )
        raise ValueError(msg)
    times = np.linspace(first + min_onset, end, int(np.rint(n_times)))
    usable = times[: times.size - lead]
    left = np.clip(np.searchsorted(usable, frame_times), 1, usable.size - 1) - 1
    weight = (frame_times - usable[left]) / (usable[left + 1] - usable[left])
    return FineGrid(times, left, weight)


def event_samples(train: EventTrain, grid: FineGrid) -> tuple[IntArray, IntArray]:
    """First sample of each event, and the one after its last.

    An event shorter than a step is one sample long. Events before the grid
    start at its first sample; events after it have no samples.

    Examples
    --------
    >>> grid = fine_grid(np.array([0.0, 2.0]), oversampling=2, min_onset=0.0)
    >>> zero = np.zeros(2)
    >>> event_samples(EventTrain(np.array([1.0, 9.0]), zero, zero, zero, 1), grid)
    (array([1, 4]), array([2, 4]))
    """
    last = grid.times.size - 1
    first = np.minimum(np.searchsorted(grid.times, train.onset), last)
    after = np.minimum(np.searchsorted(grid.times, train.onset + train.duration), last)
    after = np.where((after == first) & (after < last), after + 1, after)
    return first, after


def convolve_events(
    train: EventTrain, grid: FineGrid, kernel: Array, lead: int = 0
) -> Array:
    r"""Sum the responses to the events of each condition, at the scans.

    .. math:: X[s, c] = \sum_{e \in c} a_e \int_{on_e}^{off_e} h(t_s - u)\, du

    on the samples of `grid`, between samples linearly.

    Parameters
    ----------
    train : EventTrain
    grid : FineGrid
    kernel : (n_samples,) float
        The response to an impulse of one sample, in steps of `grid`.
    lead : int
        Read this many samples after each scan (the last of a FIR bin).

    Returns
    -------
    (n_scans, n_conditions) float64

    Raises
    ------
    ShapeError
        If `kernel` is not one-dimensional or is empty.

    Examples
    --------
    An impulse at 2 s, answered by 1, 0.5, 0.25 a second apart, scanned every
    second:

    >>> grid = fine_grid(np.arange(6.0), oversampling=1, min_onset=0.0)
    >>> one = np.ones(1)
    >>> train = EventTrain(2 * one, 0 * one, one, np.zeros(1, int), 1)
    >>> convolve_events(train, grid, np.array([1.0, 0.5, 0.25])).ravel()
    array([0.  , 0.  , 1.  , 0.5 , 0.25, 0.  ])
    """
    if kernel.ndim != 1 or kernel.size == 0:
        msg = f"the kernel has shape {kernel.shape}; expected (n_samples,)"
        raise ShapeError(msg)
    first, after = event_samples(train, grid)
    left = grid.left + lead
    n_scans = left.size
    # a response is felt from one sample before its onset to its last sample
    start = np.searchsorted(left, first - 1)
    stop = np.searchsorted(left, after + kernel.size)
    total = np.zeros(n_scans * train.n_conditions)
    running = np.concatenate([[0.0], np.cumsum(kernel)])
    step = max(1, MAX_PAIRS // n_scans)
    for low in range(0, train.onset.size, step):
        part = slice(low, low + step)
        event, scan = _pairs(start[part], stop[part])
        event += low
        value = train.amplitude[event] * _boxcar_response(
            running, left[scan], grid.weight[scan], first[event], after[event]
        )
        cell = scan * train.n_conditions + train.condition[event]
        total += np.bincount(cell, value, minlength=total.size)
    return total.reshape(n_scans, train.n_conditions)


def _pairs(start: IntArray, stop: IntArray) -> tuple[IntArray, IntArray]:
    """Every (event, scan) with ``start[event] <= scan < stop[event]``."""
    length = np.maximum(stop - start, 0)
    event = np.repeat(np.arange(start.size), length)
    before = np.cumsum(length) - length
    scan = np.arange(event.size) - before[event] + start[event]
    return event, scan


def _boxcar_response(
    running: Array, left: IntArray, weight: Array, first: IntArray, after: IntArray
) -> Array:
    """Response to unit boxcars, between samples `left` and ``left + 1``."""

    def at(sample: IntArray) -> Array:
        return running[np.clip(sample, 0, running.size - 1)]

    at_left = at(left - first + 1) - at(left - after + 1)
    at_right = at(left - first + 2) - at(left - after + 2)
    return at_left + weight * (at_right - at_left)


def impulse_kernel(t_r: float, oversampling: int = 50) -> Array:  # noqa: ARG001
    """The kernel that leaves the events as they are: a one and zeros.

    Examples
    --------
    >>> impulse_kernel(2.0, 3)
    array([1., 0., 0.])
    """
    kernel = np.zeros(oversampling)
    kernel[0] = 1.0
    return kernel


def fir_kernel(delay: int, oversampling: int = 50) -> Array:
    """One bin of a finite impulse response: a mean over one scan, `delay` later.

    Parameters
    ----------
    delay : int
        In scans, zero or more.
    oversampling : int
        Samples per scan.

    Raises
    ------
    ValueError
        If `delay` is negative.

    Examples
    --------
    >>> fir_kernel(1, oversampling=2)
    array([0. , 0. , 0.5, 0.5])
    """
    if delay < 0:
        msg = f"FIR delay {delay} is negative; expected a number of scans, 0 or more"
        raise ValueError(msg)
    kernel = np.zeros((delay + 1) * oversampling)
    kernel[delay * oversampling :] = 1.0 / oversampling
    return kernel


def orthogonalize(X: Array) -> Array:
    r"""Make every column orthogonal to the columns before it.

    .. math:: x_j \leftarrow x_j - P_{<j}\, x_j

    with P the projection on the columns before. Columns are not normalised.

    Parameters
    ----------
    X : (n_scans, n_columns) or (n_scans,) float
        Not modified.

    Returns
    -------
    float64, of the shape of `X`

    Examples
    --------
    >>> orthogonalize(np.array([[1.0, 1.0], [1.0, 2.0]]))
    array([[ 1. , -0.5],
           [ 1. ,  0.5]])
    """
    columns = np.array(X, dtype=np.float64)
    if columns.ndim < 2:
        return columns
    tiny = max(columns.shape) * np.finfo(np.float64).eps
    for j in range(1, columns.shape[1]):
        before = columns[:, :j]
        norms = np.linalg.norm(before, axis=0)
        # what is left of a redundant column is noise, not a direction
        used = norms > tiny * np.max(norms)
        basis = before[:, used] / norms[used]
        columns[:, j] -= basis @ (basis.T @ columns[:, j])
    return columns
