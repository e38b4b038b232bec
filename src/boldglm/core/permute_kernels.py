"""Loops behind `boldglm.core.permute`: one shuffle per row."""

import numpy as np
import numpy.typing as npt
from numba import njit

from boldglm.core.counter_random_kernels import high_product

__all__ = ["flip_units", "shuffle_groups", "shuffled_rows"]

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


@njit(nogil=True, cache=True)
def shuffle_groups(words: Words, items: Integers, order: Integers) -> None:
    """Let the items of one group change places, in every row of `order`.

    Each of the n! permutations is equally likely, to 2^-64 (Fisher and Yates; a
    number below n is the upper half of the product of n and a random word).
    """
    n_items, width = items.shape
    place = np.empty(n_items, dtype=np.int64)
    before = np.empty(order.shape[1], dtype=np.int64)
    for draw in range(order.shape[0]):
        for i in range(n_items):
            place[i] = i
        for i in range(n_items - 1, 0, -1):
            j = np.int64(high_product(words[draw, i], np.uint64(i + 1)))
            place[i], place[j] = place[j], place[i]
        before[:] = order[draw]
        for i in range(n_items):
            for k in range(width):
                order[draw, items[i, k]] = before[items[place[i], k]]


@njit(nogil=True, cache=True)
def flip_units(words: Words, unit_of_row: Integers, sign: Array) -> None:
    """Give every unit the sign of one random bit."""
    for draw in range(sign.shape[0]):
        for row in range(sign.shape[1]):
            unit = unit_of_row[row]
            bit = (words[draw, unit // 64] >> np.uint64(unit % 64)) & np.uint64(1)
            sign[draw, row] = 1.0 - 2.0 * np.float64(bit)


@njit(nogil=True, cache=True)
def shuffled_rows(rows: Array, order: Integers, sign: Array, out: Array) -> None:
    """``out[k] = rows @ S_k``: weights of unshuffled data for every shuffle.

    Parameters
    ----------
    rows : (m, n)
    order, sign : (n_draws, n)
    out : (n_draws, m, n)
        Of any float type.
    """
    for draw in range(order.shape[0]):
        for j in range(rows.shape[0]):
            for i in range(rows.shape[1]):
                out[draw, j, order[draw, i]] = rows[j, i] * sign[draw, i]
