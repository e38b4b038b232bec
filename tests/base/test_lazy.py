"""Public names that are loaded when they are first used."""

import importlib
import subprocess
import sys

import pytest

from boldglm._base.lazy import attach

PACKAGES = [
    "boldglm.glm",
    "boldglm.glm.first_level",
    "boldglm.image",
    "boldglm.interfaces",
    "boldglm.interfaces.bids",
    "boldglm.maskers",
    "boldglm.datasets",
    "boldglm.plotting",
]


def test_a_name_is_taken_from_its_module():
    get, listing = attach("boldglm.core", {"blocks": "boldglm.core.parallel"})
    parallel = importlib.import_module("boldglm.core.parallel")
    assert get("blocks") is parallel.blocks
    assert listing() == ["blocks"]


def test_a_submodule_is_itself():
    get, _ = attach("boldglm.core", {"parallel": "boldglm.core.parallel"})
    assert get("parallel") is importlib.import_module("boldglm.core.parallel")


def test_other_names_are_attribute_errors():
    get, _ = attach("boldglm.core", {})
    message = "module 'boldglm.core' has no attribute 'tfce'"
    with pytest.raises(AttributeError, match=message):
        get("tfce")


@pytest.mark.parametrize("package", PACKAGES)
def test_names_of_a_package_are_listed_and_hasattr_works(package):
    module = importlib.import_module(package)
    names = module.__all__
    assert set(names) <= set(dir(module))
    assert not hasattr(module, "no_such_name")
    assert len(set(names)) == len(names)


def test_importing_a_package_does_not_load_its_modules():
    code = (
        "import sys, boldglm.glm.first_level as f;"
        "loaded = [m for m in sys.modules if m.startswith('boldglm.glm.first_level.')];"
        "sys.exit(len(loaded))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_first_level_model_needs_no_slow_library():
    """What would make the import slow is loaded by what needs it."""
    code = (
        "import sys; from boldglm.glm.first_level import FirstLevelModel;"
        "slow = {'scipy.stats', 'pandas', 'matplotlib', 'numba', 'sklearn'};"
        "sys.exit(' '.join(slow & set(sys.modules)) or 0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")
