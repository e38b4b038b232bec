"""Boxes are inside, apart, and at one scale, whatever the panels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boldglm.plotting.displays.layout import GAP, arrange, natural_scale

sizes = st.tuples(st.floats(5, 300), st.floats(5, 300))
rows_of_panels = st.lists(
    st.lists(sizes, min_size=1, max_size=6), min_size=1, max_size=4
)


@given(rows_of_panels, st.floats(2, 30), st.floats(2, 30), st.booleans())
def test_panels_fit_their_box_and_do_not_overlap(rows, width, height, to_left):
    boxes = np.array(arrange(rows, (1.0, 2.0, width, height), to_left=to_left))
    assert (boxes[:, :2] >= np.array([1.0, 2.0]) - 1e-9).all()
    assert (
        boxes[:, :2] + boxes[:, 2:] <= [1.0 + width + 1e-9, 2.0 + height + 1e-9]
    ).all()
    for i, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[i + 1 :]:
            apart = max(x2 - (x + w), x - (x2 + w2), y2 - (y + h), y - (y2 + h2))
            assert apart >= GAP - 1e-9


@given(rows_of_panels, st.booleans())
def test_a_millimetre_is_as_long_in_all_panels(rows, to_left):
    boxes = np.array(arrange(rows, (0.0, 0.0, 20.0, 10.0), to_left=to_left))
    flat = np.array([size for row in rows for size in row])
    scale = boxes[:, 2:] / flat
    np.testing.assert_allclose(scale, scale[0, 0])


@given(rows_of_panels)
def test_panels_are_as_large_as_the_box_allows(rows):
    boxes = np.array(arrange(rows, (0.0, 0.0, 20.0, 10.0)))
    width = (boxes[:, 0] + boxes[:, 2]).max() - boxes[:, 0].min()
    height = (boxes[:, 1] + boxes[:, 3]).max() - boxes[:, 1].min()
    assert width == pytest.approx(20.0) or height == pytest.approx(10.0)


def test_rows_run_from_the_top_and_panels_to_the_right():
    (x1, y1, *_), (x2, y2, *_), (_, y3, *_) = arrange(
        [[(10.0, 10.0), (10.0, 10.0)], [(10.0, 10.0)]], (0.0, 0.0, 5.0, 5.0)
    )
    assert x1 < x2
    assert y1 == y2 > y3


def test_short_rows_are_centred_or_begin_at_the_left():
    rows = [[(10.0, 10.0), (10.0, 10.0)], [(10.0, 10.0)]]
    box = (0.0, 0.0, 2.0 + GAP, 2.0 + GAP)
    assert arrange(rows, box)[2][0] == pytest.approx(0.5 * (1.0 + GAP))
    assert arrange(rows, box, to_left=True)[2][0] == 0.0


def test_low_panels_are_in_the_middle_of_their_row():
    (_, low, _, high), (_, bottom, _, height) = arrange(
        [[(10.0, 10.0), (10.0, 5.0)]], (0.0, 0.0, 9.0, 9.0)
    )
    assert bottom + 0.5 * height == pytest.approx(low + 0.5 * high)


def test_the_natural_scale_makes_rows_of_a_height_unless_they_get_too_wide():
    assert natural_scale([[(100.0, 50.0)]], 2.0, 10.0) == pytest.approx(0.04)
    assert natural_scale([[(1000.0, 50.0)]], 2.0, 10.0) == pytest.approx(0.01)


def test_a_box_without_room_is_no_error():
    for box in [(0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.01, 5.0)]:
        assert (np.array(arrange([[(9.0, 9.0)] * 3], box))[:, 2:] > 0).all()
