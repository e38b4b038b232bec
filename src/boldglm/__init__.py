"""Task-fMRI statistics: from BOLD files and events to corrected brain maps.

Importing `boldglm` loads nothing but the version; subpackages are loaded when
they are first used.

Examples
--------
>>> import boldglm
>>> "first_level" in dir(boldglm.glm)
True
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0.dev0"

_SUBPACKAGES = (
    "core",
    "datasets",
    "exceptions",
    "glm",
    "image",
    "interfaces",
    "maskers",
    "mass_univariate",
    "masking",
    "plotting",
    "reporting",
    "signal",
)

__all__ = ["__version__", *_SUBPACKAGES]  # noqa: PLE0604


def __getattr__(name: str) -> ModuleType:
    if name in _SUBPACKAGES:
        return import_module(f"{__name__}.{name}")
    from boldglm._base.elsewhere import no_such_name

    raise no_such_name(__name__, name)


def __dir__() -> list[str]:
    return sorted(__all__)
