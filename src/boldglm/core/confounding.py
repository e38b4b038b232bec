"""Which columns of a design cannot be told apart."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from boldglm.core.linear import RANK_TOLERANCE

__all__ = ["confounded_groups"]

Array: TypeAlias = NDArray[np.float64]

# Weight from which a column takes part in a combination that is zero
WEIGHT = 1e-6


def confounded_groups(X: Array) -> list[list[int]]:
    r"""Group the columns that take part in a combination that is zero.

    With the columns brought to unit length, let N be an orthonormal basis of the
    null space, ``X N = 0``. Columns i and j are in one group when some
    combination binds them, ``(N N')_ij ≠ 0``, through others if need be.

    Parameters
    ----------
    X : (n_scans, n_columns) float
        Finite. Not modified.

    Returns
    -------
    list of list of int
        Columns of each group in ascending order; a column of zeros is a group of
        its own. Empty if the columns are independent. If there are more columns
        than scans, all of them are one group.

    Examples
    --------
    Two conditions that fill the run, a constant, and a condition without events:

    >>> on = np.array([1.0, 0.0, 1.0, 0.0])
    >>> ramp = np.arange(4.0)
    >>> X = np.column_stack([on, 1 - on, ramp, np.ones(4), np.zeros(4)])
    >>> confounded_groups(X[:, :4])
    [[0, 1, 3]]
    >>> confounded_groups(X[:, [0, 2, 4]])
    [[2]]
    """
    n_scans, n_columns = X.shape
    if n_columns > n_scans:
        return [list(range(n_columns))]
    length = np.linalg.norm(X, axis=0)
    scaled = np.linalg.qr(X / np.where(length > 0, length, 1.0), mode="r")
    singular = np.linalg.svd(scaled, compute_uv=False)
    if singular[-1] > RANK_TOLERANCE * singular[0]:
        return []
    _, singular, right = np.linalg.svd(scaled)
    null = right[singular <= RANK_TOLERANCE * singular[0]]
    bound = np.abs(null.T @ null) > WEIGHT
    return _components(bound)


def _components(bound: NDArray[np.bool_]) -> list[list[int]]:
    """Connected groups of a symmetric relation, of those related to anything."""
    left = set(np.flatnonzero(bound.any(axis=0)).tolist())
    groups = []
    while left:
        group: set[int] = set()
        border = {min(left)}
        while border:
            group |= border
            reached = np.flatnonzero(bound[list(border)].any(axis=0)).tolist()
            border = set(reached) - group
        left -= group
        groups.append(sorted(group))
    return groups
