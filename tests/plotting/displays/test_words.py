import pytest
from matplotlib.figure import Figure

from boldglm.plotting.displays.frame import open_frame
from boldglm.plotting.displays.words import fit_title, scale_bar


def frame_of(width, height=3.0):
    return open_frame(figure=Figure(figsize=(width, height)))


def test_a_short_title_keeps_its_size():
    assert fit_title("faces > houses", 15, frame_of(7.0)) == (["faces > houses"], 15)


def test_a_longer_title_is_smaller_and_on_one_line():
    text = "x" * 80
    lines, size = fit_title(text, 15, frame_of(7.0))
    assert lines == [text]
    assert 9.0 <= size < 15


def test_a_very_long_title_is_broken_into_lines():
    text = "word " * 60
    lines, size = fit_title(text.strip(), 15, frame_of(7.0))
    assert 1 < len(lines) <= 4
    assert " ".join(lines) == text.strip()
    assert size == pytest.approx(9.0)


def test_what_does_not_fit_ends_in_dots():
    lines, _ = fit_title("word " * 500, 15, frame_of(4.0))
    assert len(lines) == 4
    assert lines[-1].endswith("…")


def test_lines_of_the_user_stay_lines():
    assert fit_title("one\n\ntwo", 15, frame_of(7.0))[0] == ["one", "", "two"]


def test_an_empty_title_is_one_empty_line():
    assert fit_title("", 15, frame_of(7.0)) == ([""], 15)


def test_titles_are_not_wider_than_their_frame():
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for width in (1.5, 3.0, 7.0):
        for text in ("a short one", "right minus left button press, " * 3):
            frame = frame_of(width)
            lines, size = fit_title(text, 15, frame)
            drawn = frame.axes.text(0, 1, "\n".join(lines), size=size)
            FigureCanvasAgg(frame.figure).draw()
            assert drawn.get_window_extent().width <= 1.05 * width * frame.figure.dpi


@pytest.mark.parametrize(("length", "units", "mm"), [(5, "cm", 50.0), (20, "mm", 20.0)])
def test_a_scale_bar_is_as_long_as_it_says(length, units, mm):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = Figure()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 200), ylim=(0, 150))
    scale_bar(axes, length, units, 4, 9, "black")
    FigureCanvasAgg(figure).draw()
    (bar,) = axes.artists
    (line,) = bar.size_bar.get_children()
    width = line.get_window_extent().width
    per_mm = axes.transData.transform((1, 0))[0] - axes.transData.transform((0, 0))[0]
    assert width / per_mm == pytest.approx(mm, rel=0.02)
    assert bar.txt_label.get_text() == f"{length:g} {units}"


def test_other_units_are_an_error():
    axes = Figure().add_subplot()
    with pytest.raises(ValueError, match="scale_units is 'inch'; expected one of 'cm'"):
        scale_bar(axes, 1, "inch", 4, 9, "black")
