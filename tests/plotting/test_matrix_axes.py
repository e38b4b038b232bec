import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from tests.plotting.whole_figures import texts_of

from boldglm.plotting.matrix_axes import (
    label_columns,
    label_rows,
    new_axes,
    shortened,
    write_in_cells,
)


@pytest.mark.parametrize("name", ["task", "", " ", "$x$", "é" * 48])
def test_names_that_fit_in_a_line_are_left_alone(name):
    assert shortened(name) == name


def test_long_names_keep_their_beginning_and_their_end():
    short = shortened("begin" + "x" * 300 + "end")
    assert len(short) == 48
    assert short.startswith("beginx")
    assert short.endswith("xend")
    assert "…" in short


def test_names_of_several_lines_are_one_line():
    assert shortened("a\n  b\tc") == "a b c"


def test_new_axes_are_known_to_pyplot_unless_they_go_to_a_file():
    assert new_axes(None, 3.0, 2.0).figure is plt.gcf()
    assert new_axes("a.png", 3.0, 2.0).figure is not plt.gcf()
    assert plt.get_fignums() == [1]


def test_labels_get_smaller_before_they_are_left_out():
    few, many, crowd = (
        Figure(figsize=(10, 3)).add_subplot().figure.axes[0] for _ in range(3)
    )
    for axes, n_names in ((few, 5), (many, 80), (crowd, 1000)):
        label_columns(axes, [str(number) for number in range(n_names)])
    sizes = [axes.get_xticklabels()[0].get_fontsize() for axes in (few, many, crowd)]
    assert sizes[0] == 10
    assert 4 < sizes[1] < 10
    assert 4 <= sizes[2] <= 10
    assert len(many.get_xticklabels()) == 80
    shown = texts_of(crowd.get_xticklabels())
    assert 80 < len(shown) < 1000
    # Labels that are left stand at their own columns
    assert shown == [f"{tick:.0f}" for tick in crowd.get_xticks()]
    # and no label is higher than the room from one to the next
    room = 72 * 10 * 0.775 / len(shown)
    assert sizes[2] <= room


def test_labels_lean_away_from_the_matrix():
    above, below = Figure().subplots(1, 2)
    label_columns(above, ["a", "$b"])
    label_columns(below, ["a", "$b"], above=False)
    assert above.xaxis.get_ticks_position() == "top"
    assert below.xaxis.get_ticks_position() == "bottom"
    assert {label.get_ha() for label in above.get_xticklabels()} == {"left"}
    assert {label.get_ha() for label in below.get_xticklabels()} == {"right"}
    assert not any(label.get_parse_math() for label in above.get_xticklabels())


def test_rows_are_labelled_in_their_order():
    axes = Figure().add_subplot()
    label_rows(axes, ["first", "second"])
    assert texts_of(axes.get_yticklabels()) == ["first", "second"]
    assert list(axes.get_yticks()) == [0, 1]


def test_ink_in_cells_is_the_one_that_can_be_read():
    axes = Figure().add_subplot()
    shades = np.linspace(0.0, 1.0, 4)
    colours = np.ones((2, 2, 4))
    colours[..., :3] = shades.reshape(2, 2, 1)
    write_in_cells(axes, colours, np.array([["a", ""], ["c", "d"]]))
    found = {text.get_text(): text for text in axes.texts}
    assert {name: text.get_color() for name, text in found.items()} == {
        "a": "white",
        "c": "black",
        "d": "black",
    }
    assert found["c"].get_position() == (0, 1)
