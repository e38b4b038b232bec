"""The script of the viewer, where it was built."""

import re

import pytest

from boldglm.reporting import viewer_bundle
from boldglm.reporting.viewer_bundle import viewer_script


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


def test_it_carries_the_licences_of_what_it_holds(script):
    licences = (viewer_bundle._BUNDLE.parent / "LICENSES.txt").read_text("utf-8")
    assert licences.strip() in script
    for name in ("@niivue/niivue 0.69.0", "gl-matrix", "fflate", "nifti-reader-js"):
        assert name in licences
    assert "BSD 2-Clause License" in licences
    assert "Apache License" in licences
