"""`run_glm`: labels, results, options, errors."""

import inspect

import numpy as np
import pytest
from tests.oracle.dense_gls import dense_fit

from boldglm._base.errors import ShapeError
from boldglm._base.warnings import DesignWarning, ImageWarning
from boldglm.glm.contrasts import compute_contrast
from boldglm.glm.first_level import run_glm
from boldglm.glm.first_level.fitting import as_noise_model, threads


@pytest.fixture
def X(rng):
    return np.column_stack([rng.standard_normal((60, 3)), np.ones(60)])


@pytest.fixture
def Y(rng):
    return 100 + 0.3 * rng.standard_normal((60, 25)).cumsum(axis=0)


def test_least_squares_has_one_group_labelled_zero(X, Y):
    labels, results = run_glm(Y, X, "ols")
    assert labels.dtype == float
    assert not labels.any()
    assert list(results) == [0.0]
    np.testing.assert_allclose(
        results[0.0].theta, np.linalg.lstsq(X, Y, rcond=None)[0], rtol=1e-9
    )


@pytest.mark.parametrize("name", ["ar1", "ar4"])
def test_divergence_13_autoregression_has_one_group_of_exact_coefficients(X, Y, name):
    """No truncation, no clusters: one group, each voxel its own coefficients."""
    labels, results = run_glm(Y, X, name)
    assert set(labels) == set(results) == {name}
    dense = dense_fit(Y, X, int(name[2:]))
    np.testing.assert_allclose(results[name].model.rho, dense.phi, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(results[name].theta, dense.beta, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(results[name].dispersion, dense.sigma2, rtol=1e-9)


def test_divergence_13_bins_truncate_towards_zero(X, Y):
    """As the peer does, when asked to."""
    labels, results = run_glm(Y, X, "ar1", bins=10)
    exact = run_glm(Y, X, "ar1")[1]["ar1"].model.rho[0]
    np.testing.assert_array_equal(labels, [str(np.trunc(p * 10) / 10) for p in exact])
    assert set(labels) == set(results)
    for label, one in results.items():
        assert one.model.rho.tolist() == [float(label)]
        voxels = labels == label
        np.testing.assert_array_equal(one.Y, Y[:, voxels])
        phi = np.full((1, voxels.sum()), float(label))
        dense = dense_fit(Y[:, voxels], X, 1, phi=phi)
        np.testing.assert_allclose(one.theta, dense.beta, rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(one.dispersion, dense.sigma2, rtol=1e-9)


def test_zero_has_one_label(X, rng):
    labels, _ = run_glm(rng.standard_normal((60, 200)), X, "ar1", bins=5)
    assert "0.0" in labels
    assert "-0.0" not in labels


@pytest.mark.parametrize("bins", [None, 20])
def test_divergence_14_first_scans_option_reaches_the_fit(X, Y, bins):
    labels, results = run_glm(Y, X, "ar1", bins, first_scans="exact")
    row = [1, -1, 0, 0]
    contrast = compute_contrast(labels, results, row)
    phi = np.empty((1, 25))
    for label, one in results.items():
        phi[:, labels == label] = np.atleast_2d(one.model.rho)
        np.testing.assert_allclose(
            one.Tcontrast(row).t, contrast.stat()[labels == label], rtol=1e-9
        )
    dense = dense_fit(Y, X, 1, "exact", phi=phi)
    np.testing.assert_allclose(contrast.stat(), dense.t(np.array(row)), rtol=1e-7)
    filtered = compute_contrast(*run_glm(Y, X, "ar1", bins), row)
    assert np.abs(filtered.stat() - contrast.stat()).max() > 1e-3


def test_bins_are_for_order_one(X, Y):
    with pytest.warns(DesignWarning, match="bins=100 is for noise_model='ar1'"):
        _, results = run_glm(Y, X, "ar2", bins=100)
    assert list(results) == ["ar2"]
    assert as_noise_model("ols", 100).bins is None
    assert as_noise_model("ar1", 50).bins == 50


def test_the_number_of_threads_changes_nothing(X, rng):
    Y = rng.standard_normal((60, 1500))
    expected = run_glm(Y, X, "ar2")[1]["ar2"]
    for n_jobs in (2, -1, None):
        got = run_glm(Y, X, "ar2", n_jobs=n_jobs)[1]["ar2"]
        np.testing.assert_array_equal(got.theta, expected.theta)
    assert [threads(n) for n in (1, None, 2, -1)] == [None, None, 2, -1]
    with pytest.raises(ValueError, match="n_jobs is 0"):
        run_glm(Y, X, n_jobs=0)


def test_accepted_and_ignored_arguments_are_those_of_the_peer(X, Y):
    names = list(inspect.signature(run_glm).parameters)
    assert names[:7] == [
        "Y", "X", "noise_model", "bins", "n_jobs", "verbose", "random_state",
    ]  # fmt: skip
    one = run_glm(Y, X, "ar3", verbose=1, random_state=0)[1]["ar3"]
    two = run_glm(Y, X, "ar3", random_state=1)[1]["ar3"]
    np.testing.assert_array_equal(one.theta, two.theta)


def test_tables_and_lists_are_arrays(X, Y):
    pandas = pytest.importorskip("pandas")
    expected = run_glm(Y, X)[1]["ar1"].theta
    table = pandas.DataFrame(X, columns=list("abcd"))
    np.testing.assert_array_equal(run_glm(Y, table)[1]["ar1"].theta, expected)
    lists = run_glm(Y.tolist(), X.tolist())[1]["ar1"].theta
    np.testing.assert_array_equal(lists, expected)


def test_data_are_kept_by_reference_and_not_changed(X, Y, readonly):
    X, Y = readonly(X, Y)
    for kwargs in ({"noise_model": "ols"}, {"bins": 100}, {}):
        for one in run_glm(Y, X, **kwargs)[1].values():
            assert one.Y.dtype == Y.dtype
    assert np.shares_memory(run_glm(Y, X)[1]["ar1"].Y, Y)


def test_wrong_arguments_are_errors(X, Y):
    with pytest.raises(ValueError, match="noise_model is 'ar0'"):
        run_glm(Y, X, "ar0")
    with pytest.raises(ShapeError, match="data have 59 scans, the design has 60"):
        run_glm(Y[:59], X)
    with pytest.raises(ShapeError, match=r"NaN or infinite values in columns \[2\]"):
        run_glm(Y, np.where(np.arange(4) == 2, np.nan, X))


def test_series_that_are_not_finite_are_counted_in_a_warning(rng):
    X = np.column_stack([rng.standard_normal(30), np.ones(30)])
    Y = rng.standard_normal((30, 4))
    Y[3, 1] = np.nan
    with pytest.warns(ImageWarning, match="1 of 4 series have NaN or infinite values"):
        _, results = run_glm(Y, X, "ols")
    assert not results[0.0].theta[:, 1].any()
