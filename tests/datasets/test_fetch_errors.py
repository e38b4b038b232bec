"""What cannot be fetched is explained in one error, and leaves nothing."""

import socket
import ssl
import traceback
from dataclasses import replace
from urllib.error import URLError

import pytest
from tests.datasets.layouts import files_of
from tests.datasets.misbehaving_server import status
from tests.datasets.test_unpack import zipped

from boldglm._base.errors import FetchError
from boldglm.datasets import download
from boldglm.datasets.fetching import bring, fetch
from boldglm.datasets.registry import Source, dataset

FILES = {"fMRI/run1.img": b"voxels" * 5000, "fMRI/run1.hdr": b"header"}
HOLDS = {"sub/fMRI/run*.img": 1, "sub/fMRI/run*.hdr": 1}


@pytest.fixture
def archive(server, patience):
    server.files["a.zip"] = zipped(FILES)
    urls = (server.url("a.zip"),)
    return Source("sub/a.zip", urls, 10**6, unpack=True, holds=HOLDS)


@pytest.fixture
def faces():
    return dataset("spm_multimodal_fmri")


@pytest.fixture
def unused_port():
    """Where nobody answers."""
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", 0))
        yield ours.getsockname()[1]


def test_the_error_tells_what_to_do_by_hand(faces, tmp_path, offline, patience):
    folder = tmp_path / "spm_multimodal_fmri"
    folder.mkdir()
    with pytest.raises(FetchError) as told:
        bring(faces, folder, faces.sources, verbose=0)
    text = str(told.value)
    url = "https://www.fil.ion.ucl.ac.uk/spm/download/data/mmfaces/multimodal_fmri.zip"
    for part in (
        "'spm_multimodal_fmri' cannot be fetched",
        f"{url}: Temporary failure in name resolution",
        f"Missing in {folder}: sub001/fMRI/Session1/fMETHODS-0005-*-01.img (390 files",
        f"{url}\n    as {folder}/sub001/multimodal_fmri.zip (the next call unpacks",
        "multimodal_smri.zip",
        "set data_dir or BOLDGLM_DATA to the folder that has 'spm_multimodal_fmri'",
        "copy its folder 'spm_multimodal_fmri' here",
        "Licence: Not stated.",
        "https://www.fil.ion.ucl.ac.uk/spm/data/mmfaces/",
    ):
        assert part in text
    assert files_of(folder) == {}


def test_offline_the_error_ends_with_a_question(faces, tmp_path, offline, patience):
    with pytest.raises(FetchError) as told:
        bring(faces, tmp_path, faces.sources, verbose=0)
    assert str(told.value).splitlines()[-2:] == [
        "To go on without it, boldglm.datasets.simulate_spm_multimodal_fmri"
        "(another_folder) simulates files of the same names.",
        "Is this machine online?",
    ]


@pytest.mark.parametrize("by_hand", [True, False])
def test_whoever_is_answered_is_online(archive, faces, tmp_path, server, by_hand):
    if by_hand:
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "a.zip").write_bytes(b"half")
    server.plans["a.zip"] = [status(404)]
    with pytest.raises(FetchError, match="HTTP 404") as told:
        bring(faces, tmp_path, [archive], verbose=0)
    assert "online" not in str(told.value)


def test_one_of_two_servers_is_enough_to_be_online(
    archive, faces, tmp_path, server, unused_port
):
    nobody = f"http://127.0.0.1:{unused_port}/a.zip"
    server.plans["a.zip"] = [status(404)]
    both = replace(archive, urls=(*archive.urls, nobody))
    with pytest.raises(FetchError) as told:
        bring(faces, tmp_path, [both], verbose=0)
    assert "online" not in str(told.value)
    with pytest.raises(FetchError, match=r"Is this machine online\?$"):
        bring(faces, tmp_path, [replace(archive, urls=(nobody,))], verbose=0)


def test_a_certificate_that_is_refused_comes_from_somebody(
    archive, faces, tmp_path, monkeypatch
):
    def refuse(*args):
        raise URLError(ssl.SSLCertVerificationError("certificate verify failed"))

    monkeypatch.setattr(download, "request_rest", refuse)
    with pytest.raises(FetchError, match="SSL_CERT_FILE") as told:
        bring(faces, tmp_path, [archive], verbose=0)
    assert "online" not in str(told.value)


def test_a_damaged_archive_of_the_user_does_not_hide_that_it_is_offline(
    archive, faces, tmp_path, offline
):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.zip").write_bytes(b"half")
    away = replace(archive, urls=("https://osf.io/a.zip",))
    with pytest.raises(FetchError, match=r"is damaged(.|\n)*machine online\?$"):
        bring(faces, tmp_path, [away], verbose=0)


@pytest.mark.parametrize("by_hand", [True, False])
def test_the_error_is_one_and_not_a_chain_of_them(
    archive, faces, tmp_path, offline, by_hand
):
    if by_hand:
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "a.zip").write_bytes(b"half")
    away = replace(archive, urls=("https://osf.io/a.zip",))
    with pytest.raises(FetchError) as told:
        bring(faces, tmp_path, [away], verbose=0)
    assert "".join(traceback.format_exception(told.value)).count("Traceback") == 1


def test_a_note_is_told_to_those_who_download_by_hand(archive, faces, tmp_path, server):
    server.plans["a.zip"] = [status(404)]
    with pytest.raises(FetchError, match=r"deletes it\)\nas I say\nIf it is on"):
        bring(faces, tmp_path, [archive], note="as I say", verbose=0)


def test_a_failed_fetch_leaves_no_empty_folder(faces, tmp_path, offline, patience):
    (tmp_path / "mine").mkdir()
    with pytest.raises(FetchError):
        fetch(faces, tmp_path / "mine" / "new" / "data", verbose=0)
    assert [path.name for path in tmp_path.rglob("*")] == ["mine"]
    # one that was there stays, without what was made in it
    (tmp_path / "mine" / "spm_multimodal_fmri").mkdir()
    with pytest.raises(FetchError):
        fetch(faces, tmp_path / "mine", verbose=0)
    assert [path.name for path in (tmp_path / "mine").rglob("*")] == [
        "spm_multimodal_fmri"
    ]


def test_nothing_is_brought_into_a_simulation(archive, faces, tmp_path, server):
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "truth.json").write_text("{}")
    with pytest.raises(FetchError, match=r"is a simulation .* lacks sub/fMRI/run"):
        bring(faces, tmp_path, [archive], verbose=0)
    assert server.requests == []
    assert set(files_of(tmp_path)) == {"truth/truth.json"}


def test_a_long_list_of_files_is_not_told_in_full(faces, tmp_path, offline, patience):
    sources = [Source(f"S{at}", ("https://osf.io/x",), 10) for at in range(40)]
    with pytest.raises(FetchError) as told:
        bring(faces, tmp_path, sources, verbose=0)
    assert "S4 and 35 more." in str(told.value)
    assert "and 35 files more" in str(told.value)
    assert len(str(told.value)) < 2000
