"""The Sphinx extension of this site: pages that are written, links, equations."""

import re
import shutil
import tempfile
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.logging import getLogger

from benchmark_figure import draw, measurements, table
from public_names import link_targets
from reference import write_pages
from snippets import chapters, run_pages
from texts import news_page, write_if_changed

__all__ = ["Course", "LinkedNames", "WideTables", "setup", "simulated"]

LOGGER = getLogger(__name__)

#: From so many on, a table is wide
MANY_COLUMNS = 6
#: Scripts of the gallery, the easy ones first; what is not listed comes after
COURSE = (
    "plot_two_runs.py",
    "plot_fixed_effects.py",
    "plot_spm_faces.py",
    "plot_spm_faces_headers.py",
    "plot_group_permutation.py",
    "plot_tfce_10000.py",
    "plot_exact_ar.py",
    "plot_long_run.py",
)
#: Code in a cell of a table
CODE_IN_CELL = re.compile(r"<td>.*?</td>", re.DOTALL)
CODE = re.compile(r"(<code[^>]*>)(.*?)(</code>)", re.DOTALL)


def setup(app: Any) -> dict[str, bool]:
    """Connect everything to Sphinx."""
    app.connect("config-inited", _write_sources)
    app.add_transform(LinkedNames)
    app.add_transform(WideTables)
    app.connect("html-page-context", _break_at_dots)
    app.add_html_math_renderer("mathml", (_inline_math, None), (_block_math, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def simulated(gallery_conf: dict[str, Any], script_vars: dict[str, Any]) -> list[str]:
    """Give every script of the gallery data of its own making."""
    del gallery_conf, script_vars
    return ["--simulated"]


class Course:
    """Sort scripts as one learns, not by their names."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def __call__(self, name: str) -> tuple[int, str]:
        """Give the place of a script."""
        return (COURSE.index(name) if name in COURSE else len(COURSE), name)

    def __repr__(self) -> str:
        return "Course"  # stable from build to build


def _break_at_dots(_app: Any, _page: str, _template: str, context: Any, _tree: Any):
    """Let long names in tables break after their dots, not within words."""

    def with_breaks(cell: re.Match[str]) -> str:
        return CODE.sub(
            lambda code: code[1] + re.sub(r"\.(?=\w)", ".<wbr>", code[2]) + code[3],
            cell[0],
        )

    if "body" in context:
        context["body"] = CODE_IN_CELL.sub(with_breaks, context["body"])


def _write_sources(app: Any, config: Any) -> None:
    """Write what is made of other files, before sources are looked for."""
    del config
    docs = Path(app.srcdir)
    write_pages(docs / "reference")
    write_if_changed(docs / "news.md", news_page(docs.parent / "changes"))
    rows = measurements(docs / "benchmarks.toml")
    write_if_changed(docs / "made" / "benchmarks.md", table(rows))
    draw(rows, docs / "made")
    with tempfile.TemporaryDirectory() as folder:
        for picture in run_pages(chapters(docs / "guide"), Path(folder)):
            shutil.copyfile(picture, docs / "made" / picture.name)


class LinkedNames(SphinxTransform):
    """Make public names links wherever a text has them as code.

    Docstrings name parameters and functions alike in backticks; what is a public name
    becomes a link, the rest stays code.
    """

    default_priority = 500

    def apply(self, **_: Any) -> None:
        """Replace the names of one page."""
        targets = link_targets()
        for code in list(self.document.findall(nodes.literal)):
            written = code.astext().removesuffix("()")
            if _is_elsewhere(code) or not _looks_public(written, code):
                continue
            if target := targets.get(written):
                reference = addnodes.pending_xref(
                    "", refdomain="py", reftype="obj", reftarget=target,
                    refexplicit=True, refdoc=self.env.docname,
                )  # fmt: skip
                code.replace_self(reference)
                reference += code


class WideTables(SphinxTransform):
    """Give tables of many columns a class, by which the style makes room for them."""

    default_priority = 500

    def apply(self, **_: Any) -> None:
        """Mark the tables of one page."""
        for group in self.document.findall(nodes.tgroup):
            if group["cols"] >= MANY_COLUMNS:
                group.parent["classes"].append("wide")


def _is_elsewhere(code: nodes.Node) -> bool:
    """Whether it is in a title, or leads somewhere already."""
    node = code.parent
    while node is not None:
        if isinstance(node, (nodes.title, nodes.reference, addnodes.pending_xref)):
            return True
        node = node.parent
    return False


def _looks_public(written: str, code: nodes.Element) -> bool:
    """Whether it can hardly be anything else: a small word may be a value."""
    return "code" in code["classes"] or not (written.isalpha() and written.islower())


def _mathml(node: nodes.Element, *, block: bool) -> str:
    """Write an equation as browsers read it, with no script to be loaded."""
    # names in words have underscores; sizes of brackets have two spellings, as dots
    text = node.astext().replace(r"\_", "_").replace("…", r"\ldots")
    text = re.sub(r"\\([bB]ig)(?![a-z])", r"\\\1l", text)
    try:
        return str(tex2mathml(text, as_block=block))
    except MathError as error:
        LOGGER.warning("%s in the equation %r", error, text, location=node)
        return f"<code>{escape(text)}</code>"


def _inline_math(writer: Any, node: nodes.Element) -> None:
    writer.body.append(_mathml(node, block=False))
    raise nodes.SkipNode


def _block_math(writer: Any, node: nodes.Element) -> None:
    writer.body.append(f'<div class="math">{_mathml(node, block=True)}</div>')
    raise nodes.SkipNode
