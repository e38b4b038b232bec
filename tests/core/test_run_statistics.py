"""Statistics summed up while a run is read: against the run in one piece."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.test_gls import assert_same
from tests.oracle.dense_gls import simulate_ar

from boldglm._base.errors import ShapeError
from boldglm.core.gls import fit_glm, fit_statistics, prepare
from boldglm.core.gls_pilot import CONSTANT, NOT_FINITE
from boldglm.core.lags import lag_products
from boldglm.core.noise import noise_model
from boldglm.core.run_statistics import SCANS, VOXELS, RunAccumulator

# several products, the last one short
N_SCANS = 150


def test_the_run_here_takes_several_products_and_the_last_is_short():
    assert N_SCANS > 2 * SCANS
    assert N_SCANS % SCANS


@pytest.fixture
def X(rng):
    box = (np.arange(N_SCANS) // 8) % 2
    slow = rng.standard_normal((N_SCANS, 3)).cumsum(axis=0)
    return np.column_stack([box, slow, np.ones(N_SCANS)])


@pytest.fixture
def Y(rng):
    return 1000 + 10 * simulate_ar(rng, [0.4], N_SCANS, 30)


def summed_up(X, Y, model, cuts=(), n_jobs=None):
    forms = prepare(X, model, len(Y), Y.dtype)
    run = RunAccumulator(forms, Y.shape[1], n_jobs)
    for rows in np.split(Y, cuts):
        run.add(rows)
    return run.statistics()


# of order 40, the first rows are more than a product takes
@pytest.mark.parametrize("name", ["ols", "ar1", "ar3", "ar40"])
def test_sums_are_the_products_of_the_whole_run(X, Y, readonly, name):
    statistics = summed_up(X, readonly(Y), noise_model(name), [7, 80])
    lags = statistics.forms.lags
    whole = lag_products(lags, Y - statistics.reference)
    for field in ("with_design", "with_self", "first", "last"):
        np.testing.assert_allclose(
            getattr(statistics.products, field), getattr(whole, field), atol=1e-8
        )
    np.testing.assert_allclose(statistics.mean, Y.mean(axis=0), rtol=1e-13)
    spread = N_SCANS * Y.var(axis=0)
    np.testing.assert_allclose(statistics.variation, spread, rtol=1e-10)


@pytest.mark.parametrize("name", ["ols", "ar1", "ar2", "ar4"])
@pytest.mark.parametrize("first_scans", ["conditional", "exact"])
@pytest.mark.parametrize("constant", [True, False])
def test_the_fit_is_that_of_the_data(X, Y, name, first_scans, constant):
    X = X if constant else X[:, :-1]
    model = noise_model(name, first_scans=first_scans)
    statistics = summed_up(X, Y, model, [50])
    assert_same(fit_statistics(statistics, model), fit_glm(Y, X, model))


@pytest.mark.parametrize("name", ["ols", "ar1", "ar3"])
@pytest.mark.parametrize("constant", [True, False])
def test_scaled_data_need_not_be_read_again(rng, X, Y, name, constant):
    X = X if constant else X[:, :-1]
    model = noise_model(name)
    shift, scale = 1000 * rng.random(30), rng.standard_normal(30)
    got = fit_statistics(summed_up(X, Y, model), model, shift=shift, scale=scale)
    assert_same(got, fit_glm(scale * (Y - shift), X, model), rtol=1e-8)


def test_single_precision_data_lose_nothing(X, Y):
    model = noise_model("ar1")
    single = Y.astype(np.float32)
    got = fit_statistics(summed_up(X, single, model), model)
    assert_same(got, fit_glm(single.astype(np.float64), X, model))


@given(
    cuts=st.lists(st.integers(0, N_SCANS), max_size=6),
    n_jobs=st.integers(1, 3),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_stretches_and_threads_change_nothing(cuts, n_jobs, dtype):
    rng = np.random.default_rng(4)
    X = rng.standard_normal((N_SCANS, 3))
    Y = (100 + rng.standard_normal((N_SCANS, VOXELS + 99))).astype(dtype)
    model = noise_model("ar2")
    whole = summed_up(X, Y, model, n_jobs=1)
    parts = summed_up(X, Y, model, sorted(cuts), n_jobs)
    for field in ("with_design", "with_self", "first", "last"):
        np.testing.assert_array_equal(
            getattr(parts.products, field), getattr(whole.products, field)
        )
    np.testing.assert_array_equal(parts.total, whole.total)


@pytest.mark.parametrize("name", ["ols", "ar1", "ar2"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_broken_voxels_say_so_and_touch_no_other(X, Y, name, dtype):
    Y = Y.astype(dtype)
    bad = Y.copy()
    bad[:, 3] = 1234.567
    bad[:, 5] = 0.0
    bad[17, 7] = np.nan
    bad[100, 9] = np.inf
    model = noise_model(name)
    got = fit_statistics(summed_up(X, bad, model), model)
    assert got.outcome[[3, 5]].tolist() == [CONSTANT] * 2
    assert got.outcome[[7, 9]].tolist() == [NOT_FINITE] * 2
    expected = fit_glm(bad.astype(float), X, model)
    assert_same(got, expected, rtol=1e-9 if dtype == np.float64 else 1e-7)
    good = np.setdiff1d(np.arange(30), [3, 5, 7, 9])
    clean = fit_statistics(summed_up(X, Y, model), model)
    np.testing.assert_array_equal(got.beta[:, good], clean.beta[:, good])


def test_a_constant_voxel_is_data_where_the_design_has_no_constant(X):
    model = noise_model("ar1")
    Y = np.full((N_SCANS, 2), 7.0)
    got = fit_statistics(summed_up(X[:, :-1], Y, model), model)
    assert_same(got, fit_glm(Y, X[:, :-1], model))


def test_a_run_shorter_than_a_product(rng):
    X, Y = rng.standard_normal((9, 2)), rng.standard_normal((9, 4))
    model = noise_model("ar2")
    got = fit_statistics(summed_up(X, Y, model, [1, 2, 3]), model)
    assert_same(got, fit_glm(Y, X, model))


def test_scans_that_do_not_fit_the_design_are_errors(X, Y):
    run = RunAccumulator(prepare(X, noise_model("ols"), N_SCANS, float), 30)
    run.add(Y[:100])
    with pytest.raises(ShapeError, match=r"100 scans were added.*150 rows"):
        run.statistics()
    with pytest.raises(ShapeError, match=r"\(51, 30\) after 100 .* 150 in all, of 30"):
        run.add(Y[:51])
    with pytest.raises(ShapeError, match=r"\(30,\) after 100"):
        run.add(Y[0])
    with pytest.raises(ShapeError, match=r"\(2, 29\)"):
        run.add(Y[:2, :29])


def test_what_varies_by_rounding_alone_is_constant(X):
    Y = np.full((N_SCANS, 1), 1234.567)
    Y[::3] = np.nextafter(1234.567, 2000)
    model = noise_model("ar1")
    statistics = summed_up(X, Y, model)
    assert statistics.variation[0] > 0
    got = fit_statistics(statistics, model)
    assert got.outcome.tolist() == [CONSTANT]
    assert got.total_ss.tolist() == [0.0]


@pytest.mark.parametrize("constant", [True, False])
def test_statistics_may_be_fitted_again(X, Y, constant):
    model = noise_model("ar2")
    statistics = summed_up(X if constant else X[:, :-1], Y, model)
    first, again = (
        fit_statistics(statistics, model, shift=np.full(30, 990.0)) for _ in range(2)
    )
    np.testing.assert_array_equal(first.beta, again.beta)
    np.testing.assert_array_equal(first.sigma2, again.sigma2)
