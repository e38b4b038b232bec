"""The page of a report: what stands in it, that it asks nobody and runs nothing."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from tests.reporting.sample_report import HOSTILE, drawn, sample_content

from boldglm.reporting import page as page_module
from boldglm.reporting import viewer_bundle
from boldglm.reporting.content import Table
from boldglm.reporting.page import write_page

EMPTY = Table((), ())
VOID = {"meta", "img", "input", "link", "br", "hr"}


class Parsed(HTMLParser):
    """Elements of a page: tag, attributes, own text and that of what is inside."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self._open = []
        self.feed(text)
        self.close()
        assert not self._open, f"left open: {[e['tag'] for e in self._open]}"

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {attrs}"
        element = {"tag": tag, "attrs": dict(attrs), "text": ""}
        element["inside"] = tuple(self._open)
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        element = self._open.pop()
        assert element["tag"] == tag, f"</{tag}> closes <{element['tag']}>"

    def handle_data(self, data):
        for element in self._open:
            element["text"] += data

    def all(self, tag, **attributes):
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element["tag"] == tag
            and all(
                element["attrs"].get(name) == value for name, value in wanted.items()
            )
        ]

    def one(self, tag, **attributes):
        (element,) = self.all(tag, **attributes)
        return element

    def rows(self, table):
        """Cells of each row of a table, as text."""
        return [
            [
                cell["text"].strip()
                for cell in self.elements
                if cell["tag"] in {"th", "td"}
                and any(row is outer for outer in cell["inside"])
            ]
            for row in self.elements
            if row["tag"] == "tr" and any(table is outer for outer in row["inside"])
        ]


@pytest.fixture(scope="module")
def content():
    return sample_content()


@pytest.fixture(scope="module")
def parsed(content):
    return Parsed(write_page(content))


@pytest.fixture
def no_bundle(monkeypatch, tmp_path):
    monkeypatch.setattr(viewer_bundle, "_BUNDLE", tmp_path / "niivue.js")


@pytest.fixture
def bundle(monkeypatch, tmp_path):
    """A viewer of one line."""
    path = tmp_path / "niivue.js"
    path.write_bytes(b"var boldglmViewer = {};\n")
    monkeypatch.setattr(viewer_bundle, "_BUNDLE", path)


def sections(parsed):
    return [element["attrs"]["id"] for element in parsed.all("section")]


def test_the_sections_stand_in_their_order(parsed):
    assert sections(parsed) == [
        *("summary", "contrasts", "design", "noise", "data"),
        *("methods", "warnings", "machine"),
    ]


def test_contents_lead_to_every_section_and_contrast(parsed, content):
    (nav,) = parsed.all("nav")
    led = [
        link["attrs"]["href"][1:]
        for link in parsed.all("a")
        if any(nav is outer for outer in link["inside"])
    ]
    contrasts = [f"contrast-{contrast.key}" for contrast in content.contrasts]
    assert [name for name in led if name not in contrasts] == sections(parsed)
    assert [name for name in led if name in contrasts] == contrasts


def test_every_link_leads_to_a_place_on_the_page(parsed):
    ids = [
        element["attrs"]["id"]
        for element in parsed.elements
        if "id" in element["attrs"]
    ]
    assert len(ids) == len(set(ids))
    for element in parsed.elements:
        for name in ("href", "for", "aria-labelledby", "aria-describedby"):
            if name in element["attrs"]:
                assert element["attrs"][name].removeprefix("#") in ids


def test_headings_go_down_one_step_at_a_time(parsed):
    levels = [
        int(e["tag"][1]) for e in parsed.elements if re.fullmatch("h[1-6]", e["tag"])
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(down - up <= 1 for up, down in pairwise(levels))


def test_tables_have_captions_and_headers_with_scope(parsed):
    tables = parsed.all("table")
    assert len([e for e in parsed.elements if e["tag"] == "caption"]) == len(tables)
    assert all(cell["attrs"]["scope"] in {"col", "row"} for cell in parsed.all("th"))


def test_every_picture_has_words_for_those_who_cannot_see_it(parsed, content):
    figure = content.contrasts[0].slices
    image = parsed.one("img", id=f"figure-{figure.name}")["attrs"]
    head, data = image["src"].split(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data) == figure.data
    assert image["alt"] == figure.alternative
    assert (image["width"], image["height"]) == (str(figure.width), str(figure.height))
    assert all("alt" in element["attrs"] for element in parsed.all("img"))
    assert figure.caption in [e["text"].strip() for e in parsed.all("figcaption")]


def test_clusters_stand_in_a_table_with_a_button_in_each_row(parsed, content):
    shown = [c for c in content.contrasts if c.clusters]
    tables = parsed.all("table", class_="clusters")
    assert len(tables) == len(shown) < len(content.contrasts)
    for table, contrast in zip(tables, shown, strict=True):
        _, *rows = parsed.rows(table)
        for row, cluster in zip(rows, contrast.clusters, strict=True):
            assert row[0] == f"Go to {cluster.label}"
            assert [float(cell) for cell in row[1:4]] == pytest.approx(
                [cluster.x, cluster.y, cluster.z], abs=0.051
            )
            assert float(row[4]) == pytest.approx(cluster.peak, abs=0.0051)
            size = row[5]
            assert size == "part of the cluster above" or float(size) == cluster.size
    buttons = parsed.all("button", class_="go")
    assert len(buttons) == sum(len(contrast.clusters) for contrast in shown)


@pytest.mark.parametrize(
    ("x", "shown"), [(-42.0, "-42"), (-42.26, "-42.3"), (-1e-9, "0")]
)
def test_places_in_whole_millimetres_have_no_decimals(content, x, shown):
    first = content.contrasts[0]
    cluster = replace(first.clusters[0], x=x, y=2.0, z=-3.0)
    contrast = replace(first, clusters=(cluster,))
    found = Parsed(write_page(replace(content, contrasts=(contrast,))))
    _, row = found.rows(found.one("table", class_="clusters"))
    assert row[1] == shown
    assert row[2] == ("2" if "." not in shown else "2.0")


def test_a_row_says_which_cluster_of_which_contrast_it_is(parsed, content):
    rows = [row["attrs"] for row in parsed.all("tr") if "data-cluster" in row["attrs"]]
    assert [(row["data-contrast"], int(row["data-cluster"])) for row in rows] == [
        (contrast.key, index)
        for contrast in content.contrasts
        for index in range(len(contrast.clusters))
    ]


def test_the_overview_counts_clusters_and_not_their_further_peaks(parsed, content):
    _, *rows = parsed.rows(parsed.one("table", class_="overview"))
    for row, contrast in zip(rows, content.contrasts, strict=True):
        clusters = [c for c in contrast.clusters if c.size is not None]
        assert row[0] == contrast.name
        assert row[1].startswith(contrast.kind)
        assert ("two-sided" in row[1]) == contrast.two_sided
        sign, _, height = row[2].partition(" > ")
        assert sign == ("|z|" if contrast.two_sided else "z")
        assert float(height) == pytest.approx(contrast.height, abs=0.0051)
        assert [int(cell) for cell in row[3:5]] == [contrast.n_above, len(clusters)]
        # On the side that was tested, not of the map
        if contrast.largest is None:
            assert row[5] == "\N{EN DASH}"
        else:
            assert float(row[5]) == pytest.approx(contrast.largest, abs=0.0051)


def test_the_largest_are_of_z_unless_all_tests_have_two_sides(content):
    def head(some):
        page = Parsed(write_page(replace(content, contrasts=some)))
        return page.rows(page.one("table", class_="overview"))[0][-1]

    two_sided = tuple(one for one in content.contrasts if one.two_sided)
    assert two_sided
    assert head(two_sided) == "Largest |z|"
    assert head(content.contrasts) == "Largest z"


def test_each_contrast_is_told_in_words(parsed, content):
    for contrast in content.contrasts:
        text = parsed.one("details", id=f"contrast-{contrast.key}")["text"]
        words = (contrast.name, contrast.conclusion, contrast.definition)
        for part in (*words, contrast.threshold_words):
            assert part in text
        assert (contrast.table_words in text) == bool(contrast.clusters)
        assert ("one-sided" in text) == (
            contrast.kind == "t" and not contrast.two_sided
        )


def test_voxels_tested_are_those_with_a_statistic(content):
    first, second, *_ = content.contrasts
    second = replace(second, n_tested=first.n_tested - 9)
    for contrasts, told in (
        ((first,), f"{first.n_tested}"),
        ((first, second, first), f"{second.n_tested} to {first.n_tested}"),
    ):
        found = Parsed(write_page(replace(content, contrasts=contrasts)))
        facts = found.one("dl", class_="facts")["text"].split("\n")
        assert f"Voxels tested{told}" in [one.strip() for one in facts]
        text = found.one("section", id="contrasts")["text"]
        for contrast in contrasts:
            assert contrast.n_voxels != contrast.n_tested
            assert f", {contrast.n_tested} voxels" in text
            assert str(contrast.n_voxels) not in text


def test_the_picker_offers_every_contrast(parsed, content):
    options = [(o["attrs"]["value"], o["text"]) for o in parsed.all("option")]
    assert options == [(c.key, c.name) for c in content.contrasts]
    assert parsed.one("select", id="contrast")
    assert parsed.one("input", id="threshold")["attrs"]["type"] == "range"


def test_the_json_is_that_of_the_content(parsed, content):
    script = parsed.one("script", id="boldglm-report")
    assert script["attrs"]["type"] == "application/json"
    told = json.loads(script["text"])
    assert told["title"] == content.title
    nifti = base64.b64decode(told["contrasts"][1]["volume"]["nifti"])
    assert nifti == content.contrasts[1].volume.nifti
    # numbers behind figures are for programs only
    (numbers,) = told["noise"]["numbers"]
    assert numbers["rows"] == [[0.125, 0.75]]
    assert "For programs" not in parsed.one("main")["text"]


def test_the_rest_of_the_content_is_there(parsed, content):
    main = parsed.one("main")["text"]
    told = [
        *content.methods,
        *content.citations,
        *content.warnings,
        content.noise.words,
    ]
    for words in (*told, "numpy 2.3.1", "/data/sub-01_run-0.nii", "hrf_model"):
        assert words in main
    assert content.title == parsed.one("h1")["text"] == parsed.one("title")["text"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\u2013"),
        ("", "\u2013"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (12345, "12345"),
        (1.0, "1"),
        (0.0078125, "0.007812"),
        (-12345.678, "-12346"),
        (9999.6, "1e+04"),
        (1.25e-7, "1.25e-07"),
        (float("nan"), "nan"),
        (float("-inf"), "-\u221e"),
        ("one & two", "one & two"),
        ((1, 2), "(1, 2)"),
    ],
)
def test_a_cell_holds_four_digits_or_words(content, value, text):
    facts = Table(("Fact", "Value"), (("it", value),), "One fact")
    found = Parsed(write_page(replace(content, parameters=facts)))
    table = next(t for t in found.all("table") if "One fact" in t["text"])
    assert found.rows(table)[1] == ["it", text]


@pytest.mark.parametrize(
    ("column", "right"),
    [
        ((1, 2.5, None), True),
        ((1, "two", 3), False),
        ((True, False, True), False),
        ((None, None, None), False),
    ],
)
def test_columns_of_numbers_stand_to_the_right(content, column, right):
    facts = Table(("Fact", "Value"), tuple((7, value) for value in column), "Facts")
    found = Parsed(write_page(replace(content, parameters=facts, data=EMPTY)))
    table = next(t for t in found.all("table") if "Facts" in t["text"])
    cells = [
        cell
        for cell in found.elements
        if cell["tag"] in {"td", "th"} and any(table is o for o in cell["inside"])
    ]
    classes = ["number" in cell["attrs"].get("class", "") for cell in cells]
    assert classes == [False, right] * (1 + len(column))


def test_what_there_is_not_leaves_no_trace(content):
    bare = replace(
        content,
        contrasts=(),
        runs=(),
        noise=None,
        mask=None,
        background=None,
        space="",
        warnings=(),
        methods=(),
        citations=(),
        software=(),
        parameters=EMPTY,
        data=EMPTY,
    )
    found = Parsed(write_page(bare))
    assert sections(found) == ["summary", "data", "methods", "warnings", "machine"]
    assert "No contrast" in found.one("section", id="summary")["text"]
    assert "none" in found.one("section", id="warnings")["text"]
    assert not found.all("table")
    assert not found.all("img")
    assert not found.all("canvas")
    assert "NiiVue" not in write_page(bare)


def test_pictures_that_are_not_there_are_left_out(content):
    contrast = replace(
        content.contrasts[0], slices=None, glass=None, histogram=None, weights=None
    )
    found = Parsed(write_page(replace(content, contrasts=(contrast,))))
    (card,) = found.all("details", class_="card contrast")
    assert not [f for f in found.all("figure") if any(card is o for o in f["inside"])]


def test_of_few_contrasts_and_runs_all_are_open_of_many_the_first(content):
    few = Parsed(write_page(content))
    assert all("open" in card["attrs"] for card in few.all("details"))
    many = Parsed(write_page(sample_content(n_contrasts=50, n_runs=20)))
    contrasts = many.all("details", class_="card contrast")
    runs = many.all("details", class_="card run")
    assert ["open" in card["attrs"] for card in contrasts] == [True] + [False] * 49
    assert not any("open" in card["attrs"] for card in runs)
    assert len(runs) == 20
    assert many.one("input", id="filter")
    assert not few.all("input", id="filter")


def test_a_second_level_counts_no_runs(content):
    facts = Parsed(write_page(content)).one("dl", class_="facts")["text"]
    assert "Runs" in facts
    second = Parsed(write_page(replace(content, level="second")))
    assert "Runs" not in second.one("dl", class_="facts")["text"]
    assert "second level" in second.one("header")["text"]


# ---- nothing runs, nothing is asked ----


def policy_of(parsed):
    meta = parsed.one("meta", **{"http-equiv": "Content-Security-Policy"})
    parts = [part.split() for part in meta["attrs"]["content"].split(";")]
    return {name: values for name, *values in parts}


def digest(text):
    value = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{value}'"


@pytest.mark.parametrize("viewer", ["bundle", "no_bundle"])
def test_the_policy_admits_the_scripts_and_style_of_the_page_only(
    content, viewer, request
):
    request.getfixturevalue(viewer)
    found = Parsed(write_page(content))
    policy = policy_of(found)
    scripts = [s["text"] for s in found.all("script") if "type" not in s["attrs"]]
    assert policy["script-src"] == [digest(script) for script in scripts]
    assert policy["style-src"] == [digest(found.one("style")["text"])]
    assert policy["default-src"] == ["'none'"]
    assert policy["img-src"] == ["data:"]
    assert set(policy) == {
        *("default-src", "script-src", "style-src"),
        *("img-src", "base-uri", "form-action"),
    }
    assert ("var boldglmViewer" in scripts[0]) == (viewer == "bundle")
    assert len(scripts) == (5 if viewer == "bundle" else 2)


def test_lines_of_scripts_end_as_a_browser_reads_them(content, monkeypatch, tmp_path):
    for name in ("explorer.js", "report.js", "parts.css"):
        (tmp_path / "templates").mkdir(exist_ok=True)
        (tmp_path / "templates" / name).write_bytes(b"/* one */\r\n/* two */\r\n")
    monkeypatch.setattr(page_module, "__file__", str(tmp_path / "page.py"))
    page_module._asset.cache_clear()
    try:
        assert page_module._asset("report.js") == "/* one */\n/* two */\n"
    finally:
        page_module._asset.cache_clear()


def test_nothing_on_the_page_has_an_address_outside_it(parsed):
    for element in parsed.elements:
        for name in ("src", "href", "action", "srcset", "data", "poster", "xlink:href"):
            address = element["attrs"].get(name, "#")
            assert address.startswith(("#", "data:image/")), (element["tag"], name)
        assert "style" not in element["attrs"]
    assert not {e["tag"] for e in parsed.elements} & {
        "link",
        "iframe",
        "object",
        "base",
    }
    assert "url(" not in parsed.one("style")["text"]


def test_hostile_names_are_text_everywhere():
    hostile = sample_content(hostile=True)
    found = Parsed(write_page(hostile))
    plain = Parsed(write_page(sample_content()))
    # The same elements with the same attributes: nothing was let in
    assert [e["tag"] for e in found.elements] == [e["tag"] for e in plain.elements]
    assert [set(e["attrs"]) for e in found.elements] == [
        set(e["attrs"]) for e in plain.elements
    ]
    body = found.one("body")["text"]
    for text in HOSTILE:
        assert text in found.one("title")["text"]
        assert text in found.one("h1")["text"]
        assert text in body
    # And it was everywhere: in all words of the content
    for tag in ("caption", "figcaption", "option", "h3", "li", "dd"):
        assert any(HOSTILE[0] in element["text"] for element in found.all(tag)), tag
    assert all(
        HOSTILE[1] in e["attrs"]["alt"] for e in found.all("img") if "src" in e["attrs"]
    )


def test_bytes_of_a_path_that_are_no_text_do_not_stop_the_page(content):
    text = write_page(replace(content, title="caf\udce9.nii \x00 é"))
    assert "caf?.nii" in Parsed(text).one("h1")["text"]
    assert "é" in text
    assert text.encode("utf-8")


def test_svg_pictures_keep_their_type(content):
    svg = replace(
        drawn("mask", "Mask", (4.8, 1.6)), data=b"<svg/>", media_type="image/svg+xml"
    )
    found = Parsed(write_page(replace(content, mask=svg)))
    source = found.one("img", id="figure-mask")["attrs"]["src"]
    assert source == f"data:image/svg+xml;base64,{base64.b64encode(b'<svg/>').decode()}"


def test_a_page_is_light():
    """Without maps and pictures, with the viewer: 2.5 MB at most."""
    content = sample_content(n_contrasts=50, n_runs=20)
    sizes = [len(contrast.volume.nifti) for contrast in content.contrasts]
    assert len(write_page(content)) - 4 / 3 * sum(sizes) < 2.5e6


def test_one_content_gives_one_page(content):
    assert write_page(content) == write_page(content)
