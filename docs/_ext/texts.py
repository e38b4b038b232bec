"""Pages made of files that lie elsewhere: news from their fragments."""

import re
from pathlib import Path

__all__ = ["news_page", "write_if_changed"]

#: Ending of a fragment's name: heading
KINDS = {"feature": "New", "fix": "Mended", "doc": "Documentation"}


def news_page(fragments: Path) -> str:
    """Put the news fragments together, the last first.

    Parameters
    ----------
    fragments : Path
        Folder of ``NNNN-subject.kind.md``.

    Returns
    -------
    str
        Markdown.
    """
    text = "# What is new\n\nNot released yet: this is what the first version has.\n"
    paths = sorted(fragments.glob("*.md"), reverse=True)
    for kind, heading in KINDS.items():
        mine = [path for path in paths if path.name.endswith(f".{kind}.md")]
        if mine:
            text += f"\n## {heading}\n"
        for path in mine:
            subject = re.sub(r"^\d+-", "", path.name.partition(".")[0])
            body = path.read_text(encoding="utf-8").strip()
            text += f"\n### {subject.replace('-', ' ').capitalize()}\n\n{body}\n"
    return text


def write_if_changed(path: Path, text: str) -> None:
    """Write a file, unless it says so already: what is unchanged is not rebuilt."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
