r"""Haemodynamic response functions, sampled: how the BOLD signal follows an event.

Both canonical shapes are a difference of two gamma densities, a peak and an
undershoot, scaled so that the samples sum to one::

    h(t)  ∝  g(t; a/b, b) - r g(t; c/d, d),      Σ h = 1

    g(t; k, θ) = t^(k-1) exp(-t/θ) / (Γ(k) θ^k)   for t > 0, else 0

==============================  =========  ===========
(times in seconds)              SPM        Glover
==============================  =========  ===========
a, delay of the peak            6          6
b, dispersion of the peak       1          0.9
c, delay of the undershoot      16         12
d, dispersion of the same       1          0.9
r, undershoot to peak           0.167      0.48
==============================  =========  ===========

To add a model, add one entry to `HRF_MODELS`: its kernels, each with the ending
of its column names. The contract tests pick it up.

References
----------
Friston et al. (1998), Event-related fMRI: characterizing differential responses,
NeuroImage 7:30-40. Glover (1999), Deconvolution of impulse response in
event-related BOLD fMRI, NeuroImage 9:416-429.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from boldglm._base.arguments import checked_number

__all__ = [
    "HRF_MODELS",
    "DoubleGamma",
    "HrfKernel",
    "dispersion_derivative",
    "double_gamma_hrf",
    "glover_dispersion_derivative",
    "glover_hrf",
    "glover_time_derivative",
    "spm_dispersion_derivative",
    "spm_hrf",
    "spm_time_derivative",
    "time_derivative",
]

Array: TypeAlias = NDArray[np.float64]
HrfKernel: TypeAlias = Callable[[float, int], Array]

# The steps of the finite differences are part of the definition: SPM's bases
#: Samples of a response, or of the time that events are modelled in.
MOST_SAMPLES = 10**8
TIME_STEP: Final = 0.1
DISPERSION_STEP: Final = 0.01


@dataclass(frozen=True, slots=True)
class DoubleGamma:
    """The shape of a canonical response: delays, dispersions and their ratio.

    The defaults are SPM's. Delays and dispersions are in seconds.
    """

    delay: float = 6.0
    undershoot: float = 16.0
    dispersion: float = 1.0
    u_dispersion: float = 1.0
    ratio: float = 0.167


SPM: Final = DoubleGamma()
GLOVER: Final = DoubleGamma(
    undershoot=12.0, dispersion=0.9, u_dispersion=0.9, ratio=0.48
)
# Glover's dispersion basis widens the peak only, with an undershoot of unit width
GLOVER_DISPERSED: Final = DoubleGamma(undershoot=12.0, dispersion=0.9, ratio=0.48)


def _gamma_density(t: Array, shape: float, scale: float) -> Array:
    """Density of the gamma distribution, zero for ``t <= 0``."""
    density = np.zeros_like(t)
    after = t > 0
    x = t[after] / scale
    log_density = (shape - 1) * np.log(x) - x - math.lgamma(shape)
    density[after] = np.exp(log_density) / scale
    return density


def double_gamma_hrf(
    t_r: float,
    oversampling: int = 50,
    time_length: float = 32.0,
    onset: float = 0.0,
    shape: DoubleGamma = SPM,
) -> Array:
    r"""A response of peak and undershoot, sampled at ``t_r / oversampling``.

    .. math::

        h(t) \propto g(t - dt; a/b, b) - r\, g(t - dt; c/d, d),
        \qquad \sum_t h(t) = 1

    where `g` is the gamma density and ``dt = t_r / oversampling``: the response
    starts one sample after its cause.

    Parameters
    ----------
    t_r : float
        Repetition time in seconds.
    oversampling : int
        Samples per repetition time.
    time_length : float
        How long the kernel is, in seconds.
    onset : float
        When the response starts, in seconds.
    shape : DoubleGamma
        Delays, dispersions and ratio.

    Returns
    -------
    (time_length / t_r * oversampling,) float64

    Raises
    ------
    ValueError
        If a time is not positive, or the grid misses the response.

    Examples
    --------
    >>> double_gamma_hrf(2.0, 1, 20.0, shape=DoubleGamma(ratio=0.0)).round(2)
    array([0.  , 0.  , 0.14, 0.38, 0.29, 0.13, 0.04, 0.01, 0.  , 0.  ])
    """
    far = 1e6
    checked_number(onset, "onset", "a time in seconds", low=-far, high=far)
    times = _kernel_times(t_r, oversampling, time_length) - onset
    times = times - t_r / oversampling
    peak = _gamma_density(times, shape.delay / shape.dispersion, shape.dispersion)
    undershoot = _gamma_density(
        times, shape.undershoot / shape.u_dispersion, shape.u_dispersion
    )
    hrf = peak - shape.ratio * undershoot
    total = hrf.sum()
    if total == 0:
        msg = (
            f"The HRF is zero on a grid of {times.size} samples, "
            f"{t_r / oversampling:g} s apart, from onset {onset:g} s on; "
            "use a larger oversampling, or a time_length that holds the response."
        )
        raise ValueError(msg)
    return hrf / total


def _kernel_times(t_r: float, oversampling: int, time_length: float) -> Array:
    told = {"t_r": t_r, "oversampling": oversampling, "time_length": time_length}
    for name, value in told.items():
        checked_number(value, name, "positive numbers", low=-1e12, high=1e12)
    if not (t_r > 0 and oversampling > 0 and time_length > 0):
        msg = (
            f"t_r={t_r}, oversampling={oversampling}, time_length={time_length}; "
            "expected positive numbers"
        )
        raise ValueError(msg)
    step = float(t_r) / float(oversampling)
    if not float(time_length) <= MOST_SAMPLES * step < np.inf:
        msg = (
            f"t_r={t_r}, oversampling={oversampling}, time_length={time_length}; "
            f"expected a response of at most {MOST_SAMPLES} samples"
        )
        raise ValueError(msg)
    n_samples = int(np.rint(float(time_length) / (t_r / oversampling)))
    return np.linspace(0, time_length, n_samples)


def time_derivative(
    t_r: float,
    oversampling: int = 50,
    time_length: float = 32.0,
    onset: float = 0.0,
    shape: DoubleGamma = SPM,
) -> Array:
    """Change of a response per second of delay: ``(h(t) - h(t - 0.1)) / 0.1``.

    Parameters are those of `double_gamma_hrf`.

    Examples
    --------
    The derivative and the response move the same mass, so it sums to zero:

    >>> bool(abs(time_derivative(2.0).sum()) < 1e-12)
    True
    """
    now = double_gamma_hrf(t_r, oversampling, time_length, onset, shape)
    later = double_gamma_hrf(t_r, oversampling, time_length, onset + TIME_STEP, shape)
    return (now - later) / TIME_STEP


def dispersion_derivative(
    t_r: float,
    oversampling: int = 50,
    time_length: float = 32.0,
    onset: float = 0.0,
    shape: DoubleGamma = SPM,
) -> Array:
    """Change of a response per unit of width: ``(h(t; b) - h(t; b + 0.01)) / 0.01``.

    Parameters are those of `double_gamma_hrf`; b is the dispersion of the peak.

    Examples
    --------
    >>> bool(abs(dispersion_derivative(2.0).sum()) < 1e-12)
    True
    """
    wider = DoubleGamma(
        shape.delay,
        shape.undershoot,
        shape.dispersion + DISPERSION_STEP,
        shape.u_dispersion,
        shape.ratio,
    )
    narrow = double_gamma_hrf(t_r, oversampling, time_length, onset, shape)
    wide = double_gamma_hrf(t_r, oversampling, time_length, onset, wider)
    return (narrow - wide) / DISPERSION_STEP


def spm_hrf(
    t_r: float, oversampling: int = 50, time_length: float = 32.0, onset: float = 0.0
) -> Array:
    r"""The canonical response of SPM.

    .. math:: h(t) \propto g(t; 6, 1) - 0.167\, g(t; 16, 1), \qquad \sum h = 1

    Parameters
    ----------
    t_r : float
        Repetition time in seconds.
    oversampling : int
        Samples per repetition time.
    time_length : float
        How long the kernel is, in seconds.
    onset : float
        When the response starts, in seconds.

    Returns
    -------
    (time_length / t_r * oversampling,) float64
        Sums to one.

    Raises
    ------
    ValueError
        If a time is not positive, or the grid misses the response.

    References
    ----------
    Friston et al. (1998), NeuroImage 7:30-40.

    Examples
    --------
    It peaks five seconds after its cause:

    >>> hrf = spm_hrf(t_r=2.0, oversampling=20)
    >>> float(hrf.argmax() / 20 * 2.0)
    5.1
    """
    return double_gamma_hrf(t_r, oversampling, time_length, onset, SPM)


def glover_hrf(
    t_r: float, oversampling: int = 50, time_length: float = 32.0, onset: float = 0.0
) -> Array:
    r"""The response that Glover measured to auditory events.

    .. math::

        h(t) \propto g(t; 6/0.9, 0.9) - 0.48\, g(t; 12/0.9, 0.9),
        \qquad \sum h = 1

    Parameters, result and errors are those of `spm_hrf`.

    References
    ----------
    Glover (1999), NeuroImage 9:416-429.

    Examples
    --------
    The undershoot is earlier and deeper than SPM's:

    >>> canonical, measured = spm_hrf(1.0, 1), glover_hrf(1.0, 1)
    >>> int(canonical.argmin()), int(measured.argmin())
    (16, 13)
    >>> float(canonical.min() / canonical.max()), float(measured.min() / measured.max())
    (-0.09, -0.26)
    """
    return double_gamma_hrf(t_r, oversampling, time_length, onset, GLOVER)


def spm_time_derivative(
    t_r: float, oversampling: int = 50, time_length: float = 32.0, onset: float = 0.0
) -> Array:
    """How SPM's response changes when it comes earlier, per second.

    Parameters and errors are those of `spm_hrf`; the samples sum to zero.

    Examples
    --------
    >>> spm_time_derivative(2.0, oversampling=1, time_length=12.0).round(3)
    array([ 0.   ,  0.001,  0.17 , -0.018, -0.096, -0.057])
    """
    return time_derivative(t_r, oversampling, time_length, onset, SPM)


def glover_time_derivative(
    t_r: float, oversampling: int = 50, time_length: float = 32.0, onset: float = 0.0
) -> Array:
    """How Glover's response changes when it comes earlier, per second.

    Parameters and errors are those of `spm_hrf`; the samples sum to zero.

    Examples
    --------
    >>> glover_time_derivative(2.0, oversampling=1, time_length=12.0).round(2)
    array([ 0.  ,  0.  ,  0.23,  0.01, -0.16, -0.09])
    """
    return time_derivative(t_r, oversampling, time_length, onset, GLOVER)


def spm_dispersion_derivative(
    t_r: float, oversampling: int = 50, time_length: float = 32.0, onset: float = 0.0
) -> Array:
    """How SPM's response changes when its peak gets narrower.

    Parameters and errors are those of `spm_hrf`; the samples sum to zero.

    Examples
    --------
    Mass moves from the rise and the fall to the peak, six seconds late:

    >>> spm_dispersion_derivative(2.0, oversampling=1, time_length=12.0).round(3)
    array([ 0.   , -0.002, -0.199,  0.173,  0.072, -0.044])
    """
    return dispersion_derivative(t_r, oversampling, time_length, onset, SPM)


def glover_dispersion_derivative(
    t_r: float, oversampling: int = 50, time_length: float = 32.0, onset: float = 0.0
) -> Array:
    """How Glover's response changes when its peak gets narrower.

    The undershoot keeps unit width here, as in the design matrices this basis
    has to reproduce. Parameters and errors are those of `spm_hrf`; the samples
    sum to zero.

    Examples
    --------
    >>> glover_dispersion_derivative(2.0, 1, 12.0).round(2)
    array([ 0.  , -0.  , -0.29,  0.25,  0.1 , -0.06])
    """
    return dispersion_derivative(
        t_r, oversampling, time_length, onset, GLOVER_DISPERSED
    )


#: Models by name: the kernels of the basis, each with the ending of its columns.
HRF_MODELS: Mapping[str, tuple[tuple[str, HrfKernel], ...]] = MappingProxyType(
    {
        "spm": (("", spm_hrf),),
        "spm + derivative": (("", spm_hrf), ("_derivative", spm_time_derivative)),
        "spm + derivative + dispersion": (
            ("", spm_hrf),
            ("_derivative", spm_time_derivative),
            ("_dispersion", spm_dispersion_derivative),
        ),
        "glover": (("", glover_hrf),),
        "glover + derivative": (
            ("", glover_hrf),
            ("_derivative", glover_time_derivative),
        ),
        "glover + derivative + dispersion": (
            ("", glover_hrf),
            ("_derivative", glover_time_derivative),
            ("_dispersion", glover_dispersion_derivative),
        ),
    }
)
