"""What each mode shows: classes, panels and cuts, against those of nilearn."""

import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image

from boldglm._base.warnings import FigureWarning
from boldglm.plotting import plot_img, plot_stat_map
from boldglm.plotting.displays.panel import with_margin
from boldglm.plotting.displays.slicers import (
    SLICERS,
    MosaicSlicer,
    OrthoSlicer,
    TiledSlicer,
    XZSlicer,
    YXSlicer,
    ZSlicer,
    get_slicer,
)


@pytest.fixture
def img(rng):
    values = rng.normal(size=(20, 24, 18)).astype(np.float32)
    values[5:8, 9:12, 11:14] += 9.0
    values[14, 5, 6] -= 20.0
    affine = np.diag([6.0, 6.0, 6.0, 1.0])
    affine[:3, 3] = -58.0, -90.0, -40.0
    return Nifti1Image(values, affine)


def flat(coords):
    if isinstance(coords, dict):
        return [float(one) for key in "xyz" for one in coords[key]]
    return [float(one) for one in coords]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", SLICERS)
def test_class_panels_and_cuts_of_a_mode_are_those_of_nilearn(mode, img):
    nilearn = pytest.importorskip("nilearn.plotting")
    options = {"display_mode": mode, "bg_img": None, "threshold": 4.0}
    ours, theirs = plot_stat_map(img, **options), nilearn.plot_stat_map(img, **options)
    assert type(ours).__name__ == type(theirs).__name__
    assert set(ours.axes) == set(theirs.axes)
    np.testing.assert_allclose(
        flat(ours.cut_coords), flat(theirs.cut_coords), atol=1e-4
    )
    # the peer's limits end at centres of voxels, and ours have a margin
    for key, panel in ours.axes.items():
        left, right = panel.ax.get_xlim()
        assert left < theirs.axes[key].ax.get_xlim()[0]
        assert right > theirs.axes[key].ax.get_xlim()[1]
    theirs.close()


@pytest.mark.parametrize("mode", SLICERS)
def test_a_figure_has_one_axes_per_panel_a_frame_and_a_bar(mode, img):
    coords = {"x": [0, 8], "y": [0, 8], "z": [0, 8], "mosaic": 3}.get(mode)
    display = plot_stat_map(img, bg_img=None, display_mode=mode, cut_coords=coords)
    axes = display.frame_axes.figure.axes
    assert len(axes) == len(display.axes) + 2
    assert {panel.ax for panel in display.axes.values()} < set(axes)
    assert display.frame_axes in axes
    assert sum(one.get_label() == "colour bar" for one in axes) == 1


def test_limits_are_what_is_filled_and_a_margin():
    values = np.zeros((20, 24, 18), dtype=np.float32)
    values[3:9, 4:20, 5:15] = 1.0
    display = plot_img(Nifti1Image(values, np.eye(4)), cut_coords=(5, 10, 8))
    x, y, z = (2.5, 8.5), (3.5, 19.5), (4.5, 14.5)
    for key, extent in (("x", (*y, *z)), ("y", (*x, *z)), ("z", (*x, *y))):
        left, right, bottom, top = with_margin(extent)
        assert display.axes[key].ax.get_xlim() == (left, right)
        assert display.axes[key].ax.get_ylim() == (bottom, top)


def boxes(display):
    display.frame_axes.figure.draw_without_rendering()
    return {key: one.ax.get_window_extent() for key, one in display.axes.items()}


def test_three_cuts_are_in_a_row(img):
    found = boxes(plot_img(img))
    assert found["x"].x1 < found["y"].x0 < found["y"].x1 < found["z"].x0


def test_tiled_cuts_are_on_two_rows(img):
    found = boxes(plot_img(img, display_mode="tiled"))
    assert found["y"].x1 < found["x"].x0
    assert found["z"].x0 == pytest.approx(found["y"].x0)
    assert found["z"].y1 < min(found["x"].y0, found["y"].y0)


def test_a_mosaic_has_a_row_per_direction(img):
    coords = {"x": [0, 8], "y": [0, 8, 20], "z": [0, 8]}
    display = plot_img(img, display_mode="mosaic", cut_coords=coords)
    found = boxes(display)
    assert set(found) == {(key, float(at)) for key in "xyz" for at in coords[key]}
    assert found["z", 0.0].y0 > found["y", 0.0].y1 > found["x", 0.0].y1
    assert found["y", 0.0].x1 < found["y", 8.0].x0 < found["y", 20.0].x0


def test_a_millimetre_is_as_long_on_all_panels(img):
    for mode in SLICERS:
        display = plot_img(img, display_mode=mode)
        display.frame_axes.figure.draw_without_rendering()
        lengths = [
            np.abs(np.diff(one.ax.transData.transform([(0, 0), (1, 1)]), axis=0))
            for one in display.axes.values()
        ]
        np.testing.assert_allclose(lengths, lengths[0][0, 0], rtol=1e-6)
        display.close()


@pytest.mark.parametrize(
    ("mode", "given", "expected"),
    [
        ("ortho", (1, 2, 3), (1.0, 2.0, 3.0)),
        ("tiled", np.array([1, 2, 3]), (1.0, 2.0, 3.0)),
        ("xz", [1, 3], (1.0, 3.0)),
        ("yx", (1, 2), (1.0, 2.0)),
        ("yz", (2, 3), (2.0, 3.0)),
        ("x", [3, 1], [3.0, 1.0]),
        ("z", (0.5,), [0.5]),
        ("z", np.array([1.0, 2.0]), [1.0, 2.0]),
        ("mosaic", {"z": [3], "y": (1, 2), "x": np.array([0])}, None),
    ],
)
def test_cuts_are_where_the_user_says(mode, given, expected, img):
    display = plot_img(img, display_mode=mode, cut_coords=given)
    if expected is None:
        expected = {"x": [0.0], "y": [1.0, 2.0], "z": [3.0]}
    assert display.cut_coords == expected
    at = {one.coord for one in display.axes.values()}
    rows = expected.values() if isinstance(expected, dict) else [expected]
    assert at == {one for row in rows for one in row}


def test_a_pair_named_yx_takes_x_first(img):
    display = plot_img(img, display_mode="yx", cut_coords=(8.0, 2.0))
    assert display.axes["x"].coord == 8.0
    assert display.axes["y"].coord == 2.0


@pytest.mark.parametrize("mode", ["x", "y", "z"])
@pytest.mark.parametrize("count", [1, 3, np.int64(5)])
def test_a_whole_number_says_how_many_cuts(mode, count, img):
    display = plot_img(img, display_mode=mode, cut_coords=count)
    assert len(display.axes) == len(display.cut_coords) == count


@pytest.mark.parametrize(("given", "counts"), [(2, (2, 2, 2)), ((1, 2, 3), (1, 2, 3))])
def test_a_mosaic_takes_how_many_cuts(given, counts, img):
    display = plot_img(img, display_mode="mosaic", cut_coords=given)
    assert tuple(len(display.cut_coords[one]) for one in "xyz") == counts


@pytest.mark.parametrize(
    ("mode", "wrong"),
    [
        ("ortho", 3),
        ("ortho", (1, 2)),
        ("ortho", "abc"),
        ("xz", (1, 2, 3)),
        ("x", 2.5),
        ("x", True),
        ("x", []),
        ("z", 0),
        ("z", -2),
        ("mosaic", (1, 2)),
        ("mosaic", 2.5),
        ("mosaic", {"x": [0], "y": [0]}),
        ("mosaic", {"x": [0], "y": [0], "z": []}),
        ("mosaic", {"x": [0], "y": [0], "z": [0], "w": [0]}),
        ("mosaic", True),
    ],
)
def test_other_coordinates_are_an_error_that_leaves_no_figure(mode, wrong, img):
    from matplotlib import pyplot as plt

    with pytest.raises(ValueError, match="cut_coords"):
        plot_img(img, display_mode=mode, cut_coords=wrong)
    assert plt.get_fignums() == []


def test_cuts_beside_the_image_are_empty_and_told(img):
    with pytest.warns(FigureWarning, match="z = 500 are out of the bounds"):
        display = plot_img(img, display_mode="z", cut_coords=[0, 500])
    assert len(display.axes[0.0].ax.images) == 1
    assert len(display.axes[500.0].ax.images) == 0


@pytest.mark.parametrize("draw", ["add_overlay", "add_contours", "add_edges"])
def test_cuts_beside_the_image_are_as_large_as_others(img, draw):
    """So that what is written on them lies on nothing else."""
    display = ZSlicer([0.0, 500.0])
    getattr(display, draw)(img)
    beside, through = display.axes[500.0], display.axes[0.0]
    assert beside.limits == through.limits
    assert not [*beside.ax.images, *beside.ax.collections]
    with pytest.warns(FigureWarning, match="x = -300, y = -310 are out of"):
        display = plot_img(img, cut_coords=[-300, -310, 20], bg_img=None)
    sizes = {key: one.size for key, one in display.axes.items()}
    seen = plot_img(img, cut_coords=[0, 0, 20], bg_img=None)
    assert sizes == {key: one.size for key, one in seen.axes.items()}


def test_a_cross_has_no_lines_beside_its_panels(img):
    with pytest.warns(FigureWarning, match="out of the bounds"):
        display = plot_img(img, cut_coords=[-300, -30, 20], bg_img=None)
    for key, (across, up) in {"x": (1, 2), "y": (0, 2), "z": (0, 1)}.items():
        panel, point = display.axes[key], (-300, -30.0, 20.0)
        left, right, bottom, top = panel.limits
        lines = lines_of(panel)
        assert len(lines) == (4 if key == "x" else 1)
        for (x0, y0), (x1, y1) in lines:
            assert left <= x0 <= x1 <= right
            assert bottom <= y0 <= y1 <= top
            assert x0 == x1 == point[across] or y0 == y1 == point[up]


def test_a_cross_leaves_the_foot_of_a_panel_to_words(img):
    low = img.affine[1, 3] - 0.5 * img.affine[1, 1]
    with pytest.warns(FigureWarning, match="out of the bounds"):
        display = plot_img(img, cut_coords=[0, low - 1, 20], bg_img=None)
    panel = display.axes["z"]
    assert panel.limits[2] < low - 1
    assert all(x0 == x1 for (x0, _), (x1, _) in lines_of(panel))


def test_cuts_that_are_all_beside_the_image_are_an_error(img):
    for mode, coords in (
        ("ortho", (500, 500, 500)),
        ("z", [500]),
        ("mosaic", {"x": [500], "y": [500], "z": [500]}),
    ):
        with pytest.raises(ValueError, match="all out of the bounds of the image"):
            plot_img(img, display_mode=mode, cut_coords=coords)


def test_what_is_asked_for_twice_is_shown_once_with_a_warning(img):
    with pytest.warns(FigureWarning, match="holds coordinates twice"):
        display = plot_img(img, display_mode="z", cut_coords=[0, 8, 0.0])
    assert display.cut_coords == [0.0, 8.0]
    coords = {"x": [0, 0], "y": [0], "z": [0]}
    with pytest.warns(FigureWarning, match="holds coordinates twice"):
        display = plot_img(img, display_mode="mosaic", cut_coords=coords)
    assert len(display.axes) == 3


def lines_of(panel):
    (cross,) = [one for one in panel.ax.collections if one.get_zorder() == 500]
    return np.array(cross.get_segments())


def test_a_cross_shows_where_the_other_cuts_are(img):
    display = plot_img(img, cut_coords=(8.0, -30.0, 20.0))
    for key, (across, up) in {"x": (1, 2), "y": (0, 2), "z": (0, 1)}.items():
        for (x0, y0), (x1, y1) in lines_of(display.axes[key]):
            point = (8.0, -30.0, 20.0)
            assert x0 == x1 == point[across] or y0 == y1 == point[up]


def test_a_cross_of_two_cuts_has_a_line_where_one_shows_the_other(img):
    display = plot_img(img, display_mode="xz", cut_coords=(8.0, 20.0))
    (((_, low), (_, high)),) = lines_of(display.axes["x"])
    assert low == high == 20.0
    (((left, _), (right, _)),) = lines_of(display.axes["z"])
    assert left == right == 8.0


def test_a_cross_can_be_drawn_elsewhere_and_otherwise(img):
    display = plot_img(img, draw_cross=False, cut_coords=(8.0, -30.0, 20.0))
    assert not any(one.ax.collections for one in display.axes.values())
    display.draw_cross(cut_coords=(0.0, 1.0, 2.0), color="r", linewidth=3)
    (cross,) = display.axes["y"].ax.collections
    assert {x for line in cross.get_segments() for x, _ in line} >= {0.0}
    assert cross.get_linewidths() == [3]
    np.testing.assert_array_equal(cross.get_colors()[0, :3], [1, 0, 0])


def test_parallel_cuts_have_no_cross(img):
    for mode in ("x", "y", "z", "mosaic"):
        display = plot_img(img, display_mode=mode, draw_cross=True)
        display.draw_cross()
        assert not any(one.ax.collections for one in display.axes.values())
        display.close()


def test_a_display_without_an_image_is_at_the_origin():
    display = OrthoSlicer.init_with_figure(None)
    assert display.cut_coords == (0.0, 0.0, 0.0)
    assert all(one.is_empty for one in display.axes.values())
    assert len(ZSlicer.init_with_figure(None, cut_coords=3).axes) == 3
    assert len(MosaicSlicer.init_with_figure(False).axes) == 21


def test_a_display_can_be_made_on_axes_of_the_user():
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.add_subplot()
    display = XZSlicer((1.0, 2.0), axes=axes, black_bg=True, brain_color="red")
    assert display.frame_axes is axes
    assert display.black_bg
    assert display.brain_color == "red"


@pytest.mark.parametrize("wrong", ["w", "xyz", "X", None, 3])
def test_a_mode_that_is_none_is_an_error(wrong, img):
    with pytest.raises(ValueError, match=r"display_mode is .*; expected one of"):
        plot_img(img, display_mode=wrong)


def test_modes_have_their_displays():
    assert get_slicer("ortho") is OrthoSlicer
    assert get_slicer("tiled") is TiledSlicer
    assert get_slicer("yx") is YXSlicer


@pytest.mark.parametrize("slicer", [OrthoSlicer, ZSlicer, MosaicSlicer])
def test_an_array_is_no_place_for_a_display(slicer, img):
    cuts = slicer.find_cut_coords(img)
    with pytest.raises(TypeError, match="axes is array"):
        slicer(cuts, axes=np.zeros((2, 2)))
