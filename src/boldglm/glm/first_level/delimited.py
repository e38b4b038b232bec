"""Text tables with line numbers, so that an error can say where."""

import csv
import io
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from boldglm._base.arguments import as_path
from boldglm._base.errors import EventsError

__all__ = ["DELIMITERS", "DelimitedText", "check_separator", "read_delimited"]

DELIMITERS = {".tsv": "\t", ".csv": ","}
NAMES = {"\t": "tabs", ",": "commas", ";": "semicolons", " ": "spaces"}
# Byte order marks say the encoding without doubt; the longer one first
MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)


@dataclass(frozen=True, slots=True)
class DelimitedText:
    """A table as written: its header, its rows and the line of each.

    Fields have no spaces around them. Blank lines are left out, and every row has
    as many fields as the header.
    """

    path: Path
    header: tuple[str, ...]
    header_line: int
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


def read_delimited(
    path: str | Path, used: Collection[str] = frozenset()
) -> DelimitedText:
    r"""Read a .tsv or .csv file.

    UTF-8 with or without a byte order mark, UTF-16 with one; lines may end in LF,
    CR LF or CR, the last one in nothing. Fields may be quoted with ``"``.

    Parameters
    ----------
    path : str or Path
        ``~`` is the home folder. The ending decides the separator.
    used : collection of str
        Columns, in lower case, that no row may be too short for. Fields that are
        missing at the end of a line are empty otherwise.

    Returns
    -------
    DelimitedText

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    EventsError
        If the file is empty, is not text, ends in neither .tsv nor .csv, has a row
        with more fields than the header or too few, or a quote that is not closed.
        The message names file and line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "events.tsv"
    >>> _ = path.write_bytes(b"onset\tduration\r\n1.5 \t 2\r\n\r\n")
    >>> text = read_delimited(path)
    >>> text.header, text.rows, text.lines
    (('onset', 'duration'), (('1.5', '2'),), (2,))
    """
    path = as_path(path, "the path of a table")
    if not path.is_file():
        wrong = f"only a folder '{path}'" if path.is_dir() else f"no file '{path}'"
        msg = f"There is {wrong} (looked from {Path.cwd()}); expected a table."
        raise FileNotFoundError(msg)
    delimiter = _delimiter(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        msg = f"'{path}' cannot be read: {error.strerror}. Check that you may read it."
        raise EventsError(msg) from error
    text = _decode(path, raw, delimiter)
    records = _records(path, text, delimiter)
    if not records:
        msg = f"'{path}' is empty: expected a header line and one line per event."
        raise EventsError(msg)
    header_line, header = records[0]
    check_separator(path, header, header_line, delimiter)
    rows = _even_out(path, header, records[1:], used)
    lines = tuple(line for line, _ in records[1:])
    return DelimitedText(path, header, header_line, rows, lines)


def _delimiter(path: Path) -> str:
    delimiter = DELIMITERS.get(path.suffix.lower())
    if delimiter is None:
        msg = (
            f"'{path}' ends in '{path.suffix}'; expected a table separated by tabs "
            "(.tsv) or by commas (.csv)."
        )
        raise EventsError(msg)
    return delimiter


def _decode(path: Path, data: bytes, delimiter: str) -> str:
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        msg = (
            f"'{path}'{_place(data, error.start, delimiter)}: byte "
            f"0x{data[error.start]:02x} is not {encoding.upper()}. Save the file as "
            "UTF-8 (it may be in Latin-1 or Windows-1252 now)."
        )
        raise EventsError(msg) from error
    if "\x00" in text:
        msg = (
            f"'{path}' is not a text file (it has zero bytes); expected a table in "
            "UTF-8. Was it saved by a spreadsheet program in its own format?"
        )
        raise EventsError(msg)
    return text


def _place(data: bytes, position: int, delimiter: str) -> str:
    """Line and column of a byte in text of one byte per letter."""
    lines = data[:position].decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
    number = lines.count("\n") + 1
    field = lines.rpartition("\n")[2].count(delimiter)
    header = data.decode("latin-1").splitlines()[0].split(delimiter)
    name = f", column '{header[field].strip()}'" if field < len(header) else ""
    return f", line {number}{name}"


def _records(
    path: Path, text: str, delimiter: str
) -> list[tuple[int, tuple[str, ...]]]:
    """Rows that are not blank, with the line each starts on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records = []
    start = 1
    try:
        for row in reader:
            fields = tuple(field.strip() for field in row)
            if any(fields):
                records.append((start, fields))
            start = reader.line_num + 1
    except csv.Error as error:
        msg = (
            f"'{path}', line {start}: {error}. Is a quote (\") opened and not closed, "
            "or followed by more text?"
        )
        raise EventsError(msg) from error
    return records


def check_separator(
    path: Path, header: tuple[str, ...], line: int, delimiter: str
) -> None:
    """Raise if a header of one column looks separated by something else."""
    if len(header) != 1:
        return
    other = next((d for d in "\t,; " if d != delimiter and d in header[0]), None)
    if other is not None:
        fix = {"\t": "rename it to .tsv", ",": "rename it to .csv"}.get(
            other, "save it again"
        )
        msg = (
            f"'{path}', line {line}: the header '{header[0]}' is separated by "
            f"{NAMES[other]}, not by {NAMES[delimiter]} as a {path.suffix} file is; "
            f"{fix}, or separate the columns by {NAMES[delimiter]}."
        )
        raise EventsError(msg)


def _even_out(
    path: Path,
    header: tuple[str, ...],
    records: list[tuple[int, tuple[str, ...]]],
    used: Collection[str],
) -> tuple[tuple[str, ...], ...]:
    """Give every row the width of the header, or say which cannot have it."""
    width = len(header)
    needed = max(
        (at for at, name in enumerate(header) if name.lower() in used), default=-1
    )
    rows = []
    for line, fields in records:
        if any(fields[width:]):
            extra = next(field for field in fields[width:] if field)
            msg = (
                f"'{path}', line {line}: {len(fields)} fields, but the header names "
                f"{width} columns ({', '.join(header)}); '{extra}' belongs to none."
            )
            raise EventsError(msg)
        if len(fields) <= needed:
            msg = (
                f"'{path}', line {line}: {len(fields)} fields, but the header names "
                f"{width} columns; there is none for column '{header[needed]}'. Write "
                "n/a for a value that is missing."
            )
            raise EventsError(msg)
        rows.append(fields[:width] + ("",) * (width - len(fields)))
    return tuple(rows)
