"""Tails of permutations, against closed forms, scipy and the recipe spelled out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from boldglm._base.errors import ShapeError
from boldglm.core import tail_fit
from boldglm.core.tail_fit import empirical_p, fit_tail, tail_p

N_AT_ONCE = 1000  # voxels of the maxima


def maximum_p(one_p):
    """The p of a maximum from that of one of its values."""
    return -np.expm1(N_AT_ONCE * np.log1p(-np.asarray(one_p)))


def one_p(maximum):
    return -np.expm1(np.log1p(-np.asarray(maximum)) / N_AT_ONCE)


# name: (values of which the tail areas are given, areas of values)
NULLS = {
    "exponential": (lambda p: -np.log(p), lambda x: np.exp(-x)),
    "uniform": (lambda p: 1 - p, lambda x: 1 - x),
    "pareto": (lambda p: p**-0.2, lambda x: x**-5.0),
    "max z": (
        lambda p: stats.norm.isf(one_p(p)),
        lambda x: maximum_p(stats.norm.sf(x)),
    ),
    "max t": (
        lambda p: stats.t.isf(one_p(p), 15),
        lambda x: maximum_p(stats.t.sf(x, 15)),
    ),
}


def drawn(name, seed, n):
    u = 1 - np.random.default_rng(seed).random(n)
    return NULLS[name][0](u)


def evenly(n):
    """Tail areas that n values share evenly."""
    return (np.arange(n) + 0.5) / n


def fit_by_recipe(null):
    """(threshold, scale, shape) of the first fit that the test accepts, or None."""
    null = np.sort(null)
    for per_cent in range(75, 100):
        at = null[-(-per_cent * null.size // 100) - 1]
        beyond = null[null > at]
        if beyond.size < 10 or np.ptp(beyond) == 0:
            continue
        threshold = (at + beyond.min()) / 2
        y = beyond - threshold
        ratio = y.mean() ** 2 / y.var(ddof=1)
        scale, shape = y.mean() * (ratio + 1) / 2, (ratio - 1) / 2
        curve = stats.genpareto(-shape, scale=scale)
        if curve.sf(y.max()) == 0:
            continue
        n = y.size
        a2 = -n - sum(
            (2 * i - 1) / n * (curve.logcdf(y[i - 1]) + curve.logsf(y[n - i]))
            for i in range(1, n + 1)
        )
        if a2 <= np.interp(shape, tail_fit.SHAPES, tail_fit.HIGHEST):
            return threshold, scale, shape, (n + 1) / (null.size + 1), n
    return None


@pytest.mark.parametrize("name", NULLS)
@pytest.mark.parametrize("n", [100, 500])
def test_fits_are_those_of_the_recipe(name, n, readonly):
    for seed in range(5):
        null = readonly(drawn(name, seed, n))
        expected = fit_by_recipe(null)
        fit = fit_tail(null)
        assert fit.accepted == (expected is not None)
        if expected is not None:
            found = (fit.threshold, fit.scale, fit.shape, fit.share, fit.n_beyond)
            assert found == pytest.approx(expected, rel=1e-9)


def test_a_tail_unlike_the_curve_moves_the_threshold_up(rng):
    # a step between two heights, and above it a true tail
    null = np.concatenate([rng.random(900), 5 + rng.exponential(size=100)])
    fit = fit_tail(null)
    assert fit.accepted
    assert fit.n_beyond <= 100
    expected = fit_by_recipe(null)
    assert fit.threshold == pytest.approx(expected[0])


@pytest.mark.parametrize("n_steps", [4, 6])
def test_a_tail_unlike_any_curve_is_counted(n_steps, rng):
    null = rng.integers(0, n_steps, size=1000).astype(float)
    assert fit_by_recipe(null) is None
    fit = fit_tail(null)
    assert not fit.accepted
    assert np.isnan([fit.threshold, fit.scale, fit.shape]).all()
    observed = np.array([0.5, n_steps - 1.0, n_steps + 5.0])
    np.testing.assert_array_equal(tail_p(null, observed), empirical_p(null, observed))


@pytest.mark.parametrize("shape", [-0.3, -0.1, 0.0, 0.2])
def test_an_even_sample_of_the_curve_gives_back_the_curve(shape):
    null = stats.genpareto(-shape, scale=2.0).isf(evenly(20_000))
    fit = fit_tail(null)
    # the part above a threshold is the curve again, with another scale
    assert fit.shape == pytest.approx(shape, abs=0.02)
    assert fit.scale == pytest.approx(2.0 - shape * fit.threshold, rel=0.02)
    assert fit.n_beyond == 5000
    for p in (1e-3, 1e-4):
        x = stats.genpareto(-shape, scale=2.0).isf(p)
        assert tail_p(null, [x])[0] == pytest.approx(p, rel=0.2)


def test_p_is_that_of_scipys_curve(rng, readonly):
    null = drawn("max t", 3, 800)
    fit = fit_tail(null)
    observed = readonly(np.linspace(np.quantile(null, 0.93), 1.5 * null.max(), 50))
    assert observed[-1] < fit.end
    curve = stats.genpareto(-fit.shape, loc=fit.threshold, scale=fit.scale)
    expected = 201 / 801 * curve.sf(observed)
    np.testing.assert_allclose(tail_p(null, observed), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "n", "p", "typical", "furthest"),
    [
        # factor by which half of the estimates are off at most, and 9 of 10
        ("exponential", 500, 1e-2, 1.3, 2.3),
        ("exponential", 1000, 1e-3, 1.8, 6),
        ("exponential", 1000, 1e-4, 3.1, 100),
        ("max z", 500, 1e-2, 1.3, 2.4),
        ("max z", 1000, 1e-3, 2.0, 12),
        ("max t", 1000, 1e-3, 1.9, 10),
        ("max t", 1000, 1e-4, 4.0, 500),
        ("pareto", 1000, 1e-3, 1.8, 6),
        ("uniform", 1000, 1e-2, 1.4, 1.9),
    ],
)
def test_how_far_p_is_from_the_truth(name, n, p, typical, furthest):
    x = NULLS[name][0](p)
    found = [tail_p(drawn(name, seed, n), [x])[0] for seed in range(200)]
    factor = np.exp(np.abs(np.log(np.array(found) / p)))
    assert np.median(factor) < typical
    assert np.quantile(factor, 0.9) < furthest


@pytest.mark.parametrize("name", ["exponential", "max z", "max t"])
def test_p_is_below_a_level_as_often_as_it_says(name):
    """At .05 and .01 within a tenth; counting 99 permutations cannot say .001."""
    areas = np.geomspace(0.2, 1e-7, 400)
    values = NULLS[name][0](areas)
    weight = -np.diff(np.append(areas, 0.0))
    levels = np.array([0.05, 0.01, 0.001])
    rates = []
    for seed in range(150):
        null = drawn(name, seed, 500)
        inside = values < fit_tail(null).end
        p = empirical_p(null, values)
        p[inside] = tail_p(null, values[inside])
        rates.append([weight[p <= level].sum() for level in levels])
    ratio = np.mean(rates, axis=0) / levels
    np.testing.assert_allclose(ratio[:2], 1.0, atol=0.12)
    assert 0.8 < ratio[2] < 2.2


def test_p_is_counted_where_enough_permutations_count(rng):
    null = rng.normal(size=999)
    observed = np.quantile(null, [0.05, 0.5, 0.89])
    np.testing.assert_array_equal(tail_p(null, observed), empirical_p(null, observed))
    # and read off from p < 0.1 on
    assert fit_tail(null).accepted
    rarer = np.quantile(null, [0.905])
    assert 0 < abs(tail_p(null, rarer) - empirical_p(null, rarer))[0] < 0.01


def test_counting_is_that_of_the_definition(rng, readonly):
    null, observed = readonly(rng.normal(size=50), rng.normal(size=(4, 5)))
    p = empirical_p(null, observed)
    assert p.shape == (4, 5)
    for found, value in zip(p.ravel(), observed.ravel(), strict=True):
        assert found == (1 + sum(null >= value)) / 51


def test_a_tie_up_to_rounding_counts():
    null = np.array([3.0, 3.0 - 1e-12, 2.0])
    assert empirical_p(null, [3.0])[0] == 3 / 4
    assert empirical_p(null, [3.0], tolerance=0)[0] == 2 / 4
    assert empirical_p(-null, [-2.0], tolerance=1e-9)[0] == 2 / 4
    assert empirical_p([2.9], [3.0], tolerance=0.1)[0] == 1
    assert empirical_p([1.0, np.inf, -np.inf], [np.inf, -np.inf]).tolist() == [0.5, 1]


def test_beyond_the_end_of_a_tail_p_is_counted():
    null = evenly(500)
    fit = fit_tail(null)
    assert fit.accepted
    assert fit.end == pytest.approx(fit.threshold + fit.scale / fit.shape)
    assert 0.98 < fit.end < 1.02
    p = tail_p(null, [2.0, 0.9999 * fit.end, 0.5])
    np.testing.assert_allclose(p, [1 / 501, 1 / 501, 251 / 501])
    # alone, it is read off
    assert 0 < tail_p(null, [0.9999 * fit.end])[0] < 1 / 501


def test_p_is_never_zero():
    null = -np.log(evenly(1000))
    null[0] *= 1.2  # heavier than exponential: no end
    fit = fit_tail(null)
    assert fit.end == np.inf
    curve = stats.genpareto(-fit.shape, scale=fit.scale)
    assert curve.sf(1e300) == 0
    p = np.array([tail_p(null, [x])[0] for x in (1e3, 1e300, np.inf)])
    assert p[0] < 1e-20
    assert np.isfinite(np.log10(p)).all()


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([*NULLS, "sizes"]),
    st.integers(1, 300),
)
def test_p_never_rises_with_the_statistic(seed, name, n):
    rng = np.random.default_rng(seed)
    null = drawn(name, seed, n) if name != "sizes" else rng.geometric(0.1, n)
    observed = np.concatenate([null, rng.uniform(-1, 3, 50) * null.max()])
    p = tail_p(null, observed)
    order = np.argsort(observed)
    assert (np.diff(p[order]) <= 0).all()
    assert ((p > 0) & (p <= 1)).all()
    # read off, p is not raised above what is counted by more than the last step
    counted = empirical_p(null, observed)
    assert (p[counted < 0.1] <= np.ceil(0.1 * (n + 1)) / (n + 1)).all()


def test_scale_and_place_of_the_statistic_do_not_matter(rng):
    null = rng.gumbel(size=500)
    observed = np.array([2.0, 4.0, 8.0])
    expected = tail_p(null, observed)
    np.testing.assert_allclose(
        tail_p(1e6 * null + 5e6, 1e6 * observed + 5e6, tolerance=0), expected, 1e-6
    )


def test_small_units_are_units_too(rng):
    null = rng.gumbel(size=500)
    fit, small = fit_tail(null), fit_tail(1e-12 * null)
    assert fit.accepted
    assert small.accepted
    assert small.shape == pytest.approx(fit.shape)
    assert small.n_beyond == fit.n_beyond


def test_cluster_sizes_have_a_tail_too():
    found = []
    for seed in range(100):
        null = np.random.default_rng(seed).geometric(1 / 20, 1000)
        found.append(tail_p(null, [101])[0])
    assert np.median(found) == pytest.approx((1 - 1 / 20) ** 100, rel=0.15)


@pytest.mark.parametrize(
    "null",
    [
        [],
        [3.0],
        np.zeros(500),
        np.full(500, 7.5),
        [0.0] * 495 + [1.0] * 5,
        [0.0] * 400 + [1.0] * 100,
        [0.0] * 700 + [np.inf] * 300,
        [-np.inf] * 500,
        np.arange(30.0),
        np.repeat([1e308, -1e308], 200),
    ],
)
def test_few_or_equal_values_are_counted(null):
    fit = fit_tail(null)
    assert not fit.accepted
    assert fit.n_beyond == 0
    observed = [-1.0, 0.0, 0.5, 7.5, 1e9, np.inf]
    np.testing.assert_array_equal(tail_p(null, observed), empirical_p(null, observed))


def test_nan_is_not_a_number():
    null = evenly(200)
    p = tail_p(null, [np.nan, 0.99, np.nan, 5.0])
    assert np.isnan(p).tolist() == [True, False, True, False]
    with pytest.raises(ValueError, match="null has 2 NaN among 4 permutations"):
        tail_p([np.nan, 1.0, np.nan, 2.0], [1.0])


def test_what_cannot_be_is_told():
    with pytest.raises(ShapeError, match=r"null has shape \(2, 3\)"):
        fit_tail(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="tolerance is -1"):
        empirical_p([1.0], [1.0], tolerance=-1)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [-0.2, -0.1, 0.0, 0.1])
def test_the_test_rejects_one_true_tail_in_twenty(shape):
    rng = np.random.default_rng(7)
    n, n_samples = 200, 4000
    u = 1 - rng.random((n_samples, n))
    samples = -np.log(u) if shape == 0 else (1 - u**shape) / shape
    rejected = 0
    for sample in samples:
        ordered = np.sort(np.append(sample, -1e-6))
        rejected += not tail_fit._fit_beyond(ordered, 1).accepted
    assert rejected / n_samples == pytest.approx(0.05, abs=0.02)
