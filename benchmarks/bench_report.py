"""The report of two runs and eight contrasts, from fitted models to the file."""

import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.baseline import asked
from benchmarks.problems import fiac_like
from benchmarks.timing import Ask, Result, alternate

#: MB of the file, at most
LARGEST = 8.0


def _contrasts(n_columns: int) -> dict[str, np.ndarray]:
    """Those of the page of two runs, of full length: the peer's pads are slow."""
    rows = {
        "SStSSp_minus_DStDSp": [1, 0, 0, -1],
        "DStDSp_minus_SStSSp": [-1, 0, 0, 1],
        "DSt_minus_SSt": [-1, -1, 1, 1],
        "DSp_minus_SSp": [-1, 1, -1, 1],
        "DSt_minus_SSt_for_DSp": [0, -1, 0, 1],
        "DSp_minus_SSp_for_DSt": [0, 0, -1, 1],
        "Deactivation": [-1, -1, -1, -1, 4],
    }
    contrasts = {
        name: np.pad(np.array([row], float), ((0, 0), (0, n_columns - len(row))))
        for name, row in rows.items()
    }
    return contrasts | {"Effects_of_interest": np.eye(n_columns)[:5]}


def _fitted(model: Any, files: dict[str, Any]) -> Any:
    import pandas as pd

    designs = [pd.read_csv(path) for path in files["designs"]]
    return model.fit([str(path) for path in files["runs"]], design_matrices=designs)


def _write(
    model: Any, contrasts: dict[str, np.ndarray], bg_img: Any, path: Path
) -> Any:
    report = model.generate_report(
        contrasts, bg_img=bg_img, title="two-runs fMRI model fitting"
    )
    report.save_as_html(path)
    return report


def run(fast: bool, repeats: int) -> list[Result]:
    """Both programs fit once, and report in turn."""
    import matplotlib as mpl
    from nilearn.glm.first_level import FirstLevelModel as Peer

    from boldglm.glm.first_level import FirstLevelModel
    from boldglm.image import mean_img
    from boldglm.reporting.gather import gather
    from boldglm.reporting.report_options import checked_options

    mpl.use("agg")
    warnings.simplefilter("ignore")
    shape, n_scans = ((20, 20, 12), 60) if fast else ((64, 64, 30), 191)
    size = " x ".join(map(str, shape))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = fiac_like(folder, shape, n_scans)
        options = {"mask_img": str(files["mask"]), "smoothing_fwhm": 5}
        ours, peer = (_fitted(one(**options), files) for one in (FirstLevelModel, Peer))
        contrasts = _contrasts(ours.design_matrices_[0].shape[1])
        if fast:
            contrasts = dict(list(contrasts.items())[-2:])
        bg_img = mean_img(str(files["runs"][0]))
        paths = folder / "ours.html", folder / "peer.html"
        seconds, peer_seconds, *_ = alternate(
            lambda: _write(ours, contrasts, bg_img, paths[0]),
            lambda: _write(peer, contrasts, bg_img, paths[1]),
            repeats,
        )
        megabytes = paths[0].stat().st_size / 1e6
        content = gather(ours, checked_options(contrasts=contrasts, bg_img=bg_img))
        gap = max(
            abs(
                one.volume.largest
                - float(np.abs(ours.compute_contrast(row).get_fdata()).max())
            )
            for one, row in zip(content.contrasts, contrasts.values(), strict=True)
        )
    return [
        Result(
            f"report of 2 runs, {len(contrasts)} contrasts, {size}",
            seconds,
            peer_seconds,
            f"{megabytes:.1f} MB; largest z within {gap:.0e} of the maps",
            agree=gap < 1e-5,
            also=[Ask(f"<= {LARGEST:g} MB", megabytes <= LARGEST)],
            **asked("report"),
        )
    ]
