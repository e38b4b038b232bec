"""The part of a figure that a display fills: panels, and strips beside them."""

from numbers import Integral
from typing import TYPE_CHECKING, Any

from boldglm._base.arguments import check_truth
from boldglm.plotting.displays.colour_bar import draw_bar
from boldglm.plotting.displays.colours import Limits
from boldglm.plotting.displays.words import text_width
from boldglm.plotting.figures import new_figure, root_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.transforms import Bbox

__all__ = ["Frame", "open_frame"]

BAR_STRIP = 0.72
"""Width of a colour bar and its labels, inches."""

TITLE_SIZE = 15
TITLE_STRIP = 0.36
"""Height of a title of one line, inches."""

SPACE = 3.4
"""To the left of panels where space is left, inches."""


class Frame:
    """Room for panels on a figure, in inches, however the figure changes.

    Attributes
    ----------
    axes : matplotlib.axes.Axes
        Empty ones, of which the frame is the position.
    black_bg : bool
    is_ours : bool
        Whether the figure was made for this frame.
    bar, title_lines
        Whether there is a colour bar, and how many lines of a title.
    """

    def __init__(
        self,
        axes: "Axes",
        black_bg: bool,
        space: float = 0.0,
        *,
        is_ours: bool = False,
    ) -> None:
        self.axes = axes
        self.is_ours = is_ours
        self.figure = axes.figure
        self.black_bg = black_bg
        self.bar = False
        self._bar_strip = BAR_STRIP
        self.title_lines = 0
        self._space = space
        axes.set_axis_off()
        if black_bg:
            from matplotlib.patches import Rectangle

            # A figure that is somebody else's, or is saved without its own colour
            ground = Rectangle(
                (0, 0), 1, 1, transform=axes.transAxes, color="black", zorder=-1000
            )
            axes.add_patch(ground)
            axes.set_zorder(-1000)

    @property
    def ink(self) -> str:
        """The colour of text on the ground."""
        return "white" if self.black_bg else "black"

    @property
    def paper(self) -> str:
        """The colour of the ground."""
        return "black" if self.black_bg else "white"

    def _box(self) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of the frame, inches."""
        place = self.axes.get_position()
        width, height = self._inches()
        return (
            place.x0 * width,
            place.y0 * height,
            place.width * width,
            place.height * height,
        )

    def _inches(self) -> tuple[float, float]:
        box = self.figure.bbox
        dpi = root_figure(self.figure).dpi
        return box.width / dpi, box.height / dpi

    def _strips(self) -> tuple[float, float, float]:
        """Left, right and upper margin, inches; less where the frame is small."""
        _, _, width, height = self._box()
        right = min(self._bar_strip, 0.25 * width) if self.bar else 0.0
        upper = min(TITLE_STRIP * self.title_lines, 0.3 * height)
        return min(self._space, 0.5 * width), right, upper

    def room(self) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of what is left for panels, inches."""
        left, bottom, width, height = self._box()
        space, right, upper = self._strips()
        return left + space, bottom, width - space - right, height - upper

    def on_figure(self, box: tuple[float, float, float, float]) -> "Bbox":
        """A box in inches as fractions of the figure, as matplotlib wants it."""
        from matplotlib.transforms import Bbox

        width, height = self._inches()
        x, y, w, h = box
        return Bbox.from_bounds(x / width, y / height, w / width, h / height)

    def bar_place(self, *asked_by: Any) -> "Bbox":
        """Where the colour bar is: a thin strip beside the panels.

        matplotlib asks when it draws, and names axes and renderer.
        """
        del asked_by
        left, bottom, width, height = self.room()
        _, right, _ = self._strips()
        tall = min(0.8 * height, 3.0)
        return self.on_figure(
            (
                left + width + 0.12 * min(right, BAR_STRIP),
                bottom + 0.5 * (height - tall),
                0.17 * min(right, BAR_STRIP),
                tall,
            )
        )

    def draw_bar(
        self,
        cmap: "Colormap",
        norm: "Normalize",
        limits: Limits,
        threshold: float | None,
        tick_format: str,
    ) -> None:
        """Explain colours beside the panels (see `colour_bar.draw_bar`)."""
        axes = self.add_axes()
        axes.set_label("colour bar")
        axes.set_axes_locator(self.bar_place)
        size = 9 * self.text_scale()
        labels = draw_bar(
            axes,
            cmap,
            norm,
            limits,
            threshold=threshold,
            tick_format=tick_format,
            ink=self.ink,
            size=size,
        )
        # hinting makes text up to 6 % wider
        self._fit_bar(max(map(text_width, labels), default=0.0) * 1.08 * size / 72)

    def _fit_bar(self, labels: float) -> None:
        """Make room for labels of a width, inches; a figure of ours gets wider."""
        self.bar = True
        needed = 0.29 * BAR_STRIP + 0.1 + labels
        if needed > self._bar_strip:
            if self.is_ours:
                width, height = self._inches()
                whole = root_figure(self.figure)
                whole.set_size_inches(width + needed - self._bar_strip, height)
            self._bar_strip = needed

    def text_scale(self) -> float:
        """How much smaller than asked for text is, in a small frame."""
        _, _, width, height = self._box()
        return min(1.0, max(0.4, min(width / 2.2, height / 1.8)))

    def add_axes(self) -> "Axes":
        """New axes on the figure, to be placed by whoever asks."""
        return self.figure.add_axes((0.0, 0.0, 1.0, 1.0))


def open_frame(
    *,
    figure: Any = None,
    axes: Any = None,
    black_bg: bool = False,
    panels: tuple[float, float] = (6.5, 2.7),
    leave_space: bool = False,
    colorbar: bool = False,
    title: str | None = None,
    output_file: Any = None,
) -> Frame:
    """A frame on the user's figure or axes, or on a new figure that fits the panels.

    Parameters
    ----------
    figure : Figure, SubFigure, int or None
    axes : Axes, (left, bottom, width, height) in fractions of the figure, or None
    black_bg : bool
    panels : (float, float)
        Width and height that the panels would fill, inches.
    leave_space, colorbar : bool
    title : str or None
    output_file : path or None

    Raises
    ------
    TypeError
        If figure or axes are something else.
    ValueError
        If the axes belong to another figure.
    """
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    flags = {"leave_space": leave_space, "colorbar": colorbar, "black_bg": black_bg}
    for name, flag in flags.items():
        check_truth(flag, name)
    space = SPACE if leave_space else 0.0
    if isinstance(axes, Axes):
        if figure is not None and axes.figure is not figure:
            msg = "axes and figure were given, and the axes are not on that figure."
            raise ValueError(msg)
        return Frame(axes, black_bg, space)
    place = (0.0, 0.0, 1.0, 1.0) if axes is None else _checked_place(axes)
    is_ours = figure is None or _is_new(figure)
    if figure is None or isinstance(figure, Integral):
        width = panels[0] + space + (BAR_STRIP if colorbar else 0.0)
        height = panels[1] + (TITLE_STRIP if title is not None and str(title) else 0.0)
        options: dict[str, Any] = {}
        if is_ours:
            options["figsize"] = (max(width, 1.0), max(height, 1.0))
            options["facecolor"] = "black" if black_bg else "white"
        if figure is not None:
            options["num"] = int(figure)
        figure = new_figure(output_file if figure is None else None, **options)
    elif not isinstance(figure, FigureBase):
        msg = (
            f"figure is {figure!r}; expected a matplotlib Figure, the number of one "
            "of pyplot's, or None for a new one."
        )
        raise TypeError(msg)
    whole = figure.add_axes(place, label="frame")
    return Frame(whole, black_bg, space, is_ours=is_ours)


def _is_new(figure: Any) -> bool:
    """Whether this is a number that none of pyplot's figures has yet."""
    if not isinstance(figure, Integral):
        return False
    from matplotlib import pyplot as plt

    return not plt.fignum_exists(int(figure))


def _checked_place(axes: Any) -> tuple[float, float, float, float]:
    try:
        left, bottom, width, height = (float(one) for one in axes)
    except (TypeError, ValueError) as error:
        msg = (
            f"axes is {axes!r}; expected matplotlib axes, or (left, bottom, width, "
            "height) in fractions of the figure."
        )
        raise TypeError(msg) from error
    return left, bottom, width, height
