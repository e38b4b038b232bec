"""Two runs of one subject from compressed files: the two-run page, without report."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workloads import figure_writer, find


def start(package: str, files: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Prepare the calls of the page: files to eight z maps written, three drawn."""
    import pandas as pd

    mean_img = find(package, "image.mean_img")
    fixed_effects = find(package, "glm.contrasts.compute_fixed_effects")
    model = find(package, "glm.first_level.FirstLevelModel")
    draw = figure_writer(package, "ortho", None)
    designs = [pd.read_csv(path) for path in files["designs"]]

    def work() -> dict[str, Any]:
        fmri_imgs = files["runs"]
        results = {"mean": mean_img(fmri_imgs[0])}
        fmri_glm = model(mask_img=files["mask"], smoothing_fwhm=5, minimize_memory=True)
        maps = []
        for img, design in zip(fmri_imgs, designs, strict=True):
            fitted = fmri_glm.fit(img, design_matrices=design)
            maps.append(fitted.compute_contrast([[-1, -1, 1, 1]], output_type="all"))
        fixed = fixed_effects(
            [one["effect_size"] for one in maps],
            [one["effect_variance"] for one in maps],
            files["mask"],
        )
        multirun = fmri_glm.fit(fmri_imgs, design_matrices=designs)
        both = multirun.compute_contrast(
            [np.array([[-1, -1, 1, 1]])] * 2, output_type="z_score"
        )
        results |= {"z1": maps[0]["z_score"], "z2": maps[1]["z_score"]}
        results |= {"fixed_t": fixed[2], "both": both}
        draw({name: results[name] for name in ("z1", "z2", "fixed_t")}, results["mean"])
        with tempfile.TemporaryDirectory() as folder:
            for name, contrast in _contrasts(designs[0].shape[1]).items():
                z_map = fmri_glm.compute_contrast(contrast, output_type="z_score")
                z_map.to_filename(Path(folder) / f"{name}_z_map.nii.gz")
                results[name] = z_map
        return results

    return work


def _contrasts(n_columns: int) -> dict[str, np.ndarray]:
    return {
        "SStSSp_minus_DStDSp": np.array([[1, 0, 0, -1]]),
        "DStDSp_minus_SStSSp": np.array([[-1, 0, 0, 1]]),
        "DSt_minus_SSt": np.array([[-1, -1, 1, 1]]),
        "DSp_minus_SSp": np.array([[-1, 1, -1, 1]]),
        "DSt_minus_SSt_for_DSp": np.array([[0, -1, 0, 1]]),
        "DSp_minus_SSp_for_DSt": np.array([[0, 0, -1, 1]]),
        "Deactivation": np.array([[-1, -1, -1, -1, 4]]),
        "Effects_of_interest": np.eye(n_columns)[:5, :],
    }
