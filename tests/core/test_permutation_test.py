"""P of whole tests: ties, full enumeration, real data, Westfall and Young."""

from itertools import product

import numpy as np
import pytest
from tests.oracle.naive_shuffles import (
    CASES,
    shuffled_maps,
    step_down_by_definition,
)

from boldglm.core.graph import volume_graph
from boldglm.core.group_test import Asked, ClusterAsk, GroupTest, TfceAsk
from boldglm.core.maxstat import merge_nulls, shuffle
from boldglm.core.partition import partition
from boldglm.core.permutation_options import PermutationOptions
from boldglm.core.permutation_test import (
    PermutationTest,
    observed_maps,
    run_permutations,
)
from boldglm.core.permute import plan_shuffles

INSIDE = np.ones((5, 6, 7), bool)
GRAPH = volume_graph(INSIDE)
EVERYTHING = Asked(
    step_down=True, clusters=ClusterAsk(GRAPH, 1.5), tfce=TfceAsk(GRAPH), pivots=True
)


def prepared(data, design, contrast, asked=None, n_draws=2000, group=None, **how):
    split = partition(design, contrast)
    plan = plan_shuffles(split, n_draws, 3, **how)
    return GroupTest.prepare(data, split, plan, asked or Asked(), group)


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize(
    "name", ["two groups", "mean beside a covariate", "three groups beside a covariate"]
)
def test_step_down_is_that_of_the_loop(name, two_sided, rng):
    design, contrast, kind, how = CASES[name]
    data = rng.standard_normal((len(design), 40))
    data[:, :20] += 3 * design[:, [0]] / design[0, 0]
    asked = Asked(two_sided, step_down=True)
    test = prepared(data, design, contrast, asked, n_draws=150, **how)
    maps = shuffled_maps(data, design, contrast, kind, test.shuffles)
    sizes = np.abs(maps) if test.two_sided else maps
    found = run_permutations(test)
    p = found.step_down()
    np.testing.assert_allclose(p, step_down_by_definition(sizes), rtol=1e-12)
    assert (p <= found.corrected("stat")).all()
    assert (p < found.corrected("stat")).any()


@pytest.mark.parametrize("whole_maps", [False, True])
@pytest.mark.parametrize("n", [5, 8])
def test_mirrored_flips_are_ties(n, whole_maps, rng):
    data = rng.standard_normal((n, 210)) + 0.4
    asked = EVERYTHING if whole_maps else Asked()
    found = run_permutations(prepared(data, np.ones((n, 1)), [1], asked))
    p = [found.uncorrected(), found.corrected("stat")]
    if whole_maps:
        p += [found.step_down(), *map(found.corrected, ("size", "mass", "tfce"))]
    for each in p:
        in_pairs = each * 2**n / 2
        np.testing.assert_allclose(in_pairs, np.round(in_pairs), atol=1e-9)
        assert (in_pairs > 0.5).all()


@pytest.mark.parametrize("seed", range(6))
def test_groups_that_change_names_are_ties(seed):
    """Of three groups of three, 6 results in a row are the same F but for rounding."""
    data = np.random.default_rng(seed).standard_normal((9, 210))
    data[:3, :60] += 4
    design = np.repeat(np.eye(3), 3, axis=0)
    asked = Asked(clusters=ClusterAsk(GRAPH, 5.1), tfce=TfceAsk(GRAPH))
    found = run_permutations(prepared(data, design, [[1, -1, 0], [0, 1, -1]], asked))
    assert found.null.n_draws + 1 == 1680
    for name in ("stat", "size", "mass", "tfce"):
        sixths = found.corrected(name) * 1680 / 6
        np.testing.assert_allclose(sixths, np.round(sixths), atol=1e-9)


def test_all_results_of_two_groups_are_those_of_choosing(rng):
    from itertools import combinations

    from scipy.stats import ttest_ind

    data = rng.standard_normal((10, 30))
    data[:5] += 0.7
    found = run_permutations(prepared(data, np.repeat(np.eye(2), 5, axis=0), [1, -1]))
    sizes = []
    for one in combinations(range(10), 5):
        rest = [i for i in range(10) if i not in one]
        sizes.append(np.abs(ttest_ind(data[list(one)], data[rest]).statistic))
    observed = np.array(sizes[0])[None] - 1e-4
    np.testing.assert_array_equal(found.uncorrected(), (sizes >= observed).mean(0))
    largest = np.max(sizes, axis=1)[:, None]
    np.testing.assert_array_equal(
        found.corrected("stat"), (largest >= observed).mean(0)
    )


def test_flips_of_pairs_are_those_of_their_differences(rng):
    data = rng.standard_normal((12, 30))
    design = np.column_stack([np.tile([1.0, 0], 6), np.repeat(np.eye(6), 2, axis=0)])
    blocks = np.repeat(np.arange(6), 2)
    difference = data[::2] - data[1::2]
    sizes = []
    for flips in product([1, -1], repeat=6):
        d = np.array(flips)[:, None] * difference
        sizes.append(np.abs(d.mean(axis=0) / d.std(axis=0, ddof=1) * np.sqrt(6)))
    expected = (np.array(sizes) >= sizes[0] - 1e-4 * sizes[0]).mean(axis=0)
    for rule in ("within", "whole"):
        how = {"blocks": blocks, "block_exchange": rule}
        found = run_permutations(prepared(data, design, np.eye(7)[0], **how))
        assert found.test.shuffles.n_possible == 64
        np.testing.assert_allclose(found.maps["stat"], _paired(difference), rtol=1e-9)
        np.testing.assert_array_equal(found.uncorrected(), expected)


def _paired(difference):
    from scipy.stats import ttest_1samp

    return ttest_1samp(difference, 0).statistic


@pytest.mark.parametrize("asked", [Asked(), EVERYTHING])
def test_with_hardly_any_noise_p_is_the_smallest_there_is(asked, rng):
    data = rng.standard_normal((8, 210))
    data[:, 0] = 3.0 + 1e-5 * data[:, 0]
    found = run_permutations(prepared(data, np.ones((8, 1)), [1], asked))
    assert found.corrected("stat")[0] == found.uncorrected()[0] == 2 / 256
    assert np.isfinite(found.maps["stat"]).all()
    if asked is EVERYTHING:
        for name in ("mass", "tfce"):
            assert found.corrected(name)[0] == 2 / 256
        assert found.step_down()[0] == 2 / 256


def test_a_test_of_shards_is_the_same_test(rng):
    test = prepared(rng.standard_normal((9, 210)), np.ones((9, 1)), [1], EVERYTHING)
    whole = run_permutations(test, n_jobs=2)
    parts = merge_nulls([shuffle(test, 1, 100), shuffle(test, 100)])
    merged = PermutationTest(test, parts, observed_maps(test))
    for name in ("stat", "size", "mass", "tfce"):
        np.testing.assert_array_equal(merged.corrected(name), whole.corrected(name))
    np.testing.assert_array_equal(merged.step_down(), whole.step_down())


def test_maps_that_were_not_asked_for_are_not_there(rng):
    found = run_permutations(
        prepared(rng.standard_normal((5, 3)), np.ones((5, 1)), [1])
    )
    assert list(found.maps) == ["stat"]
    with pytest.raises(ValueError, match=r"not asked for; set Asked\.step_down"):
        found.step_down()
    with pytest.raises(ValueError, match=r"not asked for; set Asked\.pivots"):
        found.calibration()


def test_small_p_are_smoothed_where_asked_for(rng):
    data = rng.standard_normal((8, 80))
    data[:, 33:36] += 1.5
    found = run_permutations(prepared(data, np.ones((8, 1)), [1]))
    counted, smooth = found.corrected("stat"), found.corrected("stat", "gpd")
    assert not np.array_equal(counted, smooth)
    np.testing.assert_array_equal(counted[counted >= 0.1], smooth[counted >= 0.1])
    np.testing.assert_allclose(counted, smooth, atol=0.02)
    with pytest.raises(ValueError, match="tail is 'pareto'"):
        found.corrected("stat", "pareto")


def test_effects_that_differ_by_rounding_alone_are_one_effect(rng):
    data = rng.standard_normal((10, 3))
    data = np.column_stack([data, data * 1.7, data.astype(np.float32)])
    for asked in (Asked(), Asked(step_down=True)):
        found = run_permutations(prepared(data, np.ones((10, 1)), [1], asked))
        p = found.uncorrected().reshape(3, 3)
        assert (p == p[0]).all()


@pytest.fixture(scope="module")
def verbs(data_dir):
    nib = pytest.importorskip("nibabel")
    folder = data_dir / "ds114_verbgen_group"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")
    inside = np.asarray(nib.load(folder / "mask.nii.gz").dataobj) > 0
    maps = np.asarray(nib.load(folder / "all_con_task2.nii").dataobj)
    return np.ascontiguousarray(maps[inside].T)


@pytest.mark.parametrize(
    ("sign", "two_sided", "step_down", "reached", "fifty_second"),
    [
        (1, True, False, 74, 9.7652),
        (1, True, True, 74, 9.7652),
        (1, False, False, 37, 9.1777),
        (-1, False, False, 211, 9.1777),
    ],
)
def test_all_flips_of_real_data(
    verbs, sign, two_sided, step_down, reached, fifty_second
):
    options = PermutationOptions(n_perm=1023, two_sided=two_sided, step_down=step_down)
    test = options.prepare(sign * verbs, partition(np.ones((10, 1)), [1]))
    assert test.shuffles.describe().startswith("all 1024 sign flips")
    found = run_permutations(test)
    assert found.corrected("stat").min() == reached / 1024
    size = np.abs(found.maps["stat"]) if two_sided else found.maps["stat"]
    maxima = np.append(found.null.maxima["stat"], size.max())
    assert np.sort(maxima)[-52] == pytest.approx(fifty_second, abs=1e-4)
    if step_down:
        assert found.step_down().min() == reached / 1024
