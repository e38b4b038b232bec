"""A bar for what takes longer than a moment."""

import sys
import time
from threading import Lock
from types import TracebackType
from typing import Self, TextIO

__all__ = ["ProgressBar"]

PATIENCE = 2.0
EVERY = 0.2
WIDTH = 24


class ProgressBar:
    """How much is done, shown from two seconds on, gone without a trace at the end.

    Work that is over sooner shows nothing. Where the standard error is a file or a
    pipe nothing is written, unless `verbose`: then a line is left at the end.

    Parameters
    ----------
    total : int
        Number of steps.
    what : str
        What is counted, such as "permutations".
    verbose : int
        Above 0: show it from the start, and leave the last line.
    stream : text file, optional
        Default: the standard error.

    Examples
    --------
    >>> with ProgressBar(10, "permutations", verbose=1, stream=sys.stdout) as bar:
    ...     bar.add(10)
    10 of 10 permutations, 0 s
    """

    def __init__(
        self,
        total: int,
        what: str,
        verbose: int = 0,
        stream: TextIO | None = None,
    ) -> None:
        self.total, self.what, self.verbose = total, what, verbose
        self.done = 0
        self._stream = sys.stderr if stream is None else stream
        # Notebooks draw a line again as terminals do, and say they are none.
        notebook = "ipykernel" in sys.modules and stream is None
        self._redraws = notebook or self._stream.isatty()
        self._lock = Lock()
        self._began = time.perf_counter()
        self._next = self._began + (0.0 if verbose else PATIENCE)
        self._drawn = 0

    def __enter__(self) -> Self:
        return self

    def add(self, steps: int) -> None:
        """Count steps that are done; from any thread."""
        with self._lock:
            self.done += steps
            now = time.perf_counter()
            if self._redraws and now >= self._next:
                self._next = now + EVERY
                self._draw(now - self._began)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            self._write("\r" + " " * self._drawn + "\r")
        if self.verbose:
            seconds = time.perf_counter() - self._began
            stopped = " (stopped)" if kind else ""
            self._write(
                f"{self.done} of {self.total} {self.what}{stopped}, {seconds:.0f} s\n"
            )

    def _draw(self, seconds: float) -> None:
        share = min(self.done / max(self.total, 1), 1.0)
        filled = int(WIDTH * share)
        bar = "#" * filled + "." * (WIDTH - filled)
        left = f", {seconds * (1 / share - 1):.0f} s left" if share > 0 else ""
        line = f"[{bar}] {self.done}/{self.total} {self.what}{left}"
        self._write("\r" + line.ljust(self._drawn))
        self._drawn = max(self._drawn, len(line))

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
