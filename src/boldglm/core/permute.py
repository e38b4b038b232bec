"""What may be shuffled under the null hypothesis, and every shuffle by its number."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import DesignError
from boldglm.core.arrangements import arrange, count_arrangements
from boldglm.core.counter_random import random_words
from boldglm.core.exchange import Exchange, exchange_rows, read_labels
from boldglm.core.partition import Partition

__all__ = ["KINDS", "Kind", "Shuffles", "plan_shuffles"]

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Kind = Literal["permutation", "sign-flip", "both"]
KINDS = ("auto", "permutation", "sign-flip", "both")

# With fewer shuffles than this no p is below .05.
FEW = 20
# A direction is one that permutations leave in place when its length in their fixed
# space is 1 to this part.
IN_PLACE = 1e-8

REASONS = {
    "sign-flip": (
        "the contrast tests {what}, which no permutation{where} can change: signs are "
        "flipped, which takes errors to be symmetric about 0"
    ),
    "permutation": (
        "the contrast compares rows with one another: rows are permuted, which takes "
        "errors to be exchangeable"
    ),
    "unequal": (
        "rows that could change places differ in variance, so they are not "
        "exchangeable: signs are flipped, which takes errors to be symmetric about 0"
    ),
}


@dataclass(frozen=True)
class Shuffles:
    """Numbered shuffles of the rows of a design; number 0 changes nothing.

    A shuffle takes row `order` of the residuals, with its sign: ``y*[i] = sign[i]
    y[order[i]]``. Where all possible ones are no more than were asked for, they are
    enumerated; otherwise shuffle k is drawn by a generator that is keyed by the seed
    and k, so that it is the same whoever makes it, and however many there are.

    Attributes
    ----------
    kind : {'permutation', 'sign-flip', 'both'}
    reason : str
        Why this kind, in words for users.
    exchange : Exchange
        Which rows may change places, and which change sign together.
    row_types : (n_rows,) int
        Rows of the same type are alike in the design: to exchange them changes
        nothing.
    n_possible : int
        Different shuffles there are, number 0 among them.
    n_draws : int
        Shuffles 1 … n_draws are the null distribution.
    exhaustive : bool
        Whether these, with number 0, are all there are.
    seed : int
    """

    kind: Kind
    reason: str
    exchange: Exchange
    row_types: Integers
    n_possible: int
    n_draws: int
    exhaustive: bool
    seed: int
    _counts: tuple[int, ...] = field(repr=False, default=())

    def describe(self) -> str:
        """What is done, in a sentence.

        >>> from boldglm.core.partition import partition
        >>> split = partition(np.ones((4, 1)), [1.0])
        >>> plan_shuffles(split, 100, seed=0).describe()[:37]
        'all 16 sign flips: the contrast tests'
        """
        name = {
            "permutation": "permutations",
            "sign-flip": "sign flips",
            "both": "permutations with sign flips",
        }[self.kind]
        number = f"all {self.n_possible}" if self.exhaustive else f"{self.n_draws}"
        where = self.exchange.describe()
        return f"{number} {name}{where}: {self.reason}"

    def caution(self) -> str | None:
        """What users should know before they read p, if anything.

        >>> from boldglm.core.partition import partition
        >>> plan_shuffles(partition(np.ones((3, 1)), [1.0]), 100, seed=0).caution()
        'Only 8 different shuffles of this design are possible: no p is below 1/8.'
        """
        if self.n_possible >= FEW:
            return None
        return (
            f"Only {self.n_possible} different shuffles of this design are possible: "
            f"no p is below 1/{self.n_possible}."
        )

    def draw(self, first: int, stop: int) -> tuple[Integers, Array]:
        """Orders and signs of the shuffles ``first … stop - 1``.

        Parameters
        ----------
        first, stop : int

        Returns
        -------
        order : (stop - first, n_rows) int
        sign : (stop - first, n_rows) float64

        Examples
        --------
        >>> from boldglm.core.partition import partition
        >>> two = partition([[1.0, 0], [1, 0], [0, 1]], [1.0, -1])
        >>> plan_shuffles(two, 10, seed=0).draw(0, 3)[0]
        array([[0, 1, 2],
               [0, 2, 1],
               [1, 2, 0]])
        """
        n_rows = self.row_types.size
        order = np.tile(np.arange(n_rows), (stop - first, 1))
        sign = np.ones((stop - first, n_rows))
        if self.exhaustive:
            for row, number in enumerate(range(first, stop)):
                self._enumerated(number, order[row], sign[row])
            return order, sign
        self._random(first, order, sign)
        if first == 0 and stop > 0:
            order[0], sign[0] = np.arange(n_rows), 1.0
        return order, sign

    def _enumerated(self, number: int, order: Integers, sign: Array) -> None:
        """Write shuffle `number` of all there are; digits of several bases."""
        groups = self.exchange.groups if self.kind != "sign-flip" else ()
        for items, base in zip(groups, self._counts, strict=False):
            number, digit = divmod(number, base)
            types = [tuple(self.row_types[item]) for item in items]
            # Row i of the data meets the design of row place[i]: so shuffles differ
            # just where the rows of the design that the data meet differ.
            place = items[arrange(digit, types)]
            order[place] = order[items]
        if self.kind != "permutation":
            for unit in self.exchange.units:
                number, bit = divmod(number, 2)
                sign[unit] = 1.0 - 2.0 * bit

    def _random(self, first: int, order: Integers, sign: Array) -> None:
        from boldglm.core.permute_kernels import flip_units, shuffle_groups

        exchange = self.exchange
        permutes, flips = self.kind != "sign-flip", self.kind != "permutation"
        n_swaps = sum(len(items) for items in exchange.groups) if permutes else 0
        n_bits = len(exchange.units) if flips else 0
        numbers = np.arange(first, first + len(order))
        words = random_words(self.seed, numbers, n_swaps + -(-n_bits // 64))
        if permutes:
            at = 0
            for items in exchange.groups:
                used = words[:, at : at + len(items)]
                shuffle_groups(used, np.ascontiguousarray(items), order)
                at += len(items)
        if flips:
            flip_units(words[:, n_swaps:], exchange.unit_of_row, sign)


def plan_shuffles(
    split: Partition,
    n_draws: int,
    seed: int,
    *,
    kind: str = "auto",
    blocks: Sequence[object] | npt.ArrayLike | None = None,
    block_exchange: str = "within",
    variance_groups: npt.ArrayLike | None = None,
) -> Shuffles:
    """Decide what is exchangeable under the null hypothesis of a contrast.

    Permutations leave some fits in place: those that are constant over rows that may
    change places. A contrast that tests such a fit, a mean, cannot be tested by
    permuting, so signs are flipped; any other is tested by permuting rows, unless
    they differ in variance. Rows whose residuals are the same error, such as the two of
    a pair beside the mean of every pair, change sign together.

    Parameters
    ----------
    split : Partition
    n_draws : int
        Shuffles besides the unshuffled one; fewer where fewer are possible.
    seed : int
    kind : {'auto', 'permutation', 'sign-flip', 'both'}
    blocks : (n_rows,) labels, optional
        Exchangeability blocks.
    block_exchange : {'within', 'whole', 'both'}
        Rows change places within their block; or blocks of equal size change places
        as a whole (and flip as a whole); or both. Where 'auto' finds that signs are to
        be flipped, blocks flip as a whole in any case but 'both'.
    variance_groups : (n_rows,) labels, optional
        Rows of the same variance.

    Returns
    -------
    Shuffles

    Raises
    ------
    DesignError
        If blocks are not one label for each row, or the `kind` asked for would leave
        what the contrast tests in place.
    ValueError
        If `kind` or `block_exchange` is unknown, or `n_draws` is below 1.

    References
    ----------
    Winkler, Ridgway, Webster, Smith and Nichols 2014, NeuroImage 92, 381-397.
    Winkler, Webster, Vidaurre, Nichols and Smith 2015, NeuroImage 123, 253-268.

    Examples
    --------
    >>> from boldglm.core.partition import partition
    >>> groups = np.repeat(np.eye(2), 5, axis=0)
    >>> plan_shuffles(partition(groups, [1, -1]), 1000, seed=0).describe()[:21]
    'all 252 permutations:'
    >>> plan_shuffles(partition(groups, [1, 0]), 1000, seed=0).describe()[:16]
    '1000 sign flips:'
    """
    if not isinstance(kind, str) or kind not in KINDS:
        expected = ", ".join(map(repr, KINDS))
        msg = f"the kind of shuffling is {kind!r}; expected one of {expected}."
        raise ValueError(msg)
    if n_draws < 1:
        msg = f"{n_draws} shuffles were asked for; expected 1 or more."
        raise ValueError(msg)
    exchange = exchange_rows(split.n_rows, blocks, block_exchange)
    in_place = _in_place(split, exchange)
    unequal = variance_groups is not None and exchange.mixes(variance_groups)
    why = "sign-flip" if in_place else "unequal" if unequal else "permutation"
    fitting = "permutation" if why == "permutation" else "sign-flip"
    chosen = fitting if kind == "auto" else kind
    if chosen == "permutation" and in_place:
        msg = (
            f"Permutations were asked for, but the contrast tests {_mean(exchange)}, "
            f"which no permutation{exchange.describe()} can change or tell from noise. "
            "Use 'sign-flip' (or 'auto'), if errors are symmetric about 0."
        )
        raise DesignError(msg)
    reason = "as asked" if kind != "auto" else _reason(why, exchange)
    if kind == "auto" and chosen == "sign-flip" and exchange.rule == "within":
        # Rows of a block go together: their errors would lose what they share.
        exchange = exchange_rows(split.n_rows, blocks, "whole")
    alike = split.design
    if variance_groups is not None:
        _, group = read_labels(variance_groups, split.n_rows, "variance groups")
        alike = np.column_stack([alike, group])
    _, types = np.unique(alike, axis=0, return_inverse=True)
    if exchange.rule == "both":
        # Blocks that change places after their rows did give some results in more
        # ways than others; only the shuffles themselves are equally likely.
        types = np.arange(split.n_rows)
    types = types.ravel().astype(np.int64)
    if chosen != "permutation":
        exchange = exchange.joined(_dependent(split))
    counts = _counts(exchange, types) if chosen != "sign-flip" else ()
    n_possible = math.prod(counts)
    if chosen != "permutation":
        n_possible *= 2 ** len(exchange.units)
    exhaustive = n_possible - 1 <= n_draws
    return Shuffles(
        kind=chosen,  # type: ignore[arg-type]
        reason=reason,
        exchange=exchange,
        row_types=types,
        n_possible=n_possible,
        n_draws=n_possible - 1 if exhaustive else n_draws,
        exhaustive=exhaustive,
        seed=seed,
        _counts=counts,
    )


def _in_place(split: Partition, exchange: Exchange) -> bool:
    """Whether some direction that is tested is one that permutations leave alone."""
    fixed = exchange.fixed_space()
    left = split.residuals(fixed)
    basis, singular, _ = np.linalg.svd(left, full_matrices=False)
    basis = basis[:, singular > IN_PLACE]
    cosines = np.linalg.svd(split.tested @ basis, compute_uv=False)
    return bool(np.max(cosines, initial=0.0) > 1 - IN_PLACE)


def _dependent(split: Partition) -> npt.NDArray[np.bool_]:
    """Rows whose residuals are one another's, but for a factor, (n_rows, n_rows).

    With a mean for every pair, its two residuals are d/2 and -d/2: one error, not two.
    Flipped one by one they would make pairs that the design cannot tell from a mean.
    """
    forming = np.eye(split.n_rows) - split.nuisance.T @ split.nuisance
    length = np.sqrt(np.maximum(np.diag(forming), 0.0))
    there = length > np.sqrt(IN_PLACE)
    scale = np.where(there, length, 1.0)
    cosine = np.abs(forming / np.outer(scale, scale))
    return np.asarray((cosine > 1 - IN_PLACE) & np.outer(there, there))


def _mean(exchange: Exchange) -> str:
    """What no permutation changes, in words."""
    return "means of rows that change places" if exchange.rule else "a mean"


def _reason(kind: str, exchange: Exchange) -> str:
    """Why this kind was chosen, in words."""
    return REASONS[kind].format(what=_mean(exchange), where=exchange.describe())


def _counts(exchange: Exchange, types: Integers) -> tuple[int, ...]:
    """Different arrangements of each group of items."""
    return tuple(
        count_arrangements([tuple(types[item]) for item in items])
        for items in exchange.groups
    )
