"""Noise models: their names, and their coefficients against other solvers."""

import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg

from boldglm.core.gls import fit_glm
from boldglm.core.lags import LagProducts
from boldglm.core.linear import factorize
from boldglm.core.noise import (
    FIRST_SCANS,
    NoiseModel,
    noise_model,
    yule_walker,
)
from boldglm.core.noise_estimates import NoiseEstimates, NoiseEstimator
from boldglm.core.precision import precision_forms


def stationary_autocovariance(rng, order, n_voxels):
    """Autocovariances (biased estimates, so positive definite) of smooth noise."""
    noise = rng.standard_normal((200, n_voxels)).cumsum(axis=0)
    noise = noise[5:] - 0.7 * noise[:-5]
    noise -= noise.mean(axis=0)
    n = len(noise)
    return np.array(
        [np.sum(noise[: n - k] * noise[k:], axis=0) / n for k in range(order + 1)]
    )


@pytest.mark.parametrize("order", range(1, 9))
def test_yule_walker_equals_a_toeplitz_solve_per_voxel(rng, order):
    r = stationary_autocovariance(rng, order, 20)
    phi, held = yule_walker(r)
    expected = [linalg.solve_toeplitz(r[:-1, v], r[1:, v]) for v in range(20)]
    np.testing.assert_allclose(phi.T, expected, rtol=1e-9, atol=1e-11)
    assert not held.any()


def test_yule_walker_equals_statsmodels(rng):
    regression = pytest.importorskip("statsmodels.regression.linear_model")
    noise = rng.standard_normal((300, 4)).cumsum(axis=0) * 0.1
    noise += rng.standard_normal((300, 4))
    noise -= noise.mean(axis=0)
    pairs = 300 - np.arange(5)
    r = np.array([np.sum(noise[: 300 - k] * noise[k:], 0) for k in range(5)])
    phi, _ = yule_walker(r / pairs[:, None])
    for v in range(4):
        with warnings.catch_warnings():
            # Some releases announce a change of what is returned.
            warnings.simplefilter("ignore")
            theirs, _ = regression.yule_walker(
                noise[:, v], order=4, method="adjusted", demean=False
            )
        np.testing.assert_allclose(phi[:, v], theirs, rtol=1e-10)


def test_coefficients_of_order_zero_are_none():
    phi, held = yule_walker(np.ones((1, 3)))
    assert phi.shape == (0, 3)
    assert not held.any()


def test_a_series_without_variance_has_coefficients_of_zero():
    phi, held = yule_walker(np.zeros((4, 2)))
    np.testing.assert_array_equal(phi, 0)
    assert not held.any()


def test_impossible_autocovariances_are_held_stable_and_flagged():
    r = np.array([[1.0, 1.0, 1.0], [1.05, 0.5, -2.0], [0.9, 0.25, 1.0]])
    phi, held = yule_walker(r)
    assert held.tolist() == [True, False, True]
    for v in range(3):
        roots = np.roots(np.concatenate([[1.0], -phi[:, v]]))
        assert np.abs(roots).max() < 1
    np.testing.assert_allclose(phi[:, 1], [0.5, 0], atol=1e-15)


def test_a_held_first_coefficient_is_exactly_the_largest_reflection():
    phi, held = yule_walker(np.array([[1.0, 1.0], [1.01, -1.01]]))
    np.testing.assert_allclose(phi, [[0.99, -0.99]])
    assert held.all()


@given(
    order=st.integers(1, 6),
    values=st.lists(st.floats(-3, 3), min_size=7, max_size=7),
)
def test_the_filter_is_stable_whatever_the_autocovariances(order, values):
    r = np.array([1.0, *values])[: order + 1, None]
    phi, _ = yule_walker(r)
    roots = np.roots(np.concatenate([[1.0], -phi[:, 0]]))
    assert np.abs(roots).max(initial=0) < 1 + 1e-9


@pytest.mark.parametrize(("name", "order"), [("ols", 0), ("ar1", 1), ("ar12", 12)])
def test_names_give_orders(name, order):
    model = noise_model(name)
    assert (model.name, model.order, model.bins) == (name, order, None)
    assert model.first_scans == "conditional"
    assert noise_model(name, first_scans="exact").first_scans == "exact"


@pytest.mark.parametrize(
    "name", ["ar", "ar0", "ar-1", "ar1.5", "AR1", "arma", "auto0", "ols+0", "", 1]
)
def test_an_unknown_name_is_an_error_that_lists_the_known(name):
    with pytest.raises(ValueError, match=r"noise_model is .*expected 'ols', or 'arN'"):
        noise_model(name)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Auto", "auto"),
        ("AR1", "ar1"),
        ("ar(1)", "ar1"),
        ("AR(2)+", "ar2+"),
        ("ARMA(1, 1)", "arma11"),
        ("auto 8", "auto8"),
        ("OLS", "ols"),
    ],
)
def test_a_name_that_is_written_otherwise_is_asked_for(name, meant):
    with pytest.raises(
        ValueError, match=rf"'autoN'.*'ols\+N'\. Did you mean '{re.escape(meant)}'\?"
    ):
        noise_model(name)
    assert noise_model(meant, t_r=2.0).name == meant


@pytest.mark.parametrize("name", ["arma", "ar0", "", 1, None, "spm"])
def test_others_are_not(name):
    with pytest.raises(ValueError, match=r"'ols\+' or 'ols\+N'$"):
        noise_model(name)


def test_wrong_options_are_errors():
    with pytest.raises(ValueError, match=r"first_scans is 'none'; expected one of"):
        noise_model("ar1", first_scans="none")
    for bins in (0, -1, 10.0, True, "10"):
        with pytest.raises(ValueError, match=r"bins is .*; expected a positive number"):
            noise_model("ar1", bins=bins)
    assert FIRST_SCANS == ("conditional", "exact")


def test_bins_truncate_towards_zero_and_have_one_zero():
    r = np.ones((2, 5))
    r[1] = [0.2399, -0.2399, 0.005, -0.005, 0.3]
    noise = noise_model("ar1", bins=100)
    forms = precision_forms(factorize(np.ones((4, 1))), 1, "conditional")
    # Sums over 4 and 3 pairs of scans
    products = LagProducts(4, np.zeros((2, 1, 5)), r * [[4], [3]], *np.zeros((2, 1, 5)))
    phi = NoiseEstimator(noise, forms).of_products(products).phi
    assert phi[0].tolist() == [0.23, -0.23, 0.0, 0.0, 0.3]
    assert not np.signbit(phi[0, 3])


def test_given_coefficients_are_used_for_every_voxel(rng):
    model = NoiseModel("ar2", 2, coefficients=(0.4, 0.1))
    fit = fit_glm(rng.standard_normal((9, 4)), np.ones((9, 1)), model)
    np.testing.assert_array_equal(fit.phi, np.repeat([[0.4], [0.1]], 4, axis=1))
    assert (fit.outcome == 0).all()


@pytest.mark.parametrize(
    ("t_r", "order"),
    [
        *[(3.0, 4), (2.5, 4), (2.49, 8), (2.0, 8), (1.0, 8), (0.99, 12), (0.72, 12)],
        *[(0.65, 12), (0.6, 12), (0.59, 16), (0.35, 16), (0.01, 16)],
    ],
)
def test_the_order_of_auto_goes_by_the_repetition_time(t_r, order):
    assert noise_model("ols+", t_r=t_r).order == order
    model = noise_model("auto", t_r=t_r)
    assert (model.order, model.corrected, model.pooled) == (order, True, True)
    assert model.first_scans == "exact"
    assert noise_model("auto3") == replace(model, name="auto3", order=3)


def test_auto_without_a_repetition_time_is_an_error():
    with pytest.raises(ValueError, match=r"which is not known; pass t_r, or .*'auto8'"):
        noise_model("auto")


@pytest.mark.parametrize("t_r", [0, -2.0, np.nan, "2", [2.0]])
@pytest.mark.parametrize("name", ["auto", "ols+"])
def test_a_repetition_time_is_a_positive_number(name, t_r):
    with pytest.raises(ValueError, match=r"t_r is .*; expected .* a positive number"):
        noise_model(name, t_r=t_r)
    # Where the order is given it is not looked at
    assert noise_model(f"{name}2", t_r=t_r).order == 2


def test_a_plus_corrects_and_changes_nothing_else():
    plus = noise_model("ar3+", first_scans="exact")
    assert plus == replace(
        noise_model("ar3", first_scans="exact"), name="ar3+", corrected=True
    )


def test_estimates_of_some_voxels_keep_parameters_of_their_own():
    phi, codes = np.arange(6.0).reshape(2, 3), np.array([0, 3, 0], np.uint8)
    some = NoiseEstimates(phi, -phi, codes).select(slice(1, 3))
    np.testing.assert_array_equal(some.parameters, -phi[:, 1:])
    np.testing.assert_array_equal(some.outcome, codes[1:])
    # and those of an autoregression are its coefficients, once
    some = NoiseEstimates(phi, phi, codes).select(slice(1, 3))
    assert some.parameters is some.phi


def test_arma_has_two_parameters_and_is_whitened_by_an_autoregression():
    model = noise_model("arma11")
    assert (model.n_parameters, model.order, model.first_scans) == (2, 6, "exact")
    assert noise_model("ar4").n_parameters == 4
