"""One path from options to a display: thresholds, files, figures after errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from nibabel.nifti1 import Nifti1Image
from tests.plotting.phantoms import MARKER, body, marker_map
from tests.plotting.whole_figures import assert_nothing_is_cut_off

from boldglm._base.errors import ImageFileError
from boldglm.exceptions import FigureWarning
from boldglm.image.grid import Grid
from boldglm.plotting import (
    plot_anat,
    plot_epi,
    plot_glass_brain,
    plot_img,
    plot_roi,
    plot_stat_map,
)
from boldglm.plotting.displays.volumes import Volume
from boldglm.plotting.picture import as_threshold

FUNCTIONS = [
    plot_stat_map,
    plot_glass_brain,
    plot_anat,
    plot_epi,
    plot_img,
    plot_roi,
]
every_function = pytest.mark.parametrize(
    "plot", FUNCTIONS, ids=[one.__name__ for one in FUNCTIONS]
)


def volume_of(values):
    values = np.reshape(values, (-1, 1, 1))
    return Volume(values, Grid(values.shape, np.eye(4)))


@pytest.mark.parametrize("number", [0, 2.5, np.float32(3), np.int64(4)])
def test_a_number_is_a_height(number):
    assert as_threshold(number, volume_of([1.0])) == float(number)
    assert as_threshold(None, volume_of([1.0])) is None


@pytest.mark.parametrize(("text", "share"), [("auto", 0.2), ("90%", 0.1), ("50%", 0.5)])
def test_a_share_of_the_voxels_is_above(text, share, rng):
    values = rng.normal(size=1000)
    height = as_threshold(text, volume_of(values))
    assert (np.abs(values) > height).mean() == pytest.approx(share)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.integers(0, 100))
def test_the_highest_voxel_is_always_above_a_share_unless_all_are_0(values, percent):
    height = as_threshold(f"{percent}%", volume_of(np.array(values)))
    assert height >= 0
    largest = np.abs(values).max()
    assert largest > height or largest < 1e-300


def test_a_map_of_one_value_is_not_hidden_by_auto():
    assert as_threshold("auto", volume_of(np.full(9, 1e-8))) < 1e-8


def test_divergence_auto_never_shows_voxels_that_are_0():
    """The peer colours all of a thresholded map, and hides what is behind it."""
    nilearn = pytest.importorskip("nilearn.plotting")

    def n_shown(display):
        shown = np.ma.masked_invalid(display.axes["z"].ax.images[-1].get_array())
        return shown.count()

    options = {"bg_img": body(), "threshold": "auto", "cut_coords": MARKER}
    assert n_shown(plot_stat_map(marker_map(), **options)) == 1
    theirs = nilearn.plot_stat_map(marker_map(), **options)
    assert n_shown(theirs) > 1000


@pytest.mark.parametrize("wrong", [-1, "-1%", "101%", "%", "high", "3", "nan%", np.nan])
def test_another_height_is_an_error(wrong):
    with pytest.raises(ValueError, match=r"threshold is .*; expected a height of at"):
        as_threshold(wrong, volume_of([1.0]))


@pytest.mark.parametrize("wrong", [[3], True, {}])
def test_something_else_is_no_height(wrong):
    with pytest.raises(TypeError, match=r"threshold is .*; expected a height of at"):
        as_threshold(wrong, volume_of([1.0]))


@every_function
def test_a_figure_for_a_file_is_written_and_gone(plot, tmp_path):
    for name in ("a.png", "b.pdf", "c.svg"):
        assert plot(body(), output_file=tmp_path / name) is None
        assert plt.get_fignums() == []
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.png", "b.pdf", "c.svg"]
    assert plot(body(), output_file=str(tmp_path / "d.PNG")) is None
    assert (tmp_path / "d.PNG").read_bytes().startswith(b"\x89PNG")


@every_function
def test_a_figure_of_pyplot_that_is_written_is_closed(plot, tmp_path):
    for figure in (plt.figure(), 7):
        assert plot(body(), figure=figure, output_file=tmp_path / "a.png") is None
        assert plt.get_fignums() == []


@every_function
def test_a_folder_that_is_missing_is_named(plot, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"folder .*nowhere' does not exist"):
        plot(body(), output_file=tmp_path / "nowhere" / "a.png")
    assert plt.get_fignums() == []
    assert list(tmp_path.iterdir()) == []


@every_function
def test_an_ending_that_is_unknown_is_refused_before_any_work(plot, tmp_path):
    with pytest.raises(ValueError, match=r"cannot be written as 'a\.bmp3'"):
        plot(body(), output_file=tmp_path / "a.bmp3", axes="wrong, too")
    assert plt.get_fignums() == []


@every_function
def test_an_option_that_nobody_knows_leaves_neither_file_nor_figure(plot, tmp_path):
    for where in ({}, {"output_file": tmp_path / "a.png"}, {"figure": 5}):
        for axes in (None, (0, 0, 1, 1)):
            with pytest.raises(Exception, match="nonsense"):
                plot(body(), nonsense=3, axes=axes, **where)
            assert plt.get_fignums() == []
    assert list(tmp_path.iterdir()) == []


@every_function
def test_an_error_leaves_the_figure_of_the_user_open(plot):
    figure = plt.figure()
    with pytest.raises(Exception, match="nonsense"):
        plot(body(), nonsense=3, figure=figure)
    assert plt.get_fignums() == [figure.number]


def test_options_of_the_panels_are_checked_without_leaving_a_figure():
    with pytest.raises(TypeError, match="alpha"):
        plot_glass_brain(marker_map(), alpha="thick")
    assert plt.get_fignums() == []


@every_function
def test_a_figure_on_screen_is_pyplots_current_one(plot):
    display = plot(body())
    assert plt.gcf() is display.frame_axes.figure


@every_function
def test_nothing_is_cut_off(plot):
    for options in ({}, {"title": "faces > houses"}, {"title": "Wow " * 80}):
        display = plot(body(), **options)
        assert_nothing_is_cut_off(display.frame_axes.figure)
        display.close()


@every_function
def test_figures_of_the_user_are_drawn_on(plot):
    figure = Figure(figsize=(8, 4))
    assert plot(body(), figure=figure).frame_axes.figure is figure
    halves = Figure(figsize=(8, 4)).subfigures(1, 2)
    display = plot(body(), figure=halves[1])
    display.frame_axes.get_figure(root=True).draw_without_rendering()
    for panel in display.axes.values():
        assert panel.ax.get_window_extent().x0 >= 400
    grid = Figure(figsize=(8, 4))
    axes = grid.subplots(2, 2)
    display = plot(body(), axes=axes[1, 0])
    grid.draw_without_rendering()
    place = axes[1, 0].get_window_extent()
    for panel in display.axes.values():
        box = panel.ax.get_window_extent()
        assert place.x0 - 1 <= box.x0 < box.x1 <= place.x1 + 1
        assert place.y0 - 1 <= box.y0 < box.y1 <= place.y1 + 1
    rectangle = plot(body(), figure=figure, axes=(0.5, 0.0, 0.5, 1.0))
    figure.draw_without_rendering()
    assert all(one.ax.get_window_extent().x0 >= 400 for one in rectangle.axes.values())


def test_an_empty_title_takes_no_room():
    sizes = [
        plot_img(body(), title=title).frame_axes.figure.get_size_inches()[1]
        for title in (None, "", "faces")
    ]
    assert sizes[0] == sizes[1] < sizes[2]


@every_function
@pytest.mark.filterwarnings("ignore:The map has no finite value")
def test_images_of_every_size_are_drawn(plot):
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    tiny = [
        np.ones((5, 6, 7), dtype=np.float32),
        np.zeros((5, 6, 7), dtype=np.float32),
        np.full((5, 6, 7), np.nan, dtype=np.float32),
        np.full((5, 6, 7), -np.inf, dtype=np.float32),
        np.ones((1, 1, 1), dtype=np.float32),
        np.arange(2, dtype=np.float32).reshape(2, 1, 1),
        np.arange(2, dtype=np.float32).reshape(1, 1, 2),
    ]
    for values in tiny:
        display = plot(Nifti1Image(values, affine))
        display.frame_axes.figure.canvas.draw()
        display.close()


@every_function
def test_long_thin_voxels_are_drawn_at_their_size(plot, rng):
    values = rng.integers(1, 9, (40, 48, 5)).astype(np.float32)
    display = plot(Nifti1Image(values, np.diag([0.5, 0.5, 30.0, 1.0])))
    display.frame_axes.figure.canvas.draw()
    image = display.axes["x"].ax.images[-1]
    left, right, bottom, top = image.get_extent()
    assert (right - left, top - bottom) == (24.0, 150.0)


@every_function
def test_what_is_given_is_not_modified(plot):
    img = body()
    before = np.array(img.dataobj), img.affine.copy()
    plot(img).frame_axes.figure.canvas.draw()
    np.testing.assert_array_equal(np.asanyarray(img.dataobj), before[0])
    np.testing.assert_array_equal(img.affine, before[1])


@every_function
def test_paths_are_images(plot, tmp_path):
    import nibabel as nib

    nib.save(body(), tmp_path / "body.nii.gz")
    for path in (tmp_path / "body.nii.gz", str(tmp_path / "body.nii.gz")):
        display = plot(path)
        assert display.axes["z"].ax.images
        display.close()


@every_function
@pytest.mark.parametrize("wrong", [3, "nowhere.nii", np.zeros((3, 3, 3))])
def test_something_else_is_no_image(plot, wrong):
    with pytest.raises((TypeError, ImageFileError)):
        plot(wrong)
    assert plt.get_fignums() == []


def test_a_threshold_beyond_all_colours_is_told():
    from boldglm.plotting import plot_stat_map

    with pytest.warns(FigureWarning, match=r"threshold, 3, is beyond .* -2 to 2"):
        plot_stat_map(marker_map(), None, threshold=3, vmax=2).close()
