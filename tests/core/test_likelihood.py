"""Log-determinants against dense matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg
from statsmodels.tsa.stattools import levinson_durbin
from tests.oracle.dense_gls import stationary_covariance

from boldglm.core.likelihood import (
    log_determinant,
    log_determinant_of_precision,
    partial_autocorrelations,
)
from boldglm.core.linear import factorize
from boldglm.core.precision import precision_forms

N = 40
PHIS = [np.zeros(0), np.array([0.5]), np.array([0.5, 0.2]), np.array([0.3, 0.1, -0.2])]
STARTS = [(0,), (0, 12, 14, 30)]


@pytest.fixture
def factor(rng):
    return factorize(np.column_stack([rng.standard_normal((N, 4)), np.ones(N)]))


def covariances(phi, starts, exact):
    out = []
    for n in np.diff([*starts, N]):
        if exact and n >= phi.size:
            out.append(stationary_covariance(phi, n))
        else:
            L = np.tril(linalg.toeplitz(np.r_[1, -phi, np.zeros(n)][:n]))
            out.append(np.linalg.inv(L.T @ L))
    return linalg.block_diag(*out)


@pytest.mark.parametrize("starts", STARTS)
@pytest.mark.parametrize("first_scans", ["conditional", "exact"])
@pytest.mark.parametrize("phi", PHIS, ids=len)
def test_determinants_are_those_of_dense_matrices(factor, phi, first_scans, starts):
    forms = precision_forms(factor, phi.size, first_scans, np.float64, starts)
    many = np.repeat(phi[:, np.newaxis], 3, axis=1)
    V = covariances(phi, starts, first_scans == "exact")
    expected = np.linalg.slogdet(V)[1]
    np.testing.assert_allclose(log_determinant(forms, many), expected, atol=1e-10)
    Q = forms.factor.basis
    inner = np.linalg.slogdet(Q.T @ np.linalg.solve(V, Q))[1]
    got = log_determinant_of_precision(forms, many)
    np.testing.assert_allclose(got, inner, rtol=1e-8, atol=1e-10)


@given(st.lists(st.floats(-0.95, 0.95), min_size=1, max_size=6))
def test_partial_autocorrelations_make_the_coefficients(kappas):
    phi = np.zeros(0)
    for kappa in kappas:
        phi = np.append(phi - kappa * phi[::-1], kappa)
    found = partial_autocorrelations(phi[:, np.newaxis])[:, 0]
    np.testing.assert_allclose(found, kappas, atol=1e-6)


def test_partial_autocorrelations_are_those_of_statsmodels():
    phi = np.array([0.4, 0.2, -0.1])
    gamma = stationary_covariance(phi, 4)[0]
    expected = levinson_durbin(gamma, nlags=3, isacov=True)[2][1:]
    found = partial_autocorrelations(phi[:, np.newaxis])[:, 0]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_inputs_are_only_read(factor, readonly):
    phi = readonly(np.array([[0.3], [0.1]]))
    forms = precision_forms(factor, 2, "exact")
    log_determinant(forms, phi)
    log_determinant_of_precision(forms, phi)
