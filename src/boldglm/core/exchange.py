"""Which rows may change places, and which change sign together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import DesignError

__all__ = ["BLOCK_EXCHANGES", "Exchange", "exchange_rows", "read_labels"]

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
BLOCK_EXCHANGES = ("within", "whole", "both")


@dataclass(frozen=True)
class Exchange:
    """Groups of items that may change places; units that change sign together.

    Attributes
    ----------
    groups : tuple of (n_items, n_rows_of_an_item) int
        Rows of each item. Groups are shuffled one after another.
    units : tuple of (n,) int
        Rows that change sign together.
    rule : {'', 'within', 'whole', 'both'}
        Of blocks; empty without any.
    """

    groups: tuple[Integers, ...]
    units: tuple[Integers, ...]
    rule: str = ""

    @cached_property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(sum(unit.size for unit in self.units))

    @cached_property
    def unit_of_row(self) -> Integers:
        """Index of the unit of each row, (n_rows,)."""
        owner = np.empty(self.n_rows, dtype=np.int64)
        for index, unit in enumerate(self.units):
            owner[unit] = index
        return owner

    def mixes(self, labels: Sequence[object] | npt.ArrayLike) -> bool:
        """Whether rows of different labels may change places.

        Raises
        ------
        DesignError
            If there is not a label for every row.

        Examples
        --------
        >>> pairs = exchange_rows(4, [1, 1, 2, 2])
        >>> pairs.mixes(list("aabb")), pairs.mixes(list("abab"))
        (False, True)
        """
        _, owner = read_labels(labels, self.n_rows, "variance groups")
        return any(np.ptp(owner[rows]) > 0 for items in self.groups for rows in items.T)

    def joined(self, bound: npt.NDArray[np.bool_]) -> "Exchange":
        """The same, with rows that are bound to one another changing sign together.

        Parameters
        ----------
        bound : (n_rows, n_rows) bool
            Symmetric.

        Examples
        --------
        >>> bound = np.eye(3, dtype=bool)
        >>> bound[0, 2] = bound[2, 0] = True
        >>> exchange_rows(3).joined(bound).units
        (array([0, 2]), array([1]))
        """
        from scipy.sparse.csgraph import connected_components

        owner = self.unit_of_row
        together = bound | (owner[:, None] == owner[None])
        _, label = connected_components(together, directed=False)
        units = tuple(np.flatnonzero(label == one) for one in dict.fromkeys(label))
        return replace(self, units=units)

    def fixed_space(self) -> Array:
        """What no permutation changes: constants over rows that reach each other.

        Returns
        -------
        (n_rows, n_orbits) float64
            Orthonormal.

        Examples
        --------
        >>> exchange_rows(4, ["a", "a", "b", "b"], "within").fixed_space()
        array([[0.71, 0. ],
               [0.71, 0. ],
               [0.  , 0.71],
               [0.  , 0.71]])
        """
        orbit = np.arange(self.n_rows)
        for items in self.groups:
            for rows in items.T:
                joined = np.isin(orbit, orbit[rows])
                orbit[joined] = orbit[rows].min()
        _, owner = np.unique(orbit, return_inverse=True)
        indicator = np.eye(int(owner.max()) + 1)[owner]
        return np.asarray(indicator / np.sqrt(indicator.sum(axis=0)))

    def describe(self) -> str:
        """Where blocks limit what is shuffled, as words to put behind 'permutations'.

        >>> exchange_rows(4, [1, 1, 2, 2], "whole").describe()
        ' of whole blocks'
        """
        return {
            "": "",
            "within": " within blocks",
            "whole": " of whole blocks",
            "both": " within blocks and of whole blocks",
        }[self.rule]


def exchange_rows(
    n_rows: int,
    blocks: Sequence[object] | npt.ArrayLike | None = None,
    block_exchange: str = "within",
) -> Exchange:
    """Read exchangeability blocks.

    Parameters
    ----------
    n_rows : int
    blocks : (n_rows,) labels, optional
        Numbers or text. None: all rows may change places.
    block_exchange : {'within', 'whole', 'both'}
        Only blocks of equal size can change places as a whole; their rows keep their
        order.

    Returns
    -------
    Exchange

    Raises
    ------
    DesignError
        If there is not a label for every row, or a label is missing.
    ValueError
        If `block_exchange` is unknown.

    Examples
    --------
    >>> exchange_rows(4, [1, 1, 2, 2], "whole").groups[0]
    array([[0, 1],
           [2, 3]])
    """
    if not isinstance(block_exchange, str) or block_exchange not in BLOCK_EXCHANGES:
        expected = ", ".join(map(repr, BLOCK_EXCHANGES))
        msg = f"block_exchange is {block_exchange!r}; expected one of {expected}."
        raise ValueError(msg)
    rows = np.arange(n_rows)
    each = tuple(rows[:, None])
    if blocks is None:
        return Exchange(groups=(rows[:, None],), units=each)
    members = _members(blocks, n_rows)
    within = tuple(block[:, None] for block in members if block.size > 1)
    sizes = sorted({block.size for block in members})
    same_size = [[block for block in members if block.size == size] for size in sizes]
    whole = tuple(np.stack(alike) for alike in same_size if len(alike) > 1)
    if block_exchange == "within":
        return Exchange(within, each, "within")
    if block_exchange == "whole":
        return Exchange(whole, tuple(members), "whole")
    return Exchange(within + whole, each, "both")


def _members(blocks: object, n_rows: int) -> list[Integers]:
    """Rows of each block, in the order of their first rows."""
    _, owner = read_labels(blocks, n_rows, "blocks")
    _, first = np.unique(owner, return_index=True)
    return [np.flatnonzero(owner == index) for index in np.argsort(first)]


def read_labels(labels: object, n_rows: int, what: str) -> tuple[list[str], Integers]:
    """Groups that labels put rows into.

    Parameters
    ----------
    labels : (n_rows,) numbers or text
    n_rows : int
    what : str
        What is labelled, for messages.

    Returns
    -------
    names : list of str
        Of each group, sorted.
    group : (n_rows,) int
        Index of the group of each row.

    Raises
    ------
    DesignError
        If there is not a label for every row, or a label is missing.

    Examples
    --------
    >>> read_labels(["b", "a", "b"], 3, "blocks")
    (['a', 'b'], array([1, 0, 1]))
    """
    # Text beside a NaN would become text, the NaN too.
    each = np.asarray(labels, dtype=object)
    if each.shape != (n_rows,):
        msg = (
            f"{what} have shape {each.shape}; expected one label for each of the "
            f"{n_rows} rows of the design."
        )
        raise DesignError(msg)
    missing = [i for i, x in enumerate(each) if x is None or x != x]  # noqa: PLR0124
    if missing:
        msg = f"{what} have no label for the rows {missing}; expected one for each row."
        raise DesignError(msg)
    names, group = np.unique(np.asarray(each.tolist()), return_inverse=True)
    return [str(name) for name in names], group.astype(np.int64)
