"""Where the viewer cannot run: prepared slices, and why."""

from dataclasses import replace

import pytest
from tests.reporting.sample_report import sample_content

from boldglm.reporting import viewer_bundle
from boldglm.reporting.page import write_page


@pytest.fixture(scope="module")
def content():
    return sample_content()


@pytest.fixture(params=["no graphics", "no bundle"])
def opened(request, content, monkeypatch, tmp_path):
    if request.param == "no graphics":
        request.getfixturevalue("bundle")
        found = request.getfixturevalue("flat_visit")(write_page(content))
        assert "WebGL 2" in found.text("#why-prepared")
        return found
    monkeypatch.setattr(viewer_bundle, "_BUNDLE", tmp_path / "niivue.js")
    found = request.getfixturevalue("visit")(write_page(content))
    assert "npm" in found.text("#why-prepared")
    return found


def shown(opened):
    picture = opened.page.locator("#prepared-picture")
    assert picture.is_visible()
    assert (
        picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    )
    return picture.get_attribute("src"), picture.get_attribute("alt")


def test_prepared_slices_are_shown_and_the_viewer_is_not(opened, content):
    assert opened.page.locator("#viewer").is_hidden()
    assert opened.page.locator("#threshold").is_hidden()
    slices = content.contrasts[0].slices
    source, words = shown(opened)
    assert source == opened.page.get_attribute(f"#figure-{slices.name}", "src")
    assert words == slices.alternative
    assert opened.text("#prepared-caption") == slices.caption
    assert opened.state("crosshair") is None
    assert opened.page.evaluate("boldglmReport.nv") is None


def test_the_picker_switches_pictures_and_words(opened, content):
    sources = set()
    for contrast in content.contrasts:
        opened.page.select_option("#contrast", contrast.key)
        assert opened.state("contrast") == contrast.key
        assert opened.text("#picked") == contrast.conclusion
        assert shown(opened)[1] == contrast.slices.alternative
        sources.add(shown(opened)[0])
    assert len(sources) == len(content.contrasts)


def test_a_row_is_marked_and_told(opened, content):
    cluster = content.contrasts[0].clusters[2]
    opened.page.click("#picked-clusters tr[data-cluster='2'] button")
    marked = opened.page.locator("#picked-clusters tr[data-marked]")
    assert marked.get_attribute("data-cluster") == "2"
    words = opened.text("#location")
    for number in (cluster.x, cluster.y, cluster.z):
        assert f"{number:g}" in words
    assert f"{cluster.peak:.2f}" in words
    opened.page.select_option("#contrast", content.contrasts[1].key)
    assert opened.text("#location") == ""


def test_a_contrast_without_slices_shows_no_broken_picture(flat_visit, content, bundle):
    bare = replace(content.contrasts[1], slices=None)
    opened = flat_visit(
        write_page(replace(content, contrasts=(content.contrasts[0], bare)))
    )
    opened.page.select_option("#contrast", bare.key)
    assert opened.page.locator("#prepared-picture").is_hidden()
    opened.page.select_option("#contrast", content.contrasts[0].key)
    assert shown(opened)


def test_without_scripts_all_but_the_viewer_is_there(visit, content):
    opened = visit(write_page(content), java_script_enabled=False)
    assert opened.page.locator("#explorer").is_hidden()
    assert opened.page.locator("noscript").count() == 1
    for contrast in content.contrasts:
        assert opened.page.locator(f"#figure-{contrast.slices.name}").is_visible()
    assert opened.page.locator("button:visible:not(.go)").count() == 0
