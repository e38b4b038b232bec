"""Scripts run the same at the desk and where there is no screen."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import warnings
warnings.simplefilter("error")
import numpy as np
from nibabel.nifti1 import Nifti1Image
from boldglm.plotting import plot_glass_brain, plot_stat_map, show

values = np.zeros((20, 24, 18), dtype=np.float32)
values[5, 9, 11] = 9.0
affine = np.diag([6.0, 6.0, 6.0, 1.0])
affine[:3, 3] = -57.0, -90.0, -40.0
img = Nifti1Image(values, affine)
display = plot_stat_map(img, bg_img=None, threshold=3)
display.savefig("cuts.png")
plot_glass_brain(img, output_file="looks.png")
plot_stat_map(img, bg_img=None, output_file="file.png")
show()
from matplotlib import pyplot as plt
plt.savefig("current.png")
plt.show()
print("done", plt.get_fignums())
"""


@pytest.mark.parametrize("backend", ["TkAgg", None, "agg"])
def test_figures_are_drawn_without_a_screen_and_without_a_word(backend, tmp_path):
    hidden = {"MPLBACKEND", "DISPLAY", "WAYLAND_DISPLAY"}
    environment = {key: one for key, one in os.environ.items() if key not in hidden}
    if backend:
        environment["MPLBACKEND"] = backend
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "done [1]\n"
    written = {one.name for one in tmp_path.iterdir()}
    assert written == {"cuts.png", "looks.png", "file.png", "current.png"}
