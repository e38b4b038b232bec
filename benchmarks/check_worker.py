"""Do the pieces of work that are watched, counted from outside or timed here.

``python -m benchmarks.check_worker count`` calls ``os.getsid`` before and after each
piece: callgrind, told to write its counts when that function is entered, has a file for
each. ``time`` times each piece in turn with a yardstick. A line of JSON for each piece.
"""

import gc
import json
import os
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["IMPORT", "main", "yardstick"]

#: Of what is counted first of all, before anything else is imported
IMPORT = "import FirstLevelModel"
ROUNDS = 9
# Seconds that a piece is repeated for, so that the clock and what others do on the
# machine count for little
LEAST = 0.03


def main() -> int:
    """Count or time, as the command line says; after `count` or `time`, which."""
    way, chosen = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as name:
        if way == "count":
            _count(chosen, Path(name))
        else:
            _time(chosen, Path(name))
    return 0


def _say(name: str, value: float) -> None:
    print(json.dumps({"name": name, "value": value}), flush=True)


def _count(chosen: list[str], folder: Path) -> None:
    os.getsid(0)
    from boldglm.glm.first_level import FirstLevelModel

    os.getsid(0)
    del FirstLevelModel
    _say(IMPORT, 0)
    from benchmarks.check_works import WORKS, prepared

    for name in chosen or WORKS:
        work = prepared(name, folder)
        gc.collect()
        gc.disable()
        os.getsid(0)
        work()
        os.getsid(0)
        gc.enable()
        _say(name, 0)


def _time(chosen: list[str], folder: Path) -> None:
    from benchmarks.check_works import WORKS, prepared

    measure = yardstick()
    measure()
    for name in chosen or WORKS:
        work = prepared(name, folder)
        often = int(LEAST / max(_seconds(work, 1), 1e-6)) + 1
        gc.collect()
        ours, fixed = [], []
        for _ in range(ROUNDS):
            fixed.append(_seconds(measure, 1))
            ours.append(_seconds(work, often))
        # cold caches only ever add
        _say(name, min(ours) / min(fixed))


def _seconds(work, often: int) -> float:
    """Seconds of the processor, whoever else had it in between."""
    start = time.process_time()
    for _ in range(often):
        work()
    return (time.process_time() - start) / often


def yardstick():
    """Work that no change of ours touches: products, memory, functions, Python.

    About 10 ms of each, as our own pieces have of each something.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    design = rng.standard_normal((200, 300)).astype(np.float32)
    data = rng.standard_normal((300, 4_000)).astype(np.float32)
    other = np.empty_like(data)

    def work() -> int:
        for _ in range(2):
            design @ data
            np.multiply(data, data, out=other)
            np.exp(data[:60])
            np.sort(data[:10], axis=1)
        total = 0
        for number in range(100_000):
            total += number & 7
        return total

    return work


if __name__ == "__main__":
    sys.exit(main())
