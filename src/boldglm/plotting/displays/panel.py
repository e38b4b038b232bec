"""One picture of a display: a cut through the brain, or a look through it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.plotting.displays.views import Plane, view_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

__all__ = ["Panel", "with_margin"]

Extent = tuple[float, float, float, float]

_MARGIN = 0.02
_FOOT = 0.08
"""Room around what is shown, and below it for words, as shares of its height."""


def with_margin(extent: Extent) -> Extent:
    """A part of a plane, mm, and the room around it that a panel has.

    Examples
    --------
    >>> with_margin((0.0, 50.0, 0.0, 100.0))
    (-2.0, 52.0, -8.0, 102.0)
    """
    left, right, bottom, top = extent
    height = top - bottom
    side = _MARGIN * height
    return left - side, right + side, bottom - _FOOT * height, top + side


class Panel:
    """A view of the world on matplotlib axes, in millimetres.

    Attributes
    ----------
    ax : matplotlib.axes.Axes
        Draw on it in the coordinates of the view: y and z in mm for ``"x"``, ``"l"``
        and ``"r"``, x and z for ``"y"``, x and y for ``"z"``.
    direction : {"x", "y", "z", "l", "r"}
    coord : float or None
        Where the cut is along the direction, mm; None for a look through the brain.
    radiological : bool
        Whether the left of the body is on the right of the paper.
    """

    def __init__(
        self,
        ax: "Axes",
        direction: str,
        coord: float | None = None,
        radiological: bool = False,
    ) -> None:
        self.ax = ax
        self.direction = direction
        self.coord = coord
        self.radiological = radiological
        self.view = view_of(direction)
        self._extent: Extent | None = None
        ax.set_axis_off()
        ax.set(aspect="equal", anchor="C")
        ax.set_facecolor("none")

    @property
    def is_empty(self) -> bool:
        """Whether no image has said yet how large it is."""
        return self._extent is None

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of what is shown, mm."""
        left, right, bottom, top = self.limits
        return right - left, top - bottom

    @property
    def limits(self) -> Extent:
        """Left, right, bottom and top of the panel, mm: what is shown and a margin."""
        return with_margin(self._extent or (-1.0, 1.0, -1.0, 1.0))

    @property
    def mirrored(self) -> bool:
        """Whether millimetres grow to the left."""
        if self.view.has_sides:
            return self.radiological
        return self.view.looks_right

    def widen(self, extent: Extent) -> None:
        """Make the panel show a part of the plane, beside what it shows already."""
        if self._extent is not None:
            lows = np.minimum(self._extent, extent)
            highs = np.maximum(self._extent, extent)
            extent = (
                float(lows[0]),
                float(highs[1]),
                float(lows[2]),
                float(highs[3]),
            )
        self._extent = extent
        left, right, bottom, top = self.limits
        self.ax.set_xlim((right, left) if self.mirrored else (left, right))
        self.ax.set_ylim(bottom, top)

    def draw_image(self, plane: Plane, **look: Any) -> "AxesImage":
        """Draw values as coloured pixels.

        Parameters
        ----------
        plane : Plane
        **look
            See `matplotlib.axes.Axes.imshow`.
        """
        try:
            shown = self.ax.imshow(
                plane.values,
                origin="lower",
                extent=plane.extent,
                aspect="equal",
                **look,
            )
        except AttributeError as error:
            msg = (
                f"{error}. Options that the function does not list go to matplotlib's "
                "imshow, which does not know this one: check its spelling."
            )
            raise TypeError(msg) from error
        self._keep_limits()
        return shown

    def draw_contours(
        self, plane: Plane, levels: Any, *, filled: bool = False, **look: Any
    ) -> Any:
        """Draw lines of equal value, or fill between them; None if there are none.

        Parameters
        ----------
        plane : Plane
        levels : sequence of float
        filled : bool
        **look
            See `matplotlib.axes.Axes.contour`.
        """
        values = np.nan_to_num(np.asarray(plane.values, dtype=float))
        levels = np.sort(np.atleast_1d(np.asarray(levels, dtype=float)))
        low, high = values.min(), values.max()
        if not filled and not ((low < levels) & (levels <= high)).any():
            return None
        if filled and (high <= levels[0] or low >= levels[-1]):
            return None
        if min(values.shape) < 2:
            return None
        across, up = plane.centres
        draw = self.ax.contourf if filled else self.ax.contour
        shown = draw(across, up, values, levels, **look)
        self._keep_limits()
        return shown

    def _keep_limits(self) -> None:
        """What matplotlib drew last decides on no limits here."""
        if self._extent is not None:
            self.widen(self._extent)

    def say_sides(self, size: float, **look: Any) -> None:
        """Write L and R where left and right of the body are.

        Views that do not show both sides say nothing; a look at one hemisphere
        says which.
        """
        if self.view.side:
            self._write(0.03, 0.98, self.direction.upper(), "top", size, look)
        if not self.view.has_sides:
            return
        left, right = ("R", "L") if self.radiological else ("L", "R")
        self._write(0.03, 0.98, left, "top", size, look)
        self._write(0.97, 0.98, right, "top", size, look)

    def say_position(self, size: float, decimals: int = 0, **look: Any) -> None:
        """Write where the cut is, as in ``x = -37``."""
        if self.coord is None:
            return
        rounded = round(self.coord, decimals) + 0.0
        text = f"{self.direction} = {rounded:.{decimals}f}"
        self._write(0.03, 0.02, text, "bottom", size, look)

    def _write(
        self,
        x: float,
        y: float,
        text: str,
        va: str,
        size: float,
        look: dict[str, Any],
    ) -> None:
        options = {
            "transform": self.ax.transAxes,
            "ha": "left" if x < 0.5 else "right",
            "va": va,
            "size": size,
            "zorder": 1000,
        }
        self.ax.text(x, y, text, **(options | look))

    def cross(self, across: float | None, up: float | None) -> list[Any]:
        """The lines of a cross within the panel, with a gap where they would meet.

        Parameters
        ----------
        across, up : float or None
            Where the upright and the level line are, mm; None: there is none.

        Returns
        -------
        list of two points each
        """
        left, right, bottom, top = self.limits
        bottom = (self._extent or self.limits)[2]
        if across is not None and not left <= across <= right:
            across = None
        if up is not None and not bottom <= up <= top:
            up = None
        gap = 0.05 * max(right - left, top - bottom)
        lines: list[Any] = []
        if across is not None:
            ends = [(bottom, top)] if up is None else _parts(bottom, up, top, gap)
            lines += [[(across, low), (across, high)] for low, high in ends]
        if up is not None:
            ends = (
                [(left, right)] if across is None else _parts(left, across, right, gap)
            )
            lines += [[(low, up), (high, up)] for low, high in ends]
        return lines


def _parts(
    start: float, middle: float, end: float, gap: float
) -> list[tuple[float, float]]:
    """A line without a gap in the middle."""
    parts = [(start, middle - gap), (middle + gap, end)]
    return [(low, high) for low, high in parts if low < high]
