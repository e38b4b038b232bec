"""What is known of the residuals of all runs of a model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boldglm.core.whiteness import QUANTILES, Whiteness

__all__ = ["MEDIAN", "RunsWhiteness", "Spectrum", "is_known", "whiteness_of_runs"]

Array = npt.NDArray[np.float64]

MEDIAN = QUANTILES.index(0.5)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Power of residuals over their variance, the mean of the runs.

    Attributes
    ----------
    frequencies : (n_frequencies,)
        Cycles per scan.
    before, after : (n_frequencies,)
    white : (n_frequencies,)
        What `after` is where the noise is as it was modelled.
    """

    frequencies: Array
    before: Array
    after: Array
    white: Array


@dataclass(frozen=True, eq=False)
class RunsWhiteness:
    """Residuals before and after whitening, over runs.

    Attributes
    ----------
    before, after : (n_lags, 5)
        Quantiles over voxels of autocorrelations at lags 1, 2, …, the mean of the runs.
    limit : float
        95 % of the autocorrelations of white noise are smaller.
    n_voxels : int
        That were looked at, in all runs.
    n_runs, n_unknown : int
        That were looked at, and those of them without residuals.
    white : float or None
        Share of the voxels whose residuals are white at 5 %; None where no run knows.
    spectrum : Spectrum or None
    """

    before: Array
    after: Array
    limit: float
    n_voxels: int
    n_runs: int
    n_unknown: int
    white: float | None
    spectrum: Spectrum | None


def is_known(one: Whiteness) -> bool:
    """Whether a run has residuals to look at: one bad run says nothing of others."""
    known = np.isfinite(one.before).all() and np.isfinite(one.after).all()
    return one.n_voxels > 0 and bool(known)


def whiteness_of_runs(looked_at: Sequence[Whiteness]) -> RunsWhiteness | None:
    """Residuals of some runs together; None where none of them has any.

    Parameters
    ----------
    looked_at : sequence of Whiteness

    Returns
    -------
    RunsWhiteness or None

    Examples
    --------
    >>> one = Whiteness(100, 50, np.full((2, 5), 0.3), np.full((2, 5), 0.1), white=0.9)
    >>> other = Whiteness(100, 0, *np.full((2, 2, 5), np.nan))
    >>> both = whiteness_of_runs([one, other])
    >>> both.white, both.n_unknown, round(both.limit, 3)
    (0.9, 1, 0.196)
    """
    known = [one for one in looked_at if is_known(one)]
    if not known:
        return None
    n_lags = min(len(one.before) for one in known)
    variance = np.mean([1 / one.n_scans for one in known])
    return RunsWhiteness(
        before=np.mean([one.before[:n_lags] for one in known], axis=0),
        after=np.mean([one.after[:n_lags] for one in known], axis=0),
        limit=float(1.96 * np.sqrt(variance)),
        n_voxels=sum(one.n_voxels for one in known),
        n_runs=len(looked_at),
        n_unknown=len(looked_at) - len(known),
        white=_share_white(known),
        spectrum=_spectrum(known),
    )


def _share_white(known: list[Whiteness]) -> float | None:
    told = [one for one in known if np.isfinite(one.white)]
    if not told:
        return None
    counts = [one.n_voxels for one in told]
    return float(np.average([one.white for one in told], weights=counts))


def _spectrum(known: list[Whiteness]) -> Spectrum | None:
    names = ("power_before", "power_after", "power_white")
    told = [
        one
        for one in known
        if one.frequencies.size
        and all(np.isfinite(getattr(one, name)).all() for name in names)
    ]
    if not told:
        return None
    # a shorter run resolves fewer frequencies
    at = min((one.frequencies for one in told), key=len)
    means = [
        np.mean(
            [np.interp(at, one.frequencies, getattr(one, name)) for one in told],
            axis=0,
        )
        for name in names
    ]
    return Spectrum(at, *means)
