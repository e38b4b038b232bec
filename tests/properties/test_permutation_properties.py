"""Laws of permutation tests, for data and designs of any kind."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boldglm.core.group_test import Asked, GroupTest
from boldglm.core.maxstat import shuffle
from boldglm.core.partition import partition
from boldglm.core.permutation_test import run_permutations
from boldglm.core.permute import plan_shuffles

SEEDS = st.integers(0, 2**32 - 1)
NAMES = st.sampled_from(["mean", "groups", "slope", "F", "mean and slope"])
SIDES = st.booleans()
N, N_VOXELS = 7, 12


def problem(name, seed):
    """Data, design and contrast."""
    rng = np.random.default_rng(seed)
    one, slope = np.ones(N), rng.standard_normal(N)
    groups = np.eye(3)[[0, 0, 0, 1, 1, 2, 2]]
    design, contrast = {
        "mean": (one[:, None], [1]),
        "groups": (groups[:, :2] + groups[:, 2:], [1, -1]),
        "slope": (np.column_stack([one, slope]), [0, 1]),
        "F": (groups, [[1, -1, 0], [0, 1, -1]]),
        "mean and slope": (np.column_stack([one, slope]), [1, 0]),
    }[name]
    data = rng.standard_normal((N, N_VOXELS)) + rng.normal(0, 1, (1, N_VOXELS))
    data[:3] += rng.normal(0, 2, N_VOXELS)
    return data, design, np.array(contrast, float)


def run(data, design, contrast, two_sided=True, n_draws=6000, step_down=True, **how):
    split = partition(design, contrast)
    plan = plan_shuffles(split, n_draws, 1, **how)
    asked = Asked(two_sided, step_down)
    return run_permutations(GroupTest.prepare(data, split, plan, asked))


def all_p(found):
    return np.array([found.uncorrected(), found.corrected("stat"), found.step_down()])


@settings(max_examples=25)
@given(NAMES, SEEDS, SIDES, st.floats(1e-6, 1e6))
def test_units_of_data_and_regressors_do_not_count(name, seed, two_sided, scale):
    data, design, contrast = problem(name, seed)
    expected = run(data, design, contrast, two_sided, 200)
    rows = np.linspace(1, 3, N_VOXELS) * scale
    found = run(data * rows, design * 7.0, contrast * 0.3, two_sided, 200)
    np.testing.assert_array_equal(all_p(found), all_p(expected))
    stat = found.maps["stat"]
    np.testing.assert_allclose(stat, expected.maps["stat"], rtol=1e-8, atol=1e-8)


@settings(max_examples=25)
@given(NAMES, SEEDS, SIDES)
def test_what_the_nuisance_can_fit_does_not_count(name, seed, two_sided):
    data, design, contrast = problem(name, seed)
    split = partition(design, contrast)
    fit = np.random.default_rng(seed).normal(0, 9, (len(split.nuisance), N_VOXELS))
    found = run(data + split.nuisance.T @ fit, design, contrast, two_sided, 200)
    expected = run(data, design, contrast, two_sided, 200)
    np.testing.assert_array_equal(all_p(found), all_p(expected))


@settings(max_examples=25)
@given(NAMES, SEEDS, SIDES)
def test_the_other_sign_is_the_other_side(name, seed, two_sided):
    data, design, contrast = problem(name, seed)
    one = run(data, design, contrast, two_sided, 200)
    mirrored = run(-data, design, -contrast, two_sided, 200)
    np.testing.assert_array_equal(all_p(mirrored), all_p(one))
    other = run(-data, design, contrast, two_sided, 200)
    if two_sided or name == "F":
        np.testing.assert_array_equal(all_p(other), all_p(one))
    else:
        both = one.uncorrected() + other.uncorrected()
        assert (both > 1).all()


@settings(max_examples=25)
@given(NAMES, SEEDS, SIDES)
def test_the_order_of_voxels_does_not_count(name, seed, two_sided):
    data, design, contrast = problem(name, seed)
    order = np.random.default_rng(seed).permutation(N_VOXELS)
    found = run(data[:, order], design, contrast, two_sided, 200)
    expected = run(data, design, contrast, two_sided, 200)
    np.testing.assert_array_equal(all_p(found), all_p(expected)[:, order])
    np.testing.assert_allclose(
        found.null.maxima["stat"], expected.null.maxima["stat"], rtol=1e-5, atol=1e-5
    )


@settings(max_examples=15)
@given(NAMES, SEEDS, SIDES)
def test_the_order_of_subjects_does_not_count_where_all_shuffles_are_done(
    name, seed, two_sided
):
    data, design, contrast = problem(name, seed)
    order = np.random.default_rng(seed).permutation(N)
    found = run(data[order], design[order], contrast, two_sided)
    expected = run(data, design, contrast, two_sided)
    assert found.test.shuffles.exhaustive
    np.testing.assert_array_equal(all_p(found), all_p(expected))
    np.testing.assert_allclose(
        np.sort(found.null.maxima["stat"]),
        np.sort(expected.null.maxima["stat"]),
        rtol=1e-4,
        atol=1e-5,
    )


@settings(max_examples=25)
@given(NAMES, SEEDS, SIDES, st.sampled_from(["auto", "sign-flip", "both"]))
def test_p_are_probabilities_in_their_order(name, seed, two_sided, kind):
    data, design, contrast = problem(name, seed)
    found = run(data, design, contrast, two_sided, 60, kind=kind)
    uncorrected, corrected, step_down = p = all_p(found)
    assert (p >= 1 / (1 + found.null.n_draws)).all()
    assert (p <= 1).all()
    assert (step_down <= corrected).all()
    assert (uncorrected <= corrected).all()
    stat = found.maps["stat"]
    size = np.abs(stat) if found.test.two_sided else stat
    order = np.argsort(-size)
    assert (np.diff(corrected[order]) >= 0).all()
    assert (np.diff(step_down[order]) >= 0).all()


@settings(max_examples=15)
@given(NAMES, SEEDS, SIDES)
def test_maxima_alone_are_those_of_whole_maps(name, seed, two_sided):
    data, design, contrast = problem(name, seed)
    alone = run(data, design, contrast, two_sided, 200, step_down=False)
    whole = run(data, design, contrast, two_sided, 200)
    np.testing.assert_array_equal(alone.uncorrected(), whole.uncorrected())
    np.testing.assert_array_equal(alone.corrected("stat"), whole.corrected("stat"))
    np.testing.assert_allclose(
        alone.null.maxima["stat"], whole.null.maxima["stat"], rtol=1e-4, atol=1e-5
    )


@settings(max_examples=15)
@given(NAMES, SEEDS, st.lists(st.integers(2, 200), max_size=4, unique=True))
def test_stretches_count_what_the_whole_counts(name, seed, cuts):
    data, design, contrast = problem(name, seed)
    split = partition(design, contrast)
    test = GroupTest.prepare(
        data, split, plan_shuffles(split, 200, 1, kind="both"), Asked()
    )
    last = test.shuffles.n_draws + 1
    cuts = [1, *sorted(cut for cut in cuts if cut < last), last]
    parts = [shuffle(test, *stretch) for stretch in pairwise(cuts)]
    whole = shuffle(test)
    np.testing.assert_array_equal(sum(part.reached for part in parts), whole.reached)
    maxima = np.concatenate([part.maxima["stat"] for part in parts])
    np.testing.assert_array_equal(maxima, whole.maxima["stat"])


@pytest.mark.parametrize("name", ["mean", "groups", "slope", "F"])
def test_p_are_uniform_under_the_null(name):
    """All results are equally likely to be the data: p is uniform on its grid."""
    _, design, contrast = problem(name, 0)
    noise = np.random.default_rng(0).standard_normal((N, 4000))
    p = run(noise, design, contrast, n_draws=999, step_down=False).uncorrected()
    for level in (0.05, 0.1, 0.25, 0.5):
        share = np.mean(p <= level)
        assert share < level + 4 * np.sqrt(level / 4000)
        assert share > level - 0.03 - 4 * np.sqrt(level / 4000)
