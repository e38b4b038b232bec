import numpy as np
import pytest

from boldglm._base.errors import ShapeError
from boldglm.core.noise import noise_model
from boldglm.core.whiteness import (
    QUANTILES,
    Whiteness,
    autocorrelations,
    whitened,
    whiteness,
)


def autoregressive(rng, phi, n_scans, n_voxels):
    noise = rng.standard_normal((n_scans + 100, n_voxels))
    for t in range(len(phi), len(noise)):
        for lag, one in enumerate(phi, start=1):
            noise[t] += one * noise[t - lag]
    return noise[100:]


def test_autocorrelations_are_those_of_statsmodels(rng, readonly):
    stattools = pytest.importorskip("statsmodels.tsa.stattools")
    series = readonly(autoregressive(rng, [0.5], 150, 4))
    found = autocorrelations(series, 6)
    for voxel in range(4):
        product = [
            np.sum(series[:-k, voxel] * series[k:, voxel])
            / np.sum(series[:, voxel] ** 2)
            for k in range(1, 7)
        ]
        np.testing.assert_allclose(found[:, voxel], product, rtol=1e-12)
        about_mean = series[:, voxel] - series[:, voxel].mean()
        np.testing.assert_allclose(
            autocorrelations(about_mean[:, np.newaxis], 6)[:, 0],
            stattools.acf(series[:, voxel], nlags=6, fft=False)[1:],
            rtol=1e-10,
        )


def test_a_series_of_zeros_has_none(rng):
    series = np.column_stack([np.zeros(30), rng.standard_normal(30)])
    found = autocorrelations(series, 2)
    assert np.isnan(found[:, 0]).all()
    assert np.isfinite(found[:, 1]).all()


@pytest.mark.parametrize("n_lags", [0, 30, 31])
def test_lags_are_fewer_than_scans(rng, n_lags):
    with pytest.raises(ShapeError, match=f"{n_lags} lags of series of 30 scans"):
        autocorrelations(rng.standard_normal((30, 2)), n_lags)


def test_whitening_gives_the_innovations_back(rng, readonly):
    innovations = rng.standard_normal((60, 3))
    phi = np.array([[0.5, -0.2, 0.0], [0.1, 0.3, 0.0]])
    noise = innovations.copy()
    for t in range(60):
        for lag in (1, 2):
            if t >= lag:
                noise[t] += phi[lag - 1] * noise[t - lag]
    noise, phi = readonly(noise, phi)
    np.testing.assert_allclose(whitened(noise, phi), innovations[2:], atol=1e-12)


def test_a_model_of_the_right_order_leaves_white_noise_and_one_of_a_lower_does_not(rng):
    data = 100 + autoregressive(rng, [0.4, 0.3], 400, 60)
    design = np.column_stack([np.ones(400), np.linspace(-1, 1, 400)])
    limit = 1.96 / np.sqrt(400)
    right = whiteness(data, design, noise_model("ar2"), 5)
    assert right.n_scans == 400
    assert right.n_voxels == 60
    assert right.before.shape == right.after.shape == (5, len(QUANTILES))
    assert np.abs(right.after[:, 2]).max() < limit / 2
    wrong = whiteness(data, design, noise_model("ar1"), 5)
    assert wrong.after[1, 2] > limit
    np.testing.assert_allclose(right.before, wrong.before, atol=0.02)
    ols = whiteness(data, design, noise_model("ols"), 5)
    np.testing.assert_allclose(ols.before, ols.after, rtol=1e-12)
    assert ols.before[0, 2] > 0.4


def test_quantiles_grow_and_voxels_that_do_not_vary_are_left_out(rng):
    data = rng.standard_normal((80, 12))
    data[:, 3] = 5.0
    data[4, 5] = np.nan
    found = whiteness(data, np.ones((80, 1)), noise_model("ar1"))
    assert found.n_voxels == 10
    assert (np.diff(found.before, axis=1) >= 0).all()
    assert found.before.shape == (10, 5)


def test_short_runs_have_fewer_lags_and_constant_data_have_nothing(rng):
    short = whiteness(rng.standard_normal((9, 4)), np.ones((9, 1)), noise_model("ar1"))
    assert short.before.shape == (7, 5)
    none = whiteness(np.ones((30, 4)), np.ones((30, 1)), noise_model("ar1"), 3)
    assert none.n_voxels == 0
    assert np.isnan(none.before).all()


def test_equal_ones_are_equal_nan_included():
    nothing = np.full((3, len(QUANTILES)), np.nan)
    one = Whiteness(30, 0, nothing, nothing)
    assert one == Whiteness(30, 0, nothing.copy(), nothing.copy())
    assert hash(one) == hash(Whiteness(30, 0, nothing.copy(), nothing.copy()))
    assert one != Whiteness(30, 1, nothing, nothing)
    assert one != Whiteness(30, 0, nothing, np.zeros_like(nothing))
    assert one != Whiteness(30, 0, np.zeros_like(nothing), nothing)
    assert one != "white"
