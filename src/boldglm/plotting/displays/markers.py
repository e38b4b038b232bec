"""Points of the world, on the panels that show their place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import as_numbers, shown
from boldglm.plotting.displays.panel import Panel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Markers"]

_NEAR = 2.0
"""Markers this near to a cut are shown on it, mm."""


@dataclass(frozen=True)
class Markers:
    """Points, with a colour and a size for all or for each.

    Attributes
    ----------
    points : (n, 3) float
        x, y, z in mm.
    colors : colour, or list of n
    sizes : float, or list of n
    """

    points: "NDArray[np.float64]"
    colors: Any
    sizes: Any

    @classmethod
    def of(cls, coords: Any, colors: Any, sizes: Any) -> "Markers":
        """Markers as users say them.

        Raises
        ------
        ValueError
            If there are not three coordinates per point, or not as many colours or
            sizes as points.

        Examples
        --------
        >>> Markers.of([[1, 2, 3]], "r", 30).points.shape
        (1, 3)
        """
        points = np.atleast_2d(as_numbers(coords, "marker_coords")).astype(float)
        if points.ndim != 2 or points.shape[1] != 3:
            msg = (
                f"marker_coords have shape {np.shape(coords)}; expected x, y and z in "
                "mm for each marker, (n, 3)."
            )
            raise ValueError(msg)
        n = len(points)
        _check_sizes(sizes)
        colours = _per_point(colors, n, "marker_color")
        _check_colours(colours)
        return cls(
            points,
            colours,
            _per_point(sizes, n, "marker_size"),
        )

    def draw(self, panel: Panel, **look: Any) -> None:
        """Draw those that are near the cut of a panel, or on the side it shows."""
        if panel.coord is not None:
            near = np.abs(self.points[:, panel.view.through] - panel.coord) <= _NEAR
        elif panel.view.side:
            near = panel.view.side * self.points[:, 0] >= 0
        else:
            near = np.ones(len(self.points), dtype=bool)
        across, up = panel.view.on_paper(self.points[near]).T
        look = self._one_scale() | look
        panel.ax.scatter(
            across,
            up,
            s=_chosen(self.sizes, near),
            c=_chosen(self.colors, near),
            **look,
        )

    def _one_scale(self) -> dict[str, float]:
        """Colours given as numbers mean the same on all panels."""
        given = self.colors if isinstance(self.colors, list) else []
        if not given or not all(isinstance(one, Real) for one in given):
            return {}
        return {"vmin": float(min(given)), "vmax": float(max(given))}


def _check_sizes(sizes: Any) -> None:
    found = as_numbers(sizes, "marker_size", "areas in square points")
    if found.ndim > 1 or not ((found >= 0) & (found < 1e6)).all():
        msg = f"marker_size is {shown(sizes)}; expected areas in square points."
        raise ValueError(msg)


def _check_colours(colours: Any) -> None:
    """Colours, or a list of numbers that stand for some."""
    from boldglm.plotting.displays.look import check_colour

    several = isinstance(colours, list)
    for one in colours if several else [colours]:
        number = several and isinstance(one, Real) and not isinstance(one, bool)
        if not number or not np.isfinite(float(one)):
            check_colour(one, "marker_color")


def _per_point(option: Any, n: int, name: str) -> Any:
    """One value for all, or a list of one per point."""
    if isinstance(option, str | int | float | np.number):
        return option
    if isinstance(option, np.ndarray) and option.ndim == 0:
        option = [option.item()]
    if not isinstance(option, Iterable) or isinstance(option, Mapping):
        msg = f"{name} is {shown(option)}; expected one, or one for each marker."
        raise TypeError(msg)
    values = list(option)
    if len(values) == n:
        return values
    if len(values) == 1:
        return values[0]
    if name == "marker_color" and len(values) in {3, 4} and np.ndim(values[0]) == 0:
        # one colour, as shares of red, green and blue
        return [tuple(values)] * n
    msg = f"{name} has {len(values)} entries for {n} markers; expected one, or {n}."
    raise ValueError(msg)


def _chosen(option: Any, near: "NDArray[np.bool_]") -> Any:
    if not isinstance(option, list):
        return option
    return [value for value, one in zip(option, near, strict=True) if one]
