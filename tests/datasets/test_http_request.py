"""One request: what is taken from a server, by which way, and what is not."""

import io
import shutil
import ssl
import subprocess
from email.message import Message
from urllib.error import HTTPError
from urllib.request import Request

import numpy as np
import pytest
from tests.datasets.misbehaving_server import (
    chunks,
    cut,
    drip,
    page,
    redirect,
    serving,
    status,
    whole,
)

from boldglm.datasets import http_request
from boldglm.datasets.download import DownloadError, download, is_worth_another_try
from boldglm.datasets.part_file import Origin, PartFile
from boldglm.datasets.registry import Source

BODY = np.random.default_rng(0).bytes(100_000)


@pytest.fixture
def get(server, patience, tmp_path):
    """Download from addresses, or paths of the server, as a name."""
    server.files["a.bin"] = BODY

    def ask(*places, name="a.bin"):
        urls = tuple(place if ":" in place else server.url(place) for place in places)
        target = tmp_path / name
        source = Source(name, urls, 10**7)
        return download(source, target, patience=patience, bar=False).read_bytes()

    return ask


def test_a_drip_is_no_stream(get, server, waits):
    """A hundred bytes in a second, of which a real file has millions."""
    server.files["slow"] = BODY[:600]
    server.plans["slow"] = [drip(0.1, 10) for _ in range(9)]
    assert get("slow", "a.bin") == BODY
    assert len(server.asked("slow")) == 4
    assert waits == [1.0, 2.0, 4.0]
    server.plans["slow"] = [drip(0.1, 10) for _ in range(9)]
    with pytest.raises(DownloadError, match=r"only \d+ bytes came in \d s \(4 attem"):
        get("slow", name="b.bin")


def test_what_was_slow_once_is_continued(get, server, waits):
    server.plans["a.bin"] = [drip(0.1, 10)]
    assert get("a.bin") == BODY
    assert server.asked("a.bin")[1]["Range"] in [f"bytes={n}0-" for n in range(3, 7)]


def test_chunks_end_where_they_say(get, server):
    """Whatever a Content-Length says beside them."""
    server.plans["a.bin"] = [chunks(Content_Length="50")]
    assert get("a.bin") == BODY


def test_a_part_that_was_not_asked_for_is_not_appended(get, server, tmp_path):
    part = PartFile(tmp_path / "a.bin")
    part.begin(Origin(server.url("b.bin"), None, len(BODY)))
    with part.writer() as write:
        write(bytes(30_000))
    server.plans["b.bin"] = [status(404)]
    server.plans["a.bin"] = [_rest]
    assert get("b.bin", "a.bin") == BODY
    assert [headers.get("Range") for headers in server.asked("a.bin")] == [None, None]


def _rest(handler, body):
    handler.send_response(206)
    handler.send_header("Content-Range", f"bytes 30000-{len(body) - 1}/{len(body)}")
    handler.send_header("Content-Length", str(len(body) - 30_000))
    handler.end_headers()
    handler.wfile.write(body[30_000:])


def test_a_web_page_is_a_file_where_one_is_wanted(get, server):
    """As reports are, among derivatives."""
    server.files["report"] = b"<html>"
    server.plans["report"] = [page(b"<html>")]
    assert get("report", name="sub-1.html") == b"<html>"


def test_a_web_page_on_the_way_does_not_cost_what_has_come(get, server):
    """A network asks for a login in the middle."""
    server.plans["a.bin"] = [cut(30_000), page()]
    with pytest.raises(DownloadError, match="web page"):
        get("a.bin")
    assert get("a.bin") == BODY
    assert server.asked("a.bin")[2]["Range"] == "bytes=30000-"


@pytest.mark.parametrize("code", [202, 204])
def test_success_without_a_file_is_asked_again(get, server, waits, code):
    server.plans["a.bin"] = [status(code)]
    assert get("a.bin") == BODY
    assert waits == [1.0]


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "br", "deflate"])
def test_what_is_compressed_on_the_way_is_refused(get, server, coding):
    server.files["b.tsv"] = BODY
    server.plans["b.tsv"] = [whole(Content_Encoding=coding)]
    assert get("b.tsv", "a.bin", name="b.tsv") == BODY
    assert [path for path, _ in server.requests] == ["b.tsv", "a.bin"]
    server.plans["b.tsv"] = [whole(Content_Encoding=coding)]
    with pytest.raises(DownloadError, match="sends the file compressed"):
        get("b.tsv", name="c.tsv")


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("run1.nii.gz", "gzip"),
        ("a.tgz", "x-gzip"),
        ("a.bin", "identity"),
        ("a.bin", "aws-chunked"),
    ],
)
def test_what_is_compressed_anyway_comes_as_it_is(get, server, name, coding):
    server.plans["a.bin"] = [whole(Content_Encoding=coding)]
    assert get("a.bin", name=name) == BODY
    assert server.requests[0][1]["Accept-Encoding"] == "identity"


def test_a_circle_of_redirections_is_told(get, server, waits):
    server.plans["a"] = [redirect(server.url("b"))] * 20
    server.plans["b"] = [redirect(server.url("a"))] * 20
    with pytest.raises(DownloadError, match=r"HTTP 302 .*infinite loop.* Found$"):
        get("a")
    assert waits == []


@pytest.mark.parametrize("to", ["ftp://127.0.0.1/a", "file:///etc/hostname", "x:y"])
def test_redirections_lead_to_http_only(get, server, to, tmp_path):
    server.plans["a"] = [redirect(to)]
    with pytest.raises(DownloadError, match=r"HTTP (302|403) .*(not allowed|not http)"):
        get("a")
    assert list(tmp_path.iterdir()) == []


def test_no_way_leads_from_https_to_http():
    handler = http_request._SafeRedirects()
    request = Request("https://osf.io/a")
    to_https = (request, io.BytesIO(), 302, "Found", Message(), "HTTPS://osf.io/b")
    assert handler.redirect_request(*to_https).full_url == "HTTPS://osf.io/b"
    with pytest.raises(HTTPError, match="not https") as told:
        handler.redirect_request(*to_https[:5], "http://osf.io/b")
    assert not is_worth_another_try(told.value)
    for url in ("http://osf.io/b", "https://osf.io/b"):
        plain = Request("http://osf.io/a")
        assert handler.redirect_request(plain, *to_https[1:5], url).full_url == url
    with pytest.raises(HTTPError, match="not http or https"):
        handler.redirect_request(plain, *to_https[1:5], "ftp://osf.io/b")


@pytest.fixture
def secure(tmp_path_factory):
    """A server of https, and the file of its certificate, which nobody knows."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    with serving(context) as ours:
        ours.files["a.bin"] = BODY
        yield ours, folder / "cert.pem"


def test_a_certificate_that_nobody_knows_is_refused(get, secure, waits):
    ours, _ = secure
    with pytest.raises(DownloadError, match=r"self.signed .*SSL_CERT_FILE names"):
        get(ours.url("a.bin"))
    assert ours.requests == []
    assert waits == []


def test_a_certificate_may_be_named(get, secure, server, monkeypatch):
    """And redirections to https are followed, with the range."""
    ours, certificate = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    to = redirect(ours.url("a.bin"))
    server.plans["short"] = [to, to]
    ours.plans["a.bin"] = [cut(30_000)]
    assert get("short") == BODY
    asked = [headers.get("Range") for headers in ours.asked("a.bin")]
    assert asked == [None, "bytes=30000-"]
    ours.plans["back"] = [redirect(server.url("a.bin"))]
    with pytest.raises(DownloadError, match=r"HTTP 403 it leads to http:.*not https"):
        get(ours.url("back"), name="b.bin")


def test_proxies_of_the_environment_are_asked(get, server, monkeypatch):
    url = "http://data.example/a.bin"
    server.files[url] = BODY
    server.plans[url] = [cut(30_000)]
    monkeypatch.setenv("http_proxy", server.root)
    assert get(url) == BODY
    assert [path for path, _ in server.requests] == [url, url]
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert get("a.bin", name="b.bin") == BODY
    assert server.requests[2][0] == "a.bin"


def test_a_proxy_that_lets_nobody_through_is_told(get, server, monkeypatch):
    monkeypatch.setenv("https_proxy", server.root)
    with pytest.raises(DownloadError, match="Tunnel connection failed: 501"):
        get("https://data.example/a.bin")
