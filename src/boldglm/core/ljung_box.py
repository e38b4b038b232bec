"""A test of whiteness of residuals that knows of the design they are left by."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from boldglm._base.errors import ShapeError
from boldglm.core.autocorrelation import (
    autocorrelations,
    longest_segment,
    whitened,
    whitened_starts,
)
from boldglm.core.gls import GlmFit
from boldglm.core.lags import shift_rows
from boldglm.core.parallel import blocks, map_blocks, one_blas_thread
from boldglm.core.timeline import checked_starts, n_pairs, segment_lengths

__all__ = [
    "CorrelationMoments",
    "correlation_moments",
    "ljung_box",
    "ljung_box_of_fit",
    "moments_behind",
]

Array = npt.NDArray[np.float64]
Data = npt.NDArray[np.floating]
Voxels = npt.NDArray[np.intp]

# Voxels per block: their series stay in the second cache.
BLOCK = 512
# Of the largest variance of a combination of autocorrelations
NEGLIGIBLE = 1e-9
# Groups of voxels with much the same filter, each with a whitened design of its own
N_GROUPS = 8


@dataclass(frozen=True)
class CorrelationMoments:
    """What autocorrelations of residuals are where the noise is white.

    Attributes
    ----------
    mean : (n_lags,)
        Of `boldglm.core.autocorrelation.autocorrelations`, at lags 1, 2, …
    covariance : (n_lags, n_lags)
    """

    mean: Array
    covariance: Array


def correlation_moments(
    n_scans: int,
    n_lags: int,
    basis: Array | None = None,
    starts: npt.ArrayLike | None = None,
) -> CorrelationMoments:
    r"""Mean and covariance of the autocorrelations of residuals of white noise.

    Residuals ``u = R e`` of a design with an orthonormal basis Q, ``R = I - QQ'``,
    have autocorrelations ``r_k = u'A_k u / u'u`` with ``A_k = D_k / 2`` (`core.lags`),
    and as ``u'u`` is independent of their ratio::

        E r_k = m_k = tr(R A_k) / tr(R)
        cov(r_k, r_j) = 2 tr(R B_k R B_j) / (tr(R)^2 + 2 tr(R R)),   B_k = A_k - m_k I

    exactly. Without a design the variance is ``(n - k) / (n (n + 2))``, that of Ljung
    and Box. The slower what a design takes out, the lower the autocorrelations it
    leaves.

    Parameters
    ----------
    n_scans : int
    n_lags : int
    basis : (n_scans, rank), optional
        Rows of an orthonormal basis of the (whitened) design. Where they are not all
        of its rows (the first scans are left out) the covariance is all but exact.
    starts : (n_segments,) int, optional
        Where segments of consecutive scans begin.

    Returns
    -------
    CorrelationMoments

    References
    ----------
    Ljung, G. M. and Box, G. E. P. (1978). On a measure of lack of fit in time series
    models. *Biometrika* 65, 297-303.
    Durbin, J. and Watson, G. S. (1950). Testing for serial correlation in least squares
    regression. I. *Biometrika* 37, 409-428 (moments of such ratios).

    Examples
    --------
    >>> white = correlation_moments(100, 2)
    >>> white.mean, np.diag(white.covariance) * (100 * 102)
    (array([0., 0.]), array([99., 98.]))
    >>> drifts = np.linalg.qr(np.vander(np.linspace(-1, 1, 100), 10))[0]
    >>> correlation_moments(100, 2, drifts).mean
    array([-0.1 , -0.09])
    """
    Q = np.zeros((n_scans, 0)) if basis is None else basis
    begins = checked_starts(starts, n_scans)
    pairs = n_pairs(segment_lengths(begins, n_scans), n_lags)
    moved = np.stack([shift_rows(Q, lag, begins) / 2 for lag in range(1, n_lags + 1)])
    with one_blas_thread():
        within, each = Q.T @ moved, Q.T @ Q
        flat, packed = moved.reshape(n_lags, -1), within.reshape(n_lags, -1)
        products = np.diag(pairs[1:]) / 2 - 2 * flat @ flat.T + packed @ packed.T
    taken = np.einsum("krr->k", within)
    # tr(R A_k R) and tr(R R), which is tr(R) where R is a projection
    twice = np.einsum("krs,sr->k", within, each) - 2 * taken
    trace = n_scans - np.trace(each)
    square = trace - np.trace(each) + np.sum(each**2)
    mean = -taken / trace
    covariance = products - np.outer(mean, twice) - np.outer(twice, mean)
    covariance += np.outer(mean, mean) * square
    return CorrelationMoments(mean, 2 * covariance / (trace**2 + 2 * square))


def ljung_box(
    series: Data,
    n_lags: int,
    n_params: float = 0,
    moments: CorrelationMoments | None = None,
    *,
    starts: npt.ArrayLike | None = None,
    n_jobs: int | None = None,
) -> tuple[Array, Array]:
    r"""Test whether whitened residuals are white.

    .. math:: Q = n (n + 2) \sum_{k=1}^m \frac{r_k^2}{n - k}

    which has about the chi-squared distribution with ``m - n_params`` degrees of
    freedom where they are (m the combinations of autocorrelations that vary, of a
    handful of degrees of freedom fewer than lags). Autocorrelations of residuals of
    many regressors are not centred at 0: with 40 regressors and 300 scans Q calls a
    fifth to two fifths of the voxels "not white" at 5 % when the noise is white. Their
    moments set that right:
    ``Q = (r - m)' C^-1 (r - m)``.

    Parameters
    ----------
    series : (n_scans, n_voxels) float32 or float64
        Whitened residuals.
    n_lags : int
        The number m of lags.
    n_params : float
        Parameters of the noise that were estimated from the voxel.
    moments : CorrelationMoments, optional
        Of `n_lags` lags. Default: those of white noise itself, with which Q is that of
        Ljung and Box.
    starts : (n_segments,) int, optional
        Where segments of consecutive scans begin.
    n_jobs : int or None
        Threads; None for as many as BLAS would use.

    Returns
    -------
    q, p : (n_voxels,) float64
        nan where the series is 0 throughout or not finite. p is nan too where a
        handful of degrees of freedom leaves no more combinations of autocorrelations
        that vary than parameters.

    Raises
    ------
    ShapeError
        If there are not more lags than parameters, or not fewer than scans in a
        stretch, or the moments are of another number of lags.

    References
    ----------
    Ljung, G. M. and Box, G. E. P. (1978). On a measure of lack of fit in time series
    models. *Biometrika* 65, 297-303.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> white = rng.standard_normal((200, 1))
    >>> walk = np.cumsum(white, axis=0)
    >>> _, p = ljung_box(np.hstack([white, walk]), 5)
    >>> bool(p[0] > 0.05), bool(p[1] < 1e-6)
    (True, True)
    """
    n_scans, n_voxels = series.shape
    if moments is None:
        moments = correlation_moments(n_scans, n_lags, starts=starts)
    if moments.mean.size != n_lags:
        msg = f"moments of {moments.mean.size} lags for a test of {n_lags}"
        raise ShapeError(msg)
    if not n_lags > n_params:
        msg = (
            f"{n_lags} lags after {n_params} parameters were estimated leave no degree "
            "of freedom; expected more lags than parameters"
        )
        raise ShapeError(msg)
    # Q is the squared length of the autocorrelations in units of their covariance;
    # of a handful of degrees of freedom some combinations do not vary at all.
    values, vectors = np.linalg.eigh(moments.covariance)
    varies = values > NEGLIGIBLE * values[-1]
    root = vectors.T[varies] / np.sqrt(values[varies])[:, None]
    q = np.empty(n_voxels)

    def one(block: slice) -> None:
        off = autocorrelations(series[:, block], n_lags, starts) - moments.mean[:, None]
        away = root @ off
        q[block] = np.einsum("kv,kv->v", away, away)

    with np.errstate(invalid="ignore"):
        map_blocks(one, blocks(n_voxels, BLOCK), n_jobs=n_jobs)
    dof = np.count_nonzero(varies) - n_params
    return q, np.asarray(special.chdtrc(dof if dof > 0 else np.nan, q))


def ljung_box_of_fit(
    residual: Data,
    fit: GlmFit,
    n_lags: int = 10,
    n_params: float | None = None,
    *,
    starts: npt.ArrayLike | None = None,
    n_jobs: int | None = None,
) -> tuple[Array, Array]:
    """Test whether the residuals of a fit, whitened, are white.

    `ljung_box` with the moments behind the whitened design (`moments_behind`), which
    differ little between voxels: they are worked out for eight groups of voxels.

    Parameters
    ----------
    residual : (n_scans, n_voxels) float32 or float64
        Not whitened, see `boldglm.core.gls.residuals`.
    fit : GlmFit
    n_lags : int
        Beyond the order of the autoregression: ``order + n_lags`` are tested, or as
        many as there are scans for.
    n_params : float, optional
        Parameters of the noise that were estimated from each voxel. Default: all, or
        none where they were given or voxels were pooled.
    starts : (n_segments,) int, optional
        Where segments of consecutive scans begin.
    n_jobs : int or None

    Returns
    -------
    q, p : (n_voxels,) float64
        nan where nothing was fitted, or there are too few scans.

    Examples
    --------
    >>> from boldglm.core.gls import fit_glm, residuals
    >>> from boldglm.core.noise import noise_model
    >>> data = np.random.default_rng(0).standard_normal((200, 3))
    >>> data[:, 0] = np.cumsum(data[:, 0])
    >>> fit = fit_glm(data, np.ones((200, 1)), noise_model("ols"))
    >>> ljung_box_of_fit(residuals(data, fit), fit)[1] > 0.05
    array([False,  True,  True])
    """
    noise, order, (n_scans, n_voxels) = fit.noise, fit.phi.shape[0], residual.shape
    if n_params is None:
        given = noise.pooled or noise.coefficients is not None
        n_params = 0 if given else noise.n_parameters
    left = whitened_starts(n_scans, order, starts)
    q, p = np.full(n_voxels, np.nan), np.full(n_voxels, np.nan)
    n_lags = min(order + n_lags, longest_segment(n_scans, starts) - order - 1)
    if not n_lags > n_params:
        return q, p

    def one(work: tuple[Voxels, CorrelationMoments]) -> None:
        voxels, moments = work
        series = whitened(residual[:, voxels], fit.phi[:, voxels], starts)
        q[voxels], p[voxels] = ljung_box(
            series, n_lags, n_params, moments, starts=left, n_jobs=1
        )

    groups = _alike(fit.phi, np.flatnonzero((fit.outcome != 1) & (fit.outcome != 2)))
    work = []
    for group in groups:
        moments = moments_behind(fit, group, n_lags, starts)
        work += [(group[block], moments) for block in blocks(group.size, BLOCK)]
    map_blocks(one, work, n_jobs=n_jobs)
    return q, p


def moments_behind(
    fit: GlmFit, voxels: Voxels, n_lags: int, starts: npt.ArrayLike | None = None
) -> CorrelationMoments:
    """Moments of the autocorrelations of whitened residuals of voxels that are alike.

    Those of the voxel whose coefficients are nearest their median: with the filter W
    that whitens it, the whitened design has the orthonormal basis
    ``W Q (Q' V^-1 Q)^(-1/2)``, less the first scans of each segment.

    Parameters
    ----------
    fit : GlmFit
    voxels : (n_some_voxels,) int
    n_lags : int
        Fewer than the scans of the longest segment after whitening.
    starts : (n_segments,) int, optional

    Returns
    -------
    CorrelationMoments

    Examples
    --------
    >>> from boldglm.core.gls import fit_glm
    >>> from boldglm.core.noise import noise_model
    >>> data = np.random.default_rng(0).standard_normal((50, 3))
    >>> fit = fit_glm(data, np.ones((50, 1)), noise_model("ols"))
    >>> moments_behind(fit, np.arange(3), 2).mean
    array([-0.02 , -0.0196])
    """
    phi = fit.phi[:, voxels]
    off = phi - np.median(phi, axis=1, keepdims=True)
    middle = phi[:, [np.argmin(np.einsum("iv,iv->v", off, off))]]
    rank, order = fit.factor.rank, fit.phi.shape[0]
    with one_blas_thread():
        unit = fit.forms.quadratic(middle, np.eye(rank))[:, :, 0]
        values, vectors = np.linalg.eigh(unit)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        basis = whitened(fit.factor.basis, middle, starts) @ root
    n_scans = fit.factor.design.shape[0]
    left = whitened_starts(n_scans, order, starts)
    return correlation_moments(len(basis), n_lags, basis, left)


def _alike(phi: Array, voxels: Voxels) -> list[Voxels]:
    """Groups of voxels whose filters do much the same to slow regressors."""
    n_groups = min(N_GROUPS if phi.shape[0] else 1, voxels.size)
    if not n_groups:
        return []
    slowest = np.argsort(phi[:, voxels].sum(axis=0), kind="stable")
    return np.array_split(voxels[slowest], n_groups)
