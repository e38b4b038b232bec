"""The bar beside a figure that explains its colours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from boldglm.plotting.displays.colours import Limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from numpy.typing import NDArray

__all__ = ["draw_bar", "tick_values"]

_GREY = (0.5, 0.5, 0.5, 1.0)

_STEPS = 256
_LEAST = 12
"""Steps of the colour bar, and those at an end that keep a colour whatever is hidden"""


def tick_values(
    low: float, high: float, threshold: float | None = None, apart: float = 0.09
) -> list[float]:
    """Values to write beside a colour bar: its ends, the threshold, 0, round ones.

    Parameters
    ----------
    low, high : float
        Ends of the bar.
    threshold : float, optional
    apart : float
        Ticks keep this distance, as a share of the bar; the more telling stays.

    Examples
    --------
    >>> tick_values(-8.0, 8.0, 3.0)
    [-8.0, -5.0, -3.0, 0.0, 3.0, 5.0, 8.0]
    """
    from matplotlib.ticker import MaxNLocator

    telling = [low, high]
    if threshold is not None and threshold > 1e-5:
        telling += [threshold, -threshold]
    round_ones = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    kept: list[float] = []
    for value in [*telling, 0.0, *sorted(round_ones, key=abs)]:
        inside = low <= value <= high
        if inside and all(abs(value - one) >= apart * (high - low) for one in kept):
            kept.append(float(value) + 0.0)
    return sorted(kept)


def draw_bar(
    axes: "Axes",
    cmap: "Colormap",
    norm: "Normalize",
    limits: Limits,
    *,
    threshold: float | None,
    tick_format: str,
    ink: str,
    size: float = 9.0,
) -> list[str]:
    """Fill axes with a bar of the colours, grey where the threshold hides them.

    An end that is just above the threshold has its colour on a strip that can be seen.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    cmap, norm
        What the values were coloured by.
    limits : Limits
    threshold : float or None
    tick_format : str
        As in ``"%.2g" % value`` or ``"{:.2g}".format(value)``.
    ink : colour
        Of labels and outline.
    size : float
        Of the labels, points.

    Returns
    -------
    list of str
        The labels.
    """
    low = norm.vmin if limits.bar_low is None else limits.bar_low
    high = norm.vmax if limits.bar_high is None else limits.bar_high
    low, high = float(low or 0.0), float(high or 0.0)
    given = limits.ticks
    if not low < high:
        # the one value there is, on a bar of some length
        given, low, high = [low], low - 1.0, low + 1.0
    axes.imshow(
        _shades(cmap, norm, (low, high), threshold)[:, np.newaxis],
        origin="lower",
        extent=(0.0, 1.0, low, high),
        aspect="auto",
        interpolation="nearest",
    )
    ticks = tick_values(low, high, threshold) if given is None else list(given)
    labels = _labels(ticks, tick_format)
    axes.set_xticks([])
    axes.yaxis.tick_right()
    axes.set_yticks(list(labels.values()), list(labels))
    axes.tick_params(length=2.5, pad=2, labelsize=size, colors=ink)
    for spine in axes.spines.values():
        spine.set(edgecolor=ink, linewidth=0.6)
    return list(labels)


def _shades(
    cmap: "Colormap",
    norm: "Normalize",
    ends: tuple[float, float],
    threshold: float | None,
) -> "NDArray[np.float64]":
    """The colours of a bar from end to end, (n, 4)."""
    edges = np.linspace(*ends, _STEPS + 1)
    steps = 0.5 * (edges[:-1] + edges[1:])
    hidden = np.zeros(_STEPS, dtype=bool)
    if threshold is not None:
        hidden = np.abs(steps) <= threshold
        strips = slice(_LEAST), slice(-_LEAST, None)
        for end, strip in zip(ends, strips, strict=True):
            if abs(end) > threshold:
                steps[strip] = np.where(hidden[strip], end, steps[strip])
                hidden[strip] = False
    colours = np.asarray(cmap(norm(steps)))
    colours[hidden] = _GREY
    return colours


def _labels(ticks: Sequence[float], tick_format: str) -> dict[str, float]:
    """Text to value; of values that read alike, the one nearest to what they say."""
    labels: dict[str, float] = {}
    for tick in ticks:
        text = _written(tick, tick_format)
        kept = labels.get(text)
        if kept is None or _error(text, tick) < _error(text, kept):
            labels[text] = tick
    return labels


def _error(text: str, value: float) -> float:
    """How far a value is from the number that a text says; 0 if it says none."""
    try:
        return abs(float(text) - value)
    except ValueError:
        return 0.0


def _written(value: float, tick_format: str) -> str:
    try:
        if "{" in tick_format:
            return tick_format.format(value, x=value)
        return tick_format % value
    except (TypeError, ValueError, KeyError, IndexError) as error:
        msg = (
            f"cbar_tick_format is {tick_format!r}; expected a format of one number, "
            "as in '%.2g' or '{:.2g}'."
        )
        raise ValueError(msg) from error
