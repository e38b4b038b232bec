"""What is said of the noise of a voxel that could not be known as asked."""

import numpy as np
import pytest
from tests.oracle.dense_gls import simulate_ar

from boldglm.core.arma import A_ENDS, B_ENDS, STEP, arma_search
from boldglm.core.glm_fit import HELD, OUTCOMES, UNEXPLAINED
from boldglm.core.gls import fit_glm, prepare
from boldglm.core.gls_pilot import constant_in, pilot_of_data
from boldglm.core.lags import design_lags
from boldglm.core.linear import factorize
from boldglm.core.neighbours import MaskAverage
from boldglm.core.noise import noise_model, yule_walker
from boldglm.core.noise_bias import bias_correction

N = 80


def many_regressors(rng, n_scans, n_regressors):
    walks = rng.standard_normal((n_scans, n_regressors - 1)).cumsum(axis=0)
    return np.column_stack([np.ones(n_scans), walks])


def sums_of(residual, order):
    n = len(residual)
    return np.stack(
        [(residual[: n - k] * residual[k:]).sum(axis=0) for k in range(order + 1)]
    )


def implied(bias, gamma, n_lags=400):
    """What residuals have, of the autoregression with these autocovariances."""
    phi, _ = yule_walker(gamma)
    order = len(phi)
    rows = list(gamma)
    while len(rows) < min(n_lags + 1, bias.moments.shape[1]):
        rows.append(np.sum(phi * np.array(rows[: -order - 1 : -1]), axis=0))
    return bias.expected(np.array(rows))


@pytest.mark.parametrize("alike", [False, True])
def test_noise_that_explains_nothing_is_told_from_noise_that_does(rng, alike):
    basis = factorize(many_regressors(rng, N, 50)).basis
    noise = simulate_ar(rng, [0.4, 0.1], N, 400)
    sums = sums_of(noise - basis @ (basis.T @ noise), 4)
    bias = bias_correction(design_lags(basis, 4))
    gamma, unexplained = bias.correct(sums, alike=alike)
    off = np.abs(implied(bias, gamma) - sums).max(axis=0) / sums[0]
    clear = np.abs(off - 0.05) > 1e-4
    np.testing.assert_array_equal(unexplained[clear], (off > 0.05)[clear])
    assert 0.02 < unexplained.mean() < 0.9


@pytest.mark.parametrize(("n_scans", "n_regressors"), [(121, 110), (60, 40)])
def test_white_noise_where_no_step_helped_is_not_called_fitted(
    rng, n_scans, n_regressors
):
    X = many_regressors(rng, n_scans, n_regressors)
    Y = simulate_ar(rng, [0.4], n_scans, 300)
    fit = fit_glm(Y, X, noise_model("ar4+"))
    assert (fit.outcome == UNEXPLAINED).mean() > 0.2
    assert not ((fit.phi == 0).all(axis=0) & (fit.outcome == 0)).any()
    # Of few regressors all is explained
    good = fit_glm(Y, X[:, :2], noise_model("ar1+"))
    assert set(good.outcome.tolist()) == {0}


def test_so_it_is_with_averages_over_neighbours(rng):
    """Of two degrees of freedom, no autocorrelations at eight lags."""
    near = MaskAverage(np.ones((5, 5, 4), bool), (3.0, 3.0, 3.0), 8.0)
    Y = simulate_ar(rng, [0.4], 20, 100)
    fit = fit_glm(
        Y, many_regressors(rng, 20, 18), noise_model("auto8"), neighbours=near
    )
    assert (fit.outcome == UNEXPLAINED).mean() > 0.5
    assert not ((fit.phi == 0).all(axis=0) & (fit.outcome == 0)).any()


def test_an_arma_at_the_end_of_its_grid_is_held(rng):
    """Noise that remembers for longer than the grid goes, or alternates more."""
    n = 200
    X = np.ones((n, 1))
    walk = rng.standard_normal((n, 30)).cumsum(axis=0)
    short = simulate_ar(rng, [0.4], n, 30)
    noise = noise_model("arma11")
    other = simulate_ar(rng, [-0.95], n, 30)
    fit = fit_glm(np.column_stack([walk, short, other]), X, noise)
    # Nodes are whole steps from 0, within the ends
    ends = np.array(
        [[int(np.arctanh(end) / STEP) for end in both] for both in (A_ENDS, B_ENDS)]
    )
    place = np.arctanh(fit.noise_parameters) / STEP
    off = np.abs(place[:, None, :] - ends[:, :, None]).min(axis=(0, 1))
    np.testing.assert_array_equal(fit.outcome == HELD, off < 1e-9)
    assert (fit.outcome[:30] == HELD).mean() > 0.8
    assert (fit.outcome[30:60] == 0).all()
    assert (fit.outcome[60:] == HELD).all()


def test_an_arma_without_residuals_is_not_held(rng):
    X = np.ones((50, 1))
    forms = prepare(X, noise_model("arma11"), 50, np.float64)
    Y = np.column_stack([np.full(50, 3.0), simulate_ar(rng, [0.4], 50, 1)])
    products = pilot_of_data(Y, forms, constant_in(forms.factor)).products
    ab, _, held = arma_search(forms).estimate(products)
    assert (ab[:, 0] == 0).all()
    assert not held[0]


def test_every_outcome_is_told_apart():
    """By codes that files of saved models have."""
    words = ["fitted", "constant", "not finite", "held", "unexplained"]
    found = {code: text.partition(":")[0] for code, text in OUTCOMES.items()}
    assert found == dict(enumerate(words))
