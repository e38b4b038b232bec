import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image
from tests.plotting.whole_figures import (
    assert_nothing_is_cut_off,
    assert_written_and_closed,
)

from boldglm._base.errors import DesignError
from boldglm.plotting import plot_design_matrix


@pytest.fixture
def design(rng):
    values = rng.standard_normal((40, 3)) * [1.0, 100.0, 0.01]
    return pd.DataFrame(values, columns=["task", "trans_x", "constant"])


def labels_of(axes):
    return [label.get_text() for label in axes.get_xticklabels()]


def test_every_regressor_is_named_above_its_column(design):
    axes = plot_design_matrix(design)
    assert labels_of(axes) == ["task", "trans_x", "constant"]
    assert list(axes.get_xticks()) == [0, 1, 2]
    assert axes.xaxis.get_ticks_position() == "top"
    assert axes.get_ylabel() == "scan number"


def test_rescaled_regressors_all_use_the_whole_range(design):
    (image,) = plot_design_matrix(design).images
    shown = image.get_array()
    np.testing.assert_allclose(np.abs(shown).max(axis=0), 1.0)
    expected = design / design.abs().max()
    np.testing.assert_allclose(shown, expected)
    assert image.get_clim() == (-1.0, 1.0)
    (image,) = plot_design_matrix(design.abs()).images
    assert image.get_clim() == (-1.0, 1.0)


def test_values_are_shown_as_they_are_on_request(design):
    (image,) = plot_design_matrix(design, rescale=False).images
    np.testing.assert_array_equal(image.get_array(), design)


def test_a_regressor_of_zeros_is_grey(design):
    design["nothing"] = 0.0
    (image,) = plot_design_matrix(design).images
    assert not image.get_array()[:, 3].any()


@pytest.mark.parametrize(
    "names", [[0, 1, 2], [1.5, "b", None], [("a", 1), r"$\frac$", "_"]]
)
def test_names_may_be_anything(design, names, tmp_path):
    design.columns = pd.Index(names, tupleize_cols=False)
    axes = plot_design_matrix(design, output_file=tmp_path / "design.png")
    assert len(labels_of(axes)) == 3


def test_integer_names_are_shown_as_such(design):
    design.columns = [2, 1, 0]
    assert labels_of(plot_design_matrix(design)) == ["2", "1", "0"]


@pytest.mark.parametrize(("ending", "sep"), [(".tsv", "\t"), (".csv", ",")])
@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_is_read(design, tmp_path, ending, sep, kind):
    path = tmp_path / f"design{ending}"
    design.to_csv(path, sep=sep, index=False)
    (image,) = plot_design_matrix(kind(path)).images
    np.testing.assert_allclose(image.get_array(), design / design.abs().max())


def test_the_axes_of_the_caller_are_used(design):
    figure = Figure()
    axes = figure.add_subplot()
    assert plot_design_matrix(design, axes=axes) is axes
    assert len(axes.images) == 1


def test_the_picture_is_written_and_nothing_beside_it(design, tmp_path):
    path = tmp_path / "design.png"
    plot_design_matrix(design, output_file=path)
    with Image.open(path) as picture:
        assert min(picture.size) > 100
        assert len(set(picture.convert("L").tobytes())) > 20
    assert [file.name for file in tmp_path.iterdir()] == ["design.png"]


def test_the_design_is_not_changed(design):
    before = design.copy()
    plot_design_matrix(design)
    pd.testing.assert_frame_equal(design, before)


def test_labels_lean_from_their_columns_and_stay_inside_the_figure(design):
    names = ["a_rather_long_regressor", "another_long_regressor", "constant"]
    axes = plot_design_matrix(design.set_axis(names, axis=1))
    axes.figure.draw_without_rendering()
    inside = axes.figure.bbox
    for column, label in enumerate(axes.get_xticklabels()):
        box = label.get_window_extent()
        foot = axes.transData.transform((column, -0.5))
        assert abs(box.x0 - foot[0]) < 15
        assert 0 < box.y0 - foot[1] < 15
        assert box.x0 >= inside.x0
        assert box.x1 <= inside.x1
        assert box.y1 <= inside.y1


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({"a": ["x", "y"]}), "something that is not a number: .*'x'"),
        (pd.DataFrame({"a": []}), "has 0 scans and 1 regressors"),
    ],
)
def test_what_is_no_design_is_refused(table, message):
    with pytest.raises(ValueError, match=message):
        plot_design_matrix(table)


def test_names_and_axes_are_those_of_the_peer(design):
    plotting = pytest.importorskip("nilearn.plotting")
    theirs = plotting.plot_design_matrix(design)
    ours = plot_design_matrix(design)
    assert labels_of(ours) == labels_of(theirs)
    assert ours.get_ylabel() == theirs.get_ylabel()
    assert ours.images[0].get_array().shape == theirs.images[0].get_array().shape


def test_drawing_leaves_pyplot_alone(tmp_path):
    code = (
        "import sys, numpy as np, pandas as pd\n"
        "from boldglm.plotting import plot_design_matrix\n"
        "d = pd.DataFrame(np.eye(5), columns=list('abcde'))\n"
        f"plot_design_matrix(d, output_file={str(tmp_path / 'd.png')!r})\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "False"


def test_an_array_is_drawn_and_missing_numbers_are_told():
    axes = plot_design_matrix(np.eye(3))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "2"]
    with pytest.raises(DesignError, match="NaN in 1"):
        plot_design_matrix(np.array([[1, np.nan], [2, 3]]))


def test_a_figure_is_pyplots_unless_it_goes_to_a_file(design, tmp_path):
    assert plot_design_matrix(design).figure is plt.gcf()
    plt.close("all")
    axes = plot_design_matrix(design, output_file=tmp_path / "design.png")
    assert labels_of(axes) == ["task", "trans_x", "constant"]
    assert_written_and_closed(tmp_path / "design.png")


def test_axes_of_pyplot_that_go_to_a_file_are_closed(design, tmp_path):
    _, axes = plt.subplots()
    plot_design_matrix(design, axes=axes, output_file=tmp_path / "design.png")
    assert_written_and_closed(tmp_path / "design.png")


def test_the_matrix_fills_its_axes_and_columns_have_edges(design):
    axes = plot_design_matrix(design)
    assert axes.get_xlim() == (-0.5, 2.5)
    assert axes.get_ylim() == (39.5, -0.5)
    (edges,) = axes.collections
    assert [segment[0][0] for segment in edges.get_segments()] == [0.5, 1.5]


def test_shades_are_those_of_a_greyscale_print(design):
    (image,) = plot_design_matrix(design).images
    colours = image.to_rgba(np.array([[-1.0, 0.0, 1.0]]))[0, :, :3]
    np.testing.assert_allclose(colours, np.array([[0, 0.5, 1]] * 3).T, atol=0.01)


@pytest.mark.parametrize("scan", [777, 1502, 2111, 3000])
def test_a_regressor_of_a_single_scan_is_seen_in_a_long_run(scan):
    spike = np.zeros((4000, 2))
    spike[scan, 0] = 1.0
    axes = plot_design_matrix(pd.DataFrame(spike))
    canvas = axes.figure.canvas
    canvas.draw()
    shades = np.asarray(canvas.buffer_rgba())[..., 0].astype(int)
    across, up = axes.transData.transform((0.0, scan))
    row = len(shades) - round(up)
    assert shades[row - 4 : row + 5, int(across)].max() > 135


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(np.eye(60)[np.arange(1000) % 60], columns=range(60)),
        pd.DataFrame(np.eye(9), columns=["name " * n for n in range(1, 37, 4)]),
        pd.DataFrame(np.eye(3), columns=["$a$", "_", "\\frac"]),
        pd.DataFrame({"only": [1.0]}),
    ],
    ids=["large", "long names", "formulas", "single"],
)
def test_nothing_is_cut_off(table):
    assert_nothing_is_cut_off(plot_design_matrix(table).figure)


def test_figures_have_limits():
    axes = plot_design_matrix(pd.DataFrame(np.ones((5000, 400))))
    width, height = axes.figure.get_size_inches()
    assert width == 24
    assert height < 12


def test_infinity_is_told(design):
    design.loc[3, "task"] = np.inf
    with pytest.raises(DesignError, match="infinity in 'task'"):
        plot_design_matrix(design)


def test_axes_that_are_none_are_told(design):
    with pytest.raises(TypeError, match="axes is a list; expected one matplotlib Axes"):
        plot_design_matrix(design, axes=[1])
    assert plt.get_fignums() == []


@pytest.mark.parametrize("n_scans", [2, 20, 300])
def test_scans_are_counted_in_whole_numbers(n_scans):
    axes = plot_design_matrix(pd.DataFrame({"a": np.ones(n_scans)}))
    axes.figure.draw_without_rendering()
    assert all(float(tick).is_integer() for tick in axes.get_yticks())
