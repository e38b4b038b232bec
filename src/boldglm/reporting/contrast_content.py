"""A contrast of a report: asked, computed, thresholded, shown."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from boldglm._base.warnings import ThresholdWarning, held_warnings, warn
from boldglm.glm.thresholding import threshold_stats_img
from boldglm.image.like import get_data, new_img_like
from boldglm.image.sources import grid_of
from boldglm.plotting.displays.volumes import Volume as Cuttable
from boldglm.reporting.asked_contrasts import AskedContrast
from boldglm.reporting.clusters import get_clusters_table
from boldglm.reporting.content import Cluster, ContrastContent
from boldglm.reporting.contrast_words import (
    Threshold,
    definition_words,
    weights_in_words,
)
from boldglm.reporting.fitted_models import ComputedContrast, FittedModel
from boldglm.reporting.map_figures import (
    glass_figure,
    histogram_of_z,
    slices_of,
    weights_figure,
)
from boldglm.reporting.report_options import ReportOptions
from boldglm.reporting.slice_pictures import Scene
from boldglm.reporting.volume_files import as_volume

__all__ = ["Stage", "contrast_content"]


@dataclass(frozen=True)
class Stage:
    """What the contrasts of a report share.

    Attributes
    ----------
    model : FittedModel
    options : ReportOptions
    scene : Scene
    space : str
        See `ReportContent`.
    """

    model: FittedModel
    options: ReportOptions
    scene: Scene
    space: str


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
    # an F has no sides: the furthest below 0 is the furthest from any effect
    two_sided = options.two_sided and computed.kind == "t"
    kept_img, threshold = _thresholded(img, options, two_sided, tested.size)
    kept = np.asarray(get_data(kept_img))
    clusters = _clusters(img, threshold, options)
    volume = as_volume(f"{asked.key}-z", values, grid_of(img).affine, inside)
    shown = Cuttable(kept, grid_of(kept_img), "nearest")
    glass = stage.space or options.plot_type == "glass"
    columns = stage.model.columns
    n_above = int(np.count_nonzero(kept))
    n_clusters = sum(one.size is not None for one in clusters)
    return ContrastContent(
        name=asked.name or _unnamed(computed, columns),
        key=asked.key,
        definition=definition_words(asked.definition, computed.rows, columns),
        kind=computed.kind,
        height=_finite_height(threshold, volume.largest, volume.step),
        threshold_words=threshold.words,
        two_sided=two_sided,
        n_voxels=int(np.count_nonzero(inside)),
        n_above=n_above,
        conclusion=threshold.conclusion(
            n_above, n_clusters, _peak_words(clusters, stage.space)
        ),
        volume=volume,
        slices=slices_of(f"{asked.key}-slices", shown, stage.scene, threshold, options),
        glass=glass_figure(f"{asked.key}-glass", kept_img, threshold, options)
        if glass
        else None,
        histogram=histogram_of_z(
            f"{asked.key}-histogram", tested, threshold, computed.kind
        ),
        weights=weights_figure(f"{asked.key}-weights", computed.rows, columns),
        clusters=clusters,
        table_words=_table_words(threshold, options, stage.space),
    )


def _unnamed(computed: ComputedContrast, columns: Any) -> str:
    """The name of a contrast that nobody named: what it asks."""
    for rows, names in zip(computed.rows, columns, strict=True):
        if rows is not None:
            return " | ".join(weights_in_words(row, names) for row in rows)
    return "contrast"


def _thresholded(
    img: Any, options: ReportOptions, two_sided: bool, n_tested: int
) -> tuple[Any, Threshold]:
    """The map with 0 where it does not survive, and the threshold in words."""
    threshold = Threshold(
        np.inf,
        options.alpha,
        options.height_control,
        two_sided,
        int(options.cluster_threshold),
        n_tested,
    )
    if not n_tested:
        return new_img_like(img, np.zeros(img.shape, np.float32)), threshold
    with held_warnings() as held:
        kept, height = threshold_stats_img(
            img,
            alpha=options.alpha,
            threshold=options.threshold,
            height_control=options.height_control,
            cluster_threshold=int(options.cluster_threshold),
            two_sided=two_sided,
        )
    _pass_on(held)
    return kept, replace(threshold, height=float(height))


def _pass_on(held: list[tuple[str, type[Warning]]]) -> None:
    """Give warnings, but for those that nothing survives: the report says so."""
    for message, category in held:
        if category is not ThresholdWarning:
            warn(message, category)


def _finite_height(threshold: Threshold, largest: float, step: float) -> float:
    """The height, or one that nothing of the map passes where nothing may."""
    return threshold.height if np.isfinite(threshold.height) else largest + step


def _clusters(
    img: Any, threshold: Threshold, options: ReportOptions
) -> tuple[Cluster, ...]:
    """The rows of the cluster table of this map and threshold."""
    if not np.isfinite(threshold.height):
        return ()
    with held_warnings() as held:
        table: Any = get_clusters_table(
            img,
            threshold.height,
            cluster_threshold=threshold.cluster_size,
            two_sided=threshold.two_sided,
            min_distance=options.min_distance,
        )
    _pass_on(held)
    return tuple(
        Cluster(str(label), x, y, z, peak, None if size == "" else float(size))
        for label, x, y, z, peak, size in table.itertuples(index=False, name=None)
    )


def _peak_words(clusters: tuple[Cluster, ...], space: str) -> str:
    if not clusters:
        return ""
    best = max(clusters, key=lambda one: abs(one.peak))
    x, y, z = (f"{round(value) + 0:d}" for value in (best.x, best.y, best.z))
    where = f"{space} coordinates, mm" if space else "mm"
    return f"z = {best.peak:.2f} at ({x}, {y}, {z}) {where}"


def _table_words(threshold: Threshold, options: ReportOptions, space: str) -> str:
    """How to read the table of clusters."""
    sides = (
        "Positive clusters come first, then negative ones. "
        if threshold.two_sided
        else ""
    )
    where = (
        f"Coordinates are in {space} space, mm."
        if space
        else "Coordinates are in the space of the images, mm; it is not known to be a "
        "standard space."
    )
    return (
        f"Clusters are voxels with {threshold.sign} that share faces. {sides}"
        f"A cluster has up to four peaks, which lie more than "
        f"{options.min_distance:g} mm apart. {where}"
    )
