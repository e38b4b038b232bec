"""A report as notebooks, browsers and files take it."""

from html import escape
from os import PathLike
from pathlib import Path

from boldglm._base.arguments import as_path
from boldglm._base.atomic import written_whole

__all__ = ["HTMLReport"]

_WIDTH, _HEIGHT = 1600, 800


class HTMLReport:
    """A page in one file: show it, store it, or put it into another page.

    Parameters
    ----------
    page : str
        A whole HTML page.
    width, height : int
        Size of the frame in which a notebook shows it, CSS pixels.

    Examples
    --------
    >>> report = HTMLReport("<!doctype html><title>Faces</title>", width=800)
    >>> report.get_iframe(height=300)
    '<iframe srcdoc="&lt;!doctype html&gt;&lt;title&gt;Faces&lt;/title&gt;"
    title="Report" width="800" height="300"
    style="border: 0; max-width: 100%"></iframe>'
    """

    def __init__(self, page: str, width: int = _WIDTH, height: int = _HEIGHT) -> None:
        if not isinstance(page, str):
            msg = f"page is a {type(page).__name__}; expected the text of an HTML page."
            raise TypeError(msg)
        self._page = page
        self._quoted: str | None = None
        self.width = width
        self.height = height

    @property
    def width(self) -> int:
        """Of the frame in a notebook, CSS pixels."""
        return self._width

    @width.setter
    def width(self, width: int) -> None:
        self._width = _pixels(width, "width")

    @property
    def height(self) -> int:
        """Of the frame in a notebook, CSS pixels."""
        return self._height

    @height.setter
    def height(self, height: int) -> None:
        self._height = _pixels(height, "height")

    def resize(self, width: int, height: int) -> "HTMLReport":
        """Set the size of the frame in a notebook, CSS pixels.

        Returns
        -------
        HTMLReport
            This one, so that a cell may end with it.

        Raises
        ------
        ValueError
            If one of them is not a positive number.
        """
        self.width, self.height = _pixels(width, "width"), _pixels(height, "height")
        return self

    def get_standalone(self) -> str:
        """The whole page."""
        return self._page

    def get_iframe(self, width: int | None = None, height: int | None = None) -> str:
        """The page in a frame, to stand in another page.

        Parameters
        ----------
        width, height : int or None
            CSS pixels. Default: those of the report.

        Raises
        ------
        ValueError
            If one of them is not a positive number.
        """
        width = self.width if width is None else _pixels(width, "width")
        height = self.height if height is None else _pixels(height, "height")
        if self._quoted is None:
            # pages have tens of megabytes, and notebooks ask at every display
            self._quoted = escape(self._page)
        return (
            f'<iframe srcdoc="{self._quoted}" title="Report" width="{width}" '
            f'height="{height}" style="border: 0; max-width: 100%"></iframe>'
        )

    def save_as_html(self, file_name: str | PathLike[str]) -> None:
        """Write the page, completely or not at all.

        Parameters
        ----------
        file_name : str or path
            The folder must exist.

        Raises
        ------
        FileNotFoundError
            If the folder does not exist.
        OSError
            If writing failed; what was there before is as it was.

        Examples
        --------
        >>> from tempfile import mkdtemp
        >>> path = Path(mkdtemp()) / "report.html"
        >>> HTMLReport("<!doctype html>").save_as_html(path)
        >>> path.read_text()
        '<!doctype html>'
        """
        with written_whole(as_path(file_name, "file_name")) as draft:
            draft.write_bytes(self._page.encode("utf-8"))

    def open_in_browser(self, file_name: str | PathLike[str] | None = None) -> None:
        """Show the page in the browser of this machine.

        Parameters
        ----------
        file_name : str, path or None
            Where to write it first. None: a new temporary file, which is left to the
            system to remove, because a browser may be asked to load it again.

        Raises
        ------
        OSError
            As of `save_as_html`.
        """
        import tempfile
        import webbrowser

        if file_name is None:
            file_name = Path(tempfile.mkdtemp(prefix="boldglm-")) / "report.html"
        self.save_as_html(file_name)
        webbrowser.open(as_path(file_name, "file_name").resolve().as_uri())

    def _repr_html_(self) -> str:
        """What a notebook shows: framed, so that neither changes the other's looks."""
        return self.get_iframe()

    def __str__(self) -> str:
        return self._page

    def __repr__(self) -> str:
        return f"<HTMLReport of {len(self._page) / 1e6:.1f} MB>"


def _pixels(value: int, name: str) -> int:
    try:
        pixels = int(value)
    except (TypeError, ValueError, OverflowError):
        pixels = 0
    if pixels < 1:
        msg = f"{name} is {value!r}; expected a positive number of pixels."
        raise ValueError(msg)
    return pixels
