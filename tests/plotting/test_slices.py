import nibabel
import numpy as np
import pytest
from PIL import Image

from boldglm.plotting import plot_slice_row

SHAPE = (16, 20, 12)
AFFINE = np.array(
    [[4.0, 0, 0, -30.0], [0, 4.0, 0, -40.0], [0, 0, 4.0, -20.0], [0, 0, 0, 1.0]]
)


@pytest.fixture
def background():
    values = np.zeros(SHAPE, dtype=np.float32)
    values[2:14, 2:18, 1:11] = 1000.0
    return nibabel.Nifti1Image(values, AFFINE)


@pytest.fixture
def stat_map():
    """A positive spot on the left and in front, a negative one on the right."""
    values = np.zeros(SHAPE, dtype=np.float32)
    values[4, 15, 6] = 9.0  # x = -14, y = 20, z = 4
    values[11, 5, 6] = -6.0  # x = 14, y = -20, z = 4
    values[8, 8, 6] = 2.0
    return nibabel.Nifti1Image(values, AFFINE)


def drawn(axes):
    """The overlay: values with the world coordinates of their pixels."""
    overlay = axes.images[1]
    values = np.ma.filled(overlay.get_array(), np.nan)
    left, right, back, front = overlay.get_extent()
    rows, columns = np.nonzero(np.isfinite(values))
    x = left + (columns + 0.5) * (right - left) / values.shape[1]
    y = back + (rows + 0.5) * (front - back) / values.shape[0]
    return {
        (float(a), float(b)): float(v)
        for a, b, v in zip(x, y, values[rows, columns], strict=True)
    }


def test_only_what_passes_the_threshold_is_shown_where_it_is(stat_map, background):
    figure = plot_slice_row(stat_map, background, threshold=3.0, cut_coords=[4.0])
    assert drawn(figure.axes[0]) == {(-14.0, 20.0): 9.0, (14.0, -20.0): -6.0}


@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, 1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_left_is_left_however_the_image_is_stored(stat_map, background, flips, order):
    stored = []
    for image in (stat_map, background):
        turned = nibabel.orientations.io_orientation(AFFINE)
        turned[:, 0] = order
        turned[:, 1] = flips
        stored.append(image.as_reoriented(turned))
    assert nibabel.aff2axcodes(stored[0].affine) != ("R", "A", "S") or (
        flips == (1, 1, 1) and order == (0, 1, 2)
    )
    figure = plot_slice_row(*stored, threshold=3.0, cut_coords=[4.0])
    assert drawn(figure.axes[0]) == {(-14.0, 20.0): 9.0, (14.0, -20.0): -6.0}
    sides = {text.get_text(): text.get_position()[0] for text in figure.axes[0].texts}
    assert sides["L"] < 0.5 < sides["R"]
    assert figure.axes[0].get_xlim()[0] < figure.axes[0].get_xlim()[1]


def test_slices_say_their_height_and_the_last_the_unit(stat_map, background):
    figure = plot_slice_row(
        stat_map, background, threshold=3.0, cut_coords=[-8.1, 4, 12]
    )
    titles = [axes.get_title() for axes in figure.axes[:3]]
    assert titles == ["z = -8", "z = 4", "z = 12 mm"]


def test_a_number_of_cuts_spreads_them_over_what_is_found(stat_map, background):
    values = stat_map.get_fdata()
    values[5, 5, 2] = 5.0
    image = nibabel.Nifti1Image(values, AFFINE)
    figure = plot_slice_row(image, background, threshold=3.0, cut_coords=3)
    titles = [axes.get_title() for axes in figure.axes[:-1]]
    assert titles == ["z = -12", "z = -4", "z = 4 mm"]


def test_with_nothing_found_the_cuts_spread_over_the_brain(background):
    empty = nibabel.Nifti1Image(np.zeros(SHAPE), AFFINE)
    figure = plot_slice_row(empty, background, threshold=3.0, cut_coords=2)
    assert [axes.get_title() for axes in figure.axes[:-1]] == ["z = -16", "z = 20 mm"]
    assert drawn(figure.axes[0]) == {}


def test_the_colour_bar_is_named_and_reaches_the_largest_value(stat_map, background):
    figure = plot_slice_row(
        stat_map, background, threshold=3.0, cut_coords=[4.0], label="t value"
    )
    bar = figure.axes[-1]
    assert bar.get_title() == "t value"
    assert bar.get_ylim() == (-9.0, 9.0)


def test_a_map_without_negative_findings_has_a_one_sided_bar(stat_map, background):
    figure = plot_slice_row(stat_map, background, threshold=7.0, cut_coords=[4.0])
    assert figure.axes[-1].get_ylim() == (0.0, 9.0)


@pytest.mark.parametrize("value", [3.0001, 3.02, 8.99, -3.0001, -9.0])
def test_no_value_that_is_shown_has_the_grey_of_those_hidden(background, value):
    values = np.zeros(SHAPE)
    values[4, 4, 6] = value
    values[4, 8, 6] = 9.0
    values[4, 12, 6] = -9.0
    image = nibabel.Nifti1Image(values, AFFINE)
    figure = plot_slice_row(image, background, threshold=3.0, cut_coords=[4.0])
    overlay = figure.axes[0].images[1]
    red, green, blue, _ = overlay.cmap(overlay.norm(value))
    assert (red > blue) == (value > 0)
    assert max(red, green, blue) - min(red, green, blue) > 0.3


def test_the_picture_is_written_dark_with_a_title(stat_map, background, tmp_path):
    path = tmp_path / "row.png"
    figure = plot_slice_row(
        str(save(stat_map, tmp_path / "map.nii")),
        save(background, tmp_path / "bg.nii"),
        threshold=3.0,
        title="faces - houses",
        output_file=path,
    )
    assert figure.get_suptitle() == "faces - houses"
    with Image.open(path) as picture:
        assert picture.convert("RGB").getpixel((0, 0)) == (0, 0, 0)
        assert picture.width > 300


def save(image, path):
    nibabel.save(image, path)
    return path


def test_texts_stay_inside_the_figure_and_apart(stat_map, background):
    figure = plot_slice_row(
        stat_map, background, threshold=3.0, cut_coords=[-4, 0, 4, 8], title="A title"
    )
    figure.draw_without_rendering()
    boxes = [axes.title.get_window_extent() for axes in figure.axes]
    boxes.append(figure._suptitle.get_window_extent())
    for number, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y0 >= 0
        assert box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])


def test_images_are_not_changed(stat_map, background):
    before = stat_map.get_fdata().copy(), background.get_fdata().copy()
    plot_slice_row(stat_map, background, threshold=3.0)
    np.testing.assert_array_equal(stat_map.get_fdata(), before[0])
    np.testing.assert_array_equal(background.get_fdata(), before[1])


def test_images_on_two_grids_are_refused(stat_map, background):
    moved = nibabel.Nifti1Image(background.get_fdata(), AFFINE + np.eye(4))
    with pytest.raises(ValueError, match="not on the same grid: resample one"):
        plot_slice_row(stat_map, moved, threshold=3.0)
    smaller = background.slicer[:-1]
    with pytest.raises(ValueError, match=r"\(16, 20, 12\).*\(15, 20, 12\)"):
        plot_slice_row(stat_map, smaller, threshold=3.0)


def test_oblique_images_are_refused(stat_map, background):
    oblique = AFFINE.copy()
    oblique[0, 1] = 0.5
    images = [
        nibabel.Nifti1Image(image.get_fdata(), oblique)
        for image in (stat_map, background)
    ]
    with pytest.raises(ValueError, match="oblique to those of the world"):
        plot_slice_row(*images, threshold=3.0)


def test_a_threshold_that_is_not_positive_is_refused(stat_map, background):
    with pytest.raises(ValueError, match=r"threshold is 0.0; expected a positive"):
        plot_slice_row(stat_map, background, threshold=0.0)
