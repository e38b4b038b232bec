"""A report as notebooks, browsers and files take it."""

import webbrowser
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from boldglm.reporting.html_report import HTMLReport

PAGE = "<!doctype html><title>Faces & \"houses\" é</title><p class='a'>1 < 2</p>"


class Frame(HTMLParser):
    """What a parser makes of a frame."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_page_is_given_as_it_is():
    report = HTMLReport(PAGE)
    assert report.get_standalone() == str(report) == PAGE


def test_a_frame_holds_the_whole_page_and_nothing_leaves_it():
    ((tag, attributes),) = Frame(HTMLReport(PAGE).get_iframe()).found
    assert tag == "iframe"
    assert attributes["srcdoc"] == PAGE
    assert (attributes["width"], attributes["height"]) == ("1600", "800")
    assert attributes["title"]


def test_a_notebook_shows_the_frame_in_the_size_of_the_report():
    report = HTMLReport(PAGE, width=700, height=300)
    assert report._repr_html_() == report.get_iframe() == report.get_iframe(700, 300)
    assert report.get_iframe(width=50) != report.get_iframe()


def test_a_page_is_quoted_once_however_often_it_is_shown(monkeypatch):
    quoted = []
    monkeypatch.setattr(
        "boldglm.reporting.html_report.escape",
        lambda text: quoted.append(text) or "quoted",
    )
    report = HTMLReport(PAGE)
    assert quoted == []
    for _ in range(3):
        assert 'srcdoc="quoted"' in report._repr_html_()
    assert 'width="50"' in report.get_iframe(50)
    assert quoted == [PAGE]


def test_resize_sets_both_and_gives_the_report_back():
    report = HTMLReport(PAGE)
    assert report.resize(640, 480) is report
    assert (report.width, report.height) == (640, 480)
    report.width = 800
    report.height = 600
    ((_, attributes),) = Frame(report.get_iframe()).found
    assert (attributes["width"], attributes["height"]) == ("800", "600")


@pytest.mark.parametrize("size", [0, -1, "wide", None, float("inf")])
@pytest.mark.parametrize("name", ["width", "height"])
def test_a_size_is_a_positive_number(name, size):
    report = HTMLReport(PAGE)
    with pytest.raises(ValueError, match=f"{name} is .* positive number of pixels"):
        setattr(report, name, size)
    if size is not None:
        with pytest.raises(ValueError, match=name):
            report.get_iframe(**{name: size})
    sizes = {"width": 5, "height": 5, name: size}
    with pytest.raises(ValueError, match=name):
        report.resize(**sizes)
    assert (report.width, report.height) == (1600, 800)


def test_a_file_holds_the_page_to_the_byte(tmp_path):
    path = tmp_path / "report.html"
    assert HTMLReport(PAGE).save_as_html(path) is None
    assert path.read_bytes() == PAGE.encode("utf-8")
    HTMLReport("<p>").save_as_html(str(path))
    assert path.read_bytes() == b"<p>"


def test_a_file_is_whole_or_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    HTMLReport(PAGE).save_as_html(path)
    whole = Path.write_bytes

    def half(self, data):
        whole(self, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="No space left"):
        HTMLReport("<p>another").save_as_html(path)
    assert path.read_bytes() == PAGE.encode("utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_the_folder_of_a_file_must_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        HTMLReport(PAGE).save_as_html(tmp_path / "nowhere" / "report.html")


@pytest.mark.parametrize("named", [True, False])
def test_a_browser_is_sent_to_a_file_that_stays(named, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(webbrowser, "open", asked.append)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = tmp_path / "of this name.html"
    assert HTMLReport(PAGE).open_in_browser(path if named else None) is None
    (address,) = asked
    assert address.startswith("file:")
    opened = Path(unquote(urlparse(address).path))
    assert opened.read_bytes() == PAGE.encode("utf-8")
    assert opened == path or not named
    assert opened.suffix == ".html"


def test_its_name_does_not_fill_the_screen():
    assert repr(HTMLReport("x" * 2_500_000)) == "<HTMLReport of 2.5 MB>"
