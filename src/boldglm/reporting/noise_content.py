"""The noise of a report: which model, its coefficients, and what it leaves."""

from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm.core.whiteness import QUANTILES, Whiteness
from boldglm.plotting.displays.volumes import Volume
from boldglm.plotting.number_text import fixed
from boldglm.reporting.chart import COLOURS, Chart
from boldglm.reporting.content import Figure, NoiseContent, Table
from boldglm.reporting.fitted_models import FittedModel
from boldglm.reporting.slice_pictures import Scene, draw_slices, even_cuts

__all__ = ["noise_content"]

MEDIAN = QUANTILES.index(0.5)
#: Lines that can be told apart in one chart
MOST_LINES = 6
TITLE = "Noise of each run"


def noise_content(model: FittedModel, scene: Scene) -> NoiseContent | None:
    """The model of the noise of the runs; None for a second level, which has none.

    Parameters
    ----------
    model : FittedModel
    scene : Scene

    Returns
    -------
    NoiseContent or None
    """
    if model.level == "second":
        return None
    record = getattr(model.model, "_record", None)
    found = [] if record is None else [run.whiteness for run in record.runs]
    looked_at = [one for one in found if one is not None]
    white = [one for one in looked_at if _is_known(one)]
    order = model.fits[0].noise.order
    words = _unknown_words(looked_at)
    if white:
        words = _whiteness_words(white, len(looked_at), whitens=bool(order))
    return NoiseContent(
        words=f"{_model_words(model)} {words}",
        map=_phi_map(model, scene) if order else None,
        histogram=_phi_histogram(model) if order else None,
        whiteness=_whiteness_chart(white, bool(order)) if white else None,
        facts=_facts(model, found or [None] * len(model.fits)),
    )


def _model_words(model: FittedModel) -> str:
    noise = model.fits[0].noise
    if noise.order == 0:
        return "The noise was taken to be white (ordinary least squares)."
    binned = (
        f", truncated to multiples of 1/{noise.bins}" if noise.bins is not None else ""
    )
    coefficients = "coefficient was" if noise.order == 1 else "coefficients were"
    return (
        f"The noise was modelled as an autoregression of order {noise.order}; its "
        f"{coefficients} estimated in every voxel of every run from the residuals of "
        f"ordinary least squares{binned}."
    )


def _is_known(one: Whiteness) -> bool:
    """Whether a run has residuals to look at: one bad run says nothing of others."""
    known = np.isfinite(one.before).all() and np.isfinite(one.after).all()
    return one.n_voxels > 0 and bool(known)


def _unknown_words(looked_at: list[Whiteness]) -> str:
    if looked_at:
        return (
            "Nothing is known of the residuals: none of the voxels that were looked "
            "at has any."
        )
    return (
        "The residuals were not looked at: the model was fitted with reports=False, or "
        "saved by an earlier version, or the runs have fewer than 21 scans."
    )


def _whiteness_words(white: list[Whiteness], n_runs: int, *, whitens: bool) -> str:
    before, after, limit = _pooled(white)
    lags = np.flatnonzero(np.abs(after[:, MEDIAN]) > limit) + 1
    n_voxels = sum(one.n_voxels for one in white)
    left = n_runs - len(white)
    bad = f" {left} of {n_runs} runs had none, and are left out." if left else ""
    first = fixed(before[0, MEDIAN], 2)
    if whitens:
        first += f" before and {after[0, MEDIAN]:.2f} after whitening"
    text = (
        f"Autocorrelations of the residuals at lags 1 to {len(after)}, of {n_voxels:,} "
        f"voxels spread over the mask and the runs: at lag 1 the median is {first}."
        f"{bad} Of white noise, 95 % lie within ±{limit:.2f}."
    )
    subject = "After whitening the median" if whitens else "The median"
    if lags.size:
        listed = ", ".join(map(str, lags))
        return (
            f"{text} {subject} is beyond this at lag {listed}: the model does not take "
            "all of the noise, and low thresholds may find too much."
        )
    return f"{text} {subject} is within this at all lags."


def _pooled(
    white: list[Whiteness],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """Mean quantiles over runs before and after, and where white noise lies."""
    n_lags = min(len(one.before) for one in white)
    before = np.mean([one.before[:n_lags] for one in white], axis=0)
    after = np.mean([one.after[:n_lags] for one in white], axis=0)
    variance = np.mean([1 / one.n_scans for one in white])
    return before, after, float(1.96 * np.sqrt(variance))


def _whiteness_chart(white: list[Whiteness], whitens: bool) -> Figure:
    before, after, limit = _pooled(white)
    lags = np.arange(1, len(after) + 1)
    both = np.concatenate([before, after, [[-limit] * 5, [limit] * 5]])
    chart = Chart((1, len(lags)), (1.1 * both.min(), 1.1 * both.max()))
    chart.band([1, len(lags)], [-limit] * 2, [limit] * 2, COLOURS[3])
    curves = [(before, COLOURS[2], "before")]
    if whitens:
        curves.append((after, COLOURS[0], "after whitening"))
    for table, colour, label in curves:
        chart.band(lags, table[:, 0], table[:, -1], colour)
        chart.line(lags, table[:, MEDIAN], colour)
        chart.key(label if whitens else "residuals", colour)
    chart.axes("lag (scans)", "autocorrelation")
    first = fixed(before[0, MEDIAN], 2)
    if whitens:
        first += f" before and {after[0, MEDIAN]:.2f} after whitening"
    return chart.figure(
        "noise-whiteness",
        f"Autocorrelation of residuals by lag. At lag 1 the median is {first}.",
        "Autocorrelation of the residuals: median over voxels, and where 90 % of "
        "them lie. Grey: where 95 % of white noise lies.",
    )


def _phi_map(model: FittedModel, scene: Scene) -> Figure:
    """The first coefficient on slices, the mean of the runs."""
    phi = np.mean([fit.phi[0] for fit in model.fits], axis=0).astype(np.float32)
    inside = model.inside
    values = np.zeros(inside.shape, np.float32)
    values[inside] = phi
    # what is exactly 0 would look as if it were outside
    values[inside & (values == 0)] = np.float32(1e-6)
    limit = float(np.quantile(np.abs(phi), 0.995)) or 1.0
    picture = draw_slices(
        Volume(values, scene.mask.grid, "nearest"),
        scene,
        cut_coords=even_cuts(scene.mask),
        limit=limit,
    )
    low, middle, high = np.quantile(phi, [0.05, 0.5, 0.95])
    several = ", mean of the runs" if len(model.fits) > 1 else ""
    return Figure(
        name="noise-map",
        data=picture.data,
        media_type="image/png",
        alternative=f"First coefficient of the autoregression on slices; 90 % of the "
        f"voxels lie from {low:.2f} to {high:.2f}, the median is {middle:.2f}.",
        caption=f"First coefficient of the autoregression{several}.",
        width=picture.width,
        height=picture.height,
    )


def _phi_histogram(model: FittedModel) -> Figure:
    fits, order = model.fits, model.fits[0].noise.order
    if order == 1 and len(fits) <= MOST_LINES:
        names = [name.lower() for name in model.run_names]
        series = [(name, fit.phi[0]) for name, fit in zip(names, fits, strict=True)]
    else:
        series = [
            (f"lag {lag + 1}", np.concatenate([fit.phi[lag] for fit in fits]))
            for lag in range(min(order, MOST_LINES))
        ]
    low = min(float(values.min()) for _, values in series)
    high = max(float(values.max()) for _, values in series)
    bins = np.linspace(min(low, 0.0), max(high, low + 0.01), 61)
    counts = [np.histogram(values, bins)[0] for _, values in series]
    most = max(int(one.max()) for one in counts)
    chart = Chart(
        (bins[0], bins[-1]), (0, 1.05 * most), max(420, 60 + 125 * len(counts))
    )
    for (name, _), count, colour in zip(series, counts, COLOURS, strict=False):
        chart.steps(bins, count, colour)
        chart.key(name, colour)
    chart.axes("coefficient", "voxels")
    medians = ", ".join(
        f"{name} {fixed(np.median(values), 2)}" for name, values in series
    )
    return chart.figure(
        "noise-histogram",
        f"Histogram of the coefficients of the autoregression; medians: {medians}.",
        f"Coefficients of the autoregression over voxels (medians: {medians}).",
    )


def _facts(model: FittedModel, found: list[Any]) -> Table:
    whitens = bool(model.fits[0].noise.order)
    rows: list[tuple[Any, ...]] = []
    for name, fit, white in zip(model.run_names, model.fits, found, strict=True):
        lag_1: list[float | None] = [None, None]
        if white is not None and _is_known(white):
            lag_1 = [float(one[0, MEDIAN]) for one in (white.before, white.after)]
        codes = tuple(map(int, np.bincount(fit.outcome, minlength=4)[1:4]))
        if whitens:
            median = float(np.median(fit.phi[0]))
            rows.append((name, fit.noise.name, median, *lag_1, *codes))
        else:
            rows.append((name, fit.noise.name, lag_1[0], *codes))
    lag = "median autocorrelation at lag 1"
    columns = [lag]
    if whitens:
        columns = ["median first coefficient", f"{lag}, before", "after whitening"]
    voxels = ("constant voxels", "voxels not finite", "voxels held stable")
    return Table(("run", "noise model", *columns, *voxels), tuple(rows), TITLE)
