import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image
from tests.plotting.phantoms import marker_map, pixels

from boldglm._base.warnings import FigureWarning
from boldglm.plotting import plot_glass_brain


@pytest.fixture
def z_map():
    values = np.zeros((37, 45, 38), dtype=np.float32)
    values[9, 22, 30], values[25, 20, 20] = 6.0, -8.0
    return Nifti1Image(values, marker_map().affine)


def image(display, key="z"):
    return display.axes[key].ax.images[-1]


def bar_of(display):
    found = display.frame_axes.figure.axes
    return next((one for one in found if one.get_label() == "colour bar"), None)


def test_absolute_values_begin_at_0(z_map):
    display = plot_glass_brain(z_map, threshold=3)
    assert image(display).get_clim() == (0.0, 8.0)
    assert bar_of(display).get_ylim() == (0.0, 8.0)


def test_both_signs_are_symmetric(z_map):
    display = plot_glass_brain(z_map, threshold=3, plot_abs=False)
    assert image(display).get_clim() == (-8.0, 8.0)
    assert image(display).get_cmap().name == "RdBu_r"
    red, _, blue, _ = image(display).to_rgba(np.array([7.0]))[0]
    assert red > blue


def test_colours_of_absolute_values_are_seen_on_their_ground(z_map):
    for black_bg in (False, True):
        display = plot_glass_brain(z_map, threshold=3, black_bg=black_bg)
        nothing, all_ = image(display).to_rgba(np.array([0.0, 8.0]))[:, :3].mean(axis=1)
        assert (all_ > nothing) == black_bg
        assert abs(all_ - nothing) > 0.5
        assert (
            pixels(display.frame_axes.figure)[2, 2] == (0 if black_bg else 255)
        ).all()


def test_a_colour_map_of_the_user_is_taken(z_map):
    assert image(plot_glass_brain(z_map, cmap="viridis")).get_cmap().name == "viridis"


def test_by_default_a_fifth_of_the_voxels_is_shown_and_never_0(rng):
    values = rng.normal(size=(37, 45, 38)).astype(np.float32)
    affine = marker_map().affine
    display = plot_glass_brain(Nifti1Image(values, affine))
    shown = np.ma.masked_invalid(image(display).get_array()).compressed()
    height = np.percentile(np.abs(values), 80)
    assert shown.min() >= height - 1e-3
    sparse = plot_glass_brain(marker_map())
    assert np.ma.masked_invalid(image(sparse).get_array()).count() == 1


def test_a_lowest_value_below_0_means_nothing_for_absolute_values(z_map):
    with pytest.warns(FigureWarning, match="vmin is -3, and absolute values are shown"):
        plot_glass_brain(z_map, vmin=-3)


def test_limits_that_are_fixed_are_kept(z_map):
    assert image(plot_glass_brain(z_map, vmin=2, vmax=5)).get_clim() == (2, 5)
    display = plot_glass_brain(z_map, vmax=5, plot_abs=False)
    assert image(display).get_clim() == (-5, 5)


def test_infinite_values_are_shown_as_the_highest(z_map):
    values = z_map.get_fdata().copy()
    values[20, 20, 20] = -np.inf
    img = Nifti1Image(values, z_map.affine)
    display = plot_glass_brain(img, threshold=3)
    assert image(display).get_clim() == (0.0, 8.0)
    assert image(display).get_array()[20, 20] == 8.0
    display = plot_glass_brain(img, threshold=3, plot_abs=False)
    assert image(display).get_array()[20, 20] == -8.0


def test_opacity_of_the_map_and_of_the_outlines(z_map):
    display = plot_glass_brain(z_map, alpha=0.2, transparency=0.5)
    assert image(display).get_alpha() == 0.5
    assert {one.get_alpha() for one in display.axes["z"].ax.collections} == {0.2}


def test_without_a_map_there_are_outlines_and_no_bar():
    for nothing in (None, False):
        display = plot_glass_brain(nothing, colorbar=True)
        assert bar_of(display) is None
        pixels(display.frame_axes.figure)


def test_words_can_be_left_out(z_map):
    display = plot_glass_brain(z_map, annotate=False, title=None)
    assert not any(one.ax.texts for one in display.axes.values())


def test_contours_and_overlays_can_follow(z_map):
    display = plot_glass_brain(None)
    display.add_overlay(z_map, threshold=3, colorbar=True)
    display.add_contours(z_map, levels=[3], colors="k")
    assert bar_of(display) is not None
    pixels(display.frame_axes.figure)
