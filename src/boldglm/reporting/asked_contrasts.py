"""The contrasts of a report: their names, and what each asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ContrastError

__all__ = ["AskedContrast", "asked_contrasts", "is_narrow"]


@dataclass(frozen=True)
class AskedContrast:
    """A contrast that a report is asked for.

    Attributes
    ----------
    name : str or None
        None: nobody named it.
    definition
        What `compute_contrast` takes, or expressions parted by semicolons.
    key : str
        Unique in a report.
    stat_type : str or None
        ``'t'`` or ``'F'`` where it was said.
    """

    name: str | None
    definition: Any
    key: str
    stat_type: str | None = None


def asked_contrasts(
    contrasts: Any, types: Mapping[str, str] | None = None
) -> tuple[AskedContrast, ...]:
    """The contrasts of a report, one by one.

    Parameters
    ----------
    contrasts : dict, list, str, array or None
        See `generate_report`. Elements of a list and rows of a bare array are
        contrasts of their own; a list of numbers is one.
    types : dict, optional
        ``'t'`` or ``'F'`` by name, where it is not what the number of rows says.

    Returns
    -------
    tuple of AskedContrast

    Raises
    ------
    ContrastError
        If it is something else.

    Examples
    --------
    >>> [one.name for one in asked_contrasts(["faces", "faces - houses"])]
    ['faces', 'faces - houses']
    >>> asked_contrasts(np.eye(3)[:2])[1].definition
    array([0., 1., 0.])
    """
    return tuple(
        AskedContrast(
            name, definition, f"contrast-{number}", (types or {}).get(name or "")
        )
        for number, (name, definition) in enumerate(_named(contrasts), start=1)
    )


def _named(contrasts: Any) -> list[tuple[str | None, Any]]:
    if contrasts is None:
        return []
    if isinstance(contrasts, Mapping):
        return [(str(name), one) for name, one in contrasts.items()]
    if isinstance(contrasts, str):
        return [(contrasts, contrasts)]
    if isinstance(contrasts, np.ndarray):
        rows = np.atleast_2d(contrasts)
        if rows.ndim == 2:
            return [(None, row) for row in rows]
    elif isinstance(contrasts, Sequence):
        if len(contrasts) and all(_is_number(one) for one in contrasts):
            return [(None, np.asarray(contrasts, dtype=float))]
        return [(one if isinstance(one, str) else None, one) for one in contrasts]
    msg = (
        f"contrasts is a {type(contrasts).__name__}; expected a dictionary from names "
        "to contrasts, a list of contrasts, an expression, or weights."
    )
    raise ContrastError(msg)


def _is_number(one: Any) -> bool:
    return isinstance(one, int | float | np.number)


def is_narrow(definition: Any, n_columns: int) -> bool:
    """Whether weights are fewer than the columns of a design.

    Examples
    --------
    >>> is_narrow([[1, -1]], 3), is_narrow("a - b", 3)
    (True, False)
    """
    if isinstance(definition, str) or definition is None:
        return False
    try:
        widths = {_width(definition)}
    except (TypeError, ValueError):
        several = isinstance(definition, list | tuple)
        widths = (
            {_width(one) for one in definition if not isinstance(one, str)}
            if (several)
            else set()
        )
    return any(0 < width < n_columns for width in widths)


def _width(weights: npt.ArrayLike) -> int:
    array = np.asarray(weights, dtype=float)
    return int(array.shape[-1]) if array.ndim else 0
