"""What the numbers of a run can do to its maps, and what they cannot.

Two ways to one number differ by rounding: maps are in single precision, 1e-7, and so
are the factors of noise models of order above 1 (`boldglm.core.precision`), which are
good to 1e-6 of themselves.
"""

import numpy as np
import pytest
from tests.laws import line
from tests.laws.line import F_CONTRAST, PAIRS, T_CONTRAST, assert_same, slow_if

ROUNDING = 3e-6
# Other data that are no multiples of the old ones are rounded to single precision
# themselves, at a mean of a hundred times the noise.
ROUNDED_DATA = 3e-5


@pytest.mark.parametrize(("noise", "scaling"), PAIRS)
@pytest.mark.parametrize("factor", [3.0, slow_if(True, 2.0**-4)])
def test_units_of_the_data(noise, scaling, factor, run, as_it_is, tmp_path):
    """In per cent of a mean nothing changes; else effects do, and no statistic."""
    other = run._replace(data=run.data * np.float32(factor))
    found = line.line(tmp_path, other, noise, scaling)
    expected = as_it_is(noise, scaling)
    if scaling is False:
        expected = line.scaled(expected, factor)
    assert_same(found, expected, ROUNDING)


@pytest.mark.parametrize("noise", line.NOISES)
def test_units_of_a_voxel_in_per_cent_of_its_mean(noise, run, as_it_is, tmp_path):
    own = np.random.default_rng(1).choice([1.0, 2.0, 3.0], (*line.SHAPE, 1))
    other = run._replace(data=run.data * own.astype(np.float32))
    found = line.line(tmp_path, other, noise, scaling=0)
    assert_same(found, as_it_is(noise, 0), ROUNDING)


@pytest.mark.parametrize("noise", line.NOISES)
def test_units_of_a_scan_in_per_cent_of_its_mean(noise, run, as_it_is, tmp_path):
    own = np.random.default_rng(2).choice([1.0, 2.0, 3.0], line.SCANS)
    other = run._replace(data=run.data * own.astype(np.float32))
    found = line.line(tmp_path, other, noise, scaling=1)
    # per cent of a mean are rounded to single precision, scan by scan
    assert_same(found, as_it_is(noise, 1), ROUNDED_DATA)


@pytest.mark.parametrize("noise", line.NOISES)
def test_the_other_sign(noise, run, as_it_is, tmp_path):
    found = line.line(tmp_path, run._replace(data=-run.data), noise)
    expected = line.scaled(as_it_is(noise), -1.0)
    for name in ("t stat", "t z_score"):
        expected[name] = -expected[name]
    p = np.where(run.inside, 1 - expected.pop("t p_value"), 0.0)
    np.testing.assert_allclose(found.pop("t p_value"), p, rtol=1e-4, atol=1e-6)
    assert_same(found, expected, ROUNDING)


@pytest.mark.parametrize(("noise", "scaling"), [p for p in PAIRS if p.values[1] != 1])
def test_what_the_design_explains_is_added_to_effects(
    noise, scaling, run, as_it_is, tmp_path
):
    """And to nothing else: the noise is that of residuals.

    In per cent, what is added has no mean that would be divided by. A mean of each
    scan is left out: dividing by it is no linear change.
    """
    X = np.array(run.design)
    more = 8 * np.random.default_rng(3).standard_normal((4, run.series.shape[1]))
    if scaling is not False:
        more[3] = -X[:, :3].mean(axis=0) @ more[:3]
    other = run.with_series(run.series + X @ more)
    found = line.line(tmp_path, other, noise, scaling)
    mean = run.series.mean(axis=None if scaling == (0, 1) else 0, dtype=float)
    unit = 1.0 if scaling is False else 100 / mean
    expected = {k: v for k, v in as_it_is(noise, scaling).items() if k[0] == "t"}
    effect = np.array(expected["t effect_size"])
    effect[run.inside] += T_CONTRAST @ more * unit
    for name, tolerance in (("t effect_size", 1), ("t effect_variance", 2)):
        want = effect if name == "t effect_size" else expected[name]
        np.testing.assert_allclose(
            found[name],
            want,
            rtol=tolerance * ROUNDED_DATA,
            atol=tolerance * ROUNDED_DATA * expected[name].std(),
        )
    t = effect[run.inside] / np.sqrt(expected["t effect_variance"][run.inside])
    np.testing.assert_allclose(
        found["t stat"][run.inside], t, rtol=1e-4, atol=ROUNDED_DATA
    )
    changed = np.abs(found["F stat"] / np.where(run.inside, 1, np.nan))
    assert np.nanmax(changed) > 10


@pytest.mark.parametrize("noise", line.NOISES)
def test_what_a_contrast_does_not_test_may_be_anything(noise, run, as_it_is, tmp_path):
    """Effects of the other regressors change neither t nor F."""
    more = np.random.default_rng(4).standard_normal((2, run.series.shape[1]))
    more *= [[20.0], [300.0]]
    other = run.with_series(run.series + run.design[:, 2:] @ more)
    found = line.line(tmp_path, other, noise)
    assert_same(found, as_it_is(noise), ROUNDED_DATA)


@pytest.mark.parametrize(("noise", "scaling"), PAIRS)
def test_other_regressors_of_the_same_space(noise, scaling, run, as_it_is, paths):
    """``X A`` with the contrast ``c A`` is the same model, and the same question."""
    A = np.random.default_rng(5).standard_normal((4, 4)) + 2 * np.eye(4)
    A[:, 1] *= 1e4
    model = line.fitted(paths, run.design @ A, noise, scaling)
    found = line.maps(model, T_CONTRAST @ A, F_CONTRAST @ A)
    assert_same(found, as_it_is(noise, scaling), ROUNDING)


@pytest.mark.parametrize("noise", line.NOISES)
def test_regressors_given_twice(noise, run, as_it_is, paths):
    """The sum of the effects of two copies is the effect of the one."""
    X = np.column_stack([run.design, -2 * run.design[:, :1], np.ones(line.SCANS)])
    weights = np.vstack([T_CONTRAST, F_CONTRAST])
    weights = np.column_stack([weights, -2 * weights[:, 0], weights[:, 3]])
    model = line.fitted(paths, X, noise)
    found = line.maps(model, weights[0], weights[1:])
    assert_same(found, as_it_is(noise), ROUNDING)


@pytest.mark.parametrize("noise", line.NOISES)
@pytest.mark.parametrize("weight", [-1e6, slow_if(True, 1e-6)])
def test_weights_of_a_contrast(noise, weight, run, as_it_is, paths):
    """Effects are in their units; F of what they span in none but those of data."""
    model = line.fitted(paths, run.design, noise)
    A = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]])
    found = line.maps(model, weight * T_CONTRAST, weight * A @ F_CONTRAST)
    expected = dict(as_it_is(noise))
    expected["t effect_size"] = (weight * expected["t effect_size"]).astype("f4")
    expected["t effect_variance"] = (
        weight**2 * expected["t effect_variance"].astype(float)
    ).astype("f4")
    if weight < 0:
        for name in ("t stat", "t z_score"):
            expected[name] = -expected[name]
        del found["t p_value"], expected["t p_value"]
    # whitened effects of an F depend on the rows, their length does not
    one, two = (
        np.linalg.norm(m.pop("F effect_size"), axis=-1) for m in (found, expected)
    )
    np.testing.assert_allclose(one, two, rtol=ROUNDING, atol=ROUNDING * two.std())
    assert_same(found, expected, ROUNDING)


@pytest.mark.parametrize("noise", line.NOISES)
@pytest.mark.parametrize("scaling", [0, slow_if(True, False)])
def test_a_run_backwards(noise, scaling, run, as_it_is, tmp_path):
    """The stationary likelihood does not know which way time goes."""
    back = run._replace(
        data=np.ascontiguousarray(run.data[..., ::-1]), design=run.design[::-1]
    )
    found = line.line(tmp_path, back, noise, scaling, first_scans="exact")
    expected = as_it_is(noise, scaling, first_scans="exact")
    assert_same(found, expected, ROUNDING)


@pytest.mark.parametrize(("noise", "scaling"), PAIRS)
def test_keeping_the_data(noise, scaling, run, as_it_is, paths):
    """Series held in memory give what the sums of the pass over the file gave."""
    model = line.fitted(paths, run.design, noise, scaling, minimize_memory=False)
    assert_same(line.maps(model), as_it_is(noise, scaling), ROUNDED_DATA)
    left, seen = model.residuals_[0], model.predicted_[0]
    whole = (left.get_fdata() + seen.get_fdata())[run.inside].T
    by_scan = run.series.mean(axis=1, keepdims=True, dtype=float)
    level = {0: run.series.mean(axis=0, dtype=float), 1: by_scan}
    level |= {(0, 1): run.series.mean(dtype=float)}
    expected = run.series
    if scaling is not False:
        expected = 100 * (run.series / level[scaling] - 1)
    np.testing.assert_allclose(whole, expected, atol=1e-4)
