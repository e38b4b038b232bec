"""The page on noise models: its tables, and that they are of the rows there are."""

import re

import pytest
from benchmarks.calibration import ASKED, plans
from benchmarks.null_rates import LEVELS, MODELS
from benchmarks.null_real import GROUP, KINDS
from benchmarks.null_rows import GROUPS, ROWS

from benchmarks import calibration_page, null_real, pages

BAND = {"bands": [(0.04, 0.06), (0.008, 0.012), (0.0005, 0.0015)]}


def model(rates, white=0.95, power=0.5):
    return {"rates": rates, "white": white, "power": power, **BAND}


def row(title, group="one", **others):
    models = {
        "auto": model([0.05, 0.01, 0.001]),
        "nilearn ar1": model([0.07, 0.007, 0.002], None),
    }
    return {"group": group, "title": title, "models": {**models, **others}}


def test_rates_are_bold_inside_the_band_and_italic_below():
    text = calibration_page.tables([row("a")])
    assert "| a | **0.050** / **0.0010** | 0.070 / 0.0020 |" in text
    assert "| a | **0.0100** | *0.0070* |" in text


def test_groups_are_headed_and_models_without_a_number_are_left_out():
    unknown = {"auto": model([0.05, 0.01, 0.001], 0.9, None)}
    rows = [row("a"), row("b"), row("c", "two", **unknown)]
    rows[2]["models"]["nilearn ar1"]["power"] = None
    _, _, white, power = re.split(r"###.*\n", calibration_page.tables(rows))[1:]
    assert white.count("| *one* |") == 1
    assert white.splitlines()[1] == "| noise and design | auto |"
    assert "| c | 0.90 |" in white
    assert "two" not in power
    assert power.rstrip().endswith("| b | 0.50 | 0.50 |")


def test_the_terminal_has_a_head_above_the_first_row():
    first, later = (calibration_page.line(row("a"), one) for one in (True, False))
    assert first.endswith(later)
    assert "auto" in first.splitlines()[0]
    assert "0.050/0.0010 0.95" in later
    assert later.endswith("0.070/0.0020")


def test_only_what_is_between_the_markers_is_replaced():
    begin, end = pages.MARKERS
    page = f"above\n\n{begin}\nold\n{end}\n\nbelow\n"
    once = pages.replaced(page, "new")
    assert once == f"above\n\n{begin}\n\nnew\n\n{end}\n\nbelow\n"
    assert pages.replaced(once, "new") == once
    with pytest.raises(ValueError, match="once each"):
        pages.replaced("above", "new")


def test_the_figure_is_the_same_for_the_same_numbers_and_small(tmp_path):
    models = {name: model([0.05, 0.01, 0.0]) for name in MODELS}
    rows = [{"group": one.group, "title": one.title, "models": models} for one in ROWS]
    files = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for path in files:
        calibration_page.figure(rows, path)
    text = files[0].read_text()
    assert text == files[1].read_text()
    for words in (*GROUPS, *MODELS, ROWS[-1].title):
        assert words in text
    assert len(text) < 200_000
    assert re.findall(r"https?://[^\s\"]+", text) == ["http://www.w3.org/2000/svg"]
    assert 'href="#' in text
    assert "xlink" not in text
    assert calibration_page.FIGURE.stat().st_size < 200_000


def test_write_renews_page_and_figure(tmp_path, monkeypatch):
    page, picture = tmp_path / "page.md", tmp_path / "figure.svg"
    page.write_text("\n".join(pages.MARKERS))
    monkeypatch.setattr(calibration_page, "PAGE", page)
    monkeypatch.setattr(calibration_page, "FIGURE", picture)
    assert list(calibration_page.write([row("a")])) == [page, picture]
    assert "| a |" in page.read_text()
    assert picture.read_text().startswith("<?xml")


def test_rows_of_real_runs_are_there_where_the_runs_are(monkeypatch, tmp_path):
    monkeypatch.setenv("BOLDGLM_TEST_DATA", str(tmp_path))
    assert [plan.title for plan in plans(False)] == [one.title for one in ROWS]
    assert "Haxby" in null_real.reason_absent()
    (tmp_path / "haxby2001_sub001").mkdir()
    assert [plan.title for plan in plans(True)][len(ROWS) :] == list(KINDS.values())
    assert all(plan.n_sets * 16**3 >= 30_000 for plan in plans(False)[: len(ROWS)])


def first_table():
    """Cells of the first table of the page, by row and model."""
    text = calibration_page.PAGE.read_text().split(pages.MARKERS[0])[1]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.split("###")[1].splitlines()
        if line.startswith("|")
    ]
    names, groups = lines[0][1:], [line[0] for line in lines if not any(line[1:])]
    cells = {
        line[0]: dict(zip(names, line[1:], strict=True))
        for line in lines[2:]
        if any(line[1:])
    }
    return cells, [group.strip("*") for group in groups]


def test_the_page_has_every_row_and_model_in_order():
    cells, groups = first_table()
    assert list(cells) == [*(one.title for one in ROWS), *KINDS.values()]
    assert groups == [*GROUPS, GROUP]
    assert list(cells[ROWS[0].title]) == list(MODELS)


@pytest.mark.parametrize(
    "one", [one for one in ROWS if one.asked], ids=lambda one: one.title
)
def test_on_the_page_auto_holds_its_level_where_it_is_asked_for_it(one):
    rates = re.findall(r"0\.\d+", first_table()[0][one.title]["auto"])
    for rate, level in zip(rates, (LEVELS[0], LEVELS[-1]), strict=True):
        low, high = ASKED[level]
        assert low <= float(rate) <= high
