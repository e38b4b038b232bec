"""Designs, errors and ways to test whose family-wise error is measured."""

import numpy as np
from tests.calibration.null_data import (
    GRAPH,
    Case,
    Study,
    laplace,
    noisy_rows,
    normal,
    skewed,
)

SPATIAL = {"masker": GRAPH, "threshold": 0.02, "tfce": True}
# Sizes are whole numbers: many clusters are as large as the one that p is 0.05 for, and
# count as reaching it, so that p of 0.05 or less is rarer than 0.05.
ALL = {
    "max_t": "inside",
    "max_size": "at most",
    "max_mass": "inside",
    "max_tfce": "inside",
}
WRONG = {"max_t": "above"}
FAMILIES = np.repeat(np.arange(10), 2)
SUBJECTS = np.repeat(np.arange(8), 3)


def mean_of(n_rows):
    return lambda _: Study(np.ones(n_rows))


def mean_beside_covariates(rng):
    return Study(np.ones(16), rng.standard_normal((16, 2)) + 0.5)


def groups(n_first, n_second, **others):
    """Two groups; the larger one is not the one that is 1."""
    tested = np.repeat([1.0, 0.0], [n_first, n_second])
    return lambda _: Study(tested, **others)


def groups_beside_an_intercept(rng):
    return Study(np.repeat([1.0, 0.0], [4, 12]), np.ones((16, 1)))


def covariate(explicit):
    """A covariate that goes with two others; the intercept a column or not."""

    def study(rng):
        others = rng.standard_normal((20, 2))
        tested = rng.exponential(size=20) + 0.5 * others[:, 0]
        if explicit:
            others = np.column_stack([np.ones(20), others])
        return Study(tested, others)

    return study


def sessions(rng):
    """A trend over three sessions of each subject, who differ."""
    subjects = np.eye(8)[SUBJECTS]
    return Study(np.tile([-1.0, 0, 1], 8), subjects, family=SUBJECTS)


def covariate_of_families(rng):
    return Study(rng.standard_normal(10)[FAMILIES], family=FAMILIES)


def mean_of_families(rng):
    return Study(np.ones(20), family=FAMILIES)


def conditions(_):
    """Two conditions in each of ten subjects, who differ."""
    subjects = np.repeat(np.arange(10), 2)
    return Study(np.tile([1.0, -1], 10), np.eye(10)[subjects], family=subjects)


SMALL = groups(4, 12, spread=np.repeat([2.0, 1.0], [4, 12])[:, None])
UNEQUAL = groups(20, 40, spread=np.repeat([2.0, 1.0], [20, 40])[:, None])
SIZES = np.repeat(["small", "large"], [20, 40])

CASES = [
    Case("mean of 12", "normal", mean_of(12), normal),
    Case(
        "mean of 16, one-sided",
        "normal",
        mean_of(16),
        normal,
        {"two_sided_test": False, **SPATIAL},
        ALL,
        2000,
    ),
    Case("mean of 12, long tails", "Laplace", mean_of(12), laplace, SPATIAL, ALL, 2000),
    Case(
        "mean of 16, noisy subjects",
        "multivariate t, 3 dof",
        mean_of(16),
        noisy_rows,
        {"two_sided_test": False},
    ),
    Case(
        "mean of 16, two covariates beside it",
        "Laplace",
        mean_beside_covariates,
        laplace,
    ),
    Case(
        "mean of 20, Pareto tail",
        "normal",
        mean_of(20),
        normal,
        {"n_perm": 499, "tail": "gpd"},
    ),
    Case("groups of 4 and 12", "normal", groups(4, 12), normal),
    Case(
        "groups of 4 and 12, skewed",
        "skewed",
        groups(4, 12),
        skewed,
        SPATIAL,
        ALL,
        2000,
    ),
    Case(
        "groups of 4 and 12, an intercept among the confounds",
        "skewed",
        groups_beside_an_intercept,
        skewed,
    ),
    Case(
        "groups of 4 and 12, Pareto tail",
        "skewed",
        groups(4, 12),
        skewed,
        {"n_perm": 499, "tail": "gpd"},
    ),
    Case(
        "groups of 4 and 12, permuted and flipped",
        "Laplace",
        groups(4, 12),
        laplace,
        {"exchange": "both"},
    ),
    Case(
        "groups of 3 and 6, all 84 permutations, one-sided",
        "skewed",
        groups(3, 6),
        skewed,
        {"two_sided_test": False},
        level=4 / 84,
    ),
    Case(
        "groups of 6 and 10 that differ in a third of the volume",
        "skewed",
        groups(6, 10, effect=8.0),
        skewed,
        {"step_down": True},
        {"step_down_t": "inside", "max_t": "at most"},
    ),
    Case(
        "covariate of 20, two others beside it",
        "skewed",
        covariate(explicit=False),
        skewed,
        {"two_sided_test": False, **SPATIAL},
        ALL,
        2000,
    ),
    Case(
        "covariate of 20, two others and an intercept among the confounds",
        "skewed",
        covariate(explicit=True),
        skewed,
    ),
    Case(
        "trend over 3 sessions of 8 subjects, within blocks",
        "skewed",
        sessions,
        skewed,
        {"blocks": SUBJECTS, **SPATIAL},
        ALL,
        2000,
    ),
    Case(
        "covariate of 10 families of 2, whole blocks",
        "normal",
        covariate_of_families,
        normal,
        {"blocks": FAMILIES, "block_exchange": "whole"},
    ),
    Case(
        "mean of 10 families of 2, whole blocks",
        "Laplace",
        mean_of_families,
        laplace,
        {"blocks": FAMILIES, "block_exchange": "whole"},
    ),
    Case(
        "mean of 10 families of 2, blocks",
        "Laplace",
        mean_of_families,
        laplace,
        {"blocks": FAMILIES},
    ),
    Case(
        "covariate of 10 families of 2, blocks",
        "normal",
        covariate_of_families,
        normal,
        {"blocks": FAMILIES},
    ),
    Case(
        "groups of 20 and 40, standard deviations 2 and 1, variance groups",
        "normal",
        UNEQUAL,
        normal,
        {"variance_groups": SIZES},
        n_data_sets=1000,
    ),
    Case(
        "2 conditions of 10 subjects beside their means, signs flipped",
        "Laplace",
        conditions,
        laplace,
        {"exchange": "sign-flip"},
    ),
    Case(
        "groups of 20 and 40, standard deviations 2 and 1, ordinary t",
        "normal",
        UNEQUAL,
        normal,
        expected=WRONG,
    ),
    Case(
        "groups of 20 and 40, standard deviations 2 and 1, variance groups, permuted",
        "normal",
        UNEQUAL,
        normal,
        {"variance_groups": SIZES, "exchange": "permutation"},
        WRONG,
        1000,
    ),
    Case(
        "groups of 4 and 12, standard deviations 2 and 1, variance groups",
        "normal",
        SMALL,
        normal,
        {"variance_groups": np.repeat(["small", "large"], [4, 12])},
        WRONG,
        1000,
    ),
    Case(
        "covariate of 10 families of 2, as if unrelated",
        "normal",
        covariate_of_families,
        normal,
        expected=WRONG,
    ),
    Case("mean of 16, skewed", "skewed", mean_of(16), skewed, expected=WRONG),
    Case(
        "groups of 4 and 12, signs flipped",
        "skewed",
        groups(4, 12),
        skewed,
        {"exchange": "sign-flip"},
        WRONG,
    ),
    Case(
        "groups of 4 and 12, an intercept among the confounds, nilearn 0.14.1",
        "skewed",
        groups_beside_an_intercept,
        skewed,
        expected=WRONG,
        n_data_sets=2000,
        peer=True,
    ),
]
