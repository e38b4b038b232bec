"""Loops behind `boldglm.core.counter_random` and the drawing of orders."""

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["high_product", "philox"]

Words = npt.NDArray[np.uint64]

MULTIPLY_0 = np.uint64(0xD2E7470EE14C6C93)
MULTIPLY_1 = np.uint64(0xCA5A826395121157)
KEY_STEP_0 = np.uint64(0x9E3779B97F4A7C15)
KEY_STEP_1 = np.uint64(0xBB67AE8584CAA73B)
ROUNDS = 10
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


@njit(nogil=True, cache=True)
def high_product(a: np.uint64, b: np.uint64) -> np.uint64:
    """Upper 64 bits of the 128-bit product of two uint64."""
    a_low, a_high = a & LOW, a >> HALF
    b_low, b_high = b & LOW, b >> HALF
    low = a_low * b_low
    cross = a_high * b_low + (low >> HALF)
    middle = a_low * b_high + (cross & LOW)
    return a_high * b_high + (cross >> HALF) + (middle >> HALF)


@njit(nogil=True, cache=True)
def philox(seed: np.uint64, draws: Words, words: Words) -> None:
    """Fill a row of words for each draw: counter (block + 1, draw, 0, 0)."""
    for row in range(draws.size):
        block = np.uint64(0)
        at = 0
        while at < words.shape[1]:
            block += np.uint64(1)
            c0, c1 = block, draws[row]
            c2 = c3 = np.uint64(0)
            k0, k1 = seed, np.uint64(0)
            for _ in range(ROUNDS):
                high_0, low_0 = high_product(MULTIPLY_0, c0), MULTIPLY_0 * c0
                high_1, low_1 = high_product(MULTIPLY_1, c2), MULTIPLY_1 * c2
                c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
                k0 += KEY_STEP_0
                k1 += KEY_STEP_1
            for word in (c0, c1, c2, c3):
                if at < words.shape[1]:
                    words[row, at] = word
                at += 1
