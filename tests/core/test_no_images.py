"""Numbers know nothing of images: `core` works where nothing else is installed."""

import pkgutil
import subprocess
import sys

import pytest

import boldglm.core

BLOCKER = """
import sys
from importlib.abc import MetaPathFinder


class Blocker(MetaPathFinder):
    names = {"nibabel", "pandas", "matplotlib", "sklearn", "joblib", "statsmodels"}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ImportError(f"core may not import {name}")


sys.meta_path.insert(0, Blocker())
"""

FIT = """
import numpy as np
from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.gls import fit_glm, residuals
from boldglm.core.noise import noise_model
from boldglm.core.tails import f_to_z, t_to_z

rng = np.random.default_rng(0)
X = np.column_stack([rng.standard_normal((40, 2)), np.ones(40)])
Y = rng.standard_normal((40, 3)).astype(np.float32)
for name in ("ols", "ar1", "ar2"):
    fit = fit_glm(Y, X, noise_model(name))
    residuals(Y, fit)
    t = contrast_stat(fit, [1, 0, 0])
    F = contrast_stat(fit, np.eye(3)[:2])
    assert np.isfinite(t_to_z(statistic(t), t.dof)).all()
    assert np.isfinite(f_to_z(statistic(F), F.dim, F.dof)).all()
"""

MODULES = [module.name for module in pkgutil.iter_modules(boldglm.core.__path__)]


def python(code):
    run = subprocess.run(
        [sys.executable, "-c", BLOCKER + code],
        check=False,
        capture_output=True,
        text=True,
    )
    return run.returncode, run.stderr


def test_every_module_of_core_is_imported_with_images_and_tables_blocked():
    assert len(MODULES) > 10
    imports = "\n".join(f"import boldglm.core.{name}" for name in MODULES)
    assert python(imports) == (0, "")


def test_a_fit_and_its_contrasts_need_no_images_or_tables():
    assert python(FIT) == (0, "")


@pytest.mark.parametrize("name", ["nibabel", "pandas", "matplotlib.pyplot"])
def test_the_blocker_blocks(name):
    code, error = python(f"import {name}")
    assert code == 1
    assert f"core may not import {name.partition('.')[0]}" in error
