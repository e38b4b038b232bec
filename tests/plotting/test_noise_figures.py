import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from tests.plotting.whole_figures import (
    assert_nothing_is_cut_off,
    assert_written_and_closed,
    texts_of,
)

from boldglm.core.noise import noise_model
from boldglm.core.whiteness import Whiteness, whiteness
from boldglm.plotting import plot_noise_spectrum


@pytest.fixture
def run(rng):
    noise = rng.standard_normal((150, 40))
    for t in range(1, 150):
        noise[t] += 0.6 * noise[t - 1]
    drift = np.cos(np.outer(np.arange(150) + 0.5, np.arange(6)) * np.pi / 150)
    return noise, drift


@pytest.fixture
def found(run):
    return whiteness(*run, noise_model("ar1"))


def lines_of(axes):
    return {line.get_label(): line for line in axes.lines}


def test_lines_are_the_spectra(found):
    lines = lines_of(plot_noise_spectrum(found))
    for label, power in (
        ("before whitening", found.power_before),
        ("after whitening", found.power_after),
        ("white noise behind this design", found.power_white),
    ):
        np.testing.assert_array_equal(lines[label].get_xdata(), found.frequencies)
        np.testing.assert_array_equal(lines[label].get_ydata(), power)
    assert list(lines["white noise"].get_ydata()) == [1, 1]
    assert len(lines) == 4


def test_every_line_is_named(found):
    axes = plot_noise_spectrum(found)
    assert texts_of(axes.get_legend().get_texts()) == list(lines_of(axes))
    colours = {line.get_color() + line.get_linestyle() for line in axes.lines}
    assert len(colours) == 4


@pytest.mark.parametrize(
    ("t_r", "end", "label"),
    [
        (None, 0.5, "frequency (cycles per scan)"),
        (2.0, 0.25, "frequency (Hz)"),
        (np.float32(0.5), 1.0, "frequency (Hz)"),
    ],
)
def test_frequencies_are_in_hertz_where_the_repetition_time_is_known(
    found, t_r, end, label
):
    axes = plot_noise_spectrum(found, t_r)
    assert axes.get_xlabel() == label
    assert axes.get_ylabel() == "power / variance"
    assert axes.get_xlim() == (0, end)
    assert axes.get_ylim()[0] == 0
    assert lines_of(axes)["after whitening"].get_xdata()[-1] == end


def test_without_whitening_there_is_one_spectrum(run):
    found = whiteness(*run, noise_model("ols"))
    lines = lines_of(plot_noise_spectrum(found))
    assert list(lines) == ["white noise", "residuals", "white noise behind this design"]
    np.testing.assert_array_equal(lines["residuals"].get_ydata(), found.power_before)


def test_it_is_drawn_where_it_is_asked_for(found):
    axes = Figure().add_subplot()
    assert plot_noise_spectrum(found, axes=axes, title="Run 1") is axes
    assert axes.get_title() == "Run 1"
    assert plt.get_fignums() == []
    assert plot_noise_spectrum(found) is plt.gca()


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"t_r": 0}, ValueError, "t_r is 0; expected a positive number of seconds"),
        ({"t_r": -2}, ValueError, "t_r is -2; expected a positive number of seconds"),
        ({"t_r": "2"}, TypeError, "t_r is '2'; expected a positive number of seconds"),
        ({"axes": [1]}, TypeError, "axes is a list; expected one matplotlib Axes"),
        (
            {"whiteness": 3},
            TypeError,
            "whiteness is a int; expected the noise of a run",
        ),
    ],
)
def test_mistakes_are_told_and_leave_no_figure(found, given, kind, message):
    with pytest.raises(kind, match=message):
        plot_noise_spectrum(**{"whiteness": found} | given)
    assert plt.get_fignums() == []


def test_spectra_that_are_not_known_are_told():
    table = np.zeros((3, 5))
    for unknown in (
        Whiteness(100, 30, table, table),
        whiteness(np.ones((30, 4)), np.ones((30, 1)), noise_model("ar1")),
    ):
        with pytest.raises(ValueError, match="spectrum of the residuals is not known"):
            plot_noise_spectrum(unknown)
    assert plt.get_fignums() == []


def test_the_picture_is_written_whole(found, tmp_path):
    plot_noise_spectrum(found, 2.0, output_file=tmp_path / "noise.png")
    assert_written_and_closed(tmp_path / "noise.png")


def test_nothing_is_cut_off(found):
    axes = plot_noise_spectrum(found, 2.0, title="A title")
    assert_nothing_is_cut_off(axes.figure)
