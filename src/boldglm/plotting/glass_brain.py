"""Statistical maps in a brain of glass."""

from typing import Any

from boldglm._base.warnings import FigureWarning, warn
from boldglm.plotting.background import open_background
from boldglm.plotting.cm import colour_map, upper_half
from boldglm.plotting.displays.colours import Limits, colour_limits, known_limit
from boldglm.plotting.displays.display import Display
from boldglm.plotting.displays.projectors import get_projector
from boldglm.plotting.displays.volumes import Volume, open_volume
from boldglm.plotting.picture import Layer, Picture, as_threshold, draw_picture

__all__ = ["plot_glass_brain"]


def plot_glass_brain(
    stat_map_img: Any,
    output_file: Any = None,
    display_mode: str = "ortho",
    colorbar: bool = True,
    cbar_tick_format: str = "%.2g",
    figure: Any = None,
    axes: Any = None,
    title: str | None = None,
    threshold: Any = "auto",
    annotate: bool = True,
    black_bg: bool = False,
    cmap: Any = None,
    alpha: float = 0.7,
    vmin: float | None = None,
    vmax: float | None = None,
    plot_abs: bool = True,
    symmetric_cbar: bool | str = "auto",
    resampling_interpolation: str = "continuous",
    radiological: bool = False,
    transparency: Any = None,
    **kwargs: Any,
) -> Display | None:
    """Show a map as if one could look through the brain.

    Every pixel is the voxel that is largest in absolute value along the line of
    sight. The outlines are those of the MNI152 template: the map must lie in its
    space.

    Parameters
    ----------
    stat_map_img : 3-D image, path or None
        None: the outlines alone, to draw on.
    output_file, colorbar, cbar_tick_format, figure, axes, title, annotate, vmin,\
 vmax, radiological, resampling_interpolation, transparency, **kwargs
        See `plot_stat_map`.
    display_mode : {"ortho", "x", "y", "z", "l", "r", "xz", "yx", "yz", "lr", "lyr",\
 "lzr", "lyrz", "lzry"}
        From the side, from behind, from above; "l" and "r" are the hemispheres,
        each seen from its side.
    threshold : float, "auto", "90%" or None
        See `plot_stat_map`.
    black_bg : bool
    cmap : str or matplotlib.colors.Colormap, optional
        Default: by `plot_abs` and `black_bg`.
    alpha : float
        Opacity of the outlines.
    plot_abs : bool
        Show absolute values; otherwise positive and negative ones.
    symmetric_cbar : bool or "auto"
        See `plot_stat_map`.

    Returns
    -------
    display or None
        See `plot_stat_map`.

    Raises
    ------
    DimensionError, ValueError, TypeError
        See `plot_stat_map`.

    Warns
    -----
    FigureWarning
        If `vmin` is negative although absolute values are shown.

    Examples
    --------
    >>> import numpy as np
    >>> from nibabel.nifti1 import Nifti1Image
    >>> z = np.zeros((8, 9, 7), dtype=np.float32)
    >>> z[1, 4, 3] = -6.0
    >>> affine = np.diag([4.0, 4.0, 4.0, 1.0])
    >>> affine[0, 3] = -14.0
    >>> img = Nifti1Image(z, affine)
    >>> display = plot_glass_brain(img, threshold=3.0, display_mode="lr")
    >>> [float(np.nanmax(one.ax.images[0].get_array().filled(0)))
    ...  for one in display.axes.values()]
    [6.0, 0.0]
    >>> display.close()
    """
    projector = get_projector(display_mode)
    behind = open_background(kwargs.pop("bg_img", None), dim=None, black_bg=black_bg)
    layer = None
    if stat_map_img is not None and stat_map_img is not False:
        volume = open_volume(stat_map_img, "stat_map_img", resampling_interpolation)
        colours = _colours(cmap, plot_abs=plot_abs, black_bg=black_bg)
        limits = _limits(volume, vmin, vmax, symmetric_cbar, colours, plot_abs)
        layer = Layer(
            volume,
            colours,
            as_threshold(threshold, volume),
            limits,
            {"transparency": transparency, **kwargs},
        )
    picture = Picture(
        projector,
        output_file=output_file,
        figure=figure,
        axes=axes,
        title=title,
        annotate=annotate,
        draw_cross=False,
        black_bg=bool(black_bg),
        radiological=radiological,
        colorbar=colorbar,
        cbar_tick_format=cbar_tick_format,
        options={"alpha": alpha, "plot_abs": plot_abs},
    )
    return draw_picture(picture, layer, behind)


def _colours(cmap: Any, *, plot_abs: bool, black_bg: bool) -> Any:
    if cmap is not None:
        return colour_map(cmap)
    if not plot_abs:
        return colour_map("RdBu_r")
    return upper_half(colour_map("cold_hot" if black_bg else "cold_white_hot"))


def _limits(
    volume: Volume,
    vmin: float | None,
    vmax: float | None,
    symmetric: bool | str,
    colours: Any,
    plot_abs: bool,
) -> Limits:
    lowest, highest = volume.range
    vmin = known_limit(vmin, "vmin")
    if not plot_abs:
        return colour_limits((lowest, highest), vmin, vmax, symmetric, colours)
    if vmin is not None and vmin < 0:
        warn(
            f"vmin is {vmin:g}, and absolute values are shown: none is negative. "
            "For both signs pass plot_abs=False.",
            FigureWarning,
        )
    largest = max(abs(lowest), abs(highest))
    return colour_limits((0.0, largest), vmin, vmax, symmetric, None)
