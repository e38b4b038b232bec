"""What is measured: the calls of a user, by whichever program they are imported from.

Each module has ``start(package, files, **options)``: it imports, prepares, and returns
the function that is measured; that one returns a dictionary of images and arrays.
"""

from importlib import import_module
from typing import Any

__all__ = ["NotThereError", "find"]


class NotThereError(Exception):
    """The program does not have a function yet."""


def find(package: str, path: str) -> Any:
    """A function or class by its place, such as ``image.mean_img``.

    Raises
    ------
    NotThereError
        If `package` has no such thing.
    """
    module, name = path.rsplit(".", 1)
    try:
        return getattr(import_module(f"{package}.{module}"), name)
    except (AttributeError, ModuleNotFoundError) as error:
        msg = f"{package}.{path} is not there yet"
        raise NotThereError(msg) from error
