"""The page of benchmarks: ``python -m benchmarks.benchmarks_page``.

Keeps what was measured since in ``benchmarks/results/<version>.json``; from there it
writes the table of targets into ``docs/benchmarks.md`` and draws the ratios.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import records
from benchmarks.baseline import TIMES, Standing, standings
from benchmarks.pages import alone, replaced

__all__ = ["FIGURE", "PAGE", "figure", "table", "text", "write"]

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "benchmarks.md"
FIGURE = DOCS / "images" / "benchmark-ratios.svg"
# The same on light pages and on dark ones
INK, OURS, ASKED = "#64748b", "#0d9488", "#d97706"
Groups = Iterable[Mapping[str, Any]]


def table(groups: Groups) -> str:
    """Write target, measurement and verdict of every row, as Markdown."""
    lines = [
        "| work | target | boldglm | peer | ratio | |",
        "|---|---|---|---|---|---|",
    ]
    for one in _standings(groups):
        record = one.record or {"ours": [], "peer": []}
        cells = [
            one.row.work.replace(" x ", f" {TIMES} "),
            one.row.target,
            _cell(record["ours"], record.get("ours_mib")),
            _cell(record["peer"], record.get("peer_mib")),
            _times(record.get("ratio")),
            _verdict(one),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _standings(groups: Groups) -> list[Standing]:
    return standings(record for group in groups for record in group["results"])


def _verdict(one: Standing) -> str:
    if one.met or one.record is None or not one.record["agree"]:
        return one.verdict
    missed = [ask["text"] for ask in one.record["asks"] if not ask["met"]]
    return f"**{one.verdict}**: " + ", ".join(missed)


def _cell(seconds: list[float], mib: float | None) -> str:
    parts = [_seconds(median(seconds))] if seconds else []
    return ", ".join([*parts, *([] if mib is None else [f"{mib:,.0f} MiB"])])


def _seconds(value: float) -> str:
    """Two or three digits, in a unit that has them."""
    if value >= 100:
        return f"{value:,.0f} s"
    if value < 0.1:
        return f"{1000 * value:.2g} ms" if value < 0.01 else f"{1000 * value:.0f} ms"
    return f"{value:.2f} s" if value < 1 else f"{value:.3g} s"


def _times(ratio: float | None) -> str:
    if ratio is None:
        return ""
    return f"{TIMES}{ratio:.1f}" if ratio < 10 else f"{TIMES}{ratio:.0f}"


def text(record: Mapping[str, Any]) -> str:
    """What stands between the markers: of what it is, and the table."""
    groups = list(record["groups"].values())
    parts = [f"Version {record['version']}. " + _machines(groups), table(groups)]
    return "\n\n".join(parts)


def _machines(groups: list[Mapping[str, Any]]) -> str:
    """On what, when, and whether it was quiet there."""
    machines = sorted(
        {
            f"{one['machine']['processor']}, {one['machine']['cores']} cores, "
            f"Python {one['machine']['python']}, nilearn {one['versions']['nilearn']}"
            for one in groups
        }
    )
    days = sorted({one["time"][:10] for one in groups})
    days = days if len(days) < 3 else [days[0], days[-1]]
    busy = [one["others"] for one in groups if one["others"] is not None]
    told = f"Measured {' to '.join(days)} on {'; '.join(machines)}"
    if busy and max(busy) > 0.2:
        told += (
            f". The machine was not quiet: others kept up to {max(busy):.1f} "
            "processors busy, so ratios are rough"
        )
    return told + "."


def figure(groups: Groups) -> str:
    """Draw the ratios of seconds and of memory with their targets, as an SVG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    rows = [one for one in _standings(groups) if _drawn(one)]
    # The same file for the same numbers; letters stay letters
    style = {"svg.hashsalt": "boldglm", "svg.fonttype": "none", "font.size": 9}
    colours = dict.fromkeys(
        ("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INK
    )
    with rc_context(style | colours):
        fig = Figure(figsize=(7.6, 0.3 * len(rows) + 1.2), layout="constrained")
        axes = fig.subplots()
        _dots(axes, rows)
        axes.axvline(1, color=INK, lw=1)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        axes.set_yticks(range(len(rows)), [one.row.short for one in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel(f"peer {chr(247)} boldglm, logarithmic")
        axes.tick_params(left=False)
        axes.spines[:].set_visible(False)
        axes.grid(axis="x", color=INK, alpha=0.25, lw=0.5)
        axes.set_facecolor("none")
        fig.legend(loc="outside upper center", ncols=3, frameon=False)
        drawn = StringIO()
        metadata = {"Date": None}
        fig.savefig(drawn, format="svg", transparent=True, metadata=metadata)
    return alone(drawn.getvalue())


def _drawn(one: Standing) -> bool:
    return bool(_ratio(one) or _memory(one))


def _ratio(one: Standing) -> float | None:
    return one.record["ratio"] if one.record else None


def _memory(one: Standing) -> float | None:
    if not (one.record and one.record["ours_mib"] and one.record["peer_mib"]):
        return None
    return one.record["peer_mib"] / one.record["ours_mib"]


def _dots(axes: Any, rows: list[Standing]) -> None:
    """A dot for seconds, a ring for memory, a stroke for what is asked of seconds."""
    kinds = (
        ("seconds", "o", OURS, OURS, [_ratio(one) for one in rows]),
        ("memory", "o", "none", OURS, [_memory(one) for one in rows]),
        ("target, seconds", "|", ASKED, ASKED, [one.row.ratio for one in rows]),
    )
    for label, marker, face, edge, values in kinds:
        places = [(value, at) for at, value in enumerate(values) if value]
        if places:
            x, y = zip(*places, strict=True)
            axes.plot(
                x, y, marker, ms=12 if marker == "|" else 7, mfc=face, mec=edge,
                mew=2, ls="none", label=label,
            )  # fmt: skip
        if label == "seconds":
            for value, at in places:
                axes.annotate(
                    _times(value), (value, at), (9, -3), color=INK, fontsize=8,
                    textcoords="offset points",
                )  # fmt: skip


def write(record: Mapping[str, Any]) -> Iterator[Path]:
    """Write the table into the page, and the figure."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(replaced(page, text(record)), encoding="utf-8")
    yield PAGE
    FIGURE.write_text(figure(record["groups"].values()), encoding="utf-8")
    yield FIGURE


def main() -> int:
    """Keep, write the page of this version, or of the last one that was measured."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    _, left = records.keep_runs()
    if left:
        print(f"not kept, since results disagree: {', '.join(left)}")
    source = records.newest()
    print(f"from {source}")
    for path in write(records.kept(source)):
        print(f"written to {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
