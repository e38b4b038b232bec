"""The noise of a report: which model, its coefficients, and what it leaves."""

from typing import Any

import numpy as np

from boldglm.core.glm_fit import HELD, OUTCOMES, UNEXPLAINED
from boldglm.core.gls_pilot import CONSTANT, NOT_FINITE
from boldglm.core.whiteness import QUANTILES, Whiteness
from boldglm.reporting.content import NoiseContent, Table
from boldglm.reporting.fitted_models import FittedModel
from boldglm.reporting.noise_charts import (
    coefficient_histogram,
    coefficient_map,
    coefficient_names,
    spectrum_chart,
    whiteness_chart,
)
from boldglm.reporting.noise_words import noise_words, residual_words
from boldglm.reporting.run_whiteness import (
    MEDIAN,
    RunsWhiteness,
    Spectrum,
    is_known,
    whiteness_of_runs,
)
from boldglm.reporting.slice_pictures import Scene

__all__ = ["noise_content"]

TITLE = "Noise of each run"
LAG = "median autocorrelation at lag 1"
WHITE = "share of voxels white at 5 %"
#: Columns of counts of voxels, by what came out of them
VOXELS = {
    CONSTANT: "constant voxels",
    NOT_FINITE: "voxels not finite",
    HELD: "voxels held at a limit",
    UNEXPLAINED: "voxels unexplained",
}
PERCENTS = tuple(f"{round(100 * share)} %" for share in QUANTILES)


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
    white = whiteness_of_runs(looked_at)
    spectrum = None if white is None else white.spectrum
    noise, t_r = model.fits[0].noise, model.model.t_r
    whitens = bool(noise.order)
    words = _unknown_words(looked_at)
    if white is not None:
        words = residual_words(white, whitens=whitens)
    second = noise.kind == "arma11"
    return NoiseContent(
        words=f"{noise_words(model)} {words}",
        map=coefficient_map(model, scene) if whitens else None,
        second_map=coefficient_map(model, scene, 1) if second else None,
        histogram=coefficient_histogram(model) if whitens else None,
        whiteness=whiteness_chart(white, whitens=whitens) if white else None,
        spectrum=spectrum_chart(spectrum, t_r, whitens=whitens) if spectrum else None,
        facts=_facts(model, found or [None] * len(model.fits)),
        numbers=_numbers(model, white, t_r),
    )


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


def _facts(model: FittedModel, found: list[Any]) -> Table:
    noise = model.fits[0].noise
    shown = noise.n_parameters if noise.kind == "arma11" else min(noise.order, 1)
    rows: list[tuple[Any, ...]] = []
    for name, fit, white in zip(model.run_names, model.fits, found, strict=True):
        lag_1: list[float | None] = [None, None]
        share = None
        if white is not None and is_known(white):
            lag_1 = [float(one[0, MEDIAN]) for one in (white.before, white.after)]
            share = float(white.white) if np.isfinite(white.white) else None
        medians = [float(np.median(one)) for one in fit.noise_parameters[:shown]]
        counts = np.bincount(fit.outcome, minlength=len(OUTCOMES))
        codes = tuple(int(counts[code]) for code in VOXELS)
        lags = lag_1 if noise.order else lag_1[:1]
        rows.append((name, fit.noise.name, *medians, *lags, share, *codes))
    columns = [LAG]
    if noise.order:
        columns = [f"{LAG}, before", "after whitening"]
        names = ["median first coefficient"]
        if noise.kind == "arma11":
            names = [f"median {one}" for one in coefficient_names(noise)]
        columns = [*names, *columns]
    columns = ["run", "noise model", *columns, WHITE, *VOXELS.values()]
    return Table(tuple(columns), tuple(rows), TITLE)


def _numbers(
    model: FittedModel, white: RunsWhiteness | None, t_r: float | None
) -> tuple[Table, ...]:
    """What the figures show, as tables."""
    tables = []
    if model.fits[0].noise.order:
        tables.append(_coefficients(model))
    if white is not None:
        tables.append(_autocorrelations(white))
    if white is not None and white.spectrum is not None:
        tables.append(_powers(white.spectrum, t_r))
    return tuple(tables)


def _coefficients(model: FittedModel) -> Table:
    names = coefficient_names(model.fits[0].noise)
    rows = [
        (run, name, *np.quantile(values, QUANTILES).tolist())
        for run, fit in zip(model.run_names, model.fits, strict=True)
        for name, values in zip(names, fit.noise_parameters, strict=True)
    ]
    return Table(
        ("run", "coefficient", *PERCENTS),
        tuple(rows),
        "Coefficients of the noise model: quantiles over voxels",
    )


def _autocorrelations(white: RunsWhiteness) -> Table:
    rows = [
        (lag, when, *values)
        for when, table in (("before", white.before), ("after", white.after))
        for lag, values in enumerate(table.tolist(), start=1)
    ]
    return Table(
        ("lag", "whitening", *PERCENTS),
        tuple(rows),
        "Autocorrelations of the residuals: quantiles over voxels, mean of the runs",
    )


def _powers(spectrum: Spectrum, t_r: float | None) -> Table:
    at = spectrum.frequencies / (t_r or 1.0)
    columns = (at, spectrum.before, spectrum.after, spectrum.white)
    return Table(
        (
            "frequency (Hz)" if t_r else "frequency (1/scan)",
            *("before whitening", "after whitening", "white noise behind this design"),
        ),
        tuple(zip(*(one.tolist() for one in columns), strict=True)),
        "Power of the residuals over their variance: median over voxels",
    )
