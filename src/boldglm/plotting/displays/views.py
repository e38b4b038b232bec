"""The directions from which a brain is seen, and the planes they make."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["VIEWS", "Plane", "View", "view_of"]


@dataclass(frozen=True)
class View:
    """How one direction lays the world on paper.

    Attributes
    ----------
    across, up : int
        The axes of the world (0 is x, 1 is y, 2 is z) that run to the right and up.
    through : int
        The axis of the line of sight.
    side : {-1, 0, 1}
        Which hemisphere is seen: the left, both, or the right one.

    Examples
    --------
    >>> VIEWS["y"].on_paper([[-40.0, 10.0, 55.0]])
    array([[-40., 55.]])
    """

    across: int
    up: int
    through: int
    side: int = 0

    @property
    def has_sides(self) -> bool:
        """Whether left and right of the body are left and right, or right and left."""
        return self.across == 0

    @property
    def looks_right(self) -> bool:
        """Whether the nose points to the left, as seen from the body's left."""
        return self.side < 0

    def on_paper(self, points: Any) -> "NDArray[np.float64]":
        """Points of the world (n, 3) in the plane of the view, (n, 2), mm."""
        return np.asarray(points, dtype=float)[:, [self.across, self.up]]


@dataclass(frozen=True, eq=False)
class Plane:
    """Values of an image in the plane of a view.

    Attributes
    ----------
    values : (n_up, n_across) array
        Row 0 is lowest. What lies outside of the image is nan.
    extent : tuple of float
        Left, right, bottom, top: outer edges of the outermost pixels, mm.

    Examples
    --------
    >>> plane = Plane(np.zeros((2, 3)), (0.0, 6.0, 0.0, 4.0))
    >>> plane.centres
    (array([1., 3., 5.]), array([1., 3.]))
    """

    values: "NDArray[Any]"
    extent: tuple[float, float, float, float]

    @property
    def centres(self) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        """Where the centres of pixels lie, across and up, mm."""
        left, right, bottom, top = self.extent
        n_up, n_across = self.values.shape
        across, up = (right - left) / n_across, (top - bottom) / n_up
        return (
            left + across * (np.arange(n_across) + 0.5),
            bottom + up * (np.arange(n_up) + 0.5),
        )


VIEWS = {
    "x": View(across=1, up=2, through=0),
    "y": View(across=0, up=2, through=1),
    "z": View(across=0, up=1, through=2),
    "l": View(across=1, up=2, through=0, side=-1),
    "r": View(across=1, up=2, through=0, side=1),
}
"""Name of a direction to its view: sagittal, coronal, axial, and the two sides."""


def view_of(direction: str) -> View:
    """The view of a direction.

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> view_of("w")
    Traceback (most recent call last):
        ...
    ValueError: direction is 'w'; expected one of 'x', 'y', 'z', 'l', 'r'.
    """
    from boldglm.signal.checks import check_choice

    check_choice(direction, "direction", VIEWS)
    return VIEWS[direction]
