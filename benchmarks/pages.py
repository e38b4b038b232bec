"""What commands write into pages of the documentation."""

import re

__all__ = ["MARKERS", "alone", "replaced"]

#: What is between these lines of a page is written by a command.
MARKERS = ("<!-- measured -->", "<!-- end of what was measured -->")


def replaced(page: str, text: str) -> str:
    """Put a text between the markers of a page.

    Raises
    ------
    ValueError
        If the page does not have them.
    """
    begin, end = MARKERS
    if page.count(begin) != 1 or page.count(end) != 1:
        msg = f"expected the lines {begin!r} and {end!r} once each in the page"
        raise ValueError(msg)
    before, after = page.partition(begin)[0], page.partition(end)[2]
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def alone(svg: str) -> str:
    """A picture without the addresses that matplotlib puts into it."""
    for part in (r"<!DOCTYPE.*?>\s*", r"<metadata>.*?</metadata>\s*"):
        svg = re.sub(part, "", svg, flags=re.DOTALL)
    svg = re.sub(r'xmlns:xlink="[^"]*" ', "", svg)
    return svg.replace("xlink:href=", "href=")
