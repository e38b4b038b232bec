"""Options of permutation tests: checked, and made into a test."""

import numpy as np
import pytest
from scipy import stats

from boldglm.core.graph import volume_graph
from boldglm.core.group_test import ClusterAsk
from boldglm.core.partition import partition
from boldglm.core.permutation_options import PermutationOptions, height_of

GRAPH = volume_graph(np.ones((3, 3, 3), bool))
MEAN = partition(np.ones((9, 1)), [1.0])
GROUPS = partition(np.repeat(np.eye(3), 4, axis=0), [[1, -1, 0], [0, 1, -1]])


@pytest.mark.parametrize("p", [0.3, 0.01, 1e-6])
def test_heights_are_those_of_scipy(p):
    assert height_of(p, "t", 1, 11) == pytest.approx(stats.t.isf(p, 11))
    assert height_of(p, "F", 2, 11) == pytest.approx(stats.f.isf(p, 2, 11))


@pytest.mark.parametrize("two_sided", [True, False])
def test_clusters_are_formed_at_p_of_either_side_or_of_both(rng, two_sided):
    options = PermutationOptions(threshold=0.01, two_sided=two_sided)
    test = options.prepare(rng.standard_normal((9, 27)), MEAN, GRAPH)
    share = 0.005 if two_sided else 0.01
    assert test.asked.clusters.height == pytest.approx(stats.t.isf(share, 8))
    f = options.prepare(rng.standard_normal((12, 27)), GROUPS, GRAPH)
    assert f.asked.clusters.height == pytest.approx(stats.f.isf(0.01, 2, 9))
    assert not f.two_sided


def test_everything_is_passed_on(rng):
    options = PermutationOptions(
        n_perm=40,
        seed=7,
        two_sided=False,
        tfce=True,
        exchange="both",
        blocks=[1, 1, 1, 2, 2, 2, 3, 3, 3],
        block_exchange="whole",
        variance_groups=[0, 0, 0, 1, 1, 1, 1, 1, 1],
        step_down=True,
        tfce_steps=50,
        calibrate=True,
    )
    split = partition(np.column_stack([np.arange(9.0), np.ones(9)]), [1, 0])
    test = options.prepare(rng.standard_normal((9, 27)), split, GRAPH)
    asked, shuffles = test.asked, test.shuffles
    assert (asked.two_sided, asked.step_down, asked.pivots) == (False, True, True)
    assert asked.tfce.steps == 50
    assert asked.clusters is None
    assert (shuffles.kind, shuffles.exchange.rule) == ("both", "whole")
    assert (shuffles.n_draws, shuffles.seed) == (40, 7)
    assert test.variance_group.tolist() == [0] * 3 + [1] * 6
    assert options.spatial


def test_clusters_of_ones_own_are_used(rng):
    own = ClusterAsk(GRAPH, 2.5, "z")
    test = PermutationOptions(threshold=0.01).prepare(
        rng.standard_normal((9, 27)), MEAN, GRAPH, own
    )
    assert test.asked.clusters is own


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_perm": -1}, "n_perm is -1; expected a number of permutations"),
        ({"n_perm": 10.0}, "n_perm is 10.0"),
        ({"n_perm": True}, "n_perm is True"),
        ({"threshold": 3.1}, r"threshold is 3.1.*pass threshold=0.000968"),
        ({"threshold": 1}, "above 0 and below 1"),
        ({"threshold": 0.0}, "above 0 and below 1"),
        ({"threshold": -2}, "above 0 and below 1"),
        ({"threshold": "0.01"}, "threshold is '0.01'"),
        ({"tail": "normal"}, "tail is 'normal'; expected None or 'gpd'"),
    ],
)
def test_mistakes(options, words):
    with pytest.raises(ValueError, match=words):
        PermutationOptions(**options)


def test_mistakes_that_depend_on_the_design(rng):
    data = rng.standard_normal((9, 27))
    with pytest.raises(ValueError, match="need a graph"):
        PermutationOptions(tfce=True).prepare(data, MEAN)
    low = PermutationOptions(threshold=0.7, two_sided=False)
    with pytest.raises(ValueError, match=r"a p value of 0\.5 at most"):
        low.prepare(data, MEAN, GRAPH)
