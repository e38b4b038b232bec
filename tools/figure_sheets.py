"""Lay our figures beside the peer's, of the same maps: one sheet per function.

::

    python tools/figure_sheets.py FOLDER

Needs the extra ``[peer]``. Every sheet is a PNG with a row per case: ours on the left.
"""

import argparse
import sys
import warnings
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

Case = tuple[str, dict[str, Any]]


def main() -> int:
    """Draw all sheets; 0 when done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the sheets go")
    parser.add_argument("--only", help="one function, such as plot_stat_map")
    options = parser.parse_args()
    import matplotlib as mpl

    mpl.use("agg")
    warnings.simplefilter("ignore")
    options.folder.mkdir(parents=True, exist_ok=True)
    for function, (given, cases) in sheets().items():
        if options.only in {None, function}:
            path = options.folder / f"{function}.png"
            draw_sheet(function, given, cases, path)
            sys.stdout.write(f"{path}\n")
    return 0


def sheets() -> dict[str, tuple[list[Any], list[Case]]]:
    """Function to what it is given, and the cases of its sheet."""
    from boldglm.datasets import load_sample_motor_activation_image

    motor = load_sample_motor_activation_image()
    scanner, anatomy, run, mask = _scanner_images()
    design, events = _design()
    at = (38, -24, 58)
    return {
        "plot_stat_map": (
            [motor],
            [
                ("ortho", {"threshold": 3.0, "title": "left against right hand"}),
                ("no threshold", {"cut_coords": at}),
                ("tiled", {"threshold": 3.0, "display_mode": "tiled"}),
                ("x", {"threshold": 3.0, "display_mode": "x", "cut_coords": 5}),
                ("z", {"threshold": 3.0, "display_mode": "z", "black_bg": True}),
                ("yx", {"threshold": 3.0, "display_mode": "yx"}),
                ("mosaic", {"threshold": 3.0, "display_mode": "mosaic"}),
                ("radiological", {"threshold": 3.0, "radiological": True}),
                ("transparent", {"transparency": motor, "cut_coords": at}),
            ],
        ),
        "plot_stat_map in the scanner": (
            [scanner],
            [
                (
                    "as on pages 000 and 001",
                    {
                        "bg_img": anatomy,
                        "threshold": 3.0,
                        "display_mode": "z",
                        "cut_coords": 3,
                        "black_bg": True,
                        "title": "faces-scrambled",
                    },
                ),
                ("ortho", {"bg_img": anatomy, "threshold": 3.0}),
            ],
        ),
        "plot_glass_brain": (
            [motor],
            [
                ("absolute", {"threshold": 3.0}),
                ("signed", {"threshold": 3.0, "plot_abs": False, "title": "signed"}),
                ("lyrz", {"threshold": 3.0, "plot_abs": False, "display_mode": "lyrz"}),
                ("z", {"threshold": 3.0, "plot_abs": False, "display_mode": "z"}),
                ("black", {"threshold": 3.0, "black_bg": True}),
                ("auto", {}),
            ],
        ),
        "plot_anat": ([], [("template", {}), ("z", {"display_mode": "z"})]),
        "plot_epi": ([anatomy], [("ortho", {}), ("y", {"display_mode": "y"})]),
        "plot_img": ([scanner], [("ortho", {}), ("auto", {"threshold": "auto"})]),
        "plot_roi": (
            [_regions(motor)],
            [("filled", {}), ("contours", {"view_type": "contours"})],
        ),
        "plot_design_matrix": ([design], [("", {})]),
        "plot_design_matrix_correlation": ([design], [("", {}), ("", {"tri": "diag"})]),
        "plot_contrast_matrix": (["faces - houses", design], [("", {})]),
        "plot_event": ([[events, events[::2]]], [("two runs", {})]),
        "plot_img_comparison": ([[motor], [_shrunk(motor)]], [("", {})]),
        "plot_bland_altman": ([motor, _shrunk(motor)], [("", {})]),
        "plot_carpet": ([run], [("", {"mask_img": mask, "t_r": 2.0})]),
    }


def _scanner_images() -> tuple[Any, Any, Any, Any]:
    """A map, an anatomy, a run and a mask on a grid that lies oblique."""
    from nibabel.nifti1 import Nifti1Image
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(7)
    shape = (52, 60, 30)
    affine = np.diag([3.5, 3.5, 4.0, 1.0])
    affine[:3, :3] = [[3.4, -0.5, 0.0], [0.5, 3.4, 0.6], [0.0, -0.5, 3.9]]
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) / 2)
    grid = np.moveaxis(np.indices(shape), 0, -1) - np.array(shape) / 2
    distance = np.linalg.norm(grid / [21.0, 26.0, 13.0], axis=-1)
    inside = distance < 1
    folds = gaussian_filter(rng.normal(size=shape), 1.5)
    brain = np.where(inside, 800 + 900 * folds, 30 * rng.random(shape))
    values = gaussian_filter(rng.normal(size=shape), 1.2)
    values /= values[inside].std()
    values[30:37, 12:19, 10:15] += 5
    values[~inside] = 0
    drift = 20 * np.sin(np.linspace(0, 9, 150))
    scans = brain[..., None] + rng.normal(0, 15, (*shape, 150)) + drift
    mask = inside.astype(np.uint8)
    return (
        Nifti1Image(values.astype(np.float32), affine),
        Nifti1Image(brain.astype(np.float32), affine),
        Nifti1Image(scans.astype(np.float32), affine),
        Nifti1Image(mask, affine),
    )


def _design() -> tuple[Any, Any]:
    import pandas as pd

    from boldglm.glm.first_level import make_first_level_design_matrix

    rng = np.random.default_rng(3)
    events = pd.DataFrame(
        {
            "onset": np.arange(10, 380, 10.0),
            "duration": rng.choice([1.0, 4.0], 37),
            "trial_type": rng.choice(["faces", "houses", "chairs"], 37),
        }
    )
    times = np.arange(200) * 2.0
    return make_first_level_design_matrix(times, events, hrf_model="spm"), events


def _regions(motor: Any) -> Any:
    from nibabel.nifti1 import Nifti1Image
    from scipy.ndimage import label

    found, _ = label(np.abs(motor.get_fdata()) > 3.5)
    sizes = np.bincount(found.ravel())
    large = np.flatnonzero(sizes[1:] > 20) + 1
    regions = np.zeros(found.shape, np.int16)
    for number, one in enumerate(large, start=1):
        regions[found == one] = number
    return Nifti1Image(regions, motor.affine)


def _shrunk(motor: Any) -> Any:
    from nibabel.nifti1 import Nifti1Image

    values = motor.get_fdata(dtype=np.float32)
    noise = np.random.default_rng(1).normal(0, 0.5, values.shape) * (values != 0)
    return Nifti1Image((0.8 * values + noise).astype(np.float32), motor.affine)


def draw_sheet(function: str, given: list[Any], cases: list[Case], path: Path) -> None:
    """Draw every case by both programs and put the pictures on one sheet."""
    from matplotlib.figure import Figure
    from matplotlib.image import imread

    name = function.split(maxsplit=1)[0]
    with TemporaryDirectory() as folder:
        rows = []
        for number, (label, options) in enumerate(cases):
            row = []
            for program in ("boldglm", "nilearn"):
                file = Path(folder) / f"{number}_{program}.png"
                draw(program, name, given, options, file)
                row.append(imread(file))
            rows.append((label, row))
    heights = [max(one.shape[0] / one.shape[1] for one in row) for _, row in rows]
    sheet = Figure(figsize=(16, 0.6 + 7.6 * sum(heights)), layout="constrained")
    axes = sheet.subplots(len(rows), 2, squeeze=False, height_ratios=heights)
    for line, (label, row) in zip(axes, rows, strict=True):
        for cell, picture, program in zip(line, row, ("ours", "nilearn"), strict=True):
            cell.imshow(picture)
            cell.set_title(f"{program}: {label}" if label else program, fontsize=10)
            cell.set_axis_off()
    sheet.savefig(path, dpi=100, facecolor="0.85")


def draw(
    program: str, name: str, given: list[Any], options: dict[str, Any], file: Path
) -> None:
    """One figure of one program, on disk; pyplot's current one, whoever made it."""
    import matplotlib.pyplot as plt

    plot = getattr(import_module(f"{program}.plotting"), name)
    plot(*given, **options)
    plt.gcf().savefig(file, dpi=100)
    plt.close("all")


if __name__ == "__main__":
    sys.exit(main())
