"""What users pass as options, told apart from mistakes."""

from collections.abc import Mapping
from typing import Any

from boldglm._base.arguments import (
    check_choice,
    checked_number,
    checked_whole,
    shown,
)

__all__ = ["check_choice", "checked_number", "checked_options", "checked_whole"]


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
            f"{name} is {shown(options)}; expected a dict of argument names and "
            "values, or None."
        )
        raise TypeError(msg)
    return dict(options)
