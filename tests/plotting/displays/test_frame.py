import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from boldglm.plotting.displays.frame import BAR_STRIP, TITLE_STRIP, open_frame


def test_a_figure_of_ours_fits_panels_bar_and_title():
    frame = open_frame(panels=(5.0, 2.0), colorbar=True, title="faces")
    assert frame.is_ours
    assert frame.figure is plt.gcf()
    np.testing.assert_allclose(
        frame.figure.get_size_inches(), (5.0 + BAR_STRIP, 2.0 + TITLE_STRIP)
    )
    frame.bar, frame.title_lines = True, 1
    np.testing.assert_allclose(frame.room(), (0.0, 0.0, 5.0, 2.0))


def test_space_is_left_of_the_panels():
    frame = open_frame(panels=(5.0, 2.0), leave_space=True)
    left, _, width, _ = frame.room()
    assert left == pytest.approx(3.4)
    assert width == pytest.approx(5.0)


def test_a_figure_for_a_file_is_not_pyplots():
    frame = open_frame(output_file="map.png")
    assert plt.get_fignums() == []
    assert frame.is_ours


@pytest.mark.parametrize("number", [4, np.int64(4)])
def test_a_number_is_that_of_a_figure_of_pyplot(number):
    frame = open_frame(figure=number)
    assert plt.get_fignums() == [4]
    assert frame.is_ours
    again = open_frame(figure=number)
    assert again.figure is frame.figure
    assert not again.is_ours
    assert frame.axes in again.figure.axes  # what was there stays


def test_a_figure_of_the_user_keeps_its_size():
    figure = Figure(figsize=(3.0, 2.0))
    frame = open_frame(figure=figure, panels=(9.0, 9.0))
    assert frame.figure is figure
    assert not frame.is_ours
    assert tuple(figure.get_size_inches()) == (3.0, 2.0)


def test_a_rectangle_is_a_part_of_the_figure():
    figure = Figure(figsize=(10.0, 4.0))
    frame = open_frame(figure=figure, axes=(0.5, 0.25, 0.4, 0.5))
    np.testing.assert_allclose(frame.room(), (5.0, 1.0, 4.0, 2.0))


def test_axes_of_a_grid_are_a_part_of_their_figure():
    figure = Figure(figsize=(8.0, 4.0))
    axes = figure.add_axes((0.5, 0.0, 0.5, 1.0))
    frame = open_frame(axes=axes)
    assert frame.figure is figure
    assert frame.axes is axes
    np.testing.assert_allclose(frame.room(), (4.0, 0.0, 4.0, 4.0))
    assert open_frame(figure=figure, axes=axes).axes is axes


def test_half_a_figure_is_measured_by_itself():
    figure = Figure(figsize=(8.0, 4.0))
    right = figure.subfigures(1, 2)[1]
    frame = open_frame(figure=right)
    np.testing.assert_allclose(frame.room(), (0.0, 0.0, 4.0, 4.0))
    assert frame.axes in right.axes
    box = frame.on_figure((0.0, 0.0, 2.0, 4.0))
    np.testing.assert_allclose(box.bounds, (0.0, 0.0, 0.5, 1.0))


def test_a_frame_follows_its_figure():
    figure = Figure(figsize=(8.0, 4.0))
    frame = open_frame(figure=figure)
    figure.set_size_inches(4.0, 4.0)
    np.testing.assert_allclose(frame.room(), (0.0, 0.0, 4.0, 4.0))
    figure.set_dpi(300)
    np.testing.assert_allclose(frame.room(), (0.0, 0.0, 4.0, 4.0))


def test_the_bar_is_beside_the_panels():
    frame = open_frame(panels=(5.0, 2.0), colorbar=True)
    frame.bar = True
    place = frame.bar_place()
    width, _ = frame.figure.get_size_inches()
    assert place.x0 * width > 5.0
    assert place.x1 * width < 5.0 + 0.5 * BAR_STRIP
    assert 0.0 < place.y0 < place.y1 < 1.0
    assert 0.5 * (place.y0 + place.y1) == pytest.approx(0.5)


def test_small_frames_keep_most_of_their_room_for_panels():
    frame = open_frame(figure=Figure(figsize=(1.0, 0.5)))
    frame.bar, frame.title_lines = True, 4
    _, _, width, height = frame.room()
    assert width == pytest.approx(0.75)
    assert height == pytest.approx(0.35)
    assert frame.text_scale() == pytest.approx(0.4)


@pytest.mark.parametrize("black", [True, False])
def test_the_ground_is_black_or_white_and_text_the_other(black):
    figure = Figure(figsize=(1.0, 1.0), facecolor="blue")
    frame = open_frame(figure=figure, black_bg=black)
    assert frame.ink == ("white" if black else "black")
    assert frame.paper == ("black" if black else "white")
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    middle = tuple(np.asarray(canvas.buffer_rgba())[50, 50, :3])
    assert middle == ((0, 0, 0) if black else (0, 0, 255))


@pytest.mark.parametrize("wrong", ["figure", 2.5, object()])
def test_something_else_is_no_figure(wrong):
    with pytest.raises(TypeError, match="expected a matplotlib Figure, the number"):
        open_frame(figure=wrong)


@pytest.mark.parametrize("wrong", ["axes", (0, 0, 1), (0, 0, 1, "x"), 3])
def test_something_else_is_no_place_and_leaves_no_figure(wrong):
    with pytest.raises(TypeError, match=r"axes is .*; expected matplotlib axes, or"):
        open_frame(axes=wrong)
    assert plt.get_fignums() == []


def test_axes_of_another_figure_are_an_error():
    axes = Figure().add_subplot()
    with pytest.raises(ValueError, match="the axes are not on that figure"):
        open_frame(figure=Figure(), axes=axes)


@pytest.mark.parametrize("values", [520.0, 1234.0, 1.2e-4, 5.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_no_label_of_the_bar_leaves_the_figure(values, sign):
    from nibabel.nifti1 import Nifti1Image

    from boldglm.plotting import plot_stat_map

    rng = np.random.default_rng(1)
    data = values * rng.uniform(-1, sign, (9, 9, 9)).astype(np.float32)
    display = plot_stat_map(Nifti1Image(data, np.diag([4.0, 4, 4, 1])), bg_img=None)
    figure = display.frame_axes.figure
    figure.canvas.draw()
    (bar,) = (one for one in figure.axes if one.get_label() == "colour bar")
    for label in bar.get_yticklabels():
        box = label.get_window_extent()
        assert box.x1 <= figure.bbox.x1
    display.close()
