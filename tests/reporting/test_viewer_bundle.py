"""The script of the viewer, where it was built."""

import re
import tomllib
from pathlib import Path

import pytest

from boldglm.reporting import viewer_bundle
from boldglm.reporting.viewer_bundle import viewer_script

VIEWER = Path(__file__).parents[2] / "viewer"
TITLES = {
    "Permission is hereby granted, free of charge": "MIT",
    r"(?m)^ISC License": "ISC",
    r"(?m)^BSD 2-Clause License": "BSD-2-Clause",
    r"(?m)^ +Apache License\n +Version 2\.0": "Apache-2.0",
}


@pytest.fixture
def script():
    found = viewer_script()
    if found is None:
        pytest.skip("needs the viewer, which is built where npm is there")
    return found


def test_where_it_was_not_built_there_is_none(monkeypatch, tmp_path):
    monkeypatch.setattr(viewer_bundle, "_BUNDLE", tmp_path / "niivue.js")
    assert viewer_script() is None


def test_it_is_read_to_the_byte(monkeypatch, tmp_path):
    (tmp_path / "niivue.js").write_bytes(b"one;\n\xc3\xa9;\n")
    monkeypatch.setattr(viewer_bundle, "_BUNDLE", tmp_path / "niivue.js")
    assert viewer_script() == "one;\né;\n"


def test_it_can_stand_in_a_page(script):
    assert not re.search("</script|<!--", script, re.IGNORECASE)
    assert "\r" not in script
    assert "var boldglmViewer=" in script


def test_it_is_small(script):
    """A tenth of it is licences; what reads other formats was left out."""
    assert len(script) < 1.1e6


def test_the_licences_of_a_wheel_are_those_of_what_it_holds(script):
    """They are committed, because a wheel is described before the viewer is built."""
    if not VIEWER.is_dir():
        pytest.skip("needs the sources of the viewer")
    built = (viewer_bundle._BUNDLE.parent / "LICENSES.txt").read_text("utf-8")
    # Where they differ: copy the built ones, and look at the licence of the project
    assert (VIEWER / "LICENSES.txt").read_text("utf-8") == built
    project = tomllib.loads((VIEWER.parent / "pyproject.toml").read_text("utf-8"))
    assert "viewer/LICENSES.txt" in project["project"]["license-files"]


def test_the_licence_of_the_project_names_those_of_the_viewer(script):
    if not VIEWER.is_dir():
        pytest.skip("needs the sources of the viewer")
    built = (viewer_bundle._BUNDLE.parent / "LICENSES.txt").read_text("utf-8")
    project = tomllib.loads((VIEWER.parent / "pyproject.toml").read_text("utf-8"))
    named = project["project"]["license"].split(" AND ")
    parts = re.split(r"(?m)^-{72}$", built)
    found = {
        spdx
        for part in parts
        for title, spdx in TITLES.items()
        if re.search(title, part)
    }
    # every part has one that is known
    assert all(any(re.search(title, part) for title in TITLES) for part in parts)
    assert set(named) == {"BSD-3-Clause", *found}
    assert named[0] == "BSD-3-Clause"


def test_it_carries_the_licences_of_what_it_holds(script):
    licences = (viewer_bundle._BUNDLE.parent / "LICENSES.txt").read_text("utf-8")
    assert licences.strip() in script
    for name in ("@niivue/niivue 0.69.0", "gl-matrix", "fflate", "nifti-reader-js"):
        assert name in licences
    assert "BSD 2-Clause License" in licences
    assert "Apache License" in licences
