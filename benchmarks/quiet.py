"""Whether the machine was left alone while something was measured."""

import os
import time
from pathlib import Path

__all__ = ["Watch"]

STAT = Path("/proc/stat")


class Watch:
    """Counts the processors that others kept busy since it was made.

    Others are all but this process and its children that have ended; a share that the
    host of a virtual machine took away counts as others too.
    """

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._busy = _busy_seconds()
        self._own = _own_seconds()

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.perf_counter() - self._start

    def others(self) -> float | None:
        """Processors that others kept busy, on average; None if the system hides it."""
        busy = _busy_seconds()
        if busy is None or self._busy is None:
            return None
        others = (busy - self._busy) - (_own_seconds() - self._own)
        return max(0.0, others / max(self.seconds, 1e-9))


def _busy_seconds() -> float | None:
    """Seconds of all processors together that were not idle; Linux tells."""
    if not STAT.exists():
        return None
    fields = [float(one) for one in STAT.read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _waiting, irq, softirq, stolen = fields
    busy = user + nice + system + irq + softirq + stolen
    return busy / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
