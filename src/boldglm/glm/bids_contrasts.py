"""The contrasts that are saved, with the names of their files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from boldglm._base.arguments import shown
from boldglm._base.errors import ContrastError
from boldglm._base.warnings import ContrastWarning, warn
from boldglm.interfaces.bids.names import contrast_label

__all__ = ["NamedContrast", "named_contrasts"]


@dataclass(frozen=True)
class NamedContrast:
    """A contrast under a name.

    Attributes
    ----------
    name : str
        As the user gave it.
    label : str
        As it stands in names of files: letters and digits.
    definition : str, array or list
        As the user gave it.
    stat_type : str or None
        ``'t'`` or ``'F'`` where the user said it.
    """

    name: str
    label: str
    definition: Any
    stat_type: str | None = None


def named_contrasts(
    contrasts: Any, contrast_types: Mapping[str, str] | None = None
) -> list[NamedContrast]:
    """Give each contrast a label.

    Parameters
    ----------
    contrasts : str, array, list of them, dict of them by name, or None
        Without names, they are named by how they are printed. Rows of a bare array
        are contrasts of their own.
    contrast_types : dict, optional
        ``'t'`` or ``'F'`` by name, for those where it is not what the number of rows
        says.

    Returns
    -------
    list of NamedContrast

    Raises
    ------
    TypeError
        If a name is not text, or a definition neither text nor numbers.
    ContrastError
        If two contrasts would have files of the same names, or `contrast_types` is
        about none of them or of an unknown type.

    Warns
    -----
    ContrastWarning
        If a label is not the name.

    Examples
    --------
    >>> one, two = named_contrasts({"faces": "faces", "any": np.eye(2)})
    >>> one.label, two.label
    ('faces', 'any')
    """
    named = _without_repeats(_pairs(contrasts))
    types = _as_types(contrast_types)
    _check_types(types, [name for name, _ in named])
    found: dict[str, NamedContrast] = {}
    for number, (name, definition) in enumerate(named, start=1):
        label = contrast_label(name) or f"contrast{number}"
        # Some disks do not tell capital letters from small ones
        other = found.get(label.lower())
        if other is not None:
            msg = (
                f"The contrasts {other.name!r} and {name!r} would both be saved as "
                f"'contrast-{label}'. Pass a dict with names that differ in their "
                "letters and digits."
            )
            raise ContrastError(msg)
        if label != name:
            warn(
                f'Contrast name "{name}" changed to "{label}" in the names of files.',
                ContrastWarning,
            )
        found[label.lower()] = NamedContrast(name, label, definition, types.get(name))
    return list(found.values())


def _pairs(contrasts: Any) -> Iterator[tuple[str, Any]]:
    if contrasts is None:
        return
    if isinstance(contrasts, Mapping):
        items = list(contrasts.items())
    elif isinstance(contrasts, str) or not _has_parts(contrasts):
        items = [(str(contrasts), contrasts)]
    else:
        items = [(str(one), one) for one in contrasts]
    for name, definition in items:
        if not isinstance(name, str):
            msg = (
                f"contrast names must be strings; {name!r} is a {type(name).__name__}. "
                "They become names of files."
            )
            raise TypeError(msg)
        arrays = isinstance(definition, list | tuple) or hasattr(
            definition, "__array__"
        )
        if not isinstance(definition, str) and not arrays:
            msg = (
                "contrast definitions must be strings or arrays, not "
                f"{type(definition).__name__}: {name!r} is {definition!r}."
            )
            raise TypeError(msg)
        yield name, definition


def _has_parts(definition: Any) -> bool:
    """Whether it is a list of expressions or rows, not of numbers."""
    if not isinstance(definition, list | tuple):
        return hasattr(definition, "__array__") and np.ndim(definition) > 1
    return not definition or any(isinstance(x, str) or np.ndim(x) for x in definition)


def _without_repeats(named: Iterator[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """What a list has twice is saved once."""
    kept: list[tuple[str, Any]] = []
    for name, definition in named:
        same = (one for key, one in kept if key == name)
        if not any(_is_same(one, definition) for one in same):
            kept.append((name, definition))
    return kept


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return bool(one is other or (isinstance(other, type(one)) and one == other))
    return np.array_equal(one, other)


def _as_types(types: Any) -> dict[str, str]:
    if types is None or isinstance(types, Mapping):
        return dict(types or {})
    msg = (
        f"contrast_types is {shown(types)}; expected a dictionary from names of "
        "contrasts to 't' or 'F', or None."
    )
    raise ContrastError(msg)


def _check_types(types: dict[str, str], names: list[str]) -> None:
    strangers = [name for name in types if name not in names]
    if strangers:
        msg = (
            f"contrast_types is about {', '.join(map(repr, strangers))}; the contrasts "
            f"are {', '.join(map(repr, names)) or 'none'}."
        )
        raise ContrastError(msg)
    for name, kind in types.items():
        if kind not in ("t", "F"):
            msg = f"contrast_types[{name!r}] is {kind!r}; expected 't' or 'F'."
            raise ContrastError(msg)
