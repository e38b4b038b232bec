"""What is said of the noise is true for the fit."""

from dataclasses import replace

import numpy as np
import pytest
from tests.reporting import simulated_models as sim

from boldglm.core.whiteness import QUANTILES, Whiteness
from boldglm.reporting import noise_content


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
    model.fits_[1].outcome[:6] = [1, 1, 1, 2, 2, 3]
    facts = sim.content(model).noise.facts
    row = dict(zip(facts.columns, facts.rows[1], strict=True))
    assert row["constant voxels"] == 3
    assert row["voxels not finite"] == 2
    assert row["voxels held stable"] == 1


def test_the_map_is_the_mean_of_the_runs(model, monkeypatch):
    drawn = []
    draw = noise_content.draw_slices

    def record(shown, *given, **options):
        drawn.append(shown.values)
        return draw(shown, *given, **options)

    monkeypatch.setattr(noise_content, "draw_slices", record)
    sim.content(model)
    (values,) = drawn
    inside = np.asarray(model.mask_img_.dataobj) != 0
    mean = np.mean([fit.phi[0] for fit in model.fits_], axis=0)
    np.testing.assert_allclose(values[inside], mean, atol=2e-6)
