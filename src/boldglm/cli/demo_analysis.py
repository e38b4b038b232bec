"""The analysis of the demo, as a user would write it: it knows files, no more."""

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.warnings import ContrastWarning
from boldglm.datasets import SimulatedDataset

if TYPE_CHECKING:
    import pandas as pd

    from boldglm.glm.first_level import FirstLevelModel

__all__ = [
    "ALPHA",
    "CLUSTER_SIZE",
    "CONTRASTS",
    "F_CONTRAST",
    "SMOOTHING",
    "Analysis",
    "analyse",
    "file_stem",
]

#: Full width at half maximum of the smoothing, mm
SMOOTHING = 6.0
#: Bonferroni: chance of even one false voxel in a map of pure noise, at most
ALPHA = 0.001
#: Smallest cluster, mm3: single voxels may pass by chance, clusters larger than the
#: noise is smooth do not.
CLUSTER_SIZE = 300.0
F_CONTRAST = "effects of interest"
#: What is asked, and the weight of every condition in it (None: an F contrast)
CONTRASTS: Mapping[str, Mapping[str, float] | None] = MappingProxyType(
    {
        "faces - houses": MappingProxyType({"faces": 1.0, "houses": -1.0}),
        "faces": MappingProxyType({"faces": 1.0}),
        "houses": MappingProxyType({"houses": 1.0}),
        F_CONTRAST: None,
    }
)


@dataclass(frozen=True, eq=False)
class Analysis:
    """What the analysis gives: everything by contrast, and the files.

    Attributes
    ----------
    model : FirstLevelModel
        Fitted to all runs.
    z_maps, thresholded : dict of image
    thresholds : dict of float
    tables : dict of pandas.DataFrame
        Peaks above the threshold.
    fixed_effects_difference : float
        Between the model of all runs and the fixed effects of one model per run,
        as a part of the largest value.
    figures : tuple of Path
    report : Path
    """

    model: "FirstLevelModel"
    z_maps: dict[str, Any]
    thresholded: dict[str, Any]
    thresholds: dict[str, float]
    tables: "dict[str, pd.DataFrame]"
    fixed_effects_difference: float
    figures: tuple[Path, ...]
    report: Path


def analyse(
    data: SimulatedDataset, folder: Path, on_step: Callable[[str], object]
) -> Analysis:
    """From the files of two runs to maps, tables of peaks, figures and a report.

    Parameters
    ----------
    data : SimulatedDataset
        Only the paths of what a user has are used, never the truth.
    folder : Path
        Gets maps/, figures/ and report.html.
    on_step : callable
        Told what is about to be done; six times, and once per run.

    Returns
    -------
    Analysis
    """
    maps, figures = folder / "maps", folder / "figures"
    for path in (maps, figures):
        path.mkdir(exist_ok=True)

    run_imgs = [str(path) for path in data.bold]
    events, confounds = read_tables(data)
    explicit = fixed_effects_of_runs(data, run_imgs, events, confounds, on_step)

    on_step("fit both runs")
    model = new_model(data).fit(run_imgs, events=events, confounds=confounds)

    on_step("contrasts")
    statistics = {name: contrast(model, name) for name in CONTRASTS}

    on_step("thresholds and peaks")
    thresholded, thresholds, tables = {}, {}, {}
    for name, result in statistics.items():
        thresholded[name], thresholds[name], tables[name] = peaks(
            result["z_score"], data, two_sided=name != F_CONTRAST
        )

    on_step("write maps")
    for name, result in statistics.items():
        stem = file_stem(name)
        result["z_score"].to_filename(maps / f"{stem}_z.nii.gz")
        thresholded[name].to_filename(maps / f"{stem}_z-thresholded.nii.gz")
    for name, image in explicit.items():
        image.to_filename(maps / f"faces-houses_fixed-{name}.nii.gz")

    on_step("write the report")
    report = write_report(model, folder / "report.html")

    on_step("draw figures")
    z_maps = {name: result["z_score"] for name, result in statistics.items()}
    multi_run = statistics["faces - houses"]
    return Analysis(
        model=model,
        z_maps=z_maps,
        thresholded=thresholded,
        thresholds=thresholds,
        tables=tables,
        fixed_effects_difference=max(
            difference(explicit["effect"], multi_run["effect_size"]),
            difference(explicit["variance"], multi_run["effect_variance"]),
        ),
        figures=draw(data, model, thresholded, thresholds, figures),
        report=report,
    )


def read_tables(
    data: SimulatedDataset,
) -> "tuple[list[pd.DataFrame], list[pd.DataFrame]]":
    """Events, and those of the confounds that go into the model."""
    import pandas as pd

    events = [pd.read_csv(path, sep="\t") for path in data.events]
    confounds = [
        pd.read_csv(path, sep="\t").filter(regex="^(trans|rot|motion_outlier)")
        for path in data.confounds
    ]
    return events, confounds


def new_model(data: SimulatedDataset) -> "FirstLevelModel":
    """Build the model of all analyses of the demo, not fitted yet."""
    from boldglm.glm.first_level import FirstLevelModel

    sidecar = json.loads(data.sidecars[0].read_text(encoding="utf-8"))
    return FirstLevelModel(
        t_r=sidecar["RepetitionTime"],
        hrf_model="spm",
        mask_img=str(data.mask),
        smoothing_fwhm=SMOOTHING,
        # Corrected for what the many regressors take of the noise; "ar1" is not, and
        # z values of nothing come out about 1.1 times too large here
        noise_model="auto",
    )


def fixed_effects_of_runs(
    data: SimulatedDataset,
    run_imgs: list[str],
    events: "list[pd.DataFrame]",
    confounds: "list[pd.DataFrame]",
    on_step: Callable[[str], object],
) -> dict[str, Any]:
    """Fit every run on its own, and combine what they say about faces - houses."""
    from boldglm.glm.contrasts import compute_fixed_effects

    effects, variances = [], []
    for number, run_img in enumerate(run_imgs):
        on_step(f"fit run {number + 1}")
        model = new_model(data).fit(
            run_img, events=events[number], confounds=confounds[number]
        )
        result = model.compute_contrast("faces - houses", output_type="all")
        effects.append(result["effect_size"])
        variances.append(result["effect_variance"])
    effect, variance, t_value, *_ = compute_fixed_effects(
        effects, variances, str(data.mask)
    )
    return {"effect": effect, "variance": variance, "t": t_value}


def contrast(model: "FirstLevelModel", name: str) -> dict[str, Any]:
    """All maps of a contrast over the runs: an expression, or an F of everything."""
    with warnings.catch_warnings():
        # Known, and no surprise to the reader: one F over runs is an approximation
        warnings.filterwarnings("ignore", "Running approximate", ContrastWarning)
        return model.compute_contrast(definition(model, name), output_type="all")


def definition(model: "FirstLevelModel", name: str) -> list[Any]:
    """What a contrast is in each run: an expression, or rows of weights for an F."""
    if name != F_CONTRAST:
        return [name] * len(model.design_matrices_)
    rows = []
    for design in model.design_matrices_:
        columns = list(design.columns)
        task = [columns.index(condition) for condition in ("faces", "houses")]
        rows.append(np.eye(len(columns))[task])
    return rows


def write_report(model: "FirstLevelModel", path: Path) -> Path:
    """Everything on one page: what was done, the designs, the noise, the maps."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Running approximate", ContrastWarning)
        report = model.generate_report(
            {name: definition(model, name) for name in CONTRASTS},
            title="Demo: faces and houses",
            alpha=ALPHA,
            height_control="bonferroni",
            cluster_threshold=smallest_cluster(model.mask_img_),
            two_sided=True,
        )
    report.save_as_html(path)
    return path


def smallest_cluster(image: Any) -> int:
    """Voxels of an image in the smallest cluster that counts."""
    voxel_size = abs(np.linalg.det(image.affine[:3, :3]))
    return int(np.ceil(CLUSTER_SIZE / voxel_size))


def peaks(
    z_map: Any, data: SimulatedDataset, *, two_sided: bool
) -> "tuple[Any, float, pd.DataFrame]":
    """Thresholded map, its threshold, and the table of what is above it."""
    from boldglm.glm.thresholding import threshold_stats_img
    from boldglm.reporting import get_clusters_table

    n_voxels = smallest_cluster(z_map)
    thresholded, threshold = threshold_stats_img(
        z_map,
        mask_img=str(data.mask),
        alpha=ALPHA,
        height_control="bonferroni",
        cluster_threshold=n_voxels,
        two_sided=two_sided,
    )
    table = get_clusters_table(
        z_map,
        stat_threshold=threshold,
        cluster_threshold=n_voxels,
        two_sided=two_sided,
    )
    return thresholded, float(threshold), table


def draw(
    data: SimulatedDataset,
    model: "FirstLevelModel",
    thresholded: dict[str, Any],
    thresholds: dict[str, float],
    folder: Path,
) -> tuple[Path, ...]:
    """The design of the first run, and two maps over the mean image."""
    from boldglm.image import mean_img
    from boldglm.plotting import plot_design_matrix, plot_stat_map

    design = folder / "design-matrix_run-1.png"
    plot_design_matrix(model.design_matrices_[0], output_file=design)
    background = mean_img(str(data.bold[0]))
    files = [design]
    for name, height in (("faces - houses", "|z|"), (F_CONTRAST, "z of F")):
        path = folder / f"{file_stem(name)}_z.png"
        plot_stat_map(
            thresholded[name],
            bg_img=background,
            threshold=thresholds[name],
            display_mode="z",
            cut_coords=(-18, -10, -2, 6, 22, 38),
            black_bg=True,
            title=f"{name}: {height} > {thresholds[name]:.2f}, Bonferroni p < {ALPHA}",
            output_file=path,
        )
        files.append(path)
    return tuple(files)


def difference(one: Any, other: Any) -> float:
    """Largest difference of two images, as a part of the largest value."""
    from boldglm.image import get_data

    first, second = (np.asarray(get_data(image), dtype=float) for image in (one, other))
    return float(np.abs(first - second).max() / np.abs(second).max())


def file_stem(name: str) -> str:
    """Name of a contrast, as a file can have it."""
    return name.replace(" - ", "-").replace(" ", "-")
