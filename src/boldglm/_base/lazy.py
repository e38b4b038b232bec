"""Public names that are loaded when they are first used."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["attach"]


def attach(
    package: str, names: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make the ``__getattr__`` and ``__dir__`` of a package that loads names late.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    names : mapping
        Public name to the module that has it; a module of the same name as the key
        is itself what is wanted.

    Returns
    -------
    __getattr__, __dir__ : functions

    Examples
    --------
    >>> get, listing = attach("boldglm.core", {"blocks": "boldglm.core.parallel"})
    >>> get("blocks")(3, 2)
    [slice(0, 2, None), slice(2, 3, None)]
    """

    def get(name: str) -> Any:
        if name not in names:
            from boldglm._base.elsewhere import no_such_name

            raise no_such_name(package, name)
        module = import_module(names[name])
        return module if names[name] == f"{package}.{name}" else getattr(module, name)

    def listing() -> list[str]:
        return sorted(names)

    return get, listing
