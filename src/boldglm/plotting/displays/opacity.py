"""How opaque an overlay is: everywhere alike, or voxel by voxel."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.warnings import FigureWarning, warn
from boldglm.plotting.displays.volumes import Volume, open_volume

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from boldglm.plotting.displays.views import Plane

__all__ = ["Opacity", "as_opacity"]


@dataclass(frozen=True)
class Opacity:
    """Opacity from 0, invisible, to 1.

    Attributes
    ----------
    constant : float or None
        Of all voxels.
    volume : Volume or None
        Whose absolute values, from `low` to `high`, are opacities from 0 to 1.
    low, high : float
    """

    constant: float | None = None
    volume: Volume | None = None
    low: float = 0.0
    high: float = 1.0

    @property
    def of_lines(self) -> float | None:
        """The opacity of lines, which have one for all.

        Raises
        ------
        TypeError
            If it is that of an image.
        """
        if self.volume is not None:
            msg = (
                "transparency is an image; contours have one opacity for all: pass a "
                "number from 0 to 1."
            )
            raise TypeError(msg)
        return self.constant

    def on(
        self, plane: "Plane", cut: "Callable[[Volume], Plane | None]"
    ) -> "float | NDArray[np.float64] | None":
        """Opacity of the pixels of a plane, as matplotlib's ``alpha``.

        Parameters
        ----------
        plane : Plane
        cut : function of a Volume
            The same plane through another image.
        """
        if self.volume is None:
            return self.constant
        own = cut(self.volume)
        if own is None:
            return np.zeros(plane.values.shape)
        how = "nearest" if self.volume.is_mask else "linear"
        values = np.abs(_at_pixels(own, plane, how))
        share = (values - self.low) / (self.high - self.low)
        return np.clip(np.nan_to_num(share), 0.0, 1.0)


def _at_pixels(own: "Plane", plane: "Plane", how: Any) -> "NDArray[np.float64]":
    """Values of one plane at the pixels of another, nan beside it."""
    if own.values.shape == plane.values.shape and np.allclose(own.extent, plane.extent):
        return np.asarray(own.values, dtype=float)
    from scipy.interpolate import RegularGridInterpolator

    across, up = own.centres
    known = np.nan_to_num(np.asarray(own.values, dtype=float))
    # the rim of half a pixel belongs to the outermost pixels
    look_up = RegularGridInterpolator((up, across), known, how, bounds_error=False)
    wanted_across, wanted_up = plane.centres
    inside_up = np.clip(wanted_up, up[0], up[-1])
    inside_across = np.clip(wanted_across, across[0], across[-1])
    values = look_up(tuple(np.meshgrid(inside_up, inside_across, indexing="ij")))
    left, right, bottom, top = own.extent
    values[(wanted_up < bottom) | (wanted_up > top)] = np.nan
    values[:, (wanted_across < left) | (wanted_across > right)] = np.nan
    return np.asarray(values)


def as_opacity(transparency: Any, transparency_range: Any) -> Opacity:
    """What the user says about opacity, put in one form.

    Parameters
    ----------
    transparency : float, image or None
    transparency_range : (float, float) or None
        For an image: absolute values that are invisible and opaque. None: from 0 to
        the largest.

    Raises
    ------
    ValueError
        If the range is not two numbers, the lower first.

    Warns
    -----
    FigureWarning
        If a number is outside of 0 to 1; the nearest is taken.

    Examples
    --------
    >>> as_opacity(0.5, None).constant
    0.5
    """
    if transparency is None:
        return Opacity()
    if isinstance(transparency, int | float | np.number):
        value = float(transparency)
        held = min(max(value, 0.0), 1.0)
        if held != value:
            warn(
                f"transparency is {value:g}; expected 0 (invisible) to 1 (opaque): "
                f"{held:g} is taken.",
                FigureWarning,
            )
        return Opacity(held)
    volume = open_volume(transparency, "transparency")
    largest = max(abs(value) for value in volume.range)
    low, high = _checked_range(transparency_range, largest)
    return Opacity(None, volume, low, high)


def _checked_range(given: Any, largest: float) -> tuple[float, float]:
    if given is None:
        return 0.0, largest or 1.0
    try:
        low, high = (float(value) for value in given)
    except (TypeError, ValueError) as error:
        msg = f"transparency_range is {given!r}; expected two numbers, lower first."
        raise ValueError(msg) from error
    if not 0 <= low < high:
        msg = (
            f"transparency_range is {given!r}; expected two numbers of at least 0, "
            "the lower first."
        )
        raise ValueError(msg)
    high = min(high, largest)
    if low >= high:
        msg = (
            f"transparency_range begins at {low:g}; the image of transparency ends at "
            f"{largest:g}."
        )
        raise ValueError(msg)
    return low, high
