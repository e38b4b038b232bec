import colorsys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import ListedColormap, to_rgba

from boldglm.plotting.condition_colours import condition_colours


@pytest.mark.parametrize("n_conditions", [1, 10, 11, 20, 21, 60, 200])
def test_every_condition_has_a_colour_of_its_own(n_conditions):
    colours = condition_colours(n_conditions)
    assert len(set(colours)) == len(colours) == n_conditions
    assert all(len(colour) == 4 and colour[3] == 1.0 for colour in colours)


def test_up_to_ten_are_those_for_all_eyes():
    expected = [to_rgba(colour) for colour in mpl.color_sequences["petroff10"]]
    assert condition_colours(10) == expected
    assert condition_colours(4) == expected[:4]


def test_neighbours_of_many_differ_in_more_than_hue():
    shades = [colorsys.rgb_to_hsv(*colour[:3])[1:] for colour in condition_colours(90)]
    steps = np.abs(np.diff(shades, axis=0)).max(axis=1)
    assert steps.min() > 0.2


def test_a_list_of_colours_is_taken_in_its_order():
    listed = ListedColormap(["red", "lime", "blue"])
    assert condition_colours(2, listed) == [to_rgba("red"), to_rgba("lime")]
    assert condition_colours(3, "tab10") == [
        to_rgba(colour) for colour in mpl.color_sequences["tab10"][:3]
    ]


def test_continuous_maps_are_spread():
    colours = condition_colours(3, "gray")
    np.testing.assert_allclose(
        [colour[0] for colour in colours], [0, 0.5, 1], atol=0.01
    )


def test_too_few_colours_are_told_with_both_numbers():
    message = (
        r"^There are 11 conditions and 10 colours in cmap; expected one each\. "
        r"Take a colour map with more, such as"
    )
    with pytest.raises(ValueError, match=message):
        condition_colours(11, "tab10")


def test_unknown_maps_are_told():
    with pytest.raises(ValueError, match=r"cmap is 'tab11'; .* Did you mean 'tab10'"):
        condition_colours(3, "tab11")
    with pytest.raises(TypeError, match="cmap is 3; expected the name"):
        condition_colours(3, 3)
