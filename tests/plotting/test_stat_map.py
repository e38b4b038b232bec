import warnings
from itertools import pairwise

import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image
from tests.plotting.phantoms import MARKER, body, marker_map, pixels

from boldglm._base.errors import DimensionError
from boldglm._base.warnings import FigureWarning
from boldglm.plotting import plot_stat_map


@pytest.fixture
def z_map(rng):
    values = rng.normal(size=(37, 45, 38)).astype(np.float32)
    values[9, 22, 30], values[25, 20, 20] = 8.0, -6.5
    return Nifti1Image(values, marker_map().affine)


def map_on(display, key="x"):
    return display.axes[key].ax.images[-1]


def bar_of(display):
    (bar,) = [
        one for one in display.frame_axes.figure.axes if one.get_label() == "colour bar"
    ]
    return bar


def test_the_default_background_is_the_template_on_white():
    display = plot_stat_map(marker_map())
    assert not display.black_bg
    background, shown = display.axes["z"].ax.images
    assert background.get_cmap().name == "gray"
    assert shown.get_cmap().name == "RdBu_r"
    picture = pixels(display.frame_axes.figure)
    assert (picture[5, 5] == 255).all()


def test_the_map_is_shown_voxel_by_voxel_over_a_smooth_background(z_map):
    display = plot_stat_map(z_map, bg_img=body(), threshold=3)
    background, shown = display.axes["z"].ax.images
    assert shown.get_interpolation() == "nearest"
    assert background.get_interpolation() == "bilinear"
    own = plot_stat_map(z_map, bg_img=None, interpolation="bilinear")
    assert map_on(own).get_interpolation() == "bilinear"


def test_a_voxel_at_the_threshold_is_hidden():
    values = np.zeros((9, 9, 9), dtype=np.float32)
    values[4, 4, 4:7] = 3.0, 3.0000002, 5.0
    img = Nifti1Image(values, np.eye(4))
    display = plot_stat_map(img, bg_img=None, threshold=3, cut_coords=(4, 4, 5))
    shown = np.ma.filled(map_on(display).get_array(), np.nan)[:, 4]
    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(shown)), [5, 6])


@pytest.mark.parametrize(
    ("threshold", "n_hidden"), [(None, 0), (0, 1), (1e-6, 1), ("50%", 4), ("auto", 7)]
)
def test_thresholds_of_every_kind(threshold, n_hidden):
    values = np.arange(9, dtype=np.float32).reshape(9, 1, 1)
    img = Nifti1Image(values, np.eye(4))
    display = plot_stat_map(img, None, (4, 0, 0), threshold=threshold)
    shown = np.ma.filled(map_on(display, "z").get_array(), np.nan)
    assert np.isnan(shown).sum() == n_hidden


def test_colours_are_symmetric_where_there_are_both_signs(z_map):
    assert map_on(plot_stat_map(z_map, None)).get_clim() == (-8.0, 8.0)
    assert bar_of(plot_stat_map(z_map, None)).get_ylim() == (-8.0, 8.0)
    display = plot_stat_map(z_map, None, symmetric_cbar=False)
    assert map_on(display).get_clim() == (-6.5, 8.0)
    display = plot_stat_map(z_map, None, vmax=5)
    assert map_on(display).get_clim() == (-5.0, 5.0)
    display = plot_stat_map(z_map, None, vmin=-2, vmax=5)
    assert map_on(display).get_clim() == (-2.0, 5.0)


def test_a_map_of_one_sign_is_in_the_colours_of_that_sign():
    display = plot_stat_map(marker_map(), None, threshold=4)
    assert map_on(display).get_clim() == (-10.0, 10.0)
    assert bar_of(display).get_ylim() == (0.0, 10.0)
    red, _, blue, _ = map_on(display).to_rgba(np.array([6.0]))[0]
    assert red > blue
    negative = Nifti1Image(-marker_map().get_fdata(), marker_map().affine)
    display = plot_stat_map(negative, None, threshold=4)
    assert bar_of(display).get_ylim() == (-10.0, 0.0)
    red, _, blue, _ = map_on(display).to_rgba(np.array([-6.0]))[0]
    assert blue > red


def test_the_bar_is_grey_below_the_threshold(z_map):
    bar = bar_of(plot_stat_map(z_map, None, threshold=3))
    (image,) = bar.images
    low, high = bar.get_ylim()
    shown = image.get_array()
    steps = low + (np.arange(len(shown)) + 0.5) * (high - low) / len(shown)
    grey = (np.asarray(shown)[:, 0, :3] == 0.5).all(axis=1)
    np.testing.assert_array_equal(grey, np.abs(steps) <= 3)
    assert {"-3", "3", "8", "-8"} <= {one.get_text() for one in bar.get_yticklabels()}


def test_labels_of_the_bar_do_not_overlap(z_map):
    for options in (
        {},
        {"display_mode": "mosaic"},
        {"display_mode": "x", "cut_coords": 9},
        {"display_mode": "tiled", "threshold": 0.4},
    ):
        display = plot_stat_map(z_map, None, **options)
        display.frame_axes.figure.canvas.draw()
        labels = bar_of(display).get_yticklabels()
        boxes = [one.get_window_extent() for one in labels]
        for lower, upper in pairwise(boxes):
            # the box of a digit is a little higher than its ink
            assert upper.y0 > lower.y1 - 0.25 * lower.height
        display.close()


def test_there_need_be_no_bar_and_the_figure_is_narrower_then(z_map):
    with_bar = plot_stat_map(z_map, None)
    without = plot_stat_map(z_map, None, colorbar=False)
    assert len(without.frame_axes.figure.axes) == 4
    widths = [one.frame_axes.figure.get_size_inches()[0] for one in (with_bar, without)]
    assert widths[0] > widths[1]


def test_the_format_of_the_bar(z_map):
    bar = bar_of(plot_stat_map(z_map, None, cbar_tick_format="%.1f"))
    assert bar.get_yticklabels()[-1].get_text() == "8.0"


def test_missing_and_infinite_values(z_map):
    values = z_map.get_fdata(dtype=np.float32).copy()
    values[0], values[1, 0, 0], values[30, 20, 20] = np.nan, -np.inf, np.inf
    img = Nifti1Image(values, z_map.affine)
    display = plot_stat_map(img, None, cut_coords=(47.0, -33.0, 17.0))
    assert map_on(display).get_clim() == (-8.0, 8.0)
    shown = map_on(display, "z").get_array()
    assert shown[20, 30] == 8.0
    assert np.ma.getmaskarray(np.ma.masked_invalid(shown))[:, 0].all()


@pytest.mark.parametrize("kind", ["u1", "i2", "i4", ">i2", "f4", "f8"])
def test_maps_of_every_type(kind):
    values = np.zeros((9, 9, 9), dtype=kind)
    values[4, 4, 4] = 5
    img = Nifti1Image(values, np.eye(4))
    display = plot_stat_map(img, bg_img=None, threshold=3)
    assert display.cut_coords == (4.0, 4.0, 4.0)
    assert map_on(display).get_array().max() == 5
    pixels(display.frame_axes.figure)


def test_read_only_arrays_are_shown(readonly):
    img = Nifti1Image(readonly(marker_map().get_fdata()), marker_map().affine)
    pixels(plot_stat_map(img, bg_img=body()).frame_axes.figure)


def test_one_volume_of_a_series_is_shown_and_more_are_an_error():
    one = Nifti1Image(marker_map().get_fdata()[..., np.newaxis], np.eye(4))
    plot_stat_map(one, bg_img=None)
    more = Nifti1Image(np.zeros((3, 3, 3, 2), dtype=np.float32), np.eye(4))
    with pytest.raises(DimensionError, match="expected a 3D image for stat_map_img"):
        plot_stat_map(more, bg_img=None)
    with pytest.raises(DimensionError, match="expected a 3D image for bg_img"):
        plot_stat_map(marker_map(), bg_img=more)


def test_cuts_go_through_what_is_most_active(z_map):
    assert plot_stat_map(z_map, None, threshold=7.5).cut_coords == pytest.approx(MARKER)


def test_a_map_and_its_background_may_lie_on_other_grids():
    display = plot_stat_map(marker_map("LPI"), bg_img=body("SRA"), threshold=4)
    with_map = display.axes["y"].ax.images
    assert len(with_map) == 2
    assert with_map[0].get_extent() == with_map[1].get_extent()


def test_opacity_of_all_and_by_voxel(z_map):
    display = plot_stat_map(z_map, bg_img=body(), transparency=0.4)
    assert map_on(display).get_alpha() == 0.4
    assert display.axes["x"].ax.images[0].get_alpha() is None
    display = plot_stat_map(
        z_map, bg_img=body(), transparency=z_map, transparency_range=(2, 4)
    )
    shown = np.ma.filled(map_on(display, "z").get_array(), 0.0)
    alpha = map_on(display, "z").get_alpha()
    np.testing.assert_allclose(alpha, np.clip((np.abs(shown) - 2) / 2, 0, 1))
    pixels(display.frame_axes.figure)


@pytest.mark.parametrize(("number", "held"), [(-1, 0.0), (3, 1.0)])
def test_opacity_beyond_its_range_warns(number, held):
    with pytest.warns(FigureWarning, match="transparency is"):
        display = plot_stat_map(marker_map(), None, transparency=number)
    assert map_on(display).get_alpha() == held


def test_words_can_be_left_out():
    display = plot_stat_map(marker_map(), None, annotate=False, draw_cross=False)
    assert not any(one.ax.texts or one.ax.collections for one in display.axes.values())


@pytest.mark.parametrize("black_bg", [True, False])
def test_the_ground_is_as_asked_for(black_bg):
    display = plot_stat_map(marker_map(), bg_img=body(), black_bg=black_bg)
    assert display.black_bg is black_bg
    assert (pixels(display.frame_axes.figure)[3, 3] == (0 if black_bg else 255)).all()


def test_auto_ground_is_as_the_rim_of_the_background():
    assert plot_stat_map(marker_map(), bg_img=body()).black_bg is True
    assert plot_stat_map(marker_map(), bg_img=None).black_bg is False


def test_the_background_steps_back(z_map):
    plain = plot_stat_map(z_map, bg_img=body(), dim=0, black_bg=False)
    dimmed = plot_stat_map(z_map, bg_img=body(), dim=1, black_bg=False)
    value = np.array([40.0])
    tones = [one.axes["x"].ax.images[0].to_rgba(value)[0, 0] for one in (plain, dimmed)]
    assert tones[1] > tones[0]


@pytest.mark.parametrize(
    ("option", "wrong", "error", "text"),
    [
        ("threshold", -3, ValueError, "threshold is -3"),
        ("threshold", "high", ValueError, "threshold is 'high'"),
        ("display_mode", "axial", ValueError, "display_mode is 'axial'"),
        ("cmap", "RdBuu", ValueError, "Did you mean"),
        ("symmetric_cbar", "maybe", ValueError, "symmetric_cbar is 'maybe'"),
        ("vmax", "5", TypeError, "vmax is '5'"),
        ("dim", "very", TypeError, "dim is 'very'"),
        ("black_bg", "grey", ValueError, "black_bg is 'grey'"),
        ("resampling_interpolation", "cubic", ValueError, "interpolation is 'cubic'"),
        ("cbar_tick_format", ".2f", ValueError, "cbar_tick_format is '.2f'"),
        ("transparency_range", (1, 2, 3), ValueError, "transparency_range is"),
        ("figure", "one", TypeError, "figure is 'one'"),
        ("axes", 3, TypeError, "axes is 3"),
    ],
)
def test_mistakes_are_named_and_leave_no_figure(option, wrong, error, text):
    from matplotlib import pyplot as plt

    options = {"transparency": marker_map()} if option.startswith("transp") else {}
    with pytest.raises(error, match=text):
        plot_stat_map(marker_map(), body(), **{option: wrong}, **options)
    assert plt.get_fignums() == []


def test_limits_that_are_no_numbers_warn():
    with pytest.warns(FigureWarning, match="vmin is nan and is ignored"):
        plot_stat_map(marker_map(), None, vmin=np.nan)


def test_a_map_without_any_value_is_drawn_with_a_warning():
    with pytest.warns(FigureWarning, match="The map has no finite value but 0"):
        display = plot_stat_map(Nifti1Image(np.zeros((5, 5, 5)), np.eye(4)), None)
    pixels(display.frame_axes.figure)


def test_an_ordinary_map_is_silent(z_map):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixels(plot_stat_map(z_map, threshold=3).frame_axes.figure)


@pytest.mark.parametrize("plot", ["plot_stat_map", "plot_anat", "plot_roi"])
def test_coordinates_have_decimals_on_request(plot):
    from boldglm import plotting

    options = {"display_mode": "x", "cut_coords": [-37.25], "decimals": 1}
    display = getattr(plotting, plot)(marker_map(), **options)
    (panel,) = display.axes.values()
    assert "x = -37.2" in {text.get_text() for text in panel.ax.texts}
    display.close()


@pytest.mark.parametrize("plot", ["plot_img", "plot_anat", "plot_epi"])
def test_limits_the_wrong_way_round_are_told(plot):
    from boldglm import plotting

    with pytest.raises(ValueError, match="vmin is 3, above vmax, 1"):
        getattr(plotting, plot)(marker_map(), vmin=3, vmax=1)
