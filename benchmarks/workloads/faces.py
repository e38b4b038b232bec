"""Two runs of realigned volumes, an affine each: the faces page."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workloads import figure_writer, find


def start(package: str, files: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Prepare the calls of the page: lists of volumes to three z maps and figures."""
    import pandas as pd

    concat_imgs = find(package, "image.concat_imgs")
    mean_img = find(package, "image.mean_img")
    resample_img = find(package, "image.resample_img")
    make_design = find(package, "glm.first_level.make_first_level_design_matrix")
    model = find(package, "glm.first_level.FirstLevelModel")
    draw = figure_writer(package, "z", 3, black_bg=True)

    def work() -> dict[str, Any]:
        fmri_img = [
            concat_imgs(files["func1"], auto_resample=True),
            concat_imgs(files["func2"], auto_resample=True),
        ]
        affine, shape = fmri_img[0].affine, fmri_img[0].shape
        fmri_img[1] = resample_img(fmri_img[1], affine, shape[:3])
        mean_image = mean_img(fmri_img)
        design_matrices = []
        for idx, img in enumerate(fmri_img, start=1):
            events = pd.read_table(files[f"events{idx}"])
            frame_times = np.arange(img.shape[-1]) * 2.0
            design_matrices.append(
                make_design(
                    frame_times,
                    events,
                    hrf_model="spm + derivative",
                    drift_model="Cosine",
                    high_pass=0.01,
                )
            )
        columns = list(design_matrices[0].columns)
        rows = np.eye(len(columns))
        faces, scrambled = (
            rows[columns.index(name)] for name in ("faces", "scrambled")
        )
        contrasts = {
            "faces-scrambled": faces - scrambled,
            "scrambled-faces": scrambled - faces,
            "effects_of_interest": np.vstack((faces, scrambled)),
        }
        fmri_glm = model()
        fmri_glm = fmri_glm.fit(fmri_img, design_matrices=design_matrices)
        z = {
            name: fmri_glm.compute_contrast(contrast, output_type="z_score")
            for name, contrast in contrasts.items()
        }
        draw(z, mean_image)
        return {
            **z,
            "mean": mean_image,
            "run1": fmri_img[0],
            "run2": fmri_img[1],
            "mask": fmri_glm.masker_.mask_img_,
        }

    return work
