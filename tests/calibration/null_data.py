"""Noise for group tests, and how often a test finds something in it.

A data set is a small volume of smooth noise for each row of a group design. Its voxels
are one family: the share of data sets in which any of them has a corrected p of 0.05 or
less is the family-wise error rate. Data set k of a case is the same whenever and
wherever it is made.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from scipy import special, stats

from boldglm.core.graph import volume_graph
from boldglm.core.parallel import one_blas_thread
from boldglm.mass_univariate import permuted_ols

SHAPE = (6, 5, 4)
N_VOXELS = 120
GRAPH = volume_graph(np.ones(SHAPE, dtype=bool), connectivity=6)
SMOOTHNESS = 0.8  # standard deviation of the kernel, voxels
ALPHA = 0.05
COVERAGE = 0.99
# (1 + 199) * ALPHA is a whole number: p is 0.05 or less with a probability of 0.05.
N_PERM = 199
N_ACTIVE = 40  # voxels with an effect, in cases that have one
STATISTICS = {
    "max_t": "largest t",
    "step_down_t": "largest t, step-down",
    "max_size": "cluster size",
    "max_mass": "cluster mass",
    "max_tfce": "TFCE",
}


@dataclass(frozen=True)
class Study:
    """What is tested in one data set, and what its rows have besides noise.

    Attributes
    ----------
    tested : (n_rows,)
    confounds : (n_rows, n_confounds) or None
    spread : (n_rows, 1) or 1
        Standard deviation of the noise.
    family : (n_rows,) or None
        Rows of the same number share a map of noise, as large as their own.
    effect : float
        Of the tested variable on the first `N_ACTIVE` voxels.
    """

    tested: np.ndarray
    confounds: np.ndarray | None = None
    spread: np.ndarray | float = 1.0
    family: np.ndarray | None = None
    effect: float = 0.0


@dataclass(frozen=True)
class Case:
    """One design, kind of noise and way to test, and what should come of it.

    Attributes
    ----------
    title, errors : str
        For people.
    study : callable
        ``study(rng)``
    noise : callable
        ``noise(smooth, rng)``, errors from smooth Gaussian ones.
    options : dict
        Of `permuted_ols`.
    expected : dict
        For each key of `STATISTICS` that is looked at: 'inside' the band about
        `level`, 'at most' its upper end, or 'above' it, where a test is wrong.
    n_data_sets : int
    level : float
        Largest p of 0.05 or less that there is.
    peer : bool
        Nilearn's function instead of ours.
    """

    title: str
    errors: str
    study: Callable[[np.random.Generator], Study]
    noise: Callable[[np.ndarray, np.random.Generator], np.ndarray]
    options: dict = field(default_factory=dict)
    expected: dict = field(default_factory=lambda: {"max_t": "inside"})
    n_data_sets: int = 4000
    level: float = ALPHA
    peer: bool = False


def normal(smooth, rng):
    """Gaussian errors."""
    return smooth


def laplace(smooth, rng):
    """Symmetric errors with long tails, of variance 2, at every voxel."""
    return -np.sign(smooth) * (special.log_ndtr(-np.abs(smooth)) + np.log(2))


def noisy_rows(smooth, rng):
    """Gaussian errors whose size differs from row to row: multivariate t of 3 dof."""
    return smooth / np.sqrt(rng.chisquare(3, (len(smooth), 1)) / 3)


def skewed(smooth, rng):
    """Exponential errors, less their mean: of skewness 2."""
    return -special.log_ndtr(-smooth) - 1


@cache
def kernel():
    """What makes white noise smooth, of variance 1, (n_voxels, n_voxels)."""
    place = np.argwhere(np.ones(SHAPE))
    square = np.sum((place[:, None] - place[None]) ** 2, axis=2)
    weights = np.exp(-square / (2 * SMOOTHNESS**2))
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


def data_of(case, study, rng):
    """Noise of one data set, (n_rows, n_voxels)."""

    def errors(n_rows):
        smooth = rng.standard_normal((n_rows, N_VOXELS)) @ kernel().T
        return case.noise(smooth, rng)

    data = errors(len(study.tested)) * study.spread
    if study.family is not None:
        data += errors(study.family.max() + 1)[study.family]
    data[:, :N_ACTIVE] += study.effect * study.tested[:, None]
    return data


def small_p(case, number):
    """Which statistics have a p of 0.05 or less in data set `number`.

    Voxels with an effect are left out: a small p is no error there.
    """
    rng = np.random.default_rng([zlib.crc32(case.title.encode()), number])
    study = case.study(rng)
    data = data_of(case, study, rng)
    options = {"n_perm": N_PERM, "random_state": number, **case.options}
    if case.peer:
        from nilearn.mass_univariate import permuted_ols as peer

        found = peer(study.tested[:, None], data, study.confounds, **options)
    else:
        found = permuted_ols(study.tested, data, study.confounds, **options)
    first = N_ACTIVE if study.effect else 0
    height = -np.log10(ALPHA) - 1e-9
    return {
        name: bool(np.any(found[f"logp_{name}"][0, first:] >= height))
        for name in case.expected
    }


def error_rates(case, numbers=None):
    """Share of data sets in which anything is found, for each statistic.

    Parameters
    ----------
    case : Case
    numbers : iterable of int, optional
        Of data sets; by default ``0 … case.n_data_sets - 1``.
    """
    with one_blas_thread():
        found = [small_p(case, k) for k in numbers or range(case.n_data_sets)]
    return {
        name: float(np.mean([each[name] for each in found])) for name in case.expected
    }


def band(case):
    """Rates that a test of exactly the level has with a probability of 99 %."""
    low, high = stats.binom.interval(COVERAGE, case.n_data_sets, case.level)
    return low / case.n_data_sets, high / case.n_data_sets


def verdict(case, rate):
    """Where a rate lies: 'inside' the band, 'below' or 'above' it."""
    low, high = band(case)
    if rate > high:
        return "above"
    return "inside" if rate >= low else "below"
