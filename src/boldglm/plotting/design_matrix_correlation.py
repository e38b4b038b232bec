"""How far the regressors of a design say the same."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from boldglm._base.arguments import check_truth
from boldglm._base.errors import DesignError
from boldglm.plotting.cm import colour_map
from boldglm.plotting.design_columns import read_columns
from boldglm.plotting.figures import finish, none_left_open
from boldglm.plotting.given_axes import checked_axes, checked_figure
from boldglm.plotting.matrix_axes import (
    SOFT_INK,
    label_columns,
    label_rows,
    new_axes,
    shortened,
    write_in_cells,
)
from boldglm.plotting.number_text import correlation_text
from boldglm.signal.checks import check_choice

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.image import AxesImage
    from numpy.typing import NDArray

__all__ = ["plot_design_matrix_correlation"]

ALLOWED = ("RdBu_r", "bwr", "seismic_r")
CONSTANTS = frozenset({"constant", "intercept"})
#: Regressors up to which cells have room for a number.
NUMBERED = 12
TICKS = (-1.0, -0.5, 0.0, 0.5, 1.0)


@none_left_open
def plot_design_matrix_correlation(
    design_matrix: "pd.DataFrame | str | Path",
    tri: Literal["full", "diag"] = "full",
    cmap: "str | Colormap" = "RdBu_r",
    colorbar: bool = True,
    output_file: str | Path | None = None,
    **kwargs: Any,
) -> "Axes":
    r"""Show the correlations between the regressors of a design matrix.

    .. math::

        r_{ij} = \frac{(x_i - \bar x_i)^T (x_j - \bar x_j)}
                      {\|x_i - \bar x_i\|\, \|x_j - \bar x_j\|}

    Drifts (``drift_…``) and the constant are left out; the figure says so. Colours
    go from -1 to 1 in every figure, so that two designs can be compared by eye. A
    regressor that is the same in all scans has no correlation: its cells are grey.

    Parameters
    ----------
    design_matrix : pandas.DataFrame or path
        See `plot_design_matrix`.
    tri : {"full", "diag"}
        The whole matrix, or the lower triangle with the diagonal.
    cmap : {"RdBu_r", "bwr", "seismic_r"}
        White in the middle: at no correlation.
    colorbar : bool
    output_file : path, optional
        Write the figure there, and close it.
    **kwargs
        ``title``; ``axes``, or ``figure`` (a Figure, or its width and height in
        inches); ``grid``, the colour of lines between cells, or False;
        ``auto_fit``, which is accepted and without effect. Others go to
        `matplotlib.axes.Axes.imshow`.

    Returns
    -------
    matplotlib.axes.Axes
        Its figure is ``axes.figure``.

    Raises
    ------
    DesignError
        If the matrix holds something that is not a finite number, or nothing beside
        drifts and constants.
    ValueError
        If `tri` or `cmap` is none of those, or both ``figure`` and ``axes`` are
        given.

    Examples
    --------
    >>> import pandas as pd
    >>> design = pd.DataFrame({"a": [0.0, 1, 0, 1], "b": [1.0, 0, 1, 0], "constant": 1})
    >>> axes = plot_design_matrix_correlation(design)
    >>> axes.images[0].get_array().tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    check_truth(colorbar, "colorbar")
    check_choice(tri, "tri", ("full", "diag"))
    colours = _checked_cmap(cmap)
    names, values = read_columns(design_matrix)
    shown = [at for at, name in enumerate(names) if not _is_left_out(name)]
    if not shown:
        msg = (
            "All regressors are drifts or constant, there is none to correlate: the "
            f"design has {', '.join(map(repr, names[:8]))}."
        )
        raise DesignError(msg)
    labels = [names[at] for at in shown]
    matrix = _correlations(values[:, shown])
    if tri == "diag":
        matrix = np.ma.masked_where(~np.tri(len(matrix), dtype=bool), matrix)
    place = _Place.of(kwargs)
    axes = place.axes_for(labels, output_file)
    image = axes.imshow(
        matrix, cmap=colours, vmin=-1.0, vmax=1.0, interpolation="nearest", **kwargs
    )
    _finish_cells(axes, image, matrix, place.grid)
    label_columns(axes, labels, above=False)
    label_rows(axes, labels)
    _say_what_is_left_out(axes, len(names) - len(shown))
    if place.title:
        axes.set_title(place.title)
    if colorbar:
        axes.figure.colorbar(
            image, ax=axes, ticks=TICKS, shrink=0.8, aspect=24, pad=0.02
        ).set_label("correlation")
    finish(axes.figure, output_file)
    return axes


@dataclass(frozen=True)
class _Place:
    """Where the matrix goes, and what is drawn around it."""

    title: str | None
    axes: "Axes | None"
    figure: Any
    grid: Any

    @classmethod
    def of(cls, options: dict[str, Any]) -> "_Place":
        """Take what is not imshow's out of `options`."""
        options.pop("auto_fit", None)
        place = cls(
            options.pop("title", None),
            options.pop("axes", None),
            options.pop("figure", None),
            options.pop("grid", "white"),
        )
        if place.axes is not None and place.figure is not None:
            msg = (
                f"Got both axes={place.axes} and figure={place.figure}; give one of "
                "them: axes are in a figure."
            )
            raise ValueError(msg)
        return place

    def axes_for(self, labels: list[str], output_file: str | Path | None) -> "Axes":
        if self.axes is not None:
            return checked_axes(self.axes)
        if self.figure is None:
            side = float(np.clip(1.5 + 0.42 * len(labels), 3.0, 9.0))
            margin = 0.07 * max(len(shortened(label)) for label in labels)
            return new_axes(output_file, side + margin + 0.8, side + 0.8 * margin)
        if isinstance(self.figure, tuple | list):
            width, height = self.figure
            return new_axes(output_file, width, height)
        return checked_figure(self.figure).add_subplot()


def _checked_cmap(cmap: "str | Colormap") -> "Colormap":
    name = cmap if isinstance(cmap, str) else getattr(cmap, "name", repr(cmap))
    if name not in ALLOWED:
        msg = (
            f"cmap is {name!r}; expected one of {', '.join(map(repr, ALLOWED))}, whose "
            "middle, for no correlation, is white."
        )
        raise ValueError(msg)
    return colour_map(cmap).with_extremes(bad="0.8")


def _is_left_out(name: str) -> bool:
    return name in CONSTANTS or name.startswith("drift_")


def _correlations(values: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Correlations of columns, NaN where there are none."""
    # By the largest value first: squares of 1e-200 are 0
    largest = np.abs(values).max(axis=0)
    scaled = values / np.where(largest > 0, largest, 1.0)
    centred = scaled - scaled.mean(axis=0)
    norms = np.sqrt((centred**2).sum(axis=0))
    # What rounding leaves of a constant is no variation
    varies = norms > 1e-12 * np.sqrt(len(values))
    unit = centred / np.where(varies, norms, np.nan)
    matrix = np.clip(unit.T @ unit, -1.0, 1.0)
    np.fill_diagonal(matrix, np.where(varies, 1.0, np.nan))
    return matrix


def _finish_cells(
    axes: "Axes", image: "AxesImage", matrix: "NDArray[np.float64]", grid: Any
) -> None:
    """Numbers where there is room, thin lines between cells, no empty frame."""
    n_columns = len(matrix)
    hidden = np.ma.getmaskarray(matrix) & ~np.tri(n_columns, dtype=bool)
    if hidden.any():
        # What is not finite is grey; what is beside the triangle is no cell
        image.set_alpha(np.where(hidden, 0.0, 1.0))
        axes.spines[["top", "right"]].set_visible(False)
    if n_columns <= NUMBERED:
        numbers = np.ma.filled(matrix, np.nan)
        texts = np.array([[correlation_text(one) for one in row] for row in numbers])
        write_in_cells(axes, image.to_rgba(matrix), texts)
    if grid is not False and grid is not None:
        edges = np.arange(n_columns - 1) + 0.5
        axes.hlines(edges, -0.5, n_columns - 0.5, color=grid, linewidth=0.6)
        axes.vlines(edges, -0.5, n_columns - 0.5, color=grid, linewidth=0.6)


def _say_what_is_left_out(axes: "Axes", n_left_out: int) -> None:
    if n_left_out:
        axes.set_xlabel(
            f"without {n_left_out} drift and constant regressors"
            if n_left_out > 1
            else "without 1 drift or constant regressor",
            color=SOFT_INK,
            fontsize=8,
        )
