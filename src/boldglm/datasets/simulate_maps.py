"""Maps of a group of subjects, as a second level gets them."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from boldglm._base.arguments import checked_number
from boldglm.datasets.simulate_arma import smooth_unit
from boldglm.datasets.simulate_brain import (
    Activation,
    Brain,
    between_map,
    bump_map,
    effect_maps,
    make_brain,
    null_mask,
    smooth_field,
)
from boldglm.datasets.simulate_checks import (
    checked_range,
    checked_share,
    listed_of,
    of_kind,
    real_number,
    settle,
    whole_number,
)
from boldglm.datasets.simulate_noise import FWHM_PER_SIGMA, stream
from boldglm.datasets.simulate_subjects import design_of, draw_subjects, labelled
from boldglm.datasets.simulated_folder import new_volume

if TYPE_CHECKING:
    import pandas as pd
    from nibabel import Nifti1Image
    from numpy.typing import NDArray

__all__ = [
    "GroupSettings",
    "GroupTruth",
    "SimulatedGroup",
    "simulate_group",
]

#: Share of the brain that a subject with missing voxels lacks: from, to
CUT = (0.02, 0.08)
#: Smoothness of maps of the standard error, mm
MAP_FWHM = 40.0


@dataclass(frozen=True)
class GroupSettings:
    """How large a simulated group is, and how its maps scatter.

    Attributes
    ----------
    n_subjects : int
    between : float
        Standard deviation between subjects all over the brain, percent. What an
        `Activation` adds to it is its own `between`.
    within : tuple of (low, high)
        Range over the subjects of the standard error of a subject's map, percent:
        some have sat still, some have not. In each map it varies slowly, by a
        quarter up or down.
    fwhm : float
        Smoothness of both, mm.
    missing : float
        Share of the subjects whose field of view does not hold all of the brain,
        from 0 to 1. Each lacks another 2 to 8 % of it, beyond some plane.
    missing_value : float
        What maps hold there: NaN or 0.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> GroupSettings(n_subjects=12, missing=0.25).within
    (0.2, 0.5)
    """

    n_subjects: int = 20
    between: float = 0.2
    within: tuple[float, float] = (0.2, 0.5)
    fwhm: float = 8.0
    missing: float = 0.0
    missing_value: float = np.nan

    def __post_init__(self) -> None:
        low, high = checked_range("within", self.within)
        settle(
            self,
            n_subjects=whole_number("n_subjects", self.n_subjects),
            between=real_number("between", self.between),
            within=(low, high),
            fwhm=real_number("fwhm", self.fwhm),
            missing=checked_share("missing", self.missing, "the subjects"),
            missing_value=checked_number(
                self.missing_value, "missing_value", "NaN or 0"
            ),
        )
        if not 0 <= low <= high < np.inf:
            msg = f"within ranges from {low} to {high}; expected 0 <= low <= high"
            raise ValueError(msg)
        if not (np.isnan(self.missing_value) or self.missing_value == 0):
            msg = f"missing_value is {self.missing_value}; expected NaN or 0"
            raise ValueError(msg)


@dataclass(frozen=True, eq=False, repr=False)
class GroupTruth:
    """What a perfect analysis of a group would find.

    Attributes
    ----------
    activations : tuple of Activation
    design : pandas.DataFrame
        (n_subjects, n_columns) the design the maps were made with: an intercept,
        and covariates with their means taken off.
    effects : mapping of str to (x, y, z) float32
        Effect of each column of `design`, percent (per unit of the covariate).
    between : (x, y, z) float32
        Standard deviation between subjects, percent.
    null : (x, y, z) bool
        Brain voxels without any effect.
    missing : (n_subjects, x, y, z) bool
        Brain voxels that a subject lacks.
    """

    activations: tuple[Activation, ...]
    design: "pd.DataFrame"
    effects: "MappingProxyType[str, NDArray[np.float32]]"
    between: "NDArray[np.float32]"
    null: "NDArray[np.bool_]"
    missing: "NDArray[np.bool_]"

    def __repr__(self) -> str:
        """What was put in, without the maps."""
        places = ", ".join(repr(spot.label) for spot in self.activations)
        return f"GroupTruth(effects of {list(self.effects)} in {places})"


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedGroup:
    """One map per subject, with its variance.

    Attributes
    ----------
    effects : tuple of Nifti1Image
        Estimated effects, percent; zero outside of the brain.
    variances : tuple of Nifti1Image
        Their variances within the subject, percent².
    mask : Nifti1Image
        The brain.
    subjects : pandas.DataFrame
        Column subject_label, and covariates.
    truth : GroupTruth
    """

    effects: "tuple[Nifti1Image, ...]"
    variances: "tuple[Nifti1Image, ...]"
    mask: "Nifti1Image"
    subjects: "pd.DataFrame"
    truth: GroupTruth

    def __repr__(self) -> str:
        """What it is like, without its numbers."""
        return f"SimulatedGroup({len(self.effects)} maps of {self.mask.shape} voxels)"


def simulate_group(
    *,
    brain: Brain | None = None,
    activations: Iterable[Activation] | None = None,
    settings: GroupSettings | None = None,
    subjects: "pd.DataFrame | None" = None,
    seed: int = 0,
) -> SimulatedGroup:
    r"""Simulate one contrast in many subjects.

    In voxel v, subject s has

    .. math::

        y_s(v) = \sum_c x_{sc}\,\beta_c(v) + \sum_a \tau_a z_{sa}\, b_a(v)
                 + \tau\, d_s(v) + \sigma_s(v)\, e_s(v),

    with the columns :math:`x_c` of the design (an intercept and covariates less
    their means) and their effects :math:`\beta_c`; the places a of shape
    :math:`b_a` in each of which a subject responds more or less than others, as
    their `between` says; differences :math:`d_s` between subjects all over the
    brain, and errors :math:`e_s` within them. z, d and e are standard normal, d and
    e smooth in space; :math:`\sigma_s^2(v)` is what the maps of variances hold.

    Parameters
    ----------
    brain : Brain, optional
        Default: ``make_brain()``, 4 mm.
    activations : iterable of Activation, optional
        Their `effects` name columns of the design: ``{"intercept": 1.0, "age":
        -0.02}`` is one percent on average and less by .02 with each year. Default:
        five places; the right inferior frontal one changes with age, the left
        amygdala differs between the groups.
    settings : GroupSettings, optional
    subjects : pandas.DataFrame, optional
        One row per subject (`settings.n_subjects` does not count then), covariates
        as columns: numbers, or texts of two kinds, of which the effect is that of the
        later in the alphabet less that of the earlier. Default: ages from 20 to 70
        years, and as many controls as patients.
    seed : int
        Same seed, same data. Subject 3 has the same errors in a larger group.

    Returns
    -------
    SimulatedGroup

    Raises
    ------
    DesignError
        If `subjects` has no row, an effect belongs to none of its columns, or that
        column lacks a value, or has texts of more than two kinds.

    Examples
    --------
    >>> from boldglm.datasets.simulate import GroupSettings, make_brain, simulate_group
    >>> group = simulate_group(brain=make_brain(8.0),
    ...                        settings=GroupSettings(n_subjects=12, missing=0.25))
    >>> len(group.effects), list(group.truth.effects)
    (12, ['intercept', 'age', 'group'])
    >>> int(group.truth.missing.any(axis=(1, 2, 3)).sum())  # subjects
    3
    """
    brain = make_brain() if brain is None else brain
    settings = GroupSettings() if settings is None else settings
    places = _default_places() if activations is None else activations
    of_kind("brain", brain, Brain)
    of_kind("settings", settings, GroupSettings)
    places = listed_of("activations", places, Activation)
    seed = whole_number("seed", seed, 0)
    if subjects is None:
        subjects = draw_subjects(settings.n_subjects, seed)
    else:
        subjects = labelled(subjects)
    effects = effect_maps(brain, places)
    design = design_of(subjects, effects)
    between = between_map(brain, places)
    truth = GroupTruth(
        activations=places,
        design=design,
        effects=MappingProxyType(effects),
        between=np.hypot(between, settings.between * brain.mask).astype(np.float32),
        null=null_mask(brain, places),
        missing=_cuts(brain, len(subjects), settings.missing, seed),
    )
    pairs = [_maps(brain, truth, settings, row, seed) for row in range(len(subjects))]
    return SimulatedGroup(
        effects=tuple(new_volume(effect, brain.affine) for effect, _ in pairs),
        variances=tuple(new_volume(variance, brain.affine) for _, variance in pairs),
        mask=new_volume(brain.mask.astype(np.uint8), brain.affine),
        subjects=subjects,
        truth=truth,
    )


def _default_places() -> tuple[Activation, ...]:
    return (
        Activation(
            "right fusiform", (40.0, -56.0, -14.0), {"intercept": 1.0}, between=0.4
        ),
        Activation(
            "left fusiform", (-40.0, -56.0, -14.0), {"intercept": 0.8}, between=0.4
        ),
        Activation(
            "right inferior frontal",
            (46.0, 22.0, 22.0),
            {"intercept": 0.8, "age": -0.02},
            between=0.3,
        ),
        Activation(
            "left amygdala",
            (-22.0, -4.0, -18.0),
            {"intercept": 0.6, "group": 0.8},
            between=0.3,
        ),
        Activation("precuneus", (-6.0, -56.0, 40.0), {"intercept": -0.8}, between=0.3),
    )


def _cuts(
    brain: Brain, n_subjects: int, share: float, seed: int
) -> "NDArray[np.bool_]":
    """What lies beyond the edge of the field of view, (n_subjects, x, y, z)."""
    streams = [stream(seed, "field of view", row + 1) for row in range(n_subjects)]
    order = np.argsort([rng.random() for rng in streams], kind="stable")
    missing = np.zeros((n_subjects, *brain.shape), dtype=bool)
    voxels = np.argwhere(brain.mask)
    for row in order[: round(share * n_subjects)]:
        extent = streams[row].uniform(*CUT)
        height = voxels @ streams[row].standard_normal(3)
        beyond = voxels[
            np.argsort(-height, kind="stable")[: round(extent * len(voxels))]
        ]
        missing[(row, *beyond.T)] = True
    return missing


def _maps(
    brain: Brain, truth: GroupTruth, settings: GroupSettings, row: int, seed: int
) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
    """Effect and variance of one subject."""
    from scipy.special import ndtr

    sigma = settings.fwhm / FWHM_PER_SIGMA / brain.voxel_size
    values = np.zeros(brain.shape)
    for weight, effect in zip(
        truth.design.iloc[row], truth.effects.values(), strict=True
    ):
        values += weight * effect
    rng = stream(seed, "responses", row + 1)
    for place in truth.activations:
        values += place.between * rng.standard_normal() * bump_map(brain, place)
    rng = stream(seed, "differences", row + 1)
    values += settings.between * _unit_field(brain, sigma, rng)
    rng = stream(seed, "errors", row + 1)
    wide = MAP_FWHM / FWHM_PER_SIGMA / brain.voxel_size
    error_sd = rng.uniform(*settings.within) * np.ones(brain.shape)
    error_sd *= 0.75 + 0.5 * ndtr(smooth_field(brain.shape, wide, rng))
    values += error_sd * _unit_field(brain, sigma, rng)
    maps = (values * brain.mask, error_sd**2 * brain.mask)
    for one in maps:
        one[truth.missing[row]] = settings.missing_value
    effect, variance = (one.astype(np.float32) for one in maps)
    return effect, variance


def _unit_field(
    brain: Brain, sigma: float, rng: np.random.Generator
) -> "NDArray[np.float32]":
    """Smooth Gaussian noise of variance 1 in every voxel."""
    white = rng.standard_normal((1, *brain.shape), dtype=np.float32)
    return smooth_unit(white, sigma)[0] if sigma > 0 else white[0]
