"""Every entry says enough for a person and for a download."""

import re
from pathlib import Path, PurePosixPath

import pytest

from boldglm.datasets.registry import Source, dataset, dataset_names
from boldglm.datasets.unpack import safe_path

ENTRIES = [dataset(name) for name in dataset_names()]
SOURCES = [
    pytest.param(source, id=f"{entry.name}-{source.file}")
    for entry in ENTRIES
    for source in (*entry.sources, *([entry.each] if entry.each else []))
]


@pytest.mark.parametrize("entry", ENTRIES, ids=dataset_names())
def test_an_entry_tells_people_what_it_is_and_whose(entry):
    for text in (entry.about, entry.licence, entry.citation):
        assert text.strip()[0].isupper()
        assert text.strip().endswith((".", "/"))
        assert "  " not in text
        assert text.strip() in entry.description
    assert entry.page.startswith("https://")
    assert entry.page in entry.description
    for name in entry.folders:
        assert not PurePosixPath(name).is_absolute()


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_says_from_where_and_how_much_at_most(source, tmp_path):
    assert source.urls
    assert len(set(source.urls)) == len(source.urls)
    for url in source.urls:
        assert url.startswith("https://") or url == "{key}"
    assert 10**6 < source.at_most < 10**11
    assert bool(source.holds) == source.unpack
    assert source.size is None or source.size <= source.at_most
    assert source.checksum is None or re.fullmatch(
        r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", source.checksum
    )
    safe_path(tmp_path, source.file)
    for pattern, number in source.holds.items():
        assert number > 0
        # what an archive gives is beside it or below
        home = PurePosixPath(source.file).parent
        assert PurePosixPath(pattern).is_relative_to(home)


def test_a_name_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(ValueError, match="no data set 'moon'; there are spm_multi"):
        dataset("moon")


def test_files_without_an_index_are_not_listed():
    with pytest.raises(ValueError, match="not listed by an index"):
        dataset("fiac").listed("a", "b")


def test_a_file_is_there_when_it_has_something(tmp_path):
    source = Source("a/b.txt", ("https://osf.io/b",), 10)
    assert source.lacks(tmp_path) == ["a/b.txt"]
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").touch()
    assert source.lacks(tmp_path) == ["a/b.txt"]
    (tmp_path / "a" / "b.txt").write_text("b")
    assert source.lacks(tmp_path) == []


def test_an_archive_is_there_when_enough_of_its_files_are(tmp_path):
    holds = {"run-*.img": 3, "mask.img": 1}
    source = Source("a.zip", ("https://osf.io/b",), 10, unpack=True, holds=holds)
    assert source.lacks(tmp_path) == ["run-*.img (3 files, 0 found)", "mask.img"]
    for name in ("run-1.img", "run-2.img", "mask.img"):
        (tmp_path / name).write_bytes(b"1")
    assert source.lacks(tmp_path) == ["run-*.img (3 files, 2 found)"]
    (tmp_path / "run-3.img").touch()
    assert source.lacks(tmp_path) == ["run-*.img (3 files, 2 found)"]
    (tmp_path / "run-3.img").write_bytes(b"1")
    assert source.lacks(tmp_path) == []


def test_a_link_to_nothing_is_no_file_and_a_folder_is_there(tmp_path):
    """As git-annex and DataLad leave of files that are elsewhere."""
    for name in ("run.img", "index"):
        (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    holds = {"*.img": 1, "s*": 1}
    archive = Source("a.zip", ("https://osf.io/b",), 10, unpack=True, holds=holds)
    assert archive.lacks(tmp_path) == ["*.img", "s*"]
    assert Source("index", (), 10).lacks(tmp_path) == ["index"]
    (tmp_path / "sub-01").mkdir()
    assert archive.lacks(tmp_path) == ["*.img"]


def test_what_may_not_be_looked_at_is_not_there(tmp_path, monkeypatch):
    (tmp_path / "index").write_text("{}")

    def forbidden(path, **how):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", forbidden)
    assert Source("index", (), 10).lacks(tmp_path) == ["index"]
