"""Where panels go: rows of rectangles in a box, all at one scale."""

from collections.abc import Sequence

__all__ = ["GAP", "Box", "arrange", "natural_scale"]

Box = tuple[float, float, float, float]
"""Left, bottom, width, height."""

Size = tuple[float, float]

GAP = 0.06
"""Between panels, inches."""


def arrange(
    rows: Sequence[Sequence[Size]], box: Box, *, to_left: bool = False
) -> list[Box]:
    """Place panels as large as a box allows, one millimetre as long in all of them.

    Parameters
    ----------
    rows : sequence of sequences of (width, height)
        Sizes in mm, from the top row down and from left to right.
    box : (left, bottom, width, height)
        Inches.
    to_left : bool
        Rows begin at the left edge of the longest; otherwise each is centred.

    Returns
    -------
    list of (left, bottom, width, height)
        One per panel, row by row, inches.

    Examples
    --------
    >>> arrange([[(100.0, 50.0)], [(50.0, 50.0)]], (0.0, 0.0, 2.0, 2.06))
    [(0.0, 1.06, 2.0, 1.0), (0.5, 0.0, 1.0, 1.0)]
    """
    left, bottom, width, height = box
    high = sum(_height(row) for row in rows)
    scale = (height - GAP * (len(rows) - 1)) / high
    for row in rows:
        scale = min(scale, (width - _gaps(row)) / _length(row, 0))
    scale = max(scale, 1e-6)
    lengths = [scale * _length(row, 0) + _gaps(row) for row in rows]
    block = (max(lengths), scale * high + GAP * (len(rows) - 1))
    top = bottom + 0.5 * (height + block[1])
    start = left + 0.5 * (width - block[0])
    placed: list[Box] = []
    for row, length in zip(rows, lengths, strict=True):
        row_height = scale * _height(row)
        at = start + (0.0 if to_left else 0.5 * (block[0] - length))
        for panel_width, panel_height in row:
            down = 0.5 * (row_height - scale * panel_height)
            placed.append(
                (
                    at,
                    top - row_height + down,
                    scale * panel_width,
                    scale * panel_height,
                )
            )
            at += scale * panel_width + GAP
        top -= row_height + GAP
    return placed


def natural_scale(
    rows: Sequence[Sequence[Size]], row_height: float, widest: float
) -> float:
    """Inches per millimetre at which rows have a height, unless they get too wide.

    Examples
    --------
    >>> natural_scale([[(100.0, 200.0)]], row_height=2.0, widest=10.0)
    0.01
    """
    scale = row_height / max(_height(row) for row in rows)
    return min(scale, widest / max(_length(row, 0) for row in rows))


def _gaps(row: Sequence[Size]) -> float:
    return GAP * (len(row) - 1)


def _length(row: Sequence[Size], axis: int) -> float:
    return sum(size[axis] for size in row)


def _height(row: Sequence[Size]) -> float:
    return max(size[1] for size in row)
