"""Matrices as figures: names that stay readable, numbers in their cells."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from boldglm.plotting.figures import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = [
    "SOFT_INK",
    "label_columns",
    "label_rows",
    "new_axes",
    "shortened",
    "write_in_cells",
]

SOFT_INK = "0.35"
#: Inches; wider figures are for walls, and larger than some formats can be.
WIDEST = 24.0
#: Points; below that nobody reads.
SMALLEST = 4.0
LARGEST = 10.0
LONGEST = 48


def new_axes(output_file: str | Path | None, width: float, height: float) -> "Axes":
    """Axes in a figure of its own, in which nothing is cut off.

    Parameters
    ----------
    output_file : path or None
        See `boldglm.plotting.figures.new_figure`.
    width, height : float
        Inches; the width is held to `WIDEST`.

    Examples
    --------
    >>> axes = new_axes("picture.png", 100.0, 2.0)
    >>> axes.figure.get_size_inches()
    array([24.,  2.])
    """
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # The layout is found in two steps, which leave leaning names a little too far out
    layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.06)
    size = (min(width, WIDEST), height)
    return new_figure(output_file, figsize=size, layout=layout).add_subplot()


def shortened(name: str) -> str:
    """A name as it is, or its beginning and end if it is longer than a line.

    Examples
    --------
    >>> len(shortened("x" * 500)), shortened("task")
    (48, 'task')
    """
    name = " ".join(name.split()) if name.strip() else name
    if len(name) <= LONGEST:
        return name
    tail = LONGEST // 3
    return f"{name[: LONGEST - tail - 1]}…{name[-tail:]}"


def label_columns(
    axes: "Axes", names: Sequence[str], *, above: bool = True, angle: float = 60
) -> None:
    """Write a name at every column, as large as the columns let it be.

    Names that would run into each other even in small print are written at every
    second, third, … column only.

    Parameters
    ----------
    axes : Axes
    names : sequence of str
        A ``$`` in them is a ``$``, no formula.
    above : bool
        Above the matrix, leaning away to the right, or below it, to the left.
    angle : float
        Degrees.
    """
    size, step = _print(axes, len(names), "width")
    axes.tick_params(axis="x", length=2, pad=1)
    if above:
        axes.xaxis.tick_top()
    # Leaning labels start at the middle of their column
    axes.set_xticks(
        range(0, len(names), step),
        [shortened(name) for name in names[::step]],
        rotation=angle,
        rotation_mode="anchor",
        ha="left" if above else "right",
        va="bottom" if above else "top",
        parse_math=False,
        fontsize=size,
    )


def label_rows(axes: "Axes", names: Sequence[str]) -> None:
    """Write a name at every row, as large as the rows let it be."""
    size, step = _print(axes, len(names), "height")
    axes.tick_params(axis="y", length=2, pad=2)
    axes.set_yticks(
        range(0, len(names), step),
        [shortened(name) for name in names[::step]],
        parse_math=False,
        fontsize=size,
    )


def _print(axes: "Axes", n_labels: int, side: str) -> tuple[float, int]:
    """Points of a label, and how many rows or columns go to one."""
    inches = getattr(axes.bbox, side) / axes.figure.canvas.figure.dpi
    room = 72.0 * 0.85 * inches / max(n_labels, 1)
    step = max(1, int(np.ceil(SMALLEST / room)))
    return float(np.clip(room * step, SMALLEST, LARGEST)), step


def write_in_cells(
    axes: "Axes",
    colours: "NDArray[np.float64]",
    texts: "NDArray[np.str_]",
    size: float = 8.0,
) -> None:
    """Write into the cells of a matrix, white on dark colours and black on light.

    Parameters
    ----------
    axes : Axes
    colours : (n_rows, n_columns, 4) float
        Of the cells: red, green, blue, alpha.
    texts : (n_rows, n_columns) str
        Empty where a cell stays empty.
    size : float
        Points.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().add_subplot()
    >>> colours = np.array([[[0.0, 0.0, 0.4, 1.0], [1.0, 1.0, 0.8, 1.0]]])
    >>> write_in_cells(axes, colours, np.array([["a", "b"]]))
    >>> [(text.get_text(), text.get_color()) for text in axes.texts]
    [('a', 'white'), ('b', 'black')]
    """
    # Rec. 709: what the eye takes for light
    light = colours[..., :3] @ np.array([0.2126, 0.7152, 0.0722])
    for row, column in zip(*np.nonzero(texts != ""), strict=True):
        axes.text(
            column,
            row,
            str(texts[row, column]),
            ha="center",
            va="center",
            fontsize=size,
            color="black" if light[row, column] > 0.45 else "white",
        )
