"""At which frequencies residuals vary, before and after whitening."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.core.whiteness import Whiteness
from boldglm.plotting.figures import finish, none_left_open
from boldglm.plotting.given_axes import checked_axes
from boldglm.plotting.matrix_axes import SOFT_INK, new_axes
from boldglm.signal.checks import checked_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_noise_spectrum"]

BEFORE, AFTER = "#bd1f01", "#3f90da"


@none_left_open
def plot_noise_spectrum(
    whiteness: Any,
    t_r: float | None = None,
    axes: "Axes | None" = None,
    title: str | None = None,
    output_file: str | Path | None = None,
) -> "Axes":
    """Show the power of residuals at each frequency, before and after whitening.

    White noise has the same power at all frequencies: after whitening by the right
    model the line is flat. Where it bends down at low frequencies, drifts and other
    slow regressors have taken the noise with them, which the dotted line foretells.
    Without whitening there is one line, that of the residuals.

    Parameters
    ----------
    whiteness : Whiteness, or the noise of a run
        ``model.noise_[0]``, or its ``whiteness``.
    t_r : float, optional
        Repetition time in seconds: frequencies are in hertz then. Default: in cycles
        per scan.
    axes : matplotlib.axes.Axes, optional
        Where to draw. Default: a figure of their own.
    title : str, optional
    output_file : path, optional
        Write the figure there, and close it.

    Returns
    -------
    matplotlib.axes.Axes
        Its figure is ``axes.figure``.

    Raises
    ------
    TypeError
        If `whiteness` is something else, `axes` are no axes, or `t_r` is no number.
    ValueError
        If `t_r` is not positive, or the spectrum is not known: no voxel was looked at,
        or an earlier version saved the model.

    Examples
    --------
    >>> from boldglm.core.noise import noise_model
    >>> from boldglm.core.whiteness import whiteness
    >>> noise = np.random.default_rng(0).standard_normal((100, 30))
    >>> found = whiteness(noise, np.ones((100, 1)), noise_model("ar1"))
    >>> axes = plot_noise_spectrum(found, t_r=2.0)
    >>> axes.get_xlabel(), float(axes.get_xlim()[1])
    ('frequency (Hz)', 0.25)
    """
    per_scan = _scans_per_second(t_r)
    whiteness = _known(whiteness)
    if axes is None:
        axes = new_axes(output_file, 6.4, 3.8)
    checked_axes(axes)
    x = whiteness.frequencies * per_scan
    axes.axhline(1.0, color=SOFT_INK, linewidth=0.8, label="white noise")
    lines = [
        (whiteness.power_before, BEFORE, "-", "before whitening"),
        (whiteness.power_after, AFTER, "-", "after whitening"),
        (whiteness.power_white, SOFT_INK, ":", "white noise behind this design"),
    ]
    if np.array_equal(whiteness.power_before, whiteness.power_after):
        # Ordinary least squares whitens nothing
        lines[:2] = [(whiteness.power_before, BEFORE, "-", "residuals")]
    for power, colour, style, label in lines:
        axes.plot(x, power, color=colour, linestyle=style, linewidth=1.6, label=label)
    axes.set_xlim(0.0, float(x[-1]))
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("frequency (cycles per scan)" if t_r is None else "frequency (Hz)")
    axes.set_ylabel("power / variance")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="best", frameon=False, fontsize=9)
    if title:
        axes.set_title(title)
    finish(axes.figure, output_file)
    return axes


def _scans_per_second(t_r: float | None) -> float:
    if t_r is None:
        return 1.0
    expected = "a positive number of seconds, or None"
    if not checked_number(t_r, "t_r", expected, low=0.0) > 0:
        msg = f"t_r is {t_r!r}; expected {expected}."
        raise ValueError(msg)
    return 1.0 / float(t_r)


def _known(given: Any) -> Whiteness:
    whiteness = getattr(given, "whiteness", given)
    if whiteness is None:
        msg = (
            "whiteness is None: the residuals of this run were not looked at, since "
            "the model was fitted with reports=False, or the run is very short."
        )
        raise ValueError(msg)
    if not isinstance(whiteness, Whiteness):
        msg = (
            f"whiteness is a {type(whiteness).__name__}; expected the noise of a run, "
            "such as model.noise_[0], or a Whiteness"
        )
        raise TypeError(msg)
    if not whiteness.frequencies.size or not np.isfinite(whiteness.power_after).all():
        msg = (
            "The spectrum of the residuals is not known: no voxel was looked at, or "
            "the model was saved by an earlier version. Fit it again."
        )
        raise ValueError(msg)
    return whiteness
