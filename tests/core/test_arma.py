"""ARMA(1, 1) by restricted maximum likelihood, against dense matrices."""

import numpy as np
import pytest
from scipy import linalg, optimize, signal
from statsmodels.tsa.arima_process import arma_acf

from boldglm.core.arma import (
    A_ENDS,
    B_ENDS,
    STEP,
    _filled,
    arma_correlations,
    arma_search,
)
from boldglm.core.arma_kernels import _criterion, _quadratic
from boldglm.core.gls import fit_glm, prepare
from boldglm.core.gls_pilot import constant_in, pilot_of_data
from boldglm.core.noise import ARMA_ORDER, noise_model, yule_walker
from boldglm.core.parallel import one_blas_thread

ARMA = noise_model("arma11")
N = 120


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(2)
    box = (np.arange(N) // 10) % 2
    slow = rng.standard_normal((N, 8)).cumsum(axis=0)
    return np.column_stack([box, slow, np.ones(N)])


def simulate(rng, a, b, n_voxels):
    noise = rng.standard_normal((N + 100, n_voxels))
    return signal.lfilter([1, b], [1, -a], noise, axis=0)[100:]


def covariance(a, b, order=None):
    """Of the ARMA, or of the autoregression that agrees up to a lag."""
    r = arma_correlations(a, b, N - 1)[:, 0]
    if order is not None:
        phi = yule_walker(r[: order + 1, None])[0][:, 0]
        for k in range(order + 1, N):
            r[k] = phi @ r[k - order : k][::-1]
    return linalg.toeplitz(r)


def minus_twice_likelihood(V, Q, e):
    """The restricted one, the scale profiled out."""
    C = np.linalg.inv(V)
    A, u = Q.T @ C @ Q, Q.T @ C @ e
    rss = e @ C @ e - u @ np.linalg.solve(A, u)
    dets = np.linalg.slogdet(V)[1] + np.linalg.slogdet(A)[1]
    return dets + (len(e) - Q.shape[1]) * np.log(rss)


@pytest.mark.parametrize(("a", "b"), [(0.9, -0.65), (0.4, 0.0), (-0.5, 0.3), (0, 0.6)])
def test_autocorrelations_are_those_of_statsmodels(a, b):
    expected = arma_acf([1, -a], [1, b], lags=10)
    np.testing.assert_allclose(arma_correlations(a, b, 9)[:, 0], expected, atol=1e-12)


def test_the_criterion_is_the_restricted_likelihood(X, rng):
    """At every node, relative 1e-8, of the autoregression that stands for the ARMA."""
    forms = prepare(X, ARMA, N, np.float64)
    search, Q = arma_search(forms), forms.factor.basis
    y = simulate(rng, 0.8, -0.3, 1)
    e = (y - Q @ (Q.T @ y))[:, 0]
    products = pilot_of_data(y, forms, constant_in(forms.factor)).products
    order = forms.order
    edges = np.stack([products.last.reshape(order), products.first.reshape(order)])
    rows = np.stack([forms.lags.last, forms.lags.first])
    data = (
        _filled(products.with_design[:, :, 0]),
        products.with_self[:, 0].copy(),
        edges,
    )
    tables = (
        *(search.weights, search.edges, search.inverses, search.constants),
        search._dof,
    )
    pairs = [(i, j) for i in (0, 9, 20, 29) for j in (0, 8, 15, 24)]
    for i, j in pairs:
        a, b = search.a[i], search.b[j]
        node = i * search.b.size + j
        # e_t in units of the innovation: V has its variance in it
        V = covariance(a, b, order)
        phi = yule_walker(V[0, : order + 1, None])[0][:, 0]
        V = V / (1 - phi @ V[0, 1 : order + 1])
        room = np.empty(search.inverses.shape[1], np.float32)
        got = _criterion(tables, node, data, _filled(rows), room)
        # in single precision what the design explains
        assert got == pytest.approx(minus_twice_likelihood(V, Q, e), abs=1e-3)


@pytest.mark.parametrize(
    ("a", "b"), [(0.9, -0.65), (0.4, 0.0), (0.7, -0.3), (-0.3, 0.1)]
)
def test_no_arma_is_much_likelier(X, rng, a, b):
    """Than the one that was found: against a search with dense matrices."""
    y = simulate(rng, a, b, 8)
    fit = fit_glm(y, X, ARMA)
    Q = fit.factor.basis
    e = y - Q @ (Q.T @ y)

    def criterion(ab, v):
        return minus_twice_likelihood(covariance(*ab), Q, e[:, v])

    def gap(v):
        best = min(
            optimize.minimize(
                criterion, x, args=(v,), method="Nelder-Mead", bounds=[A_ENDS, B_ENDS]
            ).fun
            for x in ([0.5, -0.2], [0.85, -0.6], [0.1, 0.1])
        )
        return criterion(fit.noise_parameters[:, v], v) - best

    # Small matrices, many times: threads of BLAS would wait for each other
    with one_blas_thread():
        gaps = [gap(v) for v in range(8)]
    # 2 would be about one standard error
    assert np.median(gaps) < 0.2
    # A voxel may have two minima that are about as deep
    assert sorted(gaps)[-2] < 1.5
    assert max(gaps) < 4


def test_coefficients_lie_between_the_nodes_of_the_grid(rng):
    X = np.column_stack([np.ones(N), np.linspace(-1, 1, N)])
    ab = fit_glm(simulate(rng, 0.6, -0.2, 400), X, ARMA).noise_parameters
    place = np.arctanh(ab) / STEP
    assert np.mean(np.abs(place - np.round(place)) < 1e-9) < 0.05


def test_coefficients_come_back_without_bias(rng):
    X = np.column_stack([np.ones(N), np.linspace(-1, 1, N)])
    fit = fit_glm(simulate(rng, 0.8, -0.4, 600), X, ARMA)
    a, b = np.median(fit.noise_parameters, axis=1)
    assert a == pytest.approx(0.8, abs=0.04)
    assert b == pytest.approx(-0.4, abs=0.05)
    r = arma_correlations(*fit.noise_parameters, ARMA_ORDER)
    np.testing.assert_allclose(fit.phi, yule_walker(r)[0], atol=1e-12)


def steps_of(criterion):
    """From the middle of three by three nodes at which a criterion is known."""
    values = np.array([criterion(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)], float)
    one, single = np.ones((1, 1)), np.ones((1, 1, 1), np.float32)
    tables = (one, np.ones((1, 1, 1)), single, np.ones(1), 1.0)
    problem = (tables, (one, np.ones(1), one), single, np.ones(1, np.float32))
    memory = (values, np.zeros(9, np.int64))
    *steps, side = _quadratic(1, 1, 0, 3, memory, problem)
    return (*steps, divmod(side, 3))


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        # a valley that lies askew: its floor is hit
        (
            lambda i, j: (
                3 * (i - 0.2) ** 2 + 2 * (j + 0.1) ** 2 + 1.5 * (i - 0.2) * (j + 0.1)
            ),
            (0.2, -0.1),
        ),
        # no least value: along the axis that has one
        (lambda i, j: 2 * (i - 0.3) ** 2 - 3 * j**2, (0.3, 0.0)),
        (lambda i, j: 2 * (j - 0.3) ** 2 - i**2, (0.0, 0.3)),
        (lambda i, j: -(i**2) - 2 * (j - 0.1) ** 2, (0.0, 0.0)),
    ],
)
def test_steps_go_to_the_least_value_of_a_quadratic(criterion, expected):
    *steps, side = steps_of(criterion)
    np.testing.assert_allclose(steps, expected, atol=1e-12)
    around = [(2, 1), (0, 1), (1, 2), (1, 0), (2, 0), (0, 2)]
    values = [criterion(i - 1, j - 1) for i, j in around]
    assert criterion(side[0] - 1, side[1] - 1) == min(values)


def test_voxels_without_noise_are_zero(X):
    y = np.column_stack([np.full(N, 3.0), X @ np.arange(X.shape[1]), np.zeros(N)])
    fit = fit_glm(y, X, ARMA)
    assert np.isfinite(fit.phi).all()
    assert (fit.noise_parameters[:, [0, 2]] == 0).all()
