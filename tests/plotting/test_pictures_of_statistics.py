"""The figures of designs, events, runs and comparisons against stored ones.

As `test_pictures`, with more room for letters: these figures are full of them.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from nibabel.nifti1 import Nifti1Image
from PIL import Image
from tests.plotting.test_pictures import REWRITE, differences, read

from boldglm.core.whiteness import Whiteness
from boldglm.plotting import (
    plot_bland_altman,
    plot_carpet,
    plot_contrast_matrix,
    plot_design_matrix,
    plot_design_matrix_correlation,
    plot_event,
    plot_img_comparison,
    plot_noise_spectrum,
)

pytestmark = pytest.mark.golden

FOLDER = Path(__file__).parent / "pictures_of_statistics"
MEAN = 0.02
# Lines on white: less ink, and less of it is in letters
LIMITS = {"noise_spectrum": 0.004}


@cache
def design():
    scans = np.arange(80)
    blocks = {
        "faces": (scans % 40 < 10).astype(float),
        "houses": (scans % 40 >= 20).astype(float) * (scans % 40 < 30),
        "ramp": scans / 80,
    }
    drift = np.cos(np.pi * (scans + 0.5) / 80)
    return pd.DataFrame({**blocks, "drift_1": drift, "constant": 1.0})


@cache
def images():
    rng = np.random.default_rng(8)
    one = rng.normal(size=(12, 12, 12)).astype(np.float32)
    other = (0.8 * one + 0.4 * rng.normal(size=one.shape)).astype(np.float32)
    return [Nifti1Image(values, np.eye(4)) for values in (one, other)]


@cache
def mask():
    return Nifti1Image(np.ones((12, 12, 12), np.uint8), np.eye(4))


@cache
def run():
    rng = np.random.default_rng(9)
    scans = rng.normal(100, 1, size=(12, 12, 12, 60)).astype(np.float32)
    scans[..., 30] += 8
    scans[6:] += np.sin(np.arange(60) / 5)
    return Nifti1Image(scans, np.eye(4))


def events():
    return pd.DataFrame(
        {
            "onset": [0.0, 20.0, 40.0, 60.0],
            "duration": 10.0,
            "trial_type": ["faces", "houses", "faces", "houses"],
        }
    )


def whitened():
    """Noise that remembers, before and after a model that takes most of it."""
    at, table = np.linspace(0, 0.5, 64), np.zeros((3, 5))
    taken = 1 - np.exp(-at / 0.02)
    return Whiteness(
        n_scans=200,
        n_voxels=500,
        before=table,
        after=table,
        white=0.9,
        frequencies=at,
        power_before=taken * 0.64 / (1.36 - 1.2 * np.cos(2 * np.pi * at)),
        power_after=taken * (1 + 0.2 * np.cos(2 * np.pi * at)),
        power_white=0.95 * taken,
    )


PICTURES = {
    "design_matrix": lambda: plot_design_matrix(design()),
    "correlation": lambda: plot_design_matrix_correlation(design()),
    "contrast": lambda: plot_contrast_matrix("faces - houses", design()),
    "event": lambda: plot_event([events(), events()[:2]]),
    "comparison": lambda: plot_img_comparison(
        images()[:1], images()[1:], masker=mask()
    ),
    "bland_altman": lambda: plot_bland_altman(*images(), masker=mask(), gridsize=30),
    "carpet": lambda: plot_carpet(run(), mask_img=mask(), t_r=2.0),
    "noise_spectrum": lambda: plot_noise_spectrum(whitened(), 2.0, title="Run 1"),
}


def drawn(name, file):
    PICTURES[name]()
    plt.gcf().savefig(file, dpi=48)
    plt.close("all")
    return read(file)


@pytest.mark.parametrize("name", PICTURES)
def test_a_figure_looks_as_it_did(name, tmp_path):
    picture = drawn(name, tmp_path / "now.png")
    path = FOLDER / f"{name}.png"
    if REWRITE:
        FOLDER.mkdir(exist_ok=True)
        few = Image.fromarray(np.rint(255 * picture).astype(np.uint8))
        few.quantize(128).save(path, optimize=True)
    mean, _, _ = differences(picture, read(path))
    assert mean <= LIMITS.get(name, MEAN)


@pytest.mark.parametrize("name", PICTURES)
def test_a_flipped_or_faded_figure_does_not_pass(name):
    stored = read(FOLDER / f"{name}.png")
    for broken in (stored[:, ::-1], stored[::-1], 0.5 + 0.5 * stored):
        mean, _, _ = differences(broken, stored)
        assert mean > LIMITS.get(name, MEAN)


def test_spectra_taken_for_each_other_do_not_pass(tmp_path):
    one = whitened()
    before, after = one.power_after, one.power_before
    wrong = replace(one, power_before=before, power_after=after)
    plot_noise_spectrum(wrong, 2.0, title="Run 1")
    plt.gcf().savefig(tmp_path / "wrong.png", dpi=48)
    stored = read(FOLDER / "noise_spectrum.png")
    mean, _, _ = differences(read(tmp_path / "wrong.png"), stored)
    assert mean > LIMITS["noise_spectrum"]


def test_stored_pictures_are_small_and_all_of_them_are_compared():
    files = list(FOLDER.iterdir())
    assert {one.stem for one in files} == set(PICTURES)
    assert sum(one.stat().st_size for one in files) <= 100_000
