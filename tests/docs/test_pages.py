"""Links lead somewhere, numbers are those of the README, versions agree."""

import ast
import doctest
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from benchmark_figure import draw, measurements, table
from boldglm import __version__
from check_site import problems
from public_names import public_names
from texts import KINDS, news_page, write_if_changed

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WRITTEN = [
    path
    for path in sorted(DOCS.rglob("*.md"))
    if not {"_build", "made", "gallery"} & set(path.parts) and path.name != "news.md"
]
#: Pages that a build makes, and what makes them
MADE = {"gallery/index": "examples", "reference/index": "docs/_ext/reference.py"}
MADE |= {"reference/command-line": "docs/_ext/reference.py"}
MADE |= {"news": "docs/_ext/texts.py"}
MEASURED = measurements(DOCS / "benchmarks.toml")


@pytest.mark.parametrize(
    "row", [row for row in MEASURED if "ratio" in row], ids=lambda row: row["what"][:30]
)
def test_ratios_are_those_of_the_times(row):
    """Within what the rounding of the times allows; of a range, its middle."""
    ends = [float(one) for one in re.findall(r"[\d.]+", row["ratio"])]
    ours, theirs = row["seconds"]
    assert sum(ends) / len(ends) == pytest.approx(theirs / ours, rel=0.1)


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(page):
    text = re.sub(r"^```\w+\n.*?^```$", "", page.read_text(), flags=re.DOTALL | re.M)
    for link in re.findall(r"\]\(((?!http)[^)#]+)\)", text):
        target = (page.parent / link).resolve()
        if target.parent == DOCS / "made":
            continue  # made by the snippets of the page, or of the measurements
        place = target.relative_to(DOCS).as_posix()
        assert target.exists() or place in MADE, f"{page.name}: {link}"
        assert target.suffix or place in MADE, f"{page.name}: {link}"


def test_every_page_is_in_a_menu():
    listed = set()
    for page in WRITTEN:
        for menu in re.findall(
            r"```\{toctree\}\n(.*?)```", page.read_text(), re.DOTALL
        ):
            for line in menu.splitlines():
                if line and not line.startswith(":"):
                    listed |= {
                        path.relative_to(DOCS).as_posix().removesuffix(".md")
                        for path in page.parent.glob(f"{line}.md")
                    } or {line}
    pages = {path.relative_to(DOCS).as_posix().removesuffix(".md") for path in WRITTEN}
    assert listed - {*MADE} == pages - {"index"}
    assert {name.removesuffix(".md") for name in listed} >= {"news", "reference/index"}


def test_measurements_are_those_of_the_readme():
    readme = (ROOT / "README.md").read_text()
    assert table(MEASURED) in readme
    assert len(MEASURED) > 10


def test_numbers_of_the_figure_are_those_of_the_table():
    drawn = [row for row in MEASURED if "seconds" in row]
    assert len(drawn) > 8
    for row in drawn:
        for number, text in zip(
            row["seconds"], (row["boldglm"], row["nilearn"]), strict=True
        ):
            low, high, unit = re.match(
                r"([\d.]+)(?:\u2013([\d.]+))? (m?s)", text
            ).groups()
            scale = 0.001 if unit == "ms" else 1
            assert float(low) * scale <= number <= float(high or low) * scale, row
    for row in MEASURED:
        assert {"seconds", "gib"} & set(row) or "short" not in row


def test_the_figure_is_the_same_every_time(tmp_path):
    first = {path.name: path.read_bytes() for path in draw(MEASURED, tmp_path)}
    assert set(first) == {"benchmarks-light.svg", "benchmarks-dark.svg"}
    assert len(set(first.values())) == 2
    for path in draw(MEASURED, tmp_path / "again"):
        assert path.read_bytes() == first[path.name]


def test_every_fragment_of_news_is_on_its_page():
    fragments = sorted((ROOT / "changes").glob("*.md"))
    page = news_page(ROOT / "changes")
    assert fragments
    for path in fragments:
        assert path.name.split(".")[1] in KINDS, path.name
        assert path.read_text().strip() in page


def test_news_are_ordered_and_named(tmp_path):
    (tmp_path / "0001-first-thing.feature.md").write_text("One.\n")
    (tmp_path / "0002-second.feature.md").write_text("Two.\n")
    (tmp_path / "0002-typo.fix.md").write_text("Three.\n")
    page = news_page(tmp_path)
    order = ["## New", "### Second", "Two.", "### First thing", "One.", "## Mended"]
    places = [page.index(text) for text in order]
    assert places == sorted(places)


def test_what_is_unchanged_is_not_written_again(tmp_path):
    path = tmp_path / "deep" / "page.md"
    write_if_changed(path, "text")
    before = path.stat().st_mtime_ns
    write_if_changed(path, "text")
    assert path.stat().st_mtime_ns == before
    write_if_changed(path, "other")
    assert path.read_text() == "other"


def test_the_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text()
    cite = (DOCS / "cite.md").read_text()
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"\nversion: {__version__}\n" in citation
    assert f"(version {__version__})" in cite
    assert f"version = {{{__version__}}}" in cite
    # The first is ours, the others are of what the viewer of reports is made of
    ours, *_ = metadata["license"].split(" AND ")
    assert f"\nlicense: {ours}\n" in citation
    assert f"name: {metadata['authors'][0]['name']}\n" in citation


def test_pages_load_nothing_from_elsewhere():
    """What a page would load is asked for in the configuration, style and pictures."""
    sources = [DOCS / "conf.py", *(DOCS / "_static").iterdir()]
    sources += (DOCS / "images").glob("*.svg")
    for path in sources:
        text = path.read_text()
        for url in re.findall(r"https?://[^\s\"')]+", text):
            assert url == "http://www.w3.org/2000/svg", path


def test_the_documentation_needs_no_nilearn():
    for path in [DOCS / "conf.py", *(DOCS / "_ext").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                names = [getattr(node, "module", None) or ""]
            assert not any(name.split(".")[0] == "nilearn" for name in names), path


@pytest.fixture
def site(tmp_path):
    """A small site in which every public name has its anchor."""
    (tmp_path / "reference").mkdir()
    for names in public_names().values():
        for one in names:
            page = tmp_path / "reference" / f"{one.page}.html"
            page.write_text(f'<dt id="{one.target}"></dt>')
    (tmp_path / "style.css").touch()
    (tmp_path / "index.html").write_text(
        '<link rel="stylesheet" href="style.css"><link rel="canonical" href="https://e.org">'
        '<h1 id="top"></h1><a href="#top">t</a><a href="https://example.org">e</a>'
        '<a href="reference/glm.tfce_img.html#boldglm.glm.tfce_img">r</a>'
    )
    return tmp_path


def test_a_good_site_has_no_problems(site):
    assert problems(site) == []


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ('<a href="no.html">x</a>', "no.html leads nowhere"),
        ('<a href="#no">x</a>', "#no leads nowhere"),
        ('<a href="index.html#no">x</a>', "index.html#no leads nowhere"),
        ('<img src="no.png">', "no.png leads nowhere"),
        ('<script src="https://cdn.org/a.js"></script>', "from elsewhere"),
        ('<link rel="stylesheet" href="//fonts.org/a.css">', "from elsewhere"),
        ('<img srcset="https://cdn.org/a.png 2x">', "from elsewhere"),
        ('<object data="https://cdn.org/a.svg"></object>', "from elsewhere"),
        ('<style>@import "https://cdn.org/a.css";</style>', "from elsewhere"),
        ('<p style="background: url(https://cdn.org/a.png)">x</p>', "from elsewhere"),
    ],
)
def test_problems_of_a_site_are_found(site, html, problem):
    (site / "other.html").write_text(html)
    (found,) = problems(site)
    assert found.startswith("other.html: ")
    assert problem in found


def test_what_style_sheets_load_is_seen(site):
    (site / "a.css").write_text("p { background: url('https://cdn.org/a.png') }")
    (found,) = problems(site)
    assert found.startswith("a.css: loads https://cdn.org/a.png")


def test_a_name_without_its_page_is_found(site):
    (site / "reference" / "glm.tfce_img.html").write_text("nothing")
    found = problems(site)
    assert "boldglm.glm.tfce_img is on no page" in found


@pytest.mark.parametrize(
    "module",
    [
        path.stem
        for path in sorted((DOCS / "_ext").glob("*.py"))
        if path.stem != "boldglm_site"  # needs Sphinx
    ],
)
def test_examples_of_the_tools_of_the_site_run(module):
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    assert doctest.testmod(import_module(module), optionflags=flags).failed == 0
