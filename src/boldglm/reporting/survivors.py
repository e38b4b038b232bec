"""What survives of the map of a contrast, with the options of a report."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.warnings import ThresholdWarning, held_warnings, warn
from boldglm.glm.thresholding import threshold_stats_img
from boldglm.image.like import get_data, new_img_like
from boldglm.reporting.clusters import get_clusters_table
from boldglm.reporting.report_options import ReportOptions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Survivors", "surviving"]


@dataclass(frozen=True)
class Survivors:
    """What survives of a map.

    Attributes
    ----------
    kept_img : image
        The map, 0 where it does not survive.
    height : float
        In z; infinite where nothing may survive.
    two_sided : bool
    table : DataFrame
        Of its clusters, see `get_clusters_table`.
    """

    kept_img: Any
    height: float
    two_sided: bool
    table: "pd.DataFrame"


def surviving(z_img: Any, options: ReportOptions, kind: str) -> Survivors:
    """Threshold the map of a contrast, and list its clusters.

    Parameters
    ----------
    z_img : image
    options : ReportOptions
    kind : {"t", "F"}
        An F has no sides: the furthest below 0 is the furthest from any effect.

    Returns
    -------
    Survivors

    Examples
    --------
    >>> from nibabel.nifti1 import Nifti1Image
    >>> z = np.zeros((4, 4, 4), np.float32)
    >>> z[1, 1, 1], z[3, 3, 3] = 5.0, -6.0
    >>> options = ReportOptions(two_sided=True)
    >>> surviving(Nifti1Image(z, np.eye(4)), options, "t").table["Peak Stat"].tolist()
    [5.0, -6.0]
    >>> surviving(Nifti1Image(z, np.eye(4)), options, "F").table["Peak Stat"].tolist()
    [5.0]
    """
    two_sided = options.two_sided and kind == "t"
    size = int(options.cluster_threshold)
    values = np.asarray(get_data(z_img))
    kept: Any = new_img_like(z_img, np.zeros(values.shape, np.float32))
    height = np.inf
    with held_warnings() as held:
        if np.any(np.isfinite(values) & (values != 0)):
            kept, height = threshold_stats_img(
                z_img,
                alpha=options.alpha,
                threshold=options.threshold,
                height_control=options.height_control,
                cluster_threshold=size,
                two_sided=two_sided,
            )
        table: Any = get_clusters_table(
            z_img if np.isfinite(height) else kept,
            height,
            cluster_threshold=size,
            two_sided=two_sided,
            min_distance=options.min_distance,
        )
    for message, category in held:
        # That nothing survives is what an empty table says
        if category is not ThresholdWarning:
            warn(message, category)
    return Survivors(kept, float(height), two_sided, table)
