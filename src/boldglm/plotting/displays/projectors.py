"""Displays that look through a brain of glass."""

from typing import Any, ClassVar

from boldglm._base.arguments import check_truth, checked_number
from boldglm.plotting.displays.display import Display
from boldglm.plotting.displays.panel import Panel, with_margin
from boldglm.plotting.displays.views import Plane
from boldglm.plotting.displays.volumes import Volume

__all__ = [
    "PROJECTORS",
    "LProjector",
    "LRProjector",
    "LYRProjector",
    "LYRZProjector",
    "LZRProjector",
    "LZRYProjector",
    "OrthoProjector",
    "RProjector",
    "XProjector",
    "XZProjector",
    "YProjector",
    "YXProjector",
    "YZProjector",
    "ZProjector",
    "get_projector",
]


class OrthoProjector(Display):
    """From the right, from behind and from above, with the outlines of the brain.

    Each pixel shows what is largest in absolute value along the line of sight.
    """

    layout: ClassVar[tuple[str, ...]] = ("xyz",)
    row_height: ClassVar[float] = 2.6

    def __init__(
        self,
        cut_coords: Any,
        axes: Any = None,
        black_bg: bool = False,
        brain_color: Any = (0.5, 0.5, 0.5),
        *,
        alpha: float = 0.7,
        plot_abs: bool = True,
        **options: Any,
    ) -> None:
        checked_number(alpha, "alpha", "an opacity, from 0 to 1", low=0, high=1)
        check_truth(plot_abs, "plot_abs")
        super().__init__(cut_coords, axes, black_bg, brain_color, **options)
        self._plot_abs = plot_abs
        for panel in self.axes.values():
            _draw_outlines(panel, alpha, black_bg=self.black_bg)

    @classmethod
    def find_cut_coords(
        cls, img: Any = None, threshold: float | None = None, cut_coords: Any = None
    ) -> tuple[None, ...]:
        """A look through the brain is not at any coordinate."""
        return (None,) * sum(map(len, cls.layout))

    @classmethod
    def panel_keys(cls, cut_coords: Any) -> list[list[tuple[Any, str, float | None]]]:
        """One panel per direction."""
        return [[(one, one, None) for one in row] for row in cls.layout]

    @classmethod
    def _natural_size(
        cls, direction: str, volume: Volume | None
    ) -> tuple[float, float]:
        """Of the outlines: figures of one mode are of one size."""
        del volume
        from boldglm.plotting.outlines import glass_brain_outlines

        extent = glass_brain_outlines(direction).extent
        left, right, bottom, top = with_margin(extent)
        return right - left, top - bottom

    def plane_of(self, volume: Volume, panel: Panel) -> Plane:
        """The projection of an image."""
        return volume.projection(panel.view, magnitude=self._plot_abs)

    def draw_cross(self, cut_coords: Any = None, **kwargs: Any) -> None:
        """Nothing: there are no cuts."""


def _draw_outlines(panel: Panel, alpha: float, *, black_bg: bool) -> None:
    """Folds behind the map, the outline of the brain before it."""
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.path import Path

    from boldglm.plotting.outlines import glass_brain_outlines

    outlines = glass_brain_outlines(panel.direction)
    ink, shade = ("0.75", "0.3") if black_bg else ("0.25", "0.8")
    folds = [
        Path.make_compound_path(*(Path(ring, closed=True) for ring in fold))
        for fold in outlines.folds
    ]
    panel.widen(outlines.extent)
    panel.ax.add_collection(
        PathCollection(
            folds, facecolors=shade, edgecolors="none", alpha=alpha, zorder=-10
        ),
        autolim=False,
    )
    panel.ax.add_collection(
        LineCollection(
            list(outlines.silhouettes),
            linewidths=1.3,
            colors=ink,
            alpha=alpha,
            joinstyle="round",
            zorder=400,
        ),
        autolim=False,
    )


class XProjector(OrthoProjector):
    """From the side, through both hemispheres."""

    layout: ClassVar[tuple[str, ...]] = ("x",)


class YProjector(OrthoProjector):
    """From behind."""

    layout: ClassVar[tuple[str, ...]] = ("y",)


class ZProjector(OrthoProjector):
    """From above."""

    layout: ClassVar[tuple[str, ...]] = ("z",)


class XZProjector(OrthoProjector):
    """From the side and from above."""

    layout: ClassVar[tuple[str, ...]] = ("xz",)


class YXProjector(OrthoProjector):
    """From the side and from behind."""

    layout: ClassVar[tuple[str, ...]] = ("xy",)


class YZProjector(OrthoProjector):
    """From behind and from above."""

    layout: ClassVar[tuple[str, ...]] = ("yz",)


class LYRZProjector(OrthoProjector):
    """The left hemisphere, from behind, the right hemisphere, from above."""

    layout: ClassVar[tuple[str, ...]] = ("lyrz",)


class LZRYProjector(OrthoProjector):
    """The left hemisphere, from above, the right hemisphere, from behind."""

    layout: ClassVar[tuple[str, ...]] = ("lzry",)


class LZRProjector(OrthoProjector):
    """The left hemisphere, from above, the right hemisphere."""

    layout: ClassVar[tuple[str, ...]] = ("lzr",)


class LYRProjector(OrthoProjector):
    """The left hemisphere, from behind, the right hemisphere."""

    layout: ClassVar[tuple[str, ...]] = ("lyr",)


class LRProjector(OrthoProjector):
    """The left and the right hemisphere."""

    layout: ClassVar[tuple[str, ...]] = ("lr",)


class LProjector(OrthoProjector):
    """The left hemisphere."""

    layout: ClassVar[tuple[str, ...]] = ("l",)


class RProjector(OrthoProjector):
    """The right hemisphere."""

    layout: ClassVar[tuple[str, ...]] = ("r",)


PROJECTORS: dict[str, type[Display]] = {
    "ortho": OrthoProjector,
    "x": XProjector,
    "y": YProjector,
    "z": ZProjector,
    "xz": XZProjector,
    "yx": YXProjector,
    "yz": YZProjector,
    "lyrz": LYRZProjector,
    "lzry": LZRYProjector,
    "lzr": LZRProjector,
    "lyr": LYRProjector,
    "lr": LRProjector,
    "l": LProjector,
    "r": RProjector,
}
"""Name of a display mode to the display of it."""


def get_projector(display_mode: str) -> type[Display]:
    """The display of a mode that looks through the brain.

    Raises
    ------
    ValueError
        If there is no such mode.

    Examples
    --------
    >>> get_projector("lyrz").__name__
    'LYRZProjector'
    """
    from boldglm.signal.checks import check_choice

    check_choice(display_mode, "display_mode", PROJECTORS)
    return PROJECTORS[display_mode]
