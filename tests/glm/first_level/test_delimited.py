"""Text tables with line numbers."""

import pytest

from boldglm._base.errors import EventsError
from boldglm.glm.first_level.delimited import read_delimited


@pytest.fixture
def write(tmp_path):
    def write(content, name="events.tsv", encoding="utf-8"):
        path = tmp_path / name
        data = content if isinstance(content, bytes) else content.encode(encoding)
        path.write_bytes(data)
        return path

    return write


TABLE = "onset\tduration\n1\t2\n3\t4\n"


@pytest.mark.parametrize(
    "content",
    [
        TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("\n", "\r"),
        TABLE.replace("\n", "\r\n", 1),
        TABLE.rstrip("\n"),
        "\ufeff" + TABLE,
        TABLE + "\n\t\n  \n",
        TABLE.replace("3\t4", " 3 \t 4 "),
        TABLE.replace("3", '"3"').replace("onset", '"onset"'),
    ],
)
def test_ways_of_writing_the_same_table(write, content):
    text = read_delimited(write(content))
    assert text.header == ("onset", "duration")
    assert text.rows == (("1", "2"), ("3", "4"))
    assert text.lines == (2, 3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_with_a_mark_are_known_by_it(write, encoding):
    text = read_delimited(write("onset\tcafé\n1\tthé\n", encoding=encoding))
    assert text.header == ("onset", "café")
    assert text.rows == (("1", "thé"),)


def test_lines_are_counted_through_blank_ones_and_quoted_line_ends(write):
    text = read_delimited(write('a\tb\n\n1\t"two\nlines"\n\n\n2\tx\n'))
    assert text.rows == (("1", "two\nlines"), ("2", "x"))
    assert text.lines == (3, 7)


def test_a_quoted_separator_is_part_of_the_field(write):
    text = read_delimited(write('a,b\n1,"x, y"\n', "events.csv"))
    assert text.rows == (("1", "x, y"),)


def test_fields_missing_at_the_end_are_empty_unless_they_are_used(write):
    path = write("a\tb\tc\n1\t2\n")
    assert read_delimited(path, {"a", "b"}).rows == (("1", "2", ""),)
    with pytest.raises(EventsError, match=r"line 2: 2 fields.* none for column 'c'"):
        read_delimited(path, {"c"})


def test_empty_fields_beyond_the_header_are_dropped_and_others_refused(write):
    assert read_delimited(write("a\tb\n1\t2\t\t\n")).rows == (("1", "2"),)
    with pytest.raises(EventsError, match=r"line 3: 3 fields, .* 'z' belongs to none"):
        read_delimited(write("a\tb\n1\t2\n3\t4\tz\n"))


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "e.tsv", "is empty"),
        (b"\n \n", "e.tsv", "is empty"),
        (TABLE.encode(), "e.txt", "ends in '.txt'; expected .*tabs"),
        (b"a,b\n1,2\n", "e.tsv", "line 1: .* separated by commas, not by tabs"),
        (b"a b\n1 2\n", "e.tsv", "separated by spaces, not by tabs"),
        (b"a;b\n1;2\n", "e.csv", "separated by semicolons, not by commas"),
        (b"a\tb\n1\t2\n", "e.csv", "separated by tabs, .* rename it to .tsv"),
        (
            "a\tb\n1\tx\n2\té\n".encode("latin-1"),
            "e.tsv",
            "line 3, column 'b': byte 0xe9 is not UTF-8",
        ),
        (b"a\tb\n1\tx\x00\n", "e.tsv", "is not a text file"),
        (b'a\tb\n1\t2\n3\t"open\n4\t5\n', "e.tsv", "line 3: .* quote"),
    ],
)
def test_what_cannot_be_read_is_said_with_file_and_line(write, content, name, message):
    path = write(content, name)
    with pytest.raises(EventsError, match=f"'.*{name}'.*{message}"):
        read_delimited(path)


def test_the_ending_may_be_in_capitals(write):
    assert read_delimited(write(TABLE, "EVENTS.TSV")).header == ("onset", "duration")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file '.*nothing\.tsv'"):
        read_delimited(tmp_path / "nothing.tsv")


def test_a_folder_is_no_table(tmp_path):
    (tmp_path / "events.tsv").mkdir()
    with pytest.raises(FileNotFoundError, match=r"only a folder '.*events\.tsv'"):
        read_delimited(tmp_path / "events.tsv")
