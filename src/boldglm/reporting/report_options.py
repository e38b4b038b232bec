"""What a report is asked for, checked before any work is done."""

from dataclasses import dataclass
from typing import Any

from boldglm._base.warnings import ThresholdWarning, warn
from boldglm.core.multiple import check_alpha
from boldglm.signal.checks import check_choice, checked_number

__all__ = ["ReportOptions", "checked_options"]

#: z where a height is asked for but not said
DEFAULT_HEIGHT = 3.09
CONTROLS = ("fpr", "fdr", "bonferroni")


@dataclass(frozen=True)
class ReportOptions:
    """The arguments of `generate_report`, which see."""

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
        `alpha` is no probability, `cluster_threshold` is negative, `min_distance` is
        not positive, or `threshold` is negative for a two-sided map.
    TypeError
        If something else stands for a number.

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
    check_alpha(options.alpha)
    control = None if options.height_control == "none" else options.height_control
    if control is not None:
        check_choice(control, "height_control", CONTROLS)
    get_slicer(options.slice_mode)
    get_projector(options.glass_mode)
    height = _height(options.threshold, control, two_sided=options.two_sided)
    size = "a number of voxels, 0 or more"
    checked_number(options.cluster_threshold, "cluster_threshold", size, low=0)
    if not checked_number(options.min_distance, "min_distance", "mm") > 0:
        msg = (
            f"min_distance is {options.min_distance}; 'min_distance' must be positive."
        )
        raise ValueError(msg)
    return ReportOptions(**(given | {"height_control": control, "threshold": height}))


def _height(given: Any, control: str | None, *, two_sided: bool) -> float | None:
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
    if two_sided and height < 0:
        msg = (
            f"threshold={given} is negative; two-sided thresholds are heights on both "
            "sides of 0. Pass a positive one, or two_sided=False."
        )
        raise ValueError(msg)
    return height
