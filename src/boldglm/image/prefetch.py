"""Work a few steps ahead of the caller, in another thread."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Event
from typing import TypeVar

from boldglm.core.parallel import stop_if_halted, thread_beside

__all__ = ["DEPTH", "made_ahead"]

DEPTH = 3
"""How many items are made ahead."""

Item = TypeVar("Item")


def made_ahead(
    make: Callable[[Callable[[], bool]], Generator[Item, None, None]],
    depth: int = DEPTH,
) -> Iterator[Item]:
    """Hand on what a generator yields; it makes the next ones while one is used.

    Never more than `depth` items are waiting: enough for a caller who works by fits
    and starts. An error of the generator comes out where
    the item would have; if this iterator is left early, by ``break``, an error or
    Ctrl-C, the generator is told to stop, waited for and closed.

    Parameters
    ----------
    make : callable
        Takes a function that says whether to stop, and returns the generator. It
        should ask often.
    depth : int

    Examples
    --------
    >>> list(made_ahead(lambda halted: (n * n for n in range(4))))
    [0, 1, 4, 9]
    """
    halt, end = Event(), object()
    items = make(halt.is_set)

    def step() -> Item | object:
        done = thread_beside()
        try:
            return next(items, end)
        finally:
            done()

    # The caller's numpy.errstate holds in the thread too.
    context = copy_context()
    pool = ThreadPoolExecutor(1, thread_name_prefix="boldglm-ahead")
    coming: deque[Future[Item | object]] = deque()
    try:
        try:
            coming.append(pool.submit(context.run, step))
        except RuntimeError:
            # The system starts no more threads: each is made when it is asked for
            yield from items
            return
        coming.extend(pool.submit(context.run, step) for _ in range(depth - 1))
        while (item := coming.popleft().result()) is not end:
            stop_if_halted()
            coming.append(pool.submit(context.run, step))
            yield item  # type: ignore[misc]
    finally:
        halt.set()
        pool.shutdown(wait=True, cancel_futures=True)
        items.close()
        # An error refers to this frame, which must not refer to the error.
        coming.clear()
