import numpy as np
import pytest

from boldglm.plotting.displays.views import VIEWS, Plane, view_of

POINT = [[-40.0, 10.0, 55.0]]


@pytest.mark.parametrize(
    ("direction", "on_paper"),
    [
        ("x", [10.0, 55.0]),
        ("y", [-40.0, 55.0]),
        ("z", [-40.0, 10.0]),
        ("l", [10.0, 55.0]),
        ("r", [10.0, 55.0]),
    ],
)
def test_a_point_is_laid_on_the_two_axes_that_are_seen(direction, on_paper):
    np.testing.assert_array_equal(VIEWS[direction].on_paper(POINT), [on_paper])


@pytest.mark.parametrize("direction", VIEWS)
def test_a_view_is_along_the_axis_that_is_not_on_paper(direction):
    view = VIEWS[direction]
    assert {view.across, view.up, view.through} == {0, 1, 2}
    assert view.has_sides == (direction in "yz")
    assert view.looks_right == (direction == "l")
    assert view.side == {"l": -1, "r": 1}.get(direction, 0)


def test_an_unknown_direction_is_an_error():
    with pytest.raises(ValueError, match=r"direction is 'top'; expected one of 'x'"):
        view_of("top")


def test_centres_of_pixels_are_half_a_pixel_inside():
    across, up = Plane(np.zeros((2, 4)), (-4.0, 4.0, 10.0, 16.0)).centres
    np.testing.assert_allclose(across, [-3.0, -1.0, 1.0, 3.0])
    np.testing.assert_allclose(up, [11.5, 14.5])
