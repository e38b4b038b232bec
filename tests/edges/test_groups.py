"""Groups and permutations at the edge, against SciPy, brute force and loops."""

from fractions import Fraction

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.edges.brute import brute_fit, tfce_of_every_height
from tests.oracle.naive_shuffles import least_squares, nuisance_of

from boldglm.core.graph import volume_graph
from boldglm.core.group_test import Asked, GroupTest
from boldglm.core.partition import partition
from boldglm.core.permutation_test import run_permutations
from boldglm.core.permute import plan_shuffles
from boldglm.core.tfce import MaxTfce, tfce
from boldglm.exceptions import DesignError, NotEstimableError
from boldglm.glm import threshold_stats_img
from boldglm.glm.second_level import SecondLevelModel, non_parametric_inference
from boldglm.mass_univariate import permuted_ols

N = 16


def images(Y):
    """An image for every row."""
    return [nib.Nifti1Image(row.reshape(-1, 1, 1), np.eye(4)) for row in Y]


def fitted(Y, X):
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    return SecondLevelModel(mask_img=False).fit(images(Y), design_matrix=frame)


def at(image):
    return image.get_fdata().ravel()


def assert_is_brute_force(Y, X, Z, rows, F, mix, rtol=1e-6):
    """The model, and the statistics that permutations begin with."""
    model, truth = fitted(Y, X), brute_fit(Y, Z)
    for row in rows:
        found = model.compute_contrast(row @ mix, output_type="all")
        np.testing.assert_allclose(at(found["stat"]), truth.t(row), rtol=rtol)
        error = np.sqrt(truth.variance(row))
        off = np.abs(at(found["effect_size"]) - truth.effect(row))
        assert (off <= rtol * np.maximum(error, np.abs(truth.effect(row)))).all()
        np.testing.assert_allclose(at(found["effect_variance"]), error**2, rtol=rtol)
        split = partition(X, row @ mix)
        np.testing.assert_allclose(first_statistic(Y, split), truth.t(row), rtol=rtol)
    basis = np.linalg.svd(F)[2][: np.linalg.matrix_rank(F)]
    asked = {"second_level_stat_type": "F", "output_type": "stat"}
    found = model.compute_contrast(F @ mix, **asked)
    np.testing.assert_allclose(at(found), truth.F(basis), rtol=rtol)
    split = partition(X, F @ mix, "F")
    np.testing.assert_allclose(first_statistic(Y, split), truth.F(basis), rtol=rtol)


def first_statistic(Y, split):
    plan = plan_shuffles(split, 5, 1)
    return GroupTest.prepare(Y, split, plan, Asked()).statistic


@pytest.fixture
def X(rng):
    """Two groups and an age."""
    return np.column_stack([np.ones(N), np.arange(N) % 2, rng.uniform(20, 60, N)])


@pytest.fixture
def Y(rng, X):
    return (X[:, 1:2] + rng.standard_normal((N, 6))).astype(np.float32)


@pytest.mark.parametrize("mean", [0.0, 1e5])
def test_a_mean_of_a_hundred_thousand_standard_deviations(mean, X, Y):
    Y = (Y + mean).astype(np.float32)
    F = np.array([[0.0, 1, 0], [0, 0, 1]])
    assert_is_brute_force(Y, X, X, np.eye(3), F, np.eye(3), rtol=3e-6)
    for group in ("stat", "p_value"):
        found = fitted(Y, X[:, :2]).compute_contrast("x1", output_type=group)
        exact = Y.astype(float) - mean
        test = stats.ttest_ind(exact[1::2], exact[::2], alternative="greater")
        expected = test.statistic if group == "stat" else test.pvalue
        np.testing.assert_allclose(at(found), expected, rtol=1e-6)


@pytest.mark.parametrize("mean", [1e3, 1e5, 1e6])
def test_arrays_of_double_precision_are_shuffled_as_such(mean, rng):
    """Single precision would round these differences away, from 1e-4 of them on."""
    group = np.resize([0.0, 1.0], N)
    Y = rng.standard_normal((N, 6)) + group[:, None]
    found = permuted_ols(group, Y + mean, n_perm=60, random_state=0)
    t = stats.ttest_ind(Y[1::2], Y[::2]).statistic
    np.testing.assert_allclose(found["t"][0], t, rtol=1e-15 * mean * 1e2)
    expected = permuted_ols(group, Y, n_perm=60, random_state=0)
    np.testing.assert_array_equal(found["p_max_t"], expected["p_max_t"])


def by_loop(data, design, contrast, two_sided, n_perm=60):
    """P of all voxels and of the family, one shuffle at a time."""
    split = partition(design, contrast)
    plan = plan_shuffles(split, n_perm, 1)
    found = run_permutations(GroupTest.prepare(data, split, plan, Asked(two_sided)))
    nuisance = nuisance_of(design, contrast)
    left = data - nuisance @ (np.linalg.pinv(nuisance) @ data)
    maps = np.array(
        [
            least_squares(sign[:, None] * left[order], design, contrast, "t")
            for order, sign in zip(*plan.draw(0, plan.n_draws + 1), strict=True)
        ]
    )
    maps = np.abs(maps) if two_sided else maps
    reached = maps >= maps[0] - 1e-9 * np.abs(maps[0])
    largest = maps.max(axis=1)[:, None] >= maps[0] - 1e-9 * np.abs(maps[0])
    return found, reached.mean(axis=0), largest.mean(axis=0)


@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize("mean", [0.0, 1e5])
def test_p_of_large_means(mean, two_sided, X, Y):
    """What is shuffled is what the nuisance leaves, in double precision."""
    data = (Y + mean).astype(np.float32).astype(float)
    found, alone, family = by_loop(data, X, [0.0, 1, 0], two_sided)
    np.testing.assert_array_equal(found.uncorrected(), alone)
    np.testing.assert_array_equal(found.corrected("stat"), family)


def test_a_mean_that_is_all_there_is(rng):
    """Signs are flipped of effects 1e5 times their spread: p is the smallest there is.

    Their t are compared with those of extended precision.
    """
    Y = (1e5 + rng.standard_normal((8, 5))).astype(np.float32)
    found = permuted_ols(np.ones(8), Y, model_intercept=False, n_perm=1000)
    exact = Y.astype(np.longdouble)
    t = exact.mean(axis=0) / (exact.std(axis=0, ddof=1) / np.sqrt(np.longdouble(8)))
    np.testing.assert_allclose(found["t"][0], t.astype(float), rtol=1e-5)
    np.testing.assert_array_equal(found["p_t"], 2 / 256)
    model = fitted(Y, np.ones((8, 1)))
    stat = model.compute_contrast(output_type="stat")
    np.testing.assert_allclose(at(stat), t.astype(float), rtol=1e-6)


def test_two_subjects(rng):
    """One degree of freedom: t is Cauchy, and z of any t is finite."""
    Y = np.array([[1.0, 1, 1, 1e4], [1.5, -1, 1 + 2.0**-20, -1e-4]], np.float32)
    model = fitted(Y, np.ones((2, 1)))
    test = stats.ttest_1samp(Y.astype(float), 0, alternative="greater")
    found = model.compute_contrast(output_type="all")
    np.testing.assert_allclose(at(found["stat"]), test.statistic, rtol=1e-6)
    np.testing.assert_allclose(at(found["p_value"]), test.pvalue, rtol=1e-6)
    z = stats.norm.isf(stats.t.sf(test.statistic, 1))
    np.testing.assert_allclose(at(found["z_score"]), z, rtol=1e-5, atol=1e-6)
    with pytest.raises(DesignError, match="no degree of freedom"):
        fitted(Y, np.eye(2))


@pytest.mark.parametrize("n_voxels", [1, 2])
@pytest.mark.parametrize("two_sided", [True, False])
def test_one_voxel(n_voxels, two_sided, rng):
    """P of the family of one is its own; its enhancement is that of its height."""
    data = 0.5 + rng.standard_normal((7, n_voxels))
    mask = nib.Nifti1Image(np.ones((n_voxels, 1, 1), np.uint8), np.eye(4))
    found = non_parametric_inference(
        images(data.astype(np.float32)),
        design_matrix=pd.DataFrame({"mean": np.ones(7)}),
        mask=mask,
        n_perm=1000,
        two_sided_test=two_sided,
        threshold=0.4,
        tfce=True,
        step_down=True,
    )
    flips = np.array(np.meshgrid(*[[1, -1]] * 7)).reshape(7, -1).T
    exact = data.astype(np.float32).astype(float)
    t = np.array([stats.ttest_1samp(exact * f[:, None], 0).statistic for f in flips])
    size = np.abs(t) if two_sided else t
    seen = size[0] - 1e-9
    np.testing.assert_allclose(at(found["t"]), t[0], rtol=1e-6)
    np.testing.assert_allclose(at(found["p_t"]), (size >= seen).mean(axis=0))
    family = (size.max(axis=1)[:, None] >= seen).mean(axis=0)
    np.testing.assert_allclose(at(found["p_max_t"]), family)
    if n_voxels == 1:
        for name in ("p_step_down_t", "p_max_tfce"):
            np.testing.assert_allclose(at(found[name]), family)
        np.testing.assert_allclose(at(found["tfce"]), np.sign(t[0]) * size[0] ** 3 / 3)


@pytest.mark.slow
def test_five_hundred_regressors(rng):
    """Of 520 subjects; a session each for most of them."""
    X = rng.standard_normal((520, 500))
    Y = (X[:, :1] + rng.standard_normal((520, 2))).astype(np.float32)
    rows = np.eye(500)[[0]]
    F = np.eye(500)[:3]
    assert_is_brute_force(Y, X, X, rows, F, np.eye(500), rtol=1e-5)


def test_rank_one(Y):
    weights = np.array([[1.0, -2, 1e4, 1e-3, 0]])
    X = np.ones((N, 1)) @ weights
    assert_is_brute_force(Y, X, np.ones((N, 1)), [np.ones(1)], np.ones((1, 1)), weights)
    with pytest.raises(NotEstimableError):
        fitted(Y, X).compute_contrast("x0")
    found = permuted_ols(np.ones(N), Y, n_perm=50, model_intercept=False)
    t = stats.ttest_1samp(Y.astype(float), 0).statistic
    np.testing.assert_allclose(found["t"][0], t, rtol=1e-9)


def collinear(X, rng):
    """Ages in years and in months, to seven digits; ``X = Z mix``."""
    Z = np.column_stack([X, rng.standard_normal(N)])
    twin = X[:, 2] + 1e-7 * np.linalg.norm(X[:, 2]) * Z[:, 3]
    other = np.column_stack([X, twin])
    Z[:, 3] = (twin - X[:, 2]) * 1e5
    mix = np.eye(4)
    mix[2, 3], mix[3, 3] = 1, 1e-5
    return other, Z, mix


def test_columns_that_differ_by_1e_7(X, Y, rng):
    other, Z, mix = collinear(X, rng)
    F = np.eye(4)[1:]
    rows = [*np.eye(4), np.array([0, 0, 1.0, 1e5])]
    assert_is_brute_force(Y, other, Z, rows, F, mix, rtol=2e-6)


def test_f_of_columns_that_differ_by_1e_7(X, Y, rng):
    other, Z, _ = collinear(X, rng)
    model = fitted(Y, other)
    F = at(model.compute_contrast(np.eye(4)[2:], output_type="stat"))
    np.testing.assert_allclose(F, brute_fit(Y, Z).F(np.eye(4)[2:]), rtol=1e-6)


def test_shuffled_f_of_columns_that_differ_by_1e_7(X, Y, rng):
    """The rows one and the other, and the shared part and the difference."""
    other, Z, mix = collinear(X, rng)
    expected = brute_fit(Y, Z).F(np.eye(4)[2:])
    for rows in (np.eye(4)[2:], mix[2:]):
        found = first_statistic(Y, partition(other, rows))
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_constant_columns(X, Y):
    other = np.column_stack([X, 5 * X[:, 0], 0 * X[:, 0]])
    mix = np.pad(np.eye(3), ((0, 0), (0, 2)))
    mix[0, 3] = 5
    F = np.eye(3)[1:]
    assert_is_brute_force(Y, other, X, np.eye(3), F, mix)
    with pytest.raises(NotEstimableError):
        fitted(Y, other).compute_contrast("x0")
    asked = {"n_perm": 30, "random_state": 0}
    with pytest.warns(UserWarning, match="More than one column"):
        found = permuted_ols(X[:, 1], Y, other[:, [0, 2, 3, 4]], **asked)
    expected = permuted_ols(X[:, 1], Y, X[:, 2], **asked)
    np.testing.assert_allclose(found["t"], expected["t"], rtol=1e-9)
    np.testing.assert_array_equal(found["p_max_t"], expected["p_max_t"])


def test_constant_voxels(X, Y):
    """What the nuisance explains is never found, and hides nothing beside it."""
    Y = Y.copy()
    Y[:, 1], Y[:, 4] = 1e5 + 1 / 128, 0.1
    found = fitted(Y, X).compute_contrast("x1", output_type="all")
    assert not at(found["stat"])[[1, 4]].any()
    assert not at(found["z_score"])[[1, 4]].any()
    live, asked = [0, 2, 3, 5], {"n_perm": 60, "random_state": 0}
    shuffled = permuted_ols(X[:, 1], Y, X[:, 2], **asked)
    alone = permuted_ols(X[:, 1], Y[:, live], X[:, 2], **asked)
    assert not shuffled["t"][0, [1, 4]].any()
    np.testing.assert_array_equal(shuffled["p_t"][0, [1, 4]], 1)
    np.testing.assert_allclose(shuffled["t"][0, live], alone["t"][0], rtol=1e-12)
    for name in ("p_t", "p_max_t"):
        np.testing.assert_array_equal(shuffled[name][0, live], alone[name][0])
    np.testing.assert_allclose(shuffled["h0_max_t"], alone["h0_max_t"], rtol=1e-6)


@pytest.mark.parametrize("units", [1.0, 1e6])
def test_f_of_many_redundant_rows(units, X, Y, rng):
    mix = np.diag([1.0, units, 1 / units])
    rows = rng.standard_normal((200, 2)) @ np.eye(3)[1:]
    rows[11] = 0
    assert_is_brute_force(Y, X @ mix, X, np.eye(3), rows, mix)
    few = GroupTest.prepare(
        Y,
        partition(X, np.eye(3)[1:]),
        plan_shuffles(partition(X, np.eye(3)[1:]), 80, 1),
        Asked(),
    )
    split = partition(X @ mix, rows @ mix)
    many = GroupTest.prepare(Y, split, plan_shuffles(split, 80, 1), Asked())
    assert split.dim == 2
    one, two = run_permutations(few), run_permutations(many)
    np.testing.assert_array_equal(one.uncorrected(), two.uncorrected())
    np.testing.assert_array_equal(one.corrected("stat"), two.corrected("stat"))


# Enhancement


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "heights",
    ["a hundred thousand and one", "next to nothing", "ten magnitudes", "few values"],
)
def test_enhancement_of_any_heights(heights, dtype, rng):
    shape = (5, 4, 4)
    noise = rng.standard_normal(shape)
    volume = {
        "a hundred thousand and one": 1e5 + noise,
        "next to nothing": 1e-12 * noise,
        "ten magnitudes": 10.0 ** (5 * noise / np.abs(noise).max()),
        "few values": np.rint(noise),
    }[heights].astype(dtype)
    graph = volume_graph(np.ones(shape, bool), 6)
    expected = tfce_of_every_height(volume, None).ravel()
    found = tfce(volume.ravel(), graph)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=0)
    most = MaxTfce(graph)
    largest = most.largest(volume.ravel(), most.workspace(), 1)
    np.testing.assert_allclose(largest, expected.max(), rtol=1e-6)


def test_enhancement_of_a_long_ramp_is_a_sum_of_powers():
    """A chain of steps 1 … n, each of which a node more reaches: sums of powers."""
    n = 200_000
    graph = volume_graph(np.ones((n, 1, 1), bool), 6)
    found = tfce(np.arange(1.0, n + 1), graph, extent=1.0, height=1.0)
    # at height h there are n - h + 1 nodes: sum over h of (n - h + 1) (h^2 - (h-1)^2)/2
    top = sum(Fraction((n - h + 1) * (2 * h - 1), 2) for h in range(1, n + 1))
    np.testing.assert_allclose(found[-1], float(top), rtol=1e-12)
    np.testing.assert_allclose(found[0], n / 2)


@pytest.mark.parametrize("control", ["fpr", "fdr", "bonferroni"])
def test_thresholds_of_one_voxel_and_of_huge_z(control):
    for values in ([4.0], [37.0, 40.0, 300.0, -1e4], [0.0, 5.0]):
        z = nib.Nifti1Image(np.array(values, np.float32)[:, None, None], np.eye(4))
        cut, height = threshold_stats_img(z, alpha=0.01, height_control=control)
        assert np.isfinite(height)
        kept = np.abs(values) >= height
        np.testing.assert_array_equal(at(cut), np.where(kept, values, 0))
        assert kept.sum() == np.count_nonzero(values)
