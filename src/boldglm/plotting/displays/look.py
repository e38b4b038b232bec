"""What users pass for how things look, told apart from mistakes."""

from typing import Any

from boldglm._base.arguments import shown

__all__ = ["check_colour"]


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
