"""Numbers that users give to a simulation, sorted out at the door."""

import math
import operator
from typing import Any

__all__ = ["plain_number", "real_number", "settle", "whole_number"]


def whole_number(name: str, value: Any, least: int = 1) -> int:
    """A count or a seed, as an int of Python.

    Parameters
    ----------
    name : str
        Of the argument, for the error.
    value : int
        Or what numpy has instead.
    least : int

    Returns
    -------
    int

    Raises
    ------
    TypeError
        If it is no whole number.
    ValueError
        If it is less than `least`.

    Examples
    --------
    >>> import numpy as np
    >>> whole_number("n_runs", np.int64(3))
    3
    >>> whole_number("n_runs", 0)
    Traceback (most recent call last):
        ...
    ValueError: n_runs is 0; expected at least 1
    """
    try:
        found = operator.index(value)
    except TypeError:
        msg = f"{name} is {value!r}; expected a whole number"
        raise TypeError(msg) from None
    if found < least:
        expected = f"at least {least}" if least else "0 or more"
        msg = f"{name} is {value}; expected {expected}"
        raise ValueError(msg)
    return found


def real_number(name: str, value: Any, *, positive: bool = False) -> float:
    """A length, a time or a standard deviation, as a float of Python.

    Parameters
    ----------
    name : str
        Of the argument, for the error.
    value : float
        Or what numpy has instead.
    positive : bool
        Whether 0 is too little.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is negative, infinite or NaN, or 0 if it must be `positive`.

    Examples
    --------
    >>> real_number("sd", 2)
    2.0
    >>> real_number("sd", -1.0)
    Traceback (most recent call last):
        ...
    ValueError: sd is -1.0; expected 0 or more
    """
    try:
        found = float(value)
    except (TypeError, ValueError):
        msg = f"{name} is {value!r}; expected a number"
        raise TypeError(msg) from None
    if not 0 <= found < math.inf or (positive and not found):
        msg = (
            f"{name} is {value}; expected {'more than 0' if positive else '0 or more'}"
        )
        raise ValueError(msg)
    return found


def plain_number(value: Any) -> float:
    """A number of Python instead of one of numpy, which JSON does not know.

    Examples
    --------
    >>> import numpy as np
    >>> plain_number(np.float32(0.5)), plain_number(2)
    (0.5, 2)
    """
    found: float = value.item() if hasattr(value, "item") else value
    return found


def settle(settings: Any, **values: Any) -> None:
    """Set fields of a frozen dataclass, while it is made.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Settings:
    ...     sd: float
    ...     def __post_init__(self):
    ...         settle(self, sd=real_number("sd", self.sd))
    >>> Settings(1)
    Settings(sd=1.0)
    """
    for name, value in values.items():
        # What makes it frozen is in its own __setattr__
        object.__setattr__(settings, name, value)
