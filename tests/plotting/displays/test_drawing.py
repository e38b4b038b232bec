"""What is drawn on a display: overlays, contours, edges, markers, words, files."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from nibabel.nifti1 import Nifti1Image
from tests.plotting.phantoms import MARKER, body, marker_map, pixels

from boldglm._base.warnings import FigureWarning
from boldglm.plotting import plot_anat, plot_glass_brain, plot_img
from boldglm.plotting.displays.slicers import OrthoSlicer, ZSlicer


@pytest.fixture
def display():
    """A body in grey, cut through the marker."""
    return plot_anat(body(), cut_coords=MARKER, colorbar=False, draw_cross=False)


def top_image(display, key="x"):
    return display.axes[key].ax.images[-1]


def n_shown(display, key="x"):
    return int(
        np.isfinite(np.ma.filled(top_image(display, key).get_array(), np.nan)).sum()
    )


def bars(display):
    axes = display.frame_axes.figure.axes
    return [one for one in axes if one.get_label() == "colour bar"]


def graded():
    """1, 2, 3, ... along x, and the same below 0 behind y = 0."""
    values = np.ones((9, 8, 12), dtype=np.float32) * np.arange(1, 10)[:, None, None]
    values[:, :4] *= -1
    affine = np.diag([10.0, 10.0, 10.0, 1.0])
    affine[:3, 3] = -40.0, -40.0, -30.0
    return Nifti1Image(values, affine)


def test_an_overlay_is_above_what_was_there(display):
    before = len(display.axes["x"].ax.images)
    shown = display.add_overlay(marker_map(), threshold=4)
    assert len(shown) == 3
    assert len(display.axes["x"].ax.images) == before + 1
    assert n_shown(display) == 1


def test_overlays_can_be_many_and_all_panels_share_their_colours(display):
    display.add_overlay(graded(), threshold=None, cmap="viridis")
    display.add_overlay(marker_map(), threshold=4, cmap="Reds")
    norms = {id(one.ax.images[-2].norm) for one in display.axes.values()}
    assert len(norms) == 1
    assert top_image(display).get_cmap().name == "Reds"


@pytest.mark.parametrize(
    ("threshold", "expected"), [(None, 9), (0, 9), (2.5, 7), (3, 6), (9, 0)]
)
def test_what_is_at_the_threshold_is_hidden(threshold, expected):
    display = ZSlicer.init_with_figure(graded(), cut_coords=[0.0])
    display.add_overlay(graded(), threshold=threshold)
    shown = np.ma.filled(top_image(display, 0.0).get_array(), np.nan)
    assert np.isfinite(shown).any(axis=0).sum() == expected
    # of both signs
    assert np.isfinite(shown[0]).sum() == np.isfinite(shown[-1]).sum() == expected


@pytest.mark.parametrize("threshold", [-1, -1e-9])
def test_a_negative_threshold_is_an_error(threshold, display):
    with pytest.raises(ValueError, match=r"threshold is -.*; expected a height of"):
        display.add_overlay(marker_map(), threshold=threshold)
    with pytest.raises(ValueError, match=r"threshold is -.*; expected a height of"):
        display.add_contours(marker_map(), threshold=threshold)


def test_a_panel_that_the_image_passes_by_shows_none_of_it(display):
    small = np.ones((3, 3, 3), dtype=np.float32)
    affine = np.eye(4)
    affine[:3, 3] = MARKER[0] - 1, -100.0, -50.0
    assert len(display.add_overlay(Nifti1Image(small, affine))) == 1


def test_limits_norm_and_look_are_passed_on(display):
    from matplotlib.colors import LogNorm

    display.add_overlay(marker_map(), vmin=-3, vmax=7, interpolation="bilinear")
    assert top_image(display).get_clim() == (-3, 7)
    assert top_image(display).get_interpolation() == "bilinear"
    display.add_overlay(marker_map(), norm=LogNorm(1, 10))
    assert isinstance(top_image(display).norm, LogNorm)


def test_divergence_infinite_values_have_the_outermost_colours(display):
    """The peer hides them."""
    values = np.ones((3, 3, 3), dtype=np.float32)
    values[1, 1, 1], values[0, 1, 1] = np.inf, -np.inf
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = np.array(MARKER) - 4.0
    img = Nifti1Image(values, affine)
    display.add_overlay(img, vmin=-5.0, vmax=6.0, cmap="RdBu_r")
    shown = top_image(display, "z").get_array()
    assert (shown[1, 1], shown[1, 0]) == (6.0, -5.0)
    nilearn = pytest.importorskip("nilearn.plotting")
    with pytest.warns(UserWarning, match=r"[Nn]on-finite"):
        theirs = nilearn.plot_img(img, cut_coords=MARKER, threshold=0.5)
    hidden = np.ma.getmaskarray(
        np.ma.masked_invalid(theirs.axes["z"].ax.images[-1].get_array())
    )
    assert hidden[1, 1]


def test_a_bar_explains_the_colours_beside_the_panels(display):
    display.add_overlay(marker_map(), threshold=4, vmin=-9, vmax=9, colorbar=True)
    (bar,) = bars(display)
    assert bar.get_ylim() == (-9.0, 9.0)
    display.frame_axes.figure.draw_without_rendering()
    right = max(one.ax.get_window_extent().x1 for one in display.axes.values())
    assert bar.get_window_extent().x0 > right
    written = [one.get_text() for one in bar.get_yticklabels()]
    assert {"-9", "-4", "4", "9"} <= set(written)


def test_part_of_a_bar(display):
    display.add_overlay(
        graded(),
        vmin=-9,
        vmax=9,
        colorbar=True,
        cbar_vmin=2,
        cbar_vmax=5,
        cbar_tick_format="%.1f",
    )
    (bar,) = bars(display)
    assert bar.get_ylim() == (2.0, 5.0)
    assert bar.get_yticklabels()[0].get_text() == "2.0"


def test_a_second_bar_is_refused_and_nothing_is_drawn(display):
    display.add_overlay(graded(), colorbar=True)
    before = len(display.axes["x"].ax.images)
    with pytest.raises(ValueError, match="There is a colour bar already"):
        display.add_overlay(marker_map(), colorbar=True)
    assert len(display.axes["x"].ax.images) == before
    display.add_overlay(marker_map(), colorbar=False)


@pytest.mark.parametrize("name", ["transparency", "alpha"])
def test_an_overlay_can_be_seen_through(name, display):
    display.add_overlay(graded(), **{name: 0.25})
    assert top_image(display).get_alpha() == 0.25


def test_transparency_counts_if_both_are_given(display):
    display.add_overlay(graded(), transparency=0.25, alpha=0.9)
    assert top_image(display).get_alpha() == 0.25


def test_opacity_can_be_that_of_an_image(display):
    display.add_overlay(graded(), transparency=graded(), transparency_range=(2, 6))
    alpha = top_image(display, "z").get_alpha()
    expected = np.clip((np.arange(1, 10) - 2) / 4, 0, 1)
    np.testing.assert_allclose(alpha, np.tile(expected, (8, 1)))


def test_opacity_of_a_look_is_what_is_largest_along_it():
    display = plot_glass_brain(marker_map(), transparency=graded())
    assert top_image(display, "x").get_alpha().max() == 1.0
    pixels(display.frame_axes.figure)


def test_an_oblique_overlay_is_drawn_where_it_lies(display):
    display.add_overlay(
        marker_map("oblique", 3), threshold=4, resampling_interpolation="nearest"
    )
    image = top_image(display, "z")
    rows, columns = np.nonzero(np.isfinite(np.ma.filled(image.get_array(), np.nan)))
    left, right, bottom, top = image.get_extent()
    n_up, n_across = image.get_array().shape
    x = left + (columns.mean() + 0.5) * (right - left) / n_across
    y = bottom + (rows.mean() + 0.5) * (top - bottom) / n_up
    np.testing.assert_allclose((x, y), MARKER[:2], atol=1.0)


def line_sets(display, key="x"):
    from matplotlib.contour import ContourSet

    found = display.axes[key].ax.get_children()
    return [one for one in found if isinstance(one, ContourSet)]


def test_contours_are_at_levels_in_colours(display):
    display.add_contours(
        graded(), levels=[2.5, 6.5], colors=["r", "b"], linewidths=3, alpha=0.5
    )
    (lines,) = line_sets(display, "z")
    np.testing.assert_array_equal(lines.levels, [2.5, 6.5])
    assert [tuple(one) for one in lines.get_edgecolor()] == [
        to_rgba("r", 0.5),
        to_rgba("b", 0.5),
    ]
    assert set(np.ravel(lines.get_linewidths())) == {3}
    # the level 2.5 is at x = -40 + 10 * 1.5
    upper = lines.get_paths()[0].vertices
    x = upper[upper[:, 1] > 10.0][:, 0]
    np.testing.assert_allclose(x, -25.0)


def test_without_levels_contours_are_at_half_of_the_highest(display):
    display.add_contours(graded(), colors="k")
    (lines,) = line_sets(display, "z")
    assert abs(lines.levels[0]) == 4.5


def test_contours_can_be_filled(display):
    display.add_contours(graded(), filled=True, levels=[3, 7], colors=["r"])
    display.add_contours(graded(), filled=True, levels=[7], colors="b")
    between, above = line_sets(display, "z")
    assert between.filled
    assert above.levels[-1] > 9.0
    picture = pixels(display.frame_axes.figure)
    panel = display.axes["z"]

    def colour_at(x, y):
        column, row = panel.ax.transData.transform((x, y)).astype(int)
        return tuple(picture[row, column])

    assert colour_at(5.0, 15.0) == (255, 0, 0)
    assert colour_at(35.0, 15.0) == (0, 0, 255)
    assert colour_at(5.0, -25.0) not in {(255, 0, 0), (0, 0, 255)}


def test_filled_contours_have_no_lines(display):
    with pytest.warns(FigureWarning, match="linewidths is for lines"):
        display.add_contours(graded(), filled=True, levels=[3], linewidths=2)
    (area,) = line_sets(display, "z")
    assert area.filled


def test_what_is_infinite_is_filled(display):
    values = np.ones((9, 9, 9), dtype=np.float32)
    values[2:7, 2:7, 2:7] = np.inf
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = np.array(MARKER) - 16.0
    values[0, 0, 0] = 3.0
    img = Nifti1Image(values, affine)
    display.add_contours(img, filled=True, levels=[2], colors="r")
    picture = pixels(display.frame_axes.figure)
    column, row = display.axes["z"].ax.transData.transform(MARKER[:2]).astype(int)
    assert tuple(picture[row, column]) == (255, 0, 0)


def test_our_colour_maps_are_known_to_contours(display):
    display.add_contours(graded(), levels=[2, 5], cmap="black_red", transparency=0.5)
    (lines,) = line_sets(display, "z")
    assert lines.get_cmap().name == "black_red"
    assert lines.get_alpha() == 0.5


def test_contours_widen_a_panel_only_if_they_are_alone(display):
    before = display.axes["z"].limits
    far = graded()
    display.add_contours(Nifti1Image(far.get_fdata(), far.affine * 3), levels=[3.5])
    assert display.axes["z"].limits == before
    alone = OrthoSlicer.init_with_figure(graded())
    alone.add_contours(graded(), levels=[3.5])
    assert not alone.axes["z"].is_empty


def test_edges_are_one_pixel_wide_and_of_one_colour(display):
    from boldglm.plotting.edges import edge_map

    display.add_edges(body(), color="lime")
    edges = top_image(display, "z")
    shown = np.isfinite(np.ma.filled(edges.get_array(), np.nan))
    plane = display.axes["z"].ax.images[0].get_array()
    np.testing.assert_array_equal(shown, edge_map(np.ma.filled(plane, 0.0)))
    assert to_rgba(edges.get_cmap()(0.5)) == to_rgba("lime")
    assert (pixels(display.frame_axes.figure) == [0, 255, 0]).all(axis=2).any()


def test_markers_are_on_cuts_near_them(display):
    display.add_markers([MARKER, (60.0, 0.0, 0.0)], marker_color=["r", "b"])
    for key, (across, up) in {"x": (1, 2), "y": (0, 2), "z": (0, 1)}.items():
        (dots,) = display.axes[key].ax.collections
        np.testing.assert_array_equal(
            dots.get_offsets(), [(MARKER[across], MARKER[up])]
        )
        np.testing.assert_array_equal(dots.get_facecolors(), [to_rgba("r")])


def test_markers_look_as_asked_for(display):
    display.add_markers([MARKER], "b", 77, alpha=0.5, marker="s")
    (dots,) = display.axes["x"].ax.collections
    assert dots.get_sizes() == [77]
    assert dots.get_alpha() == 0.5


def titles(display):
    return [one.get_text() for one in display.frame_axes.texts]


@pytest.mark.parametrize(
    "text", ["faces > houses", "p < $0.05", "$x", "a\nb", "50 % \\frac", "é ≥ ∑", ""]
)
def test_a_title_is_written_as_it_is(text):
    display = plot_anat(body(), cut_coords=MARKER)
    display.title(text)
    assert titles(display) == [text]
    pixels(display.frame_axes.figure)
    assert display.frame_axes.texts[0].get_parse_math() is False


def test_no_panel_is_under_the_title():
    display = plot_anat(body(), cut_coords=MARKER, title="one\ntwo\nthree")
    pixels(display.frame_axes.figure)
    (title,) = display.frame_axes.texts
    bottom = title.get_window_extent().y0
    for panel in display.axes.values():
        assert panel.ax.get_window_extent().y1 <= bottom + 2


def test_a_long_title_stays_in_the_figure():
    display = plot_anat(body(), cut_coords=MARKER, title="right minus left " * 12)
    picture = pixels(display.frame_axes.figure)
    (title,) = display.frame_axes.texts
    box = title.get_window_extent()
    assert box.x1 <= picture.shape[1]
    assert box.y1 <= picture.shape[0]


def test_a_title_looks_as_asked_for(display):
    display.title("low", x=0.4, y=0.2, size=8, color="r", bgcolor="b", alpha=0.5)
    (title,) = display.frame_axes.texts
    assert (title.get_color(), title.get_size()) == ("r", 8)
    assert title.get_bbox_patch().get_alpha() == 0.5
    assert title.get_position() == (0.4, 0.2)


def words(display, key="z"):
    return {one.get_text() for one in display.axes[key].ax.texts}


def test_nothing_is_written_unless_it_is_asked_for():
    display = plot_img(body(), annotate=False)
    assert words(display) == set()
    display.annotate(left_right=False, positions=False)
    assert words(display) == set()


def test_annotations_can_be_chosen():
    display = plot_img(body(), annotate=False, cut_coords=MARKER)
    display.annotate(positions=False)
    assert words(display) == {"L", "R"}
    assert words(display, "x") == set()
    display.annotate(left_right=False, decimals=2)
    assert words(display) == {"L", "R", "z = 57.00"}


def test_letters_are_of_a_size_and_of_the_ink_of_the_ground():
    for black, ink in ((True, "white"), (False, "black")):
        display = plot_img(body(), annotate=False, black_bg=black)
        display.annotate(size=9)
        (letter, *_) = display.axes["z"].ax.texts
        assert letter.get_size() == pytest.approx(9, rel=0.05)
        assert letter.get_color() == ink
        display.annotate(size=9, color="red")
        assert display.axes["z"].ax.texts[-1].get_color() == "red"


def test_letters_are_smaller_where_there_is_little_room():
    figure = Figure(figsize=(1.1, 0.9))
    display = plot_img(body(), figure=figure)
    (letter, *_) = display.axes["z"].ax.texts
    assert letter.get_size() < 8


def test_a_scale_bar_can_be_added(display):
    display.annotate(scalebar=True, scale_size=20, scale_units="mm", scale_loc=3)
    for panel in display.axes.values():
        (bar,) = panel.ax.artists
        assert bar.txt_label.get_text() == "20 mm"
    pixels(display.frame_axes.figure)


@pytest.mark.parametrize(
    ("name", "magic"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml")]
)
@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_display_is_saved_by_the_ending_of_the_name(
    name, magic, kind, display, tmp_path
):
    display.savefig(kind(tmp_path / name))
    assert (tmp_path / name).read_bytes().startswith(magic)
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_a_display_is_saved_to_a_stream(display):
    for form, magic in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")):
        stream = BytesIO()
        display.savefig(stream, format=form)
        assert stream.getvalue().startswith(magic)
    stream = BytesIO()
    display.savefig(stream)
    assert stream.getvalue().startswith(b"\x89PNG")


def test_dots_per_inch_are_as_asked_for(display):
    from PIL import Image

    width, height = display.frame_axes.figure.get_size_inches()
    for dpi in (50, 120):
        stream = BytesIO()
        display.savefig(stream, dpi=dpi)
        size = Image.open(stream).size
        assert size == (
            pytest.approx(width * dpi, abs=1),
            pytest.approx(height * dpi, abs=1),
        )


def test_a_black_ground_is_saved(tmp_path):
    from PIL import Image

    plot_img(body(), black_bg=True, output_file=tmp_path / "a.png", annotate=False)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.convert("RGB").getpixel((0, 0)) == (0, 0, 0)


def test_a_tight_box_cuts_nothing_off(display):
    stream = BytesIO()
    display.savefig(stream, bbox_inches="tight")
    assert len(stream.getvalue()) > 2000


def test_a_closed_display_is_no_more_pyplots(display):
    assert len(plt.get_fignums()) == 1
    display.close()
    assert plt.get_fignums() == []
    display.close()


def test_a_figure_can_be_pickled():
    import pickle

    display = plot_img(body(), cut_coords=MARKER, title="kept")
    again = pickle.loads(pickle.dumps(display.frame_axes.figure))
    np.testing.assert_array_equal(pixels(again), pixels(display.frame_axes.figure))


def test_levels_that_are_no_numbers_are_an_error(display):
    with pytest.raises(TypeError, match="levels is 'high'; expected numbers"):
        display.add_contours(marker_map(), levels="high")


def test_a_second_title_takes_the_place_of_the_first(display):
    display.title("first")
    display.title("second")
    assert [one.get_text() for one in display.frame_axes.texts] == ["second"]


def test_a_misspelt_option_is_told(display):
    with pytest.raises(TypeError, match=r"'treshold'.*check its spelling"):
        display.add_overlay(marker_map(), treshold=3)


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ({"colors": "nobody"}, "colors is 'nobody'; expected a colour"),
        ({"colors": ["r", 5]}, "colors is 5; expected a colour"),
        ({"linewidths": "a"}, "linewidths is 'a'; expected widths in points"),
        ({"linewidths": [-1.0]}, r"linewidths is \[-1.0\]; expected widths, 0 or more"),
    ],
)
def test_lines_of_no_colour_or_width_are_told_before_they_are_drawn(look, message):
    img = Nifti1Image(np.ones((4, 4, 4), np.float32), np.eye(4))
    display = ZSlicer([1.0])
    with pytest.raises((TypeError, ValueError), match=message):
        display.add_contours(img, levels=[0.5], **look)


@pytest.mark.parametrize("colours", ["r", (1, 0, 0), ["r", (0, 0, 1)], None])
def test_lines_of_colours_are_drawn(colours):
    img = Nifti1Image(np.arange(64.0).reshape(4, 4, 4), np.eye(4))
    ZSlicer([1.0]).add_contours(img, levels=[20, 40], colors=colours, linewidths=2)
