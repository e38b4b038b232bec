"""The code of the pages: it runs in order, and makes the pictures of the pages."""

import contextlib
import io
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Snippet", "chapters", "run", "run_pages", "snippets"]

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Snippet:
    """A piece of Python on a page.

    Attributes
    ----------
    page : Path
    line : int
        Of its first line, counted from 1.
    code : str
    printed : str or None
        What it prints, where the page says so: the ``text`` block after it.
    """

    page: Path
    line: int
    code: str
    printed: str | None


def snippets(page: Path) -> list[Snippet]:
    """Find the Python of a page.

    Parameters
    ----------
    page : Path
        Markdown.

    Returns
    -------
    list of Snippet
    """
    text = page.read_text(encoding="utf-8")
    fences = list(FENCE.finditer(text))
    found = []
    for number, fence in enumerate(fences):
        if fence[1] != "python":
            continue
        after = fences[number + 1] if number + 1 < len(fences) else None
        follows = after is not None and not text[fence.end() : after.start()].strip()
        printed = after[2] if follows and after[1] == "text" else None
        line = text.count("\n", 0, fence.start(2)) + 1
        found.append(Snippet(page, line, fence[2], printed))
    return found


def chapters(guide: Path) -> list[Path]:
    """Pages of the guide in the order in which they are read."""
    index = (guide / "index.md").read_text(encoding="utf-8")
    toctree = index.partition("```{toctree}\n")[2].partition("```")[0]
    return [
        guide / f"{name}.md" for name in re.findall(r"^\w+$", toctree, re.MULTILINE)
    ]


def run(snippet: Snippet, names: dict[str, Any]) -> str:
    """Run a snippet among the names of those before it.

    Returns
    -------
    str
        What it printed.
    """
    code = "\n" * (snippet.line - 1) + snippet.code
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, str(snippet.page), "exec"), names)
    return printed.getvalue()


def run_pages(pages: list[Path], folder: Path) -> list[Path]:
    """Run pages one after the other in a folder.

    Parameters
    ----------
    pages : list of Path
    folder : Path
        Empty; what the pages write goes there.

    Returns
    -------
    list of Path
        The pictures that were made.
    """
    names: dict[str, Any] = {}
    with _inside(folder), warnings.catch_warnings():
        warnings.simplefilter("error")
        for page in pages:
            for snippet in snippets(page):
                run(snippet, names)
    return sorted(folder.glob("*.png"))


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
