"""The figures of the image functions against stored ones, as an eye compares them.

Both are blurred and reduced to a coarse grid: other fonts, another version of
matplotlib's rendering pass; a panel that is flipped, moved, recoloured or missing does
not. To store them anew (and look at each before it is kept)::

    BOLDGLM_REWRITE_PICTURES=1 pytest tests/plotting/test_pictures.py
"""

import os
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image
from PIL import Image, ImageFilter
from tests.plotting.phantoms import body, world_axes

from boldglm.datasets import load_sample_motor_activation_image
from boldglm.plotting import (
    plot_anat,
    plot_epi,
    plot_glass_brain,
    plot_img,
    plot_roi,
    plot_stat_map,
)

pytestmark = pytest.mark.golden

FOLDER = Path(__file__).parent / "pictures"
REWRITE = "BOLDGLM_REWRITE_PICTURES" in os.environ
DPI = 48
COLUMNS = 96
"""Of the coarse grid."""

MEAN, LIGHT, COLOUR = 0.005, 0.25, 0.1
"""Largest differences that pass, where black to white is 1: of all cells on average,
of one cell in how light it is, and in its colour, which no letter has."""


@cache
def motor():
    return load_sample_motor_activation_image()


@cache
def regions():
    """Three cubes, one of them behind, of unlike size."""
    values = np.zeros((37, 45, 38), dtype=np.uint8)
    values[7:12, 20:25, 28:33] = 1
    values[24:28, 20:25, 29:33] = 2
    values[16:21, 8:13, 20:32] = 3
    return Nifti1Image(values, world_axes())


PICTURES = {
    "stat_map_ortho": lambda: plot_stat_map(
        motor(), threshold=3, title="left minus right"
    ),
    "stat_map_z_black": lambda: plot_stat_map(
        motor(), threshold=3, display_mode="z", cut_coords=4, black_bg=True
    ),
    "stat_map_tiled": lambda: plot_stat_map(
        motor(), threshold=3, display_mode="tiled", radiological=True
    ),
    "stat_map_mosaic": lambda: plot_stat_map(
        motor(), threshold=3, display_mode="mosaic", cut_coords=3
    ),
    "glass_brain": lambda: plot_glass_brain(motor(), threshold=4.5),
    "glass_brain_signed": lambda: plot_glass_brain(
        motor(), threshold=4.5, display_mode="lyrz", plot_abs=False, title="signed"
    ),
    "anat": lambda: plot_anat(cut_coords=(-37, -24, 40)),
    "epi": lambda: plot_epi(body(), cut_coords=(-37, -25, 57), title="first volume"),
    "img": lambda: plot_img(motor(), cut_coords=(-37, -24, 56), cmap="viridis"),
    "roi_contours": lambda: plot_roi(
        regions(), view_type="contours", cut_coords=(-37, -24, 57)
    ),
}


def drawn(display):
    """(row, column, RGB) from 0 to 1, row 0 on top."""
    stream = BytesIO()
    display.savefig(stream, dpi=DPI)
    display.close()
    return read(stream)


def read(file):
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGB"), dtype=float) / 255


def coarse(picture):
    height, width, _ = picture.shape
    image = Image.fromarray(np.rint(255 * picture).astype(np.uint8))
    cell = width / COLUMNS
    blurred = image.filter(ImageFilter.GaussianBlur(0.6 * cell))
    size = (COLUMNS, max(round(height / cell), 1))
    return np.asarray(blurred.resize(size, Image.Resampling.BOX), dtype=float) / 255


def differences(picture, stored):
    """Of cells: mean, largest in light, largest in colour; of other shapes 1."""
    if np.abs(np.subtract(picture.shape, stored.shape)).max() > 2:
        return 1.0, 1.0, 1.0
    one, other = coarse(picture), coarse(stored)
    rows = min(len(one), len(other))
    apart = one[:rows] - other[:rows]
    light = apart.mean(axis=2, keepdims=True)
    colour = np.abs(apart - light).max()
    return float(np.abs(apart).mean()), float(np.abs(light).max()), float(colour)


def is_like(picture, stored):
    mean, light, colour = differences(picture, stored)
    return mean <= MEAN and light <= LIGHT and colour <= COLOUR


@pytest.mark.parametrize("name", PICTURES)
def test_a_figure_looks_as_it_did(name):
    picture = drawn(PICTURES[name]())
    path = FOLDER / f"{name}.png"
    if REWRITE:
        FOLDER.mkdir(exist_ok=True)
        few = Image.fromarray(np.rint(255 * picture).astype(np.uint8))
        few.quantize(256, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)
    stored = read(path)
    assert is_like(picture, stored), (name, *differences(picture, stored))


def test_stored_pictures_are_small_and_all_of_them_are_compared():
    files = list(FOLDER.iterdir())
    assert {one.stem for one in files} == set(PICTURES)
    sizes = [one.stat().st_size for one in files]
    assert max(sizes) <= 25_000
    assert sum(sizes) <= 400_000


@pytest.mark.parametrize("name", PICTURES)
def test_other_letters_pass(name):
    from matplotlib import pyplot as plt

    with plt.rc_context({"font.family": "DejaVu Serif", "text.hinting": "none"}):
        picture = drawn(PICTURES[name]())
    assert is_like(picture, read(FOLDER / f"{name}.png"))


@pytest.mark.parametrize("name", PICTURES)
def test_flipped_and_shifted_figures_do_not_pass(name):
    stored = read(FOLDER / f"{name}.png")
    width = stored.shape[1]
    assert is_like(stored, stored)
    assert not is_like(stored[:, ::-1], stored)
    assert not is_like(stored[::-1], stored)
    for shift in (-0.03, 0.03):
        assert not is_like(np.roll(stored, round(shift * width), axis=1), stored)
        assert not is_like(np.roll(stored, round(shift * width), axis=0), stored)


@pytest.mark.parametrize("name", ["stat_map_ortho", "stat_map_tiled", "glass_brain"])
def test_a_panel_that_is_flipped_or_missing_does_not_pass(name):
    stored = read(FOLDER / f"{name}.png")
    for key in ("x", "y", "z"):
        for broken in ("flipped", "missing"):
            display = PICTURES[name]()
            ax = display.axes[key].ax
            if broken == "missing":
                ax.set_visible(False)
            else:
                ax.invert_xaxis()
            assert not is_like(drawn(display), stored), (key, broken)


def recoloured(display, cmap):
    for panel in display.axes.values():
        for image in panel.ax.images[-1:]:
            image.set_cmap(cmap)
    return display


@pytest.mark.parametrize("name", [name for name in PICTURES if "roi" not in name])
def test_other_colours_do_not_pass(name):
    stored = read(FOLDER / f"{name}.png")
    assert not is_like(drawn(recoloured(PICTURES[name](), "PiYG")), stored)
    if "stat_map" in name or "signed" in name:
        # colours of the signs exchanged
        assert not is_like(drawn(recoloured(PICTURES[name](), "RdBu")), stored)


@pytest.mark.parametrize("name", [name for name in PICTURES if "roi" not in name])
def test_a_missing_bar_does_not_pass(name):
    display = PICTURES[name]()
    (bar,) = [
        one for one in display.frame_axes.figure.axes if one.get_label() == "colour bar"
    ]
    bar.set_visible(False)
    assert not is_like(drawn(display), read(FOLDER / f"{name}.png"))


def test_missing_outlines_do_not_pass():
    display = PICTURES["roi_contours"]()
    from matplotlib.contour import ContourSet

    for panel in display.axes.values():
        for one in panel.ax.get_children():
            if isinstance(one, ContourSet):
                one.set_visible(False)
    assert not is_like(drawn(display), read(FOLDER / "roi_contours.png"))
