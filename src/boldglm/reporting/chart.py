"""Charts as SVG: bars, lines and bands between two axes.

A report has many small charts; drawn so, they take a millisecond each, stay sharp at
any size, and their words are words.
"""

import base64
from collections.abc import Sequence
from io import BytesIO
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt

from boldglm.reporting.content import Figure

__all__ = ["COLOURS", "Chart", "clean_text", "shade"]

#: Told apart without red-green vision (Petroff 2021, arXiv:2107.02270)
COLOURS = ("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59")
INK, SOFT, GRID = "#222222", "#555555", "#dddddd"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
LEFT, RIGHT, TOP, BOTTOM = 52.0, 14.0, 22.0, 38.0


class Chart:
    """A chart that is drawn step by step.

    Parameters
    ----------
    x, y : (float, float)
        Ends of the axes, in units of the data.
    width, height : int
        CSS pixels.

    Examples
    --------
    >>> chart = Chart((0.0, 1.0), (0.0, 10.0))
    >>> chart.line([0.0, 1.0], [0.0, 10.0], COLOURS[0])
    >>> chart.axes("time (s)", "signal")
    >>> figure = chart.figure("signal", "A line that rises.", "Signal over time.")
    >>> figure.media_type, figure.data[:4]
    ('image/svg+xml', b'<svg')
    """

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        width: int = 420,
        height: int = 230,
    ) -> None:
        self.width, self.height = width, height
        self.x, self.y = _widened(x), _widened(y)
        self._root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {width} {height}",
                "width": str(width),
                "height": str(height),
                "font-family": FONT,
                "font-size": "11",
            },
        )
        self._add("rect", width=width, height=height, fill="white")
        self._keys = 0

    def _add(self, tag: str, text: str = "", **attributes: object) -> None:
        written = {
            name.replace("_", "-"): f"{value:.2f}"
            if isinstance(value, float)
            else str(value)
            for name, value in attributes.items()
        }
        element = ET.SubElement(self._root, tag, written)
        element.text = clean_text(text) or None

    def _across(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        low, high = self.x
        share = (np.asarray(values, dtype=float) - low) / (high - low)
        return LEFT + np.clip(share, 0.0, 1.0) * (self.width - LEFT - RIGHT)

    def _up(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        low, high = self.y
        share = (np.asarray(values, dtype=float) - low) / (high - low)
        room = self.height - TOP - BOTTOM
        return self.height - BOTTOM - np.clip(share, 0.0, 1.0) * room

    def steps(self, edges: npt.ArrayLike, heights: npt.ArrayLike, colour: str) -> None:
        """Fill a histogram."""
        ends = np.repeat(self._across(edges), 2)
        tops = np.concatenate([[0.0], np.repeat(np.asarray(heights, float), 2), [0.0]])
        self._add(
            "path",
            d=_path(ends, self._up(tops)),
            fill=colour,
            fill_opacity="0.45",
            stroke=colour,
        )

    def line(
        self, x: npt.ArrayLike, y: npt.ArrayLike, colour: str, dashes: str = ""
    ) -> None:
        """Draw a line through points; what is not finite is left out."""
        across, up = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        known = np.isfinite(across) & np.isfinite(up)
        self._add(
            "path",
            d=_path(self._across(across[known]), self._up(up[known])),
            fill="none",
            stroke=colour,
            stroke_width="1.5",
            stroke_dasharray=dashes or "none",
        )

    def band(
        self, x: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike, colour: str
    ) -> None:
        """Fill between two lines."""
        ends = np.asarray(x, dtype=float)
        across = self._across(np.concatenate([ends, ends[::-1]]))
        up = self._up(np.concatenate([np.asarray(low), np.asarray(high)[::-1]]))
        path = _path(across, up)
        self._add("path", d=path, fill=colour, fill_opacity="0.2", stroke="none")

    def upright(self, x: float, label: str) -> None:
        """Mark a value on the x axis."""
        if not self.x[0] <= x <= self.x[1]:
            return
        at = float(self._across(x))
        foot = self.height - BOTTOM
        self._add(
            "line", x1=at, x2=at, y1=TOP, y2=foot, stroke=INK, stroke_dasharray="4 3"
        )
        anchor = "end" if at > 0.75 * self.width else "start"
        shift = -4.0 if anchor == "end" else 4.0
        self._add("text", label, x=at + shift, y=TOP + 10, text_anchor=anchor, fill=INK)

    def key(self, label: str, colour: str) -> None:
        """Say above the chart what a colour is."""
        at = LEFT + 125.0 * self._keys
        self._keys += 1
        self._add("rect", x=at, y=6.0, width=12, height=8, fill=colour)
        self._add("text", label[:24], x=at + 16, y=14.0, fill=INK)

    def axes(self, x_label: str, y_label: str) -> None:
        """Draw both axes, with round numbers and what they are of."""
        foot = self.height - BOTTOM
        for value in _round_values(*self.x):
            at = float(self._across(value))
            self._add("line", x1=at, x2=at, y1=foot, y2=foot + 4, stroke=SOFT)
            self._add(
                "text", f"{value:g}", x=at, y=foot + 15, text_anchor="middle", fill=INK
            )
        for value in _round_values(*self.y):
            at = float(self._up(value))
            self._add("line", x1=LEFT - 4, x2=LEFT, y1=at, y2=at, stroke=SOFT)
            self._add(
                "text", f"{value:g}", x=LEFT - 7, y=at + 4, text_anchor="end", fill=INK
            )
        for x1, y1, x2, y2 in (
            (LEFT, foot, self.width - RIGHT, foot),
            (LEFT, TOP, LEFT, foot),
        ):
            self._add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=SOFT)
        middle = 0.5 * (LEFT + self.width - RIGHT)
        self._add(
            "text", x_label, x=middle, y=self.height - 6.0,
            text_anchor="middle", fill=INK,
        )  # fmt: skip
        self._add(
            "text", y_label, x=0.0, y=0.0, text_anchor="middle", fill=INK,
            transform=f"translate(12 {0.5 * (TOP + foot):.1f}) rotate(-90)",
        )  # fmt: skip

    def cell(self, x: float, y: float, size: tuple[float, float], colour: str) -> None:
        """Fill a box, in pixels from the upper left corner."""
        self._add(
            "rect", x=x, y=y, width=size[0], height=size[1], fill=colour, stroke=GRID
        )

    def picture(
        self,
        pixels: npt.NDArray[np.uint8],
        box: tuple[float, float, float, float],
    ) -> None:
        """Stretch an image over a box: left, top, width and height in pixels.

        Parameters
        ----------
        pixels : (n_rows, n_columns) or (n_rows, n_columns, 3) uint8
        """
        from PIL import Image

        file = BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        address = base64.b64encode(file.getvalue()).decode("ascii")
        left, top, width, height = box
        self._add(
            "image",
            x=left, y=top, width=width, height=height, preserveAspectRatio="none",
            style="image-rendering: pixelated",
            href=f"data:image/png;base64,{address}",
        )  # fmt: skip

    def words(self, text: str, x: float, y: float, **look: object) -> None:
        """Write, in pixels from the upper left corner."""
        self._add("text", text, **({"x": x, "y": y, "fill": INK} | look))

    def figure(self, name: str, alternative: str, caption: str) -> Figure:
        """The chart as a file."""
        data = ET.tostring(self._root, encoding="utf-8")
        return Figure(
            name=name,
            data=data.removeprefix(b"<?xml version='1.0' encoding='utf-8'?>\n"),
            media_type="image/svg+xml",
            alternative=alternative,
            caption=caption,
            width=self.width,
            height=self.height,
        )


def clean_text(text: str) -> str:
    r"""Text without the control characters that XML cannot hold.

    >>> clean_text("a\x00b\x1bc")
    'a b c'
    """
    return "".join(
        one if one.isprintable() or one == " " else " " for one in text
    ).strip()


def shade(share: float) -> str:
    """Colour of a weight from -1, blue, over 0, white, to 1, red.

    >>> shade(0.0), shade(-1.0)
    ('#ffffff', '#2166ac')
    """
    ends = (178, 24, 43) if share > 0 else (33, 102, 172)
    part = min(abs(share), 1.0)
    return "#" + "".join(f"{round(255 + part * (end - 255)):02x}" for end in ends)


def _widened(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = ends
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _path(across: Sequence[float] | np.ndarray, up: np.ndarray) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(across, up, strict=True))


def _round_values(low: float, high: float) -> list[float]:
    """About five round values between two ends."""
    step = 10.0 ** np.floor(np.log10((high - low) / 4))
    for times in (1.0, 2.0, 5.0, 10.0):
        if (high - low) / (step * times) <= 6:
            step *= times
            break
    first = np.ceil(low / step - 1e-9)
    last = np.floor(high / step + 1e-9)
    return [float(round(i * step, 12)) + 0.0 for i in np.arange(first, last + 1)]
