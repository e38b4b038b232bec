"""Pictures of contrasts: which regressor has which weight."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from boldglm._base.arguments import check_truth
from boldglm._base.errors import ContrastError
from boldglm._base.warnings import ContrastWarning, warn
from boldglm.core.expression import expression_to_contrast_vector
from boldglm.plotting.design_columns import read_columns
from boldglm.plotting.figures import finish, none_left_open
from boldglm.plotting.given_axes import checked_axes
from boldglm.plotting.matrix_axes import (
    label_columns,
    label_rows,
    new_axes,
    shortened,
    write_in_cells,
)
from boldglm.plotting.number_text import weight_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["plot_contrast_matrix"]

#: Cells up to which each has its weight written in it.
NUMBERED = 240
#: Columns up to which a cell is wide enough for it.
NUMBERED_COLUMNS = 40


@none_left_open
def plot_contrast_matrix(
    contrast_def: Any,
    design_matrix: "pd.DataFrame | str | Path",
    colorbar: bool = True,
    axes: "Axes | None" = None,
    output_file: str | Path | None = None,
) -> "Axes":
    """Show the weights of a contrast, one row per row of it.

    Parameters
    ----------
    contrast_def : str, (n_regressors,) or (n_rows, n_regressors) array, or list
        An expression such as ``"face - house"``, weights, or a list with an
        expression or weights for each row of an F contrast. Fewer weights than
        regressors are completed with zeros.
    design_matrix : pandas.DataFrame or path
        See `plot_design_matrix`.
    colorbar : bool
    axes : matplotlib.axes.Axes, optional
        Where to draw. Default: a figure of a size that suits the matrix.
    output_file : path, optional
        Write the figure there, and close it.

    Returns
    -------
    matplotlib.axes.Axes
        Its figure is ``axes.figure``. Colours are symmetric about 0, which is white.

    Raises
    ------
    ContrastError
        If the contrast does not fit the design, is not finite, or an expression
        cannot be read.
    DesignError
        If the design matrix cannot be read.

    Warns
    -----
    ContrastWarning
        If weights are completed with zeros.

    Examples
    --------
    >>> import pandas as pd
    >>> design = pd.DataFrame({"a": [0.0, 1, 0], "b": [1.0, 0, 0], "constant": 1})
    >>> axes = plot_contrast_matrix("a - b", design)
    >>> axes.images[0].get_array().tolist()
    [[1.0, -1.0, 0.0]]
    """
    check_truth(colorbar, "colorbar")
    names, _ = read_columns(design_matrix)
    rows, row_names = _rows_of(contrast_def, names)
    # Cells are square in axes of any size; a figure of our own has the size for it
    aspect: Literal["equal", "auto"] = "equal" if axes is not None else "auto"
    if axes is None:
        axes = _axes_for(names, row_names, output_file, colorbar)
    checked_axes(axes)
    largest = float(np.abs(rows).max()) or 1.0
    image = axes.imshow(
        rows,
        aspect=aspect,
        cmap="RdBu_r",
        vmin=-largest,
        vmax=largest,
        interpolation="nearest",
    )
    n_rows, n_columns = rows.shape
    axes.vlines(np.arange(n_columns - 1) + 0.5, -0.5, n_rows - 0.5, "0.8", lw=0.5)
    axes.hlines(np.arange(n_rows - 1) + 0.5, -0.5, n_columns - 0.5, "0.8", lw=0.5)
    if rows.size <= NUMBERED and n_columns <= NUMBERED_COLUMNS:
        texts = np.array([[weight_text(x) if x else "" for x in row] for row in rows])
        write_in_cells(axes, image.to_rgba(rows), texts)
    label_columns(axes, names, angle=50)
    if any(row_names):
        label_rows(axes, row_names)
    else:
        axes.set_yticks([])
    if colorbar:
        # Below: beside a single row there is no room for its numbers
        bar = axes.figure.colorbar(
            image, ax=axes, location="bottom", shrink=0.6, aspect=30, pad=0.04
        )
        ticks = [share * largest for share in (-1.0, -0.5, 0.0, 0.5, 1.0)]
        bar.set_ticks(ticks, labels=[weight_text(tick) for tick in ticks])
        bar.set_label("weight")
    finish(axes.figure, output_file)
    return axes


def _rows_of(
    contrast_def: Any, names: list[str]
) -> tuple["NDArray[np.float64]", list[str]]:
    """Weights of all regressors, and the text of the rows that were text."""
    if isinstance(contrast_def, str):
        return expression_to_contrast_vector(contrast_def, names)[np.newaxis], [""]
    if isinstance(contrast_def, list | tuple) and any(
        isinstance(row, str) for row in contrast_def
    ):
        rows = [
            expression_to_contrast_vector(row, names)
            if isinstance(row, str)
            else _padded(row, len(names))[0]
            for row in contrast_def
        ]
        texts = [row if isinstance(row, str) else "" for row in contrast_def]
        return np.array(rows), texts
    padded = _padded(contrast_def, len(names))
    return padded, [""] * len(padded)


def _padded(weights: Any, n_regressors: int) -> "NDArray[np.float64]":
    try:
        rows = np.atleast_2d(np.array(weights, dtype=np.float64))
    except (TypeError, ValueError) as error:
        msg = (
            f"The contrast is {weights!r}; expected an expression such as 'a - b', or "
            "numbers in rows of equal length."
        )
        raise ContrastError(msg) from error
    missing = n_regressors - rows.shape[-1]
    if rows.ndim != 2 or rows.size == 0 or missing < 0:
        msg = (
            f"The contrast has shape {np.shape(weights)}; expected at most "
            f"{n_regressors} weights in a row, one for each column of the design."
        )
        raise ContrastError(msg)
    if not np.isfinite(rows).all():
        msg = f"The contrast has weights that are not finite: {weights!r}"
        raise ContrastError(msg)
    if missing:
        warn(
            f"Contrasts will be padded with {missing} column(s) of zeros.",
            ContrastWarning,
        )
    return np.pad(rows, ((0, 0), (0, missing)))


def _axes_for(
    names: list[str],
    row_names: list[str],
    output_file: str | Path | None,
    colorbar: bool,
) -> "Axes":
    longest = max(len(shortened(name)) for name in names)
    beside = max(len(shortened(name)) for name in row_names)
    # Names lean by 50 degrees and reach over the last column
    width = max(0.4 + 0.38 * len(names) + 0.058 * longest, 3.0) + 0.085 * beside
    height = 0.3 + 0.38 * len(row_names) + 0.066 * longest + 0.75 * colorbar
    return new_axes(output_file, width, height)
