"""Where a user wants a figure to be drawn, told apart from mistakes."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["checked_axes", "checked_figure"]


def checked_axes(axes: Any, name: str = "axes") -> "Axes":
    """The axes themselves, if they are axes.

    Raises
    ------
    TypeError
        If they are not, such as all the axes that ``plt.subplots(2)`` returns.

    Examples
    --------
    >>> checked_axes([1, 2])
    Traceback (most recent call last):
        ...
    TypeError: axes is a list; expected one matplotlib Axes, as axes[0] may be.
    """
    from matplotlib.axes import Axes

    if isinstance(axes, Axes):
        return axes
    hint = ", as axes[0] may be" if hasattr(axes, "__len__") else ""
    msg = f"{name} is a {type(axes).__name__}; expected one matplotlib Axes{hint}."
    raise TypeError(msg)


def checked_figure(figure: Any) -> Any:
    """The figure, or part of one, itself, if it is that.

    Raises
    ------
    TypeError
        If it is something else.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> checked_figure(figure) is figure
    True
    """
    from matplotlib.figure import FigureBase

    if isinstance(figure, FigureBase):
        return figure
    msg = f"figure is {figure!r}; expected a matplotlib Figure, or None for a new one."
    raise TypeError(msg)
