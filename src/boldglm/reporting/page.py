"""The page of a report: content laid out by templates, in one file that asks nobody."""

import base64
import hashlib
import math
from collections.abc import Iterable
from functools import lru_cache
from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boldglm.plotting.number_text import fixed
from boldglm.reporting.content import Cluster, Figure, ReportContent, Table
from boldglm.reporting.embedded import embedded_json
from boldglm.reporting.viewer_bundle import viewer_script

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["write_page"]


def write_page(content: ReportContent) -> str:
    """One HTML page: everything it needs is in it, and it may ask for nothing else.

    Text is escaped wherever it stands. The policy in the page's head admits the scripts
    and the style of the page by their digests and forbids all requests, so that not
    even a name that slipped through could run or send anything.

    Parameters
    ----------
    content : ReportContent

    Returns
    -------
    str
        HTML 5, to be stored as UTF-8.

    Examples
    --------
    >>> from boldglm.reporting.content import Table
    >>> nothing = Table((), ())
    >>> page = write_page(ReportContent(
    ...     title="Faces & houses", level="first", created="2026-01-31T12:00:00+00:00",
    ...     software=(("boldglm", "1.0"),), methods=(), citations=(),
    ...     parameters=nothing, data=nothing, mask=None, space="", background=None,
    ...     contrasts=(), runs=(), noise=None, warnings=(),
    ... ))
    >>> "<title>Faces &amp; houses</title>" in page
    True
    """
    from markupsafe import Markup

    environment = _environment()
    style = "\n".join(_asset(f"{name}.css") for name in ("frame", "parts", "media"))
    scripts = [_asset("explorer.js"), _asset("report.js")]
    # Without maps there is nothing to view
    bundle = viewer_script() if content.contrasts else None
    if bundle is not None:
        scripts = [bundle, _asset("clusters.js"), _asset("viewer.js"), *scripts]
    page = environment.get_template("report.html").render(
        content=content,
        style=Markup(style),
        scripts=[Markup(script) for script in scripts],
        policy=_policy(style, scripts),
        data=Markup(embedded_json(content)),
    )
    # Paths may hold bytes that are no text
    return page.encode("utf-8", "replace").decode()


def _policy(style: str, scripts: list[str]) -> str:
    """Content Security Policy: what stands in the page, and pictures of its own."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_digest, scripts))}",
            f"style-src {_digest(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("boldglm.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        cell=_cell,
        decimals=_decimals,
        from_to=_from_to,
        numeric=_numeric,
        place_digits=_place_digits,
        source=_source,
    )
    return environment


@lru_cache
def _asset(name: str) -> str:
    """A style or script as it stands in the page, its lines ended as browsers read."""
    path = Path(__file__).with_name("templates") / name
    return path.read_text(encoding="utf-8")


def _source(figure: Figure) -> str:
    """A picture as an address that holds it."""
    data = base64.b64encode(figure.data).decode("ascii")
    return f"data:{figure.media_type};base64,{data}"


def _numeric(table: Table) -> list[bool]:
    """Which columns hold numbers only; the first says what a row is about."""
    columns = list(zip(*table.rows, strict=True))
    return [False, *(_holds_numbers(column) for column in columns[1:])]


def _holds_numbers(column: tuple[Any, ...]) -> bool:
    told = [value for value in column if value is not None]
    return bool(told) and all(
        isinstance(value, Number) and not isinstance(value, bool) for value in told
    )


def _place_digits(clusters: tuple[Cluster, ...]) -> int:
    """Decimals of coordinates: none where all are whole millimetres."""
    places = [side for one in clusters for side in (one.x, one.y, one.z)]
    return 0 if all(abs(math.remainder(side, 1.0)) < 1e-3 for side in places) else 1


def _from_to(numbers: Iterable[int]) -> str:
    """One number where all are the same, or from which to which they go."""
    known = sorted(set(numbers))
    return " to ".join(map(str, known[:: max(len(known) - 1, 1)]))


def _decimals(value: float, digits: int) -> str:
    """A number with so many decimals."""
    if not math.isfinite(value):
        return _cell(float(value))
    return fixed(value, digits)


def _cell(value: Any) -> str:
    """What stands in a cell: four digits of a number, words as they are."""
    if value is None or value == "":
        return "\N{EN DASH}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | str) or not hasattr(value, "__float__"):
        return str(value)
    number = float(value)
    if not math.isfinite(number):
        return f"{number}".replace("inf", "\N{INFINITY}")
    if 1e4 <= abs(number) < 1e15:
        return f"{number:.0f}"
    return f"{number:.4g}"
