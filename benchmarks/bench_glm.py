"""The fit of arrays and its contrasts."""

import warnings
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.baseline import asked
from benchmarks.problems import ArrayProblem, masked_run
from benchmarks.timing import Result, alternate

N_CONTRASTS = 5


def _fit(run_glm, problem: ArrayProblem, **options):
    return run_glm(problem.Y, problem.X, **options)


def _contrasts(module, fitted):
    labels, results = fitted
    weights = np.eye(next(iter(results.values())).theta.shape[0])[:N_CONTRASTS]
    rows = [module.compute_contrast(labels, results, row) for row in weights]
    together = module.compute_contrast(labels, results, weights)
    return [one.z_score() for one in (*rows, together)]


def _same_in_bins(ours, peer) -> tuple[bool, str]:
    """Whether all voxels but those at the edge of a bin have the same z.

    A coefficient within rounding of an edge falls on either side of it: another bin,
    and a z that differs in the third digit.
    """
    gaps = np.max(
        [np.abs(a - b) / np.std(b) for a, b in zip(ours, peer, strict=True)], axis=0
    )
    at_edges = gaps > 1e-4
    text = f"z of 6 contrasts within {gaps[~at_edges].max():.1e} SD (bins=100)"
    if at_edges.any():
        text += f", but {at_edges.sum()} of {gaps.size} voxels at the edge of a bin"
    return bool(at_edges.mean() < 1e-4 and gaps.max() < 0.2), text


def _worst(ours, peer) -> float:
    """Largest difference in units of the standard deviation of the peer's values."""
    return max(
        float(np.max(np.abs(a - b)) / np.std(b))
        for a, b in zip(ours, peer, strict=True)
    )


def run(fast: bool, repeats: int) -> list[Result]:
    """Fit a run of a 2 mm brain by both programs, then five t and one F contrast."""
    import nilearn.glm.contrasts as peer_contrasts
    import nilearn.glm.first_level as peer

    import boldglm.glm.contrasts as our_contrasts
    from boldglm.glm.first_level import run_glm

    problem = masked_run(300, 10_000 if fast else 235_375, 42)
    results = []
    warnings.simplefilter("ignore")
    for threads, row in ((None, "fit"), (1, "fit, 1 thread")):
        with threadpool_limits(threads):
            ours, theirs, fit, peer_fit = alternate(
                partial(_fit, run_glm, problem),
                partial(_fit, peer.run_glm, problem),
                repeats,
            )
            # The same numbers where the same is computed: coefficients in bins.
            binned = _fit(run_glm, problem, bins=100)
            agree, text = _same_in_bins(
                _contrasts(our_contrasts, binned), _contrasts(peer_contrasts, peer_fit)
            )
            label = "default threads" if threads is None else "one thread"
            results.append(
                Result(
                    f"run_glm AR(1) 300 x {problem.Y.shape[1]}, 42, {label}",
                    ours,
                    theirs,
                    text,
                    agree=agree,
                    **asked(row),
                )
            )
            if threads is None:
                results.append(_contrast_result(fit, peer_fit, repeats))
    results += _higher_order(problem, run_glm, our_contrasts, repeats)
    return results


def _contrast_result(fit, peer_fit, repeats) -> Result:
    import nilearn.glm.contrasts as peer_contrasts

    import boldglm.glm.contrasts as our_contrasts

    ours, theirs, z, peer_z = alternate(
        partial(_contrasts, our_contrasts, fit),
        partial(_contrasts, peer_contrasts, peer_fit),
        repeats,
    )
    gap = _worst(z, peer_z)
    return Result(
        "  then 5 t and 1 F contrasts to z, AR(1)",
        ours,
        theirs,
        f"z within {gap:.1e} SD of the binned ones",
        agree=gap < 0.2,
    )


def _higher_order(problem, run_glm, contrasts, repeats) -> list[Result]:
    """AR(4), ours alone: the peer clusters the coefficients, which is another model."""
    fit = partial(_fit, run_glm, problem, noise_model="ar4")
    times, _, fitted, _ = alternate(fit, lambda: None, repeats)
    after, _, z, _ = alternate(
        partial(_contrasts, contrasts, fitted), lambda: None, repeats
    )
    finite = all(np.isfinite(one).all() for one in z)
    return [
        Result("run_glm AR(4), ours alone", times, [], "no peer"),
        Result(
            "  then 5 t and 1 F contrasts to z, AR(4)",
            after,
            [],
            "no peer",
            agree=finite,
        ),
    ]
