"""A progress bar that says what is being done and how long it took."""

import shutil
import sys
import time
from types import TracebackType
from typing import Self, TextIO

__all__ = ["Progress"]

BAR_WIDTH = 20


class Progress:
    """Steps done out of a known number, with the time they took.

    On a terminal one line is drawn again and again; elsewhere each step leaves a
    line. Nothing is guessed: a step counts when it is over, and no time is
    promised for the rest.

    Parameters
    ----------
    total : int
        Number of steps.
    stream : text file, optional
        Default: the standard error.
    quiet : bool
        Write nothing.

    Examples
    --------
    >>> with Progress(2, stream=sys.stdout) as progress:
    ...     progress.step("read")
    ...     progress.step("fit")
    [1/2] read ... 0.0 s
    [2/2] fit ... 0.0 s
    """

    def __init__(
        self, total: int, stream: TextIO | None = None, *, quiet: bool = False
    ) -> None:
        self.total = total
        self.done = 0
        self._stream = sys.stderr if stream is None else stream
        self._quiet = quiet
        self._redraws = self._stream.isatty()
        self._open = False
        self._began = self._step_began = time.perf_counter()

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._close_step()
            if self._redraws:
                self._draw("done")
        elif self._open and not self._redraws:
            self._write(" stopped")
        # An error message starts on a line of its own
        if self._redraws or (kind is not None and self._open):
            self._write("\n")

    @property
    def elapsed(self) -> float:
        """Seconds since the first step began."""
        return time.perf_counter() - self._began

    def step(self, text: str) -> None:
        """End the step under way, if any, and begin another.

        Parameters
        ----------
        text : str
            What is about to be done.
        """
        self._close_step()
        self._open = True
        self._step_began = time.perf_counter()
        if self._redraws:
            self._draw(text)
        else:
            width = len(str(self.total))
            self._write(f"[{self.done + 1:{width}}/{self.total}] {text} ...")

    def _close_step(self) -> None:
        if not self._open:
            return
        self._open = False
        self.done += 1
        if not self._redraws:
            self._write(f" {time.perf_counter() - self._step_began:.1f} s\n")

    def _draw(self, text: str) -> None:
        filled = BAR_WIDTH * self.done // max(self.total, 1)
        bar = "#" * filled + "." * (BAR_WIDTH - filled)
        line = f"[{bar}] {self.done}/{self.total}  {self.elapsed:5.1f} s  {text}"
        # A line that wraps cannot be drawn again
        width = shutil.get_terminal_size().columns - 1
        self._write(f"\r{line[:width]:<{width}}")

    def _write(self, text: str) -> None:
        if not self._quiet:
            self._stream.write(text)
            self._stream.flush()
