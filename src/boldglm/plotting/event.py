"""Pictures of events: what happens in each run, when and for how long."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.plotting.condition_colours import condition_colours
from boldglm.plotting.event_table import ShownEvents, read_shown_events
from boldglm.plotting.figures import finish, new_figure, none_left_open, root_figure
from boldglm.plotting.matrix_axes import shortened

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["plot_event"]

#: Part of a run's row that its events may fill, from 0 at its upper edge.
TOP, BOTTOM = 0.12, 0.88
#: Inches: of an entry in the legend, and what is above and below the events.
ENTRY, AROUND = 0.22, 0.9


@none_left_open
def plot_event(
    model_event: "pd.DataFrame | str | Path | Sequence[pd.DataFrame | str | Path]",
    cmap: "str | Colormap | None" = None,
    output_file: str | Path | None = None,
    **fig_kwargs: Any,
) -> "Figure":
    """Show the events of runs along time: a row for each run, a colour a condition.

    Events that last 0 s are thin lines. With a column ``modulation`` an event is as
    high as its modulation is large, beside the largest of its condition; where some
    are negative, those hang below the middle of the row.

    Parameters
    ----------
    model_event : pandas.DataFrame, path, or list of these
        One table per run, with ``onset`` and ``duration`` in seconds and
        ``trial_type``; without the last all events are of one condition, ``dummy``.
        Rows whose condition is missing are not shown. Not modified.
    cmap : str or Colormap, optional
        A list of colours gives them to the conditions in their order; of a
        continuous map colours are taken at even distances. Default: ten colours
        that are told apart without red-green vision (Petroff 2021), and more if
        there are more conditions.
    output_file : path, optional
        Write the figure there, and close it.
    **fig_kwargs
        Of the figure: ``figsize``, ``dpi``, ``layout``, …

    Returns
    -------
    matplotlib.figure.Figure
        The first run is at the top.

    Raises
    ------
    EventsError
        If a table has no ``onset`` or ``duration``, no events, or values in them
        that are not finite numbers.
    ValueError
        If `cmap` has fewer colours than there are conditions.
    FileNotFoundError
        If there is no such file.

    Warns
    -----
    EventsWarning
        If rows without a condition are left out.

    References
    ----------
    Petroff (2021), Accessible color sequences for data visualization,
    arXiv:2107.02270.

    Examples
    --------
    >>> import pandas as pd
    >>> events = pd.DataFrame(
    ...     {"onset": [0, 10], "duration": [5, 0], "trial_type": ["face", "house"]}
    ... )
    >>> axes = plot_event([events, events]).axes[0]
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['face', 'house']
    """
    runs = read_shown_events(model_event)
    conditions = _in_order(runs)
    colours = condition_colours(len(conditions), cmap)
    fig_kwargs.setdefault("layout", "constrained")
    height = AROUND + max(0.45 * min(len(runs), 20), ENTRY * min(len(conditions), 12))
    fig_kwargs.setdefault("figsize", (9.0, height))
    figure = new_figure(output_file, **fig_kwargs)
    axes = figure.add_subplot()
    largest = _largest_amplitudes(runs, conditions)
    # In all runs or in none: the same modulation is the same height
    hangs = any((run.amplitude < 0).any() for run in runs)
    for condition, colour in zip(conditions, colours, strict=True):
        for row, events in enumerate(runs):
            part = events.of(condition)
            if part.onset.size:
                _draw(axes, row, part, colour, largest[condition], hangs)
    _finish_axes(axes, runs)
    _legend(axes, conditions, colours)
    finish(figure, output_file)
    return figure


def _in_order(runs: list[ShownEvents]) -> list[str]:
    """All conditions, by name, or by value where all of them are numbers."""
    names = sorted(set(chain.from_iterable(run.condition for run in runs)))
    try:
        return sorted(names, key=float)
    except ValueError:
        return names


def _largest_amplitudes(
    runs: list[ShownEvents], conditions: list[str]
) -> dict[str, float]:
    return {
        name: max(np.abs(run.of(name).amplitude).max(initial=0.0) for run in runs)
        or 1.0
        for name in conditions
    }


def _draw(
    axes: "Axes",
    row: int,
    events: ShownEvents,
    colour: Any,
    largest: float,
    hangs: bool,
) -> None:
    """Boxes for events that last, sticks for those that do not."""
    from matplotlib.collections import PolyCollection

    room = BOTTOM - TOP
    foot = row + (0.5 * (TOP + BOTTOM) if hangs else BOTTOM)
    head = foot - events.amplitude / largest * (room / 2 if hangs else room)
    lasts = events.duration > 0
    if lasts.any():
        boxes = _corners(
            events.onset[lasts], events.onset[lasts] + events.duration[lasts],
            foot, head[lasts],
        )  # fmt: skip
        # A line around, so that what is shorter than a pixel is still seen
        axes.add_collection(
            PolyCollection(
                list(boxes), facecolors=[colour], edgecolors=[colour], linewidths=0.6,
                zorder=2.0,
            )
        )  # fmt: skip
    if not lasts.all():
        axes.vlines(
            events.onset[~lasts], foot, head[~lasts], colors=[colour], linewidths=1.2,
            zorder=3.0,
        )  # fmt: skip


def _corners(
    left: "NDArray[Any]", right: "NDArray[Any]", foot: float, head: "NDArray[Any]"
) -> "NDArray[np.float64]":
    """(n, 4, 2): the corners of boxes."""
    x = np.stack([left, right, right, left], axis=1)
    y = np.stack([np.full_like(head, foot)] * 2 + [head] * 2, axis=1)
    return np.stack([x, y], axis=2)


def _finish_axes(axes: "Axes", runs: list[ShownEvents]) -> None:
    first = min(0.0, *(float(run.onset.min()) for run in runs))
    last = max(float((run.onset + run.duration).max()) for run in runs)
    margin = 0.01 * (last - first) or 1.0
    axes.set_xlim(first - margin, last + margin)
    axes.set_ylim(len(runs), 0)
    axes.set_xlabel("time (s)")
    axes.set_ylabel("run")
    numbers = [str(number + 1) for number in range(len(runs))]
    axes.set_yticks(np.arange(len(runs)) + 0.5, numbers)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    for edge in range(1, len(runs)):
        axes.axhline(edge, color="0.8", linewidth=0.6, zorder=1.0)
    axes.spines[["top", "right"]].set_visible(False)


def _legend(axes: "Axes", conditions: list[str], colours: list[Any]) -> None:
    from matplotlib.patches import Patch

    room = root_figure(axes.figure).get_figheight() - AROUND / 2
    rows = max(1, int(room / ENTRY))
    legend = axes.legend(
        handles=[
            Patch(facecolor=colour, label=shortened(name))
            for name, colour in zip(conditions, colours, strict=True)
        ],
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0.0,
        frameon=False,
        ncols=-(-len(conditions) // rows),
        fontsize=9 if len(conditions) <= rows else 7,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
