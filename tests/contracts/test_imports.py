"""What importing costs: nothing is loaded before it is needed."""

import subprocess
import sys

import pytest

SLOW = {
    "joblib",
    "matplotlib",
    "nilearn",
    "numba",
    "pandas",
    "scipy.ndimage",
    "scipy.stats",
    "sklearn",
    "statsmodels",
}
DOORS = [
    "from boldglm.glm.first_level import FirstLevelModel",
    "from boldglm.glm.first_level import run_glm",
    "from boldglm.glm import compute_fixed_effects, threshold_stats_img",
    "from boldglm.glm import save_glm_to_bids",
    "from boldglm.image import load_img, smooth_img",
    "from boldglm.interfaces.bids import get_bids_files, save_glm_to_bids",
    "from boldglm.interfaces.fsl import get_design_from_fslmat",
    "from boldglm.masking import compute_epi_mask",
    "from boldglm.maskers import NiftiMasker",
    "from boldglm.plotting import plot_design_matrix",
    "from boldglm.reporting import get_clusters_table",
    "from boldglm.datasets import simulate_run",
    "from boldglm.datasets import fetch_fiac_first_level, fetch_localizer_contrasts",
]


def loaded_by(statement):
    """Names of the modules that a fresh Python has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_package_loads_nothing_but_itself():
    loaded = loaded_by("import boldglm; boldglm.__version__")
    assert "numpy" not in loaded
    assert {name for name in loaded if name.startswith("boldglm")} == {"boldglm"}


def test_the_command_line_starts_without_numpy():
    assert "numpy" not in loaded_by("import boldglm.cli")


@pytest.mark.parametrize("statement", DOORS)
def test_a_door_loads_nothing_slow(statement):
    assert not loaded_by(statement) & SLOW


def test_arrays_know_nothing_of_images_and_tables():
    """Numbers are computed where nibabel and pandas cannot be imported."""
    loaded = loaded_by(
        "import sys\n"
        "sys.modules.update(nibabel=None, pandas=None, matplotlib=None)\n"
        "import numpy as np\n"
        "from boldglm.core.gls import fit_glm\n"
        "from boldglm.core.contrast import contrast_stat\n"
        "from boldglm.core.noise import noise_model\n"
        "rng = np.random.default_rng(0)\n"
        "X = np.column_stack([rng.standard_normal(50), np.ones(50)])\n"
        "fit = fit_glm(rng.standard_normal((50, 3)), X, noise_model('ar2'))\n"
        "contrast_stat(fit, [1, 0])"
    )
    assert "boldglm.core.gls" in loaded
    assert not {name for name in loaded if name.startswith("boldglm.image")}
