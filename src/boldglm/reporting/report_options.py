"""What a report is asked for, checked before any work is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from boldglm._base.warnings import ThresholdWarning, warn
from boldglm.signal.checks import check_choice, checked_number

__all__ = ["ReportOptions", "checked_options"]

#: z where a height is asked for but not said
DEFAULT_HEIGHT = 3.09
CONTROLS = ("fpr", "fdr", "bonferroni")


@dataclass(frozen=True)
class ReportOptions:
    """The arguments of `generate_report`, which see.

    Attributes
    ----------
    contrast_types : dict, optional
        ``'t'`` or ``'F'`` by name of contrast, where it is not what the number of
        rows says: `save_glm_to_bids` lets one ask for it.
    """

    contrasts: Any = None
    first_level_contrast: Any = None
    title: str | None = None
    bg_img: Any = "MNI152TEMPLATE"
    threshold: float | None = None
    alpha: float = 0.001
    cluster_threshold: int = 0
    height_control: str | None = "fpr"
    two_sided: bool = False
    min_distance: float = 8.0
    plot_type: str = "slice"
    cut_coords: Any = None
    display_mode: str | None = None
    contrast_types: Mapping[str, str] | None = None

    @property
    def slice_mode(self) -> str:
        """How slices are laid out."""
        asked = self.display_mode if self.plot_type == "slice" else None
        return asked or "z"

    @property
    def glass_mode(self) -> str:
        """How the glass brain is laid out."""
        asked = self.display_mode if self.plot_type == "glass" else None
        return asked or "lzry"


def checked_options(**given: Any) -> ReportOptions:
    """The options of a report.

    Raises
    ------
    ValueError
        If `plot_type`, `display_mode` or `height_control` are none of their values,
        `alpha` is not above 0 and at most 0.5, `cluster_threshold` is no whole number
        or negative, `min_distance` is not positive, or `threshold` is negative.
    TypeError
        If something else stands for a number, for yes or no, or for the title.

    Warns
    -----
    ThresholdWarning
        If `threshold` is given with a height control, which computes its own.

    Examples
    --------
    >>> checked_options(height_control=None).threshold
    3.09
    """
    from boldglm.plotting.displays.projectors import get_projector
    from boldglm.plotting.displays.slicers import get_slicer

    options = ReportOptions(**given)
    check_choice(options.plot_type, "plot_type", ("slice", "glass"))
    _check_alpha(options.alpha)
    _check_words(options)
    control = _control(options.height_control)
    get_slicer(options.slice_mode)
    get_projector(options.glass_mode)
    height = _height(options.threshold, control)
    size = "a number of voxels, 0 or more"
    voxels = checked_number(options.cluster_threshold, "cluster_threshold", size, low=0)
    if not float(voxels).is_integer():
        msg = (
            f"cluster_threshold is {options.cluster_threshold}; expected a number of "
            "voxels, which is a whole one."
        )
        raise ValueError(msg)
    if not checked_number(options.min_distance, "min_distance", "mm") > 0:
        msg = (
            f"min_distance is {options.min_distance}; 'min_distance' must be positive."
        )
        raise ValueError(msg)
    return ReportOptions(**(given | {"height_control": control, "threshold": height}))


def _check_alpha(alpha: Any) -> None:
    """Above a half a height is below 0: most of the brain would be "found"."""
    expected = "a probability above 0 and at most 0.5, such as 0.001"
    if not checked_number(alpha, "alpha", expected, low=0.0, high=0.5) > 0:
        msg = f"alpha is {alpha}; expected {expected}."
        raise ValueError(msg)


def _check_words(options: ReportOptions) -> None:
    if not isinstance(options.two_sided, bool | np.bool_):
        msg = f"two_sided is {options.two_sided!r}; expected True or False."
        raise TypeError(msg)
    if options.title is not None and not isinstance(options.title, str):
        msg = f"title is {options.title!r}; expected text, or None."
        raise TypeError(msg)


def _control(given: Any) -> str | None:
    if given is None or (isinstance(given, str) and given in {"none", *CONTROLS}):
        return None if given == "none" else given
    names = ", ".join(map(repr, CONTROLS))
    msg = f"height_control is {given!r}; expected one of {names}, or None."
    raise ValueError(msg)


def _height(given: Any, control: str | None) -> float | None:
    if control is not None:
        if given is not None:
            warn(
                f"threshold={given} is not used with height_control={control!r}, which "
                "computes its own. For a threshold of your own, pass "
                "height_control=None.",
                ThresholdWarning,
            )
        return None
    if given is None:
        return DEFAULT_HEIGHT
    height = float(checked_number(given, "threshold", "a height in z"))
    if height < 0:
        msg = (
            f"threshold={given} is negative; a report shows what lies above a height. "
            "For effects below 0 pass two_sided=True, or the contrast with its signs "
            "turned round."
        )
        raise ValueError(msg)
    return height
