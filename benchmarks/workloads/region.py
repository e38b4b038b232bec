"""A small mask in a large run: what it costs beside reading the file."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workloads import find


def start(
    package: str, files: dict[str, Any], what: str, run: str, fwhm: float | None = None
) -> Callable[[], dict[str, Any]]:
    """Prepare reading the file, a masker's series, or a fit with that masker."""
    path = files[run]
    if what == "raw":
        return _read_bytes(path)
    if what == "blocks":
        return _read_blocks(path)
    masker = find(package, "maskers.NiftiMasker")
    if what == "masker":
        return lambda: {
            "series": masker(mask_img=files["mask.nii.gz"], smoothing_fwhm=fwhm)
            .fit()
            .transform(path)
        }
    model = find(package, "glm.first_level.FirstLevelModel")
    import pandas as pd

    design = pd.read_csv(files["design.csv"])

    def fit() -> dict[str, Any]:
        chosen = masker(mask_img=files["mask.nii.gz"], smoothing_fwhm=fwhm).fit()
        fitted = model(mask_img=chosen, smoothing_fwhm=fwhm)
        fitted = fitted.fit(path, design_matrices=design)
        weights = np.eye(design.shape[1])[0]
        return {"z": fitted.compute_contrast(weights, output_type="z_score")}

    return fit


def _read_bytes(path: str) -> Callable[[], dict[str, Any]]:
    """All bytes, uncompressed, through one buffer: no program reads with less."""
    if path.endswith(".gz"):
        from isal import igzip

        opened = igzip.open
    else:
        opened = open
    buffer = bytearray(2**20)

    def work() -> dict[str, Any]:
        n_bytes = 0
        with opened(path, "rb") as stream:
            while got := stream.readinto(buffer):
                n_bytes += got
        return {"bytes": n_bytes}

    return work


def _read_blocks(path: str) -> Callable[[], dict[str, Any]]:
    """All scans as float32, by our own reader."""
    open_image = find("boldglm", "image.reading.open_image")
    iter_blocks = find("boldglm", "image.reading.iter_blocks")

    def work() -> dict[str, Any]:
        img = open_image(path)
        return {"scans": sum(block.shape[3] for _, block in iter_blocks(img))}

    return work
