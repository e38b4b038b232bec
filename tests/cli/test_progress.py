import io
import re

import pytest

from boldglm.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def without_times(text):
    return re.sub(r"\d+\.\d s", "0.0 s", text)


def test_in_a_file_every_step_leaves_a_line_with_its_time():
    stream = io.StringIO()
    with Progress(10, stream) as progress:
        progress.step("read")
        progress.step("fit")
    assert without_times(stream.getvalue()) == (
        "[ 1/10] read ... 0.0 s\n[ 2/10] fit ... 0.0 s\n"
    )


def test_a_step_is_announced_before_it_is_done():
    stream = io.StringIO()
    with Progress(2, stream) as progress:
        progress.step("read")
        assert stream.getvalue() == "[1/2] read ..."
        assert progress.done == 0
        progress.step("fit")
        assert progress.done == 1
    assert progress.done == 2


def test_on_a_terminal_one_line_is_drawn_again(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    with Progress(4, stream) as progress:
        progress.step("read")
        progress.step("fit")
    first, *drawn, end = stream.getvalue().split("\r")
    lines = [without_times(line).split() for line in (*drawn, end)]
    assert first == ""
    assert lines[0] == ["[....................]", "0/4", "0.0", "s", "read"]
    assert lines[1] == ["[#####...............]", "1/4", "0.0", "s", "fit"]
    assert lines[2] == ["[##########..........]", "2/4", "0.0", "s", "done"]
    assert stream.getvalue().count("\n") == 1
    assert end.endswith("\n")


def test_on_a_terminal_a_long_line_is_cut_and_a_short_one_covers_it(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    with Progress(2, stream) as progress:
        progress.step("a step with a very long description indeed")
        progress.step("fit")
    lines = stream.getvalue().rstrip("\n").split("\r")[1:]
    assert {len(line) for line in lines} == {39}


def test_quiet_means_silent():
    for stream in (io.StringIO(), Terminal()):
        with Progress(1, stream, quiet=True) as progress:
            progress.step("read")
        assert stream.getvalue() == ""
        assert progress.done == 1


def break_down(progress, *steps):
    with progress:
        for step in steps:
            progress.step(step)
        message = "broken"
        raise ValueError(message)


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_an_error_ends_the_line_and_the_step_does_not_count(kind):
    stream = kind()
    progress = Progress(2, stream)
    with pytest.raises(ValueError, match="broken"):
        break_down(progress, "read")
    assert progress.done == 0
    assert stream.getvalue().endswith("\n")
    assert stream.getvalue().count("\n") == 1


def test_an_error_before_the_first_step_writes_nothing():
    stream = io.StringIO()
    with pytest.raises(ValueError, match="broken"):
        break_down(Progress(2, stream))
    assert stream.getvalue() == ""


def test_the_time_of_a_step_is_measured(monkeypatch):
    clock = iter([0.0, 1.0, 1.0, 3.5, 4.0])
    monkeypatch.setattr("boldglm.cli.progress.time.perf_counter", lambda: next(clock))
    stream = io.StringIO()
    with Progress(1, stream) as progress:
        progress.step("fit")
    assert stream.getvalue() == "[1/1] fit ... 2.5 s\n"
    assert progress.elapsed == 3.0
