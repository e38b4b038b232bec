"""Figures of pyplot and those that are none of its business."""

import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from boldglm.plotting import figures, show
from boldglm.plotting.figures import close_figure, finish, new_figure, root_figure


def test_a_new_figure_is_pyplots_current_one():
    figure = new_figure(figsize=(3.0, 2.0))
    assert plt.gcf() is figure
    assert tuple(figure.get_size_inches()) == (3.0, 2.0)


def test_a_figure_for_a_file_is_not_known_to_pyplot():
    figure = new_figure("a.png", figsize=(3.0, 2.0))
    assert isinstance(figure, Figure)
    assert plt.get_fignums() == []


def test_the_whole_of_a_part_of_a_part_is_the_figure():
    whole = Figure()
    part = whole.subfigures(1, 2)[0].subfigures(2, 1)[1]
    assert root_figure(part) is whole
    assert root_figure(whole) is whole


class TclError(Exception):
    """As tkinter's where there is no screen."""


@pytest.mark.parametrize("error", [ImportError("headless"), TclError("no display")])
def test_where_no_window_opens_figures_are_drawn_without_one(error, monkeypatch):
    made = plt.figure
    backends = []

    def no_window(**options):
        if not backends:
            raise error
        return made(**options)

    monkeypatch.setattr(plt, "figure", no_window)
    monkeypatch.setattr(plt, "get_backend", lambda: "TkAgg")
    monkeypatch.setattr(plt, "switch_backend", backends.append)
    assert isinstance(new_figure(), Figure)
    assert backends == ["agg"]


def test_other_errors_are_not_swallowed(monkeypatch):
    def broken(**_):
        message = "wrong size"
        raise ValueError(message)

    monkeypatch.setattr(plt, "figure", broken)
    monkeypatch.setattr(plt, "get_backend", lambda: "TkAgg")
    with pytest.raises(ValueError, match="wrong size"):
        new_figure()


def test_a_finished_figure_is_written_and_closed(tmp_path):
    finish(plt.figure(), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert plt.get_fignums() == []


def test_a_figure_without_a_file_stays_open():
    finish(plt.figure(), None)
    assert len(plt.get_fignums()) == 1


def test_a_figure_that_cannot_be_written_is_closed_all_the_same(tmp_path):
    with pytest.raises(ValueError, match="cannot be written as"):
        finish(plt.figure(), tmp_path / "a.xyz")
    assert plt.get_fignums() == []
    assert list(tmp_path.iterdir()) == []


def test_closing_what_pyplot_does_not_know_is_no_error():
    close_figure(Figure())


@pytest.mark.parametrize("backend", ["agg", "PDF", "svg", "ps", "cairo", "template"])
def test_nothing_is_shown_where_there_is_no_screen(backend, monkeypatch):
    def shown():
        message = "tried to open a window"
        raise AssertionError(message)

    monkeypatch.setattr(plt, "show", shown)
    monkeypatch.setattr(plt, "get_backend", lambda: backend)
    show()


def test_figures_are_shown_where_there_is_a_screen(monkeypatch):
    calls = []
    monkeypatch.setattr(plt, "show", lambda: calls.append(1))
    monkeypatch.setattr(plt, "get_backend", lambda: "QtAgg")
    figures.show()
    assert calls == [1]
