"""The anatomy behind a map: which, how bright, and on what ground."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import check_truth
from boldglm.plotting.displays.volumes import Volume, open_volume
from boldglm.signal.checks import checked_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MNI152TEMPLATE", "Background", "open_background"]


class _MNI152Template:
    """Stands for the template in the package until it is drawn."""

    def __repr__(self) -> str:
        return "<MNI152Template>"


MNI152TEMPLATE = _MNI152Template()
"""The T1 template of MNI152; the texts "MNI152TEMPLATE" and "MNI152" mean it, too."""

_TEMPLATE_NAMES = {"MNI152TEMPLATE", "MNI152"}


@dataclass(frozen=True)
class Background:
    """An image to draw in grey.

    Attributes
    ----------
    volume : Volume or None
        None: nothing.
    black : bool
        Whether the ground is black.
    low, high : float or None
        Values that are black and white. None: of what is shown.
    """

    volume: Volume | None
    black: bool
    low: float | None = None
    high: float | None = None


def open_background(
    bg_img: Any, dim: Any = "auto", black_bg: Any = "auto", name: str = "bg_img"
) -> Background:
    """The background that a user asks for.

    Parameters
    ----------
    bg_img : 3-D image, `MNI152TEMPLATE`, None or False
    dim : float, "auto" or None
        How much the grey steps back behind colours: 0 not at all, 1 much, -1 the
        other way. Towards black on black, towards white on white; "auto" is 0.8 on
        black, 0.6 on white.
    black_bg : bool or "auto"
        "auto": as the rim of the image; white for the template and for none.
    name : str
        Of the parameter, for messages.

    Returns
    -------
    Background

    Raises
    ------
    TypeError, ValueError
        If `dim` is something else; if the image cannot be read.

    Examples
    --------
    >>> open_background(None)
    Background(volume=None, black=False, low=None, high=None)
    """
    if bg_img is None or bg_img is False:
        return Background(None, _is_black(black_bg, lambda: False))
    named = isinstance(bg_img, str) and bg_img in _TEMPLATE_NAMES
    if bg_img is MNI152TEMPLATE or named:
        volume, (low, high) = _template()
        black = _is_black(black_bg, lambda: False)
    else:
        volume = open_volume(bg_img, name)
        low, high = _usual_range(volume)
        black = _is_black(black_bg, lambda: _rim(volume) <= 0.5 * (low + high))
    return Background(volume, black, *_dimmed(low, high, dim, black=black))


def _is_black(black_bg: Any, guess: Any) -> bool:
    if isinstance(black_bg, str):
        if black_bg != "auto":
            msg = f"black_bg is {black_bg!r}; expected True, False or 'auto'."
            raise ValueError(msg)
        return bool(guess())
    check_truth(black_bg, "black_bg")
    return bool(black_bg)


@lru_cache(maxsize=1)
def _template() -> tuple[Volume, tuple[float, float]]:
    """The T1 template at 2 mm, nan outside of the head; kept, 4 MB."""
    from scipy.ndimage import binary_fill_holes

    from boldglm.datasets.templates import load_mni152_template

    volume = open_volume(load_mni152_template(resolution=2), "template")
    inside = binary_fill_holes(volume.values > 0)
    values = np.where(inside, volume.values, np.float32(np.nan))
    values.flags.writeable = False
    return Volume(values, volume.grid), (0.0, float(np.nanmax(values)))


def _usual_range(volume: Volume) -> tuple[float, float]:
    """Lowest value, and one that few are above: a bright vessel darkens nothing."""
    low, high = volume.range
    # every so many voxels along each axis: a step through memory may miss the head
    step = max(round((volume.values.size / 50_000) ** (1 / 3)), 1)
    some = _finite(volume.values[::step, ::step, ::step])
    usual = float(np.percentile(some.astype(float), 99.8)) if some.size else high
    return low, usual if usual > low else high


def _rim(volume: Volume) -> float:
    """The median of the outermost two voxels on all sides."""
    values = volume.values
    sides = [
        side.ravel()
        for axis in range(3)
        for side in (
            np.moveaxis(values, axis, 0)[:2],
            np.moveaxis(values, axis, 0)[-2:],
        )
    ]
    return float(
        np.median(np.nan_to_num(np.concatenate(sides), posinf=0.0, neginf=0.0))
    )


def _finite(values: "NDArray[Any]") -> "NDArray[Any]":
    return values[np.isfinite(values)]


def _dimmed(low: float, high: float, dim: Any, *, black: bool) -> tuple[float, float]:
    if isinstance(dim, str) and dim == "auto":
        dim = 0.8 if black else 0.6
    if dim is None or dim is False:
        return low, high
    expected = "a number from -2 to 2, or 'auto'"
    dim = float(checked_number(dim, "dim", expected, low=-2, high=2))
    if dim == 0:
        return low, high
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    if black:
        return low, middle + (1 + dim) * half
    return (1 - 0.5 * dim) * middle - (1 + dim) * half, high
