"""Where the scans of a run lie in time, when some were left out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "LONGEST_GAP",
    "MOST_HIDDEN",
    "Timeline",
    "checked_line",
    "checked_starts",
    "n_between",
    "n_pairs",
    "segment_lengths",
    "segments",
    "timeline",
]

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

#: Scans that may be missing in a row: beyond, noise counts as forgotten
LONGEST_GAP = 16
#: Scans that may be missing in all: more, and fits would take too long
MOST_HIDDEN = 500


@dataclass(frozen=True)
class Timeline:
    """A line of scans, some of them not seen.

    Noise goes on through a scan that was left out. So the line has a place for it, and
    a regressor that is 1 there and 0 everywhere else: whatever the scan was, it says
    nothing, and the scans around it are as far apart as they were.

    Attributes
    ----------
    length : int
        Places on the line.
    places : (n_scans,) int
        Of the scans that are there, ascending.
    starts : (n_segments,) int
        Places at which segments begin, the first is 0: over them nothing is remembered.
    """

    length: int
    places: Places
    starts: Places

    @property
    def n_scans(self) -> int:
        """Scans that are there."""
        return int(self.places.size)

    @property
    def hidden(self) -> Places:
        """Places of the scans that are not there."""
        seen = np.zeros(self.length, dtype=bool)
        seen[self.places] = True
        return np.flatnonzero(~seen)

    @property
    def stretches(self) -> Places:
        """Where stretches of consecutive scans begin, among the scans that are there.

        >>> timeline(np.array([0, 1, 2, 5, 6, 9])).stretches
        array([0, 3, 5])
        """
        gap = np.diff(self.places, prepend=-2) > 1
        return np.flatnonzero(gap | np.isin(self.places, self.starts))

    def spread(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Rows of the scans that are there, with zeros where none is.

        >>> timeline(np.array([0, 2])).spread(np.array([[1.0], [2.0]])).ravel()
        array([1., 0., 2.])
        """
        if self.n_scans == self.length:
            return rows
        whole = np.zeros((self.length, *rows.shape[1:]), rows.dtype)
        whole[self.places] = rows
        return whole


def timeline(scans: npt.ArrayLike) -> Timeline:
    """The line of the scans of a run that were kept.

    Parameters
    ----------
    scans : (n_scans,) int
        Their numbers in the run, ascending.

    Returns
    -------
    Timeline
        In segments where more than `LONGEST_GAP` scans are missing in a row, and at
        every gap where more than `MOST_HIDDEN` would have to be kept a place for.

    Raises
    ------
    ValueError
        If `scans` are no numbers of scans, ascending.

    Examples
    --------
    >>> line = timeline([3, 4, 6, 50, 51])
    >>> line.places, line.length, line.starts
    (array([0, 1, 3, 4, 5]), 6, array([0, 4]))
    """
    numbers = np.asarray(scans)
    whole = numbers.ndim == 1 and numbers.size > 0 and numbers.dtype.kind in "iu"
    if not whole or (np.diff(numbers.astype(np.int64)) < 1).any():
        msg = f"scans are {scans!r}; expected numbers of scans, ascending"
        raise ValueError(msg)
    steps = np.diff(numbers.astype(np.int64))
    missing = steps - 1
    short = (missing > 0) & (missing <= LONGEST_GAP)
    if n_between(numbers) > MOST_HIDDEN:
        short[:] = False
    places = np.r_[0, np.cumsum(np.where(short, steps, 1))].astype(np.intp)
    parted = 1 + np.flatnonzero((missing > 0) & ~short)
    starts = np.r_[0, places[parted]].astype(np.intp)
    return Timeline(int(places[-1]) + 1, places, starts)


def n_between(scans: Places) -> int:
    """Scans that are missing in gaps that are not too long to be followed through.

    >>> n_between(np.array([0, 1, 4, 50]))
    2
    """
    missing = np.diff(scans) - 1
    return int(missing[missing <= LONGEST_GAP].sum())


def checked_line(
    places: npt.ArrayLike, starts: npt.ArrayLike, n_scans: int
) -> Timeline:
    """A line from numbers that may be anything, such as those of a file.

    Raises
    ------
    ValueError
        If there are not `n_scans` places, ascending from 0, or `starts` are none.

    Examples
    --------
    >>> checked_line([0, 2, 3], [0], 3).hidden
    array([1])
    """
    given = np.asarray(places)
    whole = given.shape == (n_scans,) and given.dtype.kind in "iu"
    if not whole or given[0] != 0 or (np.diff(given.astype(np.int64)) < 1).any():
        msg = f"places are {places!r}; expected {n_scans} numbers, ascending from 0"
        raise ValueError(msg)
    length = int(given[-1]) + 1
    if length - n_scans > n_scans * LONGEST_GAP:
        msg = f"{n_scans} scans lie on a line of {length}; expected a shorter one"
        raise ValueError(msg)
    return Timeline(length, given.astype(np.intp), checked_starts(starts, length))


def checked_starts(starts: npt.ArrayLike | None, n_scans: int) -> Places:
    """Where segments of consecutive scans begin; None: there is one.

    Raises
    ------
    ValueError
        If they are no scans, ascending from 0.
    """
    begins = np.array([0] if starts is None else starts)
    whole = begins.ndim == 1 and begins.size > 0 and begins.dtype.kind in "iu"
    if not whole or begins[0] != 0 or (np.diff(begins, append=n_scans) < 1).any():
        msg = (
            f"starts are {begins.tolist()}; expected the scans, ascending from 0 and "
            f"below {n_scans}, at which segments begin"
        )
        raise ValueError(msg)
    return begins.astype(np.intp)


def segments(starts: Places, n_scans: int) -> list[slice]:
    """The segments of a run.

    >>> segments(np.array([0, 3]), 5)
    [slice(0, 3, None), slice(3, 5, None)]
    """
    ends = [*starts[1:].tolist(), n_scans]
    return [slice(a, b) for a, b in zip(starts.tolist(), ends, strict=True)]


def segment_lengths(starts: Places, n_scans: int) -> Places:
    """Scans of each segment, (n_segments,)."""
    return np.diff(starts, append=n_scans)


def n_pairs(lengths: Places, n_lags: int) -> Array:
    """Pairs of scans at lags 0…`n_lags`, all segments together."""
    lags = np.arange(n_lags + 1)[:, np.newaxis]
    return np.asarray(np.maximum(lengths - lags, 0).sum(axis=1), dtype=np.float64)
