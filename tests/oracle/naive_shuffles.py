"""Permutation tests the long way: shuffle the data, fit again, one shuffle at a time.

Nothing here is shared with the package but the numbers of the shuffles themselves.
"""

import numpy as np
from scipy import linalg, ndimage

__all__ = [
    "CASES",
    "cluster_measures",
    "g_statistic",
    "least_squares",
    "nuisance_of",
    "shuffled_maps",
    "step_down_by_definition",
]


def nuisance_of(design, contrast):
    """All fits that leave the contrast at 0."""
    return design @ linalg.null_space(np.atleast_2d(contrast))


def least_squares(data, design, contrast, kind):
    """T or F, by pseudo-inverses."""
    C = np.atleast_2d(np.asarray(contrast, float))
    inverse = np.linalg.pinv(design)
    beta = inverse @ data
    dof = len(design) - np.linalg.matrix_rank(design)
    variance = ((data - design @ beta) ** 2).sum(axis=0) / dof
    spread = C @ inverse @ inverse.T @ C.T
    effect = C @ beta
    if kind == "t":
        return effect[0] / np.sqrt(variance * spread[0, 0])
    square = (effect * (np.linalg.pinv(spread) @ effect)).sum(axis=0)
    return square / np.linalg.matrix_rank(C) / variance


def g_statistic(data, design, contrast, group, kind):
    """V or G as Winkler et al. 2014 write them (equations 6 and 7), voxel by voxel."""
    C = np.atleast_2d(np.asarray(contrast, float))
    forming = np.eye(len(design)) - design @ np.linalg.pinv(design)
    labels = np.unique(group)
    freedom = [np.diag(forming)[group == g].sum() for g in labels]
    s = len(C)
    found = []
    for y in data.T:
        residual, beta = forming @ y, np.linalg.pinv(design) @ y
        weight = np.empty(len(y))
        for g, share in zip(labels, freedom, strict=True):
            weight[group == g] = share / (residual[group == g] ** 2).sum()
        middle = C @ np.linalg.inv(design.T @ (weight[:, None] * design)) @ C.T
        effect = C @ beta
        if kind == "t":
            found.append(effect[0] / np.sqrt(middle[0, 0]))
            continue
        part = [weight[group == g].sum() / weight.sum() for g in labels]
        spread = sum((1 - p) ** 2 / f for p, f in zip(part, freedom, strict=True))
        scale = 1 + 2 * (s - 1) / (s * (s + 2)) * spread
        found.append(effect @ np.linalg.solve(middle, effect) / scale / s)
    return np.array(found)


def shuffled_maps(data, design, contrast, kind, shuffles, group=None):
    """Statistics of every shuffle, (n_draws + 1, n_voxels) (Freedman and Lane 1983)."""
    nuisance = nuisance_of(design, contrast)
    residual = data - nuisance @ np.linalg.pinv(nuisance) @ data
    maps = []
    for order, sign in zip(*shuffles.draw(0, shuffles.n_draws + 1), strict=True):
        shuffled = sign[:, None] * residual[order]
        if group is None:
            maps.append(least_squares(shuffled, design, contrast, kind))
        else:
            maps.append(g_statistic(shuffled, design, contrast, group, kind))
    return np.array(maps)


def step_down_by_definition(sizes):
    """Westfall and Young's p of (n_draws + 1, n_voxels), the data in the first row."""
    observed = sizes[0]
    p, before = np.empty(observed.size), 0.0
    for v in np.argsort(-observed, kind="stable"):
        rest = observed <= observed[v]
        before = max(before, np.mean(sizes[:, rest].max(axis=1) >= observed[v] - 1e-6))
        p[v] = before
    return p


def cluster_measures(values, inside, height, two_sided):
    """Size and mass of the cluster of each voxel of a map, by `scipy.ndimage`."""
    size, mass = np.zeros(inside.shape), np.zeros(inside.shape)
    for sign in (1, -1) if two_sided else (1,):
        volume = np.zeros(inside.shape)
        volume[inside] = sign * values
        labels, n = ndimage.label(volume > height)
        for one in range(1, n + 1):
            size[labels == one] = (labels == one).sum()
            mass[labels == one] = (volume[labels == one] - height).sum()
    return size[inside], mass[inside]


def _cases():
    rng = np.random.default_rng(5)
    one, age = np.ones(11), rng.normal(40, 9, size=11)
    two = np.repeat(np.eye(2), [5, 6], axis=0)
    three = np.repeat(np.eye(3), [4, 3, 4], axis=0)
    pairs = np.column_stack([np.tile([1.0, -1], 6), np.repeat(np.eye(6), 2, axis=0)])
    within = {"blocks": np.repeat(np.arange(6), 2)}
    thirds = {"blocks": list("aabbccddeef")}
    return {
        "mean": (one[:, None], [1], "t", {}),
        "mean beside a covariate": (np.column_stack([one, age]), [1, 0], "t", {}),
        "covariate beside a mean": (np.column_stack([one, age]), [0, 1], "t", {}),
        "covariate alone": (age[:, None], [1], "t", {}),
        # age is nearly a mean: shuffled residuals fall into it all the same
        "covariates without a mean": (
            np.column_stack([np.sin(age), age]),
            [1, 0],
            "t",
            {},
        ),
        "two groups": (two, [1, -1], "t", {}),
        "one group of two": (two, [0, 1], "t", {}),
        "groups beside two covariates": (
            np.column_stack([two, age, np.sin(age)]),
            [1, -1, 0, 0],
            "t",
            {},
        ),
        "three groups": (three, [[1, -1, 0], [0, 1, -1]], "F", {}),
        "three groups beside a covariate": (
            np.column_stack([three, age]),
            [[1, -1, 0, 0], [0, 1, -1, 0]],
            "F",
            {},
        ),
        "means of three groups": (three, np.eye(3), "F", {}),
        "F of one row": (two, [1, -1], "F", {}),
        "slope, flipped": (
            np.column_stack([one, age]),
            [0, 1],
            "t",
            {"kind": "sign-flip"},
        ),
        "slope, both": (np.column_stack([one, age]), [0, 1], "t", {"kind": "both"}),
        "F, both": (three, [[1, -1, 0], [0, 1, -1]], "F", {"kind": "both"}),
        "pairs within blocks": (pairs, np.eye(7)[0], "t", within),
        "pairs of whole blocks": (
            pairs,
            np.eye(7)[0],
            "t",
            {**within, "block_exchange": "whole"},
        ),
        "slope within blocks": (
            np.column_stack([one, age]),
            [0, 1],
            "t",
            {**thirds, "block_exchange": "within"},
        ),
        "slope of whole blocks": (
            np.column_stack([one, age]),
            [0, 1],
            "t",
            {**thirds, "block_exchange": "whole"},
        ),
        "slope, blocks both ways": (
            np.column_stack([one, age]),
            [0, 1],
            "t",
            {**thirds, "block_exchange": "both"},
        ),
        "slope, whole blocks that flip": (
            np.column_stack([one, age]),
            [0, 1],
            "t",
            {**thirds, "block_exchange": "whole", "kind": "both"},
        ),
    }


# Design, contrast, kind, and how to shuffle.
CASES = _cases()
