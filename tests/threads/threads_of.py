"""Counting the threads of this process, those of BLAS and numba included."""

import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from boldglm.core import parallel

__all__ = ["settled", "watched"]

TASKS = Path("/proc/self/task")


def counted():
    """Threads of this process, as the system counts them."""
    if not TASKS.is_dir():
        pytest.skip("needs /proc to count threads")
    return len(list(TASKS.iterdir()))


def settled():
    """The same, when it does not change: one that was joined may be there a moment."""
    counts = [counted()]
    while len(counts) < 10 or len(set(counts[-10:])) > 1:
        time.sleep(0.005)
        counts.append(counted())
    return counts[-1]


@contextmanager
def watched(monkeypatch):
    """Count the threads whenever one of ours begins with something."""
    seen, real = [], parallel._unless_halted

    def counting(function, item):
        seen.append(counted())
        return real(function, item)

    with monkeypatch.context() as patch:
        patch.setattr(parallel, "_unless_halted", counting)
        yield seen
