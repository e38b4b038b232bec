"""Figures of pyplot and those that are none of its business."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from nibabel.nifti1 import Nifti1Image

from boldglm.plotting import (
    figures,
    plot_bland_altman,
    plot_carpet,
    plot_design_matrix_correlation,
    plot_event,
    plot_stat_map,
    show,
)
from boldglm.plotting.figures import close_figure, finish, new_figure, root_figure

VALUES = np.arange(64, dtype=np.float32).reshape(4, 4, 4)
IMAGE = Nifti1Image(VALUES, np.eye(4))
MASK = Nifti1Image(np.ones((4, 4, 4), np.uint8), np.eye(4))
RUN = Nifti1Image(VALUES[..., None] + np.sin(np.arange(9)), np.eye(4))
DESIGN = pd.DataFrame({"a": [1.0, 0.0, 2.0], "b": [0.0, 1.0, 1.0]})
EVENTS = pd.DataFrame({"onset": [0.0], "duration": [1.0], "trial_type": ["a"]})


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


@pytest.mark.parametrize(
    "plot",
    [
        lambda: plot_bland_altman(IMAGE, IMAGE, MASK, cmap="nope"),
        lambda: plot_design_matrix_correlation(DESIGN, foo=1),
        lambda: plot_design_matrix_correlation(DESIGN, vmax=0.5),
        lambda: plot_stat_map(IMAGE, None, axes=(0, 0, -0.5, 1)),
        lambda: plot_event(EVENTS, nonsense=1),
        lambda: plot_carpet(RUN, MASK, cmap="nope"),
    ],
)
def test_a_mistake_leaves_no_figure_open_and_the_users_alone(plot):
    own = plt.figure()
    with pytest.raises((TypeError, ValueError, AttributeError)):
        plot()
    assert plt.get_fignums() == [own.number]
