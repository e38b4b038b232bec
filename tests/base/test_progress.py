"""A bar that shows only what takes long, and leaves nothing behind."""

import io
from threading import Thread

import pytest

from boldglm._base import progress
from boldglm._base.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that is moved by hand."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


def shown(text):
    """What a terminal shows in the end."""
    lines = [""]
    column = 0
    for letter in text:
        if letter == "\n":
            lines.append("")
            column = 0
        elif letter == "\r":
            column = 0
        else:
            line = lines[-1].ljust(column)
            lines[-1] = line[:column] + letter + line[column + 1 :]
            column += 1
    return [line.rstrip() for line in lines if line.strip()]


def test_short_work_shows_nothing(clock):
    terminal = Terminal()
    with ProgressBar(10, "steps", stream=terminal) as bar:
        clock[0] += 1.9
        bar.add(9)
    assert terminal.getvalue() == ""


def test_long_work_shows_how_far_it_is_and_nothing_when_done(clock):
    terminal = Terminal()
    with ProgressBar(100, "steps", stream=terminal) as bar:
        clock[0] += 3
        bar.add(25)
        assert shown(terminal.getvalue()) == [
            "[######..................] 25/100 steps, 9 s left"
        ]
        seen = terminal.getvalue()
        clock[0] += 0.1
        bar.add(1)
        assert terminal.getvalue() == seen
        clock[0] += 0.2
        bar.add(74)
        assert shown(terminal.getvalue()) == [
            "[########################] 100/100 steps, 0 s left"
        ]
    assert shown(terminal.getvalue()) == []


def test_a_shorter_line_leaves_nothing_of_a_longer_one(clock):
    terminal = Terminal()
    with ProgressBar(100, "steps", stream=terminal) as bar:
        clock[0] += 10
        bar.add(1)
        assert shown(terminal.getvalue())[0].endswith("] 1/100 steps, 990 s left")
        clock[0] += 1
        bar.add(98)
        assert shown(terminal.getvalue())[0].endswith("] 99/100 steps, 0 s left")
    assert shown(terminal.getvalue()) == []


def test_files_and_pipes_get_nothing_but_a_last_line_if_asked_for(clock):
    for verbose, expected in ((0, ""), (1, "30 of 30 steps, 5 s\n")):
        file = io.StringIO()
        with ProgressBar(30, "steps", verbose, file) as bar:
            clock[0] += 5
            bar.add(30)
        assert file.getvalue() == expected


def test_verbose_shows_at_once_and_leaves_a_line(clock):
    terminal = Terminal()
    with ProgressBar(10, "steps", 1, terminal) as bar:
        bar.add(0)
        assert shown(terminal.getvalue()) == ["[........................] 0/10 steps"]
        clock[0] += 61
        bar.add(10)
    assert shown(terminal.getvalue()) == ["10 of 10 steps, 61 s"]


def test_work_that_is_stopped_says_so(clock):
    terminal = Terminal()
    with pytest.raises(KeyboardInterrupt):
        stop_after(2, ProgressBar(9, "steps", 1, terminal))
    assert shown(terminal.getvalue()) == ["2 of 9 steps (stopped), 0 s"]


def stop_after(steps, bar):
    with bar:
        bar.add(steps)
        raise KeyboardInterrupt


def test_the_standard_error_is_where_it_goes(capsys):
    with ProgressBar(2, "steps", verbose=1) as bar:
        bar.add(2)
    assert capsys.readouterr().err == "2 of 2 steps, 0 s\n"


def test_notebooks_draw_lines_again(clock, capsys, monkeypatch):
    monkeypatch.setitem(progress.sys.modules, "ipykernel", object())
    with ProgressBar(2, "steps", verbose=1) as bar:
        bar.add(1)
        assert "1/2 steps" in capsys.readouterr().err
    file = io.StringIO()
    with ProgressBar(2, "steps", verbose=1, stream=file) as bar:
        bar.add(1)
        assert file.getvalue() == ""


def test_no_work_and_more_than_was_said(clock):
    terminal = Terminal()
    with ProgressBar(0, "steps", 1, terminal) as bar:
        bar.add(3)
        assert shown(terminal.getvalue()) == [
            "[########################] 3/0 steps, 0 s left"
        ]


def test_threads_count_together():
    bar = ProgressBar(4000, "steps", stream=io.StringIO())
    threads = [
        Thread(target=lambda: [bar.add(1) for _ in range(1000)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bar.done == 4000
