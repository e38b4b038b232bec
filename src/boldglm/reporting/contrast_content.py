"""A contrast of a report: asked, computed, thresholded, shown."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.image.like import get_data
from boldglm.image.sources import grid_of
from boldglm.plotting.displays.volumes import Volume as Cuttable
from boldglm.reporting.asked_contrasts import AskedContrast
from boldglm.reporting.content import Cluster, ContrastContent
from boldglm.reporting.contrast_words import (
    Threshold,
    contrast_name,
    definition_words,
)
from boldglm.reporting.first_levels import first_levels_of
from boldglm.reporting.fitted_models import ComputedContrast, FittedModel
from boldglm.reporting.map_figures import (
    glass_figure,
    histogram_of_z,
    slices_of,
    weights_figure,
)
from boldglm.reporting.report_options import ReportOptions
from boldglm.reporting.slice_pictures import Scene
from boldglm.reporting.space import Space
from boldglm.reporting.survivors import surviving
from boldglm.reporting.volume_files import as_volume

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Stage", "contrast_content"]


@dataclass(frozen=True)
class Stage:
    """What the contrasts of a report share.

    Attributes
    ----------
    model : FittedModel
    options : ReportOptions
    scene : Scene
    space : Space
    """

    model: FittedModel
    options: ReportOptions
    scene: Scene
    space: Space


def contrast_content(
    asked: AskedContrast, computed: ComputedContrast, stage: Stage
) -> ContrastContent:
    """All that a report tells of a contrast.

    Parameters
    ----------
    asked : AskedContrast
    computed : ComputedContrast
    stage : Stage

    Returns
    -------
    ContrastContent
    """
    options = stage.options
    img, inside = computed.z_img, stage.model.inside
    values = np.asarray(get_data(img))
    tested = values[inside & np.isfinite(values) & (values != 0)]
    found = surviving(img, options, computed.kind)
    threshold = Threshold(
        found.height,
        options.alpha,
        options.height_control,
        found.two_sided,
        int(options.cluster_threshold),
        tested.size,
    )
    kept = np.asarray(get_data(found.kept_img))
    clusters = _clusters(found.table)
    volume = as_volume(
        f"{asked.key}-z", values, grid_of(img).affine, inside, height=found.height
    )
    shown = Cuttable(kept, grid_of(found.kept_img), "nearest")
    glass = stage.space.name or options.plot_type == "glass"
    columns = stage.model.columns
    n_above = int(np.count_nonzero(kept))
    n_clusters = sum(one.size is not None for one in clusters)
    return ContrastContent(
        name=contrast_name(asked.name, computed.rows, columns),
        key=asked.key,
        definition=_definition(asked, computed, stage.model),
        kind=computed.kind,
        height=_finite_height(threshold, volume.largest, volume.step),
        threshold_words=threshold.words,
        two_sided=found.two_sided,
        n_voxels=int(np.count_nonzero(inside)),
        n_tested=int(tested.size),
        n_above=n_above,
        conclusion=threshold.conclusion(
            n_above, n_clusters, _peak_words(clusters, stage.space)
        ),
        volume=volume,
        slices=slices_of(f"{asked.key}-slices", shown, stage.scene, threshold, options),
        glass=glass_figure(f"{asked.key}-glass", found.kept_img, threshold, options)
        if glass
        else None,
        histogram=histogram_of_z(
            f"{asked.key}-histogram", tested, threshold, computed.kind
        ),
        weights=weights_figure(f"{asked.key}-weights", computed.rows, columns),
        clusters=clusters,
        table_words=_table_words(threshold, options, stage.space),
        cluster_size=threshold.cluster_size,
        largest=_largest(tested, found.two_sided),
    )


def _definition(
    asked: AskedContrast, computed: ComputedContrast, model: FittedModel
) -> str:
    """What is asked; for a group of first-level maps, of which of them."""
    words = definition_words(asked.definition, computed.rows, model.columns)
    firsts = first_levels_of(model)
    if firsts is None or not firsts.contrast:
        return words
    return f"{words} [first level: {firsts.contrast}]"


def _largest(tested: Any, two_sided: bool) -> float | None:
    """Largest value on the side that is shown."""
    if not tested.size:
        return None
    return float(np.abs(tested).max() if two_sided else tested.max())


def _finite_height(threshold: Threshold, largest: float, step: float) -> float:
    """The height, or one that nothing of the map passes where nothing may."""
    return threshold.height if np.isfinite(threshold.height) else largest + step


def _clusters(table: "pd.DataFrame") -> tuple[Cluster, ...]:
    """The rows of a cluster table."""
    rows: Any = table.itertuples(index=False, name=None)
    return tuple(
        Cluster(str(label), x, y, z, peak, None if size == "" else float(size))
        for label, x, y, z, peak, size in rows
    )


def _peak_words(clusters: tuple[Cluster, ...], space: Space) -> str:
    if not clusters:
        return ""
    best = max(clusters, key=lambda one: abs(one.peak))
    x, y, z = (_millimetres(value) for value in (best.x, best.y, best.z))
    where = f"mm, {space.label} coordinates" if space.name else "mm"
    return f"z = {best.peak:.2f} at ({x}, {y}, {z}) {where}"


def _millimetres(value: float) -> str:
    """To a tenth, and without it where it is whole."""
    return f"{round(float(value), 1) + 0.0:.1f}".removesuffix(".0")


def _table_words(threshold: Threshold, options: ReportOptions, space: Space) -> str:
    """How to read the table of clusters."""
    sides = (
        "Positive clusters come first, then negative ones. "
        if threshold.two_sided
        else ""
    )
    where = (
        f"Coordinates are in mm; the space is {space.words}."
        if space.name
        else "Coordinates are in the space of the images, mm; it is not known to be a "
        "standard space."
    )
    return (
        f"Clusters are voxels with {threshold.sign} that share faces. {sides}"
        f"A cluster has up to four peaks, which lie more than "
        f"{options.min_distance:g} mm apart. {where}"
    )
