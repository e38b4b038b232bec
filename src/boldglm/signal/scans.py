"""Which scans make up a run, and which of them to keep."""

from typing import Any

import numpy as np

from boldglm._base.errors import AllVolumesRemovedError, ShapeError

__all__ = ["kept_scans", "members_of_runs"]


def members_of_runs(runs: Any, n_scans: int) -> list[np.ndarray]:
    """Scan numbers of each run, in the order of the sorted labels.

    Parameters
    ----------
    runs : (scan,) or None
        A label per scan; None: one run.
    n_scans : int

    Raises
    ------
    ShapeError
        If there is not a label for each scan.

    Examples
    --------
    >>> members_of_runs(["a", "b", "a"], 3)
    [array([0, 2]), array([1])]
    """
    if runs is None:
        return [np.arange(n_scans)]
    labels = np.asarray(runs)
    if labels.shape != (n_scans,):
        msg = (
            f"runs has shape {labels.shape}; expected one label per scan, ({n_scans},)."
        )
        raise ShapeError(msg)
    return [np.flatnonzero(labels == run) for run in np.unique(labels)]


def kept_scans(sample_mask: Any, lengths: list[int]) -> list[np.ndarray | None]:
    """Numbers of the scans to keep, run by run.

    Parameters
    ----------
    sample_mask : (n,) int, (scan,) bool, list of these per run, or None
    lengths : list of int
        Scans of each run.

    Returns
    -------
    list of (n,) int or None
        Increasing, counted from the start of the run. None keeps all.

    Raises
    ------
    ShapeError
        If there are not as many masks as runs, or booleans as scans.
    IndexError
        If there is no such scan.
    AllVolumesRemovedError
        If no scan is kept.
    ValueError
        If a scan is there twice.

    Examples
    --------
    >>> kept_scans([[2, 0], [False, True]], [3, 2])
    [array([0, 2]), array([1])]
    """
    if sample_mask is None:
        return [None] * len(lengths)
    masks = [sample_mask]
    if isinstance(sample_mask, list | tuple) and any(map(np.ndim, sample_mask)):
        masks = list(sample_mask)
    if len(masks) != len(lengths):
        msg = f"There are {len(masks)} sample masks for {len(lengths)} runs."
        raise ShapeError(msg)
    return [
        None if mask is None else _scan_numbers(mask, n, run + 1)
        for run, (mask, n) in enumerate(zip(masks, lengths, strict=True))
    ]


def _scan_numbers(mask: Any, n_scans: int, run: int) -> np.ndarray:
    numbers = np.asarray(mask)
    if numbers.dtype == bool:
        if numbers.shape != (n_scans,):
            msg = (
                f"The sample mask of run {run} has shape {numbers.shape}; a boolean "
                f"one needs a value per scan, ({n_scans},)."
            )
            raise ShapeError(msg)
        numbers = np.flatnonzero(numbers)
    if numbers.size == 0:
        msg = (
            f"The sample mask of run {run} keeps no scan at all. Take the run out, or "
            "relax the limits by which scans are dropped."
        )
        raise AllVolumesRemovedError(msg)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        msg = (
            f"The sample mask of run {run} has shape {numbers.shape} and type "
            f"{numbers.dtype}; expected scan numbers, or a boolean per scan."
        )
        raise ShapeError(msg)
    numbers = np.sort(numbers.astype(np.intp))
    if numbers[0] < 0 or numbers[-1] >= n_scans:
        msg = (
            f"The sample mask of run {run} reaches from scan {numbers[0]} to "
            f"{numbers[-1]}; the run has scans 0 to {n_scans - 1}."
        )
        raise IndexError(msg)
    repeated = numbers[1:][np.diff(numbers) == 0]
    if repeated.size:
        msg = f"The sample mask of run {run} has scan {repeated[0]} more than once."
        if numbers.size == n_scans and numbers[-1] <= 1:
            msg = (
                f"The sample mask of run {run} is {n_scans} times 0 or 1, and whole "
                "numbers are those of scans; for one answer per scan use booleans: "
                "mask.astype(bool)."
            )
        raise ValueError(msg)
    return numbers
