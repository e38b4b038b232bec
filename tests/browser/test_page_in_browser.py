"""The page in a browser: any width, any light, paper, keyboard, hostile names."""

import json
import re
from pathlib import Path

import pytest
from tests.reporting.sample_report import HOSTILE, sample_content

from boldglm.reporting import viewer_bundle
from boldglm.reporting.page import write_page

OVERFLOW = """
() => {
  const width = document.documentElement.clientWidth;
  const BOXES = '.scroll, .slices, #picked-clusters, .hidden';
  const inBoxes = (element) => element.closest(BOXES);
  return [...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > width + 1)
    .filter((element) => !inBoxes(element))
    .map((element) => `${element.tagName}#${element.id}.${element.className}`);
}
"""


@pytest.fixture(scope="module")
def content():
    return sample_content()


@pytest.fixture(scope="module")
def page(content):
    return write_page(content)


@pytest.fixture(scope="module")
def still(content):
    """Without the viewer, which takes a second to start."""
    return _still(content)


@pytest.fixture(scope="module")
def crowded():
    return sample_content(n_contrasts=50, n_runs=20)


@pytest.fixture(scope="module")
def still_crowded(crowded):
    return _still(crowded)


def _still(content):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(viewer_bundle, "_BUNDLE", Path("nowhere"))
        return write_page(content)


@pytest.fixture(scope="module")
def hostile():
    return write_page(sample_content(hostile=True))


@pytest.mark.parametrize(
    ("which", "width", "scheme"),
    [
        ("plain", 1280, "light"),
        ("plain", 1280, "dark"),
        ("plain", 360, "light"),
        ("hostile", 360, "dark"),
        ("crowded", 1280, "light"),
    ],
)
def test_no_serious_barrier_is_found(
    visit, page, still_crowded, hostile, axe, scheme, width, which
):
    pages = {"plain": page, "crowded": still_crowded, "hostile": hostile}
    opened = visit(pages[which], width, color_scheme=scheme)
    opened.page.evaluate(axe)
    found = opened.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    barriers = [
        (one["id"], one["nodes"][0]["html"][:200])
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
    ]
    assert barriers == []


@pytest.mark.parametrize("which", ["plain", "crowded", "hostile"])
def test_nothing_sticks_out_at_any_width(visit, page, still_crowded, hostile, which):
    opened = visit({"plain": page, "crowded": still_crowded, "hostile": hostile}[which])
    opened.page.evaluate(
        "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
    )
    for width in (2000, 1280, 1000, 700, 360, 320):
        opened.page.set_viewport_size({"width": width, "height": 900})
        assert opened.page.evaluate(OVERFLOW) == []
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_names_run_nothing_and_are_text(visit, hostile):
    # Boxes and requests would be errors of the visit
    opened = visit(hostile)
    for text in HOSTILE:
        assert text in opened.page.title()
        assert re.sub(r"\s+", " ", text) in re.sub(r"\s+", " ", opened.text("h1"))
    for key in ("c1", "c2", "c3"):
        opened.page.select_option("#contrast", key)
        assert HOSTILE[0] in opened.text("#picked")
    opened.page.locator("#picked-clusters button").first.click()
    assert opened.page.locator("[onerror], [onmouseover], img[src='x']").count() == 0


def test_a_script_that_slipped_in_would_not_run(visit, page):
    slipped = page.replace(
        "</main>",
        "<script>window.ran = 1</script><p style='color: red'>x</p></main>",
        1,
    )
    opened = visit(slipped)
    assert opened.page.evaluate("window.ran") is None
    assert len([e for e in opened.errors if "Content Security Policy" in e]) == 2
    opened.errors.clear()


def test_a_request_that_slipped_in_would_not_leave(visit, page):
    opened = visit(page)
    answer = opened.page.evaluate(
        "fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.name)"
    )
    assert answer == "TypeError"
    assert any("Content Security Policy" in error for error in opened.errors)
    opened.errors.clear()


def test_the_theme_follows_the_system_until_it_is_chosen(visit, still):
    ground = "getComputedStyle(document.body).backgroundColor"
    light = visit(still, color_scheme="light")
    dark = visit(still, color_scheme="dark")
    colours = light.page.evaluate(ground), dark.page.evaluate(ground)
    assert colours[0] != colours[1]
    for opened, (own, other) in ((light, colours), (dark, colours[::-1])):
        assert opened.page.evaluate(ground) == own
        opened.page.click("#theme")
        assert opened.page.evaluate(ground) == other
        opened.page.click("#theme")
        assert opened.page.evaluate(ground) == own
    assert light.text("#theme") == "Dark theme"
    assert dark.text("#theme") == "Light theme"


def test_the_filter_finds_contrasts_by_parts_of_their_names(
    visit, crowded, still_crowded
):
    opened = visit(still_crowded)
    opened.page.fill("#filter", "HOUSES name_4")
    wanted = [
        contrast.key
        for contrast in crowded.contrasts
        if "houses" in contrast.name and "name_4" in contrast.name
    ]
    assert len(wanted) > 1
    shown = opened.page.locator("details.contrast:visible")
    assert shown.evaluate_all("e => e.map((d) => d.dataset.entry)") == wanted
    assert opened.text("#filter-count") == f"{len(wanted)} shown"
    entries = opened.page.locator(".contents [data-entry]:visible")
    assert entries.count() == len(wanted)
    opened.page.fill("#filter", "")
    assert shown.count() == 50
    assert opened.text("#filter-count") == ""


def test_cards_open_and_close_together_and_by_their_links(
    visit, crowded, still_crowded
):
    opened = visit(still_crowded)
    is_open = opened.page.locator("#contrasts details[open]")
    assert is_open.count() == 1
    opened.page.click("[data-for=contrasts] [data-open=true]")
    assert is_open.count() == 50
    assert opened.page.locator("#design details[open]").count() == 0
    opened.page.click("[data-for=contrasts] [data-open=false]")
    assert is_open.count() == 0
    opened.page.click(".overview [href='#contrast-c7']")
    assert is_open.evaluate_all("e => e.map((d) => d.id)") == ["contrast-c7"]
    opened.page.evaluate("location.hash = '#run-run-5'")
    opened.page.wait_for_selector("#run-run-5[open]")


def test_wide_tables_are_reached_by_the_keyboard(visit, still):
    opened = visit(still, 320)
    boxes = opened.page.locator(".scroll")
    scrolls = boxes.evaluate_all(
        "e => e.map((b) => [b.scrollWidth > b.clientWidth, b.tabIndex === 0])"
    )
    assert any(wide for wide, _ in scrolls)
    assert all(wide == reached for wide, reached in scrolls)


def test_the_first_stop_of_the_keyboard_leads_to_the_content(visit, still):
    opened = visit(still)
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.className") == "skip"
    assert opened.page.locator(".skip").bounding_box()["y"] >= 0
    opened.page.keyboard.press("Enter")
    assert opened.page.evaluate("document.activeElement.id") == "content"


def test_the_json_is_downloaded_as_it_stands(visit, still, content, tmp_path):
    opened = visit(still)
    with opened.page.expect_download() as waiting:
        opened.page.click("#download")
    assert waiting.value.suggested_filename == "Faces-and-houses-subject-01.json"
    waiting.value.save_as(tmp_path / "report.json")
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (
        told["contrasts"][0]["clusters"][0]["x"] == content.contrasts[0].clusters[0].x
    )
    # The page's own data, not asked from anywhere
    opened.requests[:] = [url for url in opened.requests if not url.startswith("blob:")]


def test_the_methods_can_be_copied(visit, still, content):
    opened = visit(still, permissions=["clipboard-read", "clipboard-write"])
    opened.page.click("#copy")
    opened.until("document.getElementById('copied').textContent")
    assert opened.text("#copied") == "Copied."
    copied = opened.page.evaluate("navigator.clipboard.readText()")
    for words in (*content.methods, *content.citations):
        assert words in copied


def test_paper_has_everything_open_and_is_white(visit, still_crowded):
    opened = visit(still_crowded, color_scheme="dark")
    opened.page.emulate_media(media="print")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.page.locator("details:not([open])").count() == 0
    for gone in (".contents", "#theme", ".controls", "#download", ".notice"):
        assert not opened.page.locator(gone).first.is_visible()
    ground = "getComputedStyle(document.body).backgroundColor"
    assert opened.page.evaluate(ground) == "rgb(255, 255, 255)"
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.page.locator("#contrasts details[open]").count() == 1


def test_paper_has_the_slices_of_every_contrast_and_not_what_moves(
    visit, page, content, bundle
):
    opened = visit(page)
    assert opened.page.locator("#viewer").is_visible()
    opened.page.emulate_media(media="print")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not opened.page.locator("#explorer").is_visible()
    for contrast in content.contrasts:
        assert opened.page.locator(f"#figure-{contrast.slices.name}").is_visible()
    assert opened.page.locator("table.clusters:visible").count() == sum(
        bool(contrast.clusters) for contrast in content.contrasts
    )


def test_a_narrow_screen_moves_slices_with_the_keyboard(visit, still, content):
    opened = visit(still, 360)
    box = opened.page.locator("figure:has(#figure-slices-0)")
    assert box.get_attribute("aria-label") == content.contrasts[0].slices.caption
    box.focus()
    opened.page.keyboard.press("ArrowRight")
    opened.until("document.activeElement.scrollLeft > 0")
    opened.page.set_viewport_size({"width": 1280, "height": 900})
    opened.until("!document.querySelector('figure[tabindex]')")


def test_paper_holds_all_contrasts(visit, still, still_crowded):
    def pages(text):
        pdf = visit(text).page.pdf(format="A4")
        return max(map(int, re.findall(rb"/Count (\d+)", pdf)))

    assert pages(still_crowded) > 5 * pages(still)
