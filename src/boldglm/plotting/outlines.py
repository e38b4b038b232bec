"""The drawing of a brain that maps are shown in: its outline and its folds.

It is computed from the MNI152 template by ``tools/build_outlines.py``. A fold is where,
along a line of sight, the surface of the brain lies deeper in tissue than around it.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.errors import ImageFileError
from boldglm.signal.checks import check_choice

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Outlines", "glass_brain_outlines"]

_DRAWN_FROM = {"x": "x", "l": "x", "r": "x", "y": "y", "z": "z"}


@dataclass(frozen=True, eq=False)
class Outlines:
    """Closed lines in the plane of a view, mm.

    Attributes
    ----------
    silhouettes : tuple of (n, 2) float
        Around the whole brain.
    folds : tuple of tuples of (n, 2) float
        Each fold: around it, then around the holes in it.
    """

    silhouettes: "tuple[NDArray[np.float64], ...]"
    folds: "tuple[tuple[NDArray[np.float64], ...], ...]"

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top of the brain, mm."""
        points = np.concatenate(self.silhouettes)
        (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
        return float(left), float(right), float(bottom), float(top)


@lru_cache
def glass_brain_outlines(direction: str) -> Outlines:
    """The outlines of the brain of the MNI152 template, seen from a direction.

    Parameters
    ----------
    direction : {"x", "y", "z", "l", "r"}
        From the right, from behind, from above; the hemispheres are mirror images
        of each other, in the coordinates of the world the same lines.

    Returns
    -------
    Outlines
        y and z of the world for "x", "l" and "r", x and z for "y", x and y for "z".

    Raises
    ------
    ValueError
        For another direction.
    ImageFileError
        If the file in the package is damaged.

    Examples
    --------
    >>> left, right, back, front = glass_brain_outlines("z").extent
    >>> -75 < left < -65 and 65 < right < 75
    True
    """
    check_choice(direction, "direction", _DRAWN_FROM)
    points, starts, kinds = _read(_DRAWN_FROM[direction])
    millimetres = points / 10.0
    millimetres.flags.writeable = False
    rings = np.split(millimetres, starts[1:])
    folds: list[list[Any]] = []
    for ring, kind in zip(rings, kinds, strict=True):
        if kind == 1:
            folds.append([])
        if kind:
            folds[-1].append(ring)
    silhouettes = [ring for ring, kind in zip(rings, kinds, strict=True) if not kind]
    return Outlines(tuple(silhouettes), tuple(map(tuple, folds)))


def _read(view: str) -> "tuple[NDArray[Any], NDArray[Any], NDArray[Any]]":
    file = files("boldglm.plotting") / "data" / "outlines.npz"
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            points, starts, kinds = (
                archive[f"{view}_{what}"] for what in ("points", "starts", "kinds")
            )
    except Exception as error:
        msg = (
            f"{file} cannot be read ({error}): the package is damaged, install "
            "boldglm again."
        )
        raise ImageFileError(msg) from error
    return points, starts, kinds
