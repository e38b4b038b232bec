"""Slow drifts of the signal, as columns of a design, the constant last.

To add a model, add one entry to `DRIFT_MODELS`: a function of the frame times, the
high-pass frequency and the order. The contract tests pick it up.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from boldglm.core.regressors import orthogonalize

__all__ = ["DRIFT_MODELS", "constant_drift", "cosine_drift", "polynomial_drift"]

Array: TypeAlias = NDArray[np.float64]
DriftModel: TypeAlias = Callable[[Array, float, int], Array]


def cosine_drift(frame_times: Array, high_pass: float) -> Array:
    r"""Discrete cosines slower than `high_pass`, then a constant.

    .. math::

        d_k(t) = \sqrt{2/n} \cos\left(\frac{\pi k (t + 1/2)}{n}\right),
        \qquad k = 1, …, \lfloor 2\, n\, f\, dt \rfloor

    for scan t of n, the mean distance dt of the scans and the cut-off f: the
    columns of a DCT-II with periods longer than 1/f.

    Parameters
    ----------
    frame_times : (n_scans,) float
        Seconds, at least two.
    high_pass : float
        Hertz, zero or more.

    Returns
    -------
    (n_scans, n_drifts + 1) float64

    Raises
    ------
    ValueError
        If there are fewer than two scans, or `high_pass` is negative or not finite.

    Examples
    --------
    A run of 100 s holds two half-waves of periods longer than 100 s:

    >>> cosine_drift(np.arange(50) * 2.0, 0.01).shape
    (50, 3)
    """
    n_scans = len(frame_times)
    if n_scans < 2:
        msg = f"A cosine drift needs at least 2 scans; got {n_scans}"
        raise ValueError(msg)
    if not 0 <= high_pass < np.inf:
        msg = f"high_pass is {high_pass} Hz; expected a frequency of 0 or more"
        raise ValueError(msg)
    dt = (frame_times[-1] - frame_times[0]) / (n_scans - 1)
    order = min(n_scans - 1, int(np.floor(2 * n_scans * high_pass * dt)))
    waves = np.arange(1, order + 1)
    drift = np.ones((n_scans, order + 1))
    phases = np.outer(np.arange(n_scans) + 0.5, np.pi / n_scans * waves)
    drift[:, :order] = np.sqrt(2.0 / n_scans) * np.cos(phases)
    return drift


def polynomial_drift(frame_times: Array, order: int) -> Array:
    r"""Powers of time from 1 to `order`, each orthogonal to the lower, then a constant.

    .. math:: d_k(t) = (t / t_{max})^k - P_{k-1} (t / t_{max})^k

    with P the projection on the lower powers, the constant included.

    Parameters
    ----------
    frame_times : (n_scans,) float
        Seconds.
    order : int
        Zero or more.

    Returns
    -------
    (n_scans, order + 1) float64

    Raises
    ------
    ValueError
        If `order` is negative.

    Examples
    --------
    A straight line around its mean, and a parabola around both:

    >>> drift = polynomial_drift(np.arange(5.0), 2)
    >>> drift[[0, 1, 3, 4]].round(3)
    array([[-0.5  ,  0.125,  1.   ],
           [-0.25 , -0.062,  1.   ],
           [ 0.25 , -0.062,  1.   ],
           [ 0.5  ,  0.125,  1.   ]])
    """
    if order < 0:
        msg = f"drift_order is {order}; expected 0 or more"
        raise ValueError(msg)
    # times that end at or before zero are scaled too, or the powers would overflow
    unit = float(np.max(frame_times)) or float(np.max(np.abs(frame_times))) or 1.0
    powers = (np.asarray(frame_times, float)[:, None] / unit) ** np.arange(order + 1)
    return np.roll(orthogonalize(powers), -1, axis=1)


def constant_drift(frame_times: Array) -> Array:
    """A column of ones.

    Examples
    --------
    >>> constant_drift(np.arange(2.0))
    array([[1.],
           [1.]])
    """
    return np.ones((len(frame_times), 1))


#: Models by name: columns from (frame_times, high_pass, order), the constant last.
DRIFT_MODELS: Mapping[str, DriftModel] = MappingProxyType(
    {
        "cosine": lambda times, high_pass, order: cosine_drift(times, high_pass),  # noqa: ARG005
        "polynomial": lambda times, high_pass, order: polynomial_drift(times, order),  # noqa: ARG005
    }
)
