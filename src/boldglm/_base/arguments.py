"""What users pass, told apart from mistakes: one check for each kind of argument."""

from collections.abc import Iterable, Mapping
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "as_list",
    "as_numbers",
    "as_path",
    "check_choice",
    "check_truth",
    "checked_number",
    "checked_whole",
    "shown",
]


def as_path(path: Any, name: str) -> Path:
    """A path, ``~`` expanded.

    Parameters
    ----------
    path : str or Path
    name : str
        Of the argument.

    Returns
    -------
    Path

    Raises
    ------
    TypeError
        If it is no path.
    ValueError
        If no file can have that name, or ``~`` stands for nobody's home folder.

    Examples
    --------
    >>> as_path("run-1.nii", "img").name
    'run-1.nii'
    >>> as_path(3, "out_dir")
    Traceback (most recent call last):
    TypeError: out_dir is 3; expected a path, as text or a pathlib.Path.
    """
    if not isinstance(path, str | PathLike) or isinstance(path, bytes):
        msg = f"{name} is {shown(path)}; expected a path, as text or a pathlib.Path."
        raise TypeError(msg)
    try:
        expanded = Path(path).expanduser()
    except RuntimeError as error:
        msg = f"{name} is {str(path)!r}, but there is no such home folder."
        raise ValueError(msg) from error
    if "\0" in str(expanded):
        msg = f"{name} is {str(path)!r}; the name of a file has no null character."
        raise ValueError(msg)
    return expanded


def check_truth(value: Any, name: str) -> None:
    """Refuse what only happens to be true or false, such as ``'no'``.

    Raises
    ------
    TypeError
        Unless it is True or False (or 1 or 0).

    Examples
    --------
    >>> check_truth("no", "two_sided")
    Traceback (most recent call last):
    TypeError: two_sided is 'no'; expected True or False.
    """
    if not isinstance(value, bool | np.bool_ | int) or value not in (0, 1):
        msg = f"{name} is {shown(value)}; expected True or False."
        raise TypeError(msg)


def as_list(values: Any, name: str, expected: str) -> list[Any]:
    """The elements of a list; text is not one of letters.

    Parameters
    ----------
    values : iterable
    name : str
        Of the argument.
    expected : str
        What it is a list of, for the message.

    Returns
    -------
    list

    Raises
    ------
    TypeError
        If it is no list.

    Examples
    --------
    >>> as_list(("a", "b"), "names", "names of columns")
    ['a', 'b']
    """
    no_list = isinstance(values, str | bytes | PathLike | np.generic | Mapping)
    flat = isinstance(values, np.ndarray) and values.ndim == 0
    # whose elements are names of columns
    table = hasattr(values, "columns")
    if no_list or flat or table or not isinstance(values, Iterable):
        msg = f"{name} is {shown(values)}; expected a list of {expected}."
        raise TypeError(msg)
    return list(values)


def as_numbers(values: Any, name: str, expected: str = "numbers") -> np.ndarray:
    """An array of real numbers.

    Parameters
    ----------
    values : array-like
        Numbers of Python and of pandas become float64; text does not.
    name, expected : str
        Of the argument, and what the message asks for.

    Returns
    -------
    array

    Raises
    ------
    TypeError
        If there are others in it, or rows differ in length.

    Examples
    --------
    >>> as_numbers([1, 2], "x")
    array([1, 2])
    >>> as_numbers("ten", "onset")
    Traceback (most recent call last):
    TypeError: onset is 'ten'; expected numbers.
    """
    array = _arrayed(values)
    if array.dtype.kind not in "biuf":
        msg = f"{name} is {shown(values)}; expected {expected}."
        raise TypeError(msg)
    return array


def _arrayed(values: Any) -> np.ndarray:
    """An array; one of objects where the values are no real numbers."""
    try:
        array = np.asarray(values)
        if array.dtype.kind != "O" or any(
            one is None or isinstance(one, str | bytes) for one in array.flat
        ):
            return array
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        return np.empty(0, object)


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
    msg = f"{name} is {shown(value)}; expected {expected}."
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
        msg = f"{name} is {shown(value)}; expected {expected}."
        raise ValueError(msg)
    return int(number)


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
        known = ", ".join(map(repr, names))
        msg = f"{name} is {shown(value)}; expected one of {known}."
        raise ValueError(msg)


def shown(value: Any) -> str:
    """What was given, in at most a line; numbers of numpy as plain ones.

    Examples
    --------
    >>> shown(np.float64(2.5)), shown([1] * 99)
    ('2.5', 'a list: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1...')
    """
    try:
        text = repr(value.item() if isinstance(value, np.generic) else value)
    except ValueError:
        # a whole number of thousands of digits
        text = f"a {type(value).__name__} of many digits"
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"a {type(value).__name__}: {text[:60]}..."
