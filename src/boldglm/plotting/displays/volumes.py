"""Images as pictures need them: cut or projected, with no more of them interpolated."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.image.files import load_img
from boldglm.image.grid import Grid, corners
from boldglm.image.reading import read_data
from boldglm.image.regrid import check_interpolation
from boldglm.image.reorder import straight_axes, straight_grid
from boldglm.image.sources import grid_of, require_dimensions
from boldglm.plotting.displays.views import Plane, View

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Volume", "open_volume"]

# A cubic spline forgets: 0.27 to this power is below what a float32 can tell
_REACH = 12


@dataclass(frozen=True, eq=False)
class Volume:
    """An image that can be cut and projected along the axes of the world.

    Images along those axes, in whatever order and direction, are shown voxel by
    voxel. Oblique ones are interpolated, at the pixels of a cut only, by the kernels
    of `boldglm.core.resample`.

    Attributes
    ----------
    values : (x, y, z) array
        As stored. Not written to.
    grid : Grid
        Of `values`.
    interpolation : {"continuous", "linear", "nearest"}
        For oblique images.

    Examples
    --------
    >>> from boldglm.plotting.displays.views import VIEWS
    >>> flipped = Grid((2, 1, 1), np.diag([-2.0, 2.0, 2.0, 1.0]))
    >>> volume = Volume(np.array([7.0, 8.0]).reshape(2, 1, 1), flipped)
    >>> volume.cut(VIEWS["z"], 0.0)
    Plane(values=array([[8., 7.]]), extent=(-3.0, 1.0, -1.0, 1.0))
    """

    values: "NDArray[Any]"
    grid: Grid
    interpolation: str = "continuous"

    @cached_property
    def _axes(self) -> "NDArray[np.intp] | None":
        return straight_axes(self.grid)

    @property
    def is_oblique(self) -> bool:
        """Whether the axes of the image lie between those of the world."""
        return self._axes is None

    @cached_property
    def shown_grid(self) -> Grid:
        """The grid that cuts are planes of: along x, y and z, towards their ends."""
        return straight_grid(self.grid)

    @cached_property
    def straight(self) -> "NDArray[Any]":
        """The values on `shown_grid`; a view of them where nothing is oblique."""
        axes = self._axes
        if axes is None:
            from boldglm.image.regrid import regrid

            return regrid(
                self._sampled,
                self.grid,
                self.shown_grid,
                interpolation=self.interpolation,
                fill_value=np.nan,
            )
        flips = self.grid.affine[(0, 1, 2), axes] < 0
        x, y, z = (slice(None, None, -1 if flip else 1) for flip in flips)
        return self.values.transpose(axes)[x, y, z]

    @property
    def _sampled(self) -> "NDArray[Any]":
        """Values of a type that has a nan, for what lies outside."""
        kind = self.values.dtype
        return self.values if kind.kind == "f" else self.values.astype(np.float32)

    @cached_property
    def bounds(self) -> tuple[tuple[float, float], ...]:
        """Lowest and highest edge of the voxels along x, y and z, mm."""
        grid = self.shown_grid
        low = grid.affine[:3, 3] - 0.5 * np.diag(grid.affine)[:3]
        high = low + np.diag(grid.affine)[:3] * grid.shape
        return tuple((float(a), float(b)) for a, b in zip(low, high, strict=True))

    @cached_property
    def range(self) -> tuple[float, float]:
        """Lowest and highest finite value; (0, 0) if there is none."""
        low, high = float(self.values.min()), float(self.values.max())
        if np.isfinite(low) and np.isfinite(high):
            return low, high
        known = self.values[np.isfinite(self.values)]
        return (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)

    @cached_property
    def filled(self) -> tuple[tuple[float, float], ...]:
        """As `bounds`, of the voxels that are neither 0 nor nan; of all if none is."""
        there = self.values != 0
        if self.values.dtype.kind == "f":
            there &= ~np.isnan(self.values)
        if not there.any():
            return self.bounds
        ends = []
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            at = np.flatnonzero(there.any(axis=others))
            ends.append((at[0] - 0.5, at[-1] + 0.5))
        # the box of an oblique image reaches as far as its corners
        world = self.grid.world_from_voxel(list(product(*ends)))
        low, high = world.min(axis=0), world.max(axis=0)
        return tuple(
            (max(float(a), first), min(float(b), last))
            for a, b, (first, last) in zip(low, high, self.bounds, strict=True)
        )

    @cached_property
    def is_mask(self) -> bool:
        """Whether there are no values but two."""
        low, high = self.range
        return bool(((self.values == low) | (self.values == high)).all())

    def extent(
        self, view: View, *, filled: bool = False
    ) -> tuple[float, float, float, float]:
        """Left, right, bottom, top of the image, or of what fills it, in a view, mm."""
        box = self.filled if filled else self.bounds
        return (*box[view.across], *box[view.up])

    def holds(self, view: View, coordinate: float) -> bool:
        """Whether a cut at a coordinate, mm, goes through the image."""
        low, high = self.bounds[view.through]
        return low <= coordinate <= high

    def cut(self, view: View, coordinate: float) -> Plane | None:
        """The plane at a coordinate along the line of sight, mm; None outside.

        Of an image that is not oblique it is the plane of voxels that the
        coordinate falls into (halfway between two, the higher one).
        """
        if not self.holds(view, coordinate):
            return None
        if self._axes is None:
            return Plane(self._interpolated(view, coordinate), self.extent(view))
        affine = self.shown_grid.affine
        step = affine[view.through, view.through]
        place = (coordinate - affine[view.through, 3]) / step
        index = min(int(np.floor(place + 0.5)), self.shown_grid.shape[view.through] - 1)
        # Without the axis of sight the others keep their order: across, then up
        values = np.moveaxis(self.straight, view.through, 0)[index].T
        return Plane(values, self.extent(view))

    def _interpolated(self, view: View, coordinate: float) -> "NDArray[Any]":
        """The pixels of one plane of an oblique image, (n_up, n_across)."""
        from boldglm.core.resample import SPLINE_ORDERS, Resampler

        affine = self.shown_grid.affine
        order = [view.across, view.up, view.through]
        on_plane = affine[:, [*order, 3]]
        on_plane[view.through, 3] = coordinate
        shape = (self.shown_grid.shape[view.across], self.shown_grid.shape[view.up], 1)
        voxel = np.linalg.inv(self.grid.affine) @ on_plane
        block, values = _around(voxel, shape, self._sampled)
        voxel[:3, 3] -= block
        out = np.empty((*shape, 1), dtype=values.dtype, order="F")
        resampler = Resampler(
            values.shape, shape, voxel, SPLINE_ORDERS[self.interpolation]
        )
        resampler(values[..., np.newaxis], out, fill_value=np.nan, clip=True, n_jobs=1)
        return out[:, :, 0, 0].T

    def projection(self, view: View, *, magnitude: bool = True) -> Plane:
        """What is largest in absolute value along the line of sight.

        Parameters
        ----------
        view : View
            Of a side of the brain only the voxels of that side count, those at
            x = 0 among them.
        magnitude : bool
            Show absolute values; otherwise values with their sign (of two that are
            equally large, the positive one).

        Returns
        -------
        Plane
            0 where there is nothing.
        """
        values = self.straight
        if view.side:
            grid = self.shown_grid
            x = grid.affine[0, 3] + grid.affine[0, 0] * np.arange(grid.shape[0])
            reach = 0.25 * grid.affine[0, 0]
            values = values[x <= reach] if view.side < 0 else values[x >= -reach]
        known = _without_gaps(values)
        # The least of the signed integers has no opposite
        kind = np.result_type(known, np.float32)
        highest = known.max(axis=view.through, initial=0).astype(kind)
        lowest = known.min(axis=view.through, initial=0).astype(kind)
        if magnitude:
            largest = np.maximum(highest, -lowest)
        else:
            largest = np.where(highest >= -lowest, highest, lowest)
        return Plane(largest.T, self.extent(view))


def _without_gaps(values: "NDArray[Any]") -> "NDArray[Any]":
    if values.dtype.kind == "b":
        return values.view(np.uint8)
    if values.dtype.kind == "f" and not np.isfinite(values.sum()):
        return np.nan_to_num(values, posinf=np.inf, neginf=-np.inf)
    return values


def _around(
    voxel: "NDArray[np.float64]", shape: tuple[int, int, int], values: "NDArray[Any]"
) -> "tuple[NDArray[np.intp], NDArray[Any]]":
    """First voxel and voxels of the block that the splines of a plane reach."""
    corner = corners(shape, voxel)
    ends = np.array(values.shape)
    first = np.clip(np.floor(corner.min(axis=0)) - _REACH, 0, ends - 1).astype(int)
    last = np.clip(np.ceil(corner.max(axis=0)) + _REACH, 0, ends - 1).astype(int)
    x, y, z = (slice(a, b + 1) for a, b in zip(first, last, strict=True))
    return first, values[x, y, z]


def open_volume(img: Any, name: str, interpolation: str = "continuous") -> Volume:
    """An image of the user, ready to be cut.

    Parameters
    ----------
    img : str, Path, nibabel image or Volume
        3-D, or 4-D with one volume. A Volume is returned as it is.
    name : str
        Of the parameter, for messages.
    interpolation : {"continuous", "linear", "nearest"}
        For oblique images; masks (two values) take the nearest voxel.

    Raises
    ------
    DimensionError
        If there are more volumes than one.
    ImageFileError, FileNotFoundError
        If the file cannot be read, or holds no real numbers.
    TypeError
        If this is no image.

    Examples
    --------
    >>> from nibabel.nifti1 import Nifti1Image
    >>> image = Nifti1Image(np.ones((2, 3, 4), dtype=np.float32), np.eye(4))
    >>> open_volume(image, "stat_map_img").bounds[1]
    (-0.5, 2.5)
    """
    if isinstance(img, Volume):
        return img
    check_interpolation(interpolation)
    opened = load_img(img)
    require_dimensions(opened, 3, f" for {name}")
    values = read_data(opened).reshape(opened.shape[:3], order="A")
    volume = Volume(values, grid_of(opened), interpolation)
    if interpolation != "nearest" and volume.is_oblique and volume.is_mask:
        return Volume(values, volume.grid, "nearest")
    return volume
