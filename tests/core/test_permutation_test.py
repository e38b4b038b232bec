"""A test from beginning to end: maps, p, templates."""

import numpy as np
import pytest
from scipy import stats
from tests.oracle.naive_shuffles import (
    cluster_measures,
    shuffled_maps,
    step_down_by_definition,
)

from boldglm.core.discoveries import simes_pivot
from boldglm.core.graph import volume_graph
from boldglm.core.group_test import Asked, ClusterAsk, GroupTest, TfceAsk
from boldglm.core.partition import partition
from boldglm.core.permutation_test import observed_maps, run_permutations
from boldglm.core.permute import plan_shuffles
from boldglm.core.tfce import tfce

SHAPE = (5, 4, 4)
INSIDE = np.ones(SHAPE, bool)
GRAPH = volume_graph(INSIDE)
N = 8
ALL = 2**N


def flips(rng, asked):
    """All sign flips of a one-sample test, and the maps of each."""
    data = rng.standard_normal((N, INSIDE.sum()))
    data[:, 33:36] += 1.5
    split = partition(np.ones((N, 1)), [1.0])
    shuffles = plan_shuffles(split, ALL, seed=0)
    assert shuffles.exhaustive
    test = GroupTest.prepare(data, split, shuffles, asked)
    return test, shuffled_maps(data, np.ones((N, 1)), [1.0], "t", shuffles)


def share(observed, largest):
    return (largest[:, None] >= observed[None] * (1 - 1e-6)).mean(axis=0)


@pytest.mark.parametrize("two_sided", [True, False])
def test_every_p_of_an_enumeration(rng, two_sided):
    """Flips that mirror each other tie, clusters and enhancement too."""
    asked = Asked(
        two_sided,
        step_down=True,
        clusters=ClusterAsk(GRAPH, 1.5),
        tfce=TfceAsk(GRAPH),
    )
    test, maps = flips(rng, asked)
    found = run_permutations(test)
    sizes = np.abs(maps) if two_sided else maps
    np.testing.assert_allclose(
        found.uncorrected(), (sizes >= sizes[0] - 1e-6).mean(axis=0)
    )
    expected = (sizes.max(axis=1)[:, None] >= sizes[0] - 1e-6).mean(axis=0)
    np.testing.assert_allclose(found.corrected("stat"), expected)
    np.testing.assert_allclose(found.step_down(), step_down_by_definition(sizes))
    measured = np.array(
        [
            (
                *cluster_measures(one, INSIDE, 1.5, two_sided),
                np.abs(tfce(one, GRAPH, two_sided=two_sided)),
            )
            for one in maps
        ]
    )
    for index, name in enumerate(("size", "mass", "tfce")):
        each = measured[:, index]
        np.testing.assert_allclose(
            np.abs(found.maps[name]), each[0], rtol=1e-4, atol=1e-5
        )
        p = found.corrected(name)
        np.testing.assert_allclose(p, share(each[0], each.max(axis=1)), err_msg=name)
        if two_sided:
            np.testing.assert_allclose(p * ALL % 2, 0)
    assert found.corrected("size")[found.maps["size"] == 0].min() == 1


def test_statistics_are_in_double_precision(rng):
    test, _ = flips(rng, Asked())
    data = rng.standard_normal((N, 5))
    test = GroupTest.prepare(data, test.split, test.shuffles, Asked())
    expected = stats.ttest_1samp(data, 0).statistic
    np.testing.assert_allclose(observed_maps(test)["stat"], expected, rtol=1e-12)


def test_the_template_counts_the_data_among_the_shuffles(rng):
    test, maps = flips(rng, Asked(pivots=True))
    calibration = run_permutations(test).calibration()
    expected = [simes_pivot(stats.t.sf(one, N - 1)) for one in maps]
    assert calibration.n_tests == INSIDE.sum()
    np.testing.assert_allclose(
        np.sort(calibration.pivots), np.sort(expected), rtol=1e-4
    )


def test_smooth_tails_are_passed_on(rng):
    test, _ = flips(rng, Asked())
    found = run_permutations(test)
    counted, smooth = found.corrected("stat"), found.corrected("stat", "gpd")
    assert not np.array_equal(counted, smooth)
    np.testing.assert_array_equal(counted[counted >= 0.1], smooth[counted >= 0.1])
    with pytest.raises(ValueError, match="tail is 'pareto'"):
        found.corrected("stat", "pareto")


def test_what_was_not_asked_for_is_not_there(rng):
    found = run_permutations(flips(rng, Asked())[0])
    with pytest.raises(ValueError, match=r"set Asked\.step_down"):
        found.step_down()
    with pytest.raises(ValueError, match=r"set Asked\.pivots"):
        found.calibration()
