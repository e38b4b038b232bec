"""One marker on the left of a body, found again in the pixels of every figure."""

import numpy as np
import pytest
from tests.plotting.phantoms import (
    MARKER,
    ONLY_MAGENTA,
    ORIENTATIONS,
    VOXEL,
    body,
    magenta,
    marker_in,
    marker_map,
    middle_of_text,
    pixels,
    place_of,
)

from boldglm.plotting import plot_glass_brain, plot_stat_map
from boldglm.plotting.displays.projectors import PROJECTORS
from boldglm.plotting.displays.slicers import SLICERS

SOME_ORIENTATIONS = ["RAS", "LAS", "LPS", "RPI", "PIR", "SRA", "ASL", "AIL", "oblique"]
ACROSS_AND_UP = {"x": (1, 2), "l": (1, 2), "r": (1, 2), "y": (0, 2), "z": (0, 1)}


def coords_for(mode):
    """Cuts through the marker, and one beside it where there is room."""
    x, y, z = MARKER
    return {
        "x": [x, 20.0],
        "y": [y, 20.0],
        "z": [z, 20.0],
        "mosaic": {"x": [x, 20.0], "y": [y, 20.0], "z": [z, 20.0]},
        "xz": (x, z),
        "yx": (x, y),
        "yz": (y, z),
    }.get(mode, MARKER)


def cuts(mode, orientation="RAS", **options):
    return plot_stat_map(
        marker_map(orientation, 3 if orientation == "oblique" else 1),
        bg_img=body(orientation),
        display_mode=mode,
        cut_coords=coords_for(mode),
        cmap=ONLY_MAGENTA,
        threshold=4.0,
        colorbar=False,
        draw_cross=False,
        **options,
    )


def looks(mode, orientation="RAS", **options):
    return plot_glass_brain(
        marker_map(orientation, 3 if orientation == "oblique" else 1),
        display_mode=mode,
        cmap=ONLY_MAGENTA,
        threshold=4.0,
        colorbar=False,
        **options,
    )


def check_panels(display, *, radiological, within=0.6):
    """In each panel the marker is at its millimetres, and beside the letter L."""
    picture = pixels(display.frame_axes.figure)
    n_seen = 0
    for panel in display.axes.values():
        seen = marker_in(panel, picture)
        if panel.direction == "r" or panel.coord == 20.0:
            assert seen is None, panel.direction
            continue
        n_seen += 1
        expected = np.take(MARKER, ACROSS_AND_UP[panel.direction])
        np.testing.assert_allclose(place_of(panel, seen), expected, atol=within)
        if panel.direction in "yz":
            left, right = middle_of_text(panel, "L"), middle_of_text(panel, "R")
            assert abs(seen[0] - left[0]) < abs(seen[0] - right[0])
            assert (left[0] > right[0]) == radiological
    assert n_seen == len(display.axes) - sum(
        panel.direction == "r" or panel.coord == 20.0 for panel in display.axes.values()
    )


def test_there_are_48_orientations():
    assert len(set(ORIENTATIONS)) == 48
    assert set(SOME_ORIENTATIONS) - {"oblique"} <= set(ORIENTATIONS)


@pytest.mark.parametrize("radiological", [False, True])
@pytest.mark.parametrize("mode", SLICERS)
def test_the_marker_is_on_the_left_of_cuts(mode, radiological):
    check_panels(cuts(mode, radiological=radiological), radiological=radiological)


@pytest.mark.parametrize("radiological", [False, True])
@pytest.mark.parametrize("mode", PROJECTORS)
def test_the_marker_is_on_the_left_of_looks(mode, radiological):
    check_panels(looks(mode, radiological=radiological), radiological=radiological)


@pytest.mark.parametrize("orientation", SOME_ORIENTATIONS)
def test_the_marker_is_on_the_left_however_it_is_stored(orientation):
    # an oblique cube is drawn in upright pixels of 4 mm
    within = 0.25 * VOXEL if orientation == "oblique" else 0.6
    for radiological in (False, True):
        options = {"radiological": radiological}
        for display in (
            cuts("ortho", orientation, **options),
            looks("lyrz", orientation, **options),
        ):
            check_panels(display, within=within, **options)


def test_a_look_at_a_hemisphere_says_which_one_it_is():
    display = looks("lyrz")
    assert middle_of_text(display.axes["l"], "L") is not None
    assert middle_of_text(display.axes["l"], "R") is None
    assert middle_of_text(display.axes["r"], "R") is not None
    assert middle_of_text(display.axes["r"], "L") is None


@pytest.mark.parametrize("radiological", [False, True])
def test_the_nose_is_on_the_right_of_sagittal_panels_but_for_the_left_side(
    radiological,
):
    for display in (
        cuts("ortho", radiological=radiological),
        looks("lyrz", radiological=radiological),
    ):
        pixels(display.frame_axes.figure)
        for panel in display.axes.values():
            if panel.direction in "xlr":
                (back, _), (front, _) = panel.ax.transData.transform(
                    [(-80.0, 0.0), (60.0, 0.0)]
                )
                assert (front < back) == (panel.direction == "l")


def test_divergence_radiological_figures_do_not_mirror_sagittal_cuts():
    nilearn = pytest.importorskip("nilearn.plotting")
    ours = cuts("x", radiological=True)
    left, right = ours.axes[MARKER[0]].ax.get_xlim()
    assert left < right
    theirs = nilearn.plot_stat_map(
        marker_map(),
        bg_img=body(),
        display_mode="x",
        cut_coords=[MARKER[0]],
        radiological=True,
    )
    left, right = theirs.axes[MARKER[0]].ax.get_xlim()
    assert left > right


@pytest.mark.parametrize("orientation", ["RAS", "PIL", "oblique"])
@pytest.mark.parametrize("radiological", [False, True])
def test_markers_are_drawn_on_their_voxel(orientation, radiological):
    for display in (
        cuts("ortho", orientation, radiological=radiological),
        looks("lyrz", orientation, radiological=radiological),
    ):
        figure = display.frame_axes.figure
        figure.set_dpi(250)
        before = pixels(figure)
        voxels = {key: marker_in(one, before) for key, one in display.axes.items()}
        for panel in display.axes.values():
            for image in panel.ax.images:
                image.set_visible(False)
        assert not magenta(pixels(figure)).any()
        display.add_markers([MARKER], marker_color="magenta", marker_size=40)
        after = pixels(figure)
        for key, panel in display.axes.items():
            dot = marker_in(panel, after)
            assert (dot is None) == (voxels[key] is None)
            if dot is not None:
                voxel = place_of(panel, voxels[key])
                # a marker is drawn at whole pixels
                within = 0.25 * VOXEL if orientation == "oblique" else 0.4
                np.testing.assert_allclose(place_of(panel, dot), voxel, atol=within)
