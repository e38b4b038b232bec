"""Displays of cuts through a brain."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from boldglm._base.warnings import FigureWarning, warn
from boldglm.plotting.displays.cuts import (
    check_in_bounds,
    checked_coords,
    spread_cuts,
)
from boldglm.plotting.displays.display import Display
from boldglm.plotting.displays.panel import Panel
from boldglm.plotting.displays.views import Plane
from boldglm.plotting.displays.volumes import Volume

__all__ = [
    "SLICERS",
    "MosaicSlicer",
    "OrthoSlicer",
    "TiledSlicer",
    "XSlicer",
    "XZSlicer",
    "YSlicer",
    "YXSlicer",
    "YZSlicer",
    "ZSlicer",
    "get_slicer",
]


class _Slicer(Display):
    """Panels that are cuts."""

    def plane_of(self, volume: Volume, panel: Panel) -> Plane | None:
        """The cut of a panel through an image; None if it goes past it."""
        return volume.cut(panel.view, float(panel.coord or 0.0))

    def draw_cross(self, cut_coords: Any = None, **kwargs: Any) -> None:
        """Show on each cut where the others are; not for cuts that are parallel."""


class OrthoSlicer(_Slicer):
    """A sagittal, a coronal and an axial cut, in a row.

    `cut_coords` are x, y and z of the point where they meet, mm.
    """

    directions: ClassVar[str] = "xyz"
    layout: ClassVar[tuple[str, ...]] = ("xyz",)

    @classmethod
    def find_cut_coords(
        cls, img: Any = None, threshold: float | None = None, cut_coords: Any = None
    ) -> tuple[float, ...]:
        """The point to cut at: as said, or in the middle of what is most active.

        Parameters
        ----------
        img : 3-D image or None
        threshold : float or None
        cut_coords : one number, mm, per direction; or None

        Returns
        -------
        tuple of float

        Raises
        ------
        ValueError
            If there are not as many numbers as directions; if all are outside.
        """
        if cut_coords is None:
            point: tuple[float, ...] = (0.0, 0.0, 0.0)
            if img is not None and img is not False:
                from boldglm.plotting.find_cuts import find_xyz_cut_coords

                found = find_xyz_cut_coords(img, activation_threshold=threshold)
                point = tuple(float(one) for one in found)
            return tuple(point["xyz".index(one)] for one in cls.directions)
        coords = checked_coords(cut_coords, cls.__name__, len(cls.directions))
        check_in_bounds(img, dict(zip(cls.directions, coords, strict=True)))
        return tuple(coords)

    @classmethod
    def panel_keys(cls, cut_coords: Any) -> list[list[tuple[Any, str, float | None]]]:
        """One panel per direction."""
        at = dict(zip(cls.directions, cut_coords, strict=True))
        return [[(one, one, float(at[one])) for one in row] for row in cls.layout]

    def draw_cross(self, cut_coords: Any = None, **kwargs: Any) -> None:
        """Show on each cut where the others are.

        The lines leave out the point where they meet: that is what is looked at.

        Parameters
        ----------
        cut_coords : tuple of float, optional
            Default: those of the display.
        **kwargs
            See `matplotlib.collections.LineCollection`.
        """
        from matplotlib.collections import LineCollection

        coords = self.cut_coords
        if cut_coords is not None:
            coords = checked_coords(
                cut_coords, type(self).__name__, len(self.directions)
            )
        at = dict(zip(self.directions, coords, strict=True))
        ink = "0.8" if self.black_bg else "0.15"
        look = {"colors": kwargs.pop("color", ink), "linewidths": 0.8, "alpha": 0.75}
        look["linewidths"] = kwargs.pop("linewidth", kwargs.pop("lw", 0.8))
        for panel in self.axes.values():
            across = at.get("xyz"[panel.view.across])
            up = at.get("xyz"[panel.view.up])
            lines = panel.cross(across, up)
            panel.ax.add_collection(
                LineCollection(lines, zorder=500, **(look | kwargs)), autolim=False
            )


class TiledSlicer(OrthoSlicer):
    """As `OrthoSlicer`, with the three cuts on two rows."""

    layout: ClassVar[tuple[str, ...]] = ("yx", "z")
    row_height: ClassVar[float] = 5.2
    rows_to_left: ClassVar[bool] = True


class XZSlicer(OrthoSlicer):
    """A sagittal and an axial cut."""

    directions: ClassVar[str] = "xz"
    layout: ClassVar[tuple[str, ...]] = ("xz",)


class YXSlicer(OrthoSlicer):
    """A coronal and a sagittal cut; `cut_coords` are x and y."""

    directions: ClassVar[str] = "xy"
    layout: ClassVar[tuple[str, ...]] = ("xy",)


class YZSlicer(OrthoSlicer):
    """A coronal and an axial cut."""

    directions: ClassVar[str] = "yz"
    layout: ClassVar[tuple[str, ...]] = ("yz",)


class _StackedSlicer(_Slicer):
    """Parallel cuts, in a row."""

    direction: ClassVar[str] = ""

    @classmethod
    def find_cut_coords(
        cls, img: Any = None, threshold: float | None = None, cut_coords: Any = None
    ) -> list[float]:
        """Coordinates of the cuts: as said, or spread over what is most active.

        Parameters
        ----------
        img : 3-D image or None
        threshold : float or None
            Not used.
        cut_coords : int (how many), sequence of float (where, mm) or None (7)

        Returns
        -------
        list of float
        """
        if cut_coords is None:
            return spread_cuts(img, cls.direction)
        if isinstance(cut_coords, Integral) and not isinstance(cut_coords, bool):
            return spread_cuts(img, cls.direction, int(cut_coords))
        coords = _distinct(checked_coords(cut_coords, cls.__name__))
        check_in_bounds(img, {cls.direction: coords})
        return coords

    @classmethod
    def panel_keys(cls, cut_coords: Any) -> list[list[tuple[Any, str, float | None]]]:
        """One panel per coordinate."""
        return [[(float(at), cls.direction, float(at)) for at in cut_coords]]


class XSlicer(_StackedSlicer):
    """Sagittal cuts, in a row."""

    direction: ClassVar[str] = "x"
    row_height: ClassVar[float] = 2.3


class YSlicer(_StackedSlicer):
    """Coronal cuts, in a row."""

    direction: ClassVar[str] = "y"
    row_height: ClassVar[float] = 2.2


class ZSlicer(_StackedSlicer):
    """Axial cuts, in a row."""

    direction: ClassVar[str] = "z"
    row_height: ClassVar[float] = 2.9


class MosaicSlicer(_Slicer):
    """Rows of axial, coronal and sagittal cuts.

    `cut_coords` are a dict of the coordinates, mm, for ``"x"``, ``"y"`` and ``"z"``.
    """

    row_height: ClassVar[float] = 6.3

    @classmethod
    def find_cut_coords(
        cls, img: Any = None, threshold: float | None = None, cut_coords: Any = None
    ) -> dict[str, list[float]]:
        """Coordinates of the cuts in each direction.

        Parameters
        ----------
        img : 3-D image or None
        threshold : float or None
            Not used.
        cut_coords : int, three ints, dict of sequences of float, or None (7 each)

        Returns
        -------
        dict of list of float
        """
        if cut_coords is None:
            return {one: spread_cuts(img, one) for one in "xyz"}
        if isinstance(cut_coords, Mapping):
            if set(cut_coords) != set("xyz"):
                msg = (
                    f"cut_coords has the keys {sorted(map(str, cut_coords))}; "
                    "MosaicSlicer expects 'x', 'y' and 'z'."
                )
                raise ValueError(msg)
            coords = {
                one: _distinct(checked_coords(cut_coords[one], cls.__name__))
                for one in "xyz"
            }
            check_in_bounds(img, coords)
            return coords
        counts = (
            [cut_coords] * 3 if np.ndim(cut_coords) == 0 else [*np.ravel(cut_coords)]
        )
        whole = all(
            isinstance(one, Integral) and not isinstance(one, bool) for one in counts
        )
        if len(counts) != 3 or not whole:
            msg = (
                f"cut_coords is {cut_coords!r}; MosaicSlicer expects how many cuts "
                "to make (one number, or three for x, y and z), or a dict of where."
            )
            raise ValueError(msg)
        return {
            one: spread_cuts(img, one, int(count))
            for one, count in zip("xyz", counts, strict=True)
        }

    @classmethod
    def panel_keys(cls, cut_coords: Any) -> list[list[tuple[Any, str, float | None]]]:
        """One row per direction, z on top."""
        return [
            [((one, float(at)), one, float(at)) for at in cut_coords[one]]
            for one in "zyx"
        ]


def _distinct(coords: list[float]) -> list[float]:
    distinct = list(dict.fromkeys(coords))
    if len(distinct) < len(coords):
        warn(
            f"cut_coords {coords} holds coordinates twice; each is shown once.",
            FigureWarning,
        )
    return distinct


SLICERS: dict[str, type[Display]] = {
    "ortho": OrthoSlicer,
    "tiled": TiledSlicer,
    "mosaic": MosaicSlicer,
    "xz": XZSlicer,
    "yz": YZSlicer,
    "yx": YXSlicer,
    "x": XSlicer,
    "y": YSlicer,
    "z": ZSlicer,
}
"""Name of a display mode to the display of it."""


def get_slicer(display_mode: str) -> type[Display]:
    """The display of cuts of a mode.

    Raises
    ------
    ValueError
        If there is no such mode.

    Examples
    --------
    >>> get_slicer("z").__name__
    'ZSlicer'
    """
    from boldglm.signal.checks import check_choice

    check_choice(display_mode, "display_mode", SLICERS)
    return SLICERS[display_mode]
