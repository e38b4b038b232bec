"""A real HTTP server on this machine that does what servers do on bad days.

What it has is `files`, bytes by path. How it answers is `plans`, by path: a list of the
functions below, one per request; when they are used up, it behaves.
"""

import threading
import time
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = [
    "Server",
    "cut",
    "drip",
    "page",
    "redirect",
    "serving",
    "stall",
    "status",
    "whole",
]

CHANGED = formatdate(1_700_000_000, usegmt=True)


class Server:
    """What is served, how, and what was asked for."""

    def __init__(self, port):
        self.root = f"http://127.0.0.1:{port}"
        self.files, self.plans, self.requests = {}, {}, []
        self.lock = threading.Lock()

    def url(self, path):
        return f"{self.root}/{path}"

    def asked(self, path):
        """Headers of the requests for a path, one after the other."""
        return [headers for asked, headers in self.requests if asked == path]


@contextmanager
def serving(tls=None):
    """With a context of `ssl`: by https, as localhost."""

    class Handler(_Handler):
        pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    Handler.ours = Server(http.server_address[1])
    if tls is not None:
        http.socket = tls.wrap_socket(http.socket, server_side=True)
        http.handle_error = lambda *_: None
        Handler.ours.root = f"https://localhost:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Handler.ours
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.lstrip("/")
        with self.ours.lock:
            self.ours.requests.append((path, dict(self.headers)))
            plan = self.ours.plans.get(path, [])
            answer = plan.pop(0) if plan else whole()
        body = self.ours.files.get(path)
        self.close_connection = True
        with suppress(ConnectionError):
            if body is None and answer.__name__ == "send_file":
                answer = status(404)
            answer(self, body)

    def end_headers(self):
        self.send_header("Connection", "close")
        super().end_headers()

    def log_message(self, *args):
        pass


def whole(
    *,
    etag='"v1"',
    changed=None,
    ranges=True,
    if_range=True,
    send=None,
    length=True,
    chunked=False,
    shift=0,
    kind="application/octet-stream",
    **more,
):
    """The file, or what is asked for of it.

    Without `ranges` always all of it; without `if_range` a part even of another
    version; `shift` sends a part that begins elsewhere; `send` writes the bytes;
    `length` may be a lie; `more` are headers.
    """

    def send_file(handler, body):
        asked = handler.headers.get("Range", "") if ranges else ""
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        wanted = handler.headers.get("If-Range")
        if if_range and wanted is not None and wanted not in (etag, changed):
            start = 0
        if start and start >= len(body):
            handler.send_response(416)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_response(206 if start else 200)
        if start:
            at = start + shift
            handler.send_header(
                "Content-Range", f"bytes {at}-{len(body) - 1}/{len(body)}"
            )
            start = at
        handler.send_header("Content-Type", kind)
        if etag:
            handler.send_header("ETag", etag)
        if changed:
            handler.send_header("Last-Modified", changed)
        if chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        elif length:
            told = len(body) if length is True else length
            handler.send_header("Content-Length", str(told - start))
        for name, value in more.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        (send or _all)(handler, body[start:])

    return send_file


def cut(after, **how):
    """The connection ends after so many bytes of what was to come."""

    def some(handler, body):
        handler.wfile.write(body[:after])

    return whole(send=some, **how)


def cut_chunks(after):
    """Chunks, of which the last is never closed."""

    def some(handler, body):
        handler.wfile.write(b"%x\r\n%b" % (len(body), body[:after]))

    return whole(send=some, chunked=True)


def chunks(**how):
    """All of it in two chunks, its length never told."""

    def two(handler, body):
        for part in (body[: len(body) // 2], body[len(body) // 2 :], b""):
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))

    return whole(send=two, chunked=True, **how)


def drip(gap, step, **how):
    """A few bytes at a time."""

    def slowly(handler, body):
        for at in range(0, len(body), step):
            handler.wfile.write(body[at : at + step])
            time.sleep(gap)

    return whole(send=slowly, **how)


def stall(after, seconds, **how):
    """Some bytes, and then nothing for a while."""

    def pausing(handler, body):
        handler.wfile.write(body[:after])
        time.sleep(seconds)

    return whole(send=pausing, **how)


def status(code, **headers):
    """No file, but a number."""

    def refuse(handler, body):
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return refuse


def page(text=b"<html>Please log in</html>"):
    """A web page instead of the file, as hotels send."""

    def send_page(handler, body):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html; charset=utf-8")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    return send_page


def redirect(url):
    return status(302, Location=url)


def _all(handler, body):
    handler.wfile.write(body)
