"""Coordinates of cuts, as users say them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from boldglm._base.warnings import FigureWarning, warn
from boldglm.plotting.displays.volumes import open_volume

__all__ = ["check_in_bounds", "checked_coords", "spread_cuts"]

_USUAL = 7

# Where a brain in MNI space is, for displays without an image
_BRAIN = {"x": (-40.0, 40.0), "y": (-30.0, 30.0), "z": (-30.0, 75.0)}


def checked_coords(coords: Any, mode: str, n: int | None = None) -> list[float]:
    """Numbers from what the user gave as coordinates.

    Parameters
    ----------
    coords : sequence of float
    mode : str
        Name of the display, for the message.
    n : int or None
        How many there must be; None: at least one.

    Raises
    ------
    ValueError
        If they are not finite numbers, or not as many.

    Examples
    --------
    >>> checked_coords((1, -2.5), "XZSlicer", 2)
    [1.0, -2.5]
    """
    wanted = (
        "numbers (mm) or how many cuts to make" if n is None else f"{n} numbers, mm"
    )
    msg = (
        f"cut_coords is {coords!r}, which does not match the display mode: "
        f"{mode} expects {wanted}, or None to choose them from the image."
    )
    try:
        found = [float(one) for one in np.atleast_1d(coords)] if np.ndim(coords) else []
    except (TypeError, ValueError) as error:
        raise ValueError(msg) from error
    if not found or (n is not None and len(found) != n) or not np.isfinite(found).all():
        raise ValueError(msg)
    return found


def check_in_bounds(img: Any, coords: Mapping[str, Any]) -> None:
    """Warn of cuts that go past an image; raise if all of them do.

    Parameters
    ----------
    img : Volume, image or None
        None: nothing to check.
    coords : dict of float or sequence of float
        By direction.

    Raises
    ------
    ValueError
        If no cut goes through the image.

    Warns
    -----
    FigureWarning
        If some do not.
    """
    if img is None or img is False:
        return
    bounds = open_volume(img, "img").bounds
    past = [
        f"{direction} = {coord:g}"
        for direction, given in coords.items()
        for coord in np.atleast_1d(given)
        if not bounds["xyz".index(direction)][0]
        <= coord
        <= bounds["xyz".index(direction)][1]
    ]
    if not past:
        return
    extent = ", ".join(
        f"{name} from {low:.1f} to {high:.1f}"
        for name, (low, high) in zip("xyz", bounds, strict=True)
    )
    if len(past) == sum(np.size(given) for given in coords.values()):
        msg = (
            f"cut_coords: {', '.join(past)}: all out of the bounds of the image, "
            f"which reaches over {extent} mm."
        )
        raise ValueError(msg)
    warn(
        f"Of cut_coords, {', '.join(past)} are out of the bounds of the image "
        f"({extent} mm): there is nothing to show.",
        FigureWarning,
    )


def spread_cuts(img: Any, direction: str, n_cuts: int | None = None) -> list[float]:
    """Coordinates of parallel cuts through what is most active in an image.

    Parameters
    ----------
    img : Volume, image or None
        None: spread over a brain in MNI space.
    direction : {"x", "y", "z"}
    n_cuts : int or None
        None: 7, or as many as there are planes.

    Raises
    ------
    ValueError
        For no cuts, or more than there are planes.
    """
    if n_cuts is not None and n_cuts < 1:
        msg = f"cut_coords is {n_cuts}; expected at least one cut."
        raise ValueError(msg)
    if img is None or img is False:
        low, high = _BRAIN[direction]
        return [float(one) for one in np.linspace(low, high, n_cuts or _USUAL)]
    from boldglm.plotting.find_cuts import find_cut_slices

    volume = open_volume(img, "img")
    planes = volume.shown_grid.shape["xyz".index(direction)]
    wanted = min(_USUAL, planes) if n_cuts is None else n_cuts
    found = find_cut_slices(volume, direction=direction, n_cuts=wanted)
    return [float(one) for one in found]
