"""Statistical maps on slices of an anatomy."""

from typing import Any

from boldglm.plotting.background import MNI152TEMPLATE, open_background
from boldglm.plotting.cm import colour_map
from boldglm.plotting.displays.colours import colour_limits
from boldglm.plotting.displays.display import Display
from boldglm.plotting.displays.slicers import get_slicer
from boldglm.plotting.displays.volumes import open_volume
from boldglm.plotting.picture import Layer, Picture, as_threshold, draw_picture

__all__ = ["plot_stat_map"]


def plot_stat_map(
    stat_map_img: Any,
    bg_img: Any = MNI152TEMPLATE,
    cut_coords: Any = None,
    output_file: Any = None,
    display_mode: str = "ortho",
    colorbar: bool = True,
    cbar_tick_format: str = "%.2g",
    figure: Any = None,
    axes: Any = None,
    title: str | None = None,
    threshold: Any = 1e-6,
    annotate: bool = True,
    draw_cross: bool = True,
    black_bg: bool | str = "auto",
    cmap: Any = "RdBu_r",
    symmetric_cbar: bool | str = "auto",
    dim: float | str | None = "auto",
    vmin: float | None = None,
    vmax: float | None = None,
    radiological: bool = False,
    resampling_interpolation: str = "continuous",
    transparency: Any = None,
    transparency_range: Any = None,
    **kwargs: Any,
) -> Display | None:
    """Show a map in colours, where it passes a threshold, over slices of an anatomy.

    The map is shown voxel by voxel, as it was tested. A map of one sign is shown in
    the colours of that sign, unless `vmin` or `symmetric_cbar` say otherwise.

    Parameters
    ----------
    stat_map_img : 3-D image or path
    bg_img : 3-D image, path or None
        In grey behind the map. Default: the T1 template of MNI152.
    cut_coords : None, int, sequence of float, or dict
        Where to cut, mm: three numbers for "ortho" and "tiled", two for pairs, any
        for "x", "y" and "z", where a whole number says how many cuts; for "mosaic" a
        number, three of them, or a dict. None: through what is most active.
    output_file : path, optional
        Write the figure there and close it; nothing is returned.
    display_mode : {"ortho", "tiled", "mosaic", "x", "y", "z", "xz", "yx", "yz"}
    colorbar : bool
    cbar_tick_format : str
        Of the labels of the colour bar, as in ``"%.2g" % value``.
    figure : matplotlib.figure.Figure, int or None
        Where to draw. Default: a new figure, pyplot's current one.
    axes : matplotlib.axes.Axes, (left, bottom, width, height) or None
        Which part of the figure; the axes are divided.
    title : str, optional
    threshold : float, "auto", "90%" or None
        Voxels are shown where their absolute value is above this. "auto" shows the
        highest fifth of the voxels, a percentage hides that share of them.
    annotate : bool
        Write left, right and the coordinates.
    draw_cross : bool
        Show on each cut where the others are.
    black_bg : bool or "auto"
        "auto": as the rim of the background; white for the template.
    cmap : str or matplotlib.colors.Colormap
    symmetric_cbar : bool or "auto"
        Whether the colours are symmetric about 0. "auto": if the map has both signs.
    dim : float, "auto" or None
        How much the background steps back, from 0 to 1.
    vmin, vmax : float, optional
        Values of the first and last colour.
    radiological : bool
        Show the left of the body on the right.
    resampling_interpolation : {"continuous", "linear", "nearest"}
        For maps that lie oblique: only what is shown of them is interpolated.
    transparency : float, image or None
        Opacity, from 0 to 1; the absolute values of an image set it voxel by voxel.
    transparency_range : (float, float), optional
        Values of that image that are invisible and opaque.
    **kwargs
        ``decimals`` of the coordinates, and what `matplotlib.axes.Axes.imshow` knows.

    Returns
    -------
    display or None
        Draw more on it (``add_contours``, ``add_markers``, …), ``savefig`` and
        ``close`` it. None where it went to `output_file`.

    Raises
    ------
    DimensionError
        If an image is not 3-D.
    ValueError
        If an option is none of those above, or no cut goes through the map.
    TypeError
        If something else is given for a number or an image.

    Warns
    -----
    FigureWarning
        If some cuts are outside of the map, or limits contradict each other.

    Examples
    --------
    >>> import numpy as np
    >>> from nibabel.nifti1 import Nifti1Image
    >>> z = np.zeros((8, 9, 7), dtype=np.float32)
    >>> z[5, 4, 3] = 6.0
    >>> img = Nifti1Image(z, np.diag([4.0, 4.0, 4.0, 1.0]))
    >>> display = plot_stat_map(img, bg_img=None, threshold=3.0)
    >>> display.cut_coords
    (20.0, 16.0, 12.0)
    >>> display.close()
    """
    slicer = get_slicer(display_mode)
    decimals = kwargs.pop("decimals", False)
    volume = open_volume(stat_map_img, "stat_map_img", resampling_interpolation)
    background = open_background(bg_img, dim, black_bg)
    colours = colour_map(cmap)
    layer = Layer(
        volume,
        colours,
        as_threshold(threshold, volume),
        colour_limits(volume.range, vmin, vmax, symmetric_cbar, colours),
        {
            "transparency": transparency,
            "transparency_range": transparency_range,
            **kwargs,
        },
    )
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
        cbar_tick_format=cbar_tick_format,
    )
    return draw_picture(picture, layer, background)
