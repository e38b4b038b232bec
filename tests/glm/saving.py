"""Small fitted models that are saved, and reports and pictures that cost nothing."""

import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd

import boldglm.plotting.figures
import boldglm.reporting.glm_report
from boldglm.glm.first_level import FirstLevelModel
from boldglm.glm.second_level import SecondLevelModel

SHAPE = (6, 6, 6)
AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
N_SCANS = 30
NAMES = ("face", "house", "constant")


class Page:
    """A report that says what it was asked."""

    def __init__(self, asked):
        self.asked = asked

    def save_as_html(self, path):
        Path(path).write_text(repr(sorted(self.asked)))


def stub_reports(monkeypatch):
    """Let models make pages that are empty; return what they are asked, in order."""
    asked = []

    def generate(model, **options):
        asked.append(options)
        return Page(options)

    monkeypatch.setattr(boldglm.reporting.glm_report, "generate", generate)
    return asked


def stub_pictures(monkeypatch):
    """Let figures be files that are empty: most of the time is in filling them."""
    monkeypatch.setattr(
        boldglm.plotting.figures, "save_figure", lambda _, path: Path(path).touch()
    )


def mask():
    inside = np.zeros(SHAPE, np.uint8)
    inside[1:, 1:, 1:] = 1
    return nib.Nifti1Image(inside, AFFINE)


def design():
    at = np.arange(N_SCANS)
    return pd.DataFrame(
        {"face": at % 10 < 5, "house": at % 7 < 3, "constant": True}, dtype=float
    )


def run(seed=0):
    """Faces matter in a cube of 2 x 2 x 2 voxels, houses in another."""
    data = np.random.default_rng(seed).standard_normal((*SHAPE, N_SCANS))
    data += 100
    data[1:3, 1:3, 1:3] += 4 * design()["face"].to_numpy()
    data[4:, 4:, 4:] += 4 * design()["house"].to_numpy()
    return nib.Nifti1Image(data.astype(np.float32), AFFINE)


def write_runs(folder, names):
    """Files of runs under the given names."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(names):
        nib.save(run(seed), folder / name)
    return [str(folder / name) for name in names]


def first_level(runs, cls=FirstLevelModel, **options):
    """A model of runs, each of them with the same design."""
    designs = [design()] * len(runs) if isinstance(runs, list) else design()
    options = {"noise_model": "ols", "minimize_memory": False, **options}
    model = cls(t_r=2.0, mask_img=mask(), **options)
    with warnings.catch_warnings():
        # that designs need no repetition time: it is there to be saved
        warnings.simplefilter("ignore")
        return model.fit(runs, design_matrices=designs)


def group(cls=SecondLevelModel, columns=("intercept",), **options):
    """A model of the maps of eight subjects."""
    rng = np.random.default_rng(3)
    maps = [nib.Nifti1Image(1 + rng.standard_normal(SHAPE), AFFINE) for _ in range(8)]
    table = pd.DataFrame({"intercept": np.ones(8), "age": np.arange(8.0) - 3.5})
    options = {"minimize_memory": False, **options}
    model = cls(mask_img=mask(), **options)
    return model.fit(maps, design_matrix=table[list(columns)])


def written(folder):
    """Names of all files in a folder and below."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in Path(folder).rglob("*")
        if path.is_file()
    )
