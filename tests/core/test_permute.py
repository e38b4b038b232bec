"""What is shuffled and why; shuffles by number, against all there are."""

from collections import Counter
from itertools import permutations, product

import numpy as np
import pytest
from scipy import stats
from tests.oracle.naive_shuffles import CASES

from boldglm._base.errors import DesignError
from boldglm.core.partition import partition
from boldglm.core.permute import plan_shuffles
from boldglm.core.permute_kernels import shuffled_rows

ONE = np.ones((8, 1))
AGE = np.array([21.0, 34, 55, 47, 29, 62, 38, 41])[:, None]
TWO = np.repeat(np.eye(2), 4, axis=0)
DUMMY = np.column_stack([ONE, TWO[:, 1]])
PAIRS = np.column_stack([np.tile([1.0, 0], 4), np.repeat(np.eye(4), 2, axis=0)])
PAIR_OF = np.repeat(np.arange(4), 2)
FIRST = np.eye(5)[0]

SCHEMES = {
    "mean": (ONE, [1], {}, "sign-flip"),
    "mean by another constant": (-3 * ONE, [1], {}, "sign-flip"),
    "intercept beside a covariate": (np.hstack([ONE, AGE]), [1, 0], {}, "sign-flip"),
    "covariate": (np.hstack([ONE, AGE]), [0, 1], {}, "permutation"),
    "centred covariate": (
        np.hstack([ONE, AGE - AGE.mean()]),
        [0, 1],
        {},
        "permutation",
    ),
    "covariate without a constant": (AGE, [1], {}, "permutation"),
    "groups as columns": (TWO, [1, -1], {}, "permutation"),
    "groups as intercept and dummy": (DUMMY, [0, 1], {}, "permutation"),
    "groups beside their mean": (
        np.column_stack([TWO, ONE]),
        [1, -1, 0],
        {},
        "permutation",
    ),
    "mean of one group": (TWO, [1, 0], {}, "sign-flip"),
    "mean of both groups": (TWO, [0.5, 0.5], {}, "sign-flip"),
    "reference group": (DUMMY, [1, 0], {}, "sign-flip"),
    "F of both means": (TWO, np.eye(2), {}, "sign-flip"),
    "F of mean and covariate": (np.hstack([ONE, AGE]), np.eye(2), {}, "sign-flip"),
    "F of a difference": (TWO, [[1, -1], [-2, 2]], {}, "permutation"),
    "pairs": (PAIRS, FIRST, {"blocks": PAIR_OF}, "permutation"),
    "pairs, their blocks whole": (
        PAIRS,
        FIRST,
        {"blocks": PAIR_OF, "block_exchange": "whole"},
        "sign-flip",
    ),
    "a difference of blocks, within": (
        TWO,
        [1, -1],
        {"blocks": PAIR_OF},
        "sign-flip",
    ),
    "a difference of blocks, whole": (
        TWO,
        [1, -1],
        {"blocks": PAIR_OF, "block_exchange": "whole"},
        "permutation",
    ),
    "a difference of blocks, both": (
        TWO,
        [1, -1],
        {"blocks": PAIR_OF, "block_exchange": "both"},
        "permutation",
    ),
}


@pytest.mark.parametrize("name", SCHEMES)
def test_means_are_flipped_and_differences_permuted(name):
    design, contrast, blocks, expected = SCHEMES[name]
    plan = plan_shuffles(partition(design, contrast), 10**6, seed=0, **blocks)
    assert plan.kind == expected
    words = {"sign-flip": "tests a mean, which no", "permutation": "compares rows"}
    if blocks:
        words["sign-flip"] = "tests means of rows that change places, which no"
    assert words[expected] in plan.describe()
    if expected == "sign-flip":
        with pytest.raises(DesignError, match=r"'sign-flip'.*errors are symmetric"):
            plan_shuffles(
                partition(design, contrast), 9, 0, kind="permutation", **blocks
            )


@pytest.mark.parametrize(
    ("split", "how", "words"),
    [
        ((ONE, [1]), {}, "all 256 sign flips: the contrast tests a mean"),
        ((TWO, [1, -1]), {}, "all 70 permutations: the contrast compares"),
        ((TWO, [1, -1]), {"n_draws": 68}, "68 permutations: "),
        ((TWO, [1, -1]), {"n_draws": 69}, "all 70 permutations: "),
        ((TWO, [1, -1]), {"kind": "sign-flip"}, "all 256 sign flips: as asked"),
        (
            (TWO, [1, -1]),
            {"kind": "both", "n_draws": 500},
            "500 permutations with sign flips: as asked",
        ),
        (
            (PAIRS, FIRST),
            {"blocks": PAIR_OF},
            "all 16 permutations within blocks: the contrast compares",
        ),
        (
            (PAIRS, FIRST),
            {"blocks": PAIR_OF, "block_exchange": "whole"},
            "all 16 sign flips of whole blocks: the contrast tests means of rows that "
            "change places, which no permutation of whole blocks can change: signs",
        ),
    ],
)
def test_the_scheme_is_told(split, how, words):
    plan = plan_shuffles(partition(*split), **{"n_draws": 1000, "seed": 0, **how})
    assert plan.describe().startswith(words)


def every_permutation(n, labels, rule):
    """Orders that keep blocks as the rule says, by trying all n! of them."""
    labels = np.arange(n) if rule == "whole" and labels is None else labels
    for order in permutations(range(n)):
        moved = labels[list(order)] if labels is not None else None
        if rule == "within" and labels is not None and (moved != labels).any():
            continue
        if rule in ("whole", "both"):
            blocks = [tuple(np.flatnonzero(labels == x)) for x in np.unique(labels)]
            images = [tuple(order[i] for i in block) for block in blocks]
            if rule == "both":
                images = [tuple(sorted(image)) for image in images]
            if any(image not in blocks for image in images):
                continue
        yield order


def result(design, order, sign):
    """What decides the statistic: the row of the design, and the sign, each meets."""
    met = np.empty(len(order), object)
    for row, source in enumerate(order):
        met[source] = (*design[row], sign[row])
    return tuple(met)


SMALL = np.column_stack([np.ones(6), [1.0, 0, 0, 1, 0, 2]])
ENUMERATED = {
    "permutations": (SMALL, None, "within", "permutation"),
    "all rows differ": (
        np.column_stack([np.ones(5), np.arange(5.0)]),
        None,
        "within",
        "permutation",
    ),
    "within": (SMALL, [1, 1, 2, 2, 2, 2], "within", "permutation"),
    "whole": (SMALL, [1, 1, 2, 2, 3, 3], "whole", "permutation"),
    "whole, alike": (SMALL[[0, 1, 0, 1, 4, 5]], [1, 1, 2, 2, 3, 3], "whole", ""),
    "whole of many sizes": (SMALL, [1, 2, 3, 3, 4, 4], "whole", "permutation"),
    "both": (SMALL, [1, 1, 2, 2, 3, 3], "both", "permutation"),
    "both, alike": (SMALL[[0, 1, 0, 1, 0, 5]], [1, 1, 2, 2, 3, 3], "both", ""),
    "both, alike in other orders": (
        SMALL[[0, 1, 1, 0, 0, 1]],
        [1, 1, 2, 2, 3, 3],
        "both",
        "",
    ),
    "both, some alike": (SMALL[[0, 1, 0, 0, 1, 0]], [1, 1, 2, 2, 3, 3], "both", ""),
    "both, of two sizes": (SMALL[[0, 1, 5, 1, 0, 1]], [1, 1, 2, 3, 3, 4], "both", ""),
    "both, of three": (SMALL[[0, 1, 5, 1, 5, 1]], [1, 1, 1, 2, 2, 2], "both", ""),
    "flips": (SMALL, None, "within", "sign-flip"),
    "flips of whole blocks": (SMALL, [1, 1, 2, 3, 3, 3], "whole", "sign-flip"),
    "flips and permutations": (SMALL[:4], None, "within", "both"),
    "flips and whole blocks": (SMALL, [1, 1, 2, 2, 3, 3], "whole", "both"),
}


@pytest.mark.parametrize("name", ENUMERATED)
def test_every_result_that_is_possible_comes_equally_often(name):
    design, labels, rule, kind = ENUMERATED[name]
    kind, n = kind or "permutation", len(design)
    labels = None if labels is None else np.array(labels)
    plan = plan_shuffles(
        partition(design, [0, 1]),
        10**6,
        seed=0,
        kind=kind,
        blocks=labels,
        block_exchange=rule,
    )
    orders = [tuple(range(n))]
    if kind != "sign-flip":
        orders = list(every_permutation(n, labels, rule))
    units = np.arange(n) if labels is None or rule != "whole" else labels
    names = list(np.unique(units))
    signs = [np.ones(n)]
    if kind != "permutation":
        signs = [
            np.array(flips)[[names.index(unit) for unit in units]]
            for flips in product([1.0, -1], repeat=len(names))
        ]
    possible = {result(design, *one) for one in product(orders, signs)}
    assert plan.exhaustive
    assert plan.n_draws == plan.n_possible - 1
    found = [
        result(design, *one) for one in zip(*plan.draw(0, plan.n_possible), strict=True)
    ]
    assert set(found) == possible
    assert len(set(Counter(found).values())) == 1
    if rule != "both":
        assert plan.n_possible == len(possible)
    assert found[0] == result(design, range(n), np.ones(n))


@pytest.mark.parametrize("name", CASES)
def test_shuffles_keep_to_the_blocks(name):
    design, contrast, kind, how = CASES[name]
    plan = plan_shuffles(partition(design, contrast, kind), 60, seed=3, **how)
    order, sign = plan.draw(0, 61)
    n = len(design)
    np.testing.assert_array_equal(
        np.sort(order, axis=1), np.tile(np.arange(n), (61, 1))
    )
    labels = np.unique(how.get("blocks", np.zeros(n)), return_inverse=True)[1]
    rule = how.get("block_exchange", "within")
    if rule == "within":
        np.testing.assert_array_equal(labels[order], np.tile(labels, (61, 1)))
    for block in (np.flatnonzero(labels == x) for x in np.unique(labels)):
        if rule in ("whole", "both"):
            assert all(np.unique(labels[one[block]]).size == 1 for one in order)
        if rule == "whole":
            assert (sign[:, block] == sign[:, block[:1]]).all()
            assert (np.diff(order[:, block], axis=1) == np.diff(block)).all()
    assert (sign == 1).all() == (plan.kind == "permutation")
    assert (order == np.arange(n)).all() == (plan.kind == "sign-flip")
    np.testing.assert_array_equal(order[0], np.arange(n))
    np.testing.assert_array_equal(sign[0], 1)


@pytest.mark.parametrize("n_draws", [40, 10**6])
@pytest.mark.parametrize("name", ["pairs", "mean", "covariate"])
def test_a_shuffle_is_the_same_whatever_stretch_is_asked_for(name, n_draws):
    design, contrast, blocks, _ = SCHEMES[name]
    n_draws = min(n_draws, 300)
    split = partition(design, contrast)
    plan = plan_shuffles(split, n_draws, seed=11, **blocks)
    order, sign = plan.draw(0, 41)
    for first, stop in ((0, 1), (1, 3), (7, 8), (16, 41)):
        some = plan.draw(first, stop)
        np.testing.assert_array_equal(some[0], order[first:stop])
        np.testing.assert_array_equal(some[1], sign[first:stop])
    assert plan.draw(5, 5)[0].shape == (0, 8)


def test_a_stretch_may_be_empty():
    split = partition(np.ones((12, 1)), np.ones((1, 1)))
    shuffles = plan_shuffles(split, 40, 1)
    order, sign = shuffles.draw(0, 0)
    assert order.shape == sign.shape == (0, 12)


def test_more_draws_continue_the_sequence_and_seeds_begin_others():
    split = partition(np.column_stack([np.ones(20), np.arange(20)]), [0, 1])
    few, more, other = (
        plan_shuffles(split, n, seed, kind="both").draw(0, 50)
        for n, seed in ((50, 4), (5000, 4), (50, 5))
    )
    for a, b, c in zip(few, more, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a[1:] != c[1:]).any(axis=1).all()


def test_permutations_are_equally_likely():
    split = partition(np.column_stack([np.ones(4), [1.0, 2, 3, 5]]), [0, 1])
    order, _ = plan_shuffles(split, 22, seed=1).draw(1, 24_001)
    counts = Counter(map(tuple, order.tolist()))
    assert len(counts) == 24
    assert stats.chisquare(list(counts.values())).pvalue > 0.001


def test_blocks_of_rows_are_permuted_with_equal_likelihood():
    design = np.column_stack([np.ones(6), np.arange(6.0)])
    plan = plan_shuffles(
        partition(design, [0, 1]),
        40,
        seed=1,
        blocks=[1, 1, 2, 2, 3, 3],
        block_exchange="both",
    )
    counts = Counter(map(tuple, plan.draw(1, 9601)[0].tolist()))
    assert len(counts) == plan.n_possible == 48
    assert stats.chisquare(list(counts.values())).pvalue > 0.001


def test_signs_are_fair_and_independent():
    n = 130  # more than two words of bits
    _, sign = plan_shuffles(partition(np.ones((n, 1)), [1]), 10, 2).draw(1, 4001)
    assert abs(sign.mean()) < 4 / np.sqrt(sign.size)
    off = (sign.T @ sign / 4000)[np.triu_indices(n, 1)]
    assert np.abs(off).max() < 5.5 / np.sqrt(4000)
    assert stats.chisquare(np.bincount((sign[:, 60:68] > 0) @ 2 ** np.arange(8)))[1] > (
        0.001
    )


def test_weights_of_unshuffled_data_give_products_with_shuffled_data(rng, readonly):
    rows, data = readonly(rng.standard_normal((3, 9)), rng.standard_normal((9, 5)))
    split = partition(np.column_stack([np.ones(9), np.arange(9)]), [0, 1])
    order, sign = plan_shuffles(split, 10, 1, kind="both").draw(0, 10)
    out = np.empty((10, 3, 9))
    shuffled_rows(rows, order, sign, out)
    for weights, o, s in zip(out, order, sign, strict=True):
        np.testing.assert_allclose(weights @ data, rows @ (s[:, None] * data[o]))


@pytest.mark.parametrize("n_draws", [250, 251, 252])
def test_all_are_enumerated_where_no_more_than_asked_for_are_possible(n_draws):
    split = partition(np.repeat(np.eye(2), 5, axis=0), [1, -1])
    plan = plan_shuffles(split, n_draws, seed=0)
    assert plan.n_possible == 252
    assert plan.exhaustive == (n_draws >= 251)
    assert plan.n_draws == min(n_draws, 251)


def test_counts_of_many_rows_are_whole_numbers():
    split = partition(np.column_stack([np.ones(300), np.arange(300)]), [0, 1])
    plan = plan_shuffles(split, 10, seed=0, kind="both")
    assert plan.n_possible > 10**600
    assert not plan.exhaustive


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"kind": "flip"}, ValueError, "is 'flip'; expected one of 'auto', 'perm"),
        ({"n_draws": 0}, ValueError, "0 shuffles were asked for; expected 1 or more"),
        (
            {"blocks": np.arange(8)},
            DesignError,
            "no permutation within blocks can change or tell from noise. Use 'sign-fl",
        ),
        ({"blocks": np.arange(7)}, DesignError, r"blocks have shape \(7,\)"),
        (
            {"blocks": [1, 1, 1, 2, 2, 3, 4, 4], "block_exchange": "among"},
            ValueError,
            "block_exchange is 'among'",
        ),
    ],
)
def test_what_cannot_be_shuffled_is_said(how, error, message):
    settings = {"n_draws": 9, "seed": 0, "kind": "permutation", **how}
    with pytest.raises(error, match=message):
        plan_shuffles(partition(np.hstack([ONE, AGE]), [0, 1]), **settings)


def test_without_blocks_their_rule_does_not_count():
    split = partition(TWO, [1, -1])
    for rule in ("within", "whole", "both"):
        plan = plan_shuffles(split, 100, 0, block_exchange=rule)
        assert plan.describe().startswith("all 70 permutations: ")


def test_rows_of_unequal_variance_are_not_permuted():
    groups = np.repeat(np.eye(2), 4, axis=0)
    split = partition(groups, [1, -1])
    unequal = {"variance_groups": ["a"] * 4 + ["b"] * 4}
    plan = plan_shuffles(split, 10, seed=0, **unequal)
    assert plan.kind == "sign-flip"
    assert "differ in variance, so they are not exchangeable" in plan.describe()
    assert (
        plan_shuffles(split, 10, 0, kind="permutation", **unequal).reason == "as asked"
    )
    # where they keep to their own kind they are
    pairs = np.tile([0, 1], 4)
    slope = partition(np.column_stack([pairs, groups]), [1, 0, 0])
    within = plan_shuffles(slope, 10, 0, blocks=["a"] * 4 + ["b"] * 4, **unequal)
    assert within.kind == "permutation"
    with pytest.raises(DesignError, match=r"variance groups have shape \(2,\)"):
        plan_shuffles(split, 10, 0, variance_groups=["a", "b"])


def test_residuals_that_are_one_error_change_sign_together():
    plan = plan_shuffles(partition(PAIRS, FIRST), 10**6, 0, kind="sign-flip")
    assert plan.n_possible == 2**4
    _, sign = plan.draw(0, 16)
    np.testing.assert_array_equal(sign[:, ::2], sign[:, 1::2])
    # whatever stands beside the means of pairs, but not without them
    slope = np.arange(8.0)[:, None] ** 2
    for design, n_units in ((np.hstack([PAIRS, slope]), 4), (np.hstack([ONE, AGE]), 8)):
        contrast = np.eye(design.shape[1])[0]
        plan = plan_shuffles(partition(design, contrast), 999, 0, kind="sign-flip")
        assert plan.n_possible == 2**n_units
    # those that change places keep their signs
    free = plan_shuffles(partition(PAIRS, FIRST), 9, 0, kind="permutation")
    assert len(free.exchange.units) == 8


def test_rows_of_another_variance_are_not_alike():
    groups = np.repeat(np.eye(2), 4, axis=0)
    crossing = {"variance_groups": np.tile([0, 1], 4)}
    plan = plan_shuffles(
        partition(groups, [1, -1]), 10, 0, kind="permutation", **crossing
    )
    assert plan.n_possible == 2520  # 8! / (2! 2! 2! 2!)
