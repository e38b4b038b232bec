"""The fit of a run: outcomes, blocks, precision, goodness of fit."""

import numpy as np
import pytest
from tests.oracle.dense_gls import autocovariance, dense_fit, simulate_ar

from boldglm._base.errors import ShapeError
from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.glm_fit import HELD, OUTCOMES, UNEXPLAINED
from boldglm.core.gls import fit_glm, residuals
from boldglm.core.gls_pilot import CONSTANT, NOT_FINITE
from boldglm.core.noise import NoiseModel, noise_model

MODELS = ["ols", "ar1", "ar2", "ar4"]


@pytest.fixture
def X(rng):
    """60 scans: box-car, two slow regressors, constant."""
    box = (np.arange(60) // 6) % 2
    slow = rng.standard_normal((60, 2)).cumsum(axis=0)
    return np.column_stack([box, slow, np.ones(60)])


@pytest.fixture
def Y(rng, X):
    """40 voxels of mean 1000 and standard deviation 10, AR(1)."""
    return 1000 + 10 * simulate_ar(rng, [0.4], 60, 40)


def arrays(fit):
    names = ("beta", "sigma2", "phi", "outcome", "residual_ss", "total_ss")
    return {name: getattr(fit, name) for name in names}


def assert_same(one, two, rtol=1e-9):
    for name, got in arrays(one).items():
        expected = arrays(two)[name]
        scale = np.abs(expected).max(initial=1.0)
        np.testing.assert_allclose(
            got, expected, rtol=rtol, atol=rtol * scale, err_msg=name
        )


def test_ordinary_least_squares_equals_lstsq(X, Y):
    fit = fit_glm(Y, X, noise_model("ols"))
    beta, square, rank, _ = np.linalg.lstsq(X, Y, rcond=None)
    np.testing.assert_allclose(fit.beta, beta, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(fit.sigma2, square / (60 - rank), rtol=1e-11)
    np.testing.assert_allclose(fit.residual_ss, square, rtol=1e-11)
    assert fit.phi.shape == (0, 40)
    assert fit.dof == 56


@pytest.mark.parametrize("first_scans", ["conditional", "exact"])
def test_coefficients_of_zero_are_ordinary_least_squares(X, Y, first_scans):
    white = NoiseModel("ar3", 3, first_scans, coefficients=(0.0, 0.0, 0.0))
    fit, ols = fit_glm(Y, X, white), fit_glm(Y, X, noise_model("ols"))
    np.testing.assert_allclose(fit.beta, ols.beta, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(fit.sigma2, ols.sigma2, rtol=1e-10)


@pytest.mark.parametrize("name", ["ar1", "ar3", "ar6"])
def test_divergence_13_phi_is_that_of_yule_walker_per_voxel(X, Y, name):
    """Not truncated to two decimals, not clustered."""
    from scipy.linalg import solve_toeplitz

    fit = fit_glm(Y, X, noise_model(name))
    order = fit.noise.order
    error = Y - X @ np.linalg.lstsq(X, Y, rcond=None)[0]
    for v in range(Y.shape[1]):
        r = autocovariance(error[:, v], order)
        expected = solve_toeplitz(r[:-1], r[1:])
        np.testing.assert_allclose(fit.phi[:, v], expected, rtol=1e-8, atol=1e-9)
    assert len(np.unique(fit.phi[0])) == Y.shape[1]


def test_divergence_14_first_scans_are_weighed_by_a_named_option(X, Y):
    """The exact likelihood weighs them; the default filters them as zeros before."""
    default = fit_glm(Y, X, noise_model("ar1"))
    conditional = fit_glm(Y, X, noise_model("ar1", first_scans="conditional"))
    exact = fit_glm(Y, X, noise_model("ar1", first_scans="exact"))
    assert_same(default, conditional, rtol=0)
    np.testing.assert_array_equal(exact.phi, conditional.phi)
    assert np.abs(exact.beta[0] - conditional.beta[0]).max() > 1e-3
    # One voxel by hand: the first row scaled by sqrt(1 - phi^2).
    phi = exact.phi[0, 0]
    white = [
        np.concatenate([np.sqrt(1 - phi**2) * a[:1], a[1:] - phi * a[:-1]])
        for a in (X, Y[:, :1])
    ]
    beta, square, *_ = np.linalg.lstsq(*white, rcond=None)
    np.testing.assert_allclose(exact.beta[:, :1], beta, rtol=1e-9)
    np.testing.assert_allclose(exact.sigma2[0], square[0] / 56, rtol=1e-10)


@pytest.mark.parametrize("name", ["ols", "ar1", "ar3"])
def test_divergence_01_goodness_of_fit_is_that_of_the_unwhitened_data(X, Y, name):
    fit = fit_glm(Y, X, noise_model(name))
    dense = dense_fit(Y, X, fit.noise.order)
    np.testing.assert_allclose(residuals(Y, fit), dense.residuals, atol=1e-8)
    np.testing.assert_allclose(
        fit.residual_ss, np.sum(dense.residuals**2, axis=0), rtol=1e-9
    )
    np.testing.assert_allclose(fit.total_ss, 60 * Y.var(axis=0), rtol=1e-10)
    share = 1 - fit.residual_ss / fit.total_ss
    np.testing.assert_allclose(share, dense.r_square, atol=1e-9)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_broken_voxels_say_so_and_touch_no_other(X, Y, name, dtype):
    Y = Y.astype(dtype)
    bad = Y.copy()
    bad[:, 3] = 1234.5
    bad[:, 5] = 0.0
    bad[17, 7] = np.nan
    bad[0, 9] = np.inf
    bad[:, 11] = np.nan
    model = noise_model(name)
    fit, clean = fit_glm(bad, X, model), fit_glm(Y, X, model)
    assert fit.outcome[[3, 5]].tolist() == [CONSTANT] * 2
    assert fit.outcome[[7, 9, 11]].tolist() == [NOT_FINITE] * 3
    constant = np.zeros((4, 2))
    constant[-1] = [1234.5, 0]
    np.testing.assert_allclose(fit.beta[:, [3, 5]], constant, atol=1e-9)
    np.testing.assert_array_equal(fit.beta[:, [7, 9, 11]], 0)
    broken = [3, 5, 7, 9, 11]
    for values in (fit.sigma2, fit.residual_ss, fit.total_ss, fit.phi):
        np.testing.assert_array_equal(values[..., broken], 0)
    good = np.setdiff1d(np.arange(40), broken)
    assert_same(fit.select(good), clean.select(good), rtol=1e-6)
    stat = contrast_stat(fit, [1, 0, 0, 0])
    np.testing.assert_array_equal(statistic(stat)[broken], 0)
    assert np.isfinite(stat.variance).all()


@pytest.mark.parametrize("name", MODELS)
def test_a_constant_voxel_is_data_where_the_design_has_no_constant(X, name):
    Y = np.full((60, 2), 7.0)
    fit = fit_glm(Y, X[:, :-1], noise_model(name))
    assert (fit.sigma2 > 0).all()
    expected = np.linalg.lstsq(X[:, :-1], Y, rcond=None)[0]
    if name == "ols":
        np.testing.assert_allclose(fit.beta, expected, rtol=1e-9)
    assert not np.isin(fit.outcome, [CONSTANT, NOT_FINITE]).any()


def test_all_voxels_broken_is_still_a_fit(X):
    fit = fit_glm(np.full((60, 3), np.nan), X, noise_model("ar2"))
    assert fit.outcome.tolist() == [NOT_FINITE] * 3


def test_a_voxel_held_stable_says_so():
    """An alternating series: its autocorrelation at lag 1 is -1."""
    X = np.ones((40, 1))
    step = np.repeat([1.0, -1.0], 20)
    Y = np.column_stack([step, np.tile([1.0, -1.0], 20)])
    fit = fit_glm(Y, X, noise_model("ar1"))
    assert fit.outcome.tolist() == [0, HELD]
    assert fit.phi[0, 1] == -0.99
    assert set(OUTCOMES) == {0, CONSTANT, NOT_FINITE, HELD, UNEXPLAINED}


@pytest.mark.parametrize("n_voxels", [1, 63, 64, 65, 511, 513, 1023, 1025])
@pytest.mark.parametrize("name", MODELS)
def test_counts_around_the_block_sizes(rng, X, name, n_voxels):
    Y = 100 + simulate_ar(rng, [0.5], 60, n_voxels)
    fit = fit_glm(Y, X, noise_model(name))
    stat = statistic(contrast_stat(fit, np.eye(4)[:2]))
    some = np.unique(np.linspace(0, n_voxels - 1, 6).astype(int))
    dense = dense_fit(Y[:, some], X, fit.noise.order)
    np.testing.assert_allclose(fit.beta[:, some], dense.beta, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(fit.sigma2[some], dense.sigma2, rtol=1e-9)
    np.testing.assert_allclose(stat[some], dense.F(np.eye(4)[:2]), rtol=1e-7)


@pytest.mark.parametrize("name", MODELS)
def test_no_voxels_give_empty_estimates(X, name):
    fit = fit_glm(np.empty((60, 0)), X, noise_model(name))
    assert fit.beta.shape == (4, 0)
    assert contrast_stat(fit, [1, 0, 0, 0]).effect.shape == (0,)


@pytest.mark.parametrize("name", MODELS)
def test_layout_and_byte_order_do_not_matter(X, Y, name):
    model = noise_model(name)
    expected = fit_glm(Y, X, model)
    assert_same(fit_glm(np.asfortranarray(Y), X, model), expected)
    assert_same(fit_glm(Y.astype(">f8"), X, model), expected)
    assert_same(fit_glm(np.repeat(Y, 2, axis=1)[:, ::2], X, model), expected)
    whole = np.rint(Y).astype(np.int16)
    assert_same(fit_glm(whole, X, model), fit_glm(whole.astype(float), X, model))


@pytest.mark.parametrize("n_jobs", [1, 2, 3, -1, None])
def test_threads_do_not_change_a_digit(rng, X, n_jobs):
    Y = simulate_ar(rng, [0.5], 60, 1300)
    one = fit_glm(Y, X, noise_model("ar2"), n_jobs=1)
    assert_same(fit_glm(Y, X, noise_model("ar2"), n_jobs=n_jobs), one, rtol=0)


def test_select_takes_voxels_by_slice_index_and_mask(X, Y):
    fit = fit_glm(Y, X, noise_model("ar2"))
    mask = np.arange(40) % 3 == 0
    for voxels in (slice(5, 9), np.array([1, 1, 30]), mask):
        part = fit.select(voxels)
        assert part.dof == fit.dof
        for name, values in arrays(fit).items():
            np.testing.assert_array_equal(arrays(part)[name], values[..., voxels])


def test_single_precision_residuals_keep_the_digits_of_the_noise(X, Y):
    single = (Y + 1e4).astype(np.float32)
    fit = fit_glm(single, X, noise_model("ols"))
    got = residuals(single, fit)
    assert got.dtype == np.float32
    expected = residuals(single.astype(float), fit)
    np.testing.assert_allclose(got, expected, atol=1e-5)
    assert np.abs(got.mean(axis=0)).max() < 1e-4


@pytest.mark.parametrize(
    ("Y", "X", "message"),
    [
        (np.zeros((5, 2)), np.ones((6, 1)), "data have 5 scans, the design has 6 rows"),
        (np.zeros(5), np.ones((5, 1)), r"shape \(5,\); expected \(n_scans, n_voxels\)"),
        (np.zeros((3, 2)), np.eye(3), "rank 3 for 3 scans: no degree of freedom"),
    ],
)
def test_shapes_that_do_not_fit_are_errors(Y, X, message):
    with pytest.raises(ShapeError, match=message):
        fit_glm(Y, X, noise_model("ols"))
    with pytest.raises(ShapeError, match="order 4 needs more than 8 scans"):
        fit_glm(np.zeros((8, 1)), np.ones((8, 1)), noise_model("ar4"))


def test_residuals_of_a_vector_are_an_error(X, Y):
    with pytest.raises(ShapeError, match=r"shape \(60,\)"):
        residuals(Y[:, 0], fit_glm(Y, X, noise_model("ols")))


def test_single_precision_loses_nothing_where_the_mean_is_not_explained(rng):
    X = rng.standard_normal((60, 2))
    Y = (1000 + rng.standard_normal((60, 5))).astype(np.float32)
    model = noise_model("ar1")
    assert_same(fit_glm(Y, X, model), fit_glm(Y.astype(np.float64), X, model))


def test_the_variance_of_a_perfect_fit_is_not_negative(rng):
    X = np.column_stack([rng.standard_normal((60, 4)), np.ones(60)])
    Y = X @ (1000 * rng.standard_normal((5, 500)))
    fit = fit_glm(Y, X, noise_model("ar2"))
    assert (fit.sigma2 >= 0).all()
    assert (fit.sigma2 < 1e-15 * fit.total_ss).all()
