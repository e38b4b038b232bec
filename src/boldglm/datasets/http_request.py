"""One request for one file, or for the rest of it.

Proxies are those of the environment (``https_proxy``, ``http_proxy``, ``no_proxy``),
certificates those of the system, or of the file that ``SSL_CERT_FILE`` names.

References
----------
Fielding R, Nottingham M, Reschke J (2022). HTTP semantics. RFC 9110, sections 8.8
(validators), 13.1.5 (If-Range) and 14 (range requests).
"""

import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPMessage, HTTPResponse
from typing import IO
from urllib.error import HTTPError
from urllib.parse import urlsplit

from boldglm import __version__
from boldglm.datasets.part_file import Origin, PartFile

__all__ = [
    "CutOffError",
    "Patience",
    "RefusedError",
    "SlowError",
    "request_rest",
    "resume_headers",
]

_CHUNK = 1 << 18
# With and without Range; 203 is a proxy's 200. Others have no file, as 202: "not yet"
_HAS_THE_FILE = {200, 203, 206}
_COMPRESSED = re.compile(r"gzip|deflate|compress|br|zstd")


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server.

    Attributes
    ----------
    timeout : float
        Seconds without a byte.
    slowest : float
        Bytes per second, on average over `timeout`, below which it is silent, too.
    attempts : int
        In a row that bring nothing new, per address.
    first_wait : float
        Seconds before the second attempt; each further one waits twice as long.
    sleep : function of seconds
    """

    timeout: float = 30.0
    slowest: float = 500.0
    attempts: int = 4
    first_wait: float = 1.0
    sleep: Callable[[float], None] = time.sleep


class CutOffError(ConnectionError):
    """A connection ended before the file did."""


class SlowError(TimeoutError):
    """A connection that brings so little that the file would never be here."""


class RefusedError(Exception):
    """What the server offers is not what was asked for."""


def resume_headers(origin: Origin | None, size: int, url: str) -> dict[str, str]:
    """What to add to a request for a file of which some bytes are here.

    Parameters
    ----------
    origin : Origin or None
        What the bytes are of.
    size : int
        Number of bytes.
    url : str
        What is going to be asked.

    Returns
    -------
    dict
        Empty where the whole file has to come.

    Examples
    --------
    >>> resume_headers(Origin("https://osf.io/a", '"v1"', 9), 4, "https://osf.io/a")
    {'Range': 'bytes=4-', 'If-Range': '"v1"'}
    >>> resume_headers(Origin("https://osf.io/a", '"v1"', 9), 4, "https://osf.io/b")
    {}
    """
    if not size or origin is None or origin.url != url:
        return {}
    headers = {"Range": f"bytes={size}-"}
    if origin.version is not None:
        headers["If-Range"] = origin.version
    elif origin.length is None:
        # Nothing would tell that the file has changed in the meantime
        return {}
    return headers


def request_rest(
    url: str,
    part: PartFile,
    patience: Patience,
    check_length: Callable[[int], None],
    on_bytes: Callable[[int, int | None], None],
) -> int:
    """Ask for what a part file lacks, and append what comes.

    Servers that know nothing of ranges, or whose file has changed, send all of it:
    then the part file starts anew.

    Parameters
    ----------
    url : str
        http or https.
    part : PartFile
    patience : Patience
    check_length : function of an int
        Told the bytes of the file, as soon as they are announced and while they come;
        raises what stops the download.
    on_bytes : function of two ints
        Told the bytes that are here, and those of the whole file, if known.

    Returns
    -------
    int
        Number of bytes it went on from: 0 if all came in one piece.

    Raises
    ------
    RefusedError
        If the server answers with a web page or compresses the file, or if
        `check_length` refuses: then nothing is kept.
    CutOffError
        If the connection ends too early, or what comes does not continue what is here.
    SlowError
        If next to nothing comes.
    StorageError
        If the part file cannot be written.
    OSError, http.client.HTTPException
        Of the network.
    """
    headers = {"User-Agent": f"boldglm/{__version__}"}
    headers |= resume_headers(part.origin, part.size, url)
    request = urllib.request.Request(url, headers=headers)
    opener = urllib.request.build_opener(_SafeRedirects)
    with opener.open(request, timeout=patience.timeout) as response:
        _check_kind(response, part.target.name)
        if response.status == 206:
            whole = _check_rest(response, part, asked="Range" in headers)
        else:
            # That of the headers, but for chunks, which end where they say
            whole = response.length
            part.begin(Origin(url, _version(response.headers), whole))
        start = part.size
        try:
            if whole is not None:
                check_length(whole)
            on_bytes(start, whole)
            with part.writer() as write:
                for data in _pieces(response, start, whole, patience):
                    check_length(part.size + len(data))
                    write(data)
                    on_bytes(part.size, whole)
        except RefusedError:
            part.discard()
            raise
    if whole is not None and part.size < whole:
        msg = f"the connection ended after {part.size} of {whole} bytes"
        raise CutOffError(msg)
    return start


def _check_kind(response: HTTPResponse, name: str) -> None:
    """Refuse what is not the file."""
    if response.status not in _HAS_THE_FILE:
        msg = f"it answers {response.status} {response.reason}, without the file"
        raise CutOffError(msg)
    page = response.headers.get_content_type() == "text/html"
    if page and not name.endswith((".html", ".htm")):
        msg = "it answers with a web page instead of the file"
        raise RefusedError(msg)
    # Servers call files of gzip compressed, too, and send them as they are
    found = _COMPRESSED.search(response.headers.get("Content-Encoding", "").lower())
    if found and not name.endswith((".gz", ".tgz")):
        msg = f"it sends the file compressed ({found[0]}), which was not asked for"
        raise RefusedError(msg)


def _check_rest(response: HTTPResponse, part: PartFile, *, asked: bool) -> int | None:
    """Whether it continues what is here; bytes of the whole file, if known."""
    origin = part.origin
    found = re.fullmatch(
        r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "")
    )
    continues = found is not None and int(found[1]) == part.size
    if not asked or origin is None or found is None or not continues:
        part.discard()
        msg = "it sends another part of the file than asked for"
        raise CutOffError(msg)
    whole = origin.length if found[2] == "*" else int(found[2])
    version = _version(response.headers)
    changed = origin.length not in (None, whole) or (
        None not in (version, origin.version) and version != origin.version
    )
    if changed:
        part.discard()
        msg = "the file has changed while it was downloaded"
        raise CutOffError(msg)
    return whole


def _pieces(
    response: HTTPResponse, start: int, whole: int | None, patience: Patience
) -> Iterator[bytes]:
    """What comes, as it comes, as long as it comes fast enough."""
    here, since, before = start, time.monotonic(), start
    while whole is None or here < whole:
        # What is there, not what fills a buffer: it would be lost on a timeout
        data = response.read1(_CHUNK if whole is None else min(_CHUNK, whole - here))
        if not data:
            return
        here += len(data)
        yield data
        seconds = time.monotonic() - since
        if seconds >= patience.timeout and here != whole:
            if here - before < patience.slowest * seconds:
                msg = f"only {here - before} bytes came in {seconds:.0f} s"
                raise SlowError(msg)
            since, before = time.monotonic(), here


def _version(headers: HTTPMessage) -> str | None:
    """What If-Range may be asked with: never a weak ETag."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else headers.get("Last-Modified")


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """From https there is no way to http, where anybody may change the file.

    And none to anything else.
    """

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        wanted = ("https",) if req.type == "https" else ("http", "https")
        if urlsplit(newurl).scheme not in wanted:
            told = f"it leads to {newurl}, which is not {' or '.join(wanted)}"
            raise HTTPError(req.full_url, 403, told, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
