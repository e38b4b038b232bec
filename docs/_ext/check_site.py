"""Check the built site: all names are there, links lead somewhere, nothing is fetched.

::

    python docs/_ext/check_site.py docs/_build/html
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from public_names import public_names

__all__ = ["Page", "main", "problems", "styled"]

#: Attributes that a browser loads with a page, of whatever element
LOADED = ("src", "srcset", "data", "poster")
#: What styles load: `url(…)`, and sheets that are imported by their names
IN_STYLES = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")
#: What `link` elements load; others, such as `canonical`, only tell
LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch"}


class Page(HTMLParser):
    """Anchors, links and what is loaded, of one page.

    Attributes
    ----------
    anchors : set of str
    links : list of str
    loaded : list of str
    """

    def __init__(self, path: Path):
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self._in_style = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        """Note what an element has."""
        given = {key: value or "" for key, value in attrs}
        if "id" in given:
            self.anchors.add(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and set(given.get("rel", "").split()) & LOADED_LINKS:
            self.loaded.append(given["href"])
        for name in LOADED:
            # Of several pictures, each is followed by its width
            several = given.get(name, "").split(",") if name == "srcset" else []
            addresses = [one.split()[0] for one in several if one.strip()]
            self.loaded += addresses or ([given[name]] if given.get(name) else [])
        self.loaded += styled(given.get("style", ""))
        self._in_style = tag == "style"

    def handle_endtag(self, tag):
        """Leave the styles."""
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data):
        """Note what the styles of a page load."""
        if self._in_style:
            self.loaded += styled(data)


def styled(text: str) -> list[str]:
    """Find what a style sheet loads, pictures inside of it aside.

    Examples
    --------
    >>> styled("a { background: url('dots.png') } @import 'more.css';")
    ['dots.png', 'more.css']
    """
    found = ("".join(pair).strip() for pair in IN_STYLES.findall(text))
    return [one for one in found if not one.startswith("data:")]


def problems(site: Path) -> list[str]:
    """Find what is wrong with a built site.

    Parameters
    ----------
    site : Path
        Folder of the HTML.

    Returns
    -------
    list of str
    """
    pages = {path.resolve(): Page(path) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        found += [
            f"{name}: loads {url} from elsewhere"
            for url in page.loaded
            if urlsplit(url).netloc
        ]
        found += [
            f"{name}: {link} leads nowhere"
            for link in (*page.links, *page.loaded)
            if not _leads_somewhere(path, link, pages)
        ]
    for sheet in sorted(site.rglob("*.css")):
        found += [
            f"{sheet.relative_to(site)}: loads {url} from elsewhere"
            for url in styled(sheet.read_text(encoding="utf-8"))
            if urlsplit(url).netloc
        ]
    anchors = {
        (path.stem, anchor) for path, page in pages.items() for anchor in page.anchors
    }
    for names in public_names().values():
        found += [
            f"{one.target} is on no page"
            for one in names
            if (one.page, one.target) not in anchors
        ]
    return found


def _leads_somewhere(path: Path, link: str, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target = target / "index.html"
    if not target.exists():
        return False
    if not parts.fragment or target not in pages:
        return True
    return unquote(parts.fragment) in pages[target].anchors


def main(argv: list[str]) -> int:
    """Tell what is wrong; 0 if nothing is."""
    site = Path(argv[0])
    found = problems(site)
    sys.stdout.write("".join(f"{one}\n" for one in found))
    n_pages = len(list(site.rglob("*.html")))
    sys.stdout.write(f"{site}: {n_pages} pages, {len(found)} problems\n")
    return 1 if found or not n_pages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
