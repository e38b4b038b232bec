"""What is watched for becoming slower: small pieces of our own work.

Each entry of `WORKS` prepares its data once and returns the function that is counted or
timed. They take 5 to 200 ms, so that a simulated processor gets through them too.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import image_problems
from benchmarks.group_problems import group_problem
from benchmarks.problems import masked_run

__all__ = ["WORKS", "prepared"]

Work = Callable[[], Any]


def _design(folder: Path) -> Work:
    import pandas as pd

    from boldglm.glm.first_level import make_first_level_design_matrix

    del folder
    rng = np.random.default_rng(0)
    events = pd.DataFrame(
        {
            "onset": np.sort(rng.uniform(0, 580, 120)),
            "duration": 1.0,
            "trial_type": rng.choice(list("abcdef"), 120),
        }
    )
    return partial(
        make_first_level_design_matrix,
        np.arange(300) * 2.0,
        events,
        hrf_model="spm + derivative",
        high_pass=0.01,
    )


def _fit(noise_model: str) -> Callable[[Path], Work]:
    def prepare(folder: Path) -> Work:
        from boldglm.glm.first_level import run_glm

        del folder
        problem = masked_run(150, 10_000, 22)
        return partial(run_glm, problem.Y, problem.X, noise_model=noise_model)

    return prepare


def _contrasts(folder: Path) -> Work:
    from boldglm.glm.contrasts import compute_contrast
    from boldglm.glm.first_level import run_glm

    del folder
    problem = masked_run(150, 10_000, 22)
    labels, results = run_glm(problem.Y, problem.X)
    rows = np.eye(22)[:5]

    def work() -> list[np.ndarray]:
        weights = [*rows, rows]
        return [compute_contrast(labels, results, one).z_score() for one in weights]

    return work


def _run_from_file(noise_model: str) -> Callable[[Path], Work]:
    def prepare(folder: Path) -> Work:
        import pandas as pd

        from boldglm.glm.first_level import FirstLevelModel

        del folder
        files = image_problems.fmriprep(small=True)
        design = pd.read_csv(files["design.csv"])
        model = FirstLevelModel(
            mask_img=files["mask.nii.gz"],
            smoothing_fwhm=6,
            noise_model=noise_model,
        )
        return lambda: model.fit(
            files["run.nii.gz"], design_matrices=design
        ).compute_contrast(np.eye(design.shape[1])[0])

    return prepare


def _resampling(folder: Path) -> Work:
    from boldglm.image import concat_imgs

    del folder
    volumes = image_problems.faces(small=True)["func1"][:20]
    return partial(concat_imgs, volumes, auto_resample=True)


def _masker(folder: Path) -> Work:
    from boldglm.maskers import NiftiMasker

    del folder
    files = image_problems.functions(small=True)
    options = {"detrend": True, "standardize": "zscore_sample", "high_pass": 0.01}
    masker = NiftiMasker(mask_img=files["mask"], t_r=2.0, **options)
    return lambda: masker.fit().transform(files["run"])


def _flips(n_perm: int, **options: Any) -> Callable[[Path], Work]:
    def prepare(folder: Path) -> Work:
        from boldglm.maskers import NiftiMasker
        from boldglm.mass_univariate import permuted_ols

        del folder
        problem = group_problem("localizer", fast=True)
        return partial(
            permuted_ols,
            np.ones(len(problem.maps)),
            problem.maps,
            n_perm=n_perm,
            random_state=0,
            masker=NiftiMasker(problem.mask_img).fit(),
            **options,
        )

    return prepare


def _map() -> Any:
    from boldglm.datasets import load_sample_motor_activation_image

    return load_sample_motor_activation_image()


def _thresholds(folder: Path) -> Work:
    from boldglm.glm.thresholding import cluster_level_inference, threshold_stats_img
    from boldglm.reporting import get_clusters_table

    del folder
    motor = _map()

    def work() -> list[Any]:
        _, height = threshold_stats_img(motor, alpha=0.05, height_control="fdr")
        shares = cluster_level_inference(motor, threshold=3.0)
        return [height, shares, get_clusters_table(motor, 3.0, two_sided=True)]

    return work


def _figure(name: str) -> Callable[[Path], Work]:
    def prepare(folder: Path) -> Work:
        import matplotlib as mpl

        from boldglm import plotting

        mpl.use("agg")
        path = folder / f"{name}.png"
        options = {"threshold": 3.0, "output_file": path}
        return partial(getattr(plotting, name), _map(), **options)

    return prepare


def _report(folder: Path) -> Work:
    import matplotlib as mpl
    import pandas as pd

    from boldglm.glm.first_level import FirstLevelModel

    mpl.use("agg")
    files = image_problems.fiac(small=True)
    designs = [pd.read_csv(path) for path in files["designs"]]
    model = FirstLevelModel(mask_img=files["mask"], smoothing_fwhm=5)
    model.fit(files["runs"], design_matrices=designs)
    contrasts = {"first": np.eye(designs[0].shape[1])[0]}
    path = folder / "report.html"
    return lambda: model.generate_report(contrasts, bg_img=None).save_as_html(path)


WORKS: dict[str, Callable[[Path], Work]] = {
    "design of 300 scans": _design,
    "fit of arrays, ar1": _fit("ar1"),
    "fit of arrays, ar4": _fit("ar4"),
    "contrasts to z": _contrasts,
    "run from .nii.gz, ar1": _run_from_file("ar1"),
    "run from .nii.gz, auto8": _run_from_file("auto8"),
    "resampling of volumes": _resampling,
    "masker with cleaning": _masker,
    "max-T flips": _flips(5_000),
    "cluster flips": _flips(500, threshold=0.001),
    "TFCE flips": _flips(200, tfce=True, two_sided_test=False),
    "thresholds and clusters": _thresholds,
    "plot_stat_map": _figure("plot_stat_map"),
    "plot_glass_brain": _figure("plot_glass_brain"),
    "report": _report,
}


def prepared(name: str, folder: Path) -> Work:
    """A piece of work, ready: data made, run once so that all code is loaded."""
    work = WORKS[name](folder)
    work()
    return work
