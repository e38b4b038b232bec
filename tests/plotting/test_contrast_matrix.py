import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from tests.plotting.whole_figures import (
    assert_nothing_is_cut_off,
    assert_written_and_closed,
    texts_of,
)

from boldglm._base.errors import ContrastError, DesignError
from boldglm._base.warnings import ContrastWarning
from boldglm.plotting.contrast_matrix import plot_contrast_matrix
from boldglm.plotting.number_text import true_minus

NAMES = ["face", "house", "left hand", "constant"]


@pytest.fixture
def design(rng):
    return pd.DataFrame(rng.standard_normal((20, 4)), columns=NAMES)


def shown(axes):
    return np.asarray(axes.images[0].get_array())


@pytest.mark.parametrize(
    ("contrast", "rows"),
    [
        ("face - house", [[1, -1, 0, 0]]),
        ("left hand - 0.5*(face + house)", [[-0.5, -0.5, 1, 0]]),
        ([1, -1, 0, 0], [[1, -1, 0, 0]]),
        ((0, 0, 1, 0), [[0, 0, 1, 0]]),
        (np.array([0, 1.5, 0, 0]), [[0, 1.5, 0, 0]]),
        (np.eye(4)[:2], np.eye(4)[:2]),
        ([[1, 0, 0, 0], [0, 1, 0, 0]], np.eye(4)[:2]),
        (["face", "house - face"], [[1, 0, 0, 0], [-1, 1, 0, 0]]),
        (["face", [0, 0, 0, 2]], [[1, 0, 0, 0], [0, 0, 0, 2]]),
        ([np.array([1, 0, 0, 0]), np.array([0, 0, 1, 0])], np.eye(4)[[0, 2]]),
    ],
)
def test_weights_are_shown_as_they_are(design, contrast, rows):
    axes = plot_contrast_matrix(contrast, design)
    np.testing.assert_array_equal(shown(axes), np.array(rows, dtype=float))
    assert texts_of(axes.get_xticklabels()) == NAMES
    assert axes.xaxis.get_ticks_position() == "top"


@pytest.mark.parametrize(
    ("contrast", "missing"), [([1, -1], 2), ([1], 3), (np.eye(3), 1)]
)
def test_short_contrasts_are_completed_with_a_warning(design, contrast, missing):
    text = rf"^Contrasts will be padded with {missing} column\(s\) of zeros\.$"
    with pytest.warns(ContrastWarning, match=text):
        axes = plot_contrast_matrix(contrast, design)
    rows = np.atleast_2d(contrast)
    expected = np.pad(rows, ((0, 0), (0, missing)))
    np.testing.assert_array_equal(shown(axes), expected)


def test_weights_limits_and_warning_are_those_of_the_peer(design):
    plotting = pytest.importorskip("nilearn.plotting")
    rows = np.array([[1.0, -0.5, 2.0], [0.0, 1.0, 0.0]])
    caught = []
    for plot in (plotting.plot_contrast_matrix, plot_contrast_matrix):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            (image,) = plot(rows, design).images
        caught.append((str(seen[0].message), image.get_clim(), image.get_array()))
    assert caught[0][:2] == caught[1][:2]
    np.testing.assert_array_equal(caught[0][2], caught[1][2])


@pytest.mark.parametrize(
    ("contrast", "limit"), [([3, -1, 0, 0], 3), ([0, -0.25, 0, 0], 0.25), ([0] * 4, 1)]
)
def test_colours_are_symmetric_about_nothing(design, contrast, limit):
    axes = plot_contrast_matrix(contrast, design)
    assert axes.images[0].get_clim() == (-limit, limit)
    bar = axes.figure.axes[1]
    assert bar.get_xlim() == (-limit, limit)
    assert bar.get_xlabel() == "weight"
    ends = texts_of(bar.get_xticklabels())
    assert (ends[0], ends[2], ends[-1]) == (true_minus(f"-{limit}"), "0", f"{limit}")


def test_colour_bar_only_on_request(design):
    assert len(plot_contrast_matrix("face", design, colorbar=False).figure.axes) == 1


def test_cells_say_their_weight_and_nothing_where_it_is_none(design):
    axes = plot_contrast_matrix([[1, -1, 0, 0], [0, 0, 1 / 3, 0]], design)
    found = {text.get_position(): text.get_text() for text in axes.texts}
    assert found == {(0, 0): "1", (1, 0): true_minus("-1"), (2, 1): "0.333"}
    wide = pd.DataFrame(np.ones((3, 41)))
    assert not plot_contrast_matrix(np.eye(1, 41), wide).texts
    deep = pd.DataFrame(np.ones((3, 20)))
    assert not plot_contrast_matrix(np.ones((13, 20)), deep).texts
    assert len(plot_contrast_matrix(np.ones((12, 20)), deep).texts) == 240


def test_rows_that_are_text_say_it(design):
    axes = plot_contrast_matrix(["face - house", "house", [0, 0, 1, 0]], design)
    assert texts_of(axes.get_yticklabels()) == ["face - house", "house", ""]
    assert not plot_contrast_matrix("face - house", design).get_yticklabels()
    assert not plot_contrast_matrix(np.eye(4), design).get_yticklabels()


@pytest.mark.parametrize(
    ("contrast", "message"),
    [
        ("fase - house", "'fase' is not a column; did you mean 'face'"),
        (["face", "hause"], "'hause' is not a column"),
        ([1, 0, 0, 0, 1], r"has shape \(5,\); expected at most 4 weights in a row"),
        (np.zeros((2, 2, 2)), r"has shape \(2, 2, 2\); expected at most 4"),
        ([], r"has shape \(0,\); expected at most 4"),
        ([[1, 0], [1]], "expected an expression such as 'a - b', or numbers"),
        ([np.nan, 1, 0, 0], "weights that are not finite"),
        ([np.inf, 1, 0, 0], "weights that are not finite"),
        (None, "not finite|expected an expression"),
        ({"face": 1}, "is {'face': 1}; expected an expression"),
    ],
)
def test_what_is_no_contrast_is_told(design, contrast, message):
    with pytest.raises(ContrastError, match=message):
        plot_contrast_matrix(contrast, design)
    assert plt.get_fignums() == []


def test_what_is_no_design_is_told():
    with pytest.raises(DesignError, match="expected a DataFrame"):
        plot_contrast_matrix([1], None)


def test_the_design_may_be_a_file(design, tmp_path):
    design.to_csv(tmp_path / "design.tsv", sep="\t", index=False)
    axes = plot_contrast_matrix("house", tmp_path / "design.tsv")
    assert shown(axes).tolist() == [[0, 1, 0, 0]]


def test_it_is_drawn_where_it_is_asked_for(design):
    axes = Figure().add_subplot()
    assert plot_contrast_matrix("face", design, axes=axes) is axes
    assert plot_contrast_matrix("face", design).figure is plt.gcf()
    with pytest.raises(TypeError, match="axes is a Figure; expected one"):
        plot_contrast_matrix("face", design, axes=Figure())


def test_the_picture_is_written_whole(design, tmp_path):
    path = tmp_path / "contrast.png"
    axes = plot_contrast_matrix("face - house", design, output_file=path)
    assert len(axes.images) == 1
    assert_written_and_closed(path)


@pytest.mark.parametrize(
    ("n_rows", "n_columns"), [(1, 1), (1, 4), (3, 12), (1, 60), (20, 20)]
)
def test_nothing_is_cut_off(n_rows, n_columns):
    names = [
        f"regressor {'with a longer name ' * (n % 3)}{n}" for n in range(n_columns)
    ]
    table = pd.DataFrame(np.ones((4, n_columns)), columns=names)
    axes = plot_contrast_matrix(np.eye(n_rows, n_columns), table)
    assert_nothing_is_cut_off(axes.figure)
    rows = [f"'{names[0]}'", f"0.5*'{names[-1]}'"]
    assert_nothing_is_cut_off(plot_contrast_matrix(rows, table).figure)


def test_nothing_given_is_changed(design, readonly):
    before = design.copy()
    plot_contrast_matrix(readonly(np.eye(4)), design)
    pd.testing.assert_frame_equal(design, before)
