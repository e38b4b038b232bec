"""From files to maps: designs, the model, its import."""

import subprocess
import sys
import tempfile
import warnings
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.baseline import asked
from benchmarks.problems import fiac_like
from benchmarks.timing import Result, alternate


def _analysis(model, files, contrast):
    import pandas as pd

    designs = [pd.read_csv(path) for path in files["designs"]]
    runs = [str(path) for path in files["runs"]]
    fitted = model.fit(runs, design_matrices=designs)
    return [
        fitted.compute_contrast([row] * 2, output_type="z_score").get_fdata()
        for row in contrast
    ]


def _fiac(repeats: int) -> Result:
    from nilearn.glm.first_level import FirstLevelModel as Peer

    from boldglm.glm.first_level import FirstLevelModel

    contrast = np.pad(
        np.array([[1, -1, 0, 0], [1, 0, 0, 0], [-1, -1, 1, 1]]), ((0, 0), (0, 9))
    )
    with tempfile.TemporaryDirectory() as folder:
        files = fiac_like(Path(folder))
        options = {"mask_img": str(files["mask"]), "smoothing_fwhm": 5}
        ours, peer, z, peer_z = alternate(
            lambda: _analysis(FirstLevelModel(**options), files, contrast),
            lambda: _analysis(Peer(**options), files, contrast),
            repeats,
        )
    gap = max(
        float(np.abs(a - b).max() / b.std()) for a, b in zip(z, peer_z, strict=True)
    )
    return Result(
        "two runs 64 x 64 x 30 x 191 .nii.gz, 3 contrasts",
        ours,
        peer,
        f"z within {gap:.1e} SD (the peer's coefficients are in bins)",
        agree=gap < 0.2,
    )


def _design(repeats: int) -> Result:
    import pandas as pd
    from nilearn.glm.first_level import make_first_level_design_matrix as peer_design

    from boldglm.glm.first_level import make_first_level_design_matrix

    rng = np.random.default_rng(0)
    n_events = 120
    events = pd.DataFrame(
        {
            "onset": np.sort(rng.uniform(0, 580, n_events)),
            "duration": 1.0,
            "trial_type": rng.choice(list("abcdef"), n_events),
        }
    )
    times = np.arange(300) * 2.0
    options = {"hrf_model": "spm + derivative", "high_pass": 0.01}
    ours, peer, X, peer_X = alternate(
        partial(make_first_level_design_matrix, times, events, **options),
        partial(peer_design, times, events, **options),
        max(repeats, 5),
    )
    gap = float(np.abs(X.to_numpy() - peer_X.to_numpy()).max())
    return Result(
        "design of 300 scans, 120 events, 6 conditions",
        ours,
        peer,
        f"within {gap:.1e}",
        agree=gap < 1e-8,
    )


def _import_seconds(package: str) -> float:
    line = (
        "import time; t = time.perf_counter(); "
        f"from {package}.glm.first_level import FirstLevelModel; "
        "print(time.perf_counter() - t)"
    )
    output = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", line],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(output.stdout)


def _import(repeats: int) -> Result:
    """Seconds inside the process, not those of starting it."""
    pairs = [
        (_import_seconds("boldglm"), _import_seconds("nilearn"))
        for _ in range(repeats + 1)
    ][1:]
    ours, peer = (list(one) for one in zip(*pairs, strict=True))
    return Result(
        "import FirstLevelModel, in process", ours, peer, "", **asked("import")
    )


def run(fast: bool, repeats: int) -> list[Result]:
    """Designs, import, and the analysis of two runs from compressed files."""
    warnings.simplefilter("ignore")
    results = [_import(1 if fast else max(repeats, 5)), _design(repeats)]
    return results if fast else [*results, _fiac(repeats)]
