import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image

from boldglm.plotting import plot_glass_brain
from boldglm.plotting.displays.panel import with_margin
from boldglm.plotting.displays.projectors import (
    PROJECTORS,
    LYRZProjector,
    OrthoProjector,
    get_projector,
)
from boldglm.plotting.outlines import glass_brain_outlines


@pytest.fixture
def img():
    values = np.zeros((20, 24, 18), dtype=np.float32)
    values[5, 9, 11], values[14, 5, 6] = 9.0, -8.0
    affine = np.diag([6.0, 6.0, 6.0, 1.0])
    affine[:3, 3] = -57.0, -90.0, -40.0
    return Nifti1Image(values, affine)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", PROJECTORS)
def test_class_and_panels_of_a_mode_are_those_of_nilearn(mode, img):
    nilearn = pytest.importorskip("nilearn.plotting")
    ours = plot_glass_brain(img, display_mode=mode)
    theirs = nilearn.plot_glass_brain(img, display_mode=mode)
    assert type(ours).__name__ == type(theirs).__name__
    assert list(ours.axes) == list(theirs.axes)
    assert ours.cut_coords == theirs.cut_coords
    for figure in (ours.frame_axes.figure, theirs.frame_axes.figure):
        figure.draw_without_rendering()
    order = [
        sorted(one.axes, key=lambda key: one.axes[key].ax.get_window_extent().x0)
        for one in (ours, theirs)
    ]
    assert order[0] == order[1]
    # the nose is on the same side
    for key, panel in ours.axes.items():
        left, right = panel.ax.get_xlim()
        peers_left, peers_right = theirs.axes[key].ax.get_xlim()
        assert (left < right) == (peers_left < peers_right)
    theirs.close()


@pytest.mark.parametrize("mode", PROJECTORS)
def test_panels_are_looks_that_hold_the_outlines(mode, img):
    display = plot_glass_brain(img, display_mode=mode)
    assert len(display.frame_axes.figure.axes) == len(display.axes) + 2
    for key, panel in display.axes.items():
        assert panel.coord is None
        assert panel.direction == key
        left, right, bottom, top = with_margin(glass_brain_outlines(key).extent)
        x0, x1 = sorted(panel.ax.get_xlim())
        y0, y1 = panel.ax.get_ylim()
        assert x0 <= left < right <= x1
        assert y0 <= bottom < top <= y1


def shown(display, key):
    return np.ma.filled(display.axes[key].ax.images[-1].get_array(), 0.0)


def test_absolute_values_or_both_signs_are_shown(img):
    display = plot_glass_brain(img, threshold=3)
    assert (shown(display, "z").min(), shown(display, "z").max()) == (0.0, 9.0)
    display = plot_glass_brain(img, threshold=3, plot_abs=False)
    assert (shown(display, "z").min(), shown(display, "z").max()) == (-8.0, 9.0)


def test_each_side_shows_its_hemisphere(img):
    display = plot_glass_brain(img, threshold=3, display_mode="lyrz", plot_abs=False)
    assert (shown(display, "l").min(), shown(display, "l").max()) == (0.0, 9.0)
    assert (shown(display, "r").min(), shown(display, "r").max()) == (-8.0, 0.0)


def test_outlines_are_before_the_map_and_folds_behind_it(img):
    display = plot_glass_brain(img)
    (image,) = display.axes["x"].ax.images
    folds, outline = sorted(
        display.axes["x"].ax.collections, key=lambda one: one.get_zorder()
    )
    assert folds.get_zorder() < image.get_zorder() < outline.get_zorder()


@pytest.mark.parametrize("black_bg", [False, True])
def test_outlines_are_seen_on_either_ground(black_bg):
    display = plot_glass_brain(None, black_bg=black_bg, alpha=1.0)
    outline = max(display.axes["x"].ax.collections, key=lambda one: one.get_zorder())
    brightness = outline.get_edgecolor()[0, :3].mean()
    assert (brightness > 0.6) == black_bg


def test_outlines_alone_are_a_display_to_draw_on():
    display = plot_glass_brain(None, display_mode="lyrz", title="seeds")
    assert not any(one.ax.images for one in display.axes.values())
    display.add_markers([(-30, 0, 20)])
    display.draw_cross()
    assert [len(one.ax.collections) for one in display.axes.values()] == [3] * 4


def test_figures_of_a_mode_are_of_one_size(img):
    small = plot_glass_brain(img).frame_axes.figure.get_size_inches()
    tiny = Nifti1Image(np.ones((2, 2, 2), dtype=np.float32), np.eye(4))
    np.testing.assert_array_equal(
        plot_glass_brain(tiny).frame_axes.figure.get_size_inches(), small
    )


@pytest.mark.parametrize("wrong", ["tiled", "mosaic", "rl", "w", None])
def test_a_mode_that_is_none_is_an_error(wrong, img):
    with pytest.raises(ValueError, match=r"display_mode is .*; expected one of"):
        plot_glass_brain(img, display_mode=wrong)


def test_modes_have_their_displays():
    assert get_projector("ortho") is OrthoProjector
    assert get_projector("lyrz") is LYRZProjector
