"""Ticks and bars against what they should say."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from boldglm.plotting.cm import colour_map
from boldglm.plotting.displays.colour_bar import draw_bar, tick_values
from boldglm.plotting.displays.colours import Limits


def test_ticks_are_the_ends_the_threshold_and_round_values():
    assert tick_values(-8.0, 8.0, 3.0) == [-8.0, -5.0, -3.0, 0.0, 3.0, 5.0, 8.0]
    assert tick_values(0.0, 8.3, 3.1)[-1] == 8.3
    assert 3.1 in tick_values(0.0, 8.3, 3.1)
    # the threshold of "everything" is no tick
    assert 1e-6 not in tick_values(0.0, 8.3, 1e-6)


@given(
    st.floats(-1e3, 1e3),
    st.floats(1e-3, 1e3),
    st.none() | st.floats(0, 1e3),
)
def test_ticks_keep_apart_and_stay_on_the_bar(low, width, threshold):
    high = low + width
    ticks = tick_values(low, high, threshold)
    assert ticks[0] == low
    assert ticks[-1] == high
    for one, next_one in pairwise(ticks):
        assert next_one - one >= 0.0899 * (high - low)


def bar(limits, threshold=None, tick_format="%.2g", cmap="RdBu_r"):
    axes = Figure().add_axes((0, 0, 1, 1))
    norm = Normalize(limits.low, limits.high)
    draw_bar(
        axes,
        colour_map(cmap),
        norm,
        limits,
        threshold=threshold,
        tick_format=tick_format,
        ink="black",
    )
    return axes


def colours_of(axes):
    """Values along the bar, and the colour at each."""
    (image,) = axes.images
    _, _, low, high = image.get_extent()
    shown = image.get_array()
    steps = low + (np.arange(len(shown)) + 0.5) * (high - low) / len(shown)
    return steps, np.asarray(shown)[:, 0]


def test_a_bar_is_grey_where_the_threshold_hides():
    steps, shown = colours_of(bar(Limits(-8.0, 8.0), threshold=3.0))
    hidden = np.abs(steps) <= 3.0
    assert 0.3 < hidden.mean() < 0.45
    np.testing.assert_array_equal(shown[hidden], [[0.5, 0.5, 0.5, 1.0]] * hidden.sum())
    expected = colour_map("RdBu_r")((steps + 8.0) / 16.0)
    np.testing.assert_allclose(shown[~hidden], expected[~hidden])


def test_an_end_just_above_the_threshold_has_a_strip_of_its_colour():
    """As where a thousand shuffles allow a z of 3.0905 at most, and 3.0902 is asked."""
    _, shown = colours_of(bar(Limits(-3.0905, 3.0905, bar_low=0.0), threshold=3.0902))
    grey = (shown == [0.5, 0.5, 0.5, 1.0]).all(axis=1)
    assert 5 <= (~grey).sum() <= 20
    assert not grey[-5:].any()
    np.testing.assert_allclose(
        shown[~grey], colour_map("RdBu_r")([1.0] * (~grey).sum())
    )
    _, shown = colours_of(bar(Limits(-3.0905, 3.0905), threshold=3.0902))
    np.testing.assert_allclose(shown[[0, -1]], colour_map("RdBu_r")([0.0, 1.0]))
    _, shown = colours_of(bar(Limits(-3.0, 3.0), threshold=3.0))
    assert (shown == 0.5)[:, :3].all()


def test_a_bar_of_one_sign_shows_that_half_of_the_colours():
    axes = bar(Limits(-6.0, 6.0, bar_low=0.0))
    assert axes.get_ylim() == (0.0, 6.0)
    steps, shown = colours_of(axes)
    np.testing.assert_allclose(shown, colour_map("RdBu_r")((steps + 6.0) / 12.0))


def test_ticks_are_written_in_the_format_that_is_asked_for():
    written = {
        form: [
            one.get_text()
            for one in bar(Limits(-8.0, 8.0), 3.0, form).get_yticklabels()
        ]
        for form in ("%.2g", "%i", "%.1f", "{:.1f}", "{x:.1f} z")
    }
    assert written["%.2g"] == ["-8", "-5", "-3", "0", "3", "5", "8"]
    assert written["%i"] == written["%.2g"]
    assert written["{:.1f}"] == written["%.1f"]
    assert written["{x:.1f} z"][0] == "-8.0 z"


def test_what_is_written_alike_is_written_once():
    axes = bar(Limits(0.0, 0.6), tick_format="%i")
    written = [one.get_text() for one in axes.get_yticklabels()]
    assert len(set(written)) == len(written)


def test_ticks_of_the_user_are_kept():
    axes = bar(Limits(0.0, 3.0, ticks=(1.0, 2.0)))
    assert list(axes.get_yticks()) == [1.0, 2.0]


@pytest.mark.parametrize("wrong", [".2f", "%s %s", "{", "{name}"])
def test_a_format_that_is_none_is_an_error(wrong):
    with pytest.raises(ValueError, match=r"cbar_tick_format is .*; expected a format"):
        bar(Limits(0.0, 3.0), tick_format=wrong)


def test_a_bar_of_one_value_is_drawn():
    assert bar(Limits(3.0, 3.0)).get_ylim() == (2.0, 4.0)


@pytest.mark.parametrize("top", [0.996, 1.0, 1.4])
def test_a_label_is_at_the_value_it_says(top):
    axes = bar(Limits(0.0, top), tick_format="%i")
    for text, place in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True):
        assert abs(float(text.get_text()) - place) <= 0.5
