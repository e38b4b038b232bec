"""The warnings boldglm gives: about the user's choices, never about its own work.

========================  ====================================================
`EventsWarning`           an events table was read in a way worth knowing
`DesignWarning`           a design matrix or its parameters look unintended
`ContrastWarning`         a contrast was completed, or a run left out of it
`MaskWarning`             a mask came out empty or had to be changed
`ImageWarning`            an image was resampled, cast or cleaned on the way
`ThresholdWarning`        a threshold left nothing, or was not used
`FigureWarning`           a figure shows less than was asked for, or otherwise
========================  ====================================================

All are `UserWarning`: silence one with
``warnings.simplefilter("ignore", boldglm.exceptions.DesignWarning)``.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = [
    "ContrastWarning",
    "DesignWarning",
    "EventsWarning",
    "FigureWarning",
    "ImageWarning",
    "MaskWarning",
    "ThreadWarnings",
    "ThresholdWarning",
    "held_warnings",
    "noted_warnings",
    "warn",
]

_HELD: ContextVar[list[tuple[str, type[Warning]]] | None] = ContextVar(
    "boldglm_held_warnings", default=None
)
_NOTED: ContextVar[list[str] | None] = ContextVar(
    "boldglm_noted_warnings", default=None
)


class EventsWarning(UserWarning):
    """An events table was read in a way worth knowing."""


class DesignWarning(UserWarning):
    """A design matrix or its parameters look unintended."""


class ContrastWarning(UserWarning):
    """A contrast was completed, or a run was left out of it."""


class MaskWarning(UserWarning):
    """A mask came out empty or had to be changed."""


class ImageWarning(UserWarning):
    """An image was resampled, cast or cleaned on the way."""


class ThresholdWarning(UserWarning):
    """A threshold left nothing, or was not used."""


class FigureWarning(UserWarning):
    """A figure shows less than was asked for, or shows it otherwise."""


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the line of the user's script, however deep inside boldglm we are.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn("no voxel is left", MaskWarning)
    >>> caught[0].category.__name__
    'MaskWarning'
    """
    held = _HELD.get()
    if held is not None:
        held.append((message, category))
        return
    noted = _NOTED.get()
    if noted is not None and message not in noted:
        noted.append(message)
    level = 2
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, stacklevel=level)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == "boldglm"


@contextmanager
def held_warnings() -> Iterator[list[tuple[str, type[Warning]]]]:
    """Keep the warnings of `warn` back, for a thread that works for the user's line.

    The stack of a thread does not lead to the user's script, so its warnings are
    handed over and given by the thread that does.

    Yields
    ------
    list of (message, category)

    Examples
    --------
    >>> with held_warnings() as held:
    ...     warn("no voxel is left", MaskWarning)
    >>> [message for message, _ in held]
    ['no voxel is left']
    """
    held: list[tuple[str, type[Warning]]] = []
    token = _HELD.set(held)
    try:
        yield held
    finally:
        _HELD.reset(token)


@contextmanager
def noted_warnings() -> Iterator[list[str]]:
    """Write down the warnings that `warn` gives, whether they are shown or not.

    Yields
    ------
    list of str
        Each message once, in the order in which they came.

    Examples
    --------
    >>> with warnings.catch_warnings(), noted_warnings() as noted:
    ...     warnings.simplefilter("ignore")
    ...     warn("no voxel is left", MaskWarning)
    ...     warn("no voxel is left", MaskWarning)
    >>> noted
    ['no voxel is left']
    """
    noted: list[str] = []
    outer = _NOTED.get()
    token = _NOTED.set(noted)
    try:
        yield noted
    finally:
        _NOTED.reset(token)
        if outer is not None:
            outer.extend(one for one in noted if one not in outer)


class ThreadWarnings:
    """Give the warnings of a ``with`` block when it is left, each once.

    For blocks that spread work over threads (see `held_warnings`), where one warning
    would come once per item.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     with ThreadWarnings():
    ...         warn("no voxel is left", MaskWarning)
    ...         warn("no voxel is left", MaskWarning)
    >>> len(caught)
    1
    """

    def __enter__(self) -> None:
        self._block = held_warnings()
        self._held = self._block.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._block.__exit__(*error)
        for message, category in dict.fromkeys(self._held):
            warn(message, category)
