"""Permutation tests of arrays: what is tested, told, refused."""

import io
import warnings
from contextlib import redirect_stdout

import nibabel as nib
import numpy as np
import pytest
from scipy import stats

from boldglm.core.graph import Graph, volume_graph
from boldglm.core.tfce import tfce
from boldglm.exceptions import (
    DesignError,
    DesignWarning,
    ImageWarning,
    NotEstimableError,
    ShapeError,
)
from boldglm.maskers import NiftiMasker
from boldglm.mass_univariate import permuted_ols

SHAPE = (5, 6, 4)
N = 14


@pytest.fixture
def maps(rng, readonly):
    data = rng.standard_normal((N, np.prod(SHAPE)))
    data[:, 40:46] += 1.5
    return readonly(data)


@pytest.fixture
def age(rng, readonly):
    return readonly(rng.uniform(20, 40, N))


@pytest.fixture
def masker():
    return NiftiMasker(nib.Nifti1Image(np.ones(SHAPE, np.uint8), np.eye(4))).fit()


def slope_t(data, x, confounds):
    """T of the first column, by least squares."""
    X = np.column_stack([x, confounds])
    inverse = np.linalg.pinv(X)
    left = data - X @ (inverse @ data)
    variance = (left**2).sum(axis=0) / (len(X) - np.linalg.matrix_rank(X))
    return (inverse @ data)[0] / np.sqrt(variance * (inverse @ inverse.T)[0, 0])


def test_a_constant_is_tested_by_flipping_signs(maps):
    found = permuted_ols(np.ones(N), maps, n_perm=99, random_state=1)
    assert found.scheme.startswith("99 sign flips: the contrast tests a mean")
    expected = stats.ttest_1samp(maps, 0).statistic
    np.testing.assert_allclose(found["t"][0], expected, rtol=1e-9)
    assert found["t"].shape == found["logp_max_t"].shape == (1, maps.shape[1])
    assert found["h0_max_t"].shape == (1, 99)
    assert np.all(np.diff(found["h0_max_t"][0]) >= 0)
    by_hand = 1 + (found["h0_max_t"] >= np.abs(expected)[:, None] - 1e-5).sum(axis=1)
    np.testing.assert_allclose(found["p_max_t"][0], by_hand / 100)


@pytest.mark.parametrize("two_sided", [True, False])
def test_one_and_two_sides(maps, two_sided):
    options = {"n_perm": 199, "random_state": 1, "two_sided_test": two_sided}
    p = permuted_ols(np.ones(N), maps, **options)["p_t"][0]
    mirrored = permuted_ols(np.ones(N), -maps, **options)["p_t"][0]
    if two_sided:
        np.testing.assert_array_equal(p, mirrored)
    else:
        assert p[np.argmax(maps.mean(axis=0))] < 0.01
        assert mirrored[np.argmax(maps.mean(axis=0))] > 0.9


def test_a_variable_is_tested_beside_confounds_and_a_constant(maps, age, rng):
    confounds = rng.standard_normal((N, 2))
    found = permuted_ols(age, maps, confounding_vars=confounds, n_perm=49)
    assert found.scheme.startswith("49 permutations: the contrast compares rows")
    expected = slope_t(maps, age, np.column_stack([confounds, np.ones(N)]))
    np.testing.assert_allclose(found["t"][0], expected, rtol=1e-9)
    bare = permuted_ols(
        age, maps, confounding_vars=confounds, model_intercept=False, n_perm=49
    )
    np.testing.assert_allclose(bare["t"][0], slope_t(maps, age, confounds), rtol=1e-9)


def test_divergence_6_an_intercept_among_the_confounds_does_not_flip_signs(maps, age):
    explicit = permuted_ols(
        age, maps, confounding_vars=np.ones((N, 1)), n_perm=199, random_state=4
    )
    implicit = permuted_ols(age, maps, n_perm=199, random_state=4)
    assert explicit.scheme == implicit.scheme
    assert "permutations" in explicit.scheme
    np.testing.assert_array_equal(explicit["h0_max_t"], implicit["h0_max_t"])
    asked = permuted_ols(age, maps, n_perm=199, exchange="sign-flip")
    assert asked.scheme == "199 sign flips: as asked"


def test_variables_are_tested_one_by_one(maps, age, rng):
    other = rng.standard_normal(N)
    both = permuted_ols(np.column_stack([age, other]), maps, n_perm=29, random_state=0)
    for row, variable in enumerate((age, other)):
        alone = permuted_ols(variable, maps, n_perm=29, random_state=0)
        for name, values in alone.items():
            np.testing.assert_array_equal(both[name][row], values[0])


def test_divergence_7_results_do_not_depend_on_the_number_of_threads(maps, age, masker):
    options = {"masker": masker, "tfce": True, "threshold": 0.01, "step_down": True}
    found = [
        permuted_ols(age, maps, n_perm=60, random_state=3, n_jobs=n_jobs, **options)
        for n_jobs in (1, 2, 3, -1)
    ]
    for other in found[1:]:
        assert all(np.array_equal(found[0][name], other[name]) for name in other)


def test_more_permutations_continue_the_sequence(maps, age):
    few, more = (
        permuted_ols(age, maps, n_perm=n, random_state=3)["h0_max_t"][0]
        for n in (50, 80)
    )
    assert set(few) < set(more)


@pytest.mark.parametrize("seed", [3, np.int64(3), np.random.RandomState(2), None])
def test_random_states(maps, seed):
    found = permuted_ols(np.ones(N), maps[:, :5], n_perm=9, random_state=seed)
    assert found["h0_max_t"].shape == (1, 9)


def test_few_possible_shuffles_are_all_done(rng):
    data = rng.standard_normal((8, 30))
    found = permuted_ols(np.repeat([0, 1], 4), data, n_perm=1000)
    assert found.scheme.startswith("all 70 permutations")
    assert found["h0_max_t"].shape == (1, 69)
    with pytest.warns(DesignWarning, match="Only 8 different shuffles"):
        permuted_ols(np.ones(3), data[:3], n_perm=1000)


def test_clusters_and_enhancement(maps, masker):
    options = {"n_perm": 49, "random_state": 0, "tfce": True, "threshold": 0.01}
    found = permuted_ols(np.ones(N), maps, masker=masker, **options)
    graph = volume_graph(np.ones(SHAPE, bool))
    enhanced = tfce(found["t"][0].astype(np.float32), graph, two_sided=True)
    np.testing.assert_allclose(found["tfce"][0], enhanced, rtol=1e-4)
    height = stats.t.isf(0.005, N - 1)
    above = np.abs(found["t"][0]) > height
    np.testing.assert_array_equal(found["size"][0] > 0, above)
    assert np.all(found["p_max_size"][0][~above] == 1)
    top = np.argmax(found["mass"][0])
    assert found["mass"][0, top] > np.abs(found["t"][0, top]) - height - 1e-4
    for name in ("size", "mass", "tfce"):
        assert found[f"h0_max_{name}"].shape == (1, 49)
        np.testing.assert_allclose(
            found[f"logp_max_{name}"], -np.log10(found[f"p_max_{name}"]), atol=1e-12
        )
    same = permuted_ols(np.ones(N), maps, masker=graph, **options)
    np.testing.assert_array_equal(found["p_max_tfce"], same["p_max_tfce"])


def test_surfaces_are_graphs(rng):
    ring = Graph([0, 2, 4, 6], [1, 2, 0, 2, 0, 1], areas=np.array([1.0, 2.0, 0.5]))
    data = rng.standard_normal((10, 3)) + 2
    found = permuted_ols(np.ones(10), data, n_perm=20, masker=ring, threshold=0.05)
    assert found["size"].max() == 3.5


def test_blocks_limit_what_is_exchanged(maps):
    condition, subject = np.tile([0, 1], N // 2), np.repeat(np.arange(N // 2), 2)
    own = np.repeat(np.eye(N // 2), 2, axis=0)
    found = permuted_ols(
        condition, maps, confounding_vars=own, blocks=subject, n_perm=1000
    )
    assert found.scheme.startswith("all 128 permutations within blocks")
    paired = stats.ttest_rel(maps[1::2], maps[::2]).statistic
    np.testing.assert_allclose(found["t"][0], paired, rtol=1e-8)
    # exchanging the two of a pair is flipping the sign of their difference
    flipped = permuted_ols(np.ones(N // 2), maps[1::2] - maps[::2], n_perm=1000)
    np.testing.assert_allclose(found["p_max_t"], flipped["p_max_t"])
    np.testing.assert_allclose(found["h0_max_t"], flipped["h0_max_t"], rtol=1e-4)


def test_variance_groups_give_welch_statistics(maps):
    group = np.repeat([0, 1], [5, N - 5])
    found = permuted_ols(group, maps, variance_groups=group, n_perm=19)
    expected = stats.ttest_ind(maps[5:], maps[:5], equal_var=False).statistic
    np.testing.assert_allclose(found["t"][0], expected, rtol=1e-4)


def test_step_down_and_smooth_tails(maps):
    found = permuted_ols(np.ones(N), maps, n_perm=199, random_state=1, step_down=True)
    assert np.all(found["p_step_down_t"] <= found["p_max_t"])
    smooth = permuted_ols(
        np.ones(N), maps * 1.0, n_perm=199, random_state=1, tail="gpd"
    )
    large = found["p_max_t"] >= 0.1
    np.testing.assert_array_equal(smooth["p_max_t"][large], found["p_max_t"][large])


def test_no_permutations_give_statistics(maps, masker):
    found = permuted_ols(np.ones(N), maps, n_perm=0, masker=masker, tfce=True)
    assert set(found) == {"t", "tfce"}


def test_what_is_done_is_told(maps):
    said = io.StringIO()
    with redirect_stdout(said):
        permuted_ols(np.ones(N), maps, n_perm=9, verbose=0)
    assert said.getvalue() == ""


def test_the_old_tuple(maps):
    with pytest.warns(FutureWarning, match="deprecated"):
        logp, t, h0 = permuted_ols(np.ones(N), maps, n_perm=9, output_type="legacy")
    assert logp.shape == t.shape == (1, maps.shape[1])
    assert h0.shape == (1, 9)


def test_columns_of_zeros_take_no_part(maps):
    empty = np.array(maps)
    empty[:, 3] = 0
    with pytest.warns(ImageWarning, match="1 of 120 descriptors"):
        found = permuted_ols(np.ones(N), empty, n_perm=19)
    assert found["t"][0, 3] == 0
    assert found["p_max_t"][0, 3] == 1


def test_a_second_constant_is_told(maps):
    with pytest.warns(DesignWarning, match="More than one column"):
        found = permuted_ols(np.ones(N), maps, np.full((N, 1), 3.0), n_perm=9)
    expected = stats.ttest_1samp(maps, 0).statistic
    np.testing.assert_allclose(found["t"][0], expected, rtol=1e-9)


NOT = np.ones(N)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"threshold": 3.0}, ValueError, r"threshold is 3.0; expected a p value"),
        ({"threshold": 3.0}, ValueError, r"pass threshold=0.00135"),
        ({"threshold": 0}, ValueError, "above 0 and below 1"),
        ({"threshold": True}, ValueError, "expected a p value"),
        ({"threshold": 0.8, "two_sided_test": False}, ValueError, "0.5 at most"),
        ({"tfce": True, "masker": None}, ValueError, "a masker must be provided"),
        ({"masker": 3, "tfce": True}, ValueError, "masker is 3"),
        ({"n_jobs": 0}, ValueError, "n_jobs is 0"),
        ({"n_perm": -1}, ValueError, "n_perm is -1"),
        ({"n_perm": 2.5}, ValueError, "n_perm is 2.5"),
        ({"output_type": "list"}, ValueError, "output_type is 'list'"),
        ({"exchange": "swap"}, ValueError, "'swap'; expected one of 'auto'"),
        ({"exchange": "permutation"}, DesignError, "tests a mean"),
        ({"blocks": [1, 2]}, DesignError, r"blocks have shape \(2,\)"),
        ({"block_exchange": "all"}, ValueError, "block_exchange is 'all'"),
        (
            {"tested_vars": np.eye(N)[0], "variance_groups": np.eye(N)[0]},
            DesignError,
            "variance group 1.0 leaves",
        ),
        ({"tail": "gamma"}, ValueError, "tail is 'gamma'"),
        ({"random_state": "x"}, TypeError, "random_state is 'x'"),
        ({"tested_vars": np.array(["a"] * N)}, TypeError, "numerical or boolean"),
        ({"tested_vars": np.ones(3)}, ShapeError, "a row for each sample"),
        ({"tested_vars": np.full(N, np.nan)}, ShapeError, "not finite in row 0"),
        ({"target_vars": np.ones(N)}, ShapeError, "2D array"),
        ({"confounding_vars": np.ones((3, 1))}, ShapeError, "confounding_vars"),
        (
            {"tested_vars": NOT * np.arange(N), "confounding_vars": np.arange(N)},
            NotEstimableError,
            "combination of the confounds",
        ),
        (
            {"confounding_vars": [["patient"]] * N},
            TypeError,
            "'confounding_vars' must contain numbers",
        ),
        ({"connectivity": 7, "tfce": True}, ValueError, "connectivity is 7"),
    ],
)
def test_mistakes(maps, masker, change, error, words):
    given = {"tested_vars": NOT, "target_vars": maps, "masker": masker, "n_perm": 9}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(error, match=words):
            permuted_ols(**(given | change))


def test_a_masker_of_other_voxels(maps, masker):
    with pytest.raises(ShapeError, match=r"7 columns, the masker 120 voxels"):
        permuted_ols(np.ones(N), maps[:, :7], masker=masker, tfce=True)


def test_data_that_are_not_finite(maps):
    broken = np.array(maps)
    broken[2, 11] = np.nan
    with pytest.raises(ShapeError, match="voxel 11 are not finite"):
        permuted_ols(np.ones(N), broken, n_perm=9)


def test_variables_with_fewer_possible_shuffles_end_in_nan(rng):
    data = rng.standard_normal((8, 20))
    tested = np.column_stack([np.repeat([0.0, 1.0], 4), rng.standard_normal(8)])
    found = permuted_ols(tested, data, n_perm=100, random_state=0)
    assert found["h0_max_t"].shape == (2, 100)
    assert np.isfinite(found["h0_max_t"]).sum(axis=1).tolist() == [69, 100]
    assert found.scheme.startswith("all 70 permutations")
    assert "; 100 permutations" in found.scheme


def test_a_confound_of_zeros_is_no_intercept(maps, age):
    zeros = permuted_ols(age, maps, np.zeros((N, 1)), n_perm=9, random_state=0)
    none = permuted_ols(age, maps, n_perm=9, random_state=0)
    np.testing.assert_allclose(zeros["t"], none["t"], rtol=1e-9)


def test_families_flip_as_a_whole_where_a_mean_is_tested(rng):
    """Their errors go together; one by one flips would take that for certainty."""
    family = np.repeat(np.arange(10), 2)
    errors = []
    for seed in range(60):
        noise = np.random.default_rng(seed)
        data = (
            noise.standard_normal((20, 1)) + 2 * noise.standard_normal((10, 1))[family]
        )
        found = permuted_ols(
            np.ones(20), data, blocks=family, n_perm=199, random_state=seed
        )
        errors.append(found["p_t"][0, 0] <= 0.1)
    assert "of whole blocks" in found.scheme.partition(":")[0]
    assert np.mean(errors) < 0.2  # 0.3 and more where each flips by itself
