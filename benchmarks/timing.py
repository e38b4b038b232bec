"""Time two functions in turn, and what came of it."""

import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Ask:
    """Something that was asked for, and whether it is so."""

    text: str
    met: bool


@dataclass(frozen=True)
class Result:
    """Seconds of each run of both programs, and how far their numbers are apart.

    Peak memory, where it was measured, is that of the whole process: interpreter and
    imports included. A row without a peer has an empty list for it. `row` is the key of
    what `benchmarks.baseline` asks, if this is it.
    """

    name: str
    ours: list[float]
    peer: list[float]
    difference: str
    target: float | None = None
    agree: bool = True
    notes: dict[str, Any] = field(default_factory=dict)
    ours_mib: float | None = None
    peer_mib: float | None = None
    limit_mib: float | None = None
    also: list[Ask] = field(default_factory=list)
    row: str = ""

    @property
    def ratio(self) -> float:
        """Median over the pairs of peer over ours; of the medians if not in pairs."""
        if not self.ours or not self.peer:
            return math.nan
        if len(self.ours) != len(self.peer):
            return median(self.peer) / median(self.ours)
        return median(p / o for p, o in zip(self.peer, self.ours, strict=True))

    @property
    def asks(self) -> list[Ask]:
        """All that was asked of this row."""
        asks = []
        if self.target is not None:
            asks.append(Ask(f">= {self.target:g}x", self.ratio >= self.target))
        if self.limit_mib is not None:
            met = self.ours_mib is not None and self.ours_mib <= self.limit_mib
            asks.append(Ask(f"<= {self.limit_mib:g} MiB", met))
        return [*asks, *self.also]

    def unasked(self) -> "Result":
        """The same measurements, with nothing asked of them."""
        return replace(self, target=None, limit_mib=None, also=[])

    def line(self) -> str:
        """One row of the table, and a second one with what was asked and found."""
        ratio = "" if math.isnan(self.ratio) else f"{self.ratio:6.1f}x"
        row = (
            f"{self.name:<48} {_seconds(self.ours)} {_seconds(self.peer)} {ratio:>7} "
            f"{_mib(self.ours_mib)} {_mib(self.peer_mib)}"
        ).rstrip()
        asks = [f"{ask.text} {'met' if ask.met else 'MISSED'}" for ask in self.asks]
        below = "; ".join([*asks, self.difference] if self.difference else asks)
        return f"{row}\n    {below}" if below else row


def heading() -> str:
    """The head of the table."""
    return (
        f"{'':<48} {'ours':>10} {'nilearn':>10} {'ratio':>7} "
        f"{'peak, ours':>10} {'nilearn':>10}"
    )


def _seconds(times: list[float]) -> str:
    return f"{median(times):8.3f} s" if times else f"{'':10}"


def _mib(value: float | None) -> str:
    return f"{'':10}" if value is None else f"{value:6.0f} MiB"


def alternate(
    ours: Callable[[], Any], peer: Callable[[], Any], repeats: int
) -> tuple[list[float], list[float], Any, Any]:
    """Run both in turn after a warm-up each; their times and their last results."""
    ours()
    peer()
    times: tuple[list[float], list[float]] = ([], [])
    results: list[Any] = [None, None]
    for _ in range(repeats):
        for which, work in enumerate((ours, peer)):
            results[which] = None
            gc.collect()
            start = time.perf_counter()
            results[which] = work()
            times[which].append(time.perf_counter() - start)
    return times[0], times[1], results[0], results[1]
