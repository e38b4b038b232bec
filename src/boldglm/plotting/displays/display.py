"""What a plotting function returns: panels side by side, to draw more upon."""

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from boldglm._base.arguments import check_truth, shown
from boldglm.plotting.displays.drawing import Drawing
from boldglm.plotting.displays.frame import Frame, open_frame
from boldglm.plotting.displays.layout import arrange, natural_scale
from boldglm.plotting.displays.look import check_colour
from boldglm.plotting.displays.panel import Panel, with_margin
from boldglm.plotting.displays.views import VIEWS
from boldglm.plotting.displays.volumes import Volume, open_volume
from boldglm.plotting.figures import none_left_open

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Display"]

Key = Hashable


class Display(Drawing):
    """Panels of one brain, beside each other and at one scale.

    Attributes
    ----------
    axes : dict
        The panels, by what tells them apart: the direction (``display.axes["x"].ax``
        are matplotlib's axes), the coordinate of a cut, or both.
    cut_coords
        Where the cuts are, mm.
    frame_axes : matplotlib.axes.Axes
        The space that all panels share.
    """

    row_height: ClassVar[float] = 2.7
    """Of the tallest row of panels where the figure is ours, inches."""

    widest: ClassVar[float] = 24.0
    """No figure of ours is wider, inches."""

    rows_to_left: ClassVar[bool] = False

    def __init__(
        self,
        cut_coords: Any,
        axes: "Axes | None" = None,
        black_bg: bool = False,
        brain_color: Any = (0.5, 0.5, 0.5),
        *,
        radiological: bool = False,
        frame: Frame | None = None,
    ) -> None:
        check_truth(radiological, "radiological")
        if frame is not None and not isinstance(frame, Frame):
            msg = f"frame is {shown(frame)}; expected a Frame of a display, or None."
            raise TypeError(msg)
        check_colour(brain_color, "brain_color")
        self.cut_coords = self.find_cut_coords(cut_coords=cut_coords)
        self.radiological = radiological
        self._brain_color = brain_color
        if frame is None:
            place = (0.0, 0.0, 1.0, 1.0) if axes is None else axes
            frame = open_frame(axes=place, black_bg=black_bg)
        self._frame = frame
        self.frame_axes = frame.axes
        self.axes: dict[Any, Panel] = {}
        self._rows: list[list[Panel]] = []
        for row in self.panel_keys(self.cut_coords):
            panels = [self._new_panel(*key) for key in row]
            self.axes |= {key[0]: one for key, one in zip(row, panels, strict=True)}
            self._rows.append(panels)

    @property
    def black_bg(self) -> bool:
        """Whether the ground is black."""
        return self._frame.black_bg

    @property
    def brain_color(self) -> Any:
        """A colour; kept for compatibility."""
        return self._brain_color

    @classmethod
    @abstractmethod
    def find_cut_coords(
        cls, img: Any = None, threshold: float | None = None, cut_coords: Any = None
    ) -> Any:
        """Where to cut an image, mm, where the user does not say it.

        Parameters
        ----------
        img : 3-D image or None
        threshold : float or None
            Voxels above it, in absolute value, are what should be seen.
        cut_coords
            What the user says.

        Returns
        -------
        tuple, list or dict of float
        """

    @classmethod
    @abstractmethod
    def panel_keys(
        cls, cut_coords: Any
    ) -> "Sequence[Sequence[tuple[Key, str, float | None]]]":
        """Key, direction and coordinate of every panel, row by row from the top."""

    @classmethod
    @none_left_open
    def init_with_figure(
        cls,
        img: Any,
        threshold: float | None = None,
        cut_coords: Any = None,
        figure: Any = None,
        axes: Any = None,
        black_bg: bool = False,
        leave_space: bool = False,
        colorbar: bool = False,
        brain_color: Any = (0.5, 0.5, 0.5),
        *,
        output_file: Any = None,
        title: str | None = None,
        sizes_from: Volume | None = None,
        **options: Any,
    ) -> "Display":
        """Make a display for an image, and a figure of a size that suits it.

        Parameters
        ----------
        img : 3-D image, Volume, or None
        threshold : float or None
        cut_coords
            See `find_cut_coords`.
        figure : Figure, SubFigure, int or None
            Where to draw; a number is one of pyplot's.
        axes : Axes, (left, bottom, width, height) or None
            Which part of the figure.
        black_bg : bool
        leave_space : bool
            Leave room to the left of the panels.
        colorbar : bool
            Leave room to their right.
        brain_color : colour
            Accepted for compatibility.
        output_file : path or None
            The figure is for this file only.
        title : str or None
            Leave room for it.
        sizes_from : Volume or None
            Decides how large panels are. Default: `img`.
        **options
            ``radiological`` and what the panels of the display know.

        Returns
        -------
        Display
        """
        nothing = img is None or img is False
        volume = None if nothing else open_volume(img, "img")
        chosen = cls.find_cut_coords(volume, threshold, cut_coords)
        keys = cls.panel_keys(chosen)
        sizes = [
            [
                cls._natural_size(direction, sizes_from or volume)
                for _, direction, _ in row
            ]
            for row in keys
        ]
        scale = natural_scale(sizes, cls.row_height / len(sizes), cls.widest)
        placed = arrange(sizes, (0.0, 0.0, 1e3, 1e3))
        unit = placed[0][2] / sizes[0][0][0]
        width = max(x + w for x, _, w, _ in placed) - min(x for x, *_ in placed)
        height = max(y + h for _, y, _, h in placed) - min(y for _, y, *_ in placed)
        frame = open_frame(
            figure=figure,
            axes=axes,
            black_bg=black_bg,
            panels=(width * scale / unit, height * scale / unit),
            leave_space=leave_space,
            colorbar=colorbar,
            title=title,
            output_file=output_file,
        )
        return cls(chosen, brain_color=brain_color, frame=frame, **options)

    @classmethod
    def _natural_size(
        cls, direction: str, volume: Volume | None
    ) -> tuple[float, float]:
        if volume is None:
            return (180.0, 180.0)
        if not isinstance(volume, Volume):
            msg = f"sizes_from is {shown(volume)}; expected a Volume, or None."
            raise TypeError(msg)
        extent = volume.extent(VIEWS[direction], filled=True)
        left, right, bottom, top = with_margin(extent)
        return right - left, top - bottom

    def _new_panel(self, key: Key, direction: str, coord: float | None) -> Panel:
        del key
        axes = self._frame.add_axes()
        axes.set_axes_locator(self._locate)
        return Panel(axes, direction, coord, radiological=self.radiological)

    def _locate(self, axes: Any, renderer: Any) -> Any:
        """Tell matplotlib, when it draws, where the axes of a panel are."""
        del renderer
        rows = [[panel.size for panel in row] for row in self._rows]
        boxes = arrange(rows, self._frame.room(), to_left=self.rows_to_left)
        panels = [panel for row in self._rows for panel in row]
        index = next(i for i, panel in enumerate(panels) if panel.ax is axes)
        return self._frame.on_figure(boxes[index])
