"""Pictures of the noise: coefficients over voxels, and what is left of it."""

import numpy as np
import numpy.typing as npt

from boldglm.core.noise import NoiseModel
from boldglm.plotting.displays.volumes import Volume
from boldglm.plotting.number_text import fixed
from boldglm.reporting.chart import COLOURS, Chart
from boldglm.reporting.content import Figure
from boldglm.reporting.fitted_models import FittedModel
from boldglm.reporting.run_whiteness import MEDIAN, RunsWhiteness, Spectrum
from boldglm.reporting.slice_pictures import Scene, draw_slices, even_cuts

__all__ = [
    "coefficient_histogram",
    "coefficient_map",
    "coefficient_names",
    "spectrum_chart",
    "whiteness_chart",
]

#: Lines that can be told apart in one chart
MOST_LINES = 6
BEFORE, AFTER, WHITE = COLOURS[2], COLOURS[0], COLOURS[3]


def coefficient_names(noise: NoiseModel) -> list[str]:
    """What the coefficients of a noise model are called.

    Examples
    --------
    >>> from boldglm.core.noise import noise_model
    >>> coefficient_names(noise_model("ar2"))
    ['lag 1', 'lag 2']
    >>> coefficient_names(noise_model("arma11"))
    ['a', 'b']
    """
    if noise.kind == "arma11":
        return ["a", "b"]
    return [f"lag {lag}" for lag in range(1, noise.order + 1)]


def _kind(noise: NoiseModel) -> str:
    return "the ARMA(1, 1)" if noise.kind == "arma11" else "the autoregression"


def coefficient_map(model: FittedModel, scene: Scene, number: int = 0) -> Figure:
    """A coefficient of the noise on slices, the mean of the runs.

    Parameters
    ----------
    model : FittedModel
    scene : Scene
    number : int
        Which coefficient.

    Returns
    -------
    Figure
    """
    noise = model.fits[0].noise
    each = [fit.noise_parameters[number] for fit in model.fits]
    mean = np.mean(each, axis=0).astype(np.float32)
    inside = model.inside
    values = np.zeros(inside.shape, np.float32)
    values[inside] = mean
    # what is exactly 0 would look as if it were outside
    values[inside & (values == 0)] = np.float32(1e-6)
    limit = float(np.quantile(np.abs(mean), 0.995)) or 1.0
    picture = draw_slices(
        Volume(values, scene.mask.grid, "nearest"),
        scene,
        cut_coords=even_cuts(scene.mask),
        limit=limit,
    )
    low, middle, high = (fixed(one, 2) for one in np.quantile(mean, [0.05, 0.5, 0.95]))
    which = f"Coefficient {coefficient_names(noise)[number]} of {_kind(noise)}"
    if noise.kind == "ar":
        which = f"First coefficient of {_kind(noise)}"
    several = ", mean of the runs" if len(model.fits) > 1 else ""
    return Figure(
        name="noise-map" if number == 0 else f"noise-map-{number + 1}",
        data=picture.data,
        media_type="image/png",
        alternative=f"{which} on slices; 90 % of the voxels lie from {low} to {high}, "
        f"the median is {middle}.",
        caption=f"{which}{several}.",
        width=picture.width,
        height=picture.height,
    )


def coefficient_histogram(model: FittedModel) -> Figure:
    """How the coefficients of the noise are spread over voxels."""
    noise = model.fits[0].noise
    series = _series(model)
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
    some = "Coefficients"
    if noise.n_parameters > MOST_LINES:
        some = f"The first {MOST_LINES} of {noise.n_parameters} coefficients"
    return chart.figure(
        "noise-histogram",
        f"Histogram of the coefficients of {_kind(noise)}; medians: {medians}.",
        f"{some} of {_kind(noise)} over voxels (medians: {medians}).",
    )


def _series(model: FittedModel) -> list[tuple[str, npt.NDArray[np.float64]]]:
    """Lines of the histogram: the runs of one coefficient, or some coefficients."""
    fits, noise = model.fits, model.fits[0].noise
    if noise.n_parameters == 1 and len(fits) <= MOST_LINES:
        names = [name.lower() for name in model.run_names]
        each = [fit.noise_parameters[0] for fit in fits]
        return list(zip(names, each, strict=True))
    return [
        (name, np.concatenate([fit.noise_parameters[number] for fit in fits]))
        for number, name in enumerate(coefficient_names(noise)[:MOST_LINES])
    ]


def whiteness_chart(found: RunsWhiteness, *, whitens: bool) -> Figure:
    """Autocorrelations of residuals before and after whitening.

    Parameters
    ----------
    found : RunsWhiteness
    whitens : bool
        Whether there is a noise model, other than white noise.

    Returns
    -------
    Figure
    """
    before, after, limit = found.before, found.after, found.limit
    lags = np.arange(1, len(after) + 1)
    both = np.concatenate([before, after, [[-limit] * 5, [limit] * 5]])
    chart = Chart((1, len(lags)), (1.1 * both.min(), 1.1 * both.max()))
    chart.band([1, len(lags)], [-limit] * 2, [limit] * 2, WHITE)
    curves = [(before, BEFORE, "before")]
    if whitens:
        curves.append((after, AFTER, "after whitening"))
    for table, colour, label in curves:
        chart.band(lags, table[:, 0], table[:, -1], colour)
        chart.line(lags, table[:, MEDIAN], colour)
        chart.key(label if whitens else "residuals", colour)
    chart.axes("lag (scans)", "autocorrelation")
    first = fixed(before[0, MEDIAN], 2)
    if whitens:
        first += f" before and {fixed(after[0, MEDIAN], 2)} after whitening"
    return chart.figure(
        "noise-whiteness",
        f"Autocorrelation of residuals by lag. At lag 1 the median is {first}.",
        "Autocorrelation of the residuals: median over voxels, and where 90 % of "
        "them lie. Grey: where 95 % of white noise lies.",
    )


def spectrum_chart(
    found: Spectrum, t_r: float | None = None, *, whitens: bool
) -> Figure:
    """Power of residuals at each frequency, before and after whitening.

    Parameters
    ----------
    found : Spectrum
    t_r : float, optional
        Repetition time in seconds; without it frequencies are per scan.
    whitens : bool
        Whether there is a noise model, other than white noise.

    Returns
    -------
    Figure
    """
    x = found.frequencies / (t_r or 1.0)
    lines = [(found.before, BEFORE, "before" if whitens else "residuals")]
    if whitens:
        lines.append((found.after, AFTER, "after whitening"))
    most = max(float(one.max()) for one in [found.white, *(line[0] for line in lines)])
    chart = Chart((0.0, float(x[-1])), (0.0, 1.1 * most))
    chart.line(x, found.white, WHITE, "5 3")
    for power, colour, label in lines:
        chart.line(x, power, colour)
        chart.key(label, colour)
    chart.key("white noise", WHITE)
    chart.axes("frequency (Hz)" if t_r else "frequency (1/scan)", "power / variance")
    words = "; ".join(
        f"{label} from {fixed(power.min(), 2)} to {fixed(power.max(), 2)}"
        for power, _, label in lines
    )
    return chart.figure(
        "noise-spectrum",
        f"Power of residuals by frequency, over their variance: {words}.",
        "Power of the residuals at each frequency: median over voxels. Dashed: what "
        "white noise leaves behind this design.",
    )
