import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import ListedColormap, to_rgba
from tests.plotting.whole_figures import (
    assert_nothing_is_cut_off,
    assert_written_and_closed,
    texts_of,
)

from boldglm._base.errors import EventsError
from boldglm.plotting.condition_colours import condition_colours
from boldglm.plotting.event import plot_event


@pytest.fixture
def events():
    return pd.DataFrame(
        {
            "onset": [0.0, 10.0, 20.0, 30.0],
            "duration": [5.0, 0.0, 2.0, 4.0],
            "trial_type": ["face", "house", "face", "tool"],
        }
    )


def boxes(figure):
    """Left, right, top and bottom of each event that lasts, and its colour."""
    found = []
    for collection in figure.axes[0].collections:
        if isinstance(collection, PolyCollection):
            colour = tuple(collection.get_facecolor()[0])
            for path in collection.get_paths():
                corners = path.vertices
                (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
                found.append((*map(float, (left, right, top, bottom)), colour))
    return sorted(found)


def sticks(figure):
    """Time, top and bottom of each event that does not last, and its colour."""
    found = []
    for collection in figure.axes[0].collections:
        if isinstance(collection, LineCollection):
            colour = tuple(collection.get_colors()[0])
            for segment in collection.get_segments():
                (x, _), (y0, y1) = segment[0], sorted(segment[:, 1])
                found.append((*map(float, (x, y0, y1)), colour))
    return sorted(found)


def legend_of(figure):
    legend = figure.axes[0].get_legend()
    names = texts_of(legend.get_texts())
    colours = [tuple(patch.get_facecolor()) for patch in legend.get_patches()]
    return dict(zip(names, colours, strict=True))


def test_events_lie_where_they_happen_in_the_colour_of_their_condition(events):
    figure = plot_event(events)
    colours = legend_of(figure)
    assert list(colours) == ["face", "house", "tool"]
    assert list(colours.values()) == condition_colours(3)
    spans = [(left, right, colour) for left, right, _, _, colour in boxes(figure)]
    assert spans == [
        (0.0, 5.0, colours["face"]),
        (20.0, 22.0, colours["face"]),
        (30.0, 34.0, colours["tool"]),
    ]
    assert [(x, colour) for x, _, _, colour in sticks(figure)] == [
        (10.0, colours["house"])
    ]


def test_every_run_has_its_row_the_first_on_top(events):
    later = events.assign(onset=events["onset"] + 100.0)
    figure = plot_event([events, later])
    (axes,) = figure.axes
    assert axes.get_ylim() == (2.0, 0.0)
    assert texts_of(axes.get_yticklabels()) == ["1", "2"]
    assert list(axes.get_yticks()) == [0.5, 1.5]
    for left, _, top, bottom, _ in boxes(figure):
        row = int(left >= 100.0)
        assert row < top < bottom < row + 1
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "run")


def test_all_of_time_is_in_view(events):
    low, high = (
        plot_event(events.assign(onset=events["onset"] - 7.5)).axes[0].get_xlim()
    )
    assert -9.0 < low < -7.5
    assert 26.5 < high < 28.0
    late = events.assign(onset=events["onset"] + 50.0)
    low, high = plot_event(late).axes[0].get_xlim()
    assert -2.0 < low < 0.0
    assert 84.0 < high < 86.0


def test_a_single_impulse_at_0_is_seen():
    figure = plot_event(pd.DataFrame({"onset": [0.0], "duration": [0.0]}))
    low, high = figure.axes[0].get_xlim()
    assert low < 0 < high
    assert len(sticks(figure)) == 1


def test_without_a_modulation_all_events_are_as_high(events):
    figure = plot_event(events)
    heights = {(top, bottom) for _, _, top, bottom, _ in boxes(figure)}
    heights |= {(top, bottom) for _, top, bottom, _ in sticks(figure)}
    assert len(heights) == 1


def test_height_is_modulation_beside_the_largest_of_the_condition(events):
    events["modulation"] = [100.0, 0.5, 50.0, 3.0]
    figure = plot_event([events, events.assign(modulation=[25.0, 0.25, 50.0, 3.0])])
    heights = {
        (left, int(top)): bottom - top for left, _, top, bottom, _ in boxes(figure)
    }
    full = heights[0.0, 0]
    np.testing.assert_allclose(
        [heights[20.0, 0], heights[30.0, 0], heights[0.0, 1], heights[20.0, 1]],
        np.array([0.5, 1.0, 0.25, 0.5]) * full,
    )
    first, second = (bottom - top for _, top, bottom, _ in sticks(figure))
    assert {round(first / full, 9), round(second / full, 9)} == {1.0, 0.5}
    # all stand on one line
    feet = {round(bottom - int(top), 9) for _, _, top, bottom, _ in boxes(figure)}
    assert len(feet) == 1


def test_negative_modulations_hang_below_the_middle_in_all_runs(events):
    up = events.assign(modulation=[2.0, 1.0, 1.0, 1.0])
    down = events.assign(modulation=[-2.0, -1.0, 1.0, -1.0])
    figure = plot_event([up, down])
    found = {
        (left, int(top)): (top, bottom) for left, _, top, bottom, _ in boxes(figure)
    }
    above, below = found[0.0, 0], found[0.0, 1]
    assert above[1] == pytest.approx(0.5)
    assert above[0] > 0.0
    assert below[1] < 2.0
    assert below[0] == pytest.approx(1.5)
    assert above[1] - above[0] == pytest.approx(below[1] - below[0])
    assert found[20.0, 1][1] == pytest.approx(1.5)


def test_a_modulation_of_nothing_has_no_height(events):
    figure = plot_event(events.assign(modulation=0.0))
    assert {bottom - top for _, _, top, bottom, _ in boxes(figure)} == {0.0}


def test_a_condition_has_one_colour_in_all_runs_and_is_named_once(events):
    other = events.assign(trial_type=["tool", "apple", "tool", "face"])
    figure = plot_event([events, other])
    colours = legend_of(figure)
    assert list(colours) == ["apple", "face", "house", "tool"]
    by_place = {(left, int(top)): colour for left, _, top, _, colour in boxes(figure)}
    assert by_place[0.0, 0] == by_place[30.0, 1] == colours["face"]
    assert by_place[30.0, 0] == by_place[0.0, 1] == colours["tool"]


def test_conditions_that_are_numbers_are_in_their_order(events):
    figure = plot_event(events.assign(trial_type=[10, 9, 100, 9]))
    assert list(legend_of(figure)) == ["9", "10", "100"]


def test_a_name_is_no_formula(events):
    figure = plot_event(events.assign(trial_type=r"$\frac$"))
    figure.draw_without_rendering()
    assert list(legend_of(figure)) == [r"$\frac$"]


def test_colours_may_be_chosen(events):
    chosen = ListedColormap(["red", "lime", "blue", "black"])
    colours = list(legend_of(plot_event(events, cmap=chosen)).values())
    assert colours == [to_rgba("red"), to_rgba("lime"), to_rgba("blue")]


def test_too_few_colours_are_refused_before_anything_is_drawn(events):
    with pytest.raises(ValueError, match="3 conditions and 2 colours in cmap"):
        plot_event(events, cmap=ListedColormap(["red", "lime"]))
    assert plt.get_fignums() == []


def test_bad_events_are_refused_before_anything_is_drawn(events):
    with pytest.raises(EventsError, match="no column 'duration'"):
        plot_event(events.drop(columns="duration"))
    assert plt.get_fignums() == []


def test_boxes_and_rows_are_those_of_the_peer(events):
    plotting = pytest.importorskip("nilearn.plotting")
    events = events[events["duration"] > 0]
    theirs = plotting.plot_event([events, events])
    ours = plot_event([events, events])
    assert type(theirs) is type(ours)
    assert texts_of(theirs.axes[0].get_legend().get_texts()) == list(legend_of(ours))
    assert len(theirs.axes[0].get_yticks()) == len(ours.axes[0].get_yticks())


def test_options_reach_the_figure(events):
    figure = plot_event(events, figsize=(4, 3), dpi=50, layout="tight")
    assert figure.get_size_inches().tolist() == [4, 3]
    assert figure.dpi == 50
    assert type(figure.get_layout_engine()).__name__ == "TightLayoutEngine"


def test_files_are_read(events, tmp_path):
    paths = [tmp_path / f"run-{run}_events.tsv" for run in (1, 2)]
    for path in paths:
        events.to_csv(path, sep="\t", index=False)
    assert boxes(plot_event(paths)) == boxes(plot_event([events, events]))
    assert boxes(plot_event(str(paths[0]))) == boxes(plot_event(events))


def test_real_runs_are_shown(data_dir):
    paths = sorted((data_dir / "haxby2001_sub001").rglob("bold_events.tsv"))
    figure = plot_event(paths)
    tables = [pd.read_csv(path, sep="\t") for path in paths]
    assert len(boxes(figure)) == sum(len(table) for table in tables)
    assert len(figure.axes[0].get_yticks()) == len(paths) == 12


def test_the_picture_is_written_whole(events, tmp_path):
    figure = plot_event(events, output_file=tmp_path / "events.png")
    assert len(boxes(figure)) == 3
    assert_written_and_closed(tmp_path / "events.png")


def test_without_a_file_it_is_pyplots(events):
    assert plot_event(events) is plt.gcf()


@pytest.mark.parametrize(
    ("n_conditions", "n_runs"), [(1, 1), (12, 1), (70, 2), (3, 30)]
)
def test_nothing_is_cut_off(n_conditions, n_runs):
    table = pd.DataFrame(
        {
            "onset": np.arange(n_conditions) * 3.0,
            "duration": 2.0,
            "trial_type": [
                f"trial {'of a long name ' * (n % 2)}{n}" for n in range(n_conditions)
            ],
        }
    )
    assert_nothing_is_cut_off(plot_event([table] * n_runs))


def test_events_are_not_changed(events):
    before = events.copy()
    runs = [events, events]
    plot_event(runs)
    assert len(runs) == 2
    assert runs[0] is events
    pd.testing.assert_frame_equal(events, before)
