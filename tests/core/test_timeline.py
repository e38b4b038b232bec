"""Scans that were left out: places, and fits beside those of dense matrices."""

import numpy as np
import pytest
from scipy import linalg, stats
from tests.oracle.dense_gls import simulate_ar, stationary_covariance

from boldglm._base.errors import ShapeError
from boldglm.core.arma import arma_search
from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.gls import fit_glm, fit_statistics, prepare, residuals
from boldglm.core.goodness import log_likelihood
from boldglm.core.lags import design_lags, lag_products
from boldglm.core.linear import factorize
from boldglm.core.neighbours import MaskAverage
from boldglm.core.noise import noise_model
from boldglm.core.residual_moments import residual_moments
from boldglm.core.run_statistics import RunAccumulator
from boldglm.core.timeline import LONGEST_GAP, MOST_HIDDEN, checked_line, timeline

N, SHAPE = 110, (4, 4, 3)
V = int(np.prod(SHAPE))
#: Single scans, pairs, the last but one, a long gap, the first ones
LEFT_OUT = {
    "single": [3, 10, 30, 31, 33, 70, 108],
    "clumps": [20, 21, 22, 23, 60, 61, 90],
    "ends": [0, 1, 109],
    "long": [5, *range(40, 41 + LONGEST_GAP), 80],
    "every other": list(range(41, 80, 2)),
}
MODELS = ["ols", "ar1", "ar1+", "ar3", "ar3+", "auto2", "ols+3", "arma11"]


@pytest.fixture(params=LEFT_OUT)
def kept(request):
    return np.setdiff1d(np.arange(N), LEFT_OUT[request.param])


@pytest.fixture
def X(rng):
    box = (np.arange(N) // 9) % 2
    slow = 0.2 * rng.standard_normal((N, 4)).cumsum(axis=0)
    return np.column_stack([box, slow, np.ones(N)])


@pytest.fixture
def Y(rng):
    return 1000 + 10 * simulate_ar(rng, [0.5, 0.2], N, V)


@pytest.fixture
def near():
    return MaskAverage(np.ones(SHAPE, bool), np.full(3, 3.0), 6.0)


def covariance(phi, kept):
    """Of the scans that are there, over a longer gap nothing."""
    V = stationary_covariance(phi, N)[np.ix_(kept, kept)] if phi.size else np.eye(N)
    V = V[: len(kept), : len(kept)]
    part = np.cumsum(np.diff(kept, prepend=kept[0]) > LONGEST_GAP + 1)
    return np.where(part[:, None] == part, V, 0.0)


def fitted(name, X, Y, kept, near):
    noise = noise_model(name, first_scans="exact")
    pool = near if noise.pooled else None
    return fit_glm(Y[kept], X[kept], noise, scans=kept, neighbours=pool)


@pytest.mark.parametrize("name", MODELS)
def test_fits_are_those_of_the_covariance_of_the_scans_that_are_there(
    name, X, Y, kept, near
):
    fit = fitted(name, X, Y, kept, near)
    C = np.eye(6)[:2]
    t, F = contrast_stat(fit, C[0]), contrast_stat(fit, C)
    y, x = Y[kept], X[kept]
    for v in range(0, V, 11):
        cov = covariance(fit.phi[:, v], kept)
        half = np.linalg.pinv(x)
        if not fit.noise.sandwich:
            P = np.linalg.inv(cov)
            half = np.linalg.solve(x.T @ P @ x, x.T @ P)
        beta = half @ y[:, v]
        e = y[:, v] - x @ beta
        RV = cov - x @ half @ cov
        sigma2 = (
            e
            @ (e if fit.noise.sandwich else P @ e)
            / np.trace(RV if fit.noise.sandwich else np.eye(len(e)) - x @ half)
        )
        unit = C @ half @ cov @ half.T @ C.T
        np.testing.assert_allclose(fit.beta[:, v], beta, rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(fit.sigma2[v], sigma2, rtol=1e-8)
        np.testing.assert_allclose(fit.residual_ss[v], e @ e, rtol=1e-8)
        np.testing.assert_allclose(t.variance[v], unit[0, 0] * sigma2, rtol=1e-8)
        expected = beta[:2] @ np.linalg.solve(unit, beta[:2]) / 2 / sigma2
        np.testing.assert_allclose(statistic(F)[v], expected, rtol=1e-7)
    assert fit.factor.dof == len(kept) - 6
    np.testing.assert_allclose(fit.total_ss, ((y - y.mean(axis=0)) ** 2).sum(axis=0))
    np.testing.assert_allclose(residuals(y, fit), y - x @ fit.beta, atol=1e-8)


@pytest.mark.parametrize("name", MODELS)
def test_statistics_that_come_in_stretches_give_the_same_fit(name, X, Y, kept, near):
    expected = fitted(name, X, Y, kept, near)
    noise = expected.noise
    forms = prepare(X[kept], noise, len(kept), np.float64, scans=kept)
    run = RunAccumulator(forms, V)
    for part in np.split(Y[kept], [1, 2, 9, 40, 73]):
        run.add(part)
    pool = near if noise.pooled else None
    got = fit_statistics(run.statistics(), noise, neighbours=pool)
    for field in ("beta", "sigma2", "phi", "residual_ss", "total_ss", "dof"):
        np.testing.assert_allclose(
            getattr(got, field), getattr(expected, field), rtol=1e-6, atol=1e-8
        )


def test_what_is_taken_off_is_taken_off_scans_that_are_there(X, Y, kept):
    # without a constant the products have to follow a shift
    X, ar2 = X[:, :-1], noise_model("ar2")
    shift = np.linspace(900, 1100, V)
    expected = fit_glm(Y[kept] - shift, X[kept], ar2, scans=kept)
    run = RunAccumulator(prepare(X[kept], ar2, len(kept), np.float64, scans=kept), V)
    run.add(Y[kept])
    got = fit_statistics(run.statistics(), ar2, shift=shift)
    for field in ("beta", "sigma2", "phi"):
        np.testing.assert_allclose(
            getattr(got, field), getattr(expected, field), rtol=1e-5, atol=1e-7
        )


@pytest.mark.parametrize("name", ["ar2", "auto2", "arma11"])
def test_likelihoods_are_those_of_the_normal_distribution(name, X, Y, kept, near):
    fit = fitted(name, X, Y, kept, near)
    x, n, r = X[kept], len(kept), 6
    K = linalg.null_space(x.T)
    ml, reml = log_likelihood(fit), log_likelihood(fit, restricted=True)
    for v in range(0, V, 11):
        cov = covariance(fit.phi[:, v], kept)
        mean = x @ fit.beta[:, v]
        scale = fit.sigma2[v] * (n - r) / n
        normal = stats.multivariate_normal(mean, scale * cov)
        assert ml[v] == pytest.approx(normal.logpdf(Y[kept, v]), rel=1e-8)
        normal = stats.multivariate_normal(cov=fit.sigma2[v] * K.T @ cov @ K)
        assert reml[v] == pytest.approx(normal.logpdf(K.T @ Y[kept, v]), rel=1e-8)


def test_restricted_likelihoods_of_arma_are_those_of_the_scans(X, Y, kept):
    """Up to a constant: what is searched for the largest of."""
    forms = prepare(
        X[kept],
        noise_model("arma11"),
        len(kept),
        np.float64,
        scans=kept,
    )
    search, K = arma_search(forms), linalg.null_space(X[kept].T)
    values = []
    for node in (30, 200, 500):
        weights = search.weights[node]
        # the autoregression with these weights of lags
        phi = _of_weights(weights)
        inner = K.T @ covariance(phi, kept) @ K
        values.append(search.constants[node] - np.linalg.slogdet(inner)[1])
    np.testing.assert_allclose(values, values[0], atol=1e-7)


def _of_weights(weights):
    """Coefficients of the stable filter with such autocorrelations."""
    roots = np.roots(np.r_[weights[:0:-1], weights])
    inside = roots[np.abs(roots) < 1]
    return -np.real(np.poly(inside))[1:]


def test_moments_are_traces_of_the_scans_that_are_there(X, kept):
    lags = design_lags(factorize(X[kept]).basis, 2, line=timeline(kept))
    n = lags.line.length
    got = residual_moments(lags, 3, 6)
    R = np.zeros((n, n))
    places = lags.line.places
    R[np.ix_(places, places)] = np.eye(len(kept)) - X[kept] @ np.linalg.pinv(X[kept])
    at = np.arange(n)
    part = np.searchsorted(lags.starts, at, side="right")
    apart = np.where(part[:, None] == part, np.abs(at[:, None] - at), -1)
    D = [(apart == k).astype(float) for k in range(6)]
    expected = [[np.trace(R @ D[k] @ R @ D[j]) for j in range(6)] for k in range(3)]
    np.testing.assert_allclose(got, expected, atol=1e-9)
    seen = np.zeros(n)
    seen[places] = 1
    pairs = [seen @ one @ seen / (2 if k else 1) for k, one in enumerate(D[:3])]
    np.testing.assert_array_equal(lags.pairs, pairs)


def test_products_are_those_of_dense_matrices(X, Y, kept):
    lags = design_lags(factorize(X[kept]).basis, 3, line=timeline(kept))
    data = lags.line.spread(Y[kept])
    got = lag_products(lags, data)
    for k in range(4):
        np.testing.assert_allclose(
            got.with_design[k], lags.shifted[k].T @ data, atol=1e-8
        )
    assert got.n_scans == len(kept)


def test_lines():
    line = timeline(np.arange(4, 9))
    assert (line.length, line.starts.tolist(), line.hidden.size) == (5, [0], 0)
    rows = np.ones((5, 2))
    assert line.spread(rows) is rows
    edge = timeline([0, 1 + LONGEST_GAP, 3 + 2 * LONGEST_GAP])
    assert edge.starts.tolist() == [0, edge.places[2]]
    assert edge.hidden.tolist() == list(range(1, 1 + LONGEST_GAP))
    assert edge.stretches.tolist() == [0, 1, 2]
    many = timeline(np.arange(0, 2 * MOST_HIDDEN + 3, 2))
    assert many.hidden.size == 0
    assert many.starts.size == MOST_HIDDEN + 2
    assert timeline(np.arange(0, 2 * MOST_HIDDEN + 1, 2)).hidden.size == MOST_HIDDEN


@pytest.mark.parametrize("scans", [[], [2, 1], [1, 1], [0.0, 1.0], [[0, 1]], ["a"]])
def test_scans_that_are_none_are_an_error(scans):
    with pytest.raises(ValueError, match="expected numbers of scans, ascending"):
        timeline(scans)


def test_lines_of_files_are_checked():
    line = checked_line([0, 2, 5], [0, 3], 3)
    assert (line.length, line.n_scans) == (6, 3)
    for places in ([1, 2, 3], [0, 2, 2], [0, 1], [0.0, 1.0, 2.0]):
        with pytest.raises(ValueError, match="expected 3 numbers, ascending from 0"):
            checked_line(places, [0], 3)
    with pytest.raises(ValueError, match="expected a shorter one"):
        checked_line([0, 1, 10**9], [0], 3)
    with pytest.raises(ValueError, match="at which segments begin"):
        checked_line([0, 1, 2], [0, 9], 3)


def test_what_does_not_fit_is_refused(X, Y):
    ar1 = noise_model("ar1")
    with pytest.raises(ValueError, match="both given"):
        fit_glm(Y, X, ar1, starts=[0], scans=np.arange(N))
    with pytest.raises(ShapeError, match="one for each of 110 scans"):
        fit_glm(Y, X, ar1, scans=np.arange(N - 1))
    odd = np.arange(1, N, 2)
    with pytest.raises(ShapeError, match=r"0 pairs are 1 scans apart.*leave out fewer"):
        fit_glm(Y[odd], X[odd], ar1, scans=odd)
