"""Archives do not write where they should not, nor more than they should."""

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boldglm.datasets import unpack as module
from boldglm.datasets.unpack import ArchiveError, UnsafeArchiveError, safe_path, unpack

FILES = {"fMRI/run1.img": b"voxels" * 1000, "fMRI/run1.hdr": b"header", "README": b"me"}
LIMIT = 10**6
OUTSIDE = [
    "../evil",
    "a/../../evil",
    "{root}/evil",
    "//host/evil",
    "C:/evil",
    "C:evil",
    "..",
    "a/..",
    "..\\evil",
    "a\\b",
]


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def tarred(files, *more):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in more:
            archive.addfile(info)
    return content.getvalue()


def tar_member(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in Path(folder).rglob("*")
        if path.is_file() and path.name != "archive"
    }


@pytest.fixture
def unpacked(tmp_path):
    """Unpack bytes, and give what is in the folder then."""
    folder = tmp_path / "data"
    folder.mkdir()

    def do(archive, at_most=LIMIT):
        path = tmp_path / "archive"
        path.write_bytes(archive)
        unpack(path, folder, at_most)
        return content(folder)

    do.folder = folder
    return do


KINDS = {
    "zip": zipped,
    "stored": lambda files: zipped(files, zipfile.ZIP_STORED),
    "tar": tarred,
    "tar.gz": lambda files: gzip.compress(tarred(files)),
    "tar.bz2": lambda files: bz2.compress(tarred(files)),
    "tar.xz": lambda files: lzma.compress(tarred(files)),
}
pack_each_way = pytest.mark.parametrize("pack", KINDS.values(), ids=KINDS)


@pack_each_way
def test_a_tar_with_a_zip_at_its_end_is_a_tar(pack, unpacked):
    inner = zipped(FILES, zipfile.ZIP_STORED)
    assert unpacked(pack({"inner.zip": inner})) == {"inner.zip": inner}


def test_a_zip_without_files_is_one(unpacked):
    assert unpacked(zipped({})) == {}


@pack_each_way
def test_files_come_out_as_they_went_in(pack, unpacked):
    assert unpacked(pack(FILES)) == FILES
    assert {path.name for path in unpacked.folder.iterdir()} == {"fMRI", "README"}


@pack_each_way
@pytest.mark.parametrize("name", OUTSIDE)
def test_names_that_lead_out_end_it_and_leave_nothing(pack, unpacked, name, tmp_path):
    with pytest.raises(UnsafeArchiveError, match="leads out of the folder"):
        unpacked(pack({**FILES, name.format(root=tmp_path): b"evil"}))
    assert list(unpacked.folder.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"data", "archive"}


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
@pytest.mark.parametrize("target", ["/etc/passwd", "../..", "README"])
def test_links_and_devices_of_tar_are_left_out(unpacked, kind, target):
    assert unpacked(tarred(FILES, tar_member("link", kind, target))) == FILES
    assert not (unpacked.folder / "link").is_symlink()


def test_links_of_zip_are_left_out(unpacked):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc")
        archive.writestr("README", b"me")
    assert unpacked(made.getvalue()) == {"README": b"me"}


def test_nothing_is_written_through_a_link(unpacked, tmp_path):
    """The link comes first, then a file below it."""
    (tmp_path / "outside").mkdir()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(tar_member("door", tarfile.SYMTYPE, str(tmp_path / "outside")))
        info = tarfile.TarInfo("door/evil")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"evil"))
    assert unpacked(made.getvalue()) == {"door/evil": b"evil"}
    assert list((tmp_path / "outside").iterdir()) == []


@pack_each_way
def test_what_is_more_than_expected_is_not_unpacked(pack, unpacked):
    bomb = pack({"a": bytes(600), "b": bytes(600)})
    with pytest.raises(UnsafeArchiveError, match="more than the 1000 bytes"):
        unpacked(bomb, at_most=1000)
    assert list(unpacked.folder.iterdir()) == []
    assert len(unpacked(bomb, at_most=1200)) == 2


def test_a_size_that_is_told_too_large_is_refused_before_it_is_read(unpacked):
    info = tarfile.TarInfo("a")
    info.size = 10**15
    with pytest.raises(UnsafeArchiveError):
        unpacked(info.tobuf() + bytes(2048))


def test_a_size_that_is_told_too_small_is_not_believed(tmp_path):
    """Bytes are counted: a member that says 0 and has 600, twice."""
    allowance = module._Allowance(tmp_path, 1000)
    allowance.claim_member(0)
    allowance.spend(600)
    allowance.claim_member(0)
    with pytest.raises(UnsafeArchiveError):
        allowance.spend(600)


def test_countless_members_are_refused(unpacked, monkeypatch):
    monkeypatch.setattr(module, "_MOST_MEMBERS", 2)
    with pytest.raises(UnsafeArchiveError, match="or 2 files"):
        unpacked(zipped(FILES))


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"<html>",
        zipped(FILES)[:-40],
        gzip.compress(tarred(FILES))[:-60],
        b"PK\3\4",
    ],
)
def test_damaged_archives_are_told_and_leave_nothing(unpacked, archive):
    with pytest.raises(ArchiveError, match="damaged") as told:
        unpacked(archive)
    assert not isinstance(told.value, UnsafeArchiveError)
    assert list(unpacked.folder.iterdir()) == []


@given(
    kind=st.sampled_from(["zip", "stored", "tar", "tar.gz", "tar.bz2", "tar.xz"]),
    at=st.floats(0, 1, exclude_max=True),
    byte=st.integers(0, 255),
)
def test_one_wrong_byte_is_an_error_of_the_archive_or_nothing(kind, at, byte):
    archive = bytearray(KINDS[kind]({"a": b"12345", "b/c": b"678" * 50}))
    archive[int(at * len(archive))] = byte
    with tempfile.TemporaryDirectory() as name:
        path, folder = Path(name, "archive"), Path(name, "data")
        path.write_bytes(archive)
        folder.mkdir()
        try:
            unpack(path, folder, LIMIT)
        except ArchiveError:
            assert list(folder.iterdir()) == []
        assert {one.name for one in Path(name).iterdir()} == {"archive", "data"}


def test_a_zip_whose_content_was_changed_is_damaged(unpacked):
    archive = zipped(FILES, zipfile.ZIP_STORED)
    with pytest.raises(ArchiveError, match="CRC"):
        unpacked(archive.replace(b"voxels", b"VOXELS", 1))


def test_a_zip_with_a_password_is_told(unpacked):
    archive = bytearray(zipped({"a": b"secret"}))
    archive[archive.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(ArchiveError, match="encrypted"):
        unpacked(bytes(archive))


def test_two_of_which_one_would_be_the_folder_of_the_other_are_told(unpacked):
    with pytest.raises(ArchiveError):
        unpacked(zipped({"a": b"", "a/b": b""}))


def test_what_is_there_is_joined_and_replaced(unpacked):
    home = unpacked.folder / "fMRI"
    home.mkdir()
    (home / "mine.txt").write_bytes(b"mine")
    (home / "run1.hdr").write_bytes(b"half")
    assert unpacked(zipped(FILES)) == {**FILES, "fMRI/mine.txt": b"mine"}


def test_a_full_disk_is_no_fault_of_the_archive(unpacked, monkeypatch):
    def full(self, size):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module._Allowance, "spend", full)
    with pytest.raises(OSError, match="No space left") as told:
        unpacked(zipped(FILES))
    assert told.value.errno == 28
    assert list(unpacked.folder.iterdir()) == []


def test_ctrl_c_leaves_nothing(unpacked, monkeypatch):
    def pressed(self, size):
        raise KeyboardInterrupt

    monkeypatch.setattr(module._Allowance, "spend", pressed)
    with pytest.raises(KeyboardInterrupt):
        unpacked(zipped(FILES))
    assert list(unpacked.folder.iterdir()) == []


@given(st.text(st.sampled_from("./\\aC:\0"), max_size=8))
def test_a_safe_path_is_always_below(name):
    folder = Path("/data/set")
    try:
        path = safe_path(folder, name)
    except UnsafeArchiveError:
        return
    assert path.resolve().is_relative_to(folder)
    assert path != folder
