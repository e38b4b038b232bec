"""What users pass as numbers, options and names, told apart from mistakes."""

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

import numpy as np

__all__ = ["check_choice", "checked_number", "checked_options", "checked_whole"]


def checked_number(
    value: Any,
    name: str,
    expected: str = "a number",
    *,
    low: float | None = None,
    high: float | None = None,
) -> Any:
    """The value itself, if it is one real number within limits.

    Parameters
    ----------
    value
        Booleans and text are no numbers, whatever they look like.
    name : str
        Of the parameter.
    expected : str
        What the message asks for.
    low, high : float or None
        Limits, included. With any of them, nan and infinity are refused.

    Returns
    -------
    number

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is beyond the limits.

    Examples
    --------
    >>> checked_number(2.5, "t_r")
    2.5
    >>> checked_number("2", "t_r", "seconds")
    Traceback (most recent call last):
        ...
    TypeError: t_r is '2'; expected seconds.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    msg = f"{name} is {_shown(value)}; expected {expected}."
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(msg)
    if low is None and high is None:
        return value
    try:
        size = float(value)
    except OverflowError:
        size = np.inf
    within = (low is None or size >= low) and (high is None or size <= high)
    if not (within and np.isfinite(size)):
        raise ValueError(msg)
    return value


def checked_whole(
    value: Any, name: str, expected: str, *, low: int = 0, high: float = 2.0**53
) -> int:
    """A whole number from `low` to `high`, as an int; 2.0 counts as 2.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is too small or too large, or not whole.

    Examples
    --------
    >>> checked_whole(np.int64(3), "opening", "voxels")
    3
    """
    number = checked_number(value, name, expected, low=low, high=high)
    if number != int(number):
        msg = f"{name} is {_shown(value)}; expected {expected}."
        raise ValueError(msg)
    return int(number)


def checked_options(options: Any, name: str) -> dict[str, Any]:
    """A dict of options, empty for None.

    Raises
    ------
    TypeError
        If it is no dict.

    Examples
    --------
    >>> checked_options(None, "clean_args")
    {}
    """
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        msg = (
            f"{name} is {_shown(options)}; expected a dict of argument names and "
            "values, or None."
        )
        raise TypeError(msg)
    return dict(options)


def check_choice(value: Any, name: str, choices: Iterable[str]) -> None:
    """Raise unless a value is one of some names.

    Raises
    ------
    ValueError
        With all of them.

    Examples
    --------
    >>> check_choice("x", "strategy", ["mean", "sum"])
    Traceback (most recent call last):
        ...
    ValueError: strategy is 'x'; expected one of 'mean', 'sum'.
    """
    names = list(choices)
    if not isinstance(value, str) or value not in names:
        shown = ", ".join(map(repr, names))
        msg = f"{name} is {_shown(value)}; expected one of {shown}."
        raise ValueError(msg)


def _shown(value: Any) -> str:
    """What was given, in at most a line; numbers of numpy as plain ones."""
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= 80 else f"a {type(value).__name__}: {text[:60]}..."
