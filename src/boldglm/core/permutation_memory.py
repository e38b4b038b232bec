"""How much memory a permutation test takes, told where there is less."""

from contextlib import AbstractContextManager

from boldglm._base.memory import enough_memory
from boldglm.core.group_statistic import MAPS
from boldglm.core.parallel import n_workers

__all__ = ["memory_for_permutations", "permutation_bytes"]

REMEDY = (
    "Take a mask of fewer voxels, larger voxels, fewer threads (n_jobs; with the "
    "default OMP_NUM_THREADS), or fewer permutations (n_perm)."
)
# Largest statistics of a shuffle that may be kept; maps of voxels a test works with.
_MAXIMA, _MAPS = 5, 12


def permutation_bytes(
    shape: tuple[int, ...], n_perm: int, n_jobs: int | None = None
) -> int:
    """Memory that a permutation test takes at its largest, about, with its data.

    The data in double precision while they are prepared, and in single; some maps; for
    each thread a few statistics of all voxels; and the maxima of all shuffles.

    Parameters
    ----------
    shape : (n_rows, n_voxels)
        Of the data.
    n_perm : int
    n_jobs : int or None
        See `boldglm.core.parallel.n_workers`.

    Returns
    -------
    int
        Bytes.

    Examples
    --------
    >>> permutation_bytes((20, 100_000), 10_000, n_jobs=1) // 10**6
    46
    """
    n_rows, n_voxels = shape
    of_voxel = (8 + 4) * n_rows + 8 * _MAPS + 2 * 4 * MAPS * n_workers(n_jobs)
    return of_voxel * n_voxels + 8 * _MAXIMA * n_perm


def memory_for_permutations(
    shape: tuple[int, ...], n_perm: int, n_jobs: int | None = None
) -> AbstractContextManager[None]:
    """Say how much memory a test takes, if a ``with`` block runs out of it.

    Parameters
    ----------
    shape, n_perm, n_jobs
        See `permutation_bytes`.

    Raises
    ------
    NotEnoughMemoryError
        In the block.
    """
    what = f"{n_perm} permutations of {shape[0]} maps of {shape[1]} voxels"
    return enough_memory(what, lambda: permutation_bytes(shape, n_perm, n_jobs), REMEDY)
