"""Draw the brain of the glass brain: outlines and folds, from the MNI152 template.

::

    python tools/build_outlines.py

writes ``src/boldglm/plotting/data/outlines.npz``, the same bytes every time. Nothing is
drawn by hand: a fold is where, along a line of sight, the first tissue is met with more
tissue around it than its surroundings on the picture have.
"""

import argparse
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_filter1d

Array = np.ndarray[Any, np.dtype[Any]]

TARGET = Path(__file__).parents[1] / "src" / "boldglm" / "plotting" / "data"

SURFACE = 0.6
"""Grey and white matter together, above which tissue begins."""

AROUND, NEAR, WIDE = 3.0, 1.3, 6.0
"""Reach of what is around a point in depth, of the point itself and of its surroundings
on the picture, mm (SD)."""

FOLD = 0.014
"""How much more tissue makes a fold."""

SHORTEST, SMALLEST = 16.0, 40.0
"""Extent of folds that are drawn, mm, and area of holes in them, mm²."""

OUTLINE, ROUND = 1.5, 1.2
"""Smoothness along the outline and along the borders of folds, mm (SD)."""

CLOSE = 0.08
"""How far a line may pass by its points that are left out, mm."""

# Line of sight: axis of the world, whether from its upper end, whether of one half
SIGHTS = {"x": (0, True, True), "y": (1, False, False), "z": (2, True, False)}


def main() -> int:
    """Compute and write; 0 when done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=TARGET)
    folder = parser.parse_args().folder
    path = folder / "outlines.npz"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed(outlines()))
    sys.stdout.write(f"{path}: {path.stat().st_size} bytes\n")
    return 0


def outlines() -> dict[str, Array]:
    """Rings of points by view.

    Returns
    -------
    dict
        ``<view>_points`` (n, 2) int16, tenths of a millimetre; ``<view>_starts``, the
        first point of each ring; ``<view>_kinds``: 0 the outline of the brain, 1 a
        fold, 2 a hole in the fold before it.
    """
    from boldglm.datasets import load_mni152_gm_template, load_mni152_wm_template

    grey = load_mni152_gm_template(1)
    tissue = grey.get_fdata(dtype=np.float32)
    tissue = tissue + load_mni152_wm_template(1).get_fdata(dtype=np.float32)
    affine = grey.affine
    arrays: dict[str, Array] = {}
    for view, (axis, from_above, one_half) in SIGHTS.items():
        seen = tissue[tissue.shape[0] // 2 :] if one_half else tissue
        ahead = np.moveaxis(seen, axis, 0)
        reached, inside = look(ahead[::-1] if from_above else ahead)
        origin = np.delete(affine[:3, 3], axis)
        rings = [(ring + origin, 0) for ring in silhouette(inside)]
        rings += [(ring + origin, kind) for ring, kind in folds(reached, inside)]
        points = [np.rint(10 * ring).astype(np.int16) for ring, _ in rings]
        arrays[f"{view}_points"] = np.concatenate(points)
        arrays[f"{view}_starts"] = np.cumsum([0, *map(len, points)])[:-1].astype("<i4")
        arrays[f"{view}_kinds"] = np.array([kind for _, kind in rings], np.int8)
    return arrays


def look(tissue: Array) -> tuple[Array, Array]:
    """Tissue around the first surface along axis 0, and where there is any.

    Parameters
    ----------
    tissue : (n, across, up) float, 1 mm
    """
    around = gaussian_filter(tissue, AROUND)
    surface = gaussian_filter(tissue, 0.7)
    hit = surface > SURFACE
    inside = hit.any(axis=0)
    at = np.maximum(hit.argmax(axis=0), 1)[np.newaxis]
    before, behind = (np.take_along_axis(surface, at - k, 0)[0] for k in (1, 0))
    # where between two voxels the surface lies
    rise = np.where(behind > before, behind - before, 1)
    part = np.clip((SURFACE - before) / rise, 0, 1)
    low, high = (np.take_along_axis(around, at - k, 0)[0] for k in (1, 0))
    return np.where(inside, low + part * (high - low), 0), inside


def within(values: Array, inside: Array, reach: float) -> Array:
    """Values smoothed over the inside alone."""
    weight = np.maximum(gaussian_filter(inside.astype(float), reach), 1e-3)
    return gaussian_filter(np.where(inside, values, 0.0), reach) / weight


def silhouette(inside: Array) -> list[Array]:
    """The outline of the brain, in pixels."""
    from contourpy import contour_generator

    filled = gaussian_filter(inside.astype(float), 1.5)
    lines = contour_generator(z=filled.T).lines(0.5)
    return [rounded(line, OUTLINE) for line in lines]


def folds(reached: Array, inside: Array) -> list[tuple[Array, int]]:
    """Rings around folds, in pixels, and their kinds: each fold, then its holes."""
    from contourpy import FillType, contour_generator

    near = within(reached, inside, NEAR)
    excess = np.where(inside, near - within(near, inside, WIDE), np.nan)
    generator = contour_generator(
        z=np.ma.masked_invalid(excess.T), fill_type=FillType.OuterOffset
    )
    rings: list[tuple[Array, int]] = []
    for points, offsets in zip(*generator.filled(FOLD, np.inf), strict=True):
        outer, *holes = np.split(points, offsets[1:-1])
        if np.hypot(*np.ptp(outer, axis=0)) >= SHORTEST:
            rings.append((rounded(outer, ROUND), 1))
            large = [hole for hole in holes if area(hole) >= SMALLEST]
            rings += [(rounded(hole, ROUND), 2) for hole in large]
    return rings


def area(ring: Array) -> float:
    """What a closed line is around, by the formula of Gauss."""
    x, y = ring.T
    return 0.5 * abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1]))


def rounded(ring: Array, reach: float) -> Array:
    """A closed line without its corners, of as few points as it takes."""
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))])
    n = max(int(2 * at[-1]), 8)
    even = np.linspace(0, at[-1], n, endpoint=False)
    points = np.stack([np.interp(even, at, along) for along in ring.T], axis=1)
    points = gaussian_filter1d(points, reach * n / at[-1], axis=0, mode="wrap")
    return few_points(np.concatenate([points, points[:1]]))


def few_points(ring: Array) -> Array:
    """The points of a closed line that it cannot do without (Douglas and Peucker)."""
    far = int(np.hypot(*(ring - ring[0]).T).argmax())
    kept = {0, far, len(ring) - 1}
    parts = [(0, far), (far, len(ring) - 1)]
    while parts:
        first, last = parts.pop()
        if last - first < 2:
            continue
        (across, up), (x, y) = (
            ring[last] - ring[first],
            (ring[first + 1 : last] - ring[first]).T,
        )
        off = np.abs(across * y - up * x) / np.hypot(across, up)
        if off.max() > CLOSE:
            middle = first + 1 + int(off.argmax())
            kept.add(middle)
            parts += [(first, middle), (middle, last)]
    return ring[sorted(kept)]


def packed(arrays: dict[str, Array]) -> bytes:
    """An .npz without the time in it."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            member = BytesIO()
            np.save(member, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
