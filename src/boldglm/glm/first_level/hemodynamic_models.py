"""Regressors of one condition: events convolved with a haemodynamic model."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from boldglm._base.arguments import as_list, as_numbers, checked_number, checked_whole
from boldglm._base.errors import DesignError
from boldglm._base.warnings import EventsWarning, warn
from boldglm.core.hrf import (
    HRF_MODELS,
    glover_dispersion_derivative,
    glover_hrf,
    glover_time_derivative,
    spm_dispersion_derivative,
    spm_hrf,
    spm_time_derivative,
)
from boldglm.core.regressors import (
    EventTrain,
    convolve_events,
    fine_grid,
    fir_kernel,
    impulse_kernel,
    orthogonalize,
)

__all__ = [
    "HrfBasis",
    "check_frame_times",
    "checked_oversampling",
    "compute_regressor",
    "condition_regressors",
    "early_onset_note",
    "glover_dispersion_derivative",
    "glover_hrf",
    "glover_time_derivative",
    "hrf_basis",
    "orthogonalize",
    "spm_dispersion_derivative",
    "spm_hrf",
    "spm_time_derivative",
]

#: Scans: no run is as long.
LONGEST_DELAY = 10**5

HrfModel: TypeAlias = str | Callable[..., Any] | Sequence[Callable[..., Any]] | None


@dataclass(frozen=True, slots=True, eq=False)
class HrfBasis:
    """What a haemodynamic model means on a grid.

    Attributes
    ----------
    endings : tuple of str
        Of the columns of a condition, one for each kernel.
    kernels : tuple of (n_samples,) arrays
    lead : int
        Samples to read after each scan.
    orthogonal : bool
        Whether each regressor is made orthogonal to those before it.
    """

    endings: tuple[str, ...]
    kernels: tuple[np.ndarray, ...]
    lead: int = 0
    orthogonal: bool = True


def hrf_basis(
    hrf_model: HrfModel,
    t_r: float,
    oversampling: int = 50,
    fir_delays: Iterable[float] | None = None,
) -> HrfBasis:
    """Sample the kernels of a haemodynamic model.

    Parameters
    ----------
    hrf_model : str, callable, list of callables, or None
        A name of `boldglm.core.hrf.HRF_MODELS`, in any case; ``"fir"``; a function
        of ``(t_r, oversampling)`` that returns a kernel, or several; or None for
        the events as they are.
    t_r : float
        Seconds.
    oversampling : int
    fir_delays : iterable of int, optional
        Scans, for ``"fir"``. ``[0]`` if None.

    Returns
    -------
    HrfBasis

    Raises
    ------
    DesignError
        If the model is unknown, a function cannot be called so or returns no
        kernel, or two columns would have one name.

    Examples
    --------
    >>> hrf_basis("SPM + derivative", t_r=2.0).endings
    ('', '_derivative')
    >>> hrf_basis("fir", t_r=2.0, fir_delays=[0, 1]).endings
    ('_delay_0', '_delay_1')
    """
    if hrf_model is None:
        return HrfBasis(("",), (impulse_kernel(t_r, oversampling),))
    if isinstance(hrf_model, str):
        return _named_basis(hrf_model, t_r, oversampling, fir_delays)
    models = [hrf_model] if callable(hrf_model) else _as_list(hrf_model)
    if not models or not all(callable(model) for model in models):
        raise DesignError(_unknown(hrf_model))
    kernels = tuple(_custom_kernel(model, t_r, oversampling) for model in models)
    endings = tuple(f"_{_name_of(model)}" for model in models)
    return HrfBasis(_distinct(endings), kernels)


def _as_list(hrf_model: Any) -> list[Any]:
    return list(hrf_model) if isinstance(hrf_model, Iterable) else []


def _named_basis(
    name: str, t_r: float, oversampling: int, fir_delays: Iterable[float] | None
) -> HrfBasis:
    key = " + ".join(part.strip() for part in name.lower().split("+"))
    if key == "fir":
        given = [0] if fir_delays is None else fir_delays
        delays = [_whole(delay) for delay in as_list(given, "fir_delays", "scans")]
        if not delays:
            msg = "fir_delays is empty; expected numbers of scans, such as range(10)."
            raise DesignError(msg)
        return HrfBasis(
            _distinct(tuple(f"_delay_{delay}" for delay in delays)),
            tuple(fir_kernel(delay, oversampling) for delay in delays),
            lead=oversampling - 1,
            orthogonal=False,
        )
    if key not in HRF_MODELS:
        raise DesignError(_unknown(name))
    basis = HRF_MODELS[key]
    return HrfBasis(
        tuple(ending for ending, _ in basis),
        tuple(kernel(t_r, oversampling) for _, kernel in basis),
    )


def _whole(delay: float) -> int:
    try:
        return checked_whole(delay, "fir_delays", "", high=LONGEST_DELAY)
    except (TypeError, ValueError) as error:
        msg = (
            f"fir_delays has {delay}; expected whole numbers of scans, 0 or more (and "
            f"at most {LONGEST_DELAY})."
        )
        raise DesignError(msg) from error


def _unknown(hrf_model: Any) -> str:
    known = ", ".join(f"'{name}'" for name in (*HRF_MODELS, "fir"))
    return (
        f"{hrf_model!r} is not a known hrf model. Use one of {known}, None, a function "
        "of (t_r, oversampling) that returns a kernel, or a list of such functions."
    )


def _custom_kernel(
    model: Callable[..., Any], t_r: float, oversampling: int
) -> np.ndarray:
    name = _name_of(model)
    try:
        kernel = np.asarray(model(t_r, oversampling), dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = (
            f"Could not process custom HRF model '{name}': called as "
            f"{name}({t_r:g}, {oversampling}), that is (t_r, oversampling), it failed "
            f"with: {error}"
        )
        raise DesignError(msg) from error
    if kernel.ndim != 1 or kernel.size == 0 or not np.isfinite(kernel).all():
        msg = (
            f"Could not process custom HRF model '{name}': it returned shape "
            f"{kernel.shape}; expected a kernel (n_samples,) of finite numbers."
        )
        raise DesignError(msg)
    return kernel


def _name_of(model: Any) -> str:
    """Name of a function, also of one wrapped in `functools.partial`."""
    inner = getattr(model, "func", model)
    return str(getattr(inner, "__name__", type(inner).__name__))


def _distinct(endings: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(endings)) < len(endings):
        names = ", ".join(f"'…{ending}'" for ending in endings)
        msg = (
            f"Computed regressor names are not unique: {names}. Give the functions "
            "different names, or take out the repeated delays."
        )
        raise DesignError(msg)
    return endings


def check_frame_times(frame_times: Any) -> np.ndarray:
    """Frame times as an array of at least two ascending numbers of seconds.

    Raises
    ------
    DesignError
        If they are not.

    Examples
    --------
    >>> check_frame_times([0, 2, 4])
    array([0., 2., 4.])
    """
    times = as_numbers(frame_times, "frame_times").astype(np.float64)
    if times.ndim != 1 or times.size < 2:
        msg = (
            f"frame_times has shape {times.shape}; expected (n_scans,), the time of "
            "each of at least 2 scans in seconds."
        )
        raise DesignError(msg)
    bad = np.flatnonzero(~(np.diff(times) > 0))
    if bad.size or not np.isfinite(times).all():
        at = int(bad[0]) if bad.size else 0
        msg = (
            f"frame_times must ascend; got {times[at]:g}, then {times[at + 1]:g} at "
            f"index {at + 1}."
        )
        raise DesignError(msg)
    return times


def checked_oversampling(oversampling: Any) -> int:
    """Samples per scan, at least one.

    >>> checked_oversampling(16.0)
    16
    """
    expected = "a whole number of samples per scan, from 1 to a million"
    return checked_whole(oversampling, "oversampling", expected, low=1, high=10**6)


def condition_regressors(
    train: EventTrain,
    basis: HrfBasis,
    frame_times: np.ndarray,
    oversampling: int = 50,
    min_onset: float = -24.0,
) -> np.ndarray:
    """Regressors of all conditions: (n_scans, n_conditions, n_kernels).

    Examples
    --------
    >>> one = np.ones(1)
    >>> train = EventTrain(one, one, one, np.zeros(1, int), 1)
    >>> basis = hrf_basis("glover + derivative", t_r=2.0)
    >>> condition_regressors(train, basis, np.arange(10) * 2.0).shape
    (10, 1, 2)
    """
    grid = fine_grid(frame_times, oversampling, min_onset, basis.lead)
    X = np.stack(
        [convolve_events(train, grid, kernel, basis.lead) for kernel in basis.kernels],
        axis=-1,
    )
    if basis.orthogonal and len(basis.kernels) > 1:
        for condition in range(train.n_conditions):
            X[:, condition] = orthogonalize(X[:, condition])
    return X


def early_onset_note(
    onset: np.ndarray, frame_times: np.ndarray, min_onset: float
) -> str:
    """What to say of events before the modelled time; empty if there are none."""
    edge = frame_times[0] + float(min_onset)
    n_early = int(np.count_nonzero(onset < edge))
    if not n_early:
        return ""
    return (
        f"Some stimulus onsets are earlier than {edge} s (first scan + min_onset): "
        f"{n_early} of {onset.size} events. They are modelled as if they started then, "
        "so what came before is cut off; set min_onset lower to keep it."
    )


def compute_regressor(
    exp_condition: Any,
    hrf_model: HrfModel,
    frame_times: Any,
    con_id: str = "cond",
    oversampling: int = 50,
    fir_delays: Iterable[float] | None = None,
    min_onset: float = -24,
) -> tuple[np.ndarray, list[str]]:
    r"""Convolve the events of one condition with a haemodynamic model.

    .. math:: X[s, k] = \sum_e a_e \int_{on_e}^{on_e + d_e} h_k(t_s - u)\, du

    for events e of onset, duration d and amplitude a, kernels k and scans s, on a
    grid of `oversampling` samples per scan. Regressors of one model (but for
    ``"fir"``) are then made orthogonal to those before them.

    Parameters
    ----------
    exp_condition : (3, n_events) array-like
        Onsets and durations in seconds, amplitudes.
    hrf_model : str, callable, list of callables, or None
        ``"spm"`` or ``"glover"``, alone or ``" + derivative"`` or
        ``" + derivative + dispersion"``; ``"fir"``; functions of
        ``(t_r, oversampling)`` that return a kernel; None for no convolution.
    frame_times : (n_scans,) array-like
        Seconds, ascending.
    con_id : str
        Name of the condition.
    oversampling : int
        Samples per scan.
    fir_delays : iterable of int, optional
        Scans, for ``"fir"``. ``[0]`` if None.
    min_onset : float
        Seconds from the first scan; events that start before are modelled from
        there on, with a warning.

    Returns
    -------
    regressors : (n_scans, n_kernels) float64
    names : list of str

    Raises
    ------
    DesignError
        If the model, the times or the events make no sense.

    Examples
    --------
    >>> X, names = compute_regressor(
    ...     ([10.0], [2.0], [1.0]), "glover + derivative", np.arange(20) * 2.0, "tone"
    ... )
    >>> names, int(X[:, 0].argmax())
    (['tone', 'tone_derivative'], 8)
    """
    times = check_frame_times(frame_times)
    oversampling = checked_oversampling(oversampling)
    checked_number(min_onset, "min_onset", "seconds from the first scan")
    onset, duration, amplitude = _as_triplet(exp_condition)
    note = early_onset_note(onset, times, min_onset)
    if note:
        warn(note, EventsWarning)
    basis = hrf_basis(hrf_model, float(np.diff(times).min()), oversampling, fir_delays)
    train = EventTrain(onset, duration, amplitude, np.zeros(onset.size, np.intp), 1)
    X = condition_regressors(train, basis, times, oversampling, min_onset)
    return X[:, 0], [f"{con_id}{ending}" for ending in basis.endings]


def _as_triplet(exp_condition: Any) -> np.ndarray:
    try:
        triplet = np.asarray(exp_condition, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = (
            "exp_condition must be (onsets, durations, amplitudes), three lists of "
            f"numbers of one length: {error}"
        )
        raise DesignError(msg) from error
    if triplet.ndim != 2 or len(triplet) != 3 or not np.isfinite(triplet).all():
        msg = (
            f"exp_condition has shape {triplet.shape}; expected (3, n_events): onsets, "
            "durations and amplitudes, all finite."
        )
        raise DesignError(msg)
    return triplet
