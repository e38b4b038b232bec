"""Where figures come from and how they go: new ones, those of pyplot, on screen."""

import sys
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from boldglm.plotting.saving import save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

__all__ = [
    "close_figure",
    "finish",
    "new_figure",
    "none_left_open",
    "root_figure",
    "show",
]

P = ParamSpec("P")
R = TypeVar("R")

_MADE: "ContextVar[list[Figure] | None]" = ContextVar("figures_made", default=None)


def new_figure(output_file: str | Path | None = None, **options: Any) -> "Figure":
    """A figure that pyplot knows, or one that is only written to a file.

    Parameters
    ----------
    output_file : path, optional
        If it is given the figure is pyplot's business at no time: it needs no
        display, and is gone when the last reference to it is.
    **options
        See `matplotlib.figure.Figure`.

    Returns
    -------
    matplotlib.figure.Figure
        Without `output_file` it is pyplot's current one: ``plt.savefig``,
        ``plt.show`` and ``plt.close`` find it. Where windows cannot be opened, it
        is drawn without one.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> figure = new_figure(figsize=(2.0, 1.0))
    >>> plt.gcf() is figure
    True
    >>> new_figure("picture.png") is plt.gcf()
    False
    """
    if output_file is not None:
        from matplotlib.figure import Figure

        return Figure(**options)
    from matplotlib import pyplot as plt

    before = plt.get_fignums()
    try:
        figure = plt.figure(**options)
    except Exception as error:
        # Every kit of windows has its own error for "there is no screen"
        if plt.get_backend().lower() == "agg" or not _is_about_windows(error):
            raise
        plt.switch_backend("agg")
        figure = plt.figure(**options)
    made = _MADE.get()
    if made is not None and figure.number not in before:
        made.append(figure)
    return figure


def none_left_open(plot: "Callable[P, R]") -> "Callable[P, R]":
    """Make a function that fails close the figures it has made by `new_figure`.

    An empty figure is of no use to who gets an error, and the next ``plt.show()``
    would show it.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> @none_left_open
    ... def plot():
    ...     new_figure(num=77)
    ...     raise ValueError
    >>> try:
    ...     plot()
    ... except ValueError:
    ...     plt.fignum_exists(77)
    False
    """

    @wraps(plot)
    def drawn(*args: "P.args", **kwargs: "P.kwargs") -> R:
        made: list[Figure] = []
        caller = _MADE.get()
        token = _MADE.set(made)
        try:
            result = plot(*args, **kwargs)
        except BaseException:
            for figure in made:
                close_figure(figure)
            raise
        finally:
            _MADE.reset(token)
        if caller is not None:
            # they are the caller's now, who may fail yet
            caller.extend(made)
        return result

    return drawn


def _is_about_windows(error: Exception) -> bool:
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, ImportError) or "TclError" in kinds


def root_figure(figure: "Figure | SubFigure") -> "Figure":
    """The figure that a part of a figure belongs to.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> whole = Figure()
    >>> root_figure(whole.subfigures(1, 2)[0]) is whole
    True
    """
    return figure.canvas.figure


def finish(figure: "Figure | SubFigure", output_file: str | Path | None) -> None:
    """Write a figure where it was asked for, and close it then.

    Parameters
    ----------
    figure : matplotlib.figure.Figure or SubFigure
    output_file : path or None
        None: the figure stays open.

    Raises
    ------
    ValueError, OSError
        See `save_figure`; the figure is closed all the same.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from matplotlib import pyplot as plt
    >>> path = Path(mkdtemp()) / "empty.png"
    >>> finish(plt.figure(figsize=(1.0, 1.0)), path)
    >>> path.exists()
    True
    """
    if output_file is None:
        return
    whole = root_figure(figure)
    try:
        save_figure(whole, output_file)
    finally:
        close_figure(whole)


def close_figure(figure: "Figure") -> None:
    """Let pyplot forget a figure, if it knows it.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> figure = plt.figure()
    >>> close_figure(figure)
    >>> plt.fignum_exists(figure.number)
    False
    """
    # pyplot is not loaded for this: what it does not know is nobody's but ours
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)


def show() -> None:
    """Show all open figures on screen, where there is one.

    Without a screen (or with a backend that draws only to files) nothing happens
    and nothing is said: the same script runs at the desk and on the cluster.

    Examples
    --------
    >>> show()
    """
    from matplotlib import pyplot as plt

    if plt.get_backend().lower() not in {
        "agg",
        "pdf",
        "svg",
        "ps",
        "cairo",
        "template",
    }:
        plt.show()
