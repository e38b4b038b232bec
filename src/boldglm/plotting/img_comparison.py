"""Two sets of maps, against each other."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import check_truth
from boldglm._base.errors import ShapeError
from boldglm.plotting.density import draw_density, label_density
from boldglm.plotting.figures import finish, new_figure, none_left_open
from boldglm.plotting.given_axes import checked_axes
from boldglm.plotting.image_pairs import places_of
from boldglm.plotting.number_text import correlation_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["plot_img_comparison"]

N_BINS = 100


@none_left_open
def plot_img_comparison(
    ref_imgs: Any,
    src_imgs: Any,
    masker: Any = None,
    plot_hist: bool = True,
    log: bool = True,
    ref_label: str = "image set 1",
    src_label: str = "image set 2",
    output_dir: str | Path | None = None,
    axes: "Sequence[Axes] | None" = None,
    colorbar: bool = True,
) -> list[float]:
    r"""Show how values of images agree, voxel by voxel, and return correlations.

    .. math::

        r = \frac{\sum_v (a_v - \bar a)(b_v - \bar b)}
                 {\sqrt{\sum_v (a_v - \bar a)^2 \sum_v (b_v - \bar b)^2}}

    A figure for each pair: how many voxels have which two values, with the line of
    equal values; and both histograms, in the same bins.

    Parameters
    ----------
    ref_imgs, src_imgs : 3D image, path, or list of these
        All are resampled to the grid of the first reference image.
    masker : masker, mask image, path, or None
        Where they are compared. A masker may be fitted or not; a mask is brought to
        the grid of the reference. None: where the first reference image differs
        from its border.
    plot_hist : bool
        False: nothing is drawn, correlations are returned.
    log : bool
        Count the voxels of the histograms on a logarithmic axis.
    ref_label, src_label : str
        Names on the axes.
    output_dir : path, optional
        Write the figures there, as ``0000.png``, ``0001.png``, …, and close them.
    axes : sequence of two Axes, optional
        Where to draw. Default: a new figure for each pair.
    colorbar : bool

    Returns
    -------
    list of float
        Correlation of each pair; nan where an image is the same everywhere.

    Raises
    ------
    ShapeError
        If the lists are empty or of different lengths, or there is nothing finite
        to compare.
    TypeError
        If `axes` are not two axes.
    MaskError
        If the mask cannot be used.

    Warns
    -----
    FigureWarning
        If values that are not finite are left out.

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> one = Nifti1Image(np.arange(27.0).reshape(3, 3, 3), np.eye(4))
    >>> mask = Nifti1Image(np.ones((3, 3, 3), np.uint8), np.eye(4))
    >>> two = Nifti1Image(3.0 - 2.0 * one.get_fdata(), np.eye(4))
    >>> plot_img_comparison(one, [two], mask, plot_hist=False)
    [-1.0]
    """
    for name, flag in (("plot_hist", plot_hist), ("log", log), ("colorbar", colorbar)):
        check_truth(flag, name)
    ref_label, src_label = str(ref_label), str(src_label)
    refs, srcs = _listed(ref_imgs), _listed(src_imgs)
    if not refs or len(refs) != len(srcs):
        msg = (
            f"Got {len(refs)} reference and {len(srcs)} source images; expected as "
            "many of one as of the other, and at least one."
        )
        raise ShapeError(msg)
    given = None if axes is None else _two_axes(axes)
    places = places_of(masker, refs[0])
    correlations = []
    for number, (ref_img, src_img) in enumerate(zip(refs, srcs, strict=True)):
        ref, src = places.values_of(ref_img, src_img)
        correlations.append(_correlation(ref, src))
        if not plot_hist:
            continue
        path = None if output_dir is None else Path(output_dir) / f"{number:04}.png"
        left, right = given or _new_axes(path)
        density = _draw_against(left, ref, src, correlations[-1])
        left.set(xlabel=ref_label, ylabel=src_label)
        if colorbar:
            label_density(left.figure.colorbar(density, ax=left))
        _draw_histograms(right, [(ref_label, ref), (src_label, src)], log=log)
        finish(left.figure, path)
    return correlations


def _listed(images: Any) -> list[Any]:
    if isinstance(images, str | PathLike) or hasattr(images, "affine"):
        return [images]
    if isinstance(images, list | tuple):
        return list(images)
    msg = (
        f"Got {type(images).__name__}; expected a 3-D image, its path, or a list of "
        "these."
    )
    raise TypeError(msg)


def _two_axes(axes: Any) -> "tuple[Axes, Axes]":
    pair = list(np.ravel(np.asarray(axes, dtype=object)))
    if len(pair) != 2:
        msg = f"axes are {len(pair)}; expected two, for the scatter and the histograms."
        raise TypeError(msg)
    return checked_axes(pair[0], "axes[0]"), checked_axes(pair[1], "axes[1]")


def _new_axes(output_file: Path | None) -> "tuple[Axes, Axes]":
    figure = new_figure(output_file, figsize=(10.5, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1.0])
    return left, right


def _correlation(ref: "NDArray[Any]", src: "NDArray[Any]") -> float:
    """Of centred values: what rounding leaves of a constant is no variation."""
    parts = []
    for values in (ref, src):
        largest = np.abs(values).max()
        scaled = values / largest if largest > 0 else values
        centred = scaled - scaled.mean()
        norm = float(np.sqrt((centred**2).sum()))
        if norm <= 1e-12 * np.sqrt(values.size):
            return float("nan")
        parts.append(centred / norm)
    return float(np.clip(parts[0] @ parts[1], -1.0, 1.0))


def _draw_against(
    axes: "Axes", ref: "NDArray[Any]", src: "NDArray[Any]", correlation: float
) -> Any:
    limits = _limits(ref, src)
    density = draw_density(axes, ref, src, limits, cmap="inferno", gridsize=(80, 80))
    # Equal values; xy1 and slope, so that the line does not set limits
    axes.axline((0.0, 0.0), slope=1.0, linestyle="--", color="0.5", linewidth=1.0)
    axes.axis(limits)
    axes.set_title(f"Pearson's R: {correlation_text(correlation) or 'undefined'}")
    return density


def _limits(
    ref: "NDArray[Any]", src: "NDArray[Any]"
) -> tuple[float, float, float, float]:
    """The same for both axes, unless the units must be different."""
    x, y = (np.array([values.min(), values.max()]) for values in (ref, src))
    spans = [max(float(np.ptp(ends)), 1e-300) for ends in (x, y)]
    joint = np.array([min(x[0], y[0]), max(x[1], y[1])])
    if np.ptp(joint) <= 3.0 * min(spans):
        x = y = joint
    x, y = (_with_margin(ends) for ends in (x, y))
    return float(x[0]), float(x[1]), float(y[0]), float(y[1])


def _with_margin(ends: "NDArray[Any]") -> "NDArray[Any]":
    span = float(np.ptp(ends))
    margin = 0.03 * span or max(0.5, 1e-3 * abs(float(ends[0])))
    return ends + np.array([-margin, margin])


def _draw_histograms(
    axes: "Axes", values: "list[tuple[str, NDArray[Any]]]", *, log: bool
) -> None:
    everything = np.concatenate([one for _, one in values])
    edges = np.histogram_bin_edges(everything, bins=N_BINS).tolist()
    for (label, one), colour in zip(values, ("#3f90da", "#bd1f01"), strict=True):
        axes.hist(
            one, bins=edges, log=log, label=label, histtype="stepfilled", alpha=0.45,
            color=colour,
        )  # fmt: skip
        axes.hist(one, bins=edges, log=log, histtype="step", color=colour, lw=1.0)
    axes.set(xlabel="value", ylabel="voxels", title="Histogram of values")
    axes.grid(color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(loc="best")
