"""A file from one of several addresses, whole under its name, or not there.

What comes goes to ``name.part``, is compared with what is known of the file, and gets
its name in one step. Connections that break off are taken up where they broke; servers
that are ill are asked again, later each time; after those that say no, the next is
asked.
"""

import errno
import hashlib
import shutil
import socket
import ssl
from collections.abc import Callable
from contextlib import nullcontext
from http.client import HTTPException, InvalidURL
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from boldglm._base.log import say
from boldglm._base.progress import ProgressBar
from boldglm.datasets.http_request import (
    CutOffError,
    Patience,
    RefusedError,
    SlowError,
    request_rest,
)
from boldglm.datasets.part_file import PartFile, StorageError
from boldglm.datasets.registry import Source

__all__ = ["DownloadError", "download", "is_worth_another_try"]

_ASK_AGAIN = {408, 425, 429}
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}
_LONGEST_WAIT = 60.0


class DownloadError(OSError):
    """No address has the file, or none can be reached."""


def download(
    source: Source,
    target: Path,
    *,
    resume: bool = True,
    patience: Patience | None = None,
    tag: str = "",
    bar: bool = True,
    verbose: int = 0,
) -> Path:
    """Download a file, from the first address that has it.

    Parameters
    ----------
    source : Source
        Its addresses, and what is known of it; see `registry.Source`.
    target : Path
        Where it goes; a file of that name is replaced. The folder must exist.
    resume : bool
        Whether to go on where an earlier download has stopped.
    patience : Patience, optional
    tag : str
        Part of the name of the file while it comes; see `PartFile`.
    bar : bool
        Whether there is a progress bar.
    verbose : int
        0: say nothing. 1: show the bar from two seconds on, and say why a server is
        asked again. Above: leave the last line of the bar.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    DownloadError
        With a line for each address. What has come from the last of them is kept
        for next time, unless it was wrong.
    StorageError
        If nothing can be written. What has come is kept.

    Examples
    --------
    >>> nowhere = Source("seven.txt", ("ftp://osf.io/7",), at_most=100)
    >>> download(nowhere, Path("seven.txt"))
    Traceback (most recent call last):
        ...
    boldglm.datasets.download.DownloadError:   ftp://osf.io/7: not an address of http...
    """
    part = PartFile(target, tag)
    if not resume:
        part.discard()
    failures = []
    begun = part.origin
    # First the address that something has come from
    for url in sorted(source.urls, key=lambda one: begun is None or begun.url != one):
        attempt = _Attempts(url, source, part, patience or Patience(), verbose)
        drawn = _Shown(target.name, verbose - 1) if bar and verbose else nullcontext()
        try:
            with drawn as shown:
                attempt.until_whole(shown or _hidden)
        except (OSError, HTTPException, ValueError, RefusedError) as error:
            if isinstance(error, StorageError):
                raise
            failures.append(f"  {url}: {_reason(error)}{attempt.told()}")
        else:
            part.finish()
            return target
    raise DownloadError("\n".join(failures))


def is_worth_another_try(error: Exception) -> bool:
    """Whether the same address may answer otherwise in a moment.

    Examples
    --------
    >>> is_worth_another_try(TimeoutError())
    True
    >>> is_worth_another_try(HTTPError("", 404, "Not Found", {}, None))
    False
    """
    if isinstance(error, HTTPError):
        return error.code >= 500 or error.code in _ASK_AGAIN
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        error = error.reason
    # Names that are not found, where there is no network, are not found soon after
    hopeless = (socket.gaierror, ssl.SSLCertVerificationError, InvalidURL, RefusedError)
    if isinstance(error, hopeless) or getattr(error, "errno", None) in _UNREACHABLE:
        return False
    return isinstance(error, OSError | HTTPException)


class _Attempts:
    """The dealings with one address."""

    def __init__(
        self,
        url: str,
        source: Source,
        part: PartFile,
        patience: Patience,
        verbose: int,
    ) -> None:
        self.url, self.source, self.part, self.patience = url, source, part, patience
        self._n, self._verbose = 0, verbose

    def told(self) -> str:
        """How often it was tried, where that was more than once."""
        return f" ({self._n} attempts)" if self._n > 1 else ""

    def until_whole(self, show: Callable[[int, int | None], None]) -> None:
        """Ask until the part file is the file, or the error that ends it."""
        if urlsplit(self.url).scheme not in ("http", "https"):
            msg = "not an address of http or https"
            raise RefusedError(msg)
        idle, most, once_more = 0, 0, True
        while True:
            self._n += 1
            try:
                start = self._ask(show)
            except (OSError, HTTPException) as error:
                failure = self._after_failure(error)
                more = self.part.size > most and not isinstance(failure, SlowError)
                idle = 0 if more else idle + _weight(failure)
                most = max(most, self.part.size)
                if idle >= self.patience.attempts or not is_worth_another_try(failure):
                    raise
                self._wait(failure, idle)
                continue
            wrong = self._wrong()
            if wrong is None:
                return
            self.part.discard()
            # Pieces may be of two versions: once more, in one
            if not start or not once_more:
                raise RefusedError(wrong)
            once_more = False

    def _wait(self, failure: Exception, idle: int) -> None:
        """What the server asks for, or ever longer."""
        seconds = self.patience.first_wait * 2.0 ** max(idle - 1, 0)
        if isinstance(failure, HTTPError):
            asked = failure.headers.get("Retry-After", "")
            seconds = max(seconds, float(asked) if asked.isdecimal() else 0.0)
        seconds = min(seconds, _LONGEST_WAIT)
        again = "%s: %s; asked again in %.0f s"
        say(self._verbose, again, self.url, _reason(failure), seconds)
        self.patience.sleep(seconds)

    def _here(self) -> int:
        """Bytes that this address can go on from."""
        origin = self.part.origin
        return self.part.size if origin is not None and origin.url == self.url else 0

    def _ask(self, show: Callable[[int, int | None], None]) -> int:
        origin, here = self.part.origin, self._here()
        # Stopped after the last byte and before it had its name
        if here and origin is not None and origin.length == here:
            return here
        return request_rest(
            self.url, self.part, self.patience, self._check_length, show
        )

    def _after_failure(self, error: OSError | HTTPException) -> Exception:
        if isinstance(error, StorageError):
            raise error
        if isinstance(error, HTTPError):
            error.close()
            if error.code == 416:
                # There is no such part: the file is another one by now
                self.part.discard()
                msg = "the file has become shorter"
                return CutOffError(msg)
        return error

    def _check_length(self, length: int) -> None:
        """Refuse a file that is too long; ask for room for one that is not."""
        expected = self.source.size
        if expected is not None and length > expected:
            msg = f"its length is wrong: expected {expected} bytes, not {length}"
            raise RefusedError(msg)
        if length > self.source.at_most:
            msg = f"it is too long: expected at most {self.source.at_most} bytes"
            raise RefusedError(msg)
        missing = length - self.part.size
        disk = shutil.disk_usage(self.part.path.parent)
        # Some mounts do not know how large they are
        if disk.total and missing > disk.free:
            msg = (
                f"Cannot write {self.part.path}: {_megabytes(missing)} are still to "
                f"come, and {_megabytes(disk.free)} are free. Make room, or set "
                "data_dir to another folder."
            )
            raise StorageError(errno.ENOSPC, msg)

    def _wrong(self) -> str | None:
        """What the file should be and is not."""
        if not self.part.size:
            return "it is empty"
        expected = self.source.size
        if expected is not None and self.part.size != expected:
            return (
                f"its length is wrong: expected {expected} bytes, not {self.part.size}"
            )
        if self.source.checksum is None:
            return None
        kind, _, digest = self.source.checksum.partition(":")
        with self.part.path.open("rb") as file:
            found = hashlib.file_digest(file, kind).hexdigest()
        if found != digest.lower():
            return f"its {kind} is wrong: expected {digest}, found {found}"
        return None


class _Shown:
    """A progress bar in kilobytes, from when the length is known."""

    def __init__(self, name: str, verbose: int) -> None:
        self._name, self._verbose = name, verbose
        self._bar: ProgressBar | None = None

    def __enter__(self) -> Callable[[int, int | None], None]:
        return self._show

    def __exit__(self, *error: Any) -> None:
        if self._bar is not None:
            self._bar.__exit__(*error)

    def _show(self, here: int, whole: int | None) -> None:
        if whole is None:
            return
        if self._bar is None:
            self._bar = ProgressBar(whole // 1000, f"kB of {self._name}", self._verbose)
        self._bar.add(here // 1000 - self._bar.done)


def _hidden(here: int, whole: int | None) -> None:
    """Show nothing."""


def _weight(error: Exception) -> int:
    """Attempts that one counts for."""
    # Where a network lets nothing through, each takes the full time
    unreachable = isinstance(error, URLError) and isinstance(error.reason, TimeoutError)
    return 2 if unreachable else 1


def _reason(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return " ".join(f"HTTP {error.code} {error.msg}".split())
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        error = error.reason
    if isinstance(error, TimeoutError) and not isinstance(error, SlowError):
        return "no answer in time"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if isinstance(error, ssl.SSLCertVerificationError):
        text += " (where a proxy reads https, SSL_CERT_FILE names its certificate)"
    return text


def _megabytes(length: float) -> str:
    return f"{length / 1e6:.0f} MB"
