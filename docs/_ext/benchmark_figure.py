"""Measurements as a table and as a figure, from one file of numbers."""

import tomllib
from pathlib import Path
from typing import Any

__all__ = ["draw", "measurements", "table"]

TIMES = "\N{MULTIPLICATION SIGN}"

#: Colours of text, of ours, of the peer's, by the look of the page
LOOKS = {
    "light": ("#334155", "#0d9488", "#b45309"),
    "dark": ("#cbd5e1", "#2dd4bf", "#fbbf24"),
}


def measurements(path: Path) -> list[dict[str, Any]]:
    """Read ``benchmarks.toml``.

    Returns
    -------
    list of dict
        ``what``, ``boldglm``, ``nilearn``, ``ratio`` as text, and for the figure
        ``short`` with ``seconds`` or ``gib``, ours and theirs.
    """
    return tomllib.loads(path.read_text(encoding="utf-8"))["measurement"]


def table(rows: list[dict[str, Any]]) -> str:
    """Write the rows as Markdown, as the README has them."""
    text = "| | boldglm | nilearn | ratio |\n|---|---|---|---|\n"
    for row in rows:
        cells = [row["what"], row["boldglm"], row.get("nilearn", "")]
        text += "| " + " | ".join([*cells, row.get("ratio", "")]) + " |\n"
    return text.replace("|  |", "| |").replace("|  |", "| |")


def draw(rows: list[dict[str, Any]], folder: Path) -> list[Path]:
    """Draw seconds and memory, once for light pages and once for dark ones.

    Returns
    -------
    list of Path
        The figures, as SVG.
    """
    import matplotlib as mpl

    folder.mkdir(parents=True, exist_ok=True)
    made = []
    # the same bytes every time
    with mpl.rc_context({"svg.hashsalt": "boldglm", "font.size": 10}):
        for look, colours in LOOKS.items():
            figure = _figure(rows, *colours)
            made.append(folder / f"benchmarks-{look}.svg")
            figure.savefig(made[-1], transparent=True, metadata={"Date": None})
    return made


def _figure(rows: list[dict[str, Any]], ink: str, ours: str, theirs: str) -> Any:
    from matplotlib.figure import Figure

    panels = {
        "seconds": [row for row in rows if "seconds" in row],
        "GiB": [row for row in rows if "gib" in row],
    }
    heights = [len(panel) for panel in panels.values()]
    figure = Figure(figsize=(7.6, 0.42 * sum(heights) + 1.6), layout="constrained")
    all_axes = figure.subplots(len(panels), 1, height_ratios=heights)
    for axes, (unit, panel) in zip(all_axes, panels.items(), strict=True):
        pairs = [row["seconds" if unit == "seconds" else "gib"] for row in panel]
        _lines(axes, pairs, ink, ours, theirs)
        _ratios(axes, pairs, [row["ratio"] for row in panel if unit == "seconds"], ink)
        axes.set_yticks(range(len(panel)), [row["short"] for row in panel])
        axes.set_xlabel(f"{unit}, logarithmic", color=ink)
    handles = all_axes[0].get_lines()[:2]
    all_axes[0].legend(
        handles, ["boldglm", "nilearn"], loc="lower center", ncols=2, frameon=False,
        labelcolor=ink, bbox_to_anchor=(0.5, 1.0),
    )  # fmt: skip
    return figure


def _ratios(axes: Any, pairs: list[list[float]], told: list[str], ink: str) -> None:
    """Write how many times as much it is: as the table tells, or as the dots lie."""
    told = told or [f"{other / one:.0f}" for one, other in pairs]
    for height, ((one, other), ratio) in enumerate(zip(pairs, told, strict=True)):
        axes.annotate(
            f"{TIMES}{ratio}", ((one * other) ** 0.5, height), (0, 4), color=ink,
            textcoords="offset points", ha="center", fontsize=9,
        )  # fmt: skip


def _lines(axes: Any, pairs: list[list[float]], ink: str, ours: str, theirs: str):
    """Draw a dot for each program and the way between them."""
    left, right = zip(*pairs, strict=True)
    heights = range(len(pairs))
    axes.plot(left, heights, "o", color=ours, markersize=8, zorder=3)
    axes.plot(right, heights, "o", color=theirs, markersize=8, zorder=3)
    axes.hlines(heights, left, right, color=ink, alpha=0.35, linewidth=2)
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.margins(y=0.12)
    axes.xaxis.set_major_formatter("{x:g}")
    if max(right) < 10 * min(left) * 2:
        axes.set_xticks([0.5, 1, 2, 4])
    axes.minorticks_off()
    axes.tick_params(colors=ink, left=False)
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set_visible(True)
    axes.spines["bottom"].set_color(ink)
    axes.grid(axis="x", color=ink, alpha=0.15)
