"""What users pass for how things look, told apart from mistakes."""

from typing import Any

import numpy as np

from boldglm._base.arguments import as_numbers, checked_number, shown

__all__ = ["check_colour", "check_lines", "check_words"]


def check_colour(colour: Any, name: str) -> None:
    """Raise unless matplotlib knows a colour.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_colour("r", "color")
    """
    from matplotlib.colors import is_color_like

    try:
        known = is_color_like(colour)
    except (TypeError, ValueError):
        known = False
    if not known:
        msg = (
            f"{name} is {shown(colour)}; expected a colour, such as 'red', "
            "'#ff0000' or (1, 0, 0)."
        )
        raise ValueError(msg)


def check_words(x: Any, y: Any, size: Any, alpha: Any) -> None:
    """Raise unless words can be placed so on a frame, and be so large.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> check_words(0.0, 1.0, 12, 0.5)
    """
    checked_number(x, "x", "a fraction of the frame", low=-10, high=10)
    checked_number(y, "y", "a fraction of the frame", low=-10, high=10)
    checked_number(size, "size", "points", low=0.1, high=1000)
    checked_number(alpha, "alpha", "an opacity, from 0 to 1", low=0, high=1)


def check_lines(look: dict[str, Any]) -> None:
    """Raise for colours and widths of lines that matplotlib would stumble over late.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> check_lines({"colors": ["r", (0, 0, 1)], "linewidths": 2})
    """
    from matplotlib.colors import is_color_like

    colours = look.get("colors")
    if colours is not None:
        several = isinstance(colours, list | tuple | np.ndarray)
        for one in colours if several and not is_color_like(colours) else [colours]:
            check_colour(one, "colors")
    if look.get("linewidths") is not None:
        widths = as_numbers(look["linewidths"], "linewidths", "widths in points")
        if not (np.isfinite(widths).all() and (widths >= 0).all()):
            msg = f"linewidths is {look['linewidths']!r}; expected widths, 0 or more."
            raise ValueError(msg)
