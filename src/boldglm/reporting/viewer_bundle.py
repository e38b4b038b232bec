"""The script of the viewer: NiiVue, built into the package where npm was there."""

from functools import lru_cache
from pathlib import Path

__all__ = ["viewer_script"]

_BUNDLE = Path(__file__).with_name("viewer") / "niivue.js"


def viewer_script() -> str | None:
    """The viewer as one script, licences of all it holds included.

    Returns
    -------
    str or None
        None where it was not built, as on a machine without npm: a page then shows
        prepared slices.

    Examples
    --------
    >>> script = viewer_script()
    >>> script is None or "</script" not in script
    True
    """
    return _read(_BUNDLE)


@lru_cache(maxsize=2)
def _read(path: Path) -> str | None:
    # Not text mode: what a page holds must be what its policy has the digest of
    return path.read_bytes().decode() if path.is_file() else None
