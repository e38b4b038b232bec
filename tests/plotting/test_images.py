import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image
from tests.plotting.phantoms import MARKER, body, marker_map, pixels

from boldglm._base.warnings import FigureWarning
from boldglm.plotting import plot_anat, plot_epi, plot_img


def image(display, key="x"):
    return display.axes[key].ax.images[-1]


def bar_of(display):
    found = display.frame_axes.figure.axes
    return next((one for one in found if one.get_label() == "colour bar"), None)


def test_all_values_are_shown_from_the_lowest_to_the_highest(rng):
    values = rng.normal(size=(9, 9, 9)).astype(np.float32)
    display = plot_img(Nifti1Image(values, np.eye(4)), cut_coords=(2, 3, 4))
    seen = np.concatenate(
        [values[2].ravel(), values[:, 3].ravel(), values[..., 4].ravel()]
    )
    assert image(display).get_clim() == (seen.min(), seen.max())
    np.testing.assert_array_equal(image(display).get_array(), values[2].T)
    assert image(display).get_cmap().name == "gray"
    assert bar_of(display).get_ylim() == (seen.min(), seen.max())


def test_limits_that_are_fixed_are_kept():
    display = plot_img(body(), vmin=10, vmax=60)
    assert image(display).get_clim() == (10, 60)
    with pytest.warns(FigureWarning, match="vmax is nan and is ignored"):
        plot_img(body(), vmax=np.nan)


def test_coordinates_have_decimals_if_asked_for():
    display = plot_img(body(), cut_coords=MARKER, decimals=1)
    assert "z = 57.0" in {one.get_text() for one in display.axes["z"].ax.texts}


def test_an_image_may_have_a_background():
    display = plot_img(marker_map(), bg_img=body(), threshold=4, cmap="hot")
    behind, shown = display.axes["x"].ax.images
    assert behind.get_cmap().name == "gray"
    assert shown.get_cmap().name == "hot"


def test_a_constant_image_and_zeros_are_drawn():
    for value in (0.0, 3.0):
        values = np.full((6, 6, 6), value, dtype=np.float32)
        if value == 0:
            with pytest.warns(FigureWarning, match="no finite value but 0"):
                display = plot_img(Nifti1Image(values, np.eye(4)))
        else:
            display = plot_img(Nifti1Image(values, np.eye(4)))
        pixels(display.frame_axes.figure)


def test_radiological_images_are_mirrored():
    left, right = plot_img(body(), radiological=True).axes["z"].ax.get_xlim()
    assert left > right


def test_anatomy_is_the_template_by_default():
    display = plot_anat()
    assert not display.black_bg
    assert display.cut_coords == pytest.approx((0, 5, 23), abs=10)
    assert plot_anat("MNI152TEMPLATE").cut_coords == display.cut_coords


def test_anatomy_is_dimmed_and_its_bar_leaves_out_what_is_of_no_voxel():
    display = plot_anat(body(), dim=1, black_bg=True)
    lowest, highest = 0.0, body().get_fdata().max()
    _, high = image(display).get_clim()
    assert high > highest
    assert bar_of(display).get_ylim() == (lowest, pytest.approx(highest))
    display = plot_anat(body(), dim=1, black_bg=False)
    low, _ = image(display).get_clim()
    assert low < lowest
    assert bar_of(display).get_ylim() == (lowest, pytest.approx(highest))


def test_limits_of_anatomy_can_be_fixed():
    display = plot_anat(body(), vmin=5, vmax=40)
    assert image(display).get_clim() == (5, 40)
    assert bar_of(display).get_ylim() == (5, 40)


def test_anatomy_below_a_threshold_is_hidden():
    display = plot_anat(body(), threshold=1, cut_coords=MARKER)
    assert np.ma.masked_invalid(image(display).get_array()).mask.any()
    display = plot_anat(body(), cut_coords=MARKER)
    assert not np.ma.masked_invalid(image(display).get_array()).mask.any()


@pytest.mark.parametrize("nothing", [None, False])
def test_without_an_anatomy_there_is_nothing_to_show(nothing):
    with pytest.raises(TypeError, match=r"anat_img is .*; expected a 3D image, or"):
        plot_anat(nothing)


def test_functional_images_are_on_black_in_grey():
    display = plot_epi(body())
    assert display.black_bg
    assert image(display).get_cmap().name == "gray"
    assert (pixels(display.frame_axes.figure)[2, 2] == 0).all()
    assert not plot_epi(body(), black_bg=False).black_bg


def test_functional_images_take_a_threshold_too():
    display = plot_epi(body(), threshold=1, cut_coords=MARKER)
    assert np.ma.masked_invalid(image(display).get_array()).mask.any()


def test_a_functional_image_is_needed():
    with pytest.raises(TypeError, match="Expected an image"):
        plot_epi()


@pytest.mark.parametrize("plot", [plot_img, plot_anat, plot_epi])
def test_bars_can_be_left_out_and_written_otherwise(plot):
    assert bar_of(plot(body(), colorbar=False)) is None
    bar = bar_of(plot(body(), cbar_tick_format="%.3f"))
    assert bar.get_yticklabels()[0].get_text() == "0.000"
