"""The one place where work is spread over threads."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar, copy_context
from functools import cached_property, partial
from itertools import count
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np

__all__ = [
    "Halted",
    "blocks",
    "map_blocks",
    "n_workers",
    "one_blas_thread",
    "stop_if_halted",
    "thread_beside",
]

Item = TypeVar("Item")
Result = TypeVar("Result")


def n_workers(n_jobs: int | None = None) -> int:
    """Number of threads that `n_jobs` asks for.

    Parameters
    ----------
    n_jobs : int or None
        Positive: that many. Negative: all processors but ``-n_jobs - 1``, as in
        joblib. None: as many as BLAS would use now, which follows the processors
        this process may use, ``OMP_NUM_THREADS``, and limits set in the program;
        less those that are busy reading (`thread_beside`).

    Raises
    ------
    ValueError
        If `n_jobs` is 0.
    TypeError
        If it is no whole number.

    Examples
    --------
    >>> n_workers(3)
    3
    """
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    available = available or os.cpu_count() or 1
    if n_jobs is None:
        return max(1, min(available, _BLAS.threads()) - _BESIDE.count)
    if not isinstance(n_jobs, int | np.integer) or isinstance(n_jobs, bool):
        msg = f"n_jobs is {n_jobs!r}; expected a whole number of threads, -1 for all."
        raise TypeError(msg)
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


class _Blas:
    """BLAS held to one thread while any of our own threads work.

    The limit is one of the process: the first to ask takes it, the last to leave
    gives back what there was before, whatever the order in between. Where BLAS has its
    threads from OpenMP the limit is one of each thread, which takes it for itself.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._holders = 0
        self._before: list[int] = []

    @cached_property
    def _libraries(self) -> tuple[list[Any], list[Any]]:
        """Those whose limit is of the process, and those where it is of the thread."""
        # scipy brings a BLAS of its own, which kernels use: it has to be there to be
        # held.
        import scipy.linalg  # noqa: F401
        from threadpoolctl import ThreadpoolController

        found = ThreadpoolController().select(user_api="blas").lib_controllers
        own = [one for one in found if _is_of_the_thread(one)]
        return [one for one in found if not _is_of_the_thread(one)], own

    def threads(self) -> int:
        """Return how many threads BLAS may use now."""
        if self._holders:
            return 1
        shared, own = self._libraries
        known = [one.num_threads or 1 for one in (*shared, *own)]
        # A BLAS that cannot be asked (Accelerate) sets no limit that we could follow.
        return max(known, default=sys.maxsize)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold BLAS to one thread."""
        shared, own = self._libraries
        with self._lock:
            if self._holders == 0:
                self._before = _limit(shared, [1] * len(shared))
            self._holders += 1
        mine = _limit(own, [1] * len(own))
        try:
            yield
        finally:
            _limit(own, mine)
            with self._lock:
                self._holders -= 1
                if self._holders == 0:
                    _limit(shared, self._before)


def _is_of_the_thread(library: Any) -> bool:
    return getattr(library, "threading_layer", None) == "openmp"


def _limit(libraries: list[Any], numbers: list[int]) -> list[int]:
    """Set numbers of threads, and return what they were."""
    before = [one.num_threads or 1 for one in libraries]
    for library, number in zip(libraries, numbers, strict=True):
        # Since threadpoolctl 3.8 the first thread that sets a limit is the only one
        # that can, and others are ignored in silence. Ours take and give back one limit
        # together, in any order; whoever sets one next, of ours or not, is heard
        release = getattr(library, "clear_controlling_thread", None)
        if release is None:
            library.set_num_threads(number)
            continue
        release(force=True)
        library.set_num_threads(number)
        release(force=True)
    return before


class _Beside:
    """How many threads of ours work beside those of `map_blocks`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.count = 0

    def add(self, number: int) -> None:
        with self._lock:
            self.count += number


_BLAS = _Blas()
_BESIDE = _Beside()


def _start_anew() -> None:
    """Forget, in a forked child, the threads that only its parent has."""
    _BLAS.__init__()  # type: ignore[misc]
    _BESIDE.__init__()  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def thread_beside() -> Callable[[], None]:
    """Count a thread that works beside `map_blocks`: it is left a processor.

    A file is decompressed by one thread while others work on what was read. Where
    reading takes longer, every moment it has to wait for a processor is lost.

    Returns
    -------
    callable
        To be called once, when that thread is done.

    Examples
    --------
    >>> before = n_workers()
    >>> done = thread_beside()
    >>> before - n_workers() == (before > 1)
    True
    >>> done()
    >>> n_workers() == before
    True
    """
    _BESIDE.add(1)
    return lambda: _BESIDE.add(-1)


def one_blas_thread() -> AbstractContextManager[None]:
    """Hold BLAS to one thread in a ``with`` block: for factorising small matrices.

    On matrices of tens of columns, threads of BLAS cost more than they do: a singular
    value decomposition of 300 x 42 takes a hundred times as long while another
    program keeps a processor busy.

    Examples
    --------
    >>> with one_blas_thread():
    ...     n_workers(None)
    1
    """
    return _BLAS.held()


class Halted(BaseException):
    """What is being done by a worker is not wanted any more."""


def _never() -> bool:
    return False


# Whether what this thread works on is not wanted any more: asked within an item, which
# may take as long as the fit of a run
_HALTED: ContextVar[Callable[[], bool]] = ContextVar("_HALTED", default=_never)


def stop_if_halted() -> None:
    """End the item of `map_blocks` that this is part of, if it is not wanted any more.

    It is not after Ctrl-C, and after an error of an item before it in order. Items of
    `map_blocks` within it ask by themselves; what takes long without them may ask too.

    Raises
    ------
    Halted
        Which goes no further than `map_blocks`.

    Examples
    --------
    >>> stop_if_halted()
    """
    if _HALTED.get()():
        raise Halted


def map_blocks(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    n_jobs: int | None = None,
) -> list[Result]:
    """Apply `function` to every item, on threads, results in the items' order.

    The calling thread is one of the workers. After an error no further item is begun,
    those after it in order are halted (`stop_if_halted`), and the error of the first
    item in order is raised. Ctrl-C halts all. No thread is left over.

    Each worker has BLAS to itself on one thread: two-thread BLAS is slower than
    one on the small products our blocks are made of. So a call inside another one
    runs on the thread it is called from.

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
    with _BLAS.held():
        if workers <= 1:
            return [_unless_halted(function, item) for item in work]
        return _Team(function, work).run(workers)


def _unless_halted(function: Callable[[Item], Result], item: Item) -> Result:
    stop_if_halted()
    return function(item)


class _Team(Generic[Item, Result]):
    """Workers who each take the next item until none is left, the caller among them."""

    def __init__(self, function: Callable[[Item], Result], work: list[Item]) -> None:
        self._function, self._work = function, work
        self._results: dict[int, Result] = {}
        # By item; an interruption comes before all, and who was halted after all
        self._errors: dict[int, BaseException] = {}
        self._next = count()
        self._around = _HALTED.get()

    def run(self, workers: int) -> list[Result]:
        pool = ThreadPoolExecutor(workers - 1)
        try:
            self._start(pool, workers - 1)
            self._drain()
            pool.shutdown()
        except BaseException as error:
            # Ctrl-C reaches the calling thread only, also where it just waits for the
            # others: they begin nothing more
            self._errors[-1] = error
            pool.shutdown()
            # It refers to this frame, which must not refer to it
            self._errors.clear()
            raise
        if self._errors:
            # Items before it were begun before it: this is the first in order.
            first = self._errors[min(self._errors)]
            # They refer to frames that refer to this team, and to what is worked on
            self._errors.clear()
            try:
                raise first
            finally:
                del first
        return [self._results[index] for index in range(len(self._work))]

    def _start(self, pool: ThreadPoolExecutor, workers: int) -> None:
        for _ in range(workers):
            try:
                # What holds for the caller (numpy.errstate) holds for all.
                pool.submit(copy_context().run, self._help)
            except RuntimeError:
                # The system starts no more threads: the work is the same for fewer
                return

    def _help(self) -> None:
        with _BLAS.held():
            self._drain()

    def _drain(self) -> None:
        # The counter is advanced in one step of the interpreter: no lock is needed.
        for index in self._next:
            if index >= len(self._work) or self._errors:
                return
            before = _HALTED.set(partial(self._is_over, index))
            try:
                self._results[index] = _unless_halted(self._function, self._work[index])
            except Halted as error:
                self._errors.setdefault(len(self._work), error)
                return
            except BaseException as error:
                self._errors[index if isinstance(error, Exception) else -1] = error
                return
            finally:
                _HALTED.reset(before)

    def _is_over(self, index: int) -> bool:
        """Whether an item is not wanted any more.

        An error of a later one does not end it: its own would be the first in order.
        """
        failed = self._errors and min(list(self._errors)) < index
        return bool(failed) or self._around()
