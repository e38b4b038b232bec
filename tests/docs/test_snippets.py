"""Every piece of Python on the pages runs, and prints what the page says."""

import doctest
import re
import warnings
from pathlib import Path

import pytest

from snippets import chapters, run, run_pages, snippets

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = chapters(DOCS / "guide")
OUTSIDE = ["index.md", "porting.md"]


def same(printed, expected):
    """Compare as doctests do: ``...`` stands for anything, white space for white."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(expected, printed, flags)


def run_page(page, names):
    for snippet in snippets(page):
        printed = run(snippet, names)
        if snippet.printed is None:
            assert not printed, f"{page.name}:{snippet.line} prints {printed}"
        else:
            assert same(printed, snippet.printed), printed


def test_the_guide_runs_from_beginning_to_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for page in GUIDE:
        run_page(page, names)
    for page in GUIDE:
        for picture in re.findall(r"\]\(\.\./made/(.+?)\)", page.read_text()):
            assert (tmp_path / picture).stat().st_size > 2_000, picture


def test_the_first_page_runs_on_the_files_of_the_demo(tmp_path, monkeypatch, capsys):
    from boldglm.cli.demo import run_demo

    monkeypatch.chdir(tmp_path)
    run_demo(tmp_path / "boldglm-demo", size="small", quiet=True)
    capsys.readouterr()
    run_page(DOCS / "index.md", {})
    assert (tmp_path / "map.png").stat().st_size > 10_000


def test_the_page_on_porting_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_page(DOCS / "porting.md", {})


def test_no_page_with_python_is_left_out():
    pages = [path for path in DOCS.rglob("*.md") if "_build" not in path.parts]
    with_python = {
        path.relative_to(DOCS).as_posix()
        for path in pages
        if snippets(path) and path.parts[-2] not in {"made", "gallery"}
    }
    guide = {path.relative_to(DOCS).as_posix() for path in GUIDE}
    assert with_python == guide | set(OUTSIDE)


@pytest.mark.parametrize("page", [*GUIDE, *(DOCS / name for name in OUTSIDE)])
def test_code_fits_on_a_page(page):
    for snippet in snippets(page):
        assert max(map(len, snippet.code.splitlines())) <= 88


def test_the_guide_has_all_its_pages_in_the_order_of_the_line():
    assert {page.name for page in GUIDE} | {"index.md"} == {
        path.name for path in (DOCS / "guide").glob("*.md")
    }
    names = [page.stem for page in GUIDE]
    line = ["files", "arrays", "design", "fit", "contrast", "map", "inference"]
    assert names[: len(line)] == line


def test_snippets_are_found_with_their_lines_and_what_they_print(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# Title\n\n```python\na = 1\nprint(a)\n```\n\n```text\n1\n```\n\nWords.\n\n"
        "```python\na += 1\n```\n\n"
        "More.\n\n```text\nnot its own\n```\n```bash\nls\n```\n"
    )
    one, two = snippets(page)
    assert (one.line, one.code, one.printed) == (4, "a = 1\nprint(a)\n", "1\n")
    assert (two.line, two.printed) == (15, None)


def test_an_error_on_a_page_names_its_line(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Title\n\n```python\na = 1\n1 / 0\n```\n")
    with pytest.raises(ZeroDivisionError) as error:
        run_pages([page], tmp_path)
    assert error.traceback[-1].lineno + 1 == 5
    assert error.traceback[-1].path == page


def test_pages_run_one_after_the_other_in_their_folder(tmp_path, monkeypatch):
    here = Path.cwd()
    one, two = tmp_path / "one.md", tmp_path / "two.md"
    one.write_text("```python\nname = 'b'\n```\n")
    two.write_text(
        "```python\nfrom pathlib import Path\n"
        "Path(f'{name}.png').touch()\nPath('a.png').touch()\n```\n"
    )
    folder = tmp_path / "made"
    folder.mkdir()
    made = run_pages([one, two], folder)
    assert [path.name for path in made] == ["a.png", "b.png"]
    assert Path.cwd() == here


def test_a_warning_on_a_page_stops_the_build(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nimport warnings\nwarnings.warn('x')\n```\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(UserWarning, match="x"):
            run_pages([page], tmp_path)
