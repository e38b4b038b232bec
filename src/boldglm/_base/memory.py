"""What is told where memory ends: for what, how much of it, and how to need less."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from boldglm._base.errors import NotEnoughMemoryError

__all__ = ["array_for", "enough_memory"]


@contextmanager
def enough_memory(
    what: str, n_bytes: int | Callable[[], int], remedy: str
) -> Iterator[None]:
    """Say what memory was wanted for, if there is none in a ``with`` block.

    Parameters
    ----------
    what : str
        What is done, after "for".
    n_bytes : int or callable
        How much it takes, about. A callable is asked only if there is too little.
    remedy : str
        A sentence.

    Raises
    ------
    NotEnoughMemoryError
        Instead of a `MemoryError` of any other kind: what is told inside is told best.

    Examples
    --------
    >>> with enough_memory("the fit", 3 * 10**9, "Set n_jobs=1."):
    ...     raise MemoryError
    Traceback (most recent call last):
        ...
    boldglm._base.errors.NotEnoughMemoryError: There is not enough memory for the fit,
    which takes about 3.0 GB. Set n_jobs=1.
    """
    try:
        yield
    except NotEnoughMemoryError:
        raise
    except MemoryError as error:
        needed = n_bytes() if callable(n_bytes) else n_bytes
        raise NotEnoughMemoryError(_told(what, needed, remedy, error)) from error


def array_for(
    what: str,
    shape: tuple[int, ...],
    dtype: Any,
    remedy: str,
    order: Literal["C", "F"] = "F",
) -> np.ndarray:
    """Make a large array, or say why there is none.

    Parameters
    ----------
    what : str
        What it is for.
    shape : tuple of int
    dtype : dtype
    remedy : str
        A sentence.
    order : {'F', 'C'}

    Returns
    -------
    array of `shape`
        Not filled.

    Raises
    ------
    NotEnoughMemoryError
        If there is not as much memory.

    Examples
    --------
    >>> array_for("a volume", (2, 3), np.float32, "Take less.").nbytes
    24
    """
    n_bytes = math.prod(int(n) for n in shape) * np.dtype(dtype).itemsize
    try:
        return np.empty(shape, dtype=dtype, order=order)
    except (MemoryError, ValueError) as error:
        # numpy calls an array that no machine could address a wrong value
        if isinstance(error, ValueError) and n_bytes < 2**62:
            raise
        raise NotEnoughMemoryError(_told(what, n_bytes, remedy, error)) from error


def _told(what: str, n_bytes: int, remedy: str, error: Exception) -> str:
    reason = f" ({error})" if str(error) else ""
    return (
        f"There is not enough memory for {what}, which takes about {_size(n_bytes)}."
        f" {remedy}{reason}"
    )


def _size(n_bytes: float) -> str:
    """Bytes as people say them: 3.0 GB, 120 MB."""
    if n_bytes >= 1e9:
        return f"{n_bytes / 1e9:.1f} GB"
    return f"{max(n_bytes / 1e6, 1):.0f} MB"
