"""Bars: late, short-lived, and silent in files."""

import io

import pytest

from boldglm._base import progress
from boldglm._base.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


def test_a_moment_shows_nothing(clock):
    stream = Terminal()
    with ProgressBar(10, "maps", stream=stream) as bar:
        clock[0] = 1.9
        bar.add(10)
    assert stream.getvalue() == ""


def test_from_two_seconds_on_a_line_is_drawn_again_and_then_wiped(clock):
    stream = Terminal()
    with ProgressBar(1000, "permutations", stream=stream) as bar:
        clock[0] = 3.0
        bar.add(250)
        drawn = stream.getvalue()
        assert drawn == "\r[######..................] 250/1000 permutations, 9 s left"
        clock[0] = 3.1
        bar.add(1)  # too soon to draw again
        assert stream.getvalue() == drawn
        clock[0] = 4.0
        bar.add(249)
        assert "500/1000 permutations, 4 s left" in stream.getvalue()
    assert stream.getvalue().endswith("\r" + " " * (len(drawn) - 1) + "\r")


def test_files_and_pipes_get_nothing(clock):
    stream = io.StringIO()
    with ProgressBar(10, "maps", stream=stream) as bar:
        clock[0] = 99.0
        bar.add(5)
    assert stream.getvalue() == ""


def test_verbose_leaves_a_line(clock):
    stream = io.StringIO()
    with ProgressBar(10, "maps", verbose=1, stream=stream) as bar:
        clock[0] = 61.0
        bar.add(10)
    assert stream.getvalue() == "10 of 10 maps, 61 s\n"


def test_what_was_stopped_says_so(clock):
    stream = Terminal()
    with pytest.raises(KeyboardInterrupt):
        stop_half_way(ProgressBar(10, "maps", verbose=1, stream=stream))
    assert stream.getvalue().endswith("5 of 10 maps (stopped), 0 s\n")


def stop_half_way(bar):
    with bar:
        bar.add(5)
        raise KeyboardInterrupt
