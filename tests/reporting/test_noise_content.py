"""What is said of the noise is true for the fit."""

from dataclasses import replace

import numpy as np
import pytest
from tests.glm.first_level import simulated_runs as runs
from tests.reporting import simulated_models as sim

from boldglm.core.whiteness import QUANTILES, Whiteness
from boldglm.glm.first_level import FirstLevelModel
from boldglm.reporting import noise_charts


def remembering(model, *whites):
    """The model, as if its residuals had been such."""
    runs = zip(model._record.runs, whites, strict=True)
    own = [replace(run, whiteness=white) for run, white in runs]
    model._record = replace(model._record, runs=tuple(own))
    return model


def white(before, after, n_scans=100, n_voxels=50):
    """Medians at lags 1, 2, …; other quantiles lie beside them."""
    spread = np.linspace(-0.1, 0.1, len(QUANTILES))
    tables = (np.array([values]).T + spread for values in (before, after))
    return Whiteness(n_scans, n_voxels, *tables)


def nothing(n_lags=2):
    tables = np.full((2, n_lags, len(QUANTILES)), np.nan)
    return Whiteness(100, 0, *tables)


@pytest.fixture
def model():
    return sim.first_level(2)


def test_whitening_is_told_by_what_is_left(model):
    remembering(model, *[white([0.6, 0.4], [0.02, -0.03])] * 2)
    noise = sim.content(model).noise
    assert "at lag 1 the median is 0.60 before and 0.02 after whitening" in noise.words
    assert "After whitening the median is within this at all lags." in noise.words
    remembering(model, *[white([0.6, 0.4], [0.02, -0.5])] * 2)
    assert "median is beyond this at lag 2:" in sim.content(model).noise.words


def test_runs_without_residuals_say_nothing_of_others(model):
    remembering(model, white([0.6, 0.4], [0.02, -0.03]), nothing())
    noise = sim.content(model).noise
    assert "0.60 before and 0.02 after whitening" in noise.words
    assert "1 of 2 runs had none, and are left out" in noise.words
    assert "nan" not in noise.words
    assert noise.facts.rows[1][3:5] == (None, None)
    assert b"nan" not in noise.whiteness.data


def test_where_no_run_has_residuals_nothing_is_claimed(model):
    remembering(model, nothing(), nothing())
    noise = sim.content(model).noise
    assert "Nothing is known of the residuals" in noise.words
    assert "within" not in noise.words
    assert noise.whiteness is None


def test_limits_of_white_noise_are_pooled_by_variance(model):
    remembering(
        model, white([0.6], [0.1], n_scans=400), white([0.6], [0.1], n_scans=50)
    )
    limit = 1.96 * np.sqrt((1 / 400 + 1 / 50) / 2)
    words = sim.content(model).noise.words
    assert f"lie within ±{limit:.2f}" in words
    # 1.96 / sqrt(225) is less than this, and than 0.14
    remembering(
        model, white([0.6], [0.14], n_scans=400), white([0.6], [0.14], n_scans=50)
    )
    assert "within this at all lags" in sim.content(model).noise.words


def test_ordinary_least_squares_whitens_nothing():
    model = sim.first_level(2, noise_model="ols")
    noise = sim.content(remembering(model, *[white([0.3, 0.0], [0.3, 0.0])] * 2)).noise
    assert "whitening" not in noise.words
    assert "the median is 0.30. Of white" in noise.words
    assert "The median is beyond this at lag 1" in noise.words
    assert b"whitening" not in noise.whiteness.data
    assert noise.facts.columns[2] == "median autocorrelation at lag 1"
    assert noise.facts.rows[0][:3] == ("Run 1", "ols", pytest.approx(0.3))
    assert len(noise.facts.rows[0]) == len(noise.facts.columns)


def test_kinds_of_voxels_are_counted_under_their_names(model):
    model.fits_[1].outcome[:7] = [1, 1, 1, 2, 2, 3, 4]
    facts = sim.content(model).noise.facts
    row = dict(zip(facts.columns, facts.rows[1], strict=True))
    assert row["constant voxels"] == 3
    assert row["voxels not finite"] == 2
    assert row["voxels held at a limit"] == 1
    assert row["voxels unexplained"] == 1


def column(table, name):
    return [row[table.columns.index(name)] for row in table.rows]


def drawn_maps(model, monkeypatch):
    """What the report of a model draws on slices."""
    drawn = []
    draw = noise_charts.draw_slices

    def record(shown, *given, **options):
        drawn.append(shown.values)
        return draw(shown, *given, **options)

    monkeypatch.setattr(noise_charts, "draw_slices", record)
    found = sim.content(model).noise
    inside = np.asarray(model.mask_img_.dataobj) != 0
    return found, [values[inside] for values in drawn]


def test_the_map_is_the_mean_of_the_runs(model, monkeypatch):
    found, (values,) = drawn_maps(model, monkeypatch)
    mean = np.mean([fit.phi[0] for fit in model.fits_], axis=0)
    np.testing.assert_allclose(values, mean, atol=2e-6)
    assert (
        found.map.caption
        == "First coefficient of the autoregression, mean of the runs."
    )
    assert found.second_map is None


def test_an_arma_shows_its_a_and_its_b(monkeypatch):
    model = sim.first_level(1, noise_model="arma11")
    found, maps = drawn_maps(model, monkeypatch)
    ab = model.fits_[0].noise_parameters
    for values, expected in zip(maps, ab, strict=True):
        np.testing.assert_allclose(values, expected, atol=2e-6)
    assert found.map.caption == "Coefficient a of the ARMA(1, 1)."
    assert found.second_map.caption == "Coefficient b of the ARMA(1, 1)."
    assert found.map.name != found.second_map.name
    a, b = np.median(ab, axis=1)
    assert column(found.facts, "median a") == [pytest.approx(a)]
    assert column(found.facts, "median b") == [pytest.approx(b)]
    assert f"(medians: a {a:.2f}, b {b:.2f})" in found.histogram.caption
    assert "restricted maximum likelihood" in found.words
    assert "too small" not in found.words


def test_runs_of_one_coefficient_and_lags_of_several_are_lines(model):
    assert b">run 2<" in sim.content(model).noise.histogram.data
    many = sim.content(sim.first_level(1, noise_model="auto")).noise
    assert many.histogram.data.count(b">lag ") == 6
    assert many.histogram.caption.startswith("The first 6 of 8 coefficients")
    two = sim.content(sim.first_level(1, noise_model="ar2")).noise
    assert two.histogram.caption.startswith("Coefficients of the autoregression")


def test_models_that_are_not_corrected_say_so(model):
    warned = "too small, the more so the more regressors"
    assert warned in sim.content(model).noise.words
    assert warned in sim.content(sim.first_level(1, noise_model="ar2")).noise.words
    for name in ("ols", "ar1+", "auto2", "arma11"):
        words = sim.content(sim.first_level(1, noise_model=name)).noise.words
        assert "too small" not in words
    assert "averaged over neighbouring" in (
        sim.content(sim.first_level(1, noise_model="auto2")).noise.words
    )


def test_least_squares_in_coloured_noise_say_what_they_do():
    content = sim.content(sim.first_level(1, noise_model="ols+2"))
    assert "The fit did not whiten with it: effects are those" in content.noise.words
    facts = dict(content.runs[0].facts.rows)
    low, high = facts["residual degrees of freedom"].split(" (")[0].split(" to ")
    assert 5 < int(low) <= int(high) < facts["scans"]
    parameters = {row[:2] for row in content.parameters.rows}
    assert ("noise", "order") in parameters
    assert ("noise", "first_scans") not in parameters


def with_spectrum(share, n_frequencies=5, after=1.0, n_voxels=50):
    base = white([0.6, 0.4], [0.02, -0.03], n_voxels=n_voxels)
    at = np.linspace(0.0, 0.5, n_frequencies)
    flat = np.ones(n_frequencies)
    return replace(
        base,
        white=share,
        frequencies=at,
        power_before=2.0 * flat,
        power_after=after * flat,
        power_white=0.75 * flat,
    )


def test_the_share_of_white_voxels_is_told(model):
    remembering(model, with_spectrum(0.96), with_spectrum(0.93, n_voxels=100))
    noise = sim.content(model).noise
    assert "In 94.0 % of these voxels the residuals are white after" in noise.words
    assert "in the others" not in noise.words
    assert column(noise.facts, "share of voxels white at 5 %") == [0.96, 0.93]
    remembering(model, *[with_spectrum(0.6)] * 2)
    words = sim.content(model).noise.words
    assert words.endswith("does not take all of the noise in the others.")


def test_the_spectrum_is_the_mean_of_the_runs_in_hertz(model):
    remembering(model, with_spectrum(0.9, 5, 1.0), with_spectrum(0.9, 9, 1.5))
    noise = sim.content(model).noise
    assert noise.spectrum.name == "noise-spectrum"
    assert b"frequency (Hz)" in noise.spectrum.data
    assert b">0.25<" in noise.spectrum.data
    assert "before from 2.00 to 2.00; after whitening from 1.25" in (
        noise.spectrum.alternative
    )
    power = noise.numbers[2]
    # the coarser of both, up to half of a scan in 2 s
    assert column(power, "frequency (Hz)") == [0.0, 0.0625, 0.125, 0.1875, 0.25]
    assert column(power, "before whitening") == [2.0] * 5
    assert column(power, "after whitening") == [1.25] * 5
    assert column(power, "white noise behind this design") == [0.75] * 5


def test_without_whitening_the_spectrum_has_one_line():
    noise = sim.content(sim.first_level(1, noise_model="ols")).noise
    assert b"after" not in noise.spectrum.data
    assert "residuals from" in noise.spectrum.alternative
    assert "residuals are white at 5 %" in noise.words


def test_records_of_earlier_versions_have_no_spectrum(model):
    remembering(model, *[white([0.6, 0.4], [0.02, -0.03])] * 2)
    noise = sim.content(model).noise
    assert noise.spectrum is None
    assert noise.whiteness is not None
    assert "Ljung" not in noise.words
    assert column(noise.facts, "share of voxels white at 5 %") == [None, None]
    assert len(noise.numbers) == 2


def test_numbers_behind_the_figures_are_there(model):
    coefficients, lags, _ = sim.content(model).noise.numbers
    for run, fit in enumerate(model.fits_):
        assert coefficients.rows[run][:2] == (f"Run {run + 1}", "lag 1")
        expected = np.quantile(fit.phi[0], QUANTILES)
        np.testing.assert_allclose(coefficients.rows[run][2:], expected)
    assert coefficients.columns[2:] == ("5 %", "25 %", "50 %", "75 %", "95 %")
    whites = [run.whiteness for run in model._record.runs]
    rows = {row[:2]: row[2:] for row in lags.rows}
    for when in ("before", "after"):
        means = np.mean([getattr(one, when) for one in whites], axis=0)
        for lag, expected in enumerate(means, start=1):
            np.testing.assert_allclose(rows[lag, when], expected)


def test_without_a_repetition_time_frequencies_are_per_scan():
    table = runs.events()
    model = FirstLevelModel(mask_img=sim.brain())
    model.fit(runs.image(table), design_matrices=runs.design(table))
    noise = sim.content(model).noise
    assert b"frequency (1/scan)" in noise.spectrum.data
    assert column(noise.numbers[2], "frequency (1/scan)")[-1] == 0.5


def test_what_a_noise_model_decides_is_among_the_parameters(model):
    def told(model):
        rows = sim.content(model).parameters.rows
        return {name: value for of, name, value in rows if of == "noise"}

    assert told(model) == {"order": 1, "first_scans": "conditional"}
    auto = sim.first_level(1, noise_model="auto3")
    assert told(auto) == {"order": 3, "first_scans": "exact"}
    assert told(sim.first_level(1, noise_model="ols")) == {}
    assert told(sim.second_level()) == {}
