import json

import pytest

from boldglm.datasets.part_file import Origin, PartFile, StorageError

ORIGIN = Origin("https://osf.io/a", '"v1"', 5)


@pytest.fixture
def part(tmp_path):
    part = PartFile(tmp_path / "a.bin")
    part.begin(ORIGIN)
    with part.writer() as write:
        write(b"12")
        write(b"345")
    return part


def test_bytes_are_on_disk_as_soon_as_they_are_written(part):
    with part.writer() as write:
        write(b"6")
        assert part.path.read_bytes() == b"123456"


def test_it_gets_its_name_in_the_end_and_leaves_nothing_else(part, tmp_path):
    assert not part.target.exists()
    number = part.path.stat().st_ino
    part.finish()
    # moved, not copied: nobody ever sees half of it
    assert part.target.stat().st_ino == number
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]
    assert part.target.read_bytes() == b"12345"


def test_another_object_finds_what_is_there(part):
    again = PartFile(part.target)
    assert (again.size, again.origin) == (5, ORIGIN)


def test_beginning_anew_drops_the_bytes(part):
    other = Origin("https://osf.io/b")
    part.begin(other)
    assert (part.size, part.origin) == (0, other)


def test_discarded_it_is_gone_and_may_be_discarded_again(part, tmp_path):
    part.discard()
    part.discard()
    assert list(tmp_path.iterdir()) == []
    assert (part.size, part.origin) == (0, None)


@pytest.mark.parametrize("note", ["", "7", "[]", '{"url": 1, "colour": 2}', "\x00"])
def test_a_note_that_says_nothing_is_none(part, tmp_path, note):
    (tmp_path / "a.bin.part.json").write_text(note)
    assert part.origin is None


def test_the_note_can_be_read_by_people(part, tmp_path):
    note = json.loads((tmp_path / "a.bin.part.json").read_text())
    assert note == {"url": "https://osf.io/a", "version": '"v1"', "length": 5}


def test_those_with_a_tag_share_with_nobody(part, tmp_path):
    mine = PartFile(tmp_path / "a.bin", ".71")
    assert mine.size == 0
    mine.begin(ORIGIN)
    assert (tmp_path / "a.bin.71.part").exists()
    mine.discard()
    assert part.size == 5


def test_the_part_of_another_user_is_replaced(readonly_folder):
    folder, close = readonly_folder
    part = PartFile(folder / "a.bin")
    part.begin(ORIGIN)
    assert part.origin == ORIGIN
    close(folder)
    assert part.origin is None
    part.begin(ORIGIN)
    with part.writer() as write:
        write(b"1")
    assert (part.size, part.origin) == (1, ORIGIN)


def test_nothing_is_written_through_a_link(part, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"mine")
    part.discard()
    part.path.symlink_to(other)
    part.begin(ORIGIN)
    assert other.read_bytes() == b"mine"
    assert not part.path.is_symlink()


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    part = PartFile(tmp_path / "no" / "a.bin")
    for act in (lambda: part.begin(ORIGIN), lambda: part.writer().__enter__()):
        with pytest.raises(StorageError, match="No such file or directory"):
            act()
    with pytest.raises(StorageError, match=r"a\.bin\.part"):
        part.finish()
