"""Images on slices: of any kind, of anatomy, of echo-planar imaging."""

from typing import Any

from boldglm.plotting.background import MNI152TEMPLATE, Background, open_background
from boldglm.plotting.displays.colours import Limits, known_limit
from boldglm.plotting.displays.display import Display
from boldglm.plotting.displays.slicers import get_slicer
from boldglm.plotting.displays.volumes import open_volume
from boldglm.plotting.picture import Layer, Picture, as_threshold, draw_picture

__all__ = ["plot_anat", "plot_epi", "plot_img"]


def plot_img(
    img: Any,
    cut_coords: Any = None,
    output_file: Any = None,
    display_mode: str = "ortho",
    figure: Any = None,
    axes: Any = None,
    title: str | None = None,
    threshold: Any = None,
    annotate: bool = True,
    draw_cross: bool = True,
    black_bg: bool = False,
    colorbar: bool = True,
    cbar_tick_format: str = "%.2g",
    resampling_interpolation: str = "continuous",
    bg_img: Any = None,
    vmin: float | None = None,
    vmax: float | None = None,
    radiological: bool = False,
    decimals: int | bool = False,
    cmap: Any = "gray",
    transparency: Any = None,
    transparency_range: Any = None,
    **kwargs: Any,
) -> Display | None:
    """Show slices of an image.

    Parameters
    ----------
    img : 3-D image or path
    cut_coords, output_file, display_mode, figure, axes, title, annotate, draw_cross,\
 colorbar, cbar_tick_format, resampling_interpolation, radiological, transparency,\
 transparency_range, **kwargs
        See `plot_stat_map`.
    threshold : float, "auto", "90%" or None
        Voxels are shown where their absolute value is above this. None: all.
    black_bg : bool
    bg_img : 3-D image, path or None
        In grey behind the image.
    vmin, vmax : float, optional
        Values of the first and last colour. Default: the lowest and the highest of
        what is shown.
    decimals : int or bool
        Decimals of the coordinates of the cuts.
    cmap : str or matplotlib.colors.Colormap

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
    >>> import numpy as np
    >>> from nibabel.nifti1 import Nifti1Image
    >>> values = np.arange(60, dtype=np.float32).reshape(5, 4, 3)
    >>> display = plot_img(Nifti1Image(values, np.eye(4)), display_mode="x")
    >>> sorted(display.axes) == display.cut_coords
    True
    >>> display.close()
    """
    slicer = get_slicer(display_mode)
    volume = open_volume(img, "img", resampling_interpolation)
    behind = open_background(bg_img, dim=None, black_bg=black_bg)
    layer = Layer(
        volume,
        cmap,
        as_threshold(threshold, volume),
        Limits(known_limit(vmin, "vmin"), known_limit(vmax, "vmax")),
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
        black_bg=behind.black,
        radiological=radiological,
        colorbar=colorbar,
        cbar_tick_format=cbar_tick_format,
        decimals=decimals,
    )
    return draw_picture(picture, layer, behind)


def plot_anat(
    anat_img: Any = MNI152TEMPLATE,
    cut_coords: Any = None,
    output_file: Any = None,
    display_mode: str = "ortho",
    figure: Any = None,
    axes: Any = None,
    title: str | None = None,
    annotate: bool = True,
    threshold: Any = None,
    draw_cross: bool = True,
    black_bg: bool | str = "auto",
    dim: float | str | None = "auto",
    cmap: Any = "gray",
    colorbar: bool = True,
    cbar_tick_format: str = "%.2g",
    radiological: bool = False,
    vmin: float | None = None,
    vmax: float | None = None,
    **kwargs: Any,
) -> Display | None:
    """Show slices of an anatomical image, in grey.

    Parameters
    ----------
    anat_img : 3-D image or path
        Default: the T1 template of MNI152.
    cut_coords, output_file, display_mode, figure, axes, title, annotate, draw_cross,\
 black_bg, dim, colorbar, cbar_tick_format, radiological, **kwargs
        See `plot_stat_map`.
    threshold : float, "auto", "90%" or None
        Voxels are shown where their absolute value is above this. None: all.
    cmap : str or matplotlib.colors.Colormap
    vmin, vmax : float, optional
        Values that are black and white. Default: of the image, as `dim` says.

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
    >>> display = plot_anat(display_mode="z", cut_coords=[0.0, 20.0])
    >>> list(display.axes)
    [0.0, 20.0]
    >>> display.close()
    """
    slicer = get_slicer(display_mode)
    decimals = kwargs.pop("decimals", False)
    behind = open_background(anat_img, dim, black_bg, "anat_img")
    if behind.volume is None:
        msg = f"anat_img is {anat_img!r}; expected a 3D image, or its path."
        raise TypeError(msg)
    low, high = known_limit(vmin, "vmin"), known_limit(vmax, "vmax")
    lowest, highest = behind.volume.range
    limits = Limits(
        behind.low if low is None else low,
        behind.high if high is None else high,
        # dimmed, black and white may be of no voxel: the bar leaves them out
        bar_low=lowest if low is None else low,
        bar_high=highest if high is None else high,
    )
    height = as_threshold(threshold, behind.volume)
    layer = Layer(behind.volume, cmap, height, limits, kwargs)
    picture = Picture(
        slicer,
        cut_coords=cut_coords,
        output_file=output_file,
        figure=figure,
        axes=axes,
        title=title,
        annotate=annotate,
        draw_cross=draw_cross,
        black_bg=behind.black,
        radiological=radiological,
        decimals=decimals,
        colorbar=colorbar,
        cbar_tick_format=cbar_tick_format,
    )
    return draw_picture(picture, layer, Background(None, behind.black))


def plot_epi(
    epi_img: Any = None,
    cut_coords: Any = None,
    output_file: Any = None,
    display_mode: str = "ortho",
    figure: Any = None,
    axes: Any = None,
    title: str | None = None,
    annotate: bool = True,
    draw_cross: bool = True,
    black_bg: bool = True,
    colorbar: bool = True,
    cbar_tick_format: str = "%.2g",
    cmap: Any = "gray",
    vmin: float | None = None,
    vmax: float | None = None,
    radiological: bool = False,
    **kwargs: Any,
) -> Display | None:
    """Show slices of one volume of functional images, on black.

    Parameters
    ----------
    epi_img : 3-D image or path
        One volume, or the mean of many (`boldglm.image.mean_img`).
    cut_coords, output_file, display_mode, figure, axes, title, annotate, draw_cross,\
 black_bg, colorbar, cbar_tick_format, radiological, **kwargs
        See `plot_stat_map`.
    cmap : str or matplotlib.colors.Colormap
    vmin, vmax : float, optional
        Values that are black and white. Default: the lowest and the highest shown.

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
    >>> import numpy as np
    >>> from nibabel.nifti1 import Nifti1Image
    >>> values = np.arange(60, dtype=np.float32).reshape(5, 4, 3)
    >>> display = plot_epi(Nifti1Image(values, np.eye(4)), title="first volume")
    >>> display.black_bg
    True
    >>> display.close()
    """
    return plot_img(
        epi_img,
        cut_coords=cut_coords,
        output_file=output_file,
        display_mode=display_mode,
        figure=figure,
        axes=axes,
        title=title,
        threshold=kwargs.pop("threshold", None),
        annotate=annotate,
        draw_cross=draw_cross,
        black_bg=black_bg,
        colorbar=colorbar,
        cbar_tick_format=cbar_tick_format,
        cmap=cmap,
        vmin=vmin,
        vmax=vmax,
        radiological=radiological,
        **kwargs,
    )
