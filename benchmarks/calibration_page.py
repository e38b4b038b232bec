"""Tables and figure of ``docs/noise-calibration.md``, from measured rows."""

from collections.abc import Callable, Iterator
from io import StringIO
from itertools import groupby
from pathlib import Path

from benchmarks.null_rates import LEVELS, PEER, POWER_LEVEL
from benchmarks.pages import alone, replaced

__all__ = ["FIGURE", "PAGE", "figure", "line", "tables", "write"]

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "noise-calibration.md"
FIGURE = DOCS / "images" / "noise-calibration.svg"
# Colours that are told apart by those who see them otherwise, too (Okabe and Ito)
COLOURS = {
    "ols": "#999999",
    "ols+": "#0072B2",
    "ar1": "#E69F00",
    "ar1+": "#56B4E9",
    "ar4+": "#CC79A7",
    "auto": "#000000",
    "arma11": "#009E73",
    PEER: "#D55E00",
}
# Where the axes begin and rates of 0 are drawn, and their ticks, by level
FLOORS = {0.05: 0.03, 0.001: 2e-4}
TICKS = {0.05: (0.03, 0.05, 0.1, 0.2, 0.5), 0.001: (0.001, 0.01, 0.1, 0.5)}


def line(row: dict, first: bool = False) -> str:
    """A row for the terminal, with what the columns are above the first one."""
    head = f"{'':<42}" + "".join(f"{model:>18}" for model in row["models"])
    head += f"\n{'share of p < .05 / p < .001, white residuals':<42}\n"
    cells = [
        f"{one['rates'][0]:.3f}/{one['rates'][-1]:.4f}{_share(one['white'], ' ')}"
        for one in row["models"].values()
    ]
    text = f"{row['title']:<42}" + "".join(f"{cell:>18}" for cell in cells)
    return head + text if first else text


def _share(value: float | None, before: str = "") -> str:
    return "" if value is None else f"{before}{value:.2f}"


def tables(rows: list[dict]) -> str:
    """Write the tables of the page."""
    first, last = (
        f"p < {level:g}".replace("0.", ".") for level in (LEVELS[0], LEVELS[-1])
    )
    parts = [
        f"### Rates at {first} and {last}",
        _table(rows, lambda one: f"{_rate(one, 0, 3)} / {_rate(one, -1, 4)}"),
        "### Rates at p < .01",
        _table(rows, lambda one: _rate(one, 1, 4)),
        "### Share of the voxels whose whitened residuals are white",
        _table(rows, lambda one: _share(one["white"])),
        f"### Power at a true level of {POWER_LEVEL:g}, where an oracle has 0.50",
        _table(rows, lambda one: _share(one["power"])),
    ]
    return "\n\n".join(parts)


def _table(rows: list[dict], cell: Callable[[dict], str]) -> str:
    """Rows that have something to tell, models that have."""
    cells = [{name: cell(one) for name, one in row["models"].items()} for row in rows]
    told = [name for name in cells[0] if any(each[name] for each in cells)]
    out = [
        "| noise and design | " + " | ".join(told) + " |",
        "|---" * (len(told) + 1) + "|",
    ]
    pairs = zip(rows, cells, strict=True)
    for group, members in groupby(pairs, key=lambda pair: pair[0]["group"]):
        kept = [(row, each) for row, each in members if any(each.values())]
        if kept:
            out.append(f"| *{group}* |" + " |" * len(told))
        for row, each in kept:
            line = " | ".join([row["title"], *(each[name] for name in told)])
            out.append(f"| {line} |")
    return "\n".join(out)


def _rate(one: dict, at: int, digits: int) -> str:
    """A rate, bold inside its band and in italics below."""
    rate, (low, high) = one["rates"][at], one["bands"][at]
    text = f"{rate:.{digits}f}"
    if rate > high:
        return text
    return f"*{text}*" if rate < low else f"**{text}**"


def write(rows: list[dict]) -> Iterator[Path]:
    """Write the tables into the page, and the figure."""
    PAGE.write_text(replaced(PAGE.read_text(), tables(rows)))
    yield PAGE
    figure(rows, FIGURE)
    yield FIGURE


def figure(rows: list[dict], path: Path) -> None:
    """Draw rates at the outer levels, a panel for each group of rows, as an SVG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    groups = [list(each) for _, each in groupby(rows, key=lambda row: row["group"])]
    sizes = [len(group) + 1 for group in groups]
    # The same file for the same numbers; letters stay letters
    style = {"svg.hashsalt": "boldglm", "svg.fonttype": "none", "font.size": 8}
    with rc_context(style):
        fig = Figure(
            figsize=(9, 0.24 * sum(sizes) + 1.2), layout="constrained", facecolor="w"
        )
        axes = fig.subplots(len(groups), 2, sharex="col", height_ratios=sizes)
        axes = axes.reshape(len(groups), 2)
        for panels, group in zip(axes, groups, strict=True):
            for axis, at in zip(panels, (0, -1), strict=True):
                _panel(axis, group, at)
            panels[0].set_title(group[0]["group"], loc="left", fontweight="bold")
            panels[0].set_yticks(range(len(group)), [row["title"] for row in group])
            panels[1].set_yticks([])
        for axis, level in zip(axes[-1], (LEVELS[0], LEVELS[-1]), strict=True):
            axis.set_xlabel(f"share of the voxels with p < {level:g}")
            axis.set_xlim(left=FLOORS[level])
            axis.set_xticks(TICKS[level], [f"{tick:g}" for tick in TICKS[level]])
            axis.minorticks_off()
        handles, labels = axes[0, 0].get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside upper center", ncols=len(labels))
        drawn = StringIO()
        fig.savefig(drawn, format="svg", metadata={"Date": None})
    path.write_text(alone(drawn.getvalue()))


def _panel(axis, group: list[dict], at: int) -> None:
    """Rates of a group of rows at one level, with the band of `auto` behind."""
    level = LEVELS[at]
    floor = FLOORS[level]
    for place, row in enumerate(group):
        low, high = row["models"]["auto"]["bands"][at]
        axis.fill_between(
            [max(low, floor), high], place - 0.5, place + 0.5, color="#cccccc", lw=0
        )
    axis.axvline(level, color="#666666", lw=0.8)
    for name in group[0]["models"]:
        ours = name == "auto"
        rates = [max(row["models"][name]["rates"][at], floor) for row in group]
        axis.plot(
            rates,
            range(len(group)),
            "D" if ours else "x" if name == PEER else "o",
            color=COLOURS[name],
            ms=5 if ours else 4,
            zorder=3 if ours else 2,
            label=name,
        )
    axis.set_xscale("log")
    axis.minorticks_off()
    axis.set_ylim(len(group) - 0.5, -0.5)
    axis.grid(axis="x", lw=0.3)
