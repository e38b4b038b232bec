"""Pictures of design matrices."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from boldglm._base.errors import DesignError
from boldglm.plotting.saving import save_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["plot_design_matrix"]


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
        (n_scans, n_regressors), or the .tsv or .csv file that holds it. Names of
        regressors may be anything that can be printed.
    rescale : bool
        Divide every regressor by its largest absolute value, so that the shape of
        each can be seen whatever its unit: mid-grey is then 0, white 1, black -1.
    axes : matplotlib.axes.Axes, optional
        Where to draw. Default: a figure of a size that suits the matrix.
    output_file : path, optional
        Write the figure there too.

    Returns
    -------
    matplotlib.axes.Axes
        Its figure is ``axes.figure``.

    Raises
    ------
    DesignError
        If the matrix has no scans or no regressors, or holds something that is
        not a number.

    Examples
    --------
    >>> import pandas as pd
    >>> design = pd.DataFrame({"task": [0.0, 1.0, 0.0], "constant": 1.0})
    >>> axes = plot_design_matrix(design)
    >>> [label.get_text() for label in axes.get_xticklabels()]
    ['task', 'constant']
    """
    names, values = _names_and_values(design_matrix)
    if rescale:
        largest = np.abs(values).max(axis=0)
        values = values / np.where(largest > 0, largest, 1.0)
    if axes is None:
        axes = _new_axes(names, len(values))
    shown = axes.imshow(values, aspect="auto", interpolation="nearest", cmap="gray")
    if rescale:
        shown.set_clim(-1.0, 1.0)
    axes.set_ylabel("scan number")
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", length=2, pad=1)
    # Leaning labels start above the middle of their column; a name is no formula
    axes.set_xticks(
        range(len(names)),
        names,
        rotation=60,
        rotation_mode="anchor",
        ha="left",
        va="bottom",
        parse_math=False,
    )
    if output_file is not None:
        save_figure(axes.figure.canvas.figure, output_file)
    return axes


def _names_and_values(
    design_matrix: "pd.DataFrame | str | Path",
) -> tuple[list[str], "NDArray[np.float64]"]:
    import pandas as pd

    if isinstance(design_matrix, str | Path):
        separator = "," if Path(design_matrix).suffix == ".csv" else "\t"
        design_matrix = pd.read_csv(design_matrix, sep=separator)
    if not isinstance(design_matrix, pd.DataFrame):
        design_matrix = pd.DataFrame(np.atleast_2d(np.asarray(design_matrix)))
    try:
        values = design_matrix.to_numpy(dtype=float)
    except (TypeError, ValueError) as error:
        msg = f"The design matrix holds something that is not a number: {error}"
        raise DesignError(msg) from error
    incomplete = design_matrix.columns[np.isnan(values).any(axis=0)]
    if len(incomplete):
        msg = f"The design matrix has NaN in {', '.join(map(repr, incomplete))}."
        raise DesignError(msg)
    if 0 in values.shape:
        n_scans, n_regressors = values.shape
        msg = f"The design matrix has {n_scans} scans and {n_regressors} regressors."
        raise DesignError(msg)
    return [str(name) for name in design_matrix.columns], values


def _new_axes(names: list[str], n_scans: int) -> "Axes":
    """Axes wide enough for the names, high enough for the scans."""
    from matplotlib.figure import Figure

    longest = max(len(name) for name in names)
    width = 1.2 + 0.24 * len(names) + 0.04 * longest
    height = float(np.clip(1.2 + 0.03 * n_scans, 3.0, 9.0)) + 0.06 * longest
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure.add_subplot()
