from dataclasses import replace

import numpy as np

from boldglm.core.autocorrelation import autocorrelations, whitened
from boldglm.core.glm_fit import HELD, UNEXPLAINED
from boldglm.core.gls import fit_glm, residuals
from boldglm.core.ljung_box import ljung_box_of_fit
from boldglm.core.noise import noise_model
from boldglm.core.spectrum import power_spectrum
from boldglm.core.whiteness import (
    QUANTILES,
    Whiteness,
    whiteness,
    whiteness_of_fit,
)


def autoregressive(rng, phi, n_scans, n_voxels):
    noise = rng.standard_normal((n_scans + 100, n_voxels))
    for t in range(len(phi), len(noise)):
        for lag, one in enumerate(phi, start=1):
            noise[t] += one * noise[t - lag]
    return noise[100:]


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
    assert np.isnan(none.white)
    assert none.frequencies.size == none.power_after.size == 0


def test_white_is_the_share_that_the_test_does_not_reject(rng, readonly):
    data = readonly(100 + autoregressive(rng, [0.4, 0.3], 200, 80))
    fit = fit_glm(data, np.ones((200, 1)), noise_model("ar1"))
    p = ljung_box_of_fit(residuals(data, fit), fit)[1]
    found = whiteness_of_fit(data, fit)
    assert found.white == np.mean(p >= 0.05)
    assert 0 < found.white < 0.5
    assert found == whiteness(data, np.ones((200, 1)), noise_model("ar1"))
    more = whiteness_of_fit(data, fit, n_params=6).white
    assert more < found.white
    right = whiteness(data, np.ones((200, 1)), noise_model("ar2"))
    assert right.white > 0.85


def test_spectra_are_medians_before_and_after(rng, readonly):
    data = readonly(100 + autoregressive(rng, [0.6], 300, 200))
    fit = fit_glm(data, np.ones((300, 1)), noise_model("ar1"))
    found = whiteness_of_fit(data, fit)
    left = residuals(data, fit)
    for series, power in (
        (left, found.power_before),
        (whitened(left, fit.phi), found.power_after),
    ):
        each = power_spectrum(autocorrelations(series, 63))
        np.testing.assert_allclose(power, np.median(each, axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.frequencies, np.arange(65) / 128)
    slow, fast = slice(1, 8), slice(-8, None)
    assert found.power_before[slow].mean() > 5 * found.power_before[fast].mean()
    np.testing.assert_allclose(found.power_after[2:], found.power_white[2:], atol=0.12)
    # the constant is gone
    assert found.power_white[0] < 0.85 * found.power_white[10]


def test_nothing_reaches_over_a_gap(rng):
    """Two stretches that do not know of each other, put together."""
    data = autoregressive(rng, [0.5], 60, 30)
    design = np.ones((60, 1))
    fit = fit_glm(data, design, noise_model("ar1"))
    found = whiteness_of_fit(data, fit, 5, starts=[0, 25])
    left = residuals(data, fit)
    r = autocorrelations(left, 5, [0, 25])
    np.testing.assert_allclose(found.before[:, 2], np.median(r, axis=1), rtol=1e-12)
    parts = [whitened(left[part], fit.phi) for part in (slice(0, 25), slice(25, 60))]
    r = autocorrelations(np.concatenate(parts), 5, [0, 24])
    np.testing.assert_allclose(found.after[:, 2], np.median(r, axis=1), rtol=1e-12)
    p = ljung_box_of_fit(left, fit, 5, starts=[0, 25])[1]
    assert found.white == np.mean(p >= 0.05)
    # as many frequencies as the longest stretch has lags for
    assert found.frequencies.size == 34 // 2 + 2
    pieces = whiteness_of_fit(data, fit, 5, starts=range(60))
    assert np.isnan(pieces.after).all()


def test_equal_ones_are_equal_nan_included():
    nothing = np.full((3, len(QUANTILES)), np.nan)
    one = Whiteness(30, 0, nothing, nothing)
    assert one == Whiteness(30, 0, nothing.copy(), nothing.copy())
    assert hash(one) == hash(Whiteness(30, 0, nothing.copy(), nothing.copy()))
    assert one != Whiteness(30, 1, nothing, nothing)
    assert one != Whiteness(30, 0, nothing, np.zeros_like(nothing))
    assert one != Whiteness(30, 0, np.zeros_like(nothing), nothing)
    assert one != "white"


def test_ones_that_differ_in_anything_differ(rng):
    one = whiteness(rng.standard_normal((60, 5)), np.ones((60, 1)), noise_model("ar1"))
    assert one == replace(one, white=float(one.white))
    for name in ("frequencies", "power_before", "power_after", "power_white"):
        assert one != replace(one, **{name: getattr(one, name) + 1})
    assert one != replace(one, white=0.123)


def test_voxels_are_looked_at_whatever_came_of_their_noise(rng):
    """Those that are fitted, in blocks and in any order."""
    data = rng.standard_normal((80, 150))
    fit = fit_glm(data, np.ones((80, 1)), noise_model("ar1"))
    codes = np.resize([0, HELD, UNEXPLAINED], 150).astype(np.uint8)
    some = replace(fit, outcome=codes)
    found = whiteness_of_fit(data, some)
    assert found == whiteness_of_fit(data, fit)
    assert found.n_voxels == 150
    backwards = whiteness_of_fit(data[:, ::-1], some.select(slice(None, None, -1)))
    np.testing.assert_allclose(backwards.after, found.after, rtol=1e-12)
    np.testing.assert_allclose(backwards.power_after, found.power_after, rtol=1e-12)
