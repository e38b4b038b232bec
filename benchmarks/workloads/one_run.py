"""A run from a file, with a mask and a design: fit, contrasts to z."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workloads import find


def start(
    package: str,
    files: dict[str, Any],
    fwhm: float | None,
    n_contrasts: int,
    noise_model: str = "ar1",
) -> Callable[[], dict[str, Any]]:
    """Prepare a fit and the contrasts of the first columns."""
    import pandas as pd

    model = find(package, "glm.first_level.FirstLevelModel")
    design = pd.read_csv(files["design"])

    def work() -> dict[str, Any]:
        fitted = model(
            mask_img=files["mask"],
            smoothing_fwhm=fwhm,
            noise_model=noise_model,
            minimize_memory=True,
        ).fit(files["run"], design_matrices=design)
        rows = np.eye(design.shape[1])[:n_contrasts]
        return {
            f"z{i}": fitted.compute_contrast(row, output_type="z_score")
            for i, row in enumerate(rows)
        }

    return work
