import numpy as np
import pytest
from matplotlib.figure import Figure

from boldglm.plotting.displays.panel import Panel, with_margin
from boldglm.plotting.displays.views import Plane


def new_panel(direction="z", coord=3.0, **options):
    return Panel(Figure().add_axes((0, 0, 1, 1)), direction, coord, **options)


def texts(panel):
    return {one.get_text(): one for one in panel.ax.texts}


def test_what_is_shown_has_a_margin_and_a_foot_for_words():
    assert with_margin((0.0, 50.0, 0.0, 100.0)) == (-2.0, 52.0, -8.0, 102.0)


def test_limits_hold_all_that_was_shown():
    panel = new_panel()
    assert panel.is_empty
    panel.widen((0.0, 10.0, 0.0, 10.0))
    panel.widen((-5.0, 8.0, 2.0, 20.0))
    assert not panel.is_empty
    assert panel.limits == with_margin((-5.0, 10.0, 0.0, 20.0))
    left, right, bottom, top = panel.limits
    assert panel.ax.get_xlim() == (left, right)
    assert panel.ax.get_ylim() == (bottom, top)
    assert panel.size == (right - left, top - bottom)


@pytest.mark.parametrize(
    ("direction", "radiological", "mirrored"),
    [
        ("x", False, False),
        ("x", True, False),
        ("y", False, False),
        ("y", True, True),
        ("z", False, False),
        ("z", True, True),
        ("l", False, True),
        ("l", True, True),
        ("r", False, False),
        ("r", True, False),
    ],
)
def test_what_is_mirrored(direction, radiological, mirrored):
    panel = new_panel(direction, radiological=radiological)
    panel.widen((0.0, 10.0, 0.0, 10.0))
    left, right = panel.ax.get_xlim()
    assert panel.mirrored == mirrored == (left > right)


def test_what_is_drawn_later_moves_no_limits():
    panel = new_panel()
    panel.widen((0.0, 10.0, 0.0, 10.0))
    before = panel.ax.get_xlim(), panel.ax.get_ylim()
    far = Plane(np.ones((2, 2)), (100.0, 200.0, 100.0, 200.0))
    panel.draw_image(far)
    panel.draw_contours(Plane(np.eye(4), (100.0, 200.0, 0.0, 9.0)), [0.5])
    assert (panel.ax.get_xlim(), panel.ax.get_ylim()) == before


def test_an_image_is_drawn_from_below_on_its_extent():
    values = np.arange(6.0).reshape(2, 3)
    panel = new_panel()
    shown = panel.draw_image(Plane(values, (0.0, 3.0, 10.0, 12.0)))
    assert shown.origin == "lower"
    assert tuple(shown.get_extent()) == (0.0, 3.0, 10.0, 12.0)
    np.testing.assert_array_equal(shown.get_array(), values)


def test_contours_lie_between_the_centres_of_pixels():
    values = np.zeros((5, 6))
    values[2, 3] = 1.0
    panel = new_panel()
    shown = panel.draw_contours(Plane(values, (0.0, 12.0, 0.0, 10.0)), [0.5])
    (path,) = [one for one in shown.get_paths() if len(one.vertices)]
    # around the pixel with its centre at (7, 5), half a pixel away
    assert path.vertices.min(axis=0) == pytest.approx([6.0, 4.0])
    assert path.vertices.max(axis=0) == pytest.approx([8.0, 6.0])


@pytest.mark.parametrize("filled", [False, True])
def test_where_there_is_nothing_to_draw_there_is_no_contour(filled):
    panel = new_panel()
    flat = Plane(np.ones((4, 4)), (0.0, 4.0, 0.0, 4.0))
    assert panel.draw_contours(flat, [1.0, 2.0], filled=filled) is None
    assert panel.draw_contours(flat, [3.0, 4.0], filled=filled) is None
    thin = Plane(np.array([[0.0, 1.0, 2.0]]), (0.0, 3.0, 0.0, 1.0))
    assert panel.draw_contours(thin, [0.5, 1.5], filled=filled) is None
    missing = Plane(np.full((3, 3), np.nan), (0.0, 3.0, 0.0, 3.0))
    assert panel.draw_contours(missing, [0.5, 1.5], filled=filled) is None


@pytest.mark.parametrize("radiological", [False, True])
@pytest.mark.parametrize("direction", ["y", "z"])
def test_sides_are_named_on_views_that_show_them(direction, radiological):
    panel = new_panel(direction, radiological=radiological)
    panel.say_sides(12)
    found = texts(panel)
    assert set(found) == {"L", "R"}
    l_x, r_x = (found[one].get_position()[0] for one in "LR")
    assert (l_x > r_x) == radiological


def test_sides_of_other_views():
    for direction, expected in (("x", set()), ("l", {"L"}), ("r", {"R"})):
        panel = new_panel(direction)
        panel.say_sides(12)
        assert set(texts(panel)) == expected


@pytest.mark.parametrize(
    ("coord", "decimals", "text"),
    [
        (-37.0, 0, "z = -37"),
        (-0.2, 0, "z = 0"),
        (2.345, 2, "z = 2.35"),
        (12.5, 1, "z = 12.5"),
    ],
)
def test_positions_are_rounded_and_never_minus_0(coord, decimals, text):
    panel = new_panel(coord=coord)
    panel.say_position(12, decimals)
    assert set(texts(panel)) == {text}


def test_a_look_through_the_brain_has_no_position():
    panel = new_panel(coord=None)
    panel.say_position(12)
    assert not panel.ax.texts


def test_words_look_as_asked_for():
    panel = new_panel()
    panel.say_position(11, color="red", weight="bold")
    (text,) = panel.ax.texts
    assert (text.get_color(), text.get_size(), text.get_weight()) == ("red", 11, "bold")


def test_a_cross_leaves_out_its_middle():
    panel = new_panel()
    panel.widen((0.0, 100.0, 0.0, 100.0))
    lines = np.array(panel.cross(30.0, 60.0))
    assert lines.shape == (4, 2, 2)
    for (x0, y0), (x1, y1) in lines:
        on_upright, on_level = x0 == x1 == 30.0, y0 == y1 == 60.0
        assert on_upright != on_level
        gap = min(abs(y0 - 60), abs(y1 - 60)) if on_upright else None
        gap = min(abs(x0 - 30), abs(x1 - 30)) if gap is None else gap
        assert 4.0 < gap < 7.0


def test_a_line_alone_has_no_gap():
    panel = new_panel()
    panel.widen((0.0, 100.0, 0.0, 100.0))
    ((low, high),) = panel.cross(30.0, None)
    assert low == (30.0, 0.0)
    assert high == (30.0, pytest.approx(102.0))
    assert len(panel.cross(None, 30.0)) == 1
    assert panel.cross(None, None) == []


def test_a_cross_at_the_rim_has_no_line_backwards():
    panel = new_panel()
    panel.widen((0.0, 100.0, 0.0, 100.0))
    for (x0, y0), (x1, y1) in panel.cross(0.0, 99.0):
        assert x1 >= x0
        assert y1 >= y0
