"""Figures: seconds from the call to the PNG on disk, and whether they show the same."""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd

from benchmarks.baseline import asked
from benchmarks.timing import Result, alternate

Image = nib.Nifti1Image
Program = str


def run(fast: bool, repeats: int) -> Iterator[Result]:
    """Maps, designs and comparisons, drawn and written by both programs."""
    import matplotlib as mpl

    mpl.use("agg")
    warnings.simplefilter("ignore")
    repeats = max(repeats, 1 if fast else 9)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _maps(folder, repeats)
        yield from _designs(folder, repeats)
        yield _growth(folder, 10 if fast else 200)


def _images() -> tuple[Image, Image, Image]:
    """A map in MNI space; a map and its anatomy on a grid that lies oblique."""
    from boldglm.datasets import load_sample_motor_activation_image

    motor = load_sample_motor_activation_image()
    rng = np.random.default_rng(5)
    affine = np.diag([3.0, 3.0, 3.5, 1.0])
    turn = np.array([[0.96, -0.28, 0.0], [0.28, 0.96, 0.0], [0.0, 0.0, 1.0]])
    affine[:3, :3] = turn @ affine[:3, :3]
    affine[:3, 3] = affine[:3, :3] @ [-32.0, -32.0, -16.0]
    oblique = rng.normal(size=(64, 64, 32)).astype(np.float32)
    oblique[20:26, 30:38, 12:18] += 7
    anatomy = rng.normal(600, 30, size=(64, 64, 32)).astype(np.float32)
    return motor, Image(oblique, affine), Image(anatomy, affine)


def _maps(folder: Path, repeats: int) -> Iterator[Result]:
    motor, oblique, anatomy = _images()
    cuts = {"cut_coords": (38, -24, 58)}
    more = {"target": 1.5}
    rows = [
        (
            "stat map, ortho",
            "plot_stat_map",
            motor,
            {"threshold": 3.0, **cuts},
            asked("plot_stat_map"),
        ),
        ("stat map, peaks searched", "plot_stat_map", motor, {"threshold": 3.0}, more),
        (
            "stat map, 3 axial cuts of an oblique image",
            "plot_stat_map",
            oblique,
            {
                "bg_img": anatomy,
                "threshold": 3.0,
                "display_mode": "z",
                "cut_coords": [-10, 0, 10],
                "black_bg": True,
            },
            more,
        ),
        ("stat map, mosaic", "plot_stat_map", motor, {"display_mode": "mosaic"}, {}),
        (
            "glass brain, ortho",
            "plot_glass_brain",
            motor,
            {"threshold": 3.0},
            asked("plot_glass_brain"),
        ),
        (
            "glass brain, lyrz, signed",
            "plot_glass_brain",
            motor,
            {"threshold": 3.0, "display_mode": "lyrz", "plot_abs": False},
            more,
        ),
        ("anatomy, template", "plot_anat", None, {"cut_coords": (0, 0, 0)}, {}),
        ("image", "plot_img", motor, {"cut_coords": (0, 0, 0)}, {}),
    ]
    for name, function, img, options, target in rows:
        draw = partial(_draw, folder, function, [] if img is None else [img], options)
        ours, peer, *_ = alternate(
            partial(draw, "boldglm"), partial(draw, "nilearn"), repeats
        )
        difference, agree = _compare(function, img, options)
        yield Result(name, ours, peer, difference, agree=agree, **target)


def _draw(
    folder: Path,
    function: str,
    given: list[Any],
    options: dict[str, Any],
    program: Program,
) -> None:
    """Draw, write, close: what a script does."""
    plot = getattr(import_module(f"{program}.plotting"), function)
    plot(*given, output_file=folder / f"{program}.png", **options)
    if program == "nilearn":
        # the peer leaves open what it wrote
        import matplotlib.pyplot as plt

        plt.close("all")


def _compare(
    function: str, img: Image | None, options: dict[str, Any]
) -> tuple[str, bool]:
    """Whether both panels show the same values, where both say where they cut."""
    fixed = isinstance(options.get("cut_coords"), tuple) and img is not None
    if not fixed and function != "plot_glass_brain":
        return "", True
    displays = {
        program: getattr(import_module(f"{program}.plotting"), function)(img, **options)
        for program in ("boldglm", "nilearn")
    }
    worst = 0.0
    for key, panel in displays["boldglm"].axes.items():
        if key in {"l", "r"}:
            continue  # the peer counts a plane of the left as right
        ours = np.ma.filled(panel.ax.images[-1].get_array(), 0.0)
        theirs = np.ma.filled(
            displays["nilearn"].axes[key].ax.images[-1].get_array(), 0
        )
        if ours.shape != theirs.shape:
            return f"panel {key} has another shape: {ours.shape}, {theirs.shape}", False
        worst = max(worst, float(np.abs(ours - theirs[::-1]).max()))
    for display in displays.values():
        display.close()
    return f"values of the panels differ by {worst:.1e} at most", worst < 1e-3


def _designs(folder: Path, repeats: int) -> Iterator[Result]:
    from boldglm.glm.first_level import make_first_level_design_matrix

    n_scans, t_r = 300, 2.0
    rng = np.random.default_rng(3)
    events = pd.DataFrame(
        {
            "onset": np.arange(10, 580, 10.0),
            "duration": 2.0,
            "trial_type": rng.choice(["faces", "houses", "chairs"], 57),
        }
    )
    times = np.arange(n_scans) * t_r
    design = make_first_level_design_matrix(times, events, hrf_model="spm + derivative")
    motor, _, anatomy = _images()
    scans = rng.normal(100, 5, size=(30, 30, 20, 200)).astype(np.float32)
    run = Image(scans, np.diag([4.0, 4.0, 4.0, 1.0]))
    mask = Image(np.ones(scans.shape[:3], np.uint8), run.affine)
    calls: list[tuple[str, str, list[Any], dict[str, Any]]] = [
        ("design matrix", "plot_design_matrix", [design], {}),
        ("correlation of a design", "plot_design_matrix_correlation", [design], {}),
        ("contrast matrix", "plot_contrast_matrix", ["faces - houses", design], {}),
        ("events", "plot_event", [events], {}),
        ("Bland-Altman", "plot_bland_altman", [anatomy, anatomy], {}),
        ("carpet, 200 scans", "plot_carpet", [run], {"mask_img": mask}),
    ]
    for name, function, given, options in calls:
        draw = partial(_draw, folder, function, given, options)
        ours, peer, *_ = alternate(
            partial(draw, "boldglm"), partial(draw, "nilearn"), repeats
        )
        yield Result(name, ours, peer, "")
    del motor


def _growth(folder: Path, figures: int) -> Result:
    """Memory that figures leave behind: the second half against the first."""
    motor, *_ = _images()
    draw: Callable[[str], None] = partial(
        _draw, folder, "plot_stat_map", [motor], {"threshold": 3.0}
    )
    marks = []
    for count in range(figures):
        draw("boldglm")
        if count in {figures // 2, figures - 1}:
            marks.append(_resident_mib())
    grown = marks[1] - marks[0]
    return Result(
        f"memory over the last {figures // 2} of {figures} figures",
        [],
        [],
        f"{grown:+.1f} MiB",
        agree=grown < 10,
    )


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20
