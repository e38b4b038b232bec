import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from matplotlib.contour import ContourSet
from nibabel.nifti1 import Nifti1Image
from tests.plotting.phantoms import body, pixels, world_axes

from boldglm._base.warnings import FigureWarning
from boldglm.plotting import plot_roi

POINTS = {3: (-37.0, -25.0, 57.0), 7: (-5.0, -25.0, 57.0), 1000: (27.0, -25.0, 57.0)}


def atlas(labels=(3, 7, 1000), dtype=np.int16):
    """Cubes of 3 voxels around three points on one level line."""
    values = np.zeros((37, 45, 38), dtype=dtype)
    for label, i in zip((3, 7, 1000), (9, 17, 25), strict=True):
        if label in labels:
            values[i - 1 : i + 2, 21:24, 29:32] = label
    return Nifti1Image(values, world_axes())


def colour_at(display, point, key="y"):
    picture = pixels(display.frame_axes.figure)
    panel = display.axes[key]
    across, up = panel.view.on_paper([point])[0]
    column, row = panel.ax.transData.transform((across, up)).astype(int)
    return tuple(int(one) for one in picture[row, column])


def lines(display, key="y"):
    found = display.axes[key].ax.get_children()
    return [one for one in found if isinstance(one, ContourSet)]


def bar_of(display):
    found = display.frame_axes.figure.axes
    return next((one for one in found if one.get_label() == "colour bar"), None)


def test_regions_have_a_colour_each_whatever_their_numbers():
    display = plot_roi(atlas(), bg_img=None, alpha=1, cut_coords=POINTS[3])
    colours = {colour_at(display, point) for point in POINTS.values()}
    assert len(colours) == 3
    for one in colours:
        assert max(one) > 40
        assert min(one) < 215
    bar = bar_of(display)
    assert {one.get_text() for one in bar.get_yticklabels()} <= {"3", "7", "1000"}


def test_colours_of_a_table_go_to_the_numbers_they_stand_beside():
    table = pd.DataFrame(
        {
            "index": [1000, 0, 7, 3, 5],
            "name": ["c", "none", "b", "a", "not there"],
            "color": ["blue", "black", "lime", "red", "pink"],
        }
    )
    before = table.copy()
    display = plot_roi(
        atlas(),
        bg_img=body(),
        cmap=table,
        alpha=1,
        cut_coords=POINTS[3],
        draw_cross=False,
    )
    assert colour_at(display, POINTS[3]) == (255, 0, 0)
    assert colour_at(display, POINTS[7]) == (0, 255, 0)
    assert colour_at(display, POINTS[1000]) == (0, 0, 255)
    pd.testing.assert_frame_equal(table, before)


def test_outlines_have_the_colours_of_the_table():
    table = pd.DataFrame({"index": [3, 7, 1000], "color": ["red", "lime", "blue"]})
    display = plot_roi(
        atlas(),
        bg_img=body(),
        cmap=table,
        view_type="contours",
        alpha=1,
        cut_coords=POINTS[3],
    )
    colours = [tuple(one.get_edgecolor()[0]) for one in lines(display)]
    assert colours == [to_rgba("red"), to_rgba("lime"), to_rgba("blue")]


def test_a_table_without_colours_is_an_error():
    with pytest.raises(ValueError, match=r"has no column color; it has \['index'\]"):
        plot_roi(atlas(), cmap=pd.DataFrame({"index": [3]}))


def test_a_table_that_lacks_regions_is_an_error():
    table = pd.DataFrame({"index": [3], "color": ["red"]})
    with pytest.raises(ValueError, match=r"no colour for 2 of the regions .*: 7, 1000"):
        plot_roi(atlas(), cmap=table)


@pytest.mark.parametrize("bg_img", [None, "MNI152TEMPLATE"])
def test_outlines_of_all_regions_are_in_sight(bg_img):
    display = plot_roi(
        atlas(), bg_img=bg_img, view_type="contours", cut_coords=POINTS[3]
    )
    panel = display.axes["y"]
    left, right, bottom, top = panel.limits
    assert len(lines(display)) == 3
    for region, (x, _, z) in zip(lines(display), POINTS.values(), strict=True):
        vertices = np.concatenate([one.vertices for one in region.get_paths()])
        # around a cube of 12 mm
        np.testing.assert_allclose(vertices.min(axis=0), (x - 6, z - 6), atol=0.1)
        np.testing.assert_allclose(vertices.max(axis=0), (x + 6, z + 6), atol=0.1)
        assert left < x - 6 < x + 6 < right
        assert bottom < z - 6 < z + 6 < top


def test_outlines_look_as_asked_for_and_need_no_bar():
    display = plot_roi(
        atlas(),
        bg_img=None,
        view_type="contours",
        linewidths=4,
        alpha=0.3,
        cut_coords=POINTS[3],
    )
    assert bar_of(display) is None
    assert not display.axes["y"].ax.images
    (first, *_) = lines(display)
    assert set(np.ravel(first.get_linewidths())) == {4}
    assert first.get_edgecolor()[0, 3] == pytest.approx(0.3)


def test_cuts_of_outlines_are_those_of_the_regions():
    only = atlas(labels=(7,))
    filled = plot_roi(only, bg_img=body())
    outlined = plot_roi(only, bg_img=body(), view_type="contours")
    assert outlined.cut_coords == filled.cut_coords == pytest.approx(POINTS[7])


@pytest.mark.parametrize("view_type", ["continuous", "contours"])
def test_cuts_beside_the_regions_are_told_once(view_type):
    with pytest.warns(FigureWarning, match="out of the bounds") as caught:
        plot_roi(
            atlas(),
            bg_img=body(),
            view_type=view_type,
            cut_coords=(-37.0, -25.0, 500.0),
        )
    assert len(caught) == 1


def test_a_mask_is_one_region():
    display = plot_roi(atlas((3,), np.uint8), bg_img=None, alpha=1)
    assert len({colour_at(display, POINTS[3]), (255, 255, 255)}) == 2


def test_opacity_is_that_of_the_regions():
    display = plot_roi(atlas(), bg_img=body(), alpha=0.3, cut_coords=POINTS[3])
    assert display.axes["y"].ax.images[-1].get_alpha() == 0.3
    display = plot_roi(atlas(), bg_img=body(), transparency=0.9, cut_coords=POINTS[3])
    assert display.axes["y"].ax.images[-1].get_alpha() == 0.9


def test_numbers_below_the_threshold_are_no_regions():
    display = plot_roi(atlas(), bg_img=None, threshold=5, cut_coords=POINTS[3])
    shown = np.ma.masked_invalid(display.axes["y"].ax.images[-1].get_array())
    assert set(np.unique(shown.compressed())) == {7, 1000}


def test_maps_and_fixed_limits_are_shown_as_values():
    display = plot_roi(atlas(), bg_img=None, vmin=0, vmax=10, cut_coords=POINTS[3])
    assert display.axes["y"].ax.images[-1].get_clim() == (0, 10)
    smooth = Nifti1Image(atlas().get_fdata() / 7.3, world_axes())
    display = plot_roi(smooth, bg_img=None, cut_coords=POINTS[3])
    assert display.axes["y"].ax.images[-1].get_cmap().name == "gist_ncar"


@pytest.mark.parametrize("view_type", ["continuous", "contours"])
def test_an_image_without_regions_is_drawn_with_a_warning(view_type):
    with pytest.warns(FigureWarning, match="no finite value but 0"):
        display = plot_roi(atlas(labels=()), bg_img=body(), view_type=view_type)
    pixels(display.frame_axes.figure)


def test_another_view_is_an_error():
    with pytest.raises(ValueError, match="view_type is 'lines'; expected one of"):
        plot_roi(atlas(), view_type="lines")


def test_regions_are_told_apart_by_their_whole_numbers():
    values = np.zeros((6, 6, 6), np.int16)
    values[1:3, 1:3, 1:3], values[3:5, 3:5, 3:5] = 1001, 1002
    display = plot_roi(Nifti1Image(values, np.eye(4)), bg_img=None)
    (bar,) = (
        one for one in display.frame_axes.figure.axes if one.get_label() == "colour bar"
    )
    assert [text.get_text() for text in bar.get_yticklabels()] == ["1001", "1002"]


def test_no_region_has_no_colour_without_a_threshold():
    values = np.zeros((6, 6, 6), np.int16)
    values[1:3, 1:3, 1:3], values[3:5, 3:5, 3:5] = 1, 2
    display = plot_roi(
        Nifti1Image(values, np.eye(4)), None, cut_coords=(2, 2, 2), threshold=None
    )
    for panel in display.axes.values():
        shown = panel.ax.images[-1].get_array()
        assert set(np.unique(shown.compressed())) <= {1, 2}
