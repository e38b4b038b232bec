"""From what every image function takes to a display: one path for all of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from boldglm._base.arguments import check_truth, checked_whole
from boldglm._base.warnings import FigureWarning, warn
from boldglm.plotting.background import Background
from boldglm.plotting.displays.colours import Limits
from boldglm.plotting.displays.display import Display
from boldglm.plotting.displays.volumes import Volume
from boldglm.plotting.figures import none_left_open
from boldglm.plotting.find_cuts import percentile_threshold
from boldglm.signal.checks import checked_number

__all__ = ["Layer", "Picture", "as_threshold", "draw_picture"]


@dataclass(frozen=True)
class Layer:
    """The image that a figure is about, and how it is coloured.

    Attributes
    ----------
    volume : Volume
    cmap : Colormap or name
    threshold : float or None
    limits : Limits
    options : dict
        More of `Display.add_overlay`.
    is_drawn : bool
        Otherwise it only says where to cut.
    """

    volume: Volume
    cmap: Any
    threshold: float | None = None
    limits: Limits = field(default_factory=lambda: Limits(None, None))
    options: dict[str, Any] = field(default_factory=dict)
    is_drawn: bool = True


@dataclass(frozen=True)
class Picture:
    """Where a figure goes and what is written on it; as in `plot_img`.

    Attributes
    ----------
    display : type
        A class of `boldglm.plotting.displays`.
    options : dict
        What the panels of the display know beside ``radiological``.
    """

    display: type[Display]
    cut_coords: Any = None
    output_file: Any = None
    figure: Any = None
    axes: Any = None
    title: str | None = None
    annotate: bool = True
    draw_cross: bool = True
    black_bg: bool = False
    radiological: bool = False
    colorbar: bool = True
    cbar_tick_format: str = "%.2g"
    decimals: int | bool = False
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("annotate", "draw_cross", "black_bg", "radiological", "colorbar"):
            check_truth(getattr(self, name), name)
        if not isinstance(self.decimals, bool):
            checked_whole(self.decimals, "decimals", "digits, from 0 to 10", high=10)


def as_threshold(threshold: Any, volume: Volume) -> float | None:
    """The height that a threshold means for an image.

    Parameters
    ----------
    threshold : float, "auto", "90%" or None
        "auto" shows the fifth of the voxels that is highest in absolute value; a
        percentage hides that share of them. Either hides voxels that are 0.
    volume : Volume

    Returns
    -------
    float or None

    Raises
    ------
    TypeError, ValueError
        If it is neither; if it is negative.

    Examples
    --------
    >>> import numpy as np
    >>> from boldglm.image.grid import Grid
    >>> volume = Volume(np.arange(8.0).reshape(2, 2, 2), Grid((2, 2, 2), np.eye(4)))
    >>> as_threshold(2.5, volume)
    2.5
    """
    if threshold is None:
        return None
    if isinstance(threshold, str):
        share = 80.0 if threshold == "auto" else _percentage(threshold)
        # a little less, so that a map of one value is not hidden by it; where most
        # voxels are 0, these are
        return percentile_threshold(volume.values, share) * (1 - 1e-6)
    expected = "a height of at least 0, 'auto', a percentage such as '90%', or None"
    return float(checked_number(threshold, "threshold", expected, low=0.0))


def _percentage(text: str) -> float:
    msg = (
        f"threshold is {text!r}; expected a height of at least 0, 'auto', a "
        "percentage such as '90%', or None."
    )
    try:
        share = float(text.removesuffix("%")) if text.endswith("%") else float("nan")
    except ValueError as error:
        raise ValueError(msg) from error
    if not 0 <= share <= 100:
        raise ValueError(msg)
    return share


@none_left_open
def draw_picture(
    picture: Picture,
    layer: Layer | None,
    background: Background | None = None,
    then: Callable[[Display], None] | None = None,
) -> Display | None:
    """Make the display, draw on it, and write it where it was asked for.

    Parameters
    ----------
    picture : Picture
    layer : Layer or None
    background : Background or None
    then : function of the display, optional
        What else is drawn.

    Returns
    -------
    Display or None
        None where the figure is on disk, and gone from memory.
    """
    from boldglm.plotting.saving import check_output_file

    if picture.output_file is not None:
        check_output_file(picture.output_file)
    if layer is not None:
        _warn_of_hidden_colours(layer)
    whole = _extent_giving(layer, background)
    display = picture.display.init_with_figure(
        layer.volume if layer else whole,
        threshold=layer.threshold if layer else None,
        cut_coords=picture.cut_coords,
        figure=picture.figure,
        axes=picture.axes,
        black_bg=picture.black_bg,
        colorbar=picture.colorbar and layer is not None and layer.is_drawn,
        title=picture.title or None,
        output_file=picture.output_file,
        radiological=picture.radiological,
        sizes_from=whole,
        **picture.options,
    )
    _draw(display, picture, layer, background, then)
    if picture.output_file is None:
        return display
    display.savefig(picture.output_file)
    display.close()
    return None


def _warn_of_hidden_colours(layer: Layer) -> None:
    """No colour is left where the threshold is beyond the first and the last."""
    low, high, height = layer.limits.low, layer.limits.high, layer.threshold
    if height is None or low is None or high is None or not any(layer.volume.range):
        return
    beyond = max(abs(value) for value in layer.volume.range) > height
    if beyond and -height <= low and high <= height:
        warn(
            f"The threshold, {height:.3g}, is beyond the colours, {low:.3g} to "
            f"{high:.3g}: nothing of the map is shown. Lower it, or widen the colours "
            "by vmin and vmax.",
            FigureWarning,
        )


def _extent_giving(layer: Layer | None, background: Background | None) -> Volume | None:
    """The image that decides how large panels are."""
    if background is not None and background.volume is not None:
        return background.volume
    return layer.volume if layer else None


def _draw(
    display: Display,
    picture: Picture,
    layer: Layer | None,
    background: Background | None,
    then: Callable[[Display], None] | None,
) -> None:
    if picture.title:
        display.title(picture.title)
    if background is not None and background.volume is not None:
        display.add_overlay(
            background.volume,
            threshold=1e-6,
            vmin=background.low,
            vmax=background.high,
            cmap="gray",
            # what lies behind is smoothed for the eye; the map is not
            interpolation="bilinear",
        )
    if layer is not None and layer.is_drawn:
        display.add_overlay(
            layer.volume,
            threshold=layer.threshold,
            colorbar=picture.colorbar,
            cbar_tick_format=picture.cbar_tick_format,
            vmin=layer.limits.low,
            vmax=layer.limits.high,
            cbar_vmin=layer.limits.bar_low,
            cbar_vmax=layer.limits.bar_high,
            cmap=layer.cmap,
            **layer.options,
        )
    if then is not None:
        then(display)
    if picture.annotate:
        display.annotate(decimals=int(picture.decimals))
    if picture.draw_cross:
        display.draw_cross()
