"""Regions on slices of an anatomy."""

from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.plotting.background import MNI152TEMPLATE, open_background
from boldglm.plotting.cm import colour_map
from boldglm.plotting.displays.colours import Limits, known_limit
from boldglm.plotting.displays.display import Display
from boldglm.plotting.displays.slicers import get_slicer
from boldglm.plotting.displays.volumes import Volume, open_volume
from boldglm.plotting.picture import Layer, Picture, as_threshold, draw_picture
from boldglm.signal.checks import check_choice

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["plot_roi"]

_MOST_REGIONS = 256
"""So many numbered regions have a colour each, more are shown as values."""

_MOST_TICKS = 12


def plot_roi(
    roi_img: Any,
    bg_img: Any = MNI152TEMPLATE,
    cut_coords: Any = None,
    output_file: Any = None,
    display_mode: str = "ortho",
    figure: Any = None,
    axes: Any = None,
    title: str | None = None,
    annotate: bool = True,
    draw_cross: bool = True,
    black_bg: bool | str = "auto",
    threshold: Any = 0.5,
    alpha: float = 0.7,
    cmap: Any = "gist_ncar",
    dim: float | str | None = "auto",
    colorbar: bool = True,
    cbar_tick_format: str = "%.2g",
    vmin: float | None = None,
    vmax: float | None = None,
    resampling_interpolation: str = "nearest",
    view_type: str = "continuous",
    linewidths: float = 2.5,
    radiological: bool = False,
    **kwargs: Any,
) -> Display | None:
    """Show regions, a mask or an atlas, over slices of an anatomy.

    Parameters
    ----------
    roi_img : 3-D image or path
        A mask, or a number per region; 0 is no region.
    bg_img, cut_coords, output_file, display_mode, figure, axes, title, annotate,\
 draw_cross, black_bg, dim, colorbar, cbar_tick_format, vmin, vmax, radiological,\
 **kwargs
        See `plot_stat_map`.
    threshold : float or None
        Voxels are shown where their absolute value is above this.
    alpha : float
        Opacity of the regions, from 0 to 1.
    cmap : str, matplotlib.colors.Colormap, or pandas.DataFrame
        A table has a row per region: ``index``, its number in the image, ``color``.
    resampling_interpolation : {"nearest", "linear", "continuous"}
        For images that lie oblique.
    view_type : {"continuous", "contours"}
        Regions filled, or their outlines.
    linewidths : float
        Of outlines, points.

    Returns
    -------
    display or None
        See `plot_stat_map`.

    Raises
    ------
    DimensionError, ValueError, TypeError
        See `plot_stat_map`.

    Examples
    --------
    >>> from nibabel.nifti1 import Nifti1Image
    >>> mask = np.zeros((6, 6, 6), dtype=np.uint8)
    >>> mask[3:5, 1:3, 2:4] = 1
    >>> img = Nifti1Image(mask, np.diag([4.0, 4.0, 4.0, 1.0]))
    >>> display = plot_roi(img, bg_img=None, view_type="contours")
    >>> len(display.axes["x"].ax.collections) > 0
    True
    >>> display.close()
    """
    check_choice(view_type, "view_type", ("continuous", "contours"))
    slicer = get_slicer(display_mode)
    decimals = kwargs.pop("decimals", False)
    volume = open_volume(roi_img, "roi_img", resampling_interpolation)
    background = open_background(bg_img, dim, black_bg)
    fixed = vmin is not None or vmax is not None
    colours, numbered = _colours(cmap, volume, fixed=fixed)
    as_lines = view_type == "contours"
    options = {"transparency": alpha, **numbered, **kwargs}
    limits = Limits(known_limit(vmin, "vmin"), known_limit(vmax, "vmax"))
    height = as_threshold(threshold, volume)
    if numbered and height is None:
        # 0 is no region, and has no colour
        height = 0.0
    picture = Picture(
        slicer,
        cut_coords=cut_coords,
        output_file=output_file,
        figure=figure,
        axes=axes,
        title=title,
        annotate=annotate,
        draw_cross=draw_cross,
        black_bg=background.black,
        radiological=radiological,
        decimals=decimals,
        colorbar=colorbar,
        # two digits tell regions 1001 and 1002 apart no more
        cbar_tick_format="%g"
        if numbered and cbar_tick_format == "%.2g"
        else cbar_tick_format,
    )
    layer = Layer(volume, colours, height, limits, options, is_drawn=not as_lines)
    if not as_lines:
        return draw_picture(picture, layer, background)

    def draw_lines(display: Display) -> None:
        _draw_outlines(
            display, volume, colours, numbered.get("norm"), alpha, linewidths
        )

    return draw_picture(picture, layer, background, draw_lines)


def _colours(cmap: Any, volume: Volume, *, fixed: bool) -> tuple[Any, dict[str, Any]]:
    """The colour map; with it, for regions that have numbers, a colour for each."""
    import pandas as pd
    from matplotlib.colors import ListedColormap

    if isinstance(cmap, pd.DataFrame):
        return _colours_of_table(cmap, volume)
    colours = colour_map(cmap)
    labels = _labels(volume)
    whole = (labels == np.rint(labels)).all()
    if fixed or not whole or not 0 < len(labels) <= _MOST_REGIONS:
        return colours, {}
    # the ends of many maps are black and white, which are no colours
    chosen = colours(np.linspace(0.06, 0.94, len(labels)))
    return ListedColormap(chosen), _numbered(labels)


def _labels(volume: Volume) -> "NDArray[Any]":
    """The values that are there, beside 0."""
    labels = np.unique(volume.values)
    return labels[np.isfinite(labels) & (labels != 0)]


def _numbered(labels: "NDArray[Any]") -> dict[str, Any]:
    """How numbers of regions are told apart, each by one colour of a list."""
    from matplotlib.colors import BoundaryNorm

    numbers = labels.astype(float)
    between = 0.5 * (numbers[:-1] + numbers[1:])
    edges = [numbers[0] - 0.5, *between, numbers[-1] + 0.5]
    options: dict[str, Any] = {"norm": BoundaryNorm(edges, len(numbers))}
    if len(numbers) <= _MOST_TICKS:
        options["cbar_ticks"] = [float(one) for one in numbers]
    return options


def _colours_of_table(
    table: "pd.DataFrame", volume: Volume
) -> tuple[Any, dict[str, Any]]:
    from matplotlib.colors import ListedColormap

    missing = [name for name in ("index", "color") if name not in table.columns]
    if missing:
        msg = (
            f"The table given as cmap has no column {' or '.join(missing)}; it has "
            f"{list(table.columns)}. Expected 'index', the number of a region "
            "in the image, and 'color'."
        )
        raise ValueError(msg)
    rows = table.sort_values("index")
    rows = rows[rows["index"] != 0]
    numbers = rows["index"].to_numpy(dtype=float)
    unknown = np.setdiff1d(_labels(volume), numbers)
    if unknown.size:
        msg = (
            f"The table given as cmap has no colour for {unknown.size} of the regions "
            f"of roi_img: {', '.join(f'{one:g}' for one in unknown[:5])}."
        )
        raise ValueError(msg)
    return ListedColormap(list(rows["color"])), _numbered(numbers)


def _draw_outlines(
    display: Display,
    volume: Volume,
    colours: Any,
    norm: Any,
    alpha: float,
    linewidths: float,
) -> None:
    """One line around each region, in its colour."""
    for panel in display.axes.values():
        # Without a background the lines of all regions have to fit
        if panel.is_empty:
            panel.widen(display.extent_of(volume, panel))
    labels = _labels(volume)
    places = norm(labels) if norm is not None else np.linspace(0, 1, len(labels))
    for label, colour in zip(labels, colours(places), strict=True):
        region = Volume(
            (volume.values == label).astype(np.uint8), volume.grid, "nearest"
        )
        display.add_contours(
            region,
            levels=[0.5],
            colors=[tuple(colour)],
            transparency=alpha,
            linewidths=linewidths,
            linestyles="solid",
        )
