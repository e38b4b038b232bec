"""Slices of a map as pictures, pixel by pixel.

They show what `boldglm.plotting.plot_stat_map` shows, from the same planes, without
axes: a report has dozens of them, and axes take ten milliseconds each.
"""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from boldglm.plotting.background import Background
from boldglm.plotting.displays.slicers import get_slicer
from boldglm.plotting.displays.views import VIEWS, Plane
from boldglm.plotting.displays.volumes import Volume

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

__all__ = ["Picture", "Scene", "draw_slices", "even_cuts"]

Pixels = npt.NDArray[Any]

#: Pixels: of the whole picture across, and of a row of slices at most
WIDTH, HIGHEST = 1400, 460
#: A picture is shown smaller than it is, so that it is sharp on fine screens too
SHOWN = 0.65
GAP, BAR = 8, 110
#: Grey of the mask where there is no anatomy
SILHOUETTE = 224


@dataclass(frozen=True)
class Scene:
    """What lies behind the maps of a report.

    Attributes
    ----------
    background : Background
    mask : Volume
        Of the model: a silhouette where there is no anatomy.
    """

    background: Background
    mask: Volume

    @property
    def base(self) -> Volume:
        """The image that decides how large slices are."""
        return self.background.volume or self.mask


@dataclass(frozen=True)
class Picture:
    """A PNG file, its size in CSS pixels, and where it is cut."""

    data: bytes
    width: int
    height: int
    cuts: tuple[str, ...]


@dataclass(frozen=True)
class _Place:
    """A slice on the picture: pixels, and the millimetres of them."""

    direction: str
    coord: float
    left: int
    top: int
    across: Pixels
    up: Pixels

    @property
    def box(self) -> tuple[slice, slice]:
        return (
            slice(self.top, self.top + self.up.size),
            slice(self.left, self.left + self.across.size),
        )


def draw_slices(
    shown: Volume,
    scene: Scene,
    *,
    mode: str = "z",
    cut_coords: Any = None,
    limit: float | None = None,
    height: float | None = None,
    cmap: str = "RdBu_r",
    bar: bool = True,
) -> Picture:
    """Draw slices of a map over its background, with a bar of the colours.

    Parameters
    ----------
    shown : Volume
        What is not 0 is shown, every voxel as it is.
    scene : Scene
    mode : str
        A display mode of `boldglm.plotting.plot_stat_map`.
    cut_coords
        See there.
    limit : float, optional
        Value of the last colour; of the first, its opposite. Default: of the map.
    height : float, optional
        Threshold that is marked at the bar.
    cmap : str
    bar : bool
        Explain the colours.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If `mode` or `cut_coords` are none of those that a display takes.
    """
    slicer = get_slicer(mode)
    # where nothing is to be seen, slices go through the middle of the brain
    guide = shown if any(shown.range) else scene.mask
    coords = slicer.find_cut_coords(guide, 1e-6, cut_coords)
    keys = slicer.panel_keys(coords)
    places, size = _arranged(keys, scene.base)
    black = scene.background.black
    canvas = np.full((size[1], size[0], 3), 0 if black else 255, np.uint8)
    limit = limit or max(map(abs, shown.range)) or 1.0
    for place in places:
        _paint(canvas[place.box], place, shown, scene, (limit, cmap))
    image, pen = _pen(canvas)
    ink = (235, 235, 235) if black else (20, 20, 20)
    at = {one.direction: one.coord for one in places}
    for place in places:
        _annotate(pen, place, ink)
        if hasattr(slicer, "directions"):
            _cross(pen, place, at)
    if bar:
        low, high = shown.range
        # of a map of one sign the half of that sign
        ends = (0.0 if low >= 0 < high else -limit, 0.0 if high <= 0 > low else limit)
        _draw_bar(image, pen, ink, _Bar(*ends, limit, height, cmap))
    cuts = tuple(f"{one.direction} = {one.coord:.0f}" for one in places)
    width, height_shown = (round(SHOWN * side) for side in size)
    return Picture(_png(image), width, height_shown, cuts)


def even_cuts(mask: Volume, n_cuts: int = 7) -> list[float]:
    """Heights, whole millimetres, at which slices show all of a mask.

    Parameters
    ----------
    mask : Volume
        What is not 0 is inside.
    n_cuts : int

    Returns
    -------
    list of float
        Ascending; the middles of as many layers of equal thickness.
    """
    inside = np.argwhere(mask.values != 0)
    if not len(inside):
        return [0.0]
    affine = mask.grid.affine
    heights = inside @ affine[2, :3] + affine[2, 3]
    edges = np.linspace(heights.min(), heights.max(), n_cuts + 1)
    return sorted({float(np.round(one)) for one in 0.5 * (edges[:-1] + edges[1:])})


def _arranged(keys: Any, base: Volume) -> tuple[list[_Place], tuple[int, int]]:
    """Slices in rows, all at one scale, as large as there is room."""
    extents = {one: base.extent(VIEWS[one], filled=True) for one in "xyz"}
    sizes = {one: (e[1] - e[0], e[3] - e[2]) for one, e in extents.items()}
    widest = max(sum(sizes[d][0] for _, d, _ in row) for row in keys)
    most = max(len(row) for row in keys)
    tallest = max(sizes[d][1] for row in keys for _, d, _ in row)
    scale = min((WIDTH - BAR - GAP * (most + 1)) / widest, HIGHEST / tallest)
    places, top, right = [], GAP, 0
    for row in keys:
        left, tall = GAP, 0
        for _, direction, coord in row:
            low_x, high_x, low_y, high_y = extents[direction]
            n_across = max(round((high_x - low_x) * scale), 1)
            n_up = max(round((high_y - low_y) * scale), 1)
            across = low_x + (np.arange(n_across) + 0.5) / scale
            up = high_y - (np.arange(n_up) + 0.5) / scale
            places.append(_Place(direction, float(coord), left, top, across, up))
            left, tall = left + n_across + GAP, max(tall, n_up)
        top, right = top + tall + GAP, max(right, left)
    return places, (right + BAR, max(top, 160))


def _paint(
    canvas: Pixels, place: _Place, shown: Volume, scene: Scene, look: tuple[float, str]
) -> None:
    """Colour the pixels of one slice: first what lies behind, then the map."""
    view = VIEWS[place.direction]
    behind, low, high = scene.mask, 0.0, 1.0
    if scene.background.volume is not None:
        behind = scene.background.volume
        low, high = float(scene.background.low or 0), float(scene.background.high or 1)
    plane = behind.cut(view, place.coord)
    if plane is not None:
        is_anatomy = behind is not scene.mask
        grey = _sampled(plane, place, smooth=is_anatomy)
        there = np.isfinite(grey) if is_anatomy else np.nan_to_num(grey) != 0
        with np.errstate(invalid="ignore"):
            tone = np.clip((grey - low) / ((high - low) or 1.0), 0.0, 1.0) * 255
        if not is_anatomy:
            tone = np.full(grey.shape, SILHOUETTE)
        # 128 greys: with the colours of the map, about what a palette holds
        tones = np.nan_to_num(tone).astype(np.uint8)[:, :, np.newaxis] & 0xFE
        np.copyto(canvas, tones, where=there[:, :, np.newaxis])
    plane = shown.cut(view, place.coord)
    if plane is not None:
        limit, cmap = look
        values = np.nan_to_num(_sampled(plane, place, smooth=False))
        active = values != 0
        canvas[active] = _colours(values[active] / limit, cmap)


def _sampled(plane: Plane, place: _Place, *, smooth: bool) -> npt.NDArray[np.float64]:
    """Values at the pixels of a slice; nan outside of the plane."""
    left, right, bottom, top = plane.extent
    n_up, n_across = plane.values.shape
    x = (place.across - left) / (right - left) * n_across
    y = (place.up - bottom) / (top - bottom) * n_up
    outside = ((y < 0) | (y >= n_up))[:, np.newaxis] | ((x < 0) | (x >= n_across))
    if smooth:
        values = _between(_between(plane.values, y - 0.5, 0), x - 0.5, 1)
    else:
        rows = np.clip(np.floor(y).astype(int), 0, n_up - 1)
        columns = np.clip(np.floor(x).astype(int), 0, n_across - 1)
        values = plane.values[rows[:, np.newaxis], columns].astype(np.float32)
    values[outside] = np.nan
    return values


def _between(values: Pixels, at: npt.NDArray[np.float64], axis: int) -> Pixels:
    """Linear interpolation along an axis."""
    last = values.shape[axis] - 1
    place = np.clip(at, 0, last)
    low = np.minimum(place.astype(int), max(last - 1, 0))
    share = (place - low).astype(np.float32)
    share = share[:, np.newaxis] if axis == 0 else share
    first = np.take(values, low, axis).astype(np.float32)
    second = np.take(values, np.minimum(low + 1, last), axis).astype(np.float32)
    return first + share * (second - first)


@lru_cache(maxsize=4)
def _table(cmap: str) -> npt.NDArray[np.uint8]:
    from boldglm.plotting.cm import colour_map

    colours = colour_map(cmap)(np.linspace(0.0, 1.0, 256))[:, :3]
    return np.rint(255 * colours).astype(np.uint8)


def _colours(shares: Pixels, cmap: str) -> npt.NDArray[np.uint8]:
    """Colours of values from -1 to 1."""
    index = np.clip(np.rint((shares + 1) * 127.5), 0, 255).astype(np.uint8)
    return _table(cmap)[index]


def _pen(canvas: npt.NDArray[np.uint8]) -> "tuple[Image, ImageDraw]":
    from PIL import Image, ImageDraw

    image = Image.fromarray(canvas)
    return image, ImageDraw.Draw(image)


@lru_cache(maxsize=2)
def _font(size: int) -> "FreeTypeFont":
    """The font of our other figures."""
    from pathlib import Path

    import matplotlib as mpl
    from PIL import ImageFont

    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), size)


def _annotate(pen: "ImageDraw", place: _Place, ink: tuple[int, int, int]) -> None:
    """Say where the cut is, and which side is left."""
    font = _font(20)
    foot = place.top + place.up.size
    text = f"{place.direction} = {round(place.coord) + 0:d}"
    pen.text((place.left + 4, foot - 4), text, ink, font, anchor="ld")
    if VIEWS[place.direction].has_sides:
        right = place.left + place.across.size
        pen.text((place.left + 4, place.top + 2), "L", ink, font, anchor="la")
        pen.text((right - 4, place.top + 2), "R", ink, font, anchor="ra")


def _cross(pen: "ImageDraw", place: _Place, at: dict[str, float]) -> None:
    """Show where the other slices are."""
    view = VIEWS[place.direction]
    across, up = at.get("xyz"[view.across]), at.get("xyz"[view.up])
    right, foot = place.left + place.across.size, place.top + place.up.size
    grey = (120, 120, 120)
    if across is not None:
        x = place.left + int(np.searchsorted(place.across, across))
        pen.line([(x, place.top), (x, foot)], grey, 1)
    if up is not None:
        y = place.top + int(np.searchsorted(-place.up, -up))
        pen.line([(place.left, y), (right, y)], grey, 1)


@dataclass(frozen=True)
class _Bar:
    """Values at the ends of a bar, that of the last colour, and the threshold."""

    low: float
    high: float
    limit: float
    height: float | None
    cmap: str

    @property
    def marks(self) -> list[float]:
        """Values that are written beside it, the telling ones first."""
        marks = [self.high, self.low]
        if self.height is not None and 0 < abs(self.height) < self.limit:
            marks += [self.height, -self.height]
        return [one for one in [*marks, 0.0] if self.low <= one <= self.high]


def _draw_bar(
    image: "Image", pen: "ImageDraw", ink: tuple[int, int, int], bar: _Bar
) -> None:
    """Explain the colours, grey where the threshold hides them."""
    from PIL import Image

    left, top, tall, wide = image.width - BAR + 6, 20, image.height - 40, 16
    values = np.linspace(bar.high, bar.low, tall)
    colours = _colours(values / bar.limit, bar.cmap)
    if bar.height is not None:
        colours[np.abs(values) < abs(bar.height)] = 150
    pixels = np.repeat(colours[:, np.newaxis], wide, axis=1)
    image.paste(Image.fromarray(pixels), (left, top))
    written: list[float] = []
    for value in bar.marks:
        y = top + (bar.high - value) / (bar.high - bar.low) * (tall - 1)
        # numbers that would stand on each other: the first ones stay
        if all(abs(y - other) >= 20 for other in written):
            written.append(y)
            pen.line([(left + wide, y), (left + wide + 5, y)], ink, 1)
            text = f"{value:.3g}"
            pen.text((left + wide + 8, y), text, ink, _font(18), anchor="lm")


def _png(image: "Image") -> bytes:
    """A file of half the size: a byte for a pixel, of a palette of its own colours."""
    from PIL.Image import Palette

    file = BytesIO()
    small = image.convert("P", palette=Palette.ADAPTIVE, colors=256)
    small.save(file, "PNG", compress_level=6)
    return file.getvalue()
