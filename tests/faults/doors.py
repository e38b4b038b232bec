"""What is done to files and data, in small, and where in the middle it can be stopped.

A door is a function of a folder. `pausing` puts a pause into the middle of it: there it
says so, and waits to be stopped. Where other threads work it goes on, a step each
twentieth of a second, for longer than any test waits.
"""

import json
import os
import sys
import threading
import time
import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd

import boldglm.glm.bids_files
import boldglm.glm.first_level.storage
import boldglm.image.reading
import boldglm.image.writing
from boldglm._base import staging
from boldglm.core import maxstat
from boldglm.datasets import part_file, simulated_folder
from boldglm.datasets.fetching import bring
from boldglm.datasets.registry import Source, dataset
from boldglm.glm.first_level import FirstLevelModel
from boldglm.glm.io import save_glm_to_bids
from boldglm.image import save_img
from boldglm.image.stored import VoxelStream
from boldglm.mass_univariate import permuted_ols
from boldglm.plotting.saving import save_figure
from boldglm.reporting.html_report import HTMLReport

__all__ = ["DOORS", "IN_THREADS", "pausing", "result_of", "steps"]

SHAPE, AFFINE, N_SCANS = (8, 9, 7), np.diag([4.0, 4.0, 4.0, 1.0]), 150
RUNS = ("run-1_bold.nii.gz", "run-2_bold.nii.gz")
STEP, STEPS_BEFORE, LONGEST = 0.05, 3, 30
steps = []


def _design():
    at = np.arange(N_SCANS)
    return pd.DataFrame({"task": at % 20 < 10, "constant": True}, dtype=float)


def _mask():
    return nib.Nifti1Image(np.ones(SHAPE, np.uint8), AFFINE)


def _scans(seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(1000, 30, (*SHAPE, N_SCANS))
    return nib.Nifti1Image(values.astype(np.float32), AFFINE)


def make_runs(folder):
    """The files that fits read, and no more."""
    for seed, name in enumerate(RUNS):
        nib.save(_scans(seed), folder / name)


def fit(folder, **options):
    """Two compressed runs, which are fitted at once."""
    model = FirstLevelModel(mask_img=_mask(), n_jobs=2, **options)
    files = [str(folder / name) for name in RUNS]
    return model.fit(files, design_matrices=[_design(), _design()])


def _fitted():
    model = FirstLevelModel(mask_img=_mask(), reports=False)
    return model.fit(_scans(), design_matrices=_design())


def permute(folder):
    """Ten thousand permutations, a tile of 256 at a time."""
    rng = np.random.default_rng(3)
    data = rng.standard_normal((12, 50))
    found = permuted_ols(
        np.ones((12, 1)), data, n_perm=50_000, n_jobs=2, random_state=0,
        two_sided_test=False, exchange="sign-flip",
    )  # fmt: skip
    return found["logp_max_t"]


def save_image(folder):
    save_img(_scans(), folder / "map.nii.gz")


def save_plain_image(folder):
    save_img(_scans(), folder / "map.nii")


def save_model(folder):
    _fitted().save(folder / "model.npz")


def save_report(folder):
    page = "<!doctype html>" + "<p>faces</p>" * 20_000
    HTMLReport(page).save_as_html(folder / "report.html")


def save_picture(folder):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 4))
    figure.add_subplot().imshow(np.random.default_rng(0).random((200, 200)))
    save_figure(figure, folder / "figure.png")


def save_bids(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save_glm_to_bids(
            _fitted(), {"task": "task"}, out_dir=folder / "derived", prefix="sub-01",
            bg_img=None, threshold=3.0, height_control=None,
        )  # fmt: skip


def simulate(folder):
    def write(draft):
        for name in ("a", "b", "c"):
            values = np.asarray(_scans().dataobj)[..., :9]
            simulated_folder.write_map(draft / f"{name}.nii.gz", values, AFFINE, 2.0)

    simulated_folder.write_whole(folder / "simulated", {"seed": 0}, write)


def download(folder):
    """From the server whose address is in a file."""
    url = json.loads((folder / "server.json").read_text())
    source = Source("run.nii", (url,), 10**6)
    bring(dataset("fiac"), folder, [source], verbose=0)


DOORS = {
    "fit": fit,
    "permutation": permute,
    "image .nii.gz": save_image,
    "image .nii": save_plain_image,
    "model": save_model,
    "report": save_report,
    "figure": save_picture,
    "BIDS, its maps": save_bids,
    "BIDS, its moves": save_bids,
    "simulation": simulate,
    "download": download,
}
IN_THREADS = ("fit", "permutation")


def _say(**what):
    os.write(1, (json.dumps(what) + "\n").encode())


def _wait(name):
    """Say that the middle is reached, and stay there, or go on slowly."""
    steps.append(threading.current_thread().name)
    if len(steps) == STEPS_BEFORE:
        _say(at=name)
        if name not in IN_THREADS:
            time.sleep(LONGEST)
            sys.exit("nobody has stopped it")
    if len(steps) >= STEPS_BEFORE and name in IN_THREADS:
        time.sleep(STEP)


def _after(owner, attribute, name):
    """Wait after each call of a function."""
    real = getattr(owner, attribute)

    def waits(*args, **kwargs):
        result = real(*args, **kwargs)
        _wait(name)
        return result

    setattr(owner, attribute, waits)


def _scan_by_scan(name):
    real = boldglm.image.reading.iter_blocks

    def one_by_one(*args, **kwargs):
        for item in real(*args, size=1, **kwargs):
            yield item
            _wait(name)

    boldglm.image.writing.iter_blocks = one_by_one


def _half_a_page(name):
    real = Path.write_bytes

    def half(self, data):
        real(self, data[: len(data) // 2])
        steps.extend(["a half"] * (STEPS_BEFORE - 1))
        _wait(name)

    Path.write_bytes = half


def _pieces_of_a_picture(name):
    import PIL.ImageFile

    real = PIL.ImageFile._encode_tile

    def half(image, file, *args, **kwargs):
        file.write(b"half of it")
        steps.extend(["a half"] * (STEPS_BEFORE - 1))
        _wait(name)
        return real(image, file, *args, **kwargs)

    PIL.ImageFile._encode_tile = half


def _moves(name):
    """Only those of files that are written together, not those of each of them."""
    real = staging._move

    def slowly(*args):
        _after(Path, "replace", name)
        real(*args)

    staging._move = slowly


def pausing(name):
    """Put pauses into the middle of a door, in this process, for good."""
    steps.clear()
    if name == "fit":
        boldglm.image.reading._block_size = lambda *_: 1
        _after(VoxelStream, "read_into", name)
    elif name == "permutation":
        _after(maxstat._Sweep, "tile", name)
    elif name.startswith("image"):
        _scan_by_scan(name)
    elif name == "model":
        _after(np.lib.format, "write_array", name)
    elif name == "report":
        _half_a_page(name)
    elif name == "figure":
        _pieces_of_a_picture(name)
    elif name == "BIDS, its maps":
        _after(boldglm.glm.bids_files, "save_img", name)
    elif name == "BIDS, its moves":
        _moves(name)
    elif name == "download":
        _after(part_file._Writer, "_write", name)
    elif name == "simulation":
        _after(simulated_folder, "write_map", name)


def result_of(name, folder):
    """Numbers of a door that writes nothing."""
    made = DOORS[name](folder)
    if name == "fit":
        return [float(fit.beta.sum()) for fit in made.fits_]
    return [float(made.sum())]
