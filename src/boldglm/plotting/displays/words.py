"""Text that fits: titles, and the line that tells how long a centimetre is."""

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boldglm.plotting.displays.frame import Frame

__all__ = ["fit_title", "scale_bar", "text_width"]

_SMALLEST = 9.0


def fit_title(text: str, size: float, frame: "Frame") -> tuple[list[str], float]:
    """Lines and size of a title that is not wider than its frame.

    Smaller letters first; where those would be too small, more lines, four at most.

    Parameters
    ----------
    text : str
    size : float
        Wanted, points.
    frame : Frame

    Returns
    -------
    lines : list of str
    size : float
    """
    _, _, width, _ = frame.room()
    # at few dots per inch hinting makes text up to 6 % wider
    points = 72 * 0.92 * max(width, 0.5)
    given = text.splitlines() or [""]
    longest = max([*map(text_width, given), 1e-6])
    size = min(size, max(points / longest, min(size, _SMALLEST * frame.text_scale())))
    if longest * size <= 1.0001 * points:
        return given, size
    # letters are of different widths: fewer of them, until all lines fit
    room = int(2 * points / size)
    lines = _wrapped(given, room)
    while room > 8 and max(map(text_width, lines)) * size > points:
        room -= 1
        lines = _wrapped(given, room)
    if len(lines) > 4:
        lines = [*lines[:3], _cut(lines[3], points / size)]
    return lines, size


def text_width(line: str) -> float:
    """How wide a line is, as a multiple of the size of its letters.

    Examples
    --------
    >>> 1 < text_width("8.5") < 2
    True
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=10)
    width, _, _ = text_to_path.get_text_width_height_descent(line, font, ismath=False)
    return float(width) / 10


def _cut(line: str, room: float) -> str:
    while line and text_width(line + "…") > room:
        line = line[:-1]
    return line + "…"


def _wrapped(lines: list[str], room: int) -> list[str]:
    return [part for line in lines for part in textwrap.wrap(line, room) or [""]]


def scale_bar(
    axes: Any, length: float, units: str, place: int, size: float, ink: Any
) -> None:
    """Draw a line of a length on axes in millimetres, and write the length at it.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    length : float
    units : {"cm", "mm"}
    place : int
        matplotlib's number of a corner.
    size : float
        Of the letters, points.
    ink : colour

    Raises
    ------
    ValueError
        For other units.
    """
    from matplotlib.font_manager import FontProperties
    from mpl_toolkits.axes_grid1.anchored_artists import AnchoredSizeBar

    from boldglm.signal.checks import check_choice

    millimetres = {"cm": 10.0, "mm": 1.0}
    check_choice(units, "scale_units", millimetres)
    bar = AnchoredSizeBar(
        axes.transData,
        length * millimetres[units],
        f"{length:g} {units}",
        loc=place,
        pad=0.1,
        borderpad=0.5,
        sep=3,
        frameon=False,
        color=ink,
        fontproperties=FontProperties(size=size),
    )
    axes.add_artist(bar)
