"""Designs of a task that does nothing: one regressor of it, drifts and confounds."""

from dataclasses import dataclass

import numpy as np
from scipy import signal

__all__ = ["NullDesign", "clumps", "motion"]

# Columns that motion gives: six parameters, their changes, the squares of both
N_MOTION = 24


@dataclass(frozen=True)
class NullDesign:
    """A run and what is asked of it.

    Attributes
    ----------
    block : float or None
        Seconds of task and of rest, in turn. None: events at random, 4 to 12 s apart.
    n_regressors : int
        In all: task, constant and drifts; the rest motion-like, and beyond 24 of them
        aCompCor-like.
    n_scans : int
    t_r : float
        Seconds.
    high_pass : float
        Of the cosines, Hz.
    censored : float
        Share of the scans that are left out.
    clump : float
        How many of them follow each other, on average.
    """

    block: float | None = 16.0
    n_regressors: int = 38
    n_scans: int = 300
    t_r: float = 2.0
    high_pass: float = 1 / 128
    censored: float = 0.0
    clump: float = 3.0

    def matrix(self, rng: np.random.Generator) -> np.ndarray:
        """(n_scans, n_regressors), the task first; confounds are drawn anew."""
        from boldglm.glm.first_level import make_first_level_design_matrix

        basic = make_first_level_design_matrix(
            np.arange(self.n_scans) * self.t_r,
            self._events(rng),
            hrf_model="spm",
            drift_model="cosine",
            high_pass=self.high_pass,
        ).to_numpy()
        n_others = self.n_regressors - basic.shape[1]
        if n_others < 0:
            msg = (
                f"task, drifts and constant are {basic.shape[1]} regressors, more than "
                f"n_regressors={self.n_regressors}; lower high_pass"
            )
            raise ValueError(msg)
        return np.hstack([basic, _confounds(self.n_scans, n_others, rng)])

    def kept(self, rng: np.random.Generator) -> np.ndarray | None:
        """Scans that are not left out, or None for all."""
        if not self.censored:
            return None
        return clumps(self.n_scans, self.censored, self.clump, rng)

    def _events(self, rng: np.random.Generator):
        import pandas as pd

        length = self.n_scans * self.t_r
        if self.block is None:
            onsets = np.cumsum(rng.uniform(4, 12, int(length / 4)))
            onsets, duration = onsets[onsets < length - 10], 0.0
        else:
            onsets = np.arange(self.block, length - self.block, 2 * self.block)
            duration = self.block
        return pd.DataFrame(
            {"onset": onsets, "duration": duration, "trial_type": "task"}
        )


def _confounds(n_scans: int, n_columns: int, rng: np.random.Generator) -> np.ndarray:
    moved = motion(n_scans, rng)[:, :n_columns]
    n_others = n_columns - moved.shape[1]
    noise = rng.standard_normal((n_scans, n_others))
    columns = np.hstack([moved, signal.lfilter([1], [1, -0.5], noise, axis=0)])
    return (columns - columns.mean(axis=0)) / columns.std(axis=0)


def motion(n_scans: int, rng: np.random.Generator) -> np.ndarray:
    """Six parameters that wander, their changes, and the squares of both."""
    steps = rng.standard_normal((n_scans, N_MOTION // 4))
    place = signal.lfilter([1], [1, -0.98], steps, axis=0)
    change = np.diff(place, axis=0, prepend=place[:1])
    return np.hstack([place, change, place**2, change**2])


def clumps(
    n_scans: int, share: float, clump: float, rng: np.random.Generator
) -> np.ndarray:
    """Scans that are left when a share of them are left out, a few at a time."""
    left = np.ones(n_scans, bool)
    while np.mean(~left) < share:
        start = rng.integers(n_scans)
        left[start : start + rng.geometric(1 / clump)] = False
    return np.flatnonzero(left)
