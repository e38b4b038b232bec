"""What users ask for, checked and made into a test."""

import numpy as np
import pytest
from scipy import stats

from boldglm._base.arguments import check_truth
from boldglm._base.errors import DesignError
from boldglm.core.graph import volume_graph
from boldglm.core.group_test import Asked, ClusterAsk, TfceAsk
from boldglm.core.partition import partition
from boldglm.core.permutation_options import PermutationOptions, height_of

GRAPH = volume_graph(np.ones((2, 3, 5), bool))
TWO = np.repeat(np.eye(2), 5, axis=0)
T, F = partition(TWO, [1, -1]), partition(TWO, np.eye(2))


@pytest.fixture
def data(rng):
    return rng.standard_normal((10, 30))


@pytest.mark.parametrize("p", [0.2, 0.001, 1e-12])
def test_heights_are_scipys(p):
    assert height_of(p, "t", 1, 15) == pytest.approx(stats.t.isf(p, 15))
    assert height_of(max(p, 1e-9), "F", 3, 15) == pytest.approx(
        stats.f.isf(max(p, 1e-9), 3, 15), rel=1e-5
    )


@pytest.mark.parametrize(
    ("two_sided", "split", "expected"),
    [
        (True, T, stats.t.isf(0.005, 8)),
        (False, T, stats.t.isf(0.01, 8)),
        (True, F, stats.f.isf(0.01, 2, 8)),
        (False, F, stats.f.isf(0.01, 2, 8)),
    ],
)
def test_the_threshold_is_shared_by_two_sides(two_sided, split, expected, data):
    options = PermutationOptions(threshold=0.01, two_sided=two_sided)
    test = options.prepare(data, split, GRAPH)
    assert test.asked.clusters.height == pytest.approx(expected)
    assert test.asked.clusters.mass == "excess"
    assert test.asked.two_sided == (two_sided and split is T)


def test_what_is_asked_is_passed_on(data):
    options = PermutationOptions(
        n_perm=77,
        seed=5,
        two_sided=False,
        tfce=True,
        exchange="both",
        blocks=np.tile([0, 1], 5),
        block_exchange="both",
        variance_groups=TWO[:, 0],
        step_down=True,
        tfce_steps=9,
    )
    test = options.prepare(data, T, GRAPH)
    assert test.asked == Asked(False, True, None, TfceAsk(GRAPH, steps=9))
    assert (test.shuffles.seed, test.shuffles.n_draws) == (5, 77)
    assert (test.shuffles.kind, test.shuffles.exchange.rule) == ("both", "both")
    np.testing.assert_array_equal(test.variance_group, TWO[:, 0])
    unequal = PermutationOptions(variance_groups=TWO[:, 0]).prepare(data, T)
    assert unequal.shuffles.kind == "sign-flip"
    plain = PermutationOptions().prepare(data, T)
    assert plain.asked == Asked()
    assert plain.variance_group is None


def test_clusters_may_be_given_as_they_are(data):
    clusters = ClusterAsk(GRAPH, 2.5, "z")
    options = PermutationOptions(threshold=0.01)
    assert options.prepare(data, T, GRAPH, clusters).asked.clusters is clusters
    assert PermutationOptions().prepare(data, T, None, clusters).asked.clusters


def test_statistics_alone_can_be_had(data):
    assert PermutationOptions(n_perm=0).prepare(data, T).shuffles.n_draws == 1
    assert PermutationOptions(n_perm=np.int64(3)).n_perm == 3


def test_a_graph_is_needed_for_what_is_spatial(data):
    assert not PermutationOptions().spatial
    for options in (PermutationOptions(tfce=True), PermutationOptions(threshold=0.01)):
        assert options.spatial
        with pytest.raises(ValueError, match="clusters and TFCE need a graph"):
            options.prepare(data, T)


def test_clusters_of_values_below_0_are_refused(data):
    options = PermutationOptions(threshold=0.6, two_sided=False)
    with pytest.raises(ValueError, match=r"threshold is 0\.6.*0\.5 at most"):
        options.prepare(data, T, GRAPH)
    test = PermutationOptions(threshold=0.6).prepare(data, T, GRAPH)
    assert test.asked.clusters.height > 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_perm": -1}, "n_perm is -1; expected a whole number of permutations"),
        ({"n_perm": 10.0}, r"n_perm is 10\.0"),
        ({"n_perm": True}, "n_perm is True"),
        ({"threshold": 3.1}, r"above z = 3\.1, pass threshold=0\.000968"),
        ({"threshold": 1}, "above 0 and below 1.*above z = 1, pass"),
        (
            {"threshold": 0.0},
            r"threshold is 0\.0; expected a p value.*such as 0\.001\.$",
        ),
        ({"threshold": -2}, "threshold is -2; expected a p value"),
        ({"threshold": np.nan}, "threshold is nan"),
        ({"threshold": True}, "threshold is True"),
        ({"threshold": "0.01"}, "threshold is '0.01'"),
        ({"tail": "gamma"}, "tail is 'gamma'; expected None or 'gpd'"),
        ({"tfce_steps": 0}, "tfce_steps is 0; expected a whole number from 1"),
        ({"tfce_steps": 10.0}, r"tfce_steps is 10\.0"),
    ],
)
def test_what_cannot_be_is_said_at_once(given, message):
    with pytest.raises(ValueError, match=message):
        PermutationOptions(**given)


@pytest.mark.parametrize("value", ["no", 2, None, 1.0])
@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("two_sided", "two_sided_test"),
        ("tfce", "tfce"),
        ("step_down", "step_down"),
        ("calibrate", "calibrate"),
    ],
)
def test_switches_are_true_or_false(option, name, value):
    with pytest.raises(TypeError, match=f"{name} is {value!r}; expected True or False"):
        PermutationOptions(**{option: value})
    for fine in (True, np.False_, 1, 0):
        check_truth(fine, name)


def test_templates_are_for_t(data):
    with pytest.raises(ValueError, match="calibrate is for t contrasts: shares"):
        PermutationOptions(calibrate=True).prepare(data, F)
    assert PermutationOptions(calibrate=True).prepare(data, T).asked.pivots
    unequal = {"calibrate": True, "variance_groups": TWO[:, 0]}
    with pytest.raises(ValueError, match="calibrate cannot be combined with variance"):
        PermutationOptions(**unequal).prepare(data, T)


def test_what_cannot_be_shuffled_is_said(data):
    with pytest.raises(DesignError, match="Permutations were asked for"):
        PermutationOptions(exchange="permutation").prepare(data, F)
