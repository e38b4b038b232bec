"""What the noise models cost, in fits with our own AR(1); beside it nilearn's AR(4)."""

import warnings
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from benchmarks.problems import ArrayProblem, masked_run
from benchmarks.timing import Ask, Result, alternate

#: Noise model, repetition time, and the most it may take in fits with AR(1)
MODELS = (("auto", 3.0, 2.5), ("auto", 2.0, None), ("arma11", None, 6.0))


def _brain(n_voxels: int) -> np.ndarray:
    """An ellipsoid of so many voxels of 2 mm."""
    shape = np.array([91, 109, 91])
    if n_voxels < 1e5:
        shape //= 2
    grid = np.indices(shape).reshape(3, -1).T - (shape - 1) / 2
    apart = ((grid / shape) ** 2).sum(axis=1)
    inside = np.zeros(shape.prod(), bool)
    inside[np.argsort(apart, kind="stable")[:n_voxels]] = True
    return inside.reshape(shape)


def _fit(problem: ArrayProblem, noise: Any, neighbours: Any) -> Any:
    from boldglm.core.gls import fit_glm

    near = neighbours if noise.pooled else None
    return fit_glm(problem.Y, problem.X, noise, neighbours=near)


def run(fast: bool, repeats: int) -> list[Result]:
    """Fit a run of a 2 mm brain with every model, in turn with AR(1)."""
    from boldglm.core.neighbours import MaskAverage
    from boldglm.core.noise import noise_model

    warnings.simplefilter("ignore")
    problem = masked_run(300, 10_000 if fast else 235_375, 42)
    n_voxels = problem.Y.shape[1]
    neighbours = MaskAverage(_brain(n_voxels), [2.0, 2.0, 2.0], 8.0)
    ar1 = noise_model("ar1")
    results = []
    for name, t_r, most in MODELS:
        noise = noise_model(name, t_r=t_r)
        model, base, fit, _ = alternate(
            partial(_fit, problem, noise, neighbours),
            partial(_fit, problem, ar1, None),
            repeats,
        )
        cost = median(one / other for one, other in zip(model, base, strict=True))
        asks = (
            [] if most is None or fast else [Ask(f"<= {most:g} x AR(1)", cost <= most)]
        )
        results.append(
            Result(
                f"{name}, order {noise.order}, 300 x {n_voxels}, 42",
                model,
                [],
                f"{cost:.2f} x our AR(1), {median(base):.2f} s",
                agree=bool(np.isfinite(fit.beta).all()),
                also=asks,
            )
        )
    return results
