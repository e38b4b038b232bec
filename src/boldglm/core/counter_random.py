"""Random numbers that belong to a number: draw k is the same whoever makes it."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["random_words", "seed_from"]

Words = npt.NDArray[np.uint64]


def random_words(seed: int, draws: npt.ArrayLike, n_words: int) -> Words:
    """Words of 64 random bits, for each draw its own.

    They are those of the generator Philox 4x64 with ten rounds, of which the key is
    the seed and the counter the number of the draw, so that ::

        random_words(seed, [k], n)[0]
            == np.random.Philox(key=seed, counter=[0, k, 0, 0]).random_raw(n)

    Parameters
    ----------
    seed : int
        0 to ``2**64 - 1``.
    draws : (n_draws,) int
        0 or more; in any order.
    n_words : int

    Returns
    -------
    (n_draws, n_words) uint64

    References
    ----------
    Salmon, Moraes, Dror and Shaw 2011, Parallel random numbers: as easy as 1, 2, 3.
    SC'11.

    Examples
    --------
    >>> all_of_them = random_words(7, [0, 1, 2], 5)
    >>> np.array_equal(random_words(7, [2], 5)[0], all_of_them[2])
    True
    """
    from boldglm.core.counter_random_kernels import philox

    which = np.asarray(draws, dtype=np.uint64)
    words = np.empty((which.size, n_words), dtype=np.uint64)
    philox(np.uint64(seed), which, words)
    return words


def seed_from(random_state: Any) -> int:
    """Turn what users pass as `random_state` into a seed.

    Parameters
    ----------
    random_state : int, numpy Generator, numpy RandomState, or None
        None: a seed that nobody knows. Of a generator a number is drawn.

    Returns
    -------
    int
        0 to ``2**63 - 1``.

    Raises
    ------
    TypeError
        For anything else, or a negative number.

    Examples
    --------
    >>> seed_from(42)
    42
    >>> seed_from(np.random.default_rng(0)) == seed_from(np.random.default_rng(0))
    True
    """
    if random_state is None:
        return int(np.random.default_rng().integers(2**63))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, 2**63, dtype=np.int64))
    whole = isinstance(random_state, int | np.integer) and not isinstance(
        random_state, bool
    )
    if whole and 0 <= random_state < 2**63:
        return int(random_state)
    msg = (
        f"random_state is {random_state!r}; expected a whole number from 0, a "
        "numpy.random.Generator or RandomState, or None."
    )
    raise TypeError(msg)
