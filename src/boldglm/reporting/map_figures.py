"""Figures of one map: slices, glass brain, histogram, weights."""

import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm.plotting.displays.volumes import Volume
from boldglm.plotting.matrix_axes import shortened
from boldglm.plotting.number_text import fixed, weight_text
from boldglm.reporting.chart import COLOURS, Chart, shade
from boldglm.reporting.content import Figure
from boldglm.reporting.contrast_words import Threshold
from boldglm.reporting.report_options import ReportOptions
from boldglm.reporting.slice_pictures import Scene, draw_slices

__all__ = [
    "glass_figure",
    "histogram_of_z",
    "png_figure",
    "quietly",
    "slices_of",
    "weights_figure",
]

Rows = npt.NDArray[np.float64]
#: Cells of a figure of weights: rows and columns that are drawn
MOST_ROWS, MOST_COLUMNS = 24, 40


def slices_of(
    name: str, kept: Volume, scene: Scene, threshold: Threshold, options: ReportOptions
) -> Figure:
    """Slices of what survives, over the anatomy.

    Parameters
    ----------
    name : str
        Of the figure.
    kept : Volume
        0 where the map does not survive.
    scene : Scene
    threshold : Threshold
    options : ReportOptions
        Say where to cut.
    """
    of_slices = options.plot_type == "slice"
    picture = draw_slices(
        kept,
        scene,
        mode=options.slice_mode,
        cut_coords=options.cut_coords if of_slices else None,
        height=threshold.height if np.isfinite(threshold.height) else None,
    )
    at = ", ".join(picture.cuts)
    return Figure(
        name=name,
        data=picture.data,
        media_type="image/png",
        alternative=f"Slices at {at} mm; coloured are voxels with {threshold.sign}.",
        caption=f"Voxels with {threshold.sign} on slices at {at} mm. Left is left.",
        width=picture.width,
        height=picture.height,
    )


def glass_figure(
    name: str, kept_img: Any, threshold: Threshold, options: ReportOptions
) -> Figure:
    """What survives, seen through the brain; the outlines are those of MNI152."""
    from boldglm.plotting import plot_glass_brain

    cuts: Any = BytesIO()
    plot_glass_brain(
        kept_img,
        output_file=None,
        figure=(own := _own_figure()),
        display_mode=options.glass_mode,
        threshold=1e-6,
        plot_abs=not threshold.two_sided,
        colorbar=True,
    )
    own.savefig(cuts, format="png", pil_kwargs={"compress_level": 2})
    return png_figure(
        name,
        cuts.getvalue(),
        f"Glass brain; coloured are voxels with {threshold.sign}.",
        f"Voxels with {threshold.sign}, each line of sight with its largest value.",
    )


def _own_figure() -> Any:
    """A figure that pyplot never hears of."""
    from matplotlib.figure import Figure as Canvas

    return Canvas(figsize=(9.6, 2.6), dpi=100, facecolor="white")


def png_figure(name: str, data: bytes, alternative: str, caption: str) -> Figure:
    """A PNG file as a figure, at its own size."""
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    return Figure(name, data, "image/png", alternative, caption, width, height)


def histogram_of_z(
    name: str, z: npt.NDArray[np.floating], threshold: Threshold, kind: str
) -> Figure | None:
    """How z is spread over the voxels of the mask, beside what noise alone would give.

    Parameters
    ----------
    name : str
    z : (n_voxels,)
        Voxels that were tested.
    threshold : Threshold
    kind : {"t", "F"}
    """
    if not z.size:
        return None
    low = float(min(z.min(), -4.0))
    high = float(max(z.max(), 4.0))
    counts, edges = np.histogram(z, bins=80, range=(low, high))
    middle = 0.5 * (edges[:-1] + edges[1:])
    noise = np.exp(-0.5 * middle**2) / np.sqrt(2 * np.pi)
    noise *= z.size * (edges[1] - edges[0])
    chart = Chart((low, high), (0.0, 1.05 * float(max(counts.max(), noise.max()))))
    chart.steps(edges, counts, COLOURS[0])
    chart.line(middle, noise, COLOURS[2], "5 3")
    chart.key("voxels", COLOURS[0])
    chart.key("noise alone", COLOURS[2])
    if np.isfinite(threshold.height):
        chart.upright(threshold.height, "")
        if threshold.two_sided:
            chart.upright(-threshold.height, "")
    what = "z" if kind == "t" else "z of F"
    chart.axes(what, "voxels")
    spread = (
        f"median {fixed(np.median(z), 2)}, standard deviation {fixed(z.std(), 2)}, "
        f"from {fixed(z.min(), 1)} to {fixed(z.max(), 1)}"
    )
    return chart.figure(
        name,
        f"Histogram of {what} over {z.size:,} voxels: {spread}.",
        f"{what} of {z.size:,} voxels ({spread}). Dashed: a standard normal "
        "distribution, as where there is no effect; upright: the threshold.",
    )


def weights_figure(
    name: str, rows: Sequence[Rows | None], columns: Sequence[Sequence[Any]]
) -> Figure | None:
    """Which regressor has which weight, for one run where all agree.

    Parameters
    ----------
    name : str
    rows : sequence of (n_rows, n_regressors) or None
        Of each run.
    columns : sequence of sequence
    """
    lines = _lines(rows, columns)
    names = list(dict.fromkeys(name for _, weights in lines for name in weights))
    if not names:
        return None
    shown, lines = names[:MOST_COLUMNS], lines[:MOST_ROWS]
    largest = max(abs(w) for _, weights in lines for w in weights.values()) or 1.0
    wide = max(24.0, min(56.0, 640.0 / len(shown)))
    longest = max(len(shortened(one)) for one in shown)
    head = 16.0 + 5.2 * min(longest, 48)
    beside = 12.0 + 6.5 * max(len(label) for label, _ in lines)
    width = round(beside + wide * len(shown) + 0.75 * head + 10)
    chart = Chart((0, 1), (0, 1), width, round(head + 24.0 * len(lines) + 8))
    for column, one in enumerate(shown):
        x, y = beside + wide * (column + 0.5), head - 6
        turn = f"rotate(-50 {x:.1f} {y:.1f})"
        chart.words(shortened(one), x, y, transform=turn)
    for row, (label, weights) in enumerate(lines):
        y = head + 24.0 * row
        chart.words(label, 6.0, y + 16)
        for column, one in enumerate(shown):
            weight = weights.get(one, 0.0)
            x = beside + wide * column
            chart.cell(x, y, (wide, 24.0), shade(0.85 * weight / largest))
            if weight:
                dark = abs(weight) > 0.7 * largest
                chart.words(
                    weight_text(weight), x + wide / 2, y + 16, text_anchor="middle",
                    fill="white" if dark else "#222222",
                )  # fmt: skip
    rest = "Regressors with no weight are not shown."
    return chart.figure(name, "Weights of the regressors.", f"Weights. {rest}")


def _lines(
    rows: Sequence[Rows | None], columns: Sequence[Sequence[Any]]
) -> list[tuple[str, dict[str, float]]]:
    """Label and weights of every row of every run; of one run where all agree."""
    runs = [
        [
            {str(names[i]): float(row[i]) for i in np.flatnonzero(row).tolist()}
            for row in weights
        ]
        for weights, names in zip(rows, columns, strict=True)
        if weights is not None
    ]
    numbers = [run for run, weights in enumerate(rows, 1) if weights is not None]
    agree = len(runs) == len(rows) and all(one == runs[0] for one in runs)
    if agree:
        runs, numbers = runs[:1], [0]
    return [
        (f"run {number}" if number else "", weights)
        for number, run in zip(numbers, runs, strict=True)
        for weights in run
    ]


def quietly(draw: Any, *given: Any, **options: Any) -> Any:
    """Draw without what matplotlib says of letters that its font has not."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        return draw(*given, **options)
