"""How many voxels have which two values."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.colorbar import Colorbar
    from numpy.typing import NDArray

__all__ = ["draw_density", "label_density"]


def draw_density(
    axes: "Axes",
    x: "NDArray[np.float64]",
    y: "NDArray[np.float64]",
    limits: tuple[float, float, float, float],
    *,
    cmap: Any,
    gridsize: tuple[int, int],
) -> "PolyCollection":
    """Count pairs of values in hexagons, from 1 up on a logarithmic scale.

    Hexagons without a voxel are empty, so that a single voxel far away is seen.

    Parameters
    ----------
    axes : Axes
    x, y : (n_voxels,) float64
    limits : (4,) float
        Lowest and highest x, then y.
    cmap : Colormap or name
    gridsize : (2,) int
        Hexagons across and up.

    Returns
    -------
    PolyCollection
        Its array is the counts.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().add_subplot()
    >>> x = np.array([0.0, 0.0, 1.0])
    >>> box = (-1.0, 2.0, -1.0, 2.0)
    >>> shown = draw_density(axes, x, x, box, cmap="inferno", gridsize=(9, 9))
    >>> sorted(shown.get_array().tolist())
    [1.0, 2.0]
    """
    from matplotlib.colors import LogNorm

    from boldglm.plotting.cm import colour_map

    density = axes.hexbin(
        x, y, gridsize=gridsize, extent=limits, cmap=colour_map(cmap), mincnt=1,
        linewidths=0.1,
    )  # fmt: skip
    most = float(np.asarray(density.get_array(), dtype=float).max(initial=1.0))
    # At least a decade: one count for all is no range
    density.set_norm(LogNorm(1.0, max(most, 10.0)))
    axes.grid(color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    return density


def label_density(bar: "Colorbar") -> None:
    """Say what the colours of `draw_density` count."""
    bar.set_label("voxels per cell")
