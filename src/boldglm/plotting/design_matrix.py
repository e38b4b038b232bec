"""Pictures of design matrices."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from boldglm._base.arguments import check_truth
from boldglm.plotting.design_columns import read_columns
from boldglm.plotting.figures import finish, none_left_open
from boldglm.plotting.given_axes import checked_axes
from boldglm.plotting.matrix_axes import label_columns, new_axes, shortened

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["plot_design_matrix"]


@none_left_open
def plot_design_matrix(
    design_matrix: "pd.DataFrame | str | Path",
    rescale: bool = True,
    axes: "Axes | None" = None,
    output_file: str | Path | None = None,
) -> "Axes":
    """Show a design matrix: scans down, regressors across.

    Parameters
    ----------
    design_matrix : pandas.DataFrame or path
        (n_scans, n_regressors), or the .tsv, .csv or .npz file that holds it. Names
        of regressors may be anything that can be printed.
    rescale : bool
        Divide every regressor by its largest absolute value, so that the shape of
        each can be seen whatever its unit: mid-grey is then 0, white 1, black -1.
    axes : matplotlib.axes.Axes, optional
        Where to draw. Default: a figure of a size that suits the matrix.
    output_file : path, optional
        Write the figure there, and close it.

    Returns
    -------
    matplotlib.axes.Axes
        Its figure is ``axes.figure``.

    Raises
    ------
    DesignError
        If the matrix has no scans or no regressors, or holds something that is
        not a finite number.
    TypeError
        If `axes` are no axes.

    Examples
    --------
    >>> import pandas as pd
    >>> design = pd.DataFrame({"task": [0.0, 1.0, 0.0], "constant": 1.0})
    >>> axes = plot_design_matrix(design)
    >>> [label.get_text() for label in axes.get_xticklabels()]
    ['task', 'constant']
    """
    from matplotlib.ticker import MaxNLocator

    check_truth(rescale, "rescale")
    names, values = read_columns(design_matrix)
    if rescale:
        largest = np.abs(values).max(axis=0)
        values = values / np.where(largest > 0, largest, 1.0)
    if axes is None:
        axes = _axes_for(names, len(values), output_file)
    checked_axes(axes)
    # Not "nearest": a regressor for a single scan would fall between two pixels
    shown = axes.imshow(values, aspect="auto", interpolation="auto", cmap="gray")
    if rescale:
        shown.set_clim(-1.0, 1.0)
    # A column of white next to one of white is two columns
    edges = np.arange(len(names) - 1) + 0.5
    axes.vlines(edges, -0.5, len(values) - 0.5, color="0.5", linewidth=0.4)
    axes.set_ylabel("scan number")
    axes.yaxis.set_major_locator(
        MaxNLocator("auto", integer=True, steps=[1, 2, 2.5, 5, 10])
    )
    label_columns(axes, names)
    finish(axes.figure, output_file)
    return axes


def _axes_for(names: list[str], n_scans: int, output_file: str | Path | None) -> "Axes":
    """Axes wide enough for the names, high enough for the scans."""
    longest = max(len(shortened(name)) for name in names)
    width = 1.2 + 0.24 * len(names) + 0.04 * longest
    height = float(np.clip(1.2 + 0.03 * n_scans, 3.0, 9.0)) + 0.06 * longest
    return new_axes(output_file, width, height)
