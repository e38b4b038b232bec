"""Two maps: their difference against their mean."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import check_truth
from boldglm.plotting.density import draw_density, label_density
from boldglm.plotting.figures import finish, new_figure, none_left_open
from boldglm.plotting.given_axes import checked_figure
from boldglm.plotting.image_pairs import places_of
from boldglm.plotting.number_text import true_minus, weight_text
from boldglm.signal.checks import checked_number, checked_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["plot_bland_altman"]

Limits = tuple[float, float, float, float]


@none_left_open
def plot_bland_altman(
    ref_img: Any,
    src_img: Any,
    masker: Any = None,
    ref_label: str = "reference image",
    src_label: str = "source image",
    figure: "Figure | None" = None,
    title: str | None = None,
    cmap: "str | Colormap" = "inferno",
    colorbar: bool = True,
    gridsize: "int | Sequence[int]" = 100,
    lims: "Sequence[float] | None" = None,
    output_file: str | Path | None = None,
) -> "Figure":
    r"""Show by how much two images differ, against their mean, voxel by voxel.

    .. math::

        d_v = a_v - b_v, \qquad m_v = (a_v + b_v) / 2

    With the histograms of both, the mean difference, and the limits of agreement
    :math:`\bar d \pm 1.96\, s_d`, between which 95 % of normal differences lie.
    Images that agree lie along the line at 0.

    Parameters
    ----------
    ref_img, src_img : 3D image or path
        The source is resampled to the grid of the reference.
    masker : masker, mask image, path, or None
        See `plot_img_comparison`.
    ref_label, src_label : str
        Names on the axes.
    figure : matplotlib.figure.Figure, optional
        Where to draw. Default: a new one.
    title : str, optional
    cmap : str or Colormap
    colorbar : bool
    gridsize : int or (2,) int
        Cells across and up, of the density and of the histograms.
    lims : (4,) float, optional
        Lowest and highest mean, then difference. Default: those of the data, with
        differences symmetric about 0.
    output_file : path, optional
        Write the figure there, and close it.

    Returns
    -------
    matplotlib.figure.Figure
        Axes: the density, the differences, the means, the colour bar.

    Raises
    ------
    TypeError
        If `lims` are not four numbers, or `gridsize` is no number.
    ValueError
        If `lims` are not in order, or `gridsize` is below 1.
    ShapeError
        If nothing is finite in both images.
    MaskError
        If the mask cannot be used.

    Warns
    -----
    FigureWarning
        If values that are not finite are left out.

    References
    ----------
    Bland and Altman (1986), Statistical methods for assessing agreement between two
    methods of clinical measurement, Lancet 327:307-310.
    Bowring et al. (2019), Human Brain Mapping 40:3362-3384.

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> one = Nifti1Image(np.arange(27.0).reshape(3, 3, 3), np.eye(4))
    >>> mask = Nifti1Image(np.ones((3, 3, 3), np.uint8), np.eye(4))
    >>> two = Nifti1Image(one.get_fdata() + 2.0, np.eye(4))
    >>> figure = plot_bland_altman(one, two, mask)
    >>> float(figure.axes[0].get_ylim()[1])
    2.1
    """
    check_truth(colorbar, "colorbar")
    cells = _cells(gridsize)
    given = None if lims is None else _checked_limits(lims)
    if figure is not None:
        checked_figure(figure)
    ref, src = places_of(masker, ref_img).values_of(ref_img, src_img)
    mean, difference = (ref + src) / 2.0, ref - src
    limits = given or _limits(mean, difference)
    if figure is None:
        figure = new_figure(output_file, figsize=(6.8, 6.0), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=[1, 4], height_ratios=[4, 1])
    main = figure.add_subplot(grid[0, 1])
    left = figure.add_subplot(grid[0, 0], sharey=main)
    below = figure.add_subplot(grid[1, 1], sharex=main)
    density = draw_density(main, mean, difference, limits, cmap=cmap, gridsize=cells)
    _draw_agreement(main, difference)
    _histogram(left, difference, cells[1], limits[2:], sideways=True)
    _histogram(below, mean, cells[0], limits[:2])
    main.axis(limits)
    main.tick_params(labelleft=False, labelbottom=False)
    left.set_ylabel(f"Difference ({ref_label} {true_minus('-')} {src_label})")
    below.set_xlabel(f"Mean of {ref_label} and {src_label}")
    if title:
        main.set_title(title)
    if colorbar:
        label_density(figure.colorbar(density, ax=main, aspect=30, pad=0.02))
    finish(figure, output_file)
    return figure


def _cells(gridsize: Any) -> tuple[int, int]:
    pair = list(gridsize) if np.ndim(gridsize) == 1 else [gridsize, gridsize]
    expected = "a number of cells, or two: across and up"
    if len(pair) != 2:
        msg = f"gridsize is {gridsize!r}; expected {expected}."
        raise ValueError(msg)
    across, up = (checked_whole(n, "gridsize", expected, low=1) for n in pair)
    return across, up


def _checked_limits(lims: Any) -> Limits:
    expected = "four numbers: lowest and highest mean, lowest and highest difference"
    if np.ndim(lims) != 1 or len(lims) != 4:
        msg = f"lims is {lims!r}; expected {expected}."
        raise TypeError(msg)
    low_x, high_x, low_y, high_y = (
        float(checked_number(one, "lims", expected, low=-np.inf)) for one in lims
    )
    if not (low_x < high_x and low_y < high_y):
        msg = f"lims is {lims!r}; expected {expected}, each pair in ascending order."
        raise ValueError(msg)
    return low_x, high_x, low_y, high_y


def _limits(mean: "NDArray[Any]", difference: "NDArray[Any]") -> Limits:
    low, high = float(mean.min()), float(mean.max())
    margin = 0.05 * (high - low) or max(0.5, 1e-3 * abs(low))
    largest = 1.05 * float(np.abs(difference).max()) or 1.0
    return low - margin, high + margin, -largest, largest


def _draw_agreement(axes: "Axes", difference: "NDArray[Any]") -> None:
    """The line of no difference, the mean one, and limits of agreement."""
    axes.axhline(0.0, color="black", linewidth=0.8)
    centre = float(difference.mean())
    spread = 1.96 * float(difference.std(ddof=1)) if difference.size > 1 else 0.0
    lines = (
        (centre, "-", f"mean {weight_text(centre)}"),
        (centre - spread, "--", "±1.96 SD"),
        (centre + spread, "--", None),
    )
    for height, style, label in lines:
        axes.axhline(
            height, color="#3f90da", linestyle=style, linewidth=1.2,
            label=label,
        )  # fmt: skip
    axes.legend(loc="best", fontsize=8, framealpha=0.8)


def _histogram(
    axes: "Axes",
    values: "NDArray[Any]",
    n_bins: int,
    ends: tuple[float, float],
    *,
    sideways: bool = False,
) -> None:
    axes.hist(
        values, bins=n_bins, range=ends, histtype="stepfilled", color="0.55",
        orientation="horizontal" if sideways else "vertical",
    )  # fmt: skip
    # The bars stand on the density and point away from it
    if sideways:
        axes.invert_xaxis()
        axes.set_xticks([])
        axes.spines[["top", "bottom"]].set_visible(False)
    else:
        axes.invert_yaxis()
        axes.set_yticks([])
        axes.spines[["left", "right"]].set_visible(False)
