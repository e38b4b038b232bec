import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from boldglm.plotting.displays.markers import Markers
from boldglm.plotting.displays.panel import Panel

POINTS = [(-40.0, 10.0, 5.0), (40.0, 10.0, 6.9), (0.0, -20.0, 40.0)]


def drawn(markers, direction, coord=None):
    panel = Panel(Figure().add_axes((0, 0, 1, 1)), direction, coord)
    markers.draw(panel)
    (dots,) = panel.ax.collections
    return dots


def test_a_cut_shows_what_is_within_2_mm(readonly):
    markers = Markers.of(readonly(np.array(POINTS)), "r", 30)
    np.testing.assert_array_equal(
        drawn(markers, "z", 5.0).get_offsets(), [(-40.0, 10.0), (40.0, 10.0)]
    )
    assert len(drawn(markers, "z", 2.9).get_offsets()) == 0
    assert len(drawn(markers, "z", 3.0).get_offsets()) == 1
    np.testing.assert_array_equal(
        drawn(markers, "x", -41.0).get_offsets(), [(10.0, 5.0)]
    )
    np.testing.assert_array_equal(
        drawn(markers, "y", -20.0).get_offsets(), [(0.0, 40.0)]
    )


def test_a_look_at_a_side_shows_that_side_and_the_midline():
    markers = Markers.of(POINTS, "r", 30)
    left = drawn(markers, "l").get_offsets()
    np.testing.assert_array_equal(left, [(10.0, 5.0), (-20.0, 40.0)])
    right = drawn(markers, "r").get_offsets()
    np.testing.assert_array_equal(right, [(10.0, 6.9), (-20.0, 40.0)])
    assert len(drawn(markers, "z").get_offsets()) == 3


def test_each_marker_keeps_its_colour_and_size():
    markers = Markers.of(POINTS, ["r", "g", "b"], [10, 20, 30])
    dots = drawn(markers, "r")
    np.testing.assert_array_equal(dots.get_facecolors(), [to_rgba("g"), to_rgba("b")])
    np.testing.assert_array_equal(dots.get_sizes(), [20, 30])


@pytest.mark.parametrize("colour", ["tab:blue", (0.1, 0.2, 0.3, 1.0), ["tab:blue"]])
def test_one_colour_is_for_all(colour):
    dots = drawn(Markers.of([*POINTS, (0, 0, 0), (1, 1, 1)], colour, 5), "z")
    plain = colour[0] if isinstance(colour, list) else colour
    assert {tuple(one) for one in dots.get_facecolors()} == {to_rgba(plain)}


def test_numbers_for_colours_mean_the_same_on_every_panel():
    markers = Markers.of(POINTS, np.array([0.0, 0.5, 1.0]), 5)
    for direction in "lr":
        dots = drawn(markers, direction)
        assert (dots.norm.vmin, dots.norm.vmax) == (0.0, 1.0)


def test_one_point_needs_no_list():
    assert Markers.of((1, 2, 3), "r", 5).points.shape == (1, 3)


@pytest.mark.parametrize("wrong", [(1, 2), np.zeros((2, 4)), np.zeros((2, 2, 3))])
def test_other_shapes_are_an_error(wrong):
    with pytest.raises(ValueError, match=r"marker_coords have shape .*; expected x, y"):
        Markers.of(wrong, "r", 5)


@pytest.mark.parametrize(
    ("colours", "sizes", "name"),
    [(["r", "g"], 5, "marker_color"), ("r", [1, 2], "marker_size")],
)
def test_as_many_as_markers_or_one(colours, sizes, name):
    with pytest.raises(ValueError, match=f"{name} has 2 entries for 3 markers"):
        Markers.of(POINTS, colours, sizes)
