"""Numbers that users give to a simulation, sorted out at the door."""

import math
import operator
from typing import Any, TypeVar

import numpy as np

from boldglm._base.arguments import as_list, checked_number, shown

__all__ = [
    "checked_range",
    "checked_share",
    "listed_of",
    "of_kind",
    "plain_number",
    "real_number",
    "settle",
    "whole_number",
]

Kind = TypeVar("Kind")


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
        msg = f"{name} is {shown(value)}; expected a whole number"
        raise TypeError(msg) from None
    if found < least:
        expected = f"at least {least}" if least else "0 or more"
        msg = f"{name} is {shown(value)}; expected {expected}"
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
        found = math.nan if isinstance(value, str | bytes) else float(value)
    except OverflowError:
        found = math.inf
    except (TypeError, ValueError):
        found = math.nan
    if math.isnan(found) and not isinstance(value, float | np.floating):
        msg = f"{name} is {shown(value)}; expected a number"
        raise TypeError(msg)
    if not 0 <= found < math.inf or (positive and not found):
        msg = (
            f"{name} is {value}; expected {'more than 0' if positive else '0 or more'}"
        )
        raise ValueError(msg)
    return found


def checked_range(name: str, pair: Any) -> tuple[float, float]:
    """Two numbers, the lower first.

    Raises
    ------
    TypeError
        If they are no numbers.
    ValueError
        If there are not two.

    Examples
    --------
    >>> checked_range("within", (0, 0.5))
    (0.0, 0.5)
    """
    expected = "two numbers, the lowest and the highest"
    numbers = as_list(pair, name, expected)
    if len(numbers) != 2:
        msg = f"{name} is {shown(pair)}; expected {expected}"
        raise ValueError(msg)
    low, high = (float(checked_number(n, name, expected)) for n in numbers)
    return low, high


def checked_share(name: str, value: Any, of: str) -> float:
    """A part of a whole, from 0 to 1.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is no share.

    Examples
    --------
    >>> checked_share("missing", 0.25, "the brain")
    0.25
    """
    expected = f"a share of {of}, 0 to 1"
    return float(checked_number(value, name, expected, low=0, high=1))


def of_kind(name: str, value: Any, kind: type[Kind]) -> Kind:
    """The value itself, if it is of a kind.

    Raises
    ------
    TypeError
        If it is not.

    Examples
    --------
    >>> of_kind("seed", 2, int)
    2
    """
    if not isinstance(value, kind):
        msg = f"{name} is {shown(value)}; expected a {kind.__name__}"
        raise TypeError(msg)
    return value


def listed_of(name: str, values: Any, kind: type[Kind]) -> tuple[Kind, ...]:
    """What is in a list, if all of it is of a kind.

    Raises
    ------
    TypeError
        If it is no list, or there is something else in it.

    Examples
    --------
    >>> listed_of("runs", [1, 2], int)
    (1, 2)
    """
    found = as_list(values, name, f"{kind.__name__} objects")
    return tuple(of_kind(f"an element of {name}", one, kind) for one in found)


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
