"""A file comes whole, whatever the server does, or it does not come."""

import errno
import hashlib
import json
import socket
import ssl
from http.client import IncompleteRead
from urllib.error import HTTPError, URLError

import numpy as np
import pytest
from tests.datasets.misbehaving_server import (
    CHANGED,
    chunks,
    cut,
    cut_chunks,
    drip,
    page,
    redirect,
    stall,
    status,
    whole,
)

from boldglm.datasets import download as module
from boldglm.datasets import http_request
from boldglm.datasets.download import DownloadError, download, is_worth_another_try
from boldglm.datasets.http_request import Patience
from boldglm.datasets.part_file import Origin, PartFile, StorageError
from boldglm.datasets.registry import Source

BODY = np.random.default_rng(0).bytes(100_000)
OTHER = np.random.default_rng(1).bytes(100_000)
MD5 = f"md5:{hashlib.md5(BODY).hexdigest()}"
LIMIT = 10**7


@pytest.fixture
def get(server, patience, tmp_path):
    """Download from paths of the server, a.bin by default."""
    server.files["a.bin"] = BODY

    def ask(*paths, target=None, at_most=LIMIT, resume=True, **known):
        urls = tuple(server.url(path) for path in paths or ("a.bin",))
        source = Source("a.bin", urls, at_most, **known)
        target = target or tmp_path / "a.bin"
        return download(
            source, target, patience=patience, resume=resume, bar=False
        ).read_bytes()

    return ask


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def ranges(server, path="a.bin"):
    return [headers.get("Range") for headers in server.asked(path)]


def test_a_file_comes_in_one_piece(get, server, tmp_path, waits):
    assert get(size=len(BODY), checksum=MD5) == BODY
    assert left(tmp_path) == ["a.bin"]
    assert len(server.requests) == 1
    assert waits == []
    assert server.requests[0][1]["User-Agent"].startswith("boldglm/")


@pytest.mark.parametrize(
    ("known_by", "header"),
    [
        ({"etag": '"v1"'}, '"v1"'),
        ({"etag": None, "changed": CHANGED}, CHANGED),
        # a weak ETag says that versions are alike, not that they are the same
        ({"etag": 'W/"v1"', "changed": CHANGED}, CHANGED),
        ({"etag": None}, None),
    ],
)
def test_a_cut_connection_is_taken_up_where_it_broke(get, server, known_by, header):
    server.plans["a.bin"] = [
        cut(30_000, **known_by),
        cut(20_000, **known_by),
        whole(**known_by),
    ]
    assert get() == BODY
    assert ranges(server) == [None, "bytes=30000-", "bytes=50000-"]
    asked = [headers.get("If-Range") for headers in server.asked("a.bin")]
    assert asked == [None, header, header]


def test_without_ranges_the_file_comes_anew(get, server):
    server.plans["a.bin"] = [cut(30_000, ranges=False), whole(ranges=False)]
    assert get(checksum=MD5) == BODY


def test_without_version_and_length_nothing_is_continued(get, server):
    server.plans["a.bin"] = [stall(30_000, 0.6, length=False, etag=None)]
    assert get() == BODY
    assert ranges(server) == [None, None]


def test_chunks_that_end_early_are_noticed(get, server):
    server.plans["a.bin"] = [cut_chunks(30_000), chunks()]
    assert get() == BODY
    # that there is an ETag is enough to go on
    assert ranges(server) == [None, "bytes=30000-"]


def test_a_file_that_changed_in_between_is_all_new(get, server):
    server.plans["a.bin"] = [cut(30_000, etag='"v0"'), whole(etag='"v1"')]
    assert get(checksum=MD5) == BODY
    assert ranges(server) == [None, "bytes=30000-"]


def test_a_part_of_another_version_is_not_used(get, server):
    """The server does not honour If-Range."""
    server.plans["a.bin"] = [
        cut(30_000, etag='"v0"'),
        whole(etag='"v1"', if_range=False),
        whole(etag='"v1"'),
    ]
    assert get() == BODY
    assert ranges(server) == [None, "bytes=30000-", None]


def test_a_part_from_elsewhere_is_not_used(get, server):
    server.plans["a.bin"] = [cut(30_000), whole(shift=7), whole()]
    assert get() == BODY
    assert ranges(server) == [None, "bytes=30000-", None]


def test_a_part_of_a_file_of_another_length_is_not_used(get, server):
    server.plans["a.bin"] = [cut(30_000, etag=None)]
    server.files["a.bin"] = OTHER + OTHER
    server.plans["a.bin"].append(_then(server, BODY, whole(etag=None)))
    assert get() == BODY


def _then(server, body, answer):
    """From this request on the server has another file."""

    def send_file(handler, _):
        server.files["a.bin"] = body
        answer(handler, body)

    return send_file


def test_a_file_that_became_shorter_than_its_part_comes_anew(get, server, tmp_path):
    part = PartFile(tmp_path / "a.bin")
    part.begin(Origin(server.url("a.bin"), '"v1"', 200_000))
    with part.writer() as write:
        write(BODY + BODY[:10])
    assert get() == BODY
    assert ranges(server) == ["bytes=100010-", None]


def test_pieces_that_do_not_make_the_file_are_replaced_by_it(get, server, tmp_path):
    """Other content under the same version: the checksum tells."""
    part = PartFile(tmp_path / "a.bin")
    part.begin(Origin(server.url("a.bin"), '"v1"', len(BODY)))
    with part.writer() as write:
        write(OTHER[:30_000])
    assert get(checksum=MD5) == BODY
    assert ranges(server) == ["bytes=30000-", None]


def test_pieces_are_replaced_once(get, server, tmp_path):
    server.files["a.bin"] = OTHER
    server.plans["a.bin"] = [cut(9), whole(), cut(9), whole()]
    with pytest.raises(DownloadError, match="its md5 is wrong"):
        get(checksum=MD5)
    assert len(server.requests) == 4
    assert left(tmp_path) == []


@pytest.mark.parametrize("code", [403, 404, 410])
def test_who_says_no_is_not_asked_again(get, server, waits, code):
    server.plans["gone"] = [status(code)]
    assert get("gone", "a.bin") == BODY
    assert [path for path, _ in server.requests] == ["gone", "a.bin"]
    assert waits == []


@pytest.mark.parametrize("code", [500, 503, 429])
def test_who_is_ill_is_asked_later_and_later_and_then_the_next(
    get, server, waits, code
):
    server.plans["ill"] = [status(code)] * 9
    assert get("ill", "a.bin") == BODY
    assert len(server.asked("ill")) == 4
    assert waits == [1.0, 2.0, 4.0]


def test_who_is_ill_may_say_when_to_come_again(get, server, waits):
    server.plans["a.bin"] = [status(503, Retry_After="7"), status(503)]
    server.plans["a.bin"].append(status(503, Retry_After="100000"))
    assert get() == BODY
    assert waits == [7.0, 2.0, 60.0]


def test_attempts_that_bring_something_do_not_count(get, server, waits):
    server.plans["a.bin"] = [cut(10_000) for _ in range(8)]
    assert get() == BODY
    assert len(server.requests) == 9
    assert waits == [1.0] * 8


def test_a_server_that_starts_anew_each_time_is_given_up(get, server):
    server.plans["a.bin"] = [cut(10_000, ranges=False) for _ in range(20)]
    with pytest.raises(DownloadError, match=r"10000 of 100000 bytes \(5 attempts\)"):
        get()


def test_a_wrong_checksum_is_refused_and_nothing_is_left(get, server, tmp_path):
    server.files["a.bin"] = OTHER
    with pytest.raises(DownloadError) as told:
        get(checksum=MD5)
    assert MD5[4:] in str(told.value)
    assert hashlib.md5(OTHER).hexdigest() in str(told.value)
    assert left(tmp_path) == []
    assert len(server.requests) == 1


def test_after_a_wrong_checksum_the_next_is_asked(get, server):
    server.files["old.bin"] = OTHER
    assert get("old.bin", "a.bin", checksum=MD5.upper().replace("MD5", "md5")) == BODY


@pytest.mark.parametrize("size", [99_999, 100_001])
@pytest.mark.parametrize("length", [True, False])
def test_a_wrong_length_is_refused_and_nothing_is_left(
    get, tmp_path, server, size, length
):
    server.plans["a.bin"] = [whole(length=length)]
    with pytest.raises(DownloadError, match=f"expected {size} bytes"):
        get(size=size)
    assert left(tmp_path) == []


@pytest.mark.parametrize("length", [True, False])
def test_what_is_much_too_long_is_stopped(get, tmp_path, server, length):
    server.files["a.bin"] = bytes(4_000_000)
    server.plans["a.bin"] = [whole(length=length)]
    with pytest.raises(DownloadError, match="at most 1000 bytes"):
        get(at_most=1000)
    assert left(tmp_path) == []


def test_a_slow_server_has_the_time_it_needs(get, server, patience):
    """A second in all, with never more than a tenth between bytes."""
    server.plans["a.bin"] = [drip(0.1, 10_000)]
    assert patience.timeout < 1.0
    assert get() == BODY
    assert len(server.requests) == 1


def test_a_server_that_falls_silent_is_asked_for_the_rest(get, server, waits):
    server.plans["a.bin"] = [stall(30_000, 0.8)]
    assert get() == BODY
    assert ranges(server) == [None, "bytes=30000-"]
    assert waits == [1.0]


def test_a_server_that_stays_silent_is_told(get, server):
    server.plans["a.bin"] = [stall(0, 0.8) for _ in range(4)]
    with pytest.raises(DownloadError, match=r"no answer in time \(4 attempts\)"):
        get()


def test_a_web_page_is_not_a_file(get, server, tmp_path):
    server.plans["login"] = [page()]
    assert get("login", "a.bin") == BODY
    server.plans["login"] = [page()]
    with pytest.raises(DownloadError, match="web page"):
        get("login", target=tmp_path / "b.bin")
    assert left(tmp_path) == ["a.bin"]


def test_redirections_are_followed_with_the_range(get, server):
    to = redirect(server.url("a.bin"))
    server.plans["short"] = [to, to]
    server.plans["a.bin"] = [cut(30_000)]
    assert get("short") == BODY
    assert ranges(server) == [None, "bytes=30000-"]
    assert len(server.asked("short")) == 2


def test_without_a_network_every_address_is_told_at_once(
    offline, patience, tmp_path, waits
):
    urls = ("https://nipy.org/a.bin", "https://osf.io/a")
    with pytest.raises(DownloadError) as told:
        download(Source("a", urls, LIMIT), tmp_path / "a.bin", patience=patience)
    for url in urls:
        assert f"{url}: Temporary failure in name resolution" in str(told.value)
    assert waits == []
    assert left(tmp_path) == []


def test_nobody_listens(patience, tmp_path, waits):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/a.bin"
        with pytest.raises(DownloadError, match=r"refused \(4 attempts\)"):
            download(Source("a", (url,), LIMIT), tmp_path / "a", patience=patience)
    assert waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://osf.io/a", "a.bin"])
def test_only_http_is_spoken(url, tmp_path):
    with pytest.raises(DownloadError, match="not an address of http"):
        download(Source("a", (url,), LIMIT), tmp_path / "a")


def test_ctrl_c_keeps_what_has_come(get, server, tmp_path, monkeypatch):
    real = http_request._pieces

    def interrupted(*given):
        yield next(real(*given))
        raise KeyboardInterrupt

    server.plans["a.bin"] = [drip(0.05, 20_000)]
    with monkeypatch.context() as patch:
        patch.setattr(http_request, "_pieces", interrupted)
        with pytest.raises(KeyboardInterrupt):
            get()
    assert left(tmp_path) == ["a.bin.part", "a.bin.part.json"]
    here = (tmp_path / "a.bin.part").stat().st_size
    assert 0 < here < len(BODY)
    assert get(checksum=MD5) == BODY
    assert ranges(server)[1] == f"bytes={here}-"
    assert left(tmp_path) == ["a.bin"]


@pytest.fixture
def begun(server, tmp_path):
    """30,000 bytes that are here from an earlier call."""
    part = PartFile(tmp_path / "a.bin")
    part.begin(Origin(server.url("a.bin"), '"v1"', len(BODY)))
    with part.writer() as write:
        write(BODY[:30_000])
    return part


def test_the_next_call_goes_on(get, server, begun):
    assert get() == BODY
    assert ranges(server) == ["bytes=30000-"]


def test_the_next_call_may_start_anew(get, server, begun):
    assert get(resume=False) == BODY
    assert ranges(server) == [None]


def test_first_is_asked_who_has_sent_something(get, server, begun):
    server.files["b.bin"] = OTHER
    assert get("b.bin", "a.bin") == BODY
    assert [path for path, _ in server.requests] == ["a.bin"]


def test_a_part_of_another_address_is_not_continued(get, server, begun):
    server.plans["a.bin"] = [status(404)]
    server.files["b.bin"] = OTHER
    assert get("b.bin", "a.bin") == OTHER
    assert ranges(server, "b.bin") == [None]


def test_a_part_of_which_nothing_is_known_is_not_continued(get, server, begun):
    (note,) = begun.path.parent.glob("*.json")
    note.write_text(json.dumps({"nonsense": 1}))
    assert get() == BODY
    assert ranges(server) == [None]


def test_a_part_that_is_the_file_needs_no_server(get, server, begun, waits):
    with begun.writer() as write:
        write(BODY[30_000:])
    server.files.clear()
    assert get(checksum=MD5) == BODY
    assert server.requests == []


def test_what_has_the_name_stays_until_there_is_better(get, server, tmp_path):
    (tmp_path / "a.bin").write_bytes(b"old")
    server.plans["a.bin"] = [status(404)]
    with pytest.raises(DownloadError):
        get()
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert get() == BODY


def test_a_disk_without_room_is_told_before(get, server, tmp_path, monkeypatch):
    usage = module.shutil.disk_usage(tmp_path)
    full = usage._replace(free=50_000)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: full)
    with pytest.raises(StorageError, match="0 MB are free") as told:
        get("a.bin", "b.bin")
    assert told.value.errno == errno.ENOSPC
    assert len(server.requests) == 1


def test_there_need_be_room_for_the_rest_only(get, begun, monkeypatch, tmp_path):
    usage = module.shutil.disk_usage(tmp_path)._replace(free=70_000)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage)
    assert get() == BODY


def test_a_disk_that_does_not_know_its_size_is_tried(get, monkeypatch, tmp_path):
    usage = module.shutil.disk_usage(tmp_path)._replace(total=0, free=0)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage)
    assert get() == BODY


def test_a_disk_that_is_full_in_the_middle_is_told(get, server, tmp_path, waits):
    """The system takes a part of the bytes, and then none."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(StorageError, match="File too large") as told:
            get("a.bin", "b.bin")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "set data_dir to another folder" in str(told.value)
    # neither a second attempt nor another address would help
    assert len(server.requests) == 1
    assert waits == []
    assert left(tmp_path) == ["a.bin.part", "a.bin.part.json"]
    assert get() == BODY
    assert ranges(server)[1] == "bytes=50000-"


def test_a_folder_that_is_not_there_is_told(get, tmp_path):
    with pytest.raises(StorageError, match="set data_dir to another"):
        get(target=tmp_path / "no" / "a.bin")


def test_a_bar_counts_kilobytes(get, server, tmp_path, capsys):
    server.plans["a.bin"] = [cut(30_000)]
    source = Source("a.bin", (server.url("a.bin"),), LIMIT)
    patience = Patience(sleep=lambda _: None)
    download(source, tmp_path / "a.bin", patience=patience, verbose=2)
    assert capsys.readouterr().err == "100 of 100 kB of a.bin, 0 s\n"


@pytest.mark.parametrize("verbose", [0, 1])
def test_quick_downloads_show_nothing(get, server, tmp_path, capsys, verbose):
    source = Source("a.bin", (server.url("a.bin"),), LIMIT)
    download(source, tmp_path / "a.bin", verbose=verbose)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("verbose", [0, 1])
def test_why_a_server_is_asked_again_is_said(
    get, server, tmp_path, patience, caplog, verbose
):
    caplog.set_level("INFO", "boldglm")
    server.plans["a.bin"] = [status(503, Retry_After="7")]
    url = server.url("a.bin")
    source = Source("a.bin", (url,), LIMIT)
    download(source, tmp_path / "a.bin", patience=patience, bar=False, verbose=verbose)
    said = f"{url}: HTTP 503 Service Unavailable; asked again in 7 s"
    assert caplog.messages == ([said] if verbose else [])


def test_an_empty_file_is_none(get, server, tmp_path):
    server.files["empty"] = b""
    assert get("empty", "a.bin") == BODY
    with pytest.raises(DownloadError, match="it is empty"):
        get("empty", target=tmp_path / "b")
    assert left(tmp_path) == ["a.bin"]


def test_a_host_that_cannot_be_reached_is_tried_twice(
    get, tmp_path, waits, monkeypatch
):
    """Each attempt takes the full time where a network lets nothing through."""

    def silent(*args, **kwargs):
        raise TimeoutError(errno.ETIMEDOUT, "Connection timed out")

    monkeypatch.setattr(socket, "create_connection", silent)
    with pytest.raises(DownloadError, match=r"no answer in time \(2 attempts\)"):
        get()
    assert waits == [2.0]


def test_a_length_that_is_told_too_small_is_found_out(get, server, tmp_path):
    server.plans["short"] = [whole(length=60_000)]
    server.files["short"] = BODY
    assert get("short", "a.bin", size=len(BODY)) == BODY


def test_a_length_that_is_told_too_large_ends(get, server):
    server.files["long"] = BODY
    server.plans["long"] = [whole(length=200_000) for _ in range(20)]
    assert get("long", "a.bin") == BODY
    assert len(server.asked("long")) == 5


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (IncompleteRead(b""), True),
        (URLError(TimeoutError()), True),
        (URLError(ConnectionRefusedError()), True),
        (URLError("unknown"), True),
        (URLError(socket.gaierror(-2, "unknown name")), False),
        (URLError(ssl.SSLCertVerificationError()), False),
        (OSError(errno.ENETUNREACH, "unreachable"), False),
        (URLError(OSError(errno.EHOSTUNREACH, "unreachable")), False),
        (HTTPError("", 500, "", {}, None), True),
        (HTTPError("", 408, "", {}, None), True),
        (HTTPError("", 401, "", {}, None), False),
        (http_request.RefusedError(), False),
        (ValueError(), False),
    ],
)
def test_what_is_worth_another_try(error, again):
    assert is_worth_another_try(error) is again
