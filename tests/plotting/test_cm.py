import numpy as np
import pytest
from matplotlib.colors import Colormap, ListedColormap

from boldglm.plotting.cm import colour_map, is_diverging, upper_half

OURS = ["cold_hot", "cold_white_hot", "black_red", "black_green", "black_blue"]


def brightness(colours):
    return np.asarray(colours)[..., :3].mean(axis=-1)


@pytest.mark.parametrize("name", OURS)
def test_a_colour_map_can_be_turned_around(name):
    places = np.linspace(0, 1, 256)
    assert colour_map(name).name == name
    np.testing.assert_allclose(
        colour_map(f"{name}_r")(places), colour_map(name)(places[::-1])
    )


def test_names_of_matplotlib_are_known_and_colour_maps_pass():
    assert colour_map("viridis").name == "viridis"
    own = ListedColormap(["red"])
    assert colour_map(own) is own


def test_cold_and_hot_meet_in_black_or_in_white():
    assert brightness(colour_map("cold_hot")(0.5)) < 0.1
    assert brightness(colour_map("cold_white_hot")(0.5)) > 0.95


@pytest.mark.parametrize("name", ["cold_hot", "cold_white_hot"])
def test_both_signs_are_equally_bright_red_above_and_blue_below(name):
    colours = colour_map(name)(np.linspace(0, 1, 256))
    np.testing.assert_allclose(brightness(colours), brightness(colours[::-1]))
    assert (colours[140:, 0] >= colours[140:, 2]).all()
    assert (colours[:116, 2] >= colours[:116, 0]).all()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RdBu_r", True),
        ("bwr", True),
        ("cold_hot", True),
        ("cold_white_hot_r", True),
        ("viridis", False),
        ("black_red", False),
        ("gray", False),
    ],
)
def test_which_colour_maps_have_a_middle(name, expected):
    assert is_diverging(colour_map(name)) == expected


def test_the_upper_half_begins_in_the_middle():
    whole, half = colour_map("RdBu_r"), upper_half(colour_map("RdBu_r"))
    assert isinstance(half, Colormap)
    np.testing.assert_allclose(half(0.0), whole(0.5), atol=0.01)
    np.testing.assert_allclose(half(1.0), whole(1.0))
    np.testing.assert_allclose(half(0.5), whole(0.75), atol=0.01)
    assert not is_diverging(half)


def test_a_misspelt_name_gets_a_hint():
    with pytest.raises(ValueError, match=r"no colour map of that name.*'cold_hot'"):
        colour_map("cold_hott")
    with pytest.raises(ValueError, match=r"cmap is 'qqqqqq'; there is no .* name\.$"):
        colour_map("qqqqqq")


@pytest.mark.parametrize("wrong", [3, None, ["red"]])
def test_something_else_is_no_colour_map(wrong):
    with pytest.raises(TypeError, match="expected the name of a colour map"):
        colour_map(wrong)
