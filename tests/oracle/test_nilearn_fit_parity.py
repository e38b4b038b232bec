"""Numbers of nilearn where it is right; where it is not, how far off it is.

Measured on these data sets with three seeds each, the largest difference of any map in
units of its standard deviation over voxels is 3e-10 for float64 data and 6e-5 for
float32 data; the tests ask for 1e-8 and 1e-4.
"""

import warnings

import numpy as np
import pytest
from tests.oracle.dense_gls import dense_fit, simulate_ar

from boldglm.glm.contrasts import Contrast, compute_contrast
from boldglm.glm.first_level import mean_scaling, run_glm
from boldglm.glm.regression import ARModel, OLSModel, SimpleRegressionResults

nilearn_glm = pytest.importorskip("nilearn.glm")
nilearn_first_level = pytest.importorskip("nilearn.glm.first_level")

SINGLE, DOUBLE = 1e-4, 1e-8


def blocks_and_drifts(rng, n_scans, n_conditions, n_drifts):
    t = np.arange(n_scans)
    conditions = [
        ((t + 7 * i) // (6 + i)) % (n_conditions + 1) == i for i in range(n_conditions)
    ]
    drifts = [np.cos(np.pi * k * (t + 0.5) / n_scans) for k in range(1, n_drifts + 1)]
    return np.column_stack([*conditions, *drifts, np.ones(n_scans)]).astype(float)


def with_motion(rng, n_scans):
    X = blocks_and_drifts(rng, n_scans, 2, 4)
    motion = 0.02 * rng.standard_normal((n_scans, 6)).cumsum(axis=0)
    return np.column_stack([X[:, :-1], motion, X[:, -1]])


# name: design, autoregression, mean and standard deviation of the data
DATA_SETS = {
    "blocks": (lambda rng: blocks_and_drifts(rng, 120, 2, 3), [0.3], 100.0, 1.0),
    "many conditions": (lambda rng: blocks_and_drifts(rng, 240, 5, 6), [0.5], 1e3, 10),
    "motion": (lambda rng: with_motion(rng, 160), [0.4, 0.2], 1e4, 50.0),
    "short, white": (lambda rng: blocks_and_drifts(rng, 40, 1, 1), [], 500.0, 5.0),
    "long, strong": (lambda rng: with_motion(rng, 300), [0.85], 10.0, 1e-2),
    "negative": (lambda rng: blocks_and_drifts(rng, 99, 3, 2), [-0.4], 0.0, 1.0),
}


@pytest.fixture(params=list(DATA_SETS))
def data_set(request, rng):
    """Design and data, 150 voxels."""
    make, phi, mean, sd = DATA_SETS[request.param]
    X = make(rng)
    noise = simulate_ar(rng, phi, len(X), 150)
    signal = X[:, :2] @ rng.standard_normal((2, 150))
    return X, mean + sd * (noise / noise.std() + signal)


def quietly(function, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


def both(X, Y, noise_model):
    """Labels and results, ours (grouped as nilearn does) and nilearn's."""
    bins = 100 if noise_model == "ar1" else None
    ours = run_glm(Y, X, noise_model, bins=bins)
    theirs = quietly(nilearn_first_level.run_glm, Y, X, noise_model, bins=100)
    return ours, theirs


def assert_within_sd(got, expected, tol=DOUBLE):
    """Largest difference in units of the standard deviation over voxels."""
    spread = np.std(expected, axis=-1, keepdims=True)
    assert np.max(np.abs(got - expected) / spread) <= tol


def contrast_of(side, weights, stat_type=None):
    compute = compute_contrast if side == "ours" else nilearn_glm.compute_contrast
    return lambda fitted: quietly(compute, *fitted, weights, stat_type)


@pytest.mark.parametrize("noise_model", ["ols", "ar1"])
def test_labels_and_estimates_are_those_of_nilearn(data_set, noise_model):
    X, Y = data_set
    (labels, results), (their_labels, their_results) = both(X, Y, noise_model)
    np.testing.assert_array_equal(labels, their_labels)
    assert labels.dtype.kind == their_labels.dtype.kind
    assert set(results) == set(their_results)
    theta, dispersion = np.empty((2, X.shape[1], 150)), np.empty((2, 150))
    for i, group in enumerate((results, their_results)):
        for label, one in group.items():
            theta[i][:, labels == label] = one.theta
            dispersion[i][labels == label] = one.dispersion
    assert_within_sd(theta[0], theta[1])
    assert_within_sd(dispersion[0], dispersion[1])


@pytest.mark.parametrize("noise_model", ["ols", "ar1"])
def test_t_contrasts_are_those_of_nilearn(data_set, noise_model):
    X, Y = data_set
    ours, theirs = both(X, Y, noise_model)
    weights = np.zeros(X.shape[1])
    weights[:2] = 1, -0.5
    got = contrast_of("ours", weights)(ours)
    expected = contrast_of("theirs", weights)(theirs)
    assert_within_sd(got.effect_size(), expected.effect_size())
    assert_within_sd(got.effect_variance(), expected.effect_variance())
    assert_within_sd(got.stat(), expected.stat())
    assert_within_sd(got.p_value(), expected.p_value())
    assert_within_sd(got.one_minus_pvalue(), expected.one_minus_pvalue())
    # Beyond 37 nilearn's z stops growing.
    far = np.abs(expected.z_score()) > 37
    assert_within_sd(got.z_score()[~far], expected.z_score()[~far])
    assert (np.abs(got.z_score()[far]) >= 37).all()
    assert (got.dof, got.dim, got.stat_type) == (expected.dof, 1, "t")


@pytest.mark.parametrize("noise_model", ["ols", "ar1"])
def test_divergence_18_f_contrasts_are_those_of_nilearn(data_set, noise_model):
    """Whitened effects of shape (dim, n_voxels), the noise variance, F and z."""
    X, Y = data_set
    ours, theirs = both(X, Y, noise_model)
    weights = np.eye(X.shape[1])[:2]
    weights[1, 0] = -1
    got = contrast_of("ours", weights)(ours)
    expected = contrast_of("theirs", weights)(theirs)
    assert got.effect_size().shape == expected.effect_size().shape == (2, 150)
    assert_within_sd(got.effect_size(), expected.effect_size())
    assert_within_sd(got.effect_variance(), expected.effect_variance())
    assert_within_sd(got.stat(), expected.stat())
    assert_within_sd(got.p_value(), expected.p_value())
    plain = np.abs(expected.z_score()) < 37
    assert_within_sd(got.z_score()[plain], expected.z_score()[plain])
    assert (got.dof, got.dim, got.stat_type) == (expected.dof, 2, "F")


@pytest.mark.parametrize("noise_model", ["ols", "ar1"])
def test_single_precision_data_keep_four_digits(data_set, noise_model):
    X, Y = data_set
    ours, theirs = both(X, Y.astype(np.float32), noise_model)
    # Next to the border of a bin, rounding may put a voxel on the other side.
    same = ours[0] == theirs[0]
    assert same.mean() > 0.97
    for weights in (np.eye(X.shape[1])[0], np.eye(X.shape[1])[:2]):
        got = contrast_of("ours", weights)(ours)
        expected = contrast_of("theirs", weights)(theirs)
        for name in ("effect", "variance"):
            one, other = getattr(got, name), getattr(expected, name)
            assert_within_sd(one[..., same], other[..., same], SINGLE)
        assert_within_sd(got.stat()[same], expected.stat()[same], SINGLE)


@pytest.mark.parametrize("noise_model", ["ols", "ar1"])
def test_one_row_tested_as_f_is_that_of_nilearn(data_set, noise_model):
    X, Y = data_set
    ours, theirs = both(X, Y, noise_model)
    weights = np.eye(X.shape[1])[0]
    got = contrast_of("ours", weights, "F")(ours)
    expected = contrast_of("theirs", weights, "F")(theirs)
    assert got.effect_size().shape == expected.effect_size().shape
    assert_within_sd(got.stat(), expected.stat())


def test_without_bins_estimates_differ_by_no_more_than_the_bins_explain(data_set):
    """Divergence 13: coefficients are not truncated; t moves by a hundredth."""
    X, Y = data_set
    labels, results = run_glm(Y, X, "ar1")
    assert np.unique(labels).tolist() == ["ar1"]
    binned_labels, _ = both(X, Y, "ar1")[1]
    phi = results["ar1"].model.rho[0]
    gap = phi - binned_labels.astype(float)
    assert ((np.abs(gap) < 0.01) & (gap * phi >= 0)).all()
    assert np.abs(gap).max() > 0.005


@pytest.fixture
def pair(rng):
    """A design and 8 voxels for the classes."""
    X = blocks_and_drifts(rng, 80, 2, 2)
    return X, 100 + simulate_ar(rng, [0.4], 80, 8)


def fitted_pair(X, Y, rho):
    if rho is None:
        return OLSModel(X).fit(Y), quietly(nilearn_glm.OLSModel(X).fit, Y)
    return ARModel(X, rho).fit(Y), quietly(nilearn_glm.ARModel(X, rho).fit, Y)


RHO = [None, 0.37, np.array([0.4, 0.1, -0.2])]


@pytest.mark.parametrize("rho", RHO)
def test_model_attributes_are_those_of_nilearn(pair, rho):
    ours, theirs = (one.model for one in fitted_pair(*pair, rho))
    for name in (
        "design",
        "whitened_design",
        "calc_beta",
        "normalized_cov_beta",
    ):
        np.testing.assert_allclose(
            getattr(ours, name), getattr(theirs, name), rtol=1e-9, atol=1e-11
        )
    for name in ("df_total", "df_model", "df_residuals"):
        assert getattr(ours, name) == getattr(theirs, name)


@pytest.mark.parametrize("rho", RHO)
def test_results_are_those_of_nilearn(pair, rho):
    X, Y = pair
    ours, theirs = fitted_pair(X, Y, rho)
    for name in (
        "theta",
        "dispersion",
        "cov",
        "whitened_Y",
        "whitened_residuals",
        "SSE",
        "MSE",
        "logL",
    ):
        np.testing.assert_allclose(
            getattr(ours, name), getattr(theirs, name), rtol=1e-8, atol=1e-9
        )
    np.testing.assert_allclose(ours.t(), [theirs.t(i) for i in range(5)], rtol=1e-8)
    for column in (0, 2):
        np.testing.assert_allclose(ours.t(column), theirs.t(column), rtol=1e-8)
        np.testing.assert_allclose(
            ours.vcov(column=column), theirs.vcov(column=column), rtol=1e-8
        )
    rows = np.eye(5)[:2]
    for got, expected in (
        (ours.vcov(matrix=rows), theirs.vcov(matrix=rows)),
        (
            ours.vcov(matrix=rows, other=rows[:1]),
            theirs.vcov(matrix=rows, other=rows[:1]),
        ),
        (ours.vcov(matrix=rows, dispersion=1.0), theirs.vcov(rows, dispersion=1.0)),
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-8)


@pytest.mark.parametrize("rho", RHO)
def test_tests_of_results_are_those_of_nilearn(pair, rho):
    ours, theirs = fitted_pair(*pair, rho)
    got, expected = ours.Tcontrast([1, -1]), quietly(theirs.Tcontrast, [1, -1])
    for name in ("t", "sd", "effect", "df_den"):
        np.testing.assert_allclose(getattr(got, name), getattr(expected, name), 1e-8)
    rows = np.eye(5)[[0, 3]]
    got, expected = ours.Fcontrast(rows), theirs.Fcontrast(rows)
    for name in ("F", "effect", "covariance", "df_den", "df_num"):
        np.testing.assert_allclose(getattr(got, name), getattr(expected, name), 1e-8)
    np.testing.assert_allclose(np.asarray(got), np.asarray(expected.F), 1e-8)


@pytest.mark.parametrize("rho", RHO)
def test_a_single_series_is_fitted_as_nilearn_does(pair, rho):
    X, Y = pair
    ours, theirs = fitted_pair(X, Y[:, 0], rho)
    assert ours.theta.shape == theirs.theta.shape == (5,)
    np.testing.assert_allclose(ours.theta, theirs.theta, rtol=1e-9)
    np.testing.assert_allclose(ours.vcov(), theirs.vcov(), rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(ours.t(), theirs.t(), rtol=1e-8)
    for kwargs in ({}, {"alpha": 0.2, "cols": (1, 2)}):
        np.testing.assert_allclose(
            ours.conf_int(**kwargs), theirs.conf_int(**kwargs), rtol=1e-8
        )
    np.testing.assert_allclose(ours.logL, theirs.logL, rtol=1e-9)
    beta = np.array(ours.theta) + 0.1
    for nuisance in (None, {"sigma": 2.0}):
        np.testing.assert_allclose(
            ours.model.logL(beta, Y[:, 0], nuisance),
            theirs.model.logL(beta, Y[:, 0], nuisance),
            rtol=1e-9,
        )


def test_residuals_of_least_squares_are_those_of_nilearn(pair):
    X, Y = pair
    ours, theirs = fitted_pair(X, Y, None)
    for name in ("residuals", "predicted", "normalized_residuals", "r_square"):
        np.testing.assert_allclose(
            getattr(ours, name), getattr(theirs, name), rtol=1e-8, atol=1e-9
        )
    ours = SimpleRegressionResults(ours)
    theirs = nilearn_glm.SimpleRegressionResults(theirs)
    np.testing.assert_allclose(ours.residuals(Y, X), theirs.residuals(Y, X), atol=1e-9)
    np.testing.assert_allclose(
        ours.normalized_residuals(Y, X), theirs.normalized_residuals(Y, X), atol=1e-9
    )


@pytest.mark.parametrize("rho", RHO[1:])
def test_divergence_01_residuals_and_r_square_under_autoregression(pair, rho):
    """Ours are those of dense least squares; nilearn mixes whitened and raw."""
    X, Y = pair
    ours, theirs = fitted_pair(X, Y, rho)
    phi = np.repeat(np.atleast_1d(rho)[:, None], Y.shape[1], axis=1)
    dense = dense_fit(Y, X, len(phi), phi=phi)
    np.testing.assert_allclose(ours.residuals, dense.residuals, atol=1e-8)
    np.testing.assert_allclose(ours.predicted, X @ dense.beta, atol=1e-8)
    np.testing.assert_allclose(ours.r_square, dense.r_square, atol=1e-9)
    np.testing.assert_allclose(ours.predicted + ours.residuals, Y, rtol=1e-14)
    # Off by tens, for noise of standard deviation 1.
    assert np.abs(theirs.residuals - dense.residuals).mean() > 10
    assert np.abs(theirs.r_square - dense.r_square).max() > 0.01


def test_divergence_02_nilearn_is_wrong_about_redundant_rows(rng):
    """Three pairwise rows of a factor: one F, whatever rows span the hypothesis."""
    level = (np.arange(90) // 5) % 3
    X = np.column_stack([level == 0, level == 1, level == 2, np.arange(90) / 90])
    X = X.astype(float)
    Y = 100 + X[:, :1] * rng.uniform(0, 2, 30) + rng.standard_normal((90, 30))
    rows = np.array([[1.0, -1, 0, 0], [0, 1, -1, 0], [1, 0, -1, 0]])
    ours, theirs = both(X, Y, "ols")
    expected = quietly(nilearn_glm.compute_contrast, *theirs, rows[:2]).stat()
    got = compute_contrast(*ours, rows)
    assert got.effect_size().shape == (2, 30)
    np.testing.assert_allclose(got.stat(), expected, rtol=1e-8)
    np.testing.assert_allclose(ours[1][0.0].Fcontrast(rows).F, expected, rtol=1e-8)
    try:
        wrong = quietly(nilearn_glm.compute_contrast, *theirs, rows).stat()
    except np.linalg.LinAlgError:
        return
    assert np.abs(np.real(wrong) / expected - 1).max() > 0.1


def test_divergence_02_nilearn_divides_by_scans_less_columns(rng):
    """On a deficient design its t is too small by a known factor."""
    X = blocks_and_drifts(rng, 50, 2, 2)
    X = np.column_stack([X, 2 * X[:, 2], X[:, 0] + X[:, 1]])
    Y = 10 + rng.standard_normal((50, 20))
    ours, theirs = both(X, Y, "ols")
    weights = [1, -1, 0, 0, 0, 0, 0]
    got = compute_contrast(*ours, weights)
    expected = quietly(nilearn_glm.compute_contrast, *theirs, weights)
    assert got.dof == expected.dof == 45
    np.testing.assert_allclose(got.effect, expected.effect, rtol=1e-8)
    np.testing.assert_allclose(
        got.variance, expected.variance * (50 - 7) / 45, rtol=1e-8
    )


def test_contrast_arithmetic_is_that_of_nilearn(rng):
    def make(cls):
        return [
            cls(np.arange(1.0, 5) * k, np.arange(2.0, 6) / k, dof=20 * k)
            for k in (1, 2, 3)
        ]

    ours, theirs = make(Contrast), make(nilearn_glm.Contrast)
    got = (ours[0] + ours[1] + ours[2]) * (1 / 3)
    expected = (theirs[0] + theirs[1] + theirs[2]) * (1 / 3)
    for name in ("effect", "variance", "dof", "dim", "stat_type"):
        np.testing.assert_array_equal(getattr(got, name), getattr(expected, name))
    for baseline in (0.0, 1.5):
        for method in ("stat", "p_value", "one_minus_pvalue", "z_score"):
            # A fresh one each: nilearn keeps the p of the first baseline for z.
            other = (theirs[0] + theirs[1] + theirs[2]) * (1 / 3)
            np.testing.assert_allclose(
                getattr(got, method)(baseline),
                quietly(getattr(other, method), baseline),
                rtol=1e-9,
            )
    np.testing.assert_array_equal((2 * ours[0]).variance, (2 * theirs[0]).variance)


@pytest.mark.parametrize(
    ("n_rows", "precision_weighted"), [(1, False), (1, True), (3, False)]
)
def test_divergence_22_fixed_effects_are_those_of_nilearn(
    rng, n_rows, precision_weighted
):
    """100 degrees of freedom a run where none are given."""
    from nilearn.glm.contrasts import _compute_fixed_effects_params

    from boldglm.glm.fixed_effects import fixed_effect

    effects = rng.standard_normal((3, n_rows, 12))
    variances = rng.uniform(0.1, 2, (3, 12))
    theirs = effects[:, 0] if n_rows == 1 else effects
    expected = quietly(
        _compute_fixed_effects_params, theirs, variances, precision_weighted, [100] * 3
    )
    got = fixed_effect(effects, variances, precision_weighted, [100] * 3)
    maps = (got.effect, got.variance, got.stat(), got.z_score())
    for one, other in zip(maps, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    assert got.dof == 300


def test_precision_weighted_fixed_effects_of_an_f_weigh_runs_not_rows(rng):
    """Each row is the weighted mean over runs; nilearn weighs the rows instead."""
    from nilearn.glm.contrasts import _compute_fixed_effects_params

    from boldglm.glm.fixed_effects import fixed_effect

    effects, variances = rng.standard_normal((3, 3, 5)), rng.uniform(0.1, 2, (3, 5))
    got = fixed_effect(effects, variances, True, [100] * 3)
    for row in range(3):
        expected = np.average(effects[:, row], axis=0, weights=1 / variances)
        np.testing.assert_allclose(got.effect[row], expected, rtol=1e-12)
    wrong = quietly(_compute_fixed_effects_params, effects, variances, True, [100] * 3)
    assert np.abs(wrong[0] - got.effect).max() > 0.1


@pytest.mark.parametrize("axis", [0, (0, 1)])
def test_mean_scaling_is_that_of_nilearn(rng, axis):
    Y = 100 + rng.standard_normal((30, 7))
    got = mean_scaling(Y, axis)
    expected = quietly(nilearn_first_level.mean_scaling, Y, axis)
    np.testing.assert_allclose(got[0], expected[0], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(got[1], expected[1], rtol=1e-14)
