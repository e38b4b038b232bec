"""Reports of fitted models."""

from typing import TYPE_CHECKING, Any

from boldglm.reporting.gather import gather
from boldglm.reporting.report_options import checked_options

if TYPE_CHECKING:
    from boldglm.reporting.html_report import HTMLReport

__all__ = ["generate", "make_glm_report"]

#: Default of a function that computed it, too: it is no wish of the user's
USUAL_HEIGHT = 3.09


def generate(
    model: Any, *, report_dims: tuple[int, int] = (1600, 800), **given: Any
) -> "HTMLReport":
    """Make the report of a fitted model; see its `generate_report`.

    Parameters
    ----------
    model : FirstLevelModel or SecondLevelModel
    report_dims : (int, int)
        Width and height of the frame in a notebook, pixels.
    **given
        See `ReportOptions`.

    Returns
    -------
    HTMLReport
    """
    from boldglm.reporting.html_report import HTMLReport
    from boldglm.reporting.page import write_page

    width, height = _size(report_dims)
    content = gather(model, checked_options(**given))
    return HTMLReport(write_page(content), width=width, height=height)


def _size(report_dims: Any) -> tuple[int, int]:
    try:
        width, height = (int(side) for side in report_dims)
    except (TypeError, ValueError) as error:
        msg = (
            f"report_dims is {report_dims!r}; expected width and height in pixels, "
            "such as (1600, 800)."
        )
        raise ValueError(msg) from error
    return width, height


def make_glm_report(
    model: Any,
    contrasts: Any = None,
    first_level_contrast: Any = None,
    title: str | None = None,
    bg_img: Any = "MNI152TEMPLATE",
    threshold: float | None = USUAL_HEIGHT,
    alpha: float = 0.001,
    cluster_threshold: int = 0,
    height_control: str | None = "fpr",
    two_sided: bool = False,
    min_distance: float = 8.0,
    plot_type: str = "slice",
    cut_coords: Any = None,
    display_mode: str | None = None,
    report_dims: tuple[int, int] = (800, 800),
) -> "HTMLReport":
    """Make the report of a fitted model, as its `generate_report` does.

    Parameters
    ----------
    model : FirstLevelModel or SecondLevelModel
        Fitted. Not changed.
    contrasts, first_level_contrast, title, bg_img, alpha, cluster_threshold,\
 height_control, two_sided, min_distance, plot_type, cut_coords, display_mode,\
 report_dims
        See `boldglm.glm.first_level.FirstLevelModel.generate_report`.
    threshold : float or None
        In z, for ``height_control=None``.

    Returns
    -------
    HTMLReport

    Raises
    ------
    NotFittedError, ContrastError, ValueError, TypeError
        See there.
    """
    usual = isinstance(threshold, float) and threshold == USUAL_HEIGHT
    if height_control is not None and usual:
        threshold = None
    return generate(
        model,
        contrasts=contrasts,
        first_level_contrast=first_level_contrast,
        title=title,
        bg_img=bg_img,
        threshold=threshold,
        alpha=alpha,
        cluster_threshold=cluster_threshold,
        height_control=height_control,
        two_sided=two_sided,
        min_distance=min_distance,
        plot_type=plot_type,
        cut_coords=cut_coords,
        display_mode=display_mode,
        report_dims=report_dims,
    )
