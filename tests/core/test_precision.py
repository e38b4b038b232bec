"""The inverse covariance as products at lags: against dense matrices."""

import numpy as np
import pytest
from scipy import linalg
from tests.oracle.dense_gls import (
    gohberg_semencul,
    precision_matrix,
    stationary_covariance,
)

from boldglm.core import precision_kernels as kernels
from boldglm.core.lags import lag_products
from boldglm.core.linear import factorize
from boldglm.core.precision import (
    condition,
    edge_weights,
    lag_weights,
    precision_forms,
)

N_SCANS, RANK = 30, 4
FIRST_SCANS = ["conditional", "exact"]
# Each column a voxel, from white to barely stable, as reflection coefficients.
REFLECTIONS = np.array(
    [
        [0.0, 0.5, -0.5, 0.95, -0.95, 0.99],
        [0.0, 0.2, 0.3, -0.4, 0.6, 0.5],
        [0.0, -0.1, 0.2, 0.1, 0.3, -0.7],
        [0.0, 0.1, -0.2, 0.2, -0.1, 0.3],
        [0.0, 0.1, 0.1, -0.1, 0.2, 0.2],
        [0.0, -0.1, 0.3, 0.1, 0.1, -0.2],
    ]
)


def coefficients(order):
    """Stable coefficients (order, 6) of the reflections, by the step-up recursion."""
    phi = np.zeros((0, REFLECTIONS.shape[1]))
    for kappa in REFLECTIONS[:order]:
        phi = np.concatenate([phi - kappa * phi[::-1], kappa[None]])
    return phi


@pytest.fixture
def factor(rng):
    return factorize(rng.standard_normal((N_SCANS, RANK)) * [1e-3, 1, 10, 1e4])


def dense(forms, phi, first_scans):
    """``Q' V^-1 Q`` of every voxel."""
    Q = forms.factor.basis
    return [
        Q.T @ precision_matrix(phi[:, v], N_SCANS, first_scans) @ Q
        for v in range(phi.shape[1])
    ]


@pytest.mark.parametrize("order", range(7))
def test_the_oracle_agrees_with_itself(order):
    """Two roads to the exact precision: inverse covariance, and Gohberg-Semencul."""
    for phi in coefficients(order).T[:5]:
        P = precision_matrix(phi, N_SCANS, "exact")
        np.testing.assert_allclose(
            gohberg_semencul(phi, N_SCANS), P, atol=1e-9 * np.abs(P).max()
        )
        V = stationary_covariance(phi, N_SCANS)
        np.testing.assert_allclose(V @ P, np.eye(N_SCANS), atol=1e-8)


@pytest.mark.parametrize("first_scans", FIRST_SCANS)
@pytest.mark.parametrize("order", range(7))
def test_lags_less_edges_are_the_precision(rng, order, first_scans):
    """Of an identity design, the right-hand side is the precision matrix itself."""
    phi = coefficients(order)
    forms = precision_forms(factorize(np.eye(N_SCANS)), order, first_scans)
    for v in range(phi.shape[1]):
        products = lag_products(forms.lags, np.eye(N_SCANS))
        same = np.repeat(phi[:, [v]], N_SCANS, axis=1)
        got = forms.factor.basis @ forms.right_hand_side(products, same)
        expected = precision_matrix(phi[:, v], N_SCANS, first_scans)
        np.testing.assert_allclose(got, expected, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("first_scans", FIRST_SCANS)
@pytest.mark.parametrize("order", range(7))
def test_forms_equal_dense_products(rng, factor, order, first_scans):
    phi = coefficients(order)
    Y = rng.standard_normal((N_SCANS, phi.shape[1]))
    forms = precision_forms(factor, order, first_scans)
    products = lag_products(forms.lags, Y)
    right = forms.right_hand_side(products, phi)
    square = forms.square(products, phi)
    Q = forms.factor.basis
    for v in range(phi.shape[1]):
        P = precision_matrix(phi[:, v], N_SCANS, first_scans)
        np.testing.assert_allclose(right[:, v], Q.T @ P @ Y[:, v], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(square[v], Y[:, v] @ P @ Y[:, v], rtol=1e-10)


@pytest.mark.parametrize("first_scans", FIRST_SCANS)
@pytest.mark.parametrize("order", range(7))
def test_solve_and_quadratic_equal_dense_solves(rng, factor, order, first_scans):
    phi = coefficients(order)
    forms = precision_forms(factor, order, first_scans)
    right = rng.standard_normal((RANK, phi.shape[1]))
    C = rng.standard_normal((3, RANK))
    solved, quadratic = forms.solve(phi, right), forms.quadratic(phi, C)
    assert quadratic.shape == (3, 3, phi.shape[1])
    for v, A in enumerate(dense(forms, phi, first_scans)):
        np.testing.assert_allclose(
            solved[:, v], linalg.solve(A, right[:, v], assume_a="pos"), rtol=1e-9
        )
        np.testing.assert_allclose(
            quadratic[..., v], C @ linalg.inv(A) @ C.T, rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize("n_voxels", [1, 2, 63, 64, 65, 130])
@pytest.mark.parametrize("order", [1, 2])
def test_voxels_side_by_side_do_not_touch(rng, factor, order, n_voxels):
    phi = 0.4 * rng.uniform(-1, 1, (order, n_voxels))
    forms = precision_forms(factor, order, "conditional")
    right = rng.standard_normal((RANK, n_voxels))
    C = rng.standard_normal((2, RANK))
    solved, quadratic = forms.solve(phi, right), forms.quadratic(phi, C)
    for v, A in enumerate(dense(forms, phi, "conditional")):
        np.testing.assert_allclose(
            solved[:, v], linalg.solve(A, right[:, v]), rtol=1e-9
        )
        np.testing.assert_allclose(
            quadratic[..., v], C @ linalg.inv(A) @ C.T, rtol=1e-9
        )


@pytest.mark.parametrize("order", [0, 1, 3])
def test_what_is_passed_is_only_read(rng, factor, readonly, order):
    phi, right = readonly(0.3 * np.ones((order, 5)), rng.standard_normal((RANK, 5)))
    C = readonly(rng.standard_normal((2, RANK)))
    forms = precision_forms(factor, order, "exact")
    assert not np.shares_memory(forms.solve(phi, right), right)
    forms.quadratic(phi, C)


@pytest.mark.parametrize("first_scans", FIRST_SCANS)
@pytest.mark.parametrize("phi", [(0.5, 0.2), (1.6, -0.8), (0.9, 0.099), (1.98, -0.985)])
def test_factors_in_single_precision_hold_four_digits(rng, phi, first_scans):
    """Next to a unit root they could not, and double precision takes over."""
    slow = rng.standard_normal((200, 5)).cumsum(axis=0)
    factor = factorize(np.column_stack([slow, np.ones(200)]))
    phi = np.repeat(np.array(phi)[:, None], 3, axis=1)
    C, right = rng.standard_normal((2, 6)), rng.standard_normal((6, 3))
    single = precision_forms(factor, 2, first_scans, np.float32)
    double = precision_forms(factor, 2, first_scans)
    expected = double.quadratic(phi, C)
    got = single.quadratic(phi, C)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4 * expected.max())
    expected = double.solve(phi, right)
    size = np.abs(expected).max()
    np.testing.assert_allclose(single.solve(phi, right), expected, atol=1e-4 * size)


def test_without_autoregression_the_precision_is_the_identity(rng, factor):
    forms = precision_forms(factor, 0, "conditional")
    C, right = rng.standard_normal((2, RANK)), rng.standard_normal((RANK, 3))
    phi = np.zeros((0, 3))
    np.testing.assert_array_equal(forms.solve(phi, right), right)
    np.testing.assert_allclose(forms.quadratic(phi, C)[..., 1], C @ C.T)
    assert forms.order == 0


def test_order_one_turns_the_basis_so_that_the_lag_is_diagonal(factor):
    products = precision_forms(factor, 1, "exact").lags.products[1]
    np.testing.assert_allclose(products, np.diag(np.diag(products)), atol=1e-13)


@pytest.mark.parametrize("order", range(1, 7))
def test_weights_are_those_of_the_filter(order):
    phi = coefficients(order)
    for v in range(phi.shape[1]):
        P = precision_matrix(phi[:, v], N_SCANS, "conditional")
        np.testing.assert_allclose(
            lag_weights(phi)[:, v], P[0, : order + 1], atol=1e-13
        )
        # What the last scans lack of the weights in the middle, edge inwards.
        middle = linalg.toeplitz(P[0, : order + 1])[:order, :order]
        lacking = middle - P[: -order - 1 : -1, : -order - 1 : -1]
        np.testing.assert_allclose(edge_weights(phi)[:, :, v], lacking, atol=1e-12)


@pytest.mark.parametrize(
    "phi", [(), (0.5,), (-0.9,), (1.6, -0.8), (0.5, 0.2, 0.1, -0.1)]
)
def test_condition_is_that_of_a_long_precision_matrix(phi):
    weights = lag_weights(np.array(phi).reshape(-1, 1))
    values = np.linalg.eigvalsh(precision_matrix(phi, 600, "exact"))
    np.testing.assert_allclose(condition(weights), values[-1] / values[0], rtol=0.05)


def test_voxels_next_to_a_unit_root_are_alone_in_double_precision(rng):
    """Neighbours keep the numbers they would have without them."""
    factor = factorize(rng.standard_normal((80, 5)))
    forms = precision_forms(factor, 2, "conditional", np.float32)
    phi = np.repeat([[0.4], [0.1]], 300, axis=1)
    alike = forms.quadratic(phi, np.eye(5)[:2])
    phi[:, ::7] = [[0.9], [0.0999]]
    mixed = forms.quadratic(phi, np.eye(5)[:2])
    others = np.arange(300) % 7 > 0
    np.testing.assert_allclose(
        mixed[..., others], alike[..., others], rtol=1e-5, atol=1e-6
    )
    double = precision_forms(factor, 2, "conditional").quadratic(phi, np.eye(5)[:2])
    np.testing.assert_allclose(mixed[..., ~others], double[..., ~others], rtol=1e-12)
    right = np.ones((5, 300))
    expected = precision_forms(factor, 2, "conditional").solve(phi, right)
    np.testing.assert_allclose(forms.solve(phi, right), expected, rtol=1e-3)


def packed(matrices):
    rows, columns = np.tril_indices(matrices.shape[1])
    return np.ascontiguousarray(matrices[:, rows, columns].T)


@pytest.mark.parametrize("rank", [1, 2, 4, 5, 9, 13])
def test_cholesky_and_substitutions_equal_lapack(rng, rank):
    half = rng.standard_normal((7, rank, rank + 2))
    A = half @ np.swapaxes(half, 1, 2)
    triangle = packed(A)
    kernels.cholesky(triangle, rank)
    L = np.linalg.cholesky(A)
    diagonal = np.cumsum(np.arange(1, rank + 1)) - 1
    inverted = triangle.copy()
    inverted[diagonal] = 1 / inverted[diagonal]
    np.testing.assert_allclose(inverted, packed(L), rtol=1e-9, atol=1e-11)
    b = rng.standard_normal((rank, 7))
    x = b.copy()
    kernels.forward(triangle, x)
    for v in range(7):
        expected = linalg.solve_triangular(L[v], b[:, v], lower=True)
        np.testing.assert_allclose(x[:, v], expected, rtol=1e-8, atol=1e-10)
    kernels.backward(triangle, x)
    for v in range(7):
        np.testing.assert_allclose(x[:, v], linalg.solve(A[v], b[:, v]), rtol=1e-7)


@pytest.mark.parametrize("n_edges", [1, 2])
def test_order_one_kernels_equal_dense_solves(rng, n_edges):
    lam, edges = rng.uniform(-1.9, 1.9, 5), 0.3 * rng.standard_normal((n_edges, 5))
    phi, right = rng.uniform(-0.9, 0.9, 6), rng.standard_normal((5, 6))
    C, quadratic = rng.standard_normal((2, 5)), np.empty((2, 2, 6))
    solved = kernels.solve_ar1(lam, edges, phi, right)
    kernels.quadratic_ar1(lam, edges, phi, C, quadratic)
    for v, p in enumerate(phi):
        A = (1 + p**2) * np.eye(5) - p * np.diag(lam) - p**2 * edges.T @ edges
        np.testing.assert_allclose(
            solved[:, v], linalg.solve(A, right[:, v]), rtol=1e-9
        )
        np.testing.assert_allclose(
            quadratic[..., v], C @ linalg.inv(A) @ C.T, rtol=1e-9
        )


@pytest.mark.parametrize("q", [1, 2, 3, 7, 12])
def test_inverse_roots_equal_those_of_scipy(rng, q):
    half = rng.standard_normal((9, q, q + 1))
    A = half @ np.swapaxes(half, 1, 2)
    got = kernels.inverse_roots(np.ascontiguousarray(np.moveaxis(A, 0, -1)))
    for v in range(9):
        expected = linalg.inv(linalg.sqrtm(A[v]))
        np.testing.assert_allclose(
            got[..., v], expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max()
        )


def test_inverse_roots_of_diagonal_and_equal_eigenvalues():
    """Nothing to rotate, and a rotation by any angle would do."""
    A = np.stack([np.diag([4.0, 9]), np.eye(2), [[2, 1], [1, 2]]], axis=-1)
    got = kernels.inverse_roots(A.copy())
    np.testing.assert_allclose(got[..., 0], np.diag([1 / 2, 1 / 3]))
    np.testing.assert_allclose(got[..., 1], np.eye(2))
    np.testing.assert_allclose(
        got[..., 2] @ got[..., 2] @ A[..., 2], np.eye(2), atol=1e-14
    )
