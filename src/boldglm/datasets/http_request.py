"""One request for one file, or for the rest of it.

References
----------
Fielding R, Nottingham M, Reschke J (2022). HTTP semantics. RFC 9110, sections 8.8
(validators), 13.1.5 (If-Range) and 14 (range requests).
"""

import re
import urllib.request
from collections.abc import Callable
from http.client import HTTPMessage, HTTPResponse
from typing import IO
from urllib.error import HTTPError

from boldglm import __version__
from boldglm.datasets.part_file import Origin, PartFile

__all__ = ["CutOffError", "RefusedError", "request_rest", "resume_headers"]

_CHUNK = 1 << 18


class CutOffError(ConnectionError):
    """A connection ended before the file did."""


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
    timeout: float,
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
    timeout : float
        Seconds without a byte, not of the whole.
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
        If the server answers with a web page, or `check_length` does.
    CutOffError
        If the connection ends too early, or what comes does not continue what is here.
    StorageError
        If the part file cannot be written.
    OSError, http.client.HTTPException
        Of the network.
    """
    headers = {"User-Agent": f"boldglm/{__version__}"}
    headers |= resume_headers(part.origin, part.size, url)
    request = urllib.request.Request(url, headers=headers)
    opener = urllib.request.build_opener(_NoDowngrade)
    with opener.open(request, timeout=timeout) as response:
        whole = _accept(response, part, url)
        if whole is not None:
            check_length(whole)
        start = part.size
        on_bytes(start, whole)
        _append(response, part, whole, check_length, on_bytes)
    return start


def _accept(response: HTTPResponse, part: PartFile, url: str) -> int | None:
    """Get the part file ready for a response; bytes of the whole file, if known."""
    if response.headers.get_content_type() == "text/html":
        msg = "it answers with a web page instead of the file"
        raise RefusedError(msg)
    if response.status != 206:
        length = response.headers.get("Content-Length", "")
        whole = int(length) if length.isdigit() else None
        part.begin(Origin(url, _version(response.headers), whole))
        return whole
    origin = part.origin
    found = re.fullmatch(
        r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "")
    )
    if origin is None or found is None or int(found[1]) != part.size:
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


def _append(
    response: HTTPResponse,
    part: PartFile,
    whole: int | None,
    check_length: Callable[[int], None],
    on_bytes: Callable[[int, int | None], None],
) -> None:
    here = part.size
    with part.writer() as write:
        while whole is None or here < whole:
            # What is there, not what fills a buffer: it would be lost on a timeout
            data = response.read1(
                _CHUNK if whole is None else min(_CHUNK, whole - here)
            )
            if not data:
                break
            here += len(data)
            check_length(here)
            write(data)
            on_bytes(here, whole)
    if whole is not None and here < whole:
        msg = f"the connection ended after {here} of {whole} bytes"
        raise CutOffError(msg)


def _version(headers: HTTPMessage) -> str | None:
    """What If-Range may be asked with: never a weak ETag."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else headers.get("Last-Modified")


class _NoDowngrade(urllib.request.HTTPRedirectHandler):
    """From https there is no way to http, where anybody may change the file."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.type == "https" and not newurl.startswith("https:"):
            told = f"it leads to {newurl}, which is not https"
            raise HTTPError(req.full_url, 403, told, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
