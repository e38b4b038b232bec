"""Work one step ahead of the caller, in another thread."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Event
from typing import TypeVar

__all__ = ["one_ahead"]

Item = TypeVar("Item")


def one_ahead(
    make: Callable[[Callable[[], bool]], Generator[Item, None, None]],
) -> Iterator[Item]:
    """Hand on what a generator yields; it makes the next while one is used.

    Never more than one item is waiting. An error of the generator comes out where
    the item would have; if this iterator is left early, by ``break``, an error or
    Ctrl-C, the generator is told to stop, waited for and closed.

    Parameters
    ----------
    make : callable
        Takes a function that says whether to stop, and returns the generator. It
        should ask often.

    Examples
    --------
    >>> list(one_ahead(lambda halted: (n * n for n in range(4))))
    [0, 1, 4, 9]
    """
    halt, end = Event(), object()
    items = make(halt.is_set)

    def step() -> Item | object:
        return next(items, end)

    # The caller's numpy.errstate holds in the thread too.
    context = copy_context()
    pool = ThreadPoolExecutor(1, thread_name_prefix="boldglm-ahead")
    coming: Future[Item | object] | None = None
    try:
        coming = pool.submit(context.run, step)
        while (item := coming.result()) is not end:
            coming = pool.submit(context.run, step)
            yield item  # type: ignore[misc]
    finally:
        halt.set()
        pool.shutdown(wait=True)
        items.close()
        # An error refers to this frame, which must not refer to the error.
        coming = None
