"""Figures on matplotlib.

Figures are drawn without a window system and without touching the state of
pyplot: nothing stays open, nothing needs a display.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "plot_design_matrix": "design_matrix",
    "plot_slice_row": "slices",
}

__all__ = [  # noqa: PLE0604
    *sorted(_HOMES),
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(__all__)
