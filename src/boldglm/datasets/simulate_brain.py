"""A brain-shaped phantom and the places in it that respond to a task."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from boldglm._base.arguments import as_list, as_numbers, checked_number
from boldglm.datasets.simulate_checks import (
    listed_of,
    of_kind,
    plain_number,
    real_number,
    settle,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

__all__ = [
    "Activation",
    "Brain",
    "between_map",
    "bump_map",
    "distance_from",
    "effect_maps",
    "make_brain",
    "null_mask",
]

#: Corners of the field of view, mm, about that of the MNI templates.
FIELD_OF_VIEW = ((-78.0, 78.0), (-114.0, 78.0), (-74.0, 82.0))

#: (centre, semi-axes) of ellipsoids below the cerebrum, mm.
LOWER_PARTS = (
    ((-44.0, -10.0, -16.0), (23.0, 42.0, 24.0)),  # left temporal lobe
    ((44.0, -10.0, -16.0), (23.0, 42.0, 24.0)),
    ((0.0, -62.0, -36.0), (48.0, 32.0, 24.0)),  # cerebellum
    ((0.0, -30.0, -42.0), (12.0, 14.0, 28.0)),  # brain stem
)
#: The lateral ventricles: body and occipital horn of each side.
VENTRICLES = (
    ((-11.0, -8.0, 18.0), (6.5, 28.0, 9.0)),
    ((11.0, -8.0, 18.0), (6.5, 28.0, 9.0)),
    ((-24.0, -44.0, 10.0), (7.0, 20.0, 9.0)),
    ((24.0, -44.0, 10.0), (7.0, 20.0, 9.0)),
)
#: Part of its peak below which an effect is set to zero
NEGLIGIBLE = 1e-6
GREY, WHITE, FLUID, FISSURE = 1.0, 0.8, 1.35, 1.15


@dataclass(frozen=True)
class Activation:
    """A place that responds to the task: a Gaussian bump in the brain.

    Attributes
    ----------
    label : str
        What it is called in tables.
    centre : (3,) tuple of float
        World coordinates of the peak, mm.
    effects : mapping of str to float
        Response at the peak to each condition, in percent of the local mean
        signal, for a regressor that is 1 during a long block. Conditions that
        are not named have no effect.
    fwhm : float
        Full width at half maximum of the bump, mm.
    between : float
        Standard deviation between subjects of the response at the peak, percent.
        One run (`simulate_run`) has the responses as they are given.

    Raises
    ------
    ValueError
        If the centre is no point, `fwhm` not above 0, or `between` negative.
    """

    label: str
    centre: tuple[float, float, float]
    effects: Mapping[str, float] = field(hash=False)
    fwhm: float = 12.0
    between: float = 0.0

    def __post_init__(self) -> None:
        centre = tuple(
            float(checked_number(x, "centre", "three coordinates, mm"))
            for x in as_list(self.centre, "centre", "three coordinates, mm")
        )
        if len(centre) != 3 or not np.isfinite(centre).all():
            msg = f"centre is {self.centre}; expected three coordinates, mm"
            raise ValueError(msg)
        percents = self.effects
        if not isinstance(percents, Mapping):
            msg = f"effects is {percents!r}; expected a percentage for each condition"
            raise TypeError(msg)
        for name, x in percents.items():
            expected = "a percentage for each condition"
            checked_number(x, f"effects[{name!r}]", expected, low=-1e6, high=1e6)
        settle(
            self,
            centre=centre,
            effects={name: plain_number(x) for name, x in percents.items()},
            fwhm=real_number("fwhm", self.fwhm, positive=True),
            between=real_number("between", self.between),
        )


@dataclass(frozen=True, eq=False, repr=False)
class Brain:
    """What lies in the scanner: where the brain is, and how bright.

    Attributes
    ----------
    affine : (4, 4) float64
        Voxel to world, mm, RAS+. Places are found with any; noise is simulated in
        voxels that are cubes, turned or not.
    mask : (x, y, z) bool
        The brain.
    baseline : (x, y, z) float32
        Mean signal; its mean over the mask is 1000.
    """

    affine: "Array"
    mask: "NDArray[np.bool_]"
    baseline: "NDArray[np.float32]"

    def __post_init__(self) -> None:
        affine = as_numbers(self.affine, "affine")
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            msg = f"affine has shape {affine.shape}; expected a finite 4 by 4 matrix"
            raise ValueError(msg)
        mask = as_numbers(self.mask, "mask")
        if mask.ndim != 3 or mask.dtype != bool:
            msg = (
                f"mask is {mask.dtype} of shape {mask.shape}; expected bool, (x, y, z)"
            )
            raise ValueError(msg)
        baseline = as_numbers(self.baseline, "baseline")
        if baseline.shape != mask.shape:
            msg = f"baseline has shape {baseline.shape}, the mask {mask.shape}"
            raise ValueError(msg)

    def __repr__(self) -> str:
        """What it is like, without its numbers."""
        return f"Brain(shape={self.shape}, {int(self.mask.sum())} voxels in the mask)"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along each axis."""
        x, y, z = self.mask.shape
        return x, y, z

    @property
    def voxel_size(self) -> float:
        """Edge of a voxel, mm; the voxels must be cubes.

        Raises
        ------
        ValueError
            If they are not.
        """
        edges = self.affine[:3, :3]
        size = float(np.linalg.norm(edges[:, 0]))
        if not np.allclose(edges.T @ edges, size**2 * np.eye(3), atol=1e-3 * size**2):
            sizes = " x ".join(f"{edge:.4g}" for edge in np.linalg.norm(edges, axis=0))
            msg = (
                f"The voxels of the brain have edges of {sizes} mm; expected cubes "
                "(equal edges, at right angles), because noise is as smooth along each "
                "axis: resample its mask and baseline."
            )
            raise ValueError(msg)
        return size


def make_brain(voxel_size: float = 4.0) -> Brain:
    """Build a brain-shaped phantom out of ellipsoids.

    Two hemispheres with a folded cortex, temporal lobes, cerebellum, brain stem
    and lateral ventricles, about as large as the MNI brain and placed like it.
    Nothing in it is random.

    Parameters
    ----------
    voxel_size : float
        Edge of a voxel, mm, from 1 to 12.

    Returns
    -------
    Brain

    Raises
    ------
    ValueError
        If `voxel_size` is outside the range in which the parts can be told
        apart.

    Examples
    --------
    >>> brain = make_brain(voxel_size=8.0)
    >>> brain.shape
    (20, 25, 20)
    >>> float(brain.baseline[brain.mask].mean())
    1000.0
    """
    from scipy.ndimage import gaussian_filter

    expected = "a length from 1 to 12 mm"
    voxel_size = float(checked_number(voxel_size, "voxel_size", expected))
    if not 1 <= voxel_size <= 12:
        msg = f"voxel_size is {voxel_size} mm; expected {expected}"
        raise ValueError(msg)
    affine, axes = _grid(float(voxel_size))
    radius = np.minimum(_cerebrum(*axes), _radius(axes, LOWER_PARTS))
    # The border of the white matter is wavy, which looks like gyri and sulci.
    x, y, z = axes
    folds = np.sin(x / 4.3 + 0.9) * np.sin(y / 4.9) + np.sin(z / 4.6) * np.cos(y / 6.1)
    medial = (np.hypot((y + 18.0) / 66.0, (z - 2.0) / 40.0) > 1) & (z > -10.0)
    cortex = (radius + 0.09 * folds > 0.83) | (medial & (np.abs(x) < 9.0))
    tissue = np.where(cortex, GREY, WHITE)
    tissue[_radius(axes, VENTRICLES) < 1] = FLUID
    tissue[medial & (np.abs(x) < 3.0)] = FISSURE
    # Coils at the surface see the cortex better than the depth.
    signal = np.where(radius < 1, tissue * (0.85 + 0.15 * radius**2), 0.02)
    signal = gaussian_filter(signal, 0.5 * 4.0 / voxel_size, mode="nearest")
    inside = gaussian_filter(np.float64(radius < 1), 0.5 * 4.0 / voxel_size) > 0.5
    baseline = (1000.0 / signal[inside].mean() * signal).astype(np.float32)
    return Brain(affine, inside, baseline)


def effect_maps(
    brain: Brain, activations: Iterable[Activation]
) -> "dict[str, NDArray[np.float32]]":
    """Map of the response to each condition, in percent of the mean signal.

    Parameters
    ----------
    brain : Brain
    activations : iterable of Activation
        Where they overlap they add up. Below a millionth of its peak each is cut
        to zero.

    Returns
    -------
    dict of (x, y, z) float32
        One map per condition, in the order in which conditions are first
        named; zero outside the brain.

    Examples
    --------
    >>> brain = make_brain(voxel_size=8.0)
    >>> spot = Activation("spot", tuple(brain.affine[:3, 3] + 80.0), {"faces": 2.0})
    >>> maps = effect_maps(brain, [spot])
    >>> {name: float(effect.max()) for name, effect in maps.items()}
    {'faces': 2.0}
    """
    of_kind("brain", brain, Brain)
    maps: dict[str, NDArray[np.float32]] = {}
    for activation in listed_of("activations", activations, Activation):
        bump = bump_map(brain, activation)
        for condition, percent in activation.effects.items():
            scaled = (percent * bump).astype(np.float32)
            maps[condition] = maps[condition] + scaled if condition in maps else scaled
    return maps


def bump_map(brain: Brain, activation: Activation) -> "Array":
    """Shape of an activation: 1 at its peak, (x, y, z), zero outside the brain."""
    distance = distance_from(brain, activation.centre)
    bump = np.exp2(-((2 * distance / activation.fwhm) ** 2)) * brain.mask
    bump[bump < NEGLIGIBLE] = 0.0
    return np.asarray(bump)


def between_map(brain: Brain, activations: Iterable[Activation]) -> "Array":
    """Standard deviation between subjects, (x, y, z), each place by itself."""
    variance = np.zeros(brain.shape)
    for activation in activations:
        variance += (activation.between * bump_map(brain, activation)) ** 2
    return np.asarray(np.sqrt(variance))


def null_mask(
    brain: Brain, activations: Iterable[Activation], *, margin: float = 2.0
) -> "NDArray[np.bool_]":
    """Brain voxels where nothing happens.

    Parameters
    ----------
    brain : Brain
    activations : iterable of Activation
    margin : float
        A voxel is null if it is farther than `margin` times its FWHM from the
        centre of every activation: at the default of 2 the effect has fallen
        to 2 per 100,000 of the peak.

    Returns
    -------
    (x, y, z) bool
    """
    margin = real_number("margin", margin)
    null = of_kind("brain", brain, Brain).mask.copy()
    for activation in listed_of("activations", activations, Activation):
        null &= distance_from(brain, activation.centre) > margin * activation.fwhm
    return null


def smooth_field(
    shape: tuple[int, int, int], sigma: float, rng: np.random.Generator
) -> "Array":
    """Gaussian random field of mean 0 and SD 1, smooth over `sigma` voxels."""
    from scipy.ndimage import gaussian_filter

    values = gaussian_filter(rng.standard_normal(shape), sigma, mode="wrap")
    values -= values.mean()
    values /= values.std()
    return np.asarray(values)


def _grid(voxel_size: float) -> "tuple[Array, list[Array]]":
    """Affine, and world coordinates along each axis, ready to broadcast."""
    affine = np.diag([voxel_size, voxel_size, voxel_size, 1.0])
    axes = []
    for axis, (low, high) in enumerate(FIELD_OF_VIEW):
        count = int((high - low) / voxel_size + 1e-6) + 1
        # Centred, so that left and right are alike whatever the voxel size
        affine[axis, 3] = (low + high - (count - 1) * voxel_size) / 2
        axes.append(affine[axis, 3] + voxel_size * np.arange(count))
    return affine, list(np.meshgrid(*axes, indexing="ij", sparse=True))


def _cerebrum(x: "Array", y: "Array", z: "Array") -> "Array":
    """1 on the surface of the two hemispheres, less inside."""
    front = (y + 18.0) / 86.0
    height = z - 10.0
    # Narrower in front, flatter below, parted in the middle
    radius = (
        np.abs(x / (67.0 * (1.0 - 0.12 * front))) ** 2.3
        + np.abs(front) ** 2.3
        + np.abs(height / np.where(height > 0, 62.0, 40.0)) ** 2.3
    ) ** (1 / 2.3)
    return np.asarray(radius + 0.13 * np.exp(-((x / 6.0) ** 2)))


def _radius(
    axes: "list[Array]", parts: Iterable[tuple[Sequence[float], Sequence[float]]]
) -> "Array":
    """Distance to the nearest centre, in units of that ellipsoid's semi-axes."""
    squares = []
    for centre, size in parts:
        x, y, z = (
            ((axis - at) / semi) ** 2
            for axis, at, semi in zip(axes, centre, size, strict=True)
        )
        squares.append(x + y + z)
    nearest: Array = np.sqrt(np.min(squares, axis=0))
    return nearest


def distance_from(brain: Brain, centre: Iterable[float]) -> "Array":
    """Distance of every voxel from a point in the world, mm, (x, y, z)."""
    at = np.linalg.inv(brain.affine) @ [*centre, 1.0]
    away = np.meshgrid(
        *(np.arange(n) - c for n, c in zip(brain.shape, at[:3], strict=True)),
        indexing="ij",
        sparse=True,
    )
    edges = brain.affine[:3, :3]
    unit = np.linalg.norm(edges[:, 0])
    # Axes that do not take part are left out: most often two of the three
    x, y, z = (
        sum(part * along for part, along in zip(row, away, strict=True) if part)
        for row in edges / unit
    )
    distance: Array = unit * np.sqrt(x**2 + y**2 + z**2)
    return distance
