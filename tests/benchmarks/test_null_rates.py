"""Rates and power of noise models on null data: in parts, and as they are asked for."""

import zlib

import numpy as np
import pytest
from benchmarks.calibration import ASKED, misses
from benchmarks.null_designs import NullDesign
from benchmarks.null_noise import Arma, FieldAr1, Noise
from benchmarks.null_rates import (
    LEVELS,
    POWER_LEVEL,
    SHAPE,
    Found,
    Row,
    band,
    data_set,
    measure,
    oracle_error,
    peer_of,
    summary,
)
from benchmarks.null_real import KINDS, N_RUNS, real_data_set
from benchmarks.null_rows import ROWS
from scipy import linalg, stats

from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.gls import fit_glm
from boldglm.core.noise import noise_model

WHITE = Row("", "white", NullDesign(20.0, 12, 120), Noise(((Arma(), 1.0),)))
SMALL = (8, 8, 8)


def test_a_data_set_is_the_same_by_itself_and_differs_from_others():
    one, same, other = (data_set(WHITE, number, SMALL) for number in (3, 3, 4))
    np.testing.assert_array_equal(one.Y, same.Y)
    np.testing.assert_array_equal(one.X, same.X)
    assert not np.allclose(one.Y, other.Y)
    assert one.Y.dtype == np.float32
    assert one.scans is None
    assert one.inside.shape == SMALL


def test_of_censored_runs_there_is_what_is_left_and_where_it_goes_on():
    design = NullDesign(20.0, 12, 120, censored=0.1)
    data = data_set(Row("", "gaps", design, WHITE.noise), 0, SMALL)
    assert len(data.X) == len(data.Y) < 110
    rng = np.random.default_rng([zlib.crc32(b"gaps"), 0])
    X, kept = design.matrix(rng), design.kept(rng)
    np.testing.assert_array_equal(data.X, X[kept])
    np.testing.assert_array_equal(data.scans, kept)
    found = measure(data, ("ar2",))["ar2"]
    assert found.dof == len(kept) - 12
    for scans, same in ((data.scans, True), (None, False)):
        fit = fit_glm(data.Y, data.X, noise_model("ar2"), scans=scans)
        t = statistic(contrast_stat(fit, np.eye(12)[0]))
        assert np.allclose(t, found.t) == same


def test_the_error_of_the_oracle_is_that_of_generalised_least_squares(rng):
    X, kept = rng.standard_normal((20, 3)), np.r_[0:8, 10:22]
    covariance = 2.0 * 0.6 ** np.arange(22)
    V = linalg.toeplitz(covariance)[np.ix_(kept, kept)]
    expected = np.sqrt(np.linalg.inv(X.T @ np.linalg.inv(V) @ X)[0, 0])
    assert oracle_error(X, covariance, kept) == pytest.approx(expected)


def test_the_oracle_knows_the_noise_of_every_voxel():
    noise = Noise(
        ((FieldAr1(0.0, 0.7), 1.0),),
        field=lambda shape, rng: rng.random(np.prod(shape)),
        spread=10.0,
    )
    row = Row("", "places", NullDesign(20.0, 12, 120), noise)
    data = data_set(row, 0, SMALL)
    rng = np.random.default_rng([zlib.crc32(b"places"), 0])
    X = row.design.matrix(rng)
    _, u, scale = noise.draw(120, SMALL, rng)
    for voxel in range(0, u.size, 100):
        exact = oracle_error(X, noise.covariance(120, u[voxel]), np.arange(120))
        assert data.error[voxel] == pytest.approx(exact * scale[voxel], rel=0.01)


def test_white_noise_is_found_as_often_as_is_said_and_an_effect_half_of_the_time():
    founds = [measure(data_set(WHITE, k, (14, 14, 14)), ("ols",)) for k in range(2)]
    (ols,) = summary(founds).values()
    for rate, (low, high) in zip(ols["rates"], ols["bands"], strict=True):
        assert low <= rate <= high
    assert ols["power"] == pytest.approx(0.5, abs=0.05)
    assert ols["white"] == pytest.approx(0.95, abs=0.04)


def test_an_effect_adds_to_t_what_it_is_said_to():
    data = data_set(ROWS[4], 0, SMALL)
    effect = stats.norm.isf(POWER_LEVEL / 2) * data.error
    more = data.Y + np.outer(data.X[:, 0], effect)
    with_effect = type(data)(**{**vars(data), "Y": more.astype(np.float32)})
    models = ("ols", "ar1", "auto", "arma11")
    without, there = measure(data, models), measure(with_effect, models)
    for model in models:
        expected = without[model].t + without[model].shift
        np.testing.assert_allclose(there[model].t, expected, rtol=1e-2, atol=1e-2)


def test_the_peer_finds_what_it_finds_in_its_own_words():
    pytest.importorskip("nilearn")
    data = data_set(WHITE, 0, (5, 5, 5))
    peer, ours = peer_of(data), measure(data, ("ar1",))["ar1"]
    assert np.corrcoef(peer.t, ours.t)[0, 1] > 0.99
    np.testing.assert_allclose(peer.shift, ours.shift, rtol=0.05)
    assert np.isnan(peer.white)


def test_rates_are_shares_of_p_values():
    t = stats.t.isf(np.array([0.06, 0.04, 0.02, 0.0001]) / 2, 50) * [1, -1, 1, -1]
    assert Found(t, np.zeros(4), 50.0).rates() == [0.75, 0.25, 0.25]


def test_the_band_is_binomial_or_that_of_the_data_sets():
    low, high = band(0.05, 40_000, [0.05, 0.05])
    expected = stats.binom.interval(0.99, 40_000, 0.05)
    np.testing.assert_allclose([low, high], np.array(expected) / 40_000, atol=1e-4)
    spread = [0.03, 0.05, 0.07, 0.05]
    _, high = band(0.05, 40_000, spread)
    times = stats.t.ppf(0.995, 3)
    assert high - 0.05 == pytest.approx(times * stats.sem(spread), rel=1e-4)
    # A rate of eight sets falls there with the probability that is said
    rng = np.random.default_rng(0)
    draws = 0.05 + 0.01 * rng.standard_normal((4000, 8))
    bands = [band(0.05, 10**9, list(one)) for one in draws]
    means = draws.mean(axis=1)
    held = [low <= x <= high for x, (low, high) in zip(means, bands, strict=True)]
    assert np.mean(held) == pytest.approx(0.99, abs=0.006)
    assert band(0.001, 100, [0.0])[0] == 0


def test_power_is_at_the_true_level_whatever_is_said():
    rng = np.random.default_rng(0)
    t, shift = rng.standard_normal(200_000), np.full(200_000, 2.5758)
    honest, boastful = Found(t, shift, 1e6), Found(3 * t, 3 * shift, 1e6)
    found = summary([{"honest": honest, "boastful": boastful}])
    for one in found.values():
        assert one["power"] == pytest.approx(0.5, abs=0.02)
        assert one["white"] is None
    assert found["boastful"]["rates"][0] > 0.4


def test_power_is_not_known_where_the_noise_is_not():
    found = summary([{"ols": Found(np.zeros(4), np.full(4, np.nan), 9.0)}])
    assert found["ols"]["power"] is None


def test_misses_are_rates_of_auto_beside_what_is_asked():
    def row(asked, *rates):
        return {"title": "a", "asked": asked, "models": {"auto": {"rates": rates}}}

    assert misses([row(True, 0.05, 0.01, 0.001), row(False, 0.5, 0.5, 0.5)]) == []
    assert misses([row(True, 0.061, 0.01, 0.001)]) == [
        "a: 0.0610 at 0.05, asked 0.04-0.06"
    ]
    assert len(misses([row(True, 0.03, 0.01, 0.0021)])) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_real_runs_have_a_task_that_was_not_there(kind, data_dir, monkeypatch):
    monkeypatch.setenv("BOLDGLM_TEST_DATA", str(data_dir))
    if not (data_dir / "haxby2001_sub001").is_dir():
        pytest.skip(f"needs haxby2001_sub001 in {data_dir}")
    one, other = real_data_set(kind, 1), real_data_set(kind, 1 + N_RUNS)
    np.testing.assert_array_equal(one.Y, other.Y)
    # eight conditions, drifts, motion and constant are the same
    np.testing.assert_array_equal(one.X[:, 1:], other.X[:, 1:])
    assert not np.allclose(one.X[:, 0], other.X[:, 0])
    assert one.inside.sum() == one.Y.shape[1] == 469
    assert np.linalg.matrix_rank(one.X) == one.X.shape[1]
    (found,) = measure(one, ("auto",)).values()
    assert np.isfinite(found.t).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.asked], ids=lambda row: row.title
)
def test_auto_holds_its_level_where_it_is_asked_for_it(row):
    # Others than those of the page, and half as many
    founds = [
        measure(data_set(row, number, SHAPE), ("auto",)) for number in range(8, 12)
    ]
    rates = dict(zip(LEVELS, summary(founds)["auto"]["rates"], strict=True))
    for level, (low, high) in ASKED.items():
        assert low <= rates[level] <= high, f"{rates[level]:.4f} at {level}"
