"""Contrasts, their arithmetic and tails, and fixed effects over runs."""

import warnings

import numpy as np
import pytest
from scipy import special, stats

from boldglm._base.errors import ContrastError, NotEstimableError, ShapeError
from boldglm._base.warnings import ContrastWarning
from boldglm.glm.contrast_maps import (
    OUTPUT_TYPES,
    check_output_type,
    contrast_maps,
)
from boldglm.glm.contrasts import (
    Contrast,
    compute_contrast,
    compute_fixed_effect_contrast,
    compute_fixed_effects,
    mean_contrast,
)
from boldglm.glm.first_level import run_glm
from boldglm.glm.fixed_effects import fixed_effect
from boldglm.glm.regression import OLSModel, RegressionResults


@pytest.fixture
def X(rng):
    return np.column_stack([rng.standard_normal((50, 3)), np.ones(50)])


@pytest.fixture
def Y(rng):
    return 10 + 0.3 * rng.standard_normal((50, 30)).cumsum(axis=0)


def test_t_and_its_p_and_z():
    contrast = Contrast(np.array([2.0, -3, 0]), np.array([1.0, 4, 1]), dof=12)
    t = np.array([2, -1.5, 0])
    assert (contrast.dim, contrast.stat_type) == (1, "t")
    np.testing.assert_allclose(contrast.stat(), t)
    np.testing.assert_allclose(contrast.p_value(), stats.t.sf(t, 12), rtol=1e-10)
    np.testing.assert_allclose(
        contrast.one_minus_pvalue(), stats.t.cdf(t, 12), rtol=1e-10
    )
    expected = stats.norm.isf(stats.t.sf(t, 12))
    np.testing.assert_allclose(contrast.z_score(), expected, atol=1e-9)


def test_f_and_its_p_and_z():
    effect = np.array([[2.0, 0.1, 3], [1, 0.2, 4]])
    contrast = Contrast(effect, np.array([1.0, 2, 0.5]), dof=20, stat_type="F")
    F = np.sum(effect**2, axis=0) / 2 / [1, 2, 0.5]
    np.testing.assert_allclose(contrast.stat(), F)
    np.testing.assert_allclose(contrast.p_value(), stats.f.sf(F, 2, 20), rtol=1e-9)
    np.testing.assert_allclose(
        contrast.one_minus_pvalue(), stats.f.cdf(F, 2, 20), rtol=1e-9
    )
    z = contrast.z_score()
    np.testing.assert_allclose(z, stats.norm.isf(stats.f.sf(F, 2, 20)), atol=1e-8)
    assert z[1] < 0


def test_divergence_19_z_does_not_stop_growing():
    """T of 100 at 1000 degrees of freedom is z of 48.96, not 37.05."""
    t = np.array([100.0, -100.0, 10.0, 1e4])
    contrast = Contrast(t, np.ones(4), dof=1000)
    z = contrast.z_score()
    np.testing.assert_allclose(z[:2], [48.96, -48.96], atol=0.005)
    np.testing.assert_allclose(z[2], stats.norm.isf(stats.t.sf(10, 1000)), rtol=1e-9)
    assert np.isfinite(z).all()
    assert z[3] > z[0]
    F = Contrast(100 * np.ones((1, 1)), np.ones(1), dof=1000, stat_type="F").z_score()
    two_sided = -special.ndtri_exp(np.log(2) + special.log_ndtr(-z[0]))
    np.testing.assert_allclose(F, two_sided, rtol=1e-8)


def test_every_voxel_may_have_its_own_freedom():
    t, dof = np.array([2.0, 2.0, -3.0]), np.array([5.0, 50.0, 8.5])
    each = Contrast(t, np.ones(3), dof=dof)
    np.testing.assert_allclose(each.p_value(), stats.t.sf(t, dof), rtol=1e-10)
    np.testing.assert_allclose((each + each).dof, 2 * dof)
    np.testing.assert_allclose((each / 2).dof, dof)
    F = Contrast(np.ones((2, 3)) * t, np.ones(3), dof=dof)
    np.testing.assert_allclose(
        F.z_score(), stats.norm.isf(stats.f.sf(t**2, 2, dof)), rtol=1e-9
    )
    beyond = Contrast(t, np.ones(3), dof=[5.0, np.inf, 1e12])
    np.testing.assert_allclose(beyond.z_score()[1:], t[1:])
    with pytest.raises(ShapeError, match=r"dof has shape \(2,\); .* the 3 voxels"):
        Contrast(t, np.ones(3), dof=dof[:2])


def test_infinite_degrees_of_freedom_are_normal():
    contrast = Contrast(np.array([1.5]), np.ones(1))
    assert contrast.dof == 1e10
    np.testing.assert_allclose(contrast.z_score(), 1.5, rtol=1e-8)
    beyond = Contrast(np.array([1.5]), np.ones(1), dof=np.inf)
    np.testing.assert_allclose(beyond.z_score(), 1.5, rtol=1e-8)


def test_voxels_without_variance_say_nothing():
    t = Contrast(np.array([5.0, 0, 1]), np.array([0.0, 0, 1]), dof=10)
    assert t.stat().tolist() == [0, 0, 1]
    assert t.z_score()[:2].tolist() == [0, 0]
    assert t.p_value()[:2].tolist() == [0.5, 0.5]
    F = Contrast(np.ones((2, 2)), np.array([0.0, 1]), dof=10)
    assert F.stat()[0] == F.z_score()[0] == 0
    assert F.p_value()[0] == 1


def test_a_baseline_shifts_the_hypothesis_each_time():
    contrast = Contrast(np.array([3.0]), np.array([4.0]), dof=10)
    assert contrast.stat(1.0).tolist() == [1.0]
    assert contrast.stat().tolist() == [1.5]
    np.testing.assert_allclose(contrast.z_score(3.0), 0, atol=1e-15)
    np.testing.assert_allclose(contrast.p_value(1.0), stats.t.sf(1, 10))
    np.testing.assert_allclose(contrast.p_value(), stats.t.sf(1.5, 10))


def test_runs_add_and_scale():
    one = Contrast(np.array([1.0, 2]), np.array([1.0, 4]), dof=10)
    two = Contrast(np.array([3.0, 0]), np.array([2.0, 1]), dof=20)
    for mean in ((one + two) / 2, (one + two) * 0.5, 0.5 * (one + two)):
        np.testing.assert_allclose(mean.effect_size(), [2, 1])
        np.testing.assert_allclose(mean.effect_variance(), [0.75, 1.25])
        assert mean.dof == 30
    assert one.effect.tolist() == [1, 2]


def test_adding_f_contrasts_warns_that_it_is_approximate():
    F = Contrast(np.ones((2, 3)), np.ones(3), dof=10)
    with pytest.warns(ContrastWarning, match="approximate fixed effects on F"):
        total = F + F
    assert (total.dim, total.stat_type, total.dof) == (2, "F", 20)
    assert ((2 * F).dim, (F / 2).stat_type) == (2, "F")


def test_contrasts_of_different_kinds_do_not_add():
    t = Contrast(np.ones(3), np.ones(3))
    F = Contrast(np.ones((2, 3)), np.ones(3))
    with pytest.raises(ContrastError, match="a t contrast of dimension 1 and a F"):
        t + F
    with pytest.raises(ContrastError, match=r"dimension 2 and a F .* dimension 3"):
        F + Contrast(np.ones((3, 3)), np.ones(3))


def test_an_effect_of_several_rows_is_an_f():
    assert Contrast(np.ones((2, 3)), np.ones(3), stat_type="t").stat_type == "F"
    row = Contrast(np.ones((1, 3)), np.ones(3), stat_type="t")
    assert row.stat().shape == (3,)


@pytest.mark.parametrize(
    ("effect", "variance", "kind", "error", "message"),
    [
        (np.ones(3), np.ones((1, 3)), "t", ShapeError, r"variance of shape \(1, 3\)"),
        (np.ones((2, 2, 3)), np.ones(3), "F", ShapeError, r"effect of shape"),
        (np.ones(3), np.ones(3), "z", ContrastError, "stat_type is 'z'"),
    ],
)
def test_contrasts_of_other_shapes_are_errors(effect, variance, kind, error, message):
    with pytest.raises(error, match=message):
        Contrast(effect, variance, stat_type=kind)


@pytest.mark.parametrize("weights", [[1.0, -1, 0, 0], np.eye(4)[:2]])
def test_groups_of_voxels_go_back_to_their_places(X, Y, weights):
    """Binned, each voxel is what it is when fitted alone."""
    labels, results = run_glm(Y, X, "ar1", bins=20)
    assert len(results) >= 5
    whole = compute_contrast(labels, results, weights)
    for v in range(0, 30, 7):
        one = compute_contrast(*run_glm(Y[:, [v]], X, "ar1", bins=20), weights)
        np.testing.assert_allclose(whole.effect[..., v], one.effect[..., 0], rtol=1e-8)
        np.testing.assert_allclose(whole.variance[v], one.variance[0], rtol=1e-9)
    assert whole.dof == 46


@pytest.mark.parametrize("name", ["ols", "ar1", "ar3"])
def test_short_contrasts_are_completed_with_a_warning(X, Y, name):
    fitted = run_glm(Y, X, name)
    expected = compute_contrast(*fitted, [1, -1, 0, 0])
    with pytest.warns(ContrastWarning, match=r"t contrasts .* length P=4.*length 2"):
        got = compute_contrast(*fitted, [1, -1])
    np.testing.assert_array_equal(got.stat(), expected.stat())
    with pytest.warns(ContrastWarning, match=r"F contrasts should be of length P=4"):
        compute_contrast(*fitted, np.eye(3)[:2])


def test_one_warning_for_all_groups(X, Y):
    fitted = run_glm(Y, X, "ar1", bins=100)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compute_contrast(*fitted, [1])
    assert len(caught) == 1
    assert caught[0].filename == __file__


@pytest.mark.parametrize("kwargs", [{"noise_model": "ols"}, {"bins": 100}, {}])
def test_contrasts_that_do_not_fit_the_design_are_errors(X, Y, kwargs):
    fitted = run_glm(Y, X, **kwargs)
    with pytest.raises(ContrastError, match=r"shape \(5,\); expected at most 4"):
        compute_contrast(*fitted, np.ones(5))
    with pytest.raises(ContrastError, match="stat_type is 'z'; expected 't', 'F'"):
        compute_contrast(*fitted, [1, 0, 0, 0], stat_type="z")
    with pytest.raises(ContrastError, match="a t contrast has one row"):
        compute_contrast(*fitted, np.eye(4)[:2], stat_type="t")
    with pytest.raises(ContrastError, match="zero everywhere"):
        compute_contrast(*fitted, np.zeros(4))
    with pytest.raises(ContrastError, match="regression_result is empty"):
        compute_contrast(fitted[0], {}, [1, 0, 0, 0])


@pytest.mark.parametrize("kwargs", [{"noise_model": "ols"}, {"bins": 100}, {}])
def test_divergence_02_a_non_estimable_contrast_is_an_error(X, Y, kwargs):
    copied = np.column_stack([X, X[:, 0]])
    fitted = run_glm(Y, copied, **kwargs)
    with pytest.raises(NotEstimableError, match="not estimable"):
        compute_contrast(*fitted, [1, 0, 0, 0, 0])
    compute_contrast(*fitted, [1, 0, 0, 0, 1])


def test_divergence_02_redundant_f_rows(X, Y):
    """Of the results of a fit, and of results made of numbers."""
    fitted = OLSModel(X).fit(Y)
    made = RegressionResults(
        fitted.theta, Y, fitted.model, cov=fitted.cov, dispersion=fitted.dispersion
    )
    rows = np.array([[1.0, -1, 0, 0], [0, 1, -1, 0], [1, 0, -1, 0]])
    labels = np.zeros(30)
    for results in (fitted, made):
        one = compute_contrast(labels, {0.0: results}, rows)
        two = compute_contrast(labels, {0.0: results}, rows[:2])
        assert one.effect_size().shape == two.effect_size().shape == (2, 30)
        np.testing.assert_allclose(one.stat(), two.stat(), rtol=1e-8)
        np.testing.assert_allclose(one.stat(), fitted.Fcontrast(rows).F, rtol=1e-8)


def test_results_made_of_numbers_have_contrasts(X, Y):
    fitted = OLSModel(X).fit(Y)
    made = RegressionResults(
        fitted.theta, Y, fitted.model, cov=fitted.cov, dispersion=fitted.dispersion
    )
    labels = np.zeros(30)
    for weights in ([1.0, 0, -1, 0], np.eye(4)[:2]):
        one = compute_contrast(labels, {0.0: made}, weights)
        two = compute_contrast(labels, {0.0: fitted}, weights)
        np.testing.assert_allclose(one.effect, two.effect, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(one.variance, two.variance, rtol=1e-9)


def test_a_single_series_has_a_contrast_of_one_voxel(X, Y):
    results = OLSModel(X).fit(Y[:, 0])
    one = compute_contrast(np.zeros(1), {0.0: results}, [1, 0, 0, 0])
    assert one.stat().shape == (1,)
    np.testing.assert_allclose(one.stat(), results.t(0), rtol=1e-10)


def test_fixed_effect_over_runs_is_the_mean_of_the_runs(X, Y, rng):
    runs = [run_glm(Y + rng.standard_normal(Y.shape), X) for _ in range(3)]
    weights = [np.array([1.0, 0, -1, 0])] * 3
    labels, results = zip(*runs, strict=True)
    total = compute_fixed_effect_contrast(labels, results, weights)
    parts = [compute_contrast(*run, weights[0]) for run in runs]
    np.testing.assert_allclose(total.effect, np.mean([p.effect for p in parts], 0))
    expected = np.sum([p.variance for p in parts], axis=0) / 9
    np.testing.assert_allclose(total.variance, expected)
    assert total.dof == 3 * 46


def test_a_run_without_weights_is_left_out_with_a_warning(X, Y):
    labels, results = run_glm(Y, X)
    row = np.array([1.0, 0, 0, 0])
    with pytest.warns(ContrastWarning, match=r"Contrast for run 1 is null\."):
        total = compute_fixed_effect_contrast(
            [labels] * 2, [results] * 2, [row, np.zeros(4)]
        )
    np.testing.assert_array_equal(
        total.effect, compute_contrast(labels, results, row).effect
    )
    with (
        pytest.warns(ContrastWarning),
        pytest.raises(ContrastError, match="All contrasts provided were null"),
    ):
        compute_fixed_effect_contrast([labels], [results], [np.zeros(4)])


def test_the_mean_of_f_contrasts_warns_once():
    F = Contrast(np.ones((2, 3)), np.ones(3), dof=10)
    with pytest.warns(ContrastWarning, match="approximate") as caught:
        mean = mean_contrast([F, F, F])
    assert len(caught) == 1
    np.testing.assert_allclose(mean.effect, 1)
    np.testing.assert_allclose(mean.variance, 1 / 3)
    with pytest.raises(ContrastError, match="no run has a weight"):
        mean_contrast([])


def test_output_types_are_names_of_methods(rng):
    contrast = Contrast(rng.standard_normal(4), np.ones(4), dof=10)
    maps = contrast_maps(contrast, [*check_output_type("all"), "stat"])
    assert set(maps) == set(OUTPUT_TYPES) | {"stat"}
    assert {name: one.dtype for name, one in maps.items()} == {
        name: np.dtype("f8" if name == "p_value" else "f4") for name in maps
    }
    np.testing.assert_allclose(maps["stat"], contrast.stat(), rtol=1e-6)
    assert check_output_type("z_score") == ["z_score"]
    with pytest.raises(ContrastError, match="output_type is 'zmap'; expected one of"):
        check_output_type("zmap")


@pytest.mark.parametrize("n_rows", [1, 3])
def test_divergence_22_fixed_effects_of_arrays(rng, n_rows):
    """Weighted by precision, a run without variance has no weight."""
    effects, variances = (
        rng.standard_normal((2, n_rows, 4)),
        rng.uniform(1, 2, (2, 4)),
    )
    variances[0, 3] = 0.0
    plain = fixed_effect(effects, variances, False, [100, 100])
    mean = effects.mean(axis=0)
    np.testing.assert_allclose(plain.effect, mean[0] if n_rows == 1 else mean)
    np.testing.assert_allclose(plain.variance, variances.sum(axis=0) / 4)
    assert plain.dof == 200
    weighted = fixed_effect(effects, variances, True, [30, 40])
    expected = 1 / (1 / variances[:, :3]).sum(axis=0)
    np.testing.assert_allclose(weighted.variance[:3], expected)
    np.testing.assert_allclose(weighted.effect[..., 3], np.squeeze(effects[1, :, 3]))
    np.testing.assert_allclose(weighted.variance[3], variances[1, 3])
    assert weighted.dof == 70


@pytest.mark.parametrize("precision_weighted", [False, True])
def test_fixed_effects_of_voxels_without_variance_are_finite(precision_weighted):
    effects, variances = np.ones((2, 1, 3)), np.zeros((2, 3))
    variances[:, 0] = 1.0
    fixed = fixed_effect(effects, variances, precision_weighted, [100, 100])
    for values in (fixed.effect, fixed.variance, fixed.stat(), fixed.z_score()):
        assert np.isfinite(values).all()
    assert fixed.stat()[1:].tolist() == fixed.z_score()[1:].tolist() == [0, 0]
    np.testing.assert_allclose(fixed.stat()[0], np.sqrt(2))


@pytest.fixture
def images(rng):
    """Effects and variances of three runs, and a mask of half the grid."""
    nib = pytest.importorskip("nibabel")
    affine = np.diag([3.0, 3, 3, 1])
    effects = 5 + rng.standard_normal((3, 4, 4, 4))
    variances = rng.uniform(0.5, 2, (3, 4, 4, 4))
    inside = np.zeros((4, 4, 4), dtype=np.uint8)
    inside[:2] = 1

    def wrap(data):
        return [nib.Nifti1Image(one.astype(np.float32), affine) for one in data]

    mask = nib.Nifti1Image(inside, affine)
    return wrap(effects), wrap(variances), mask, (effects, variances, inside > 0)


def test_divergence_22_fixed_effects_of_images(images):
    """Three images, the z of the statistic on demand; 100 dof a run if not given."""
    effects, variances, mask, (e, v, inside) = images
    maps = compute_fixed_effects(effects, variances, mask)
    assert len(maps) == 3
    t = e.mean(axis=0) / np.sqrt(v.sum(axis=0) / 9)
    for got, expected in zip(maps, (e.mean(axis=0), v.sum(axis=0) / 9, t), strict=True):
        data = got.get_fdata()
        np.testing.assert_allclose(data[inside], expected[inside], rtol=1e-5)
        np.testing.assert_array_equal(data[~inside], 0)
    for dofs, total in ((None, 300), ([10, 20, 5], 35)):
        *_, z = compute_fixed_effects(
            effects, variances, mask, dofs=dofs, return_z_score=True
        )
        expected = Contrast(t[inside], np.ones(inside.sum()), dof=total).z_score()
        np.testing.assert_allclose(z.get_fdata()[inside], expected, rtol=1e-4)


def test_fixed_effects_weigh_runs_by_their_precision(images):
    effects, variances, mask, (e, v, inside) = images
    effect, variance, _ = compute_fixed_effects(
        effects, variances, mask, precision_weighted=True
    )
    total = 1 / np.sum(1 / v, axis=0)
    expected = np.sum(e / v, axis=0) * total
    np.testing.assert_allclose(variance.get_fdata()[inside], total[inside], rtol=1e-5)
    np.testing.assert_allclose(effect.get_fdata()[inside], expected[inside], rtol=1e-5)


def test_fixed_effects_of_different_numbers_of_images_are_errors(images):
    effects, variances, mask, _ = images
    with pytest.raises(ShapeError, match=r"contrast images \(3\).*images \(2\)"):
        compute_fixed_effects(effects, variances[:2], mask)
    with pytest.raises(ShapeError, match=r"of dofs \(2\) differ"):
        compute_fixed_effects(effects, variances, mask, dofs=[10, 10])


def test_a_map_of_p_is_not_zero_where_z_is_high():
    """Single precision ends at 1e-45, z = 14."""
    far = Contrast(np.array([25.0]), np.ones(1), dof=1000)
    assert 0 < contrast_maps(far, ["p_value"])["p_value"][0] < 1e-90


@pytest.mark.parametrize("dofmax", [np.array([1.0, 2.0]), "many", None])
def test_most_degrees_of_freedom_are_one_number(dofmax):
    with pytest.raises(TypeError, match=r"dofmax is .*; expected degrees of freedom"):
        Contrast(np.ones(2), np.ones(2), dof=5, dofmax=dofmax)
