"""How compiled loops walk over a graph (`boldglm.core.graph.Links`).

What is None is known when compiling: these are two functions each.
"""

import numpy as np
from numba import njit, uint64

__all__ = ["area", "around"]


@njit(nogil=True, cache=True)
def around(place, starts, steps):  # type: ignore[no-untyped-def]
    """Neighbours of a node: at ``base + steps[first:last]``."""
    if starts is None:
        return np.int64(place), uint64(0), uint64(steps.size)
    return np.int64(0), uint64(starts[place]), uint64(starts[place + 1])


@njit(nogil=True, cache=True)
def area(place, areas):  # type: ignore[no-untyped-def]
    """What a node adds to the size of its cluster."""
    if areas is None:
        return 1.0
    return areas[place]
