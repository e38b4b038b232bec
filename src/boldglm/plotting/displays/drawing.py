"""What can be drawn on a display: overlays, contours, edges, markers, words."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import (
    as_numbers,
    check_truth,
    checked_number,
    checked_whole,
)
from boldglm._base.warnings import FigureWarning, warn
from boldglm.plotting.cm import colour_map
from boldglm.plotting.displays.colours import Limits, check_threshold, hide, norm_of
from boldglm.plotting.displays.frame import TITLE_SIZE, Frame
from boldglm.plotting.displays.look import check_colour, check_lines, check_words
from boldglm.plotting.displays.markers import Markers
from boldglm.plotting.displays.opacity import Opacity, as_opacity
from boldglm.plotting.displays.panel import Panel
from boldglm.plotting.displays.views import Plane
from boldglm.plotting.displays.volumes import Volume, open_volume
from boldglm.plotting.displays.words import fit_title, scale_bar

if TYPE_CHECKING:
    from matplotlib.image import AxesImage

__all__ = ["Drawing"]


class Drawing(ABC):
    """The methods of displays that put something on their panels.

    A display has `axes`, the panels, and says by `plane_of` what a panel shows of
    an image.
    """

    axes: dict[Any, Panel]
    _frame: Frame

    @abstractmethod
    def plane_of(self, volume: Volume, panel: Panel) -> Plane | None:
        """What a panel shows of an image; None if it is elsewhere."""

    def extent_of(self, volume: Volume, panel: Panel) -> Any:
        """The part of a plane that an image makes a panel show, mm."""
        return volume.extent(panel.view, filled=True)

    @abstractmethod
    def draw_cross(self, cut_coords: Any = None, **kwargs: Any) -> None:
        """Show on each panel where the others are cut, if that can be shown."""

    def add_overlay(
        self,
        img: Any,
        threshold: float | None = 1e-6,
        colorbar: bool = False,
        cbar_tick_format: str = "%.2g",
        cbar_vmin: float | None = None,
        cbar_vmax: float | None = None,
        transparency: Any = None,
        transparency_range: Any = None,
        **kwargs: Any,
    ) -> "list[AxesImage]":
        """Draw an image in colours, where it passes a threshold.

        Parameters
        ----------
        img : 3-D image
        threshold : float or None
            Shown is what is above it in absolute value. None: everything.
        colorbar : bool
            Explain the colours by a bar; there is room for one.
        cbar_tick_format : str
            Of its labels, as in ``"%.2g" % value``.
        cbar_vmin, cbar_vmax : float or None
            The part of the colours that the bar shows.
        transparency : float, image or None
            Opacity from 0 to 1, of all or by voxel; absolute values of an image.
        transparency_range : (float, float) or None
            Values of that image that are invisible and opaque.
        **kwargs
            ``vmin``, ``vmax``, ``cmap``, ``norm``, ``interpolation``, ``cbar_ticks``
            (values to write at the bar), and what else
            `matplotlib.axes.Axes.imshow` knows; ``resampling_interpolation`` for
            oblique images.

        Returns
        -------
        list of AxesImage
            One per panel that shows some of the image.

        Raises
        ------
        ValueError
            For a negative threshold, or a second colour bar.
        """
        if colorbar and self._frame.bar:
            msg = (
                "There is a colour bar already; a display has room for one. "
                "Pass colorbar=False."
            )
            raise ValueError(msg)
        check_threshold(threshold)
        how = kwargs.pop("resampling_interpolation", "continuous")
        volume = open_volume(img, "img", how)
        alpha = kwargs.pop("alpha", None)
        opacity = as_opacity(
            alpha if transparency is None else transparency, transparency_range
        )
        planes = self._planes_of(volume)
        limits = Limits(kwargs.pop("vmin", None), kwargs.pop("vmax", None))
        cbar_ticks = kwargs.pop("cbar_ticks", None)
        norm = kwargs.pop("norm", None) or norm_of(
            limits, [hide(plane.values, threshold, limits) for _, plane in planes]
        )
        cmap = colour_map(kwargs.pop("cmap", "viridis"))
        kwargs.setdefault("interpolation", "nearest")
        shown = []
        for panel, plane in planes:
            panel.widen(self.extent_of(volume, panel))
            look = {"cmap": cmap, **kwargs}
            shown.append(
                self._draw_overlay(panel, plane, threshold, norm, opacity, **look)
            )
        if colorbar and shown:
            bar = Limits(norm.vmin, norm.vmax, cbar_vmin, cbar_vmax, cbar_ticks)
            self._frame.draw_bar(cmap, norm, bar, threshold, cbar_tick_format)
        return shown

    def _planes_of(self, volume: Volume) -> list[tuple[Panel, Plane]]:
        """What panels show of an image; one that it is beside is as large as others."""
        found = []
        for panel in self.axes.values():
            plane = self.plane_of(volume, panel)
            if plane is not None:
                found.append((panel, plane))
            elif panel.is_empty:
                panel.widen(self.extent_of(volume, panel))
        return found

    def _draw_overlay(
        self,
        panel: Panel,
        plane: Plane,
        threshold: float | None,
        norm: Any,
        opacity: Opacity,
        **look: Any,
    ) -> "AxesImage":
        values = hide(plane.values, threshold, Limits(norm.vmin, norm.vmax))
        alpha = opacity.on(plane, lambda volume: self.plane_of(volume, panel))
        return panel.draw_image(
            Plane(values, plane.extent), norm=norm, alpha=alpha, **look
        )

    def add_contours(
        self,
        img: Any,
        threshold: float | None = 1e-6,
        filled: bool = False,
        **kwargs: Any,
    ) -> None:
        """Draw lines along which an image has a value.

        Parameters
        ----------
        img : 3-D image
        threshold : float or None
            With `filled`: as in `add_overlay`.
        filled : bool
            Fill between the levels; a single level is filled from there up.
        **kwargs
            ``levels`` (values, default: half of the highest), ``colors``,
            ``linewidths``, ``cmap``, and what else
            `matplotlib.axes.Axes.contour` knows. ``transparency`` is ``alpha``.

        Raises
        ------
        ValueError
            For a negative threshold.
        """
        check_threshold(threshold)
        check_truth(filled, "filled")
        how = kwargs.pop("resampling_interpolation", "continuous")
        volume = open_volume(img, "img", how)
        look = dict(kwargs)
        check_lines(look)
        opacity = look.pop("transparency", None)
        if opacity is not None:
            look["alpha"] = as_opacity(opacity, None).of_lines
        given = look.pop("levels", None)
        half = 0.5 * max(volume.range, key=abs)
        levels: Any = as_numbers([half] if given is None else given, "levels")
        if filled:
            levels = _fillable(levels, volume.range[1])
            if look.pop("linewidths", None) is not None:
                warn(
                    "linewidths is for lines: filled contours have none.", FigureWarning
                )
        if isinstance(look.get("cmap"), str):
            look["cmap"] = colour_map(look["cmap"])
        for panel, plane in self._planes_of(volume):
            shown = plane
            if filled:
                known = hide(plane.values, threshold, Limits(*volume.range))
                shown = Plane(np.nan_to_num(known), plane.extent)
            # A contour is part of a picture: it makes one wider only if it is alone
            if panel.is_empty:
                panel.widen(self.extent_of(volume, panel))
            panel.draw_contours(shown, levels, filled=filled, **look)

    def add_edges(self, img: Any, color: Any = "r") -> None:
        """Draw the edges of what an image shows, to check an alignment.

        Parameters
        ----------
        img : 3-D image
        color : colour
        """
        from matplotlib.colors import ListedColormap, Normalize

        from boldglm.plotting.edges import edge_map

        check_colour(color, "color")
        volume = open_volume(img, "img")
        look = {"cmap": ListedColormap([color]), "norm": Normalize(0.0, 1.0)}
        for panel, plane in self._planes_of(volume):
            edges = np.where(edge_map(plane.values), 1.0, np.nan)
            panel.widen(self.extent_of(volume, panel))
            panel.draw_image(
                Plane(edges, plane.extent), interpolation="nearest", **look
            )

    def add_markers(
        self,
        marker_coords: Any,
        marker_color: Any = "r",
        marker_size: Any = 30,
        **kwargs: Any,
    ) -> None:
        """Draw points of the world.

        Parameters
        ----------
        marker_coords : (n, 3) float
            x, y, z in mm. A cut shows those within 2 mm of it, a look at one
            hemisphere those of that side.
        marker_color : colour, or one per point
        marker_size : float, or one per point
            Area, square points.
        **kwargs
            See `matplotlib.axes.Axes.scatter`.

        Raises
        ------
        ValueError
            If the coordinates are not three per point.
        """
        markers = Markers.of(marker_coords, marker_color, marker_size)
        for panel in self.axes.values():
            markers.draw(panel, **({"marker": "o", "zorder": 900} | kwargs))

    def title(
        self,
        text: str,
        x: float = 0.01,
        y: float = 0.99,
        size: float = TITLE_SIZE,
        color: Any = None,
        bgcolor: Any = None,
        alpha: float = 1,
        **kwargs: Any,
    ) -> None:
        """Write a title above the panels.

        Parameters
        ----------
        text : str
            As it is: dollar signs are no formulas. Made smaller, then broken into
            lines, where it is too long.
        x, y : float
            Upper left corner, as fractions of the frame.
        size : float
            Points.
        color : colour
            Default: black on white, white on black.
        bgcolor : colour
            Of a box behind it. Default: no box.
        alpha : float
            Opacity of the box.
        **kwargs
            See `matplotlib.axes.Axes.text`.
        """
        check_words(x, y, size, alpha)
        for name, colour in (("color", color), ("bgcolor", bgcolor)):
            if colour is not None:
                check_colour(colour, name)
        lines, size = fit_title(str(text), size, self._frame)
        self._frame.title_lines = len(lines) if y > 0.9 else 0
        box = {"boxstyle": "square,pad=.3", "ec": bgcolor, "fc": bgcolor}
        options: dict[str, Any] = {
            "ha": "left",
            "va": "top",
            "size": size,
            "color": self._frame.ink if color is None else color,
            "bbox": None if bgcolor is None else box | {"alpha": alpha},
            "parse_math": False,
            "zorder": 1000,
        }
        axes = self._frame.axes
        for one in [one for one in axes.texts if one.get_gid() == "title"]:
            one.remove()
        options |= {"transform": axes.transAxes, "gid": "title"}
        axes.text(x, y, "\n".join(lines), **options | kwargs)

    def annotate(
        self,
        left_right: bool = True,
        positions: bool = True,
        scalebar: bool = False,
        size: float = 12,
        scale_size: float = 5.0,
        scale_units: str = "cm",
        scale_loc: int = 4,
        decimals: int = 0,
        **kwargs: Any,
    ) -> None:
        """Write which side is which, and where the cuts are.

        Parameters
        ----------
        left_right : bool
            L and R, on the sides of the body.
        positions : bool
            As in ``x = -37``, mm.
        scalebar : bool
            A line of a known length.
        size : float
            Of the letters, points; less where the panels are small.
        scale_size : float
        scale_units : {"cm", "mm"}
        scale_loc : int
            Where: a corner as matplotlib counts them (4 is lower right).
        decimals : int
            Of the positions.
        **kwargs
            See `matplotlib.axes.Axes.text`.
        """
        check_truth(left_right, "left_right")
        check_truth(positions, "positions")
        check_truth(scalebar, "scalebar")
        checked_number(size, "size", "points", low=0.1, high=1000)
        decimals = checked_whole(decimals, "decimals", "0 to 10", high=10)
        size = size * self._frame.text_scale()
        ground = {"boxstyle": "square,pad=0.1", "fc": self._frame.paper, "ec": "none"}
        look = {"color": self._frame.ink, "bbox": ground | {"alpha": 0.7}} | kwargs
        for panel in self.axes.values():
            if left_right:
                panel.say_sides(size, **look)
            if positions:
                panel.say_position(size, decimals, **look)
            if scalebar:
                ink = look["color"]
                scale_bar(panel.ax, scale_size, scale_units, scale_loc, size, ink)

    def savefig(self, filename: Any, dpi: float | None = None, **kwargs: Any) -> None:
        """Write the figure, completely or not at all.

        Parameters
        ----------
        filename : path or binary file object
            A path says the format by its ending; to a file object PNG is written
            unless ``format`` says otherwise.
        dpi : float or None
            None: that of matplotlib's settings.
        **kwargs
            See `matplotlib.figure.Figure.savefig`.
        """
        from boldglm.plotting.figures import root_figure
        from boldglm.plotting.saving import save_figure

        save_figure(root_figure(self._frame.figure), filename, dpi=dpi, **kwargs)

    def close(self) -> None:
        """Let go of the figure, so that its memory is free."""
        from boldglm.plotting.figures import close_figure, root_figure

        close_figure(root_figure(self._frame.figure))


def _fillable(levels: Any, highest: float) -> list[float]:
    """Filled contours need a level to fill up to."""
    found = [float(level) for level in np.atleast_1d(levels)]
    return [*found, max(highest, *found, 0) + 1] if len(found) == 1 else found
