"""What users pass as paths, flags and lists, told apart from mistakes."""

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["as_flag", "as_list", "as_path", "check_truth"]


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
        msg = f"{name} is {_shown(path)}; expected a path, as text or a pathlib.Path."
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
        msg = f"{name} is {_shown(value)}; expected True or False."
        raise TypeError(msg)


def as_flag(value: Any, name: str) -> bool:
    """Whether a flag is set; see `check_truth`.

    Examples
    --------
    >>> as_flag(1, "detrend")
    True
    """
    check_truth(value, name)
    return bool(value)


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
    if no_list or flat or not isinstance(values, Iterable):
        msg = f"{name} is {_shown(values)}; expected a list of {expected}."
        raise TypeError(msg)
    return list(values)


def _shown(value: Any) -> str:
    """What was given, in at most a line; numbers of numpy as plain ones."""
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= 80 else f"a {type(value).__name__}: {text[:60]}..."
