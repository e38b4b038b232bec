"""The one place where work is spread over threads."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

__all__ = ["blocks", "map_blocks", "n_workers"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def n_workers(n_jobs: int | None = None) -> int:
    """Number of threads that `n_jobs` asks for.

    Parameters
    ----------
    n_jobs : int or None
        Positive: that many. Negative: all processors but ``-n_jobs - 1``, as in
        joblib. None: all processors this process may use.

    Raises
    ------
    ValueError
        If `n_jobs` is 0.

    Examples
    --------
    >>> n_workers(3)
    3
    """
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    available = available or os.cpu_count() or 1
    if n_jobs is None:
        return available
    if n_jobs == 0:
        msg = "n_jobs is 0; expected a number of threads, -1 for all, or None"
        raise ValueError(msg)
    return n_jobs if n_jobs > 0 else max(1, available + 1 + n_jobs)


def blocks(n: int, size: int) -> list[slice]:
    """Cut ``range(n)`` into slices of at most `size`, of nearly equal length.

    Examples
    --------
    >>> blocks(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    if n == 0:
        return []
    count = -(-n // size)
    step = -(-n // count)
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]


@cache
def _blas() -> "ThreadpoolController":
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def map_blocks(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    n_jobs: int | None = None,
) -> list[Result]:
    """Apply `function` to every item, on threads, results in the items' order.

    Each worker has BLAS to itself on one thread: two-thread BLAS is slower than
    one on the small products our blocks are made of.

    Parameters
    ----------
    function : callable
        Should spend its time in numpy, BLAS or ``nogil`` kernels.
    items : iterable
    n_jobs : int or None
        See `n_workers`.

    Returns
    -------
    list

    Examples
    --------
    >>> map_blocks(lambda part: part.stop - part.start, blocks(5, 2))
    [2, 2, 1]
    """
    work = list(items)
    workers = min(n_workers(n_jobs), len(work))
    with _blas().limit(limits=1, user_api="blas"):
        if workers <= 1:
            return [function(item) for item in work]
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(function, work))
