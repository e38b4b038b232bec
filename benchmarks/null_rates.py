"""How often noise models reject in data sets without an effect, and how often with one.

Data set k of a row is the same whenever and wherever it is made.
"""

import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from benchmarks.null_designs import NullDesign
from benchmarks.null_noise import Noise

__all__ = [
    "LEVELS",
    "MODELS",
    "PEER",
    "SHAPE",
    "DataSet",
    "Found",
    "Row",
    "band",
    "data_set",
    "fit_of",
    "measure",
    "oracle_error",
    "peer_of",
    "summary",
]

#: Nominal levels, two-sided
LEVELS = (0.05, 0.01, 0.001)
#: Level of the test whose power is told
POWER_LEVEL = 0.01
#: Voxels of a data set, 3 mm wide
SHAPE = (16, 16, 16)
VOXEL = 3.0
#: Noise models, as users name them; the last is nilearn's AR(1)
PEER = "nilearn ar1"
MODELS = ("ols", "ols+", "ar1", "ar1+", "ar4+", "auto", "arma11", PEER)
# Those that look at neighbours
POOLED = ("ols+", "auto")
COVERAGE = 0.99
# Voxels whose residuals are tested for whiteness, in each data set
N_WHITE = 400
# Places u at which the oracle's error is worked out; in between it is interpolated
N_PLACES = 7


@dataclass(frozen=True)
class Row:
    """One kind of noise and design.

    Attributes
    ----------
    group, title : str
        For people.
    design : NullDesign
    noise : Noise
    asked : bool
        Whether `auto` must hold its level here.
    """

    group: str
    title: str
    design: NullDesign
    noise: Noise
    asked: bool = False


@dataclass(frozen=True)
class DataSet:
    """Series, design, and what is known of the noise.

    Attributes
    ----------
    Y : (n_scans, n_voxels) float32
    X : (n_scans, n_regressors)
        The first column is tested.
    scans : (n_scans,) int or None
        Their numbers, if some were left out.
    error : (n_voxels,)
        Standard error of the effect for one who knows the covariance; nan where
        nobody does.
    t_r : float
    inside : (x, y, z) bool
        The mask.
    voxel_sizes : tuple of float
        In mm.
    """

    Y: np.ndarray
    X: np.ndarray
    scans: np.ndarray | None
    error: np.ndarray
    t_r: float
    inside: np.ndarray
    voxel_sizes: tuple[float, ...] = (VOXEL,) * 3


@dataclass(frozen=True)
class Found:
    """What a model finds in a data set.

    Attributes
    ----------
    t : (n_voxels,)
        Without an effect.
    shift : (n_voxels,)
        What an effect adds to t that an oracle finds half of the time at
        `POWER_LEVEL`.
    dof : float or (n_voxels,)
    white : float
        Share of voxels whose whitened residuals are white at 5 %; nan if not tested.
    """

    t: np.ndarray
    shift: np.ndarray
    dof: float | np.ndarray
    white: float = np.nan

    def rates(self) -> list[float]:
        """Shares of the voxels with a p below each of `LEVELS`."""
        p = 2 * special.stdtr(self.dof, -np.abs(self.t))
        return [float(np.mean(p < level)) for level in LEVELS]


def data_set(row: Row, number: int, shape: tuple[int, ...] = SHAPE) -> DataSet:
    """Draw data set `number` of a row."""
    rng = np.random.default_rng([zlib.crc32(row.title.encode()), number])
    X, kept = row.design.matrix(rng), row.design.kept(rng)
    Y, u, scale = row.noise.draw(len(X), shape, rng)
    if kept is None:
        kept, scans = np.arange(len(X)), None
    else:
        scans = kept
    places = np.linspace(u.min(), u.max(), N_PLACES) if np.ptp(u) > 0 else u[:1]
    errors = [
        oracle_error(X[kept], row.noise.covariance(len(X), place), kept)
        for place in places
    ]
    error = np.exp(np.interp(u, places, np.log(errors))) * scale
    Y, inside = Y[kept].astype(np.float32), np.ones(shape, bool)
    return DataSet(Y, X[kept], scans, error, row.design.t_r, inside)


def oracle_error(X: np.ndarray, covariance: np.ndarray, kept: np.ndarray) -> float:
    """Standard error of the first coefficient, by generalised least squares.

    Parameters
    ----------
    X : (n_kept, n_regressors)
    covariance : (n_scans,)
        At lags 0, 1, …
    kept : (n_kept,)
        Numbers of the scans that are left.
    """
    V = covariance[np.abs(kept[:, None] - kept)]
    white = linalg.solve_triangular(linalg.cholesky(V, lower=True), X, lower=True)
    others, tested = white[:, 1:], white[:, 0]
    basis = linalg.orth(others)
    return float(1 / np.linalg.norm(tested - basis @ (basis.T @ tested)))


def fit_of(model: str, data: DataSet, neighbours: Callable | None, white: bool = True):
    """One of our models on a data set, as `Found`."""
    from boldglm.core.contrast import contrast_stat, statistic
    from boldglm.core.gls import fit_glm, residuals
    from boldglm.core.ljung_box import ljung_box_of_fit
    from boldglm.core.noise import noise_model

    fit = fit_glm(
        data.Y,
        data.X,
        noise_model(model, t_r=data.t_r),
        scans=data.scans,
        neighbours=neighbours,
        n_jobs=1,
    )
    stat = contrast_stat(fit, np.eye(data.X.shape[1])[0])
    share = np.nan
    if white:
        some = slice(None, None, max(1, data.Y.shape[1] // N_WHITE))
        left = residuals(data.Y[:, some], fit.select(some))
        starts = fit.forms.lags.line.stretches
        _, p = ljung_box_of_fit(left, fit.select(some), starts=starts, n_jobs=1)
        share = float(np.mean(p >= 0.05))
    shift = _effect(data) / np.sqrt(stat.variance)
    return Found(statistic(stat), shift, stat.dof, share)


def peer_of(data: DataSet):
    """AR(1) of nilearn on a data set, as `Found`."""
    from nilearn.glm.contrasts import compute_contrast
    from nilearn.glm.first_level import run_glm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labels, results = run_glm(data.Y.astype(np.float64), data.X, noise_model="ar1")
        found = compute_contrast(
            labels, results, np.eye(data.X.shape[1])[0], stat_type="t"
        )
    shift = _effect(data) / np.sqrt(found.effect_variance())
    return Found(np.ravel(found.stat()), np.ravel(shift), float(found.dof))


def _effect(data: DataSet) -> np.ndarray:
    return -special.ndtri(POWER_LEVEL / 2) * data.error


def measure(data: DataSet, models: tuple[str, ...] = MODELS) -> dict[str, Found]:
    """Fit every model to a data set.

    Least squares see an effect in their coefficients alone: the residuals, and with
    them the noise and all variances, are the same with it and without. So one fit
    tells both how often there is something and how often it is found.
    """
    from boldglm.core.neighbours import MaskAverage
    from boldglm.core.parallel import one_blas_thread
    from boldglm.glm.first_level.run_reading import NOISE_FWHM

    near = MaskAverage(data.inside, data.voxel_sizes, NOISE_FWHM, n_jobs=1)
    with one_blas_thread():
        return {
            model: peer_of(data)
            if model == PEER
            else fit_of(model, data, near if model in POOLED else None)
            for model in models
        }


def band(level: float, n_voxels: int, rates: list[float]) -> tuple[float, float]:
    """Where a mean rate falls with a probability of 99 % if the level is held.

    2.58 standard errors on both sides of independent voxels, which are binomial; or, if
    that is more, those that the rates of the data sets have among themselves, as many
    as Student's t has it of so few (3.50 of eight).

    Parameters
    ----------
    level : float
    n_voxels : int
        Of all data sets.
    rates : list of float
        Of each data set.
    """
    above, n_sets = (1 + COVERAGE) / 2, len(rates)
    half = special.ndtri(above) * np.sqrt(level * (1 - level) / n_voxels)
    if n_sets > 1:
        error = np.std(rates, ddof=1) / np.sqrt(n_sets)
        half = max(half, special.stdtrit(n_sets - 1, above) * error)
    return max(level - float(half), 0.0), level + float(half)


def summary(founds: list[dict[str, Found]]) -> dict[str, dict]:
    """What came of the models in all data sets of a row.

    Parameters
    ----------
    founds : list
        From `measure`, of each data set.

    Returns
    -------
    dict
        For each model ``rates`` and ``bands`` at `LEVELS`, ``white``, the share of
        voxels whose whitened residuals are white, and ``power``: the share of effects
        with a larger t than all but `POWER_LEVEL` of what there is without, so that
        models that reject too often have no advantage of it. None where not known.
    """
    out = {}
    for model in founds[0]:
        each = [found[model] for found in founds]
        rates = np.array([found.rates() for found in each])
        t = np.concatenate([found.t for found in each])
        shift = np.concatenate([found.shift for found in each])
        height = np.quantile(np.abs(t), 1 - POWER_LEVEL)
        power = np.mean(np.abs(t + shift) > height)
        out[model] = {
            "rates": rates.mean(axis=0).tolist(),
            "bands": [
                band(level, t.size, list(rates[:, at]))
                for at, level in enumerate(LEVELS)
            ],
            "white": _known(np.mean([found.white for found in each])),
            "power": _known(power if np.isfinite(shift).all() else np.nan),
        }
    return out


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
