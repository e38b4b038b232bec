"""What a user asks of cleaning, checked and made the steps of `core.clean`."""

from collections.abc import Mapping
from typing import Any

from boldglm._base.arguments import check_truth
from boldglm._base.warnings import ImageWarning, warn
from boldglm.core.clean import Steps
from boldglm.signal.checks import checked_number, checked_options
from boldglm.signal.filters import check_band, check_filter_options, check_frequencies

__all__ = ["steps_from"]

_FLAGS = ("detrend", "standardize_confounds")
_INNER_FLAGS = ("extrapolate", "ensure_finite")
_FILTERS = ("butterworth", "cosine", False)
_FILTER_OPTIONS = {"order", "padtype", "padlen"}


def steps_from(params: Mapping[str, Any]) -> tuple[Steps, bool]:
    """Check the parameters of cleaning.

    Parameters
    ----------
    params : dict
        ``detrend``, ``standardize``, ``standardize_confounds``, ``low_pass``,
        ``high_pass``, ``t_r`` and ``clean_args``, a dict of ``filter``,
        ``extrapolate``, ``ensure_finite`` and ``butterworth__...``.

    Returns
    -------
    steps : Steps
    cosines : bool
        Whether slow cosines take the place of the Butterworth filter.

    Raises
    ------
    ValueError
        For an unknown option, or a filter without `t_r`.
    TypeError
        If a number is none, or `clean_args` no dict.

    Examples
    --------
    >>> steps_from({"standardize": True})[0].standardize
    'zscore_sample'
    """
    options = checked_options(params.get("clean_args"), "clean_args")
    kind = options.pop("filter", "butterworth")
    flags = {name: options.pop(name, False) for name in _INNER_FLAGS}
    flags |= {name: params[name] for name in _FLAGS if params.get(name) is not None}
    for name, flag in flags.items():
        check_truth(flag, name)
    inner = {
        key.removeprefix("butterworth__"): value
        for key, value in options.items()
        if key.startswith("butterworth__")
    }
    unknown = set(options) - {f"butterworth__{name}" for name in _FILTER_OPTIONS}
    if unknown or kind not in _FILTERS:
        what = ", ".join(sorted(unknown)) or f"filter={kind!r}"
        msg = (
            f"Cleaning has no option {what}; expected filter ('butterworth', 'cosine' "
            "or False), extrapolate, ensure_finite, or butterworth__ with order, "
            "padtype or padlen."
        )
        raise ValueError(msg)
    low, high, t_r = (params.get(key) for key in ("low_pass", "high_pass", "t_r"))
    if t_r is not None:
        checked_number(t_r, "t_r", "seconds between scans, or None")
    check_frequencies(low, high)
    _check_filter(kind, low, high, t_r)
    check_filter_options(inner)
    band = (None, None)
    if kind == "butterworth" and (low, high) != (None, None):
        band = check_band(low, high, t_r)  # type: ignore[arg-type]
    steps = Steps(
        detrend=bool(flags.get("detrend", False)),
        low_pass=band[0],
        high_pass=band[1],
        t_r=t_r,
        filter_options=inner,
        extrapolate=bool(flags["extrapolate"]),
        standardize_confounds=bool(flags.get("standardize_confounds", True)),
        standardize=_scale(params.get("standardize")),
    )
    return steps, kind == "cosine"


def _scale(standardize: Any) -> str | None:
    if standardize is None or standardize is False:
        return None
    if standardize is True:
        return "zscore_sample"
    if isinstance(standardize, str) and standardize in ("zscore_sample", "psc"):
        return standardize
    msg = (
        f"standardize is {standardize!r}; "
        "expected 'zscore_sample', 'psc', True (zscore_sample), None or False."
    )
    raise ValueError(msg)


def _check_filter(kind: Any, low: Any, high: Any, t_r: Any) -> None:
    if kind == "cosine" and (high is None or t_r is None):
        msg = (
            f"filter='cosine' with high_pass={high} and t_r={t_r}: slow cosines need "
            "the cut-off high_pass, in Hz, and the repetition time t_r, in seconds."
        )
        raise ValueError(msg)
    if low is None and high is None:
        return
    if kind is False:
        _warn("filter=False: low_pass and high_pass are not used.")
        return
    if t_r is None or not t_r > 0:
        msg = (
            f"low_pass={low} and high_pass={high} are in Hz: filtering needs the "
            f"repetition time t_r, in seconds; got {t_r}."
        )
        raise ValueError(msg)
    if kind == "cosine" and low is not None:
        _warn(f"low_pass={low} is not used: filter='cosine' only takes slow drifts.")


def _warn(text: str) -> None:
    warn(text, ImageWarning)
