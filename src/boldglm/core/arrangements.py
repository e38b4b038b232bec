"""Arrangements of things of which some are alike, by number."""

import math
from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["arrange", "count_arrangements"]


def count_arrangements(types: Sequence[Hashable]) -> int:
    """How many different rows can be made of these things, alike where equal.

    ``n! / (n_1! n_2! …)``

    >>> count_arrangements("aabb")
    6
    """
    ways = math.factorial(len(types))
    for count in Counter(types).values():
        ways //= math.factorial(count)
    return ways


def arrange(number: int, types: Sequence[Hashable]) -> npt.NDArray[np.int64]:
    """Arrangement `number` of these things; number 0 leaves them as they are.

    Arrangements are numbered in the order of a dictionary, in which types stand in
    the order of their first things, and counted from the one there is.

    Parameters
    ----------
    number : int
        0 to ``count_arrangements(types) - 1``.
    types : sequence

    Returns
    -------
    (n,) int
        Which thing is put in each place.

    Examples
    --------
    >>> [arrange(k, "aab").tolist() for k in range(3)]
    [[0, 1, 2], [0, 2, 1], [2, 0, 1]]
    """
    names = list(dict.fromkeys(types))
    total = count_arrangements(types)
    number = (number + _position([names.index(one) for one in types])) % total
    waiting = [[i for i, one in enumerate(types) if one == name] for name in names]
    chosen = []
    for left in range(len(types), 0, -1):
        for things in waiting:
            ways = total * len(things) // left
            if number < ways:
                chosen.append(things.pop(0))
                total = ways
                break
            number -= ways
    return np.array(chosen, dtype=np.int64)


def _position(word: list[int]) -> int:
    """Position of an arrangement of types in the dictionary."""
    counts = Counter(word)
    total, position = count_arrangements(word), 0
    for left, letter in zip(range(len(word), 0, -1), word, strict=True):
        before = sum(count for other, count in counts.items() if other < letter)
        position += total * before // left
        total = total * counts[letter] // left
        counts[letter] -= 1
    return position
