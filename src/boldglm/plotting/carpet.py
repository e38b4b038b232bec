"""All voxels of a run along time, in shades of grey."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import check_truth
from boldglm.plotting.carpet_voxels import Carpet, read_carpet
from boldglm.plotting.cm import colour_map
from boldglm.plotting.figures import finish, new_figure, none_left_open
from boldglm.plotting.given_axes import checked_axes, checked_figure
from boldglm.plotting.matrix_axes import shortened
from boldglm.signal.checks import checked_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = ["plot_carpet"]


@none_left_open
def plot_carpet(
    img: Any,
    mask_img: Any = None,
    mask_labels: Mapping[str, Any] | None = None,
    t_r: float | None = None,
    detrend: bool = True,
    output_file: str | Path | None = None,
    figure: "Figure | None" = None,
    axes: "Axes | None" = None,
    vmin: float | None = None,
    vmax: float | None = None,
    title: str | None = None,
    cmap: "str | Colormap" = "gray",
    cmap_labels: "str | Colormap" = "gist_ncar",
    standardize: Any = True,
) -> "Figure":
    """Show a run as a carpet: a row for each voxel, a column for each scan.

    Vertical stripes are what all voxels do at once: movement, breathing, spikes. No
    scan is left out. Of many voxels some thousands are shown, evenly spaced in the
    order of the mask; others are never held in memory. Rows that fall on one line of
    the picture are averaged.

    Parameters
    ----------
    img : 4D image, path, or list of 3D ones
    mask_img : 3D image or path, optional
        Voxels that are shown. An atlas groups them, with a strip of colours beside
        them. On another grid than `img` it is brought there (nearest voxel).
        Default: `boldglm.masking.compute_epi_mask`.
    mask_labels : dict of str to number, optional
        Name of a region to its value in the atlas. Regions without a name are shown
        with their value.
    t_r : float, optional
        Seconds between scans. Default: what the header says.
    detrend : bool
        Take a line off each voxel, and scale it by `standardize`.
    output_file : path, optional
        Write the figure there, and close it.
    figure : matplotlib.figure.Figure, optional
    axes : matplotlib.axes.Axes, optional
        Where to draw. Default: a new figure, with a bar of the shades.
    vmin, vmax : float, optional
        Values of black and white. Default: the mean, and two standard deviations
        (averaged over voxels) below and above.
    title : str, optional
    cmap, cmap_labels : str or Colormap
        Of the voxels, and of the regions.
    standardize : {"zscore_sample", "psc", True, False, None}
        Unit of the voxels: standard deviations or per cent of the mean; True is
        "zscore_sample". Without effect unless `detrend`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DimensionError
        If `img` is not 4-D.
    MaskError
        If the mask is empty, or beside the image.
    ValueError
        If `axes` are not in `figure`, limits are not in order, or `t_r` is not
        positive.
    TypeError
        If a parameter is of another type.

    Warns
    -----
    ImageWarning
        If values are not finite: they are shown as 0.

    References
    ----------
    Power (2017), A simple but useful way to assess fMRI scan qualities, NeuroImage
    154:150-158.

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> rng = np.random.default_rng(0)
    >>> run = Nifti1Image(rng.standard_normal((3, 3, 3, 20)), np.eye(4))
    >>> mask = Nifti1Image(np.ones((3, 3, 3), np.uint8), np.eye(4))
    >>> figure = plot_carpet(run, mask, t_r=2.0)
    >>> figure.axes[0].images[0].get_array().shape, float(figure.axes[0].get_xlim()[1])
    ((27, 20), 40.0)
    """
    check_truth(detrend, "detrend")
    colours, strip_colours = colour_map(cmap), colour_map(cmap_labels)
    if axes is not None:
        figure = _figure_of(checked_axes(axes), figure)
    elif figure is not None:
        checked_figure(figure)
    carpet = read_carpet(
        img, mask_img, mask_labels, t_r, standardize if detrend else "as is"
    )
    limits = _limits(carpet, vmin, vmax)
    is_new = figure is None
    if figure is None:
        figure = new_figure(output_file, figsize=(10.0, 5.0), layout="constrained")
    if axes is None:
        axes = figure.add_subplot()
    shown = axes.imshow(
        carpet.rows,
        aspect="auto",
        interpolation="auto",
        cmap=colours,
        vmin=limits[0],
        vmax=limits[1],
        extent=(0.0, carpet.end, len(carpet.rows), 0.0),
    )
    axes.set_yticks([])
    axes.set_xlabel(carpet.time_label)
    axes.spines[["top", "right", "left"]].set_visible(False)
    if carpet.regions is None:
        axes.set_ylabel("voxels")
    else:
        _draw_strip(axes, carpet, strip_colours)
    if title:
        axes.set_title(title)
    if is_new:
        bar = figure.colorbar(shown, ax=axes, aspect=40, pad=0.01)
        bar.set_label(carpet.unit)
    finish(figure, output_file)
    return figure


def _figure_of(axes: "Axes", figure: Any) -> Any:
    if figure is not None and figure is not axes.figure:
        msg = (
            "axes and figure were given, and the axes are not on that figure. Give "
            "one of them: axes are in a figure."
        )
        raise ValueError(msg)
    return axes.figure


def _limits(carpet: Carpet, vmin: Any, vmax: Any) -> tuple[float, float]:
    centre, spread = carpet.centre_and_spread()
    ends = []
    for name, given, sign in (("vmin", vmin, -1.0), ("vmax", vmax, 1.0)):
        default = centre + sign * 2.0 * (spread or 1.0)
        low = None if given is None else -np.inf
        value = default if given is None else given
        ends.append(float(checked_number(value, name, "a finite number", low=low)))
    if not ends[0] < ends[1]:
        msg = f"vmin is {ends[0]:g} and vmax is {ends[1]:g}; expected vmin < vmax."
        raise ValueError(msg)
    return ends[0], ends[1]


def _draw_strip(axes: "Axes", carpet: Carpet, colours: "Colormap") -> None:
    """Regions beside their voxels, each in its colour and with its name."""
    regions = np.asarray(carpet.regions)
    # As a part of the axes: it moves with them, whatever the layout
    strip = axes.inset_axes((-0.025, 0.0, 0.018, 1.0))
    values, codes, counts = np.unique(regions, return_inverse=True, return_counts=True)
    strip.imshow(
        codes[:, np.newaxis],
        aspect="auto",
        interpolation="nearest",
        cmap=colours,
        # The ends of many maps are black and white: no colours for a region
        vmin=-1,
        vmax=len(values),
        extent=(0.0, 1.0, len(regions), 0.0),
    )
    edges = np.cumsum(counts)
    axes.hlines(edges[:-1], 0.0, carpet.end, color="#ffa90e", linewidth=0.5)
    strip.set_xticks([])
    strip.set_yticks(
        edges - counts / 2.0,
        [shortened(carpet.names.get(value, f"{value:g}")) for value in values],
        parse_math=False,
        fontsize=9 if len(values) <= 30 else 6,
    )
    strip.tick_params(length=0)
    strip.spines[:].set_visible(False)
