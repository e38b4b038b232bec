"""One public function on a run from a file: time, and memory above what was held."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.workloads import NotThereError, find

Work = Callable[[], Any]
SEEDS = [(0, 0, 0), (20, -10, 8), (-20, 14, -12), (6, 30, 4)]


def start(
    package: str, files: dict[str, Any], name: str
) -> Callable[[], dict[str, Any]]:
    """Prepare one of `FUNCTIONS`; results that stay on disk are read in."""
    work = FUNCTIONS[name](partial(find, package), files)

    def measured() -> dict[str, Any]:
        result = work()
        if hasattr(result, "dataobj"):
            np.asanyarray(result.dataobj)
        return {"result": result}

    return measured


def _of_run(path: str, *arguments: Any, **options: Any) -> Callable[..., Work]:
    """`path` called with the file of the run."""
    return lambda find, files: partial(find(path), files["run"], *arguments, **options)


def _of_halves(path: str) -> Callable[..., Work]:
    return lambda find, files: partial(find(path), [files["half1"], files["half2"]])


def _resample_img(find: Any, files: dict[str, Any]) -> Work:
    import nibabel as nib

    grid = nib.load(files["grid"])
    return partial(
        find("image.resample_img"), files["run"], grid.affine, grid.shape[:3]
    )


def _load(find: Any, files: dict[str, Any]) -> Work:
    load_img, get_data = find("image.load_img"), find("image.get_data")
    return lambda: get_data(load_img(files["run"]))


def _copy(find: Any, files: dict[str, Any]) -> Work:
    copy_img, load_img = find("image.copy_img"), find("image.load_img")
    return lambda: copy_img(load_img(files["run"]))


def _iterate(find: Any, files: dict[str, Any]) -> Work:
    iter_img, get_data = find("image.iter_img"), find("image.get_data")
    return lambda: np.array(
        [get_data(one).mean(dtype=float) for one in iter_img(files["run"])]
    )


def _math(find: Any, files: dict[str, Any]) -> Work:
    return partial(find("image.math_img"), "img * 2 + 1", img=files["run"])


def _series(find: Any, files: dict[str, Any]) -> np.ndarray:
    return find("masking.apply_mask")(files["run"], files["mask"])


def _unmask(find: Any, files: dict[str, Any]) -> Work:
    return partial(find("masking.unmask"), _series(find, files), files["mask"])


def _inverse(find: Any, files: dict[str, Any]) -> Work:
    masker = find("maskers.NiftiMasker")(mask_img=files["mask"]).fit()
    return partial(masker.inverse_transform, _series(find, files))


def _masker(find: Any, files: dict[str, Any], **options: Any) -> Work:
    masker = find("maskers.NiftiMasker")
    return lambda: (
        masker(mask_img=files["mask"], **options).fit().transform(files["run"])
    )


def _labels(find: Any, files: dict[str, Any]) -> Work:
    masker = find("maskers.NiftiLabelsMasker")
    return lambda: masker(labels_img=files["labels"]).fit_transform(files["run"])


def _spheres(find: Any, files: dict[str, Any]) -> Work:
    masker = find("maskers.NiftiSpheresMasker")
    return lambda: masker(seeds=SEEDS, radius=8).fit_transform(files["run"])


def _save(find: Any, files: dict[str, Any], suffix: str) -> Work:
    import tempfile
    from pathlib import Path

    import nibabel as nib

    loaded = nib.load(files["run"])
    data = np.asanyarray(loaded.dataobj)
    image = find("image.new_img_like")(loaded, data)
    try:
        save_img = find("image.save_img")
    except NotThereError:  # the peer writes by nibabel's own method
        save_img = type(image).to_filename

    def work() -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"written{suffix}"
            save_img(image, path)
            back = nib.load(path)
            return np.array(back.shape)

    return work


FUNCTIONS: dict[str, Callable[..., Work]] = {
    "mean_img": _of_run("image.mean_img"),
    "concat_imgs, two files": _of_halves("image.concat_imgs"),
    "smooth_img, 6 mm": _of_run("image.smooth_img", 6),
    "resample_img, turned": _resample_img,
    "resample_to_img, turned": lambda find, files: partial(
        find("image.resample_to_img"), files["run"], files["grid"]
    ),
    "crop_img": _of_run("image.crop_img"),
    "math_img": _math,
    "threshold_img": _of_run("image.threshold_img", 600),
    "binarize_img": _of_run("image.binarize_img", 600),
    "index_img, every other": _of_run("image.index_img", slice(None, None, 2)),
    "iter_img": _iterate,
    "load_img, get_data": _load,
    "copy_img": _copy,
    "reorder_img": _of_run("image.reorder_img"),
    "clean_img": _of_run("image.clean_img", t_r=2.0, high_pass=0.01),
    "high_variance_confounds": _of_run("image.high_variance_confounds"),
    "compute_epi_mask": _of_run("masking.compute_epi_mask"),
    "compute_multi_epi_mask": _of_halves("masking.compute_multi_epi_mask"),
    "compute_background_mask": _of_run("masking.compute_background_mask"),
    "apply_mask": lambda find, files: partial(
        find("masking.apply_mask"), files["run"], files["mask"]
    ),
    "unmask": _unmask,
    "NiftiMasker": _masker,
    "NiftiMasker, fwhm 6": partial(_masker, smoothing_fwhm=6),
    "NiftiMasker, z-scores": partial(
        _masker, standardize="zscore_sample", detrend=True, high_pass=0.01, t_r=2.0
    ),
    "NiftiMasker, inverse": _inverse,
    "NiftiLabelsMasker": _labels,
    "NiftiSpheresMasker": _spheres,
    "save .nii": partial(_save, suffix=".nii"),
    "save .nii.gz": partial(_save, suffix=".nii.gz"),
}
