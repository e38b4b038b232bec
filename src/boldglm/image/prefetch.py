"""Work a few steps ahead of the caller, in another thread."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextvars import copy_context
from threading import Condition, Event, Thread, current_thread
from typing import Any, TypeVar

from boldglm.core.parallel import stop_if_halted, thread_beside

__all__ = ["DEPTH", "made_ahead"]

DEPTH = 3
"""How many items are made ahead."""

Item = TypeVar("Item")

_END: Any = object()


def made_ahead(
    make: Callable[[Callable[[], bool]], Generator[Item, None, None]],
    depth: int = DEPTH,
) -> Iterator[Item]:
    """Hand on what a generator yields; it makes the next ones while one is used.

    Never more than `depth` items are waiting: enough for a caller who works by fits
    and starts. An error of the generator comes out where
    the item would have; if this iterator is left early, by ``break``, an error or
    Ctrl-C, the generator is told to stop, waited for and closed. A thread is there only
    while an item is made: also where an iterator is left and kept, as an error keeps
    those of the calls it came through.

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
    ahead = _Ahead(make, depth)
    try:
        while (item := ahead.take()) is not _END:
            stop_if_halted()
            yield item
    finally:
        ahead.stop()


class _Ahead:
    """The items of a generator that wait, and the thread that makes them."""

    def __init__(self, make: Callable[..., Generator[Any, None, None]], depth: int):
        self._halt = Event()
        self._items = make(self._halt.is_set)
        self._depth = depth
        # The caller's numpy.errstate holds in the thread too.
        self._context = copy_context()
        self._ready: deque[tuple[Any, BaseException | None]] = deque()
        self._changed = Condition()
        self._working = self._ended = False
        self._thread: Thread | None = None

    def take(self) -> Any:
        """The next item, or the end; the thread goes on while it is used."""
        self._go_on()
        with self._changed:
            while self._working and not self._ready:
                self._changed.wait()
        if not self._ready:
            # The system starts no more threads: each is made when it is asked for
            self._ready.append(self._made())
        item, error = self._ready.popleft()
        if error is not None:
            try:
                raise error
            finally:
                # It refers to this frame, which must not refer to it
                del error
        self._go_on()
        return item

    def stop(self) -> None:
        """Wait for the thread, and close the generator."""
        self._halt.set()
        if self._thread is current_thread():
            # Garbage is collected in any thread: this one ends after its item
            return
        if self._thread is not None and self._thread.ident is not None:
            self._thread.join()
        self._items.close()
        self._ready.clear()

    def _go_on(self) -> None:
        with self._changed:
            if self._working or self._ended or len(self._ready) >= self._depth:
                return
            self._working = True
        if self._thread is not None:
            # It has ended, or is about to
            self._thread.join()
        work = (self._work,)
        self._thread = Thread(target=self._context.run, args=work, name="boldglm-ahead")
        try:
            self._thread.start()
        except RuntimeError:
            self._thread, self._working = None, False

    def _work(self) -> None:
        while self._working:
            made = self._made()
            with self._changed:
                self._ready.append(made)
                # An error refers to this frame, which must not refer to the error
                del made
                full = len(self._ready) >= self._depth
                self._working = not (self._ended or full or self._halt.is_set())
                self._changed.notify()

    def _made(self) -> tuple[Any, BaseException | None]:
        done = thread_beside()
        try:
            item = next(self._items, _END)
        except BaseException as error:
            self._ended = True
            return None, error
        finally:
            done()
        self._ended = item is _END
        return item, None
