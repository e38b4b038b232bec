"""Servers, networks and folders for the tests of what is fetched."""

import gc
import os
import shutil
import socket
import tempfile
import urllib.request
import warnings
from pathlib import Path

import pytest
from tests.datasets.misbehaving_server import serving

from boldglm.datasets import fetching
from boldglm.datasets.http_request import Patience

_NOBODY = 65534
_VARIABLES = ("BOLDGLM_DATA", "NILEARN_DATA", "NILEARN_SHARED_DATA")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in _VARIABLES:
            monkeypatch.delenv(name)


@pytest.fixture
def server():
    with serving() as ours:
        yield ours


@pytest.fixture
def waits():
    """Seconds that were slept between attempts."""
    return []


@pytest.fixture
def patience(waits, monkeypatch):
    """Short, and without sleep, also for fetchers."""
    hasty = Patience(timeout=0.4, attempts=4, first_wait=1.0, sleep=waits.append)
    monkeypatch.setattr(fetching, "_PATIENCE", hasty)
    return hasty


@pytest.fixture
def offline(monkeypatch):
    """A machine without any network."""

    def unknown(*args, **kwargs):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    def unreachable(*args, **kwargs):
        pytest.fail("nothing may be asked of the network")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(socket.socket, "connect", unreachable)


@pytest.fixture
def internet(server, patience, monkeypatch):
    """The server stands for all hosts of https, for us and for nilearn.

    The file of ``https://osf.io/hwbm2/download`` is ``osf.io/hwbm2/download`` there.
    """
    import requests

    real_request, real_send = urllib.request.Request, requests.Session.send

    def ours(url, *args, **kwargs):
        return real_request(_moved(url, server), *args, **kwargs)

    def theirs(session, request, **kwargs):
        request.url = _moved(request.url, server)
        return real_send(session, request, **kwargs)

    monkeypatch.setattr(urllib.request, "Request", ours)
    monkeypatch.setattr(requests.Session, "send", theirs)
    # nilearn leaves its connections to the garbage collector, which would complain in
    # some later test
    _collect()
    yield server
    _collect()


def _collect():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def _moved(url, server):
    scheme, _, place = url.partition("://")
    return f"{server.root}/{place}" if scheme == "https" else url


@pytest.fixture
def readonly_folder():
    """A folder; and a function after which it is read-only, but for what it is given.

    Root may write everywhere, so tests that root runs go on as nobody.
    """
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    before = None

    def close(*but):
        nonlocal before
        for one in [folder, *folder.rglob("*")]:
            one.chmod(0o777 if one in but else 0o555 if one.is_dir() else 0o444)
        if hasattr(os, "setresuid") and os.getuid() == 0:
            before = os.getresuid()
            os.setresuid(_NOBODY, _NOBODY, 0)

    yield folder, close
    if before is not None:
        os.setresuid(*before)
    for one in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        one.chmod(0o755)
    shutil.rmtree(folder)
