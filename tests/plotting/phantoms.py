"""A body with one marker whose place is known, stored in any orientation."""

from itertools import permutations, product

import numpy as np
from matplotlib.colors import ListedColormap
from nibabel.nifti1 import Nifti1Image
from nibabel.orientations import (
    apply_orientation,
    axcodes2ornt,
    inv_ornt_aff,
    io_orientation,
    ornt_transform,
)

MARKER = (-37.0, -25.0, 57.0)
"""x, y, z in mm: in the left hemisphere, behind, above."""

VOXEL = 4.0
SHAPE = (37, 45, 38)
INDEX = (9, 22, 30)
"""The voxel of the marker; the grid is not symmetric about it, nor about x = 0."""

MAGENTA = (1.0, 0.0, 1.0)
ONLY_MAGENTA = ListedColormap([MAGENTA], "magenta")

ORIENTATIONS = [
    "".join(codes)
    for order in permutations(("LR", "PA", "IS"))
    for codes in product(*order)
]
"""All 48."""


def world_axes(shape=SHAPE, voxel=VOXEL, index=INDEX, point=MARKER):
    """An affine along the axes of the world with a voxel at a point."""
    affine = np.diag([voxel] * 3 + [1.0])
    affine[:3, 3] = np.array(point) - voxel * np.array(index)
    return affine


def turned(values, affine, codes):
    """The same image with its axes stored in another order and direction."""
    change = ornt_transform(io_orientation(affine), axcodes2ornt(tuple(codes)))
    stored = np.ascontiguousarray(apply_orientation(values, change))
    stored.flags.writeable = False
    return Nifti1Image(stored, affine @ inv_ornt_aff(change, values.shape))


def oblique_affine(degrees=(17.0, -11.0, 23.0), voxel=VOXEL):
    """A turned grid with the voxel `INDEX` at the marker."""
    turn = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(degrees)):
        one, other = (i for i in range(3) if i != axis)
        about = np.eye(3)
        about[one, one] = about[other, other] = np.cos(angle)
        about[one, other], about[other, one] = -np.sin(angle), np.sin(angle)
        turn = turn @ about
    affine = np.eye(4)
    affine[:3, :3] = voxel * turn
    affine[:3, 3] = np.array(MARKER) - affine[:3, :3] @ np.array(INDEX)
    return affine


def marker_map(orientation="RAS", size=1):
    """0 but for a cube of `size` voxels around the marker."""
    values = np.zeros(SHAPE, dtype=np.float32)
    reach = size // 2
    values[tuple(slice(i - reach, i + reach + 1) for i in INDEX)] = 10.0
    if orientation == "oblique":
        return Nifti1Image(values, oblique_affine())
    return turned(values, world_axes(), orientation)


def body(orientation="RAS"):
    """An egg of about the size of a head, in grey, brighter in front."""
    affine = world_axes()
    grid = np.indices(SHAPE).reshape(3, -1)
    x, y, z = affine[:3, :3] @ grid + affine[:3, 3:]
    inside = (x / 68) ** 2 + ((y + 18) / 88) ** 2 + ((z - 10) / 78) ** 2 <= 1
    values = np.where(inside, 50.0 + 0.2 * y, 0.0).reshape(SHAPE).astype(np.float32)
    return turned(values, affine, "RAS" if orientation == "oblique" else orientation)


def pixels(figure):
    """(row, column, RGB) of a figure as it is drawn, row 0 at the bottom."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[::-1, :, :3].astype(int)


def magenta(picture):
    """Where a picture has the colour of the marker."""
    red, green, blue = np.moveaxis(picture, 2, 0)
    return (red > 200) & (green < 60) & (blue > 200)


def marker_in(panel, picture):
    """Middle of the marker on a panel, in pixels from the lower left, or None."""
    box = panel.ax.get_window_extent()
    rows, columns = np.nonzero(magenta(picture))
    x, y = columns + 0.5, rows + 0.5
    here = (box.x0 <= x) & (x <= box.x1) & (box.y0 <= y) & (y <= box.y1)
    return np.array([x[here].mean(), y[here].mean()]) if here.any() else None


def place_of(panel, point):
    """Millimetres of a point in pixels, on the axes of a panel."""
    return panel.ax.transData.inverted().transform(point)


def middle_of_text(panel, text):
    """Where the one text that says this is drawn, in pixels; None without it."""
    found = [one for one in panel.ax.texts if one.get_text() == text]
    if not found:
        return None
    (one,) = found
    box = one.get_window_extent()
    return np.array([0.5 * (box.x0 + box.x1), 0.5 * (box.y0 + box.y1)])
