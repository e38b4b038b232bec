"""Permutation tests of groups of maps: seconds of one permutation."""

import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.baseline import asked
from benchmarks.group_problems import GroupProblem, group_problem
from benchmarks.measure import Job, measure, peak, seconds
from benchmarks.timing import Result, alternate

# A cluster-forming p, and how many permutations each program does: times are divided.
THRESHOLD = 0.001
MAXIMA, CLUSTERS, TFCE = (10_000, 5_000), (5_000, 500), (1_000, 30)


def run(fast: bool, repeats: int) -> Iterator[Result]:
    """Max-T, clusters and TFCE against nilearn, TFCE against its own package."""
    warnings.simplefilter("ignore")
    problem = group_problem("localizer", fast)
    share = 20 if fast else 1
    yield _against_nilearn(
        "max-T flips", problem, [n // share for n in MAXIMA], repeats, "max-T"
    )
    yield _against_nilearn(
        "size, mass and max-T",
        problem,
        [n // share for n in CLUSTERS],
        repeats,
        "clusters",
        threshold=THRESHOLD,
    )
    yield _against_nilearn(
        "TFCE",
        problem,
        [n // share for n in TFCE],
        repeats,
        "TFCE",
        tfce=True,
        two_sided_test=False,
    )
    for threads in (1, 2):
        yield _against_tfce(problem, threads, 200 // share, repeats)
    yield _permuting(problem, repeats, share)
    yield _large(fast)


def _against_nilearn(
    name: str,
    problem: GroupProblem,
    counts: list[int],
    repeats: int,
    row: str,
    **options: Any,
) -> Result:
    """Sign flips of 16 maps by both programs; milliseconds of a permutation."""
    from nilearn.maskers import NiftiMasker as Peer
    from nilearn.mass_univariate import permuted_ols as peer_ols

    from boldglm.maskers import NiftiMasker
    from boldglm.mass_univariate import permuted_ols

    maps = problem.maps
    tested = np.ones(len(maps))
    ours = partial(permuted_ols, tested, maps, random_state=0, **options)
    theirs = partial(peer_ols, tested, maps, random_state=0, **options)
    masker, peer_masker = (kind(problem.mask_img).fit() for kind in (NiftiMasker, Peer))
    mine, peers, found, reference = alternate(
        lambda: ours(n_perm=counts[0], masker=masker),
        lambda: theirs(n_perm=counts[1], masker=peer_masker),
        repeats,
    )
    return _each(
        f"{name}, {maps.shape[0]} maps x {maps.shape[1]:,}, each",
        (mine, peers),
        counts,
        _compare(found, reference),
        row,
    )


def _each(
    name: str,
    times: tuple[list[float], list[float]],
    counts: list[int],
    agreement: tuple[bool, str],
    row: str = "",
) -> Result:
    """A row in seconds per thousand permutations."""
    ours, peer = (
        [1000 * one / n for one in each] for each, n in zip(times, counts, strict=True)
    )
    agree, words = agreement
    words = (
        f"seconds of 1,000 permutations; {counts[0]:,} and {counts[1]:,} done; {words}"
    )
    given = asked(row) if row else {}
    return Result(name, ours, peer, words, agree=agree, **given)


def _compare(found: dict[str, Any], reference: dict[str, Any]) -> tuple[bool, str]:
    """Statistics are the same, and null distributions to sampling error."""
    gap = float(np.abs(found["t"] - reference["t"]).max())
    agree, words = gap < 1e-5, [f"t within {gap:.0e}"]
    for name in ("t", "size", "mass", "tfce"):
        key = f"h0_max_{name}"
        if key not in reference or name == "tfce":
            continue
        ours, peer = np.ravel(found[key]), np.ravel(reference[key])
        # two medians of independent draws; their standard error by the spread
        error = 1.25 * np.std(peer) * np.sqrt(1 / ours.size + 1 / peer.size)
        apart = abs(np.median(ours) - np.median(peer)) / max(error, 0.5)
        agree = agree and apart < 4
        words.append(f"median of {key} {np.median(ours):.4g} and {np.median(peer):.4g}")
    return bool(agree), "; ".join(words)


def _against_tfce(
    problem: GroupProblem, threads: int, n_perm: int, repeats: int
) -> Result:
    """Sign flips of TFCE by the package `tfce`: its model, its transform, the maximum.

    Both exact, 6 neighbours, E = 0.5, H = 2, one-sided, in single precision.
    """
    from boldglm.core.counter_random import random_words
    from boldglm.core.graph import volume_graph
    from boldglm.mass_univariate import permuted_ols

    maps, inside = problem.maps, problem.inside
    graph = volume_graph(inside)
    bits = random_words(1, np.arange(n_perm), len(maps)) >> np.uint64(63)
    signs = 1.0 - 2.0 * bits.astype(float)
    ours = partial(
        permuted_ols,
        np.ones(len(maps)),
        maps,
        n_perm=n_perm,
        random_state=0,
        masker=graph,
        tfce=True,
        two_sided_test=False,
        n_jobs=threads,
    )
    with threadpool_limits(threads):
        mine, peers, found, theirs = alternate(
            ours, lambda: _flips_by_tfce(maps, inside, signs, threads), repeats
        )
    observed = float(found["tfce"].max())
    gap = abs(observed - theirs[0]) / theirs[0]
    medians = np.median(found["h0_max_tfce"]), np.median(theirs[1:])
    return _each(
        f"TFCE on {threads} thread{'s' * (threads > 1)}, peer: package tfce",
        (mine, peers),
        [n_perm, n_perm],
        (
            gap < 1e-5 and abs(np.log(medians[0] / medians[1])) < 0.3,
            f"largest of the data within {gap:.0e}",
        ),
        "TFCE beside tfce" if threads == 1 else "TFCE beside tfce, 2 threads",
    )


def _flips_by_tfce(
    maps: np.ndarray, inside: np.ndarray, signs: np.ndarray, threads: int
) -> np.ndarray:
    """Largest TFCE of the data and of every flip, in batches as its docs advise."""
    from tfce import tfce
    from tfce.glm import PermutedGLM

    model = PermutedGLM(maps.T, np.ones((len(maps), 1)), np.array([1.0]))
    every = np.concatenate([np.ones((1, len(maps))), signs])
    largest = []
    for start in range(0, len(every), 16):
        batch = every[start : start + 16]
        volumes = np.zeros((*inside.shape, len(batch)), dtype=np.float32, order="F")
        for index, flips in enumerate(batch):
            volumes[..., index][inside] = model.fit_signs(flips)
        enhanced = tfce(volumes, connectivity=6, two_sided=False, n_jobs=threads)
        largest.append(enhanced.reshape(-1, len(batch)).max(axis=0))
    return np.concatenate(largest)


def _permuting(problem: GroupProblem, repeats: int, share: int) -> Result:
    """A covariate with two nuisance columns and a constant, permuted."""
    from nilearn.mass_univariate import permuted_ols as peer_ols

    from boldglm.mass_univariate import permuted_ols

    rng = np.random.default_rng(1)
    n_maps = len(problem.maps)
    tested, confounds = rng.standard_normal(n_maps), rng.standard_normal((n_maps, 2))
    counts = [5_000 // share, 1_000 // share]

    def one(function: Callable[..., Any], n_perm: int) -> Any:
        return function(
            tested,
            problem.maps,
            confounding_vars=confounds,
            n_perm=n_perm,
            random_state=0,
        )

    mine, peers, found, reference = alternate(
        lambda: one(permuted_ols, counts[0]), lambda: one(peer_ols, counts[1]), repeats
    )
    return _each(
        "max-T permutations, 3 nuisance columns, each",
        (mine, peers),
        counts,
        _compare(found, reference),
    )


def _large(fast: bool) -> Result:
    """10,000 permutations with TFCE of a 2 mm brain, in a process of its own."""
    job = Job("flips", {}, options={"fast": fast, "n_perm": 10_000})
    began = time.perf_counter()
    measured = [measure(job, "boldglm")]
    return Result(
        "TFCE, 10,000 flips, 30 maps x 230,000",
        seconds(measured),
        [],
        f"whole process {time.perf_counter() - began:.0f} s",
        ours_mib=peak(measured),
    )
