"""Public names that are loaded when they are first used."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

from boldglm._base.elsewhere import PEER_ONLY, PEER_PACKAGES
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


@pytest.mark.parametrize(
    ("module", "name", "where"),
    [
        ("boldglm.plotting", "view_img", "nilearn.plotting"),
        ("boldglm.datasets", "fetch_haxby", "nilearn.datasets"),
        (
            "boldglm.interfaces.fmriprep",
            "load_confounds",
            "nilearn.interfaces.fmriprep",
        ),
        ("boldglm", "surface", "nilearn"),
    ],
)
def test_a_name_of_nilearn_that_is_not_there_is_told_from_others(module, name, where):
    """By every way of asking for it, and without a lie to those who only look."""
    message = rf"^{module} has no '{name}': import it from {where}\. Images are nib"
    with pytest.raises(ImportError, match=message) as error:
        exec(f"from {module} import {name}", {})
    assert error.value.name == module
    found = importlib.import_module(module)
    with pytest.raises(AttributeError, match=message):
        getattr(found, name)
    assert not hasattr(found, name)
    with pytest.raises(ImportError, match="cannot import name 'no_such_name'"):
        exec(f"from {module} import no_such_name", {})


def test_modules_within_a_package_are_no_names_of_nilearn():
    """They would be hidden: what looks for them first asks for the name."""
    for package, names in PEER_ONLY.items():
        paths = importlib.import_module(f"boldglm.{package}").__path__
        assert not names & {one.name for one in pkgutil.iter_modules(paths)}
    here = importlib.import_module("boldglm").__path__
    assert not PEER_PACKAGES & {one.name for one in pkgutil.iter_modules(here)}


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
