"""Data and design made ready: what the nuisance leaves, at length one."""

import numpy as np
import pytest
from scipy import stats
from tests.oracle.naive_shuffles import CASES, least_squares

from boldglm._base.errors import DesignError, ShapeError
from boldglm.core.graph import volume_graph
from boldglm.core.group_test import (
    Asked,
    ClusterAsk,
    GroupTest,
    TfceAsk,
    correlation_to_statistic,
    group_freedom,
)
from boldglm.core.maxstat import shuffle
from boldglm.core.partition import partition
from boldglm.core.permute import plan_shuffles

TWO = np.repeat(np.eye(2), [4, 6], axis=0)


def prepared(data, design, contrast, variance_groups=None, asked=None, **how):
    split = partition(design, contrast)
    plan = plan_shuffles(split, how.pop("n_draws", 50), 0, **how)
    return GroupTest.prepare(data, split, plan, asked or Asked(), variance_groups)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
@pytest.mark.parametrize("n_voxels", [1, 2048, 4100])
def test_statistics_are_those_of_least_squares(dtype, n_voxels, rng, readonly):
    design, contrast, kind, _ = CASES["groups beside two covariates"]
    data = readonly((100 * rng.standard_normal((11, n_voxels))).astype(dtype))
    test = prepared(data, design, contrast)
    expected = least_squares(data.astype(float), design, contrast, kind)
    np.testing.assert_allclose(test.statistic, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(test.unit, axis=0), 1, rtol=1e-6)
    np.testing.assert_allclose(test.split.nuisance @ test.unit, 0, atol=1e-6)
    assert test.unit.dtype == np.float32
    assert test.n_voxels == n_voxels


def test_what_a_correlation_means_is_scipys(rng):
    x, y = rng.standard_normal((2, 15))
    design = np.column_stack([x, np.ones(15)])
    split = partition(design, [1, 0])
    r = stats.pearsonr(x, y).statistic
    t = correlation_to_statistic(np.array([r]), split)
    assert 2 * stats.t.sf(abs(t[0]), 13) == pytest.approx(stats.pearsonr(x, y).pvalue)
    F = correlation_to_statistic(np.array([r]), partition(design, [1, 0], "F"))
    assert F[0] == pytest.approx(t[0] ** 2)


@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize("step_down", [True, False])
@pytest.mark.parametrize("contrast", [[1, -1, 0], [[1, 0, 0], [0, 1, 0]]])
def test_voxels_that_the_nuisance_explains_never_win(
    contrast, step_down, two_sided, rng
):
    slope = np.linspace(-3, 8, 10)
    data = rng.standard_normal((10, 5)).astype(np.float32)
    data[:, 1] = 0
    data[:, 2] = 7.3 * slope
    explained = [1, 2]
    if np.ndim(contrast) == 1:
        data[:, 3] = 1234.5678
        data[:, 4] = 0.1 + 3 * slope
        explained = [1, 2, 3, 4]
    asked = Asked(two_sided, step_down)
    test = prepared(data, np.column_stack([TWO, slope]), contrast, asked=asked)
    assert not test.unit[:, explained].any()
    assert not test.statistic[explained].any()
    null = shuffle(test)
    np.testing.assert_array_equal(null.reached[explained], null.n_draws)
    assert np.isfinite(null.maxima["stat"]).all()


@pytest.mark.parametrize("group", [None, [0] * 4 + [1] * 6])
@pytest.mark.parametrize("asked", [Asked(), Asked(step_down=True)])
@pytest.mark.parametrize("contrast", [[1, -1], [[1, -1], [1, 0]]])
def test_effects_with_hardly_any_noise_are_large_not_infinite(
    contrast, asked, group, rng
):
    data = rng.standard_normal((10, 3))
    data[:, 0] = TWO[:, 0] * 5 - 2 + 1e-5 * data[:, 0]
    data[:, 1] = (TWO[:, 1] + 1e-5 * data[:, 1]) * 1e-20
    test = prepared(data, TWO, contrast, group, asked)
    null = shuffle(test, 0)
    assert np.isfinite(test.statistic).all()
    assert np.isfinite(null.maxima["stat"]).all()
    assert (np.abs(test.statistic[:2]) > 1e5).all()
    assert null.maxima["stat"][0] > 1e3
    if np.ndim(contrast) == 1:
        assert test.statistic[0] > 0 > test.statistic[1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("contrast", [[1, -1], [[1, -1], [1, 0]]])
def test_voxels_without_noise_say_nothing(contrast, dtype, rng):
    data = rng.standard_normal((10, 3)).astype(dtype)
    data[:, 0] = 0.1 + 0.7 * TWO[:, 0]
    test = prepared(data, TWO, contrast)
    assert test.statistic[0] == 0
    assert not test.unit[:, 0].any()
    null = shuffle(test)
    assert null.reached[0] == null.n_draws


def test_an_f_has_one_side(rng):
    data = rng.standard_normal((10, 3))
    assert prepared(data, TWO, [1, -1]).two_sided
    assert not prepared(data, TWO, np.eye(2)).two_sided
    assert not prepared(data, TWO, [1, -1], asked=Asked(two_sided=False)).two_sided


def test_what_needs_whole_maps():
    graph = volume_graph(np.ones((1, 1, 2), bool))
    assert not Asked().whole_maps
    for asked in (
        Asked(step_down=True),
        Asked(clusters=ClusterAsk(graph, 2.0)),
        Asked(tfce=TfceAsk(graph)),
        Asked(pivots=True),
    ):
        assert asked.whole_maps


def test_freedom_of_groups_adds_up_to_that_of_the_design(rng):
    design = np.column_stack([TWO, rng.standard_normal(10)])
    split = partition(design, [1, -1, 0])
    group = np.arange(10) % 3
    forming = np.eye(10) - design @ np.linalg.pinv(design)
    expected = [np.diag(forming)[group == g].sum() for g in range(3)]
    np.testing.assert_allclose(group_freedom(split, group), expected)
    assert group_freedom(split, group).sum() == pytest.approx(split.dof)


@pytest.mark.parametrize(
    ("data", "groups", "error", "message"),
    [
        (np.ones(10), None, ShapeError, r"shape \(10,\), the design has 10 rows"),
        (np.ones((9, 3)), None, ShapeError, r"shape \(9, 3\).*expected a row"),
        (np.ones((10, 0)), None, ShapeError, "no voxels; expected one or more"),
        (np.ones((10, 3)), [1, 2], DesignError, r"variance groups have shape \(2,\)"),
        (np.ones((10, 3)), [*"aaaaaaaaa", None], DesignError, r"the rows \[9\]"),
    ],
)
def test_what_does_not_fit_is_said(data, groups, error, message):
    with pytest.raises(error, match=message):
        prepared(data, TWO, [1, -1], groups)


@pytest.mark.parametrize("spread", [0.0, 0.25])
def test_a_variance_needs_a_degree_of_freedom(spread):
    waves = spread * np.sin(np.arange(10))
    design = np.column_stack([TWO, np.eye(10)[0] + waves])
    message = r"variance group lone leaves .* degrees of freedom.*join groups"
    with pytest.raises(DesignError, match=message):
        prepared(np.ones((10, 2)), design, [1, -1, 0], ["lone", *["rest"] * 9])


def test_the_first_voxel_that_is_not_finite_is_named(rng):
    data = rng.standard_normal((10, 5000))
    data[3, 3000] = np.nan
    data[1, 4999] = np.inf
    with pytest.raises(ShapeError, match="voxel 3000 are not finite; leave out"):
        prepared(data, TWO, [1, -1])
