"""From a model to a page, and back to the numbers."""

import base64
import gzip
import inspect
import json
import re
import warnings

import nibabel as nib
import numpy as np
import pytest
from tests.reporting import simulated_models as sim

from boldglm._base.warnings import ThresholdWarning
from boldglm.glm.first_level import FirstLevelModel
from boldglm.glm.second_level import SecondLevelModel
from boldglm.reporting import HTMLReport, get_clusters_table, make_glm_report


@pytest.fixture(scope="module")
def model():
    return sim.first_level()


def embedded(page):
    """The machine-readable part of a page."""
    found = re.search(
        r'<script[^>]*id="boldglm-report"[^>]*>(.*?)</script>', page, re.DOTALL
    )
    return json.loads(found.group(1))


def test_numbers_in_the_page_are_those_of_maps_and_tables(model):
    report = model.generate_report({"a - b": "a - b"}, bg_img=None, title="Two < three")
    assert isinstance(report, HTMLReport)
    data = embedded(report.get_standalone())
    (one,) = data["contrasts"]
    z_img = model.compute_contrast("a - b")
    table = get_clusters_table(z_img, one["height"])
    rows = [(c["label"], c["x"], c["y"], c["z"], c["peak"]) for c in one["clusters"]]
    assert rows == [(str(r[0]), *r[1:5]) for r in table.itertuples(index=False)]
    img = nib.Nifti1Image.from_bytes(
        gzip.decompress(base64.b64decode(one["volume"]["nifti"]))
    )
    first = np.rint(np.linalg.inv(z_img.affine) @ img.affine[:, 3]).astype(int)[:3]
    box = tuple(slice(a, a + n) for a, n in zip(first, img.shape, strict=True))
    gap = np.abs(img.get_fdata() - z_img.get_fdata()[box]).max()
    assert gap <= 0.5001 * one["volume"]["step"]
    assert data["title"] == "Two < three"
    assert data["runs"][0]["regressors"]["rows"][0][0] == "a"


@pytest.mark.parametrize("make", ["first_level", "second_level"])
def test_both_levels_have_a_report(make):
    own = getattr(sim, make)()
    page = own.generate_report(bg_img=None).get_standalone()
    assert page.lower().startswith("<!doctype html>")


def test_an_old_height_is_no_wish_and_another_one_is(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = make_glm_report(model, "a", bg_img=None)
    assert (report.width, report.height) == (800, 800)
    assert embedded(report.get_standalone())["contrasts"][0]["height"] == pytest.approx(
        3.0902, abs=1e-4
    )
    with pytest.warns(ThresholdWarning, match="threshold=4 is not used"):
        make_glm_report(model, "a", bg_img=None, threshold=4)
    own = make_glm_report(model, "a", bg_img=None, height_control=None)
    assert embedded(own.get_standalone())["contrasts"][0]["height"] == 3.09


def test_the_frame_has_the_size_that_is_asked_for(model):
    report = model.generate_report(bg_img=None, report_dims=(640, 480))
    assert (report.width, report.height) == (640, 480)
    with pytest.raises(ValueError, match="report_dims is 640"):
        model.generate_report(bg_img=None, report_dims=640)


@pytest.mark.parametrize("own", [FirstLevelModel, SecondLevelModel])
def test_signatures_are_those_of_nilearn(own):
    peer = pytest.importorskip(f"nilearn.{own.__module__.split('.', 1)[1]}")
    theirs = inspect.signature(getattr(peer, own.__name__).generate_report).parameters
    ours = inspect.signature(own.generate_report).parameters
    assert [(p.name, p.default) for p in ours.values()] == [
        (p.name, p.default) for p in theirs.values()
    ]


def test_hostile_names_run_nothing(model):
    hostile = "<script>alert(1)</script>"
    page = model.generate_report(
        {hostile: "a"}, bg_img=None, title=hostile
    ).get_standalone()
    assert hostile not in page
    assert embedded(page)["contrasts"][0]["name"] == hostile
