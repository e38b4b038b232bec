"""A row of slices with a statistical map on top."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.errors import ShapeError
from boldglm.plotting.saving import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["plot_slice_row"]

GROUND = "black"
INK = "white"
SOFT_INK = "0.65"


def plot_slice_row(
    stat_map_img: Any,
    bg_img: Any,
    *,
    threshold: float,
    cut_coords: Sequence[float] | int = 7,
    title: str | None = None,
    label: str = "z",
    vmax: float | None = None,
    output_file: str | Path | None = None,
) -> "Figure":
    """Show axial slices of a map where it passes a threshold, over an image.

    Left is left. The map is shown voxel by voxel, as it was tested; the
    background is smoothed for the eye.

    Parameters
    ----------
    stat_map_img : 3D image or path
        What is shown in colour, where it is above `threshold` or below its
        negative.
    bg_img : 3D image or path
        What is shown in grey. It has the grid of the map, and its axes are those
        of the world (no oblique slices).
    threshold : float
        Height, positive.
    cut_coords : sequence of float, or int
        Heights of the slices, mm, or their number. A number spreads them over the
        values above the threshold, or over the background if there are none.
    title : str, optional
    label : str
        What the colours stand for.
    vmax : float, optional
        Value of the last colour. Default: the largest absolute value.
    output_file : path, optional
        Write the figure there too.

    Returns
    -------
    matplotlib.figure.Figure
        One pair of axes per slice, then the colour bar.

    Raises
    ------
    ShapeError
        If the images do not share a grid, or their axes are oblique.
    ValueError
        If the threshold is not a positive, finite number.

    Examples
    --------
    >>> import nibabel
    >>> values = np.zeros((6, 7, 5), dtype=np.float32)
    >>> values[4, 3, 2] = 8.0
    >>> image = nibabel.Nifti1Image(values, np.diag([4.0, 4.0, 4.0, 1.0]))
    >>> figure = plot_slice_row(image, image, threshold=3.0, cut_coords=[4.0, 8.0])
    >>> [axes.get_title() for axes in figure.axes[:2]]
    ['z = 4', 'z = 8 mm']
    """
    from matplotlib.figure import Figure

    if not 0 < float(threshold) < np.inf:
        msg = (
            f"threshold is {threshold}; expected a positive height. (inf is the answer "
            "of a correction that nothing survives: there is nothing to show.)"
        )
        raise ValueError(msg)
    values, background, affine = _on_one_grid(stat_map_img, bg_img)
    shown = np.where(np.abs(values) > threshold, values, np.nan)
    planes = _planes(shown, background, affine, cut_coords)
    limit = vmax or float(np.nanmax(np.abs(shown), initial=1.25 * threshold))
    colours, norm = _colours(threshold, limit, two_sided=bool((shown < 0).any()))
    box = _box(background, affine)
    ratio = (box[1] - box[0]) / (box[3] - box[2])
    height = 2.3
    figure = Figure(
        figsize=(height * ratio * len(planes) + 1.1, height + (0.75 if title else 0.4)),
        facecolor=GROUND,
        layout="constrained",
    )
    row = np.atleast_1d(figure.subplots(1, len(planes)))
    # A background that is never quite white leaves the light to the colours
    bright = np.percentile(background[background > background.mean()], 95)
    grey = (0.0, 1.5 * float(bright))
    for axes, plane in zip(row, planes, strict=True):
        _show(axes, background[..., plane], affine, cmap="gray", clim=grey)
        _show(axes, shown[..., plane], affine, cmap=colours, norm=norm, sharp=True)
        axes.set(xlim=box[:2], ylim=box[2:])
        height_mm = affine[2, 3] + affine[2, 2] * plane
        unit = " mm" if axes is row[-1] else ""
        axes.set_title(f"z = {height_mm:.0f}{unit}", color=INK, fontsize=9)
    _say_left_and_right(row[0])
    _colour_bar(figure, row, colours, norm, label)
    if title:
        figure.suptitle(title, color=INK, fontsize=11, x=0.01, ha="left")
    if output_file is not None:
        save_figure(figure, output_file)
    return figure


def _on_one_grid(
    stat_map_img: Any, bg_img: Any
) -> "tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]":
    """Both arrays with x to the right, y to the front, z up; and their affine."""
    import nibabel

    turned = [
        nibabel.as_closest_canonical(
            nibabel.load(image) if isinstance(image, str | Path) else image
        )
        for image in (stat_map_img, bg_img)
    ]
    values, background = (np.asarray(image.dataobj, dtype=float) for image in turned)
    affine = turned[0].affine
    if values.shape != background.shape or not np.allclose(
        affine, turned[1].affine, atol=1e-3
    ):
        msg = (
            f"The map, {values.shape}, and the background, {background.shape}, are "
            "not on the same grid: resample one to the other first."
        )
        raise ShapeError(msg)
    if np.abs(affine[:3, :3] - np.diag(np.diag(affine)[:3])).max() > 1e-3:
        msg = (
            "The axes of the images are oblique to those of the world; "
            "resample them to a grid that is not."
        )
        raise ShapeError(msg)
    return values, background, affine


def _planes(
    shown: "NDArray[Any]",
    background: "NDArray[Any]",
    affine: "NDArray[np.float64]",
    cut_coords: Sequence[float] | int,
) -> list[int]:
    """Indices of the slices, lowest first."""
    last = shown.shape[2] - 1
    if not isinstance(cut_coords, int | np.integer):
        wanted = (np.asarray(cut_coords, dtype=float) - affine[2, 3]) / affine[2, 2]
        return [int(plane) for plane in np.clip(np.rint(wanted), 0, last)]
    inside = np.isfinite(shown)
    if not inside.any():
        inside = background > background.mean()
    occupied = np.flatnonzero(inside.any(axis=(0, 1)))
    spread = np.linspace(occupied[0], occupied[-1], int(cut_coords))
    return sorted(set(np.rint(spread).astype(int).tolist()))


def _box(background: "NDArray[Any]", affine: "NDArray[np.float64]") -> list[float]:
    """Left, right, back and front of what is bright, and a little margin, in mm."""
    bright = background > background.mean()
    limits = []
    for axis in (0, 1):
        others = tuple(other for other in range(3) if other != axis)
        occupied = np.flatnonzero(bright.any(axis=others))
        ends = np.array([occupied[0] - 1.5, occupied[-1] + 1.5])
        limits.extend((affine[axis, 3] + affine[axis, axis] * ends).tolist())
    return limits


def _colours(
    threshold: float, limit: float, *, two_sided: bool
) -> "tuple[Colormap, Normalize]":
    """Blues below, reds to yellow above, grey for what is not shown."""
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap, Normalize

    lowest = -limit if two_sided else 0.0
    edges = np.linspace(lowest, limit, 512)
    steps = (edges[:-1] + edges[1:]) / 2
    depth = np.clip((np.abs(steps) - threshold) / (limit - threshold), 0.0, 1.0)
    hot, cold = mpl.colormaps["hot"], mpl.colormaps["cool"].reversed()
    table = np.where(
        (steps > 0)[:, None], hot(0.35 + 0.55 * depth), cold(0.45 + 0.55 * depth)
    )
    # A step that reaches over the threshold has its colour: no voxel shown is grey
    hidden = np.maximum(np.abs(edges[:-1]), np.abs(edges[1:])) <= threshold
    table[hidden] = (0.3, 0.3, 0.3, 1.0)
    return ListedColormap(table), Normalize(lowest, limit)


def _show(
    axes: "Axes",
    plane: "NDArray[Any]",
    affine: "NDArray[np.float64]",
    *,
    sharp: bool = False,
    **look: Any,
) -> None:
    """Draw one slice where it lies in the world."""
    low = affine[:2, 3] - np.diag(affine)[:2] / 2
    high = low + np.diag(affine)[:2] * plane.shape
    axes.imshow(
        plane.T,
        origin="lower",
        extent=(low[0], high[0], low[1], high[1]),
        interpolation="nearest" if sharp else "bilinear",
        **look,
    )
    axes.set_axis_off()


def _say_left_and_right(axes: "Axes") -> None:
    for side, x in (("L", 0.02), ("R", 0.98)):
        axes.text(
            x,
            0.02,
            side,
            transform=axes.transAxes,
            color=INK,
            fontsize=9,
            ha="left" if side == "L" else "right",
            va="bottom",
        )


def _colour_bar(
    figure: "Figure",
    row: "NDArray[Any]",
    colours: "Colormap",
    norm: "Normalize",
    label: str,
) -> None:
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(
        ScalarMappable(norm, colours), ax=list(row), shrink=0.8, aspect=14, pad=0.01
    )
    bar.ax.set_title(label, color=INK, fontsize=9)
    bar.ax.tick_params(colors=INK, labelsize=8)
    bar.outline.set_edgecolor(SOFT_INK)
