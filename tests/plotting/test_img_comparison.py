import nibabel
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image
from tests.plotting.whole_figures import assert_nothing_is_cut_off, texts_of

from boldglm._base.errors import ShapeError
from boldglm.plotting.img_comparison import plot_img_comparison
from boldglm.plotting.number_text import true_minus

SHAPE = (6, 7, 8)


@pytest.fixture
def maps(rng):
    common = rng.standard_normal(SHAPE)
    return [common, common + rng.standard_normal(SHAPE), -common]


@pytest.fixture
def images(maps):
    return [nibabel.Nifti1Image(one, np.eye(4)) for one in maps]


@pytest.fixture
def mask(rng):
    inside = (rng.random(SHAPE) < 0.6).astype(np.uint8)
    return nibabel.Nifti1Image(inside, np.eye(4))


def test_correlations_are_those_of_numpy(maps, images, mask):
    inside = mask.get_fdata() > 0
    found = plot_img_comparison([images[0]] * 2, images[1:], mask, plot_hist=False)
    expected = [np.corrcoef(maps[0][inside], other[inside])[0, 1] for other in maps[1:]]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert [type(one) for one in found] == [float, float]


def test_correlations_are_those_of_the_peer(images, mask):
    plotting = pytest.importorskip("nilearn.plotting")
    args = ([images[0]] * 2, images[1:], mask)
    theirs = plotting.plot_img_comparison(*args, plot_hist=False)
    ours = plot_img_comparison(*args, plot_hist=False)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-200, 1e150])
def test_correlations_know_no_unit(maps, images, mask, scale):
    scaled = nibabel.Nifti1Image(maps[1] * scale, np.eye(4))
    found = plot_img_comparison(images[0], scaled, mask, plot_hist=False)
    expected = plot_img_comparison(images[0], images[1], mask, plot_hist=False)
    assert found == pytest.approx(expected)


def test_an_image_of_one_value_has_no_correlation(images, mask):
    # but for rounding
    values = np.full(SHAPE, 0.3)
    values[::2] = 0.1 + 0.2
    same = nibabel.Nifti1Image(values, np.eye(4))
    (found,) = plot_img_comparison(images[0], same, mask)
    assert np.isnan(found)
    assert plt.gcf().axes[0].get_title() == "Pearson's R: undefined"
    plt.gcf().draw_without_rendering()


def test_without_histograms_nothing_is_drawn(images, mask, tmp_path):
    plot_img_comparison(
        images[0], images[1], mask, plot_hist=False, output_dir=tmp_path
    )
    assert plt.get_fignums() == []
    assert list(tmp_path.iterdir()) == []


def test_every_voxel_is_in_the_figure_once(images, mask):
    n_voxels = int(mask.get_fdata().sum())
    plot_img_comparison(images[0], images[1], mask)
    left, right, bar = plt.gcf().axes
    assert left.collections[0].get_array().sum() == n_voxels
    assert bar.get_ylabel() == "voxels per cell"
    filled = [patch for patch in right.patches if patch.get_fill()]
    assert len(filled) == 2
    assert right.get_yscale() == "log"


def test_histograms_share_their_bins(maps, images, mask):
    plot_img_comparison(images[0], images[1], mask, log=False)
    right = plt.gcf().axes[1]
    assert right.get_yscale() == "linear"
    edges = [np.unique(patch.get_xy()[:, 0]) for patch in right.patches if patch.fill]
    inside = mask.get_fdata() > 0
    both = np.concatenate([maps[0][inside], maps[1][inside]])
    expected = np.linspace(both.min(), both.max(), 101)
    for found in edges:
        np.testing.assert_allclose(found, expected)
    counts = np.histogram(maps[1][inside], expected)[0]
    tops = [patch.get_xy()[:, 1].max() for patch in right.patches if patch.fill]
    assert tops[1] == counts.max()


def test_names_are_on_the_axes(images, mask):
    (r,) = plot_img_comparison(
        images[0], images[2], mask, ref_label="before", src_label="after"
    )
    left, right = plt.gcf().axes[:2]
    assert (left.get_xlabel(), left.get_ylabel()) == ("before", "after")
    assert left.get_title() == f"Pearson's R: {true_minus('-')}1.00"
    assert r == pytest.approx(-1.0)
    assert texts_of(right.get_legend().get_texts()) == ["before", "after"]


def test_limits_hold_all_and_are_the_same_where_units_may_be(maps, images, mask):
    plot_img_comparison(images[0], images[1], mask)
    left = plt.gcf().axes[0]
    inside = mask.get_fdata() > 0
    low, high = left.get_xlim()
    assert left.get_ylim() == (low, high)
    for one in maps[:2]:
        assert low < one[inside].min()
        assert one[inside].max() < high


def test_limits_differ_where_units_must(maps, images, mask):
    large = nibabel.Nifti1Image(1000.0 + 100.0 * maps[1], np.eye(4))
    plot_img_comparison(images[0], large, mask)
    left = plt.gcf().axes[0]
    inside = mask.get_fdata() > 0
    assert left.get_xlim()[1] < 10 < left.get_ylim()[0]
    assert left.get_ylim()[0] < 1000.0 + 100.0 * maps[1][inside].min()
    assert left.collections[0].get_array().sum() == inside.sum()


def test_the_line_is_where_values_are_equal(images, mask):
    plot_img_comparison(images[0], images[1], mask)
    left = plt.gcf().axes[0]
    (line,) = left.lines
    assert line.get_slope() == 1.0
    assert line.get_xy1() == (0.0, 0.0)


def test_colour_bar_only_on_request(images, mask):
    plot_img_comparison(images[0], images[1], mask, colorbar=False)
    assert len(plt.gcf().axes) == 2


def test_every_pair_has_its_figure(images, mask):
    plot_img_comparison([images[0]] * 2, images[1:], mask)
    assert len(plt.get_fignums()) == 2


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_pictures_are_written_whole(images, mask, tmp_path, kind):
    found = plot_img_comparison(
        [images[0]] * 2, images[1:], mask, output_dir=kind(tmp_path)
    )
    assert len(found) == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0000.png", "0001.png"]
    for path in tmp_path.iterdir():
        with Image.open(path) as picture:
            picture.load()
            assert len(set(picture.convert("L").tobytes())) > 20
    assert plt.get_fignums() == []


@pytest.mark.parametrize("wrap", [list, tuple, np.array])
def test_it_is_drawn_where_it_is_asked_for(images, mask, wrap):
    figure = Figure()
    pair = figure.subplots(1, 2)
    plot_img_comparison(images[0], images[1], mask, axes=wrap(pair), colorbar=False)
    assert figure.axes == list(pair)
    assert pair[0].collections
    assert pair[1].patches
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ([1], "axes are 1; expected two"),
        (Figure().add_subplot(), "axes are 1; expected two"),
        ([1, 2], r"axes\[0\] is a int; expected one matplotlib Axes"),
    ],
)
def test_axes_that_are_not_two_are_told(images, mask, axes, message):
    with pytest.raises(TypeError, match=message):
        plot_img_comparison(images[0], images[1], mask, axes=axes)


@pytest.mark.parametrize(("n_ref", "n_src"), [(1, 2), (2, 1), (0, 0)])
def test_lists_of_different_lengths_are_told(images, mask, n_ref, n_src):
    with pytest.raises(ShapeError, match=f"Got {n_ref} reference and {n_src} source"):
        plot_img_comparison(images[:n_ref], images[:n_src], mask)


@pytest.mark.parametrize("given", [None, 3, np.zeros(SHAPE), {"a": 1}])
def test_what_is_no_image_is_told(images, mask, given):
    with pytest.raises(TypeError, match="expected a 3-D image, its path, or a list"):
        plot_img_comparison(images[0], given, mask)


def test_nothing_is_cut_off(images, mask):
    plot_img_comparison(images[0], images[1], mask, ref_label="a long name " * 4)
    assert_nothing_is_cut_off(plt.gcf())


def test_images_are_not_changed(images, mask):
    before = [one.get_fdata().copy() for one in (*images[:2], mask)]
    plot_img_comparison(images[0], images[1], mask)
    for one, values in zip((*images[:2], mask), before, strict=True):
        np.testing.assert_array_equal(one.get_fdata(), values)


def test_maps_of_one_name_are_both_drawn(images):
    """A name is no key: of two maps called alike, one was lost."""
    _, axes = plt.subplots(1, 2)
    plot_img_comparison(
        images[:1], images[1:2], ref_label="z", src_label="z", axes=axes
    )
    assert [text.get_text() for text in axes[1].get_legend().get_texts()] == ["z", "z"]
