"""What is measured: the calls of a user, by whichever program they are imported from.

Each module has ``start(package, files, **options)``: it imports, prepares, and returns
the function that is measured; that one returns a dictionary of images and arrays.
"""

import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["NotThereError", "figure_writer", "find"]


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


def figure_writer(
    package: str, display_mode: str, cut_coords: Any, **options: Any
) -> Callable[[Mapping[str, Any], Any], None]:
    """A function that draws maps above a background, each into a file and away."""
    import matplotlib as mpl

    mpl.use("agg")
    plot = find(package, "plotting.plot_stat_map")

    def draw(maps: Mapping[str, Any], background: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name, stat_map in maps.items():
                display = plot(
                    stat_map,
                    bg_img=background,
                    threshold=3.0,
                    display_mode=display_mode,
                    cut_coords=cut_coords,
                    title=name,
                    **options,
                )
                display.savefig(Path(folder) / f"{name}.png")
                display.close()

    return draw
