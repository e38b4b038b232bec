"""A report as JSON, to stand inside its page: for the viewer, and for programs."""

import base64
import json
import math
from dataclasses import fields, is_dataclass
from typing import Any

from boldglm.reporting.content import Figure, ReportContent

__all__ = ["embedded_json"]

# Inside <script>, "</script" ends the element and "<!--" changes what ends it; with no
# "<", ">" or "&" at all, JSON is safe wherever a page may be pasted to.
_SAFE = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"))


def embedded_json(content: ReportContent) -> str:
    r"""Everything in a report, as JSON that may stand in a ``<script>`` element.

    Keys are the names of the fields of `ReportContent` and of what it holds, and
    ``format`` says which version of that this is. Numbers are whole, not rounded as on
    the page. Values that JSON does not know are words that Python and JavaScript read
    as numbers: ``float("NaN")``, ``Number("-Infinity")``. Volumes are gzipped NIfTI
    files in base64. Of figures there is everything but the file, which is on the page
    under the id ``figure-`` and its name.

    Parameters
    ----------
    content : ReportContent

    Returns
    -------
    str
        ASCII.

    Examples
    --------
    >>> from boldglm.reporting.content import Cluster
    >>> embedded_json(Cluster("<1>", 0.5, -2.0, float("nan"), 4.2, None))
    '{"format": 1, "label": "\\u003c1\\u003e", "x": 0.5, "y": -2.0, "z": "NaN",
    "peak": 4.2, "size": null}'
    """
    text = json.dumps({"format": 1, **_plain(content)}, allow_nan=False)
    for sign, written in _SAFE:
        text = text.replace(sign, written)
    return text


def _plain(value: Any) -> Any:
    """What JSON knows, of what dataclasses and tables hold."""
    if hasattr(value, "item"):
        # A number of numpy's
        value = value.item()
    if is_dataclass(value):
        kept = (field.name for field in fields(value))
        if isinstance(value, Figure):
            kept = (name for name in kept if name != "data")
        return {name: _plain(getattr(value, name)) for name in kept}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return _leaf(value)


def _leaf(value: Any) -> bool | int | float | str | None:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value).replace("inf", "Infinity").replace("nan", "NaN")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
