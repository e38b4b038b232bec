"""Where voxels lie: a grid, and a mask that says which of its voxels count."""

from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

import numpy as np

from boldglm._base.errors import GridError, MaskError, ShapeError
from boldglm.core.graph import volume_graph

__all__ = ["SAME_GRID_TOLERANCE", "Grid", "VolumeMask"]

LARGEST = float(np.finfo(np.float32).max)
SAME_GRID_TOLERANCE = 1e-3
"""Two grids are one when no voxel moves by more than this part of a voxel."""


@dataclass(frozen=True, eq=False)
class Grid:
    """A box of voxels and its place in the world.

    ::

        world = affine[:3, :3] @ voxel + affine[:3, 3]

    Parameters
    ----------
    shape : (3,) int
        Number of voxels along each axis of the array.
    affine : (4, 4) float
        Voxel indices to millimetres (RAS+). Copied, and read-only after.

    Raises
    ------
    GridError
        If the shape does not have three positive numbers, or the affine is not
        a finite 4 by 4 matrix.

    Notes
    -----
    Grids compare equal when their shapes are the same and no corner of the box
    moves by more than `SAME_GRID_TOLERANCE` of the smallest voxel side. Affines
    that went through float32 headers or quaternions stay equal; a difference
    that interpolation could show does not.

    Examples
    --------
    >>> grid = Grid((4, 5, 6), np.diag([2.0, 2.0, 3.0, 1.0]))
    >>> grid.voxel_sizes
    array([2., 2., 3.])
    >>> grid == Grid((4, 5, 6), grid.affine + 1e-7)
    True
    """

    shape: tuple[int, int, int]
    affine: np.ndarray

    def __post_init__(self) -> None:
        shape = tuple(int(n) for n in self.shape)
        if len(shape) != 3 or min(shape) < 1:
            msg = f"A grid needs three positive sizes; got shape {shape}."
            raise GridError(msg)
        affine = np.array(self.affine, dtype=np.float64)
        # files hold single precision; the squares of more would not be finite
        if affine.shape != (4, 4) or not (np.abs(affine) <= LARGEST).all():
            msg = f"An affine is a finite 4 by 4 matrix; got\n{self.affine!r}"
            raise GridError(msg)
        affine.flags.writeable = False
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "affine", affine)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Grid):
            return NotImplemented
        if self.shape != other.shape:
            return False
        moved = corners(self.shape, self.affine) - corners(other.shape, other.affine)
        sizes = np.concatenate([self.voxel_sizes, other.voxel_sizes])
        side = sizes[sizes > 0].min(initial=np.inf)
        if not np.isfinite(side):
            side = 1.0
        return bool(
            np.linalg.norm(moved, axis=1).max() <= SAME_GRID_TOLERANCE * float(side)
        )

    def __hash__(self) -> int:
        # equality has a tolerance, so only the shape may take part
        return hash(self.shape)

    @property
    def n_voxels(self) -> int:
        """Number of voxels in the box."""
        return int(np.prod(self.shape))

    @property
    def voxel_sizes(self) -> np.ndarray:
        """Sides of a voxel in mm, (3,) float64."""
        sizes: np.ndarray = np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0))
        return sizes

    @property
    def inverse(self) -> np.ndarray:
        """World to voxel, (4, 4) float64.

        Raises
        ------
        GridError
            If the affine is singular: the header gives a voxel no volume.
        """
        try:
            return np.linalg.inv(self.affine)
        except np.linalg.LinAlgError as error:
            msg = (
                f"This affine cannot be inverted, a voxel has no volume:\n{self.affine}"
                "\nCheck the header of the image (sform, qform, pixdim)."
            )
            raise GridError(msg) from error

    def world_from_voxel(self, voxels: Any) -> np.ndarray:
        """Millimetres of voxel indices, (..., 3) to (..., 3).

        Examples
        --------
        >>> Grid((4, 4, 4), np.diag([2.0, 2.0, 2.0, 1.0])).world_from_voxel([1, 2, 3])
        array([2., 4., 6.])
        """
        return apply_affine(self.affine, voxels)

    def voxel_from_world(self, points: Any) -> np.ndarray:
        """Voxel coordinates (not rounded) of points in mm, (..., 3) to (..., 3).

        Examples
        --------
        >>> Grid((4, 4, 4), np.diag([2.0, 2.0, 2.0, 1.0])).voxel_from_world([2, 4, 6])
        array([1., 2., 3.])
        """
        return apply_affine(self.inverse, points)

    def voxel_from(self, other: "Grid") -> np.ndarray:
        """The matrix from the voxels of `other` to voxels here, (4, 4) float64.

        Exactly the identity for equal affines. Noise of float arithmetic is
        rounded away (1e-9 voxel), so that a flip by 180° lands on the voxels.
        """
        if np.array_equal(self.affine, other.affine):
            return np.eye(4)
        there: np.ndarray = np.round(self.inverse @ other.affine, 9)
        return there

    def crop(self, slices: tuple[slice, ...]) -> "Grid":
        """The part of the grid in `slices` (three, with starts and stops).

        Examples
        --------
        >>> part = Grid((4, 4, 4), np.eye(4)).crop((slice(1, 3),) * 3)
        >>> part.shape, part.affine[:3, 3]
        ((2, 2, 2), array([1., 1., 1.]))
        """
        starts = [s.start for s in slices[:3]]
        x, y, z = (s.stop - s.start for s in slices[:3])
        affine = self.affine.copy()
        affine[:3, 3] = self.world_from_voxel(starts)
        return Grid((x, y, z), affine)


@dataclass(frozen=True, eq=False)
class VolumeMask:
    """The voxels of a grid that take part, in C order of the boolean array.

    Parameters
    ----------
    grid : Grid
    inside : (x, y, z) bool
        Copied, and read-only after.

    Raises
    ------
    MaskError
        If `inside` is not a boolean array of the grid's shape.

    Examples
    --------
    >>> inside = np.zeros((2, 2, 2), dtype=bool)
    >>> inside[0, 1] = True
    >>> mask = VolumeMask(Grid((2, 2, 2), np.eye(4)), inside)
    >>> mask.gather(np.arange(8.0).reshape(2, 2, 2))
    array([[2., 3.]], dtype=float32)
    >>> mask.scatter(np.array([5.0, 7.0]))[0]
    array([[0., 0.],
           [5., 7.]])
    """

    grid: Grid
    inside: np.ndarray
    _file_order: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        inside = np.array(self.inside, order="C")
        if inside.dtype != bool or inside.shape != self.grid.shape:
            msg = (
                f"A mask on this grid is a boolean array of shape {self.grid.shape}; "
                f"got {inside.dtype} of shape {inside.shape}."
            )
            raise MaskError(msg)
        inside.flags.writeable = False
        object.__setattr__(self, "inside", inside)
        # where the voxels lie in a volume stored x fastest, as files do
        x, y, z = np.nonzero(inside)
        nx, ny, _ = inside.shape
        object.__setattr__(self, "_file_order", x + nx * (y + ny * z))

    @property
    def n_voxels(self) -> int:
        """Number of voxels inside."""
        return int(self._file_order.size)

    def gather(self, data: np.ndarray, dtype: Any = np.float32) -> np.ndarray:
        """The voxels inside, one scan per row.

        Parameters
        ----------
        data : (x, y, z) or (x, y, z, scan)
            Fastest when stored x first (Fortran order), as files are. Not
            modified.
        dtype : dtype
            Of the result.

        Returns
        -------
        (scan, voxel), C-contiguous
            One row for a 3-D array.

        Raises
        ------
        ShapeError
            If the array does not lie on the grid.
        """
        if data.ndim not in (3, 4) or data.shape[:3] != self.grid.shape:
            msg = (
                f"The data have shape {data.shape}, "
                f"the mask {self.grid.shape}; the first three numbers must agree."
            )
            raise ShapeError(msg)
        scans = data[..., np.newaxis] if data.ndim == 3 else data
        rows = np.empty((scans.shape[3], self.n_voxels), dtype=dtype)
        if not data.flags.f_contiguous:
            rows[...] = scans[self.inside].T
            return rows
        for row, volume in zip(rows, np.moveaxis(scans, 3, 0), strict=True):
            row[...] = volume.ravel(order="F")[self._file_order]
        return rows

    def scatter(
        self, values: np.ndarray, fill: float = 0.0, order: Literal["F", "C"] = "F"
    ) -> np.ndarray:
        """Put voxels back where `gather` took them from.

        Parameters
        ----------
        values : (voxel,) or (scan, voxel)
        fill : float
            Value outside the mask.
        order : {"F", "C"}
            Memory layout of the result.

        Returns
        -------
        (x, y, z) or (x, y, z, scan), dtype of `values`

        Raises
        ------
        ShapeError
            If there are more or fewer values than voxels inside.
        """
        if values.ndim not in (1, 2) or values.shape[-1] != self.n_voxels:
            msg = (
                f"The values have shape {values.shape}; expected "
                f"({self.n_voxels},) or (n_scans, {self.n_voxels})."
            )
            raise ShapeError(msg)
        shape = (*self.grid.shape, *values.shape[:-1])
        volume = np.full(shape, fill, dtype=values.dtype, order=order)
        if values.ndim == 1 or order == "C":
            volume[self.inside] = values.T
            return volume
        for scan, row in enumerate(values):
            volume[..., scan][self.inside] = row
        return volume

    def cropped(self, margin: Any = 0) -> "VolumeMask":
        """The same voxels in the smallest box that holds them.

        Parameters
        ----------
        margin : int or (3,) int
            Voxels to leave around, as far as the grid has them.

        Examples
        --------
        >>> inside = np.zeros((9, 9, 9), dtype=bool)
        >>> inside[4, 4, 4] = True
        >>> VolumeMask(Grid((9, 9, 9), np.eye(4)), inside).cropped(1).grid.shape
        (3, 3, 3)
        """
        if self.n_voxels == 0:
            return self
        found = np.nonzero(self.inside)
        ends = zip(found, np.broadcast_to(margin, 3), self.grid.shape, strict=True)
        box = tuple(
            slice(max(int(at.min()) - int(by), 0), min(int(at.max()) + int(by) + 1, n))
            for at, by, n in ends
        )
        return VolumeMask(self.grid.crop(box), self.inside[box])

    def adjacency(self, connectivity: int = 6) -> tuple[np.ndarray, np.ndarray]:
        """Which voxels inside touch, as compressed rows.

        The neighbours of voxel v (its column in `gather`) are
        ``neighbours[starts[v]:starts[v + 1]]``, in increasing order.

        Parameters
        ----------
        connectivity : {6, 18, 26}
            Neighbours share a face; or a face or edge; or also a corner.

        Returns
        -------
        starts : (voxel + 1,) int32
        neighbours : (pair,) int32

        Raises
        ------
        ValueError
            For another connectivity.

        Examples
        --------
        >>> line = VolumeMask(Grid((1, 1, 3), np.eye(4)), np.ones((1, 1, 3), bool))
        >>> starts, neighbours = line.adjacency()
        >>> neighbours[starts[1]:starts[2]]
        array([0, 2], dtype=int32)
        """
        graph = volume_graph(self.inside, connectivity)
        return graph.starts, graph.neighbours


def apply_affine(affine: np.ndarray, points: Any) -> np.ndarray:
    """``affine[:3, :3] @ point + affine[:3, 3]`` for points (..., 3)."""
    linear, offset = affine[:3, :3], affine[:3, 3]
    moved: np.ndarray = np.asarray(points, dtype=np.float64) @ linear.T + offset
    return moved


def corners(shape: tuple[int, ...], affine: np.ndarray) -> np.ndarray:
    """World coordinates of the centres of the eight corner voxels, (8, 3).

    Examples
    --------
    >>> corners((2, 3, 4), np.eye(4)).max(axis=0)
    array([1., 2., 3.])
    """
    ends = [(0, n - 1) for n in shape[:3]]
    return apply_affine(affine, list(product(*ends)))
