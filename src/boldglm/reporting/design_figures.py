"""Figures of a run: its design, events and motion."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm.plotting.matrix_axes import shortened
from boldglm.plotting.number_text import correlation_text, fixed
from boldglm.reporting.chart import COLOURS, Chart, shade
from boldglm.reporting.content import Figure

__all__ = ["correlation_figure", "design_figure", "events_figure", "motion_figure"]

Array = npt.NDArray[np.float64]

#: Regressors up to which cells of correlations have their number
NUMBERED = 14
#: mm of way on a sphere for a radian, the usual measure of a turn of the head
RADIUS = 50.0


def design_figure(name: str, names: Sequence[str], values: Array) -> Figure:
    """A design as greys: scans down, regressors across.

    Parameters
    ----------
    name : str
        Of the figure.
    names : sequence of str
        Of the regressors.
    values : (n_scans, n_regressors)
    """
    n_scans, n_columns = values.shape
    largest = np.abs(values).max(axis=0)
    grey = 127.5 * (1.0 + values / np.where(largest > 0, largest, 1.0))
    wide = float(np.clip(620 / n_columns, 8, 40))
    head, beside, tall = _head(names), 46.0, 330.0
    width = beside + wide * n_columns + 0.7 * head + 10
    chart = Chart((0, 1), (0, 1), round(width), round(head + tall + 12))
    box = (beside, head, wide * n_columns, tall)
    chart.picture(np.rint(grey).astype(np.uint8), box)
    for column in range(n_columns + 1):
        # white beside white is two columns
        chart.cell(beside + wide * column - 0.25, head, (0.5, tall), "#888888")
    _name_columns(chart, names, beside, wide, head)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        scan = round(share * (n_scans - 1))
        y = head + (scan + 0.5) / n_scans * tall + 4
        chart.words(f"{scan}", beside - 5, y, text_anchor="end")
    return chart.figure(
        name,
        f"Design matrix of {n_scans} rows and {n_columns} regressors.",
        "Design matrix: rows run down, regressors across. Each regressor is divided "
        "by its largest absolute value: black is -1, grey 0, white 1.",
    )


def _head(names: Sequence[str]) -> float:
    """Room for leaning names, pixels."""
    return 14.0 + 4.6 * max(len(shortened(one)) for one in names)


def _name_columns(
    chart: Chart, names: Sequence[str], left: float, wide: float, head: float
) -> None:
    size = float(np.clip(0.9 * wide, 5.0, 11.0))
    for column, one in enumerate(names):
        x, y = left + wide * (column + 0.5), head - 4
        turn = f"rotate(-50 {x:.1f} {y:.1f})"
        chart.words(shortened(one), x, y, transform=turn, font_size=f"{size:.1f}")


def correlation_figure(name: str, names: Sequence[str], values: Array) -> Figure | None:
    """Correlations of the regressors that vary and are no drifts; None without two.

    Parameters
    ----------
    name : str
    names : sequence of str
    values : (n_scans, n_regressors)
    """
    at = [
        index
        for index, one in enumerate(names)
        if not one.startswith("drift_") and np.ptp(values[:, index]) > 0
    ]
    if len(at) < 2:
        return None
    matrix = np.clip(np.corrcoef(values[:, at].T), -1.0, 1.0)
    shown = [names[index] for index in at]
    n = len(at)
    wide = float(np.clip(520 / n, 8, 34))
    head = _head(shown)
    beside = 12.0 + 6.0 * max(len(shortened(one)) for one in shown)
    width = beside + wide * n + 0.7 * head + 10
    chart = Chart((0, 1), (0, 1), round(width), round(head + wide * n + 12))
    colours = [[shade(float(one)) for one in row] for row in matrix]
    pixels = [[list(bytes.fromhex(one[1:])) for one in row] for row in colours]
    chart.picture(np.array(pixels, np.uint8), (beside, head, wide * n, wide * n))
    _name_columns(chart, shown, beside, wide, head)
    size = f"{float(np.clip(0.9 * wide, 5.0, 11.0)):.1f}"
    for row, one in enumerate(shown):
        y = head + wide * (row + 0.5) + 4
        chart.words(shortened(one), beside - 6, y, text_anchor="end", font_size=size)
        if n > NUMBERED:
            continue
        for column, value in enumerate(matrix[row]):
            chart.words(
                correlation_text(float(value)), beside + wide * (column + 0.5), y,
                text_anchor="middle", font_size="10",
                fill="white" if abs(value) > 0.75 else "#222222",
            )  # fmt: skip
    apart = np.abs(matrix - np.eye(n))
    i, j = np.unravel_index(int(np.argmax(apart)), apart.shape)
    strongest = f"{shown[i]} and {shown[j]}, {fixed(matrix[i, j], 2)}"
    return chart.figure(
        name,
        f"Correlations of {n} regressors; the strongest is of {strongest}.",
        f"Correlations of the regressors, from -1 (blue) to 1 (red), without drifts "
        f"and constant; the strongest is of {strongest}.",
    )


def events_figure(name: str, events: Mapping[str, Sequence[Any]]) -> Figure:
    """Events along time, a row for each condition.

    Parameters
    ----------
    name : str
    events : mapping
        ``onset``, ``duration`` in seconds and ``trial_type``.
    """
    onset, duration = (np.asarray(events[one], float) for one in ("onset", "duration"))
    kinds = np.asarray([str(one) for one in events["trial_type"]])
    conditions = list(dict.fromkeys(kinds.tolist()))
    end = float((onset + duration).max())
    start = min(0.0, float(onset.min()))
    beside = 12.0 + 6.2 * max(len(shortened(one)) for one in conditions)
    tall, foot = 24.0, 36.0
    room = 700.0
    chart = Chart(
        (0, 1), (0, 1), round(beside + room + 20),
        round(8 + tall * len(conditions) + foot),
    )  # fmt: skip
    scale = room / ((end - start) or 1.0)
    for row, one in enumerate(conditions):
        y, colour = 8 + tall * row, COLOURS[row % len(COLOURS)]
        chart.words(shortened(one), beside - 6, y + 16, text_anchor="end")
        mine = kinds == one
        for first, length in zip(onset[mine], duration[mine], strict=True):
            # what is shorter than a pixel is still seen
            size = (max(float(length) * scale, 1.5), tall - 6)
            chart.cell(beside + float(first - start) * scale, y + 3, size, colour)
    for share in np.linspace(0.0, 1.0, 6):
        x = beside + room * share
        text = f"{start + share * (end - start):.0f}"
        y = 8 + tall * len(conditions) + 14
        chart.words(text, x, y, text_anchor="middle")
    x, y = beside + room / 2, 8 + tall * len(conditions) + 30
    chart.words("time (s)", x, y, text_anchor="middle")
    counts = ", ".join(f"{one} {int((kinds == one).sum())}" for one in conditions)
    return chart.figure(
        name,
        f"Events along time, a row for each condition: {counts}.",
        f"{onset.size} events ({counts}) over {end:.0f} s.",
    )


def motion_figure(name: str, names: Sequence[str], values: Array) -> Figure | None:
    """Motion of the head over scans, if there are such regressors.

    Parameters
    ----------
    name : str
    names : sequence of str
        Those that begin with ``trans_`` (mm) and ``rot_`` (radians), and
        ``framewise_displacement`` (mm) are motion; their derivatives and squares are
        not.
    values : (n_scans, n_regressors)
    """
    shown = {
        one: values[:, index] * (RADIUS if one.startswith("rot_") else 1.0)
        for index, one in enumerate(names)
        if one == "framewise_displacement"
        or (one.startswith(("trans_", "rot_")) and not _is_expanded(one))
    }
    if not shown:
        return None
    low = min(float(series.min()) for series in shown.values())
    high = max(float(series.max()) for series in shown.values())
    n_scans = len(values)
    chart = Chart((0, n_scans - 1), (low, high), 880, 260)
    for number, (one, series) in enumerate(shown.items()):
        colour = COLOURS[number % len(COLOURS)]
        chart.line(np.arange(n_scans), series, colour, "" if number < 6 else "4 3")
        if number < 6:
            chart.key(one, colour)
    chart.axes("scan", "mm")
    ranges = ", ".join(f"{one} {np.ptp(series):.2g}" for one, series in shown.items())
    return chart.figure(
        name,
        f"Motion over {n_scans} scans; ranges in mm: {ranges}.",
        f"Motion of the head, mm (ranges: {ranges}); rotations as way on a sphere of "
        f"{RADIUS:g} mm radius.",
    )


def _is_expanded(name: str) -> bool:
    return "_derivative" in name or "_power" in name
