import nibabel
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from tests.plotting.whole_figures import (
    assert_nothing_is_cut_off,
    assert_written_and_closed,
    texts_of,
)

from boldglm.plotting.carpet import plot_carpet
from boldglm.plotting.carpet_voxels import read_carpet

SHAPE = (5, 6, 4)


@pytest.fixture
def run(rng):
    data = rng.standard_normal((*SHAPE, 30)) + 100.0
    data[..., 20] += 8.0
    image = nibabel.Nifti1Image(data.astype(np.float32), np.eye(4))
    image.header.set_zooms((1, 1, 1, 2.5))
    image.header.set_xyzt_units("mm", "sec")
    return image


@pytest.fixture
def mask():
    return nibabel.Nifti1Image(np.ones(SHAPE, np.uint8), np.eye(4))


@pytest.fixture
def atlas():
    regions = np.zeros(SHAPE, np.int16)
    regions[:2], regions[2:] = 3, 1
    regions[4, 4:] = 7
    return nibabel.Nifti1Image(regions, np.eye(4))


def test_the_picture_is_the_carpet(run, mask):
    axes, bar = plot_carpet(run, mask).axes
    (image,) = axes.images
    expected = read_carpet(run, mask, None, 2.5, True).rows
    np.testing.assert_array_equal(image.get_array(), expected)
    assert image.get_extent() == [0, 75, 120, 0]
    assert axes.get_xlabel() == "time (s)"
    assert axes.get_ylabel() == "voxels"
    assert list(axes.get_yticks()) == []
    assert bar.get_ylabel() == "z"


def test_the_numbers_are_those_of_the_peer(run, mask):
    plotting = pytest.importorskip("nilearn.plotting")
    theirs = plotting.plot_carpet(run, mask, standardize="zscore_sample").axes[0]
    ours = plot_carpet(run, mask).axes[0]
    np.testing.assert_allclose(
        ours.images[0].get_array(), theirs.images[0].get_array(), atol=1e-4
    )
    np.testing.assert_allclose(
        ours.images[0].get_clim(), theirs.images[0].get_clim(), rtol=1e-4
    )
    assert ours.get_xlabel() == theirs.get_xlabel()


def test_a_spike_is_seen_at_its_time(run, mask, tmp_path):
    axes = plot_carpet(run, mask).axes[0]
    bright = np.asarray(axes.images[0].get_array()).mean(axis=0)
    left, right, _, _ = axes.images[0].get_extent()
    time = left + (np.argmax(bright) + 0.5) * (right - left) / bright.size
    assert 20 * 2.5 < time < 21 * 2.5


def test_without_detrending_voxels_are_as_they_are(run, mask):
    axes, bar = plot_carpet(run, mask, detrend=False).axes
    shown = np.asarray(axes.images[0].get_array())
    np.testing.assert_array_equal(shown, run.get_fdata().reshape(120, 30))
    assert bar.get_ylabel() == "signal"
    low, high = axes.images[0].get_clim()
    centre, spread = shown.mean(), shown.std(axis=1).mean()
    assert low == pytest.approx(centre - 2 * spread, rel=1e-5)
    assert high == pytest.approx(centre + 2 * spread, rel=1e-5)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"vmin": 0.0}, (0.0, None)),
        ({"vmax": 0}, (None, 0)),
        ({"vmin": -3, "vmax": 1}, (-3, 1)),
    ],
)
def test_limits_may_be_given_0_among_them(run, mask, given, expected):
    found = plot_carpet(run, mask, **given).axes[0].images[0].get_clim()
    for one, wanted in zip(found, expected, strict=True):
        assert wanted is None or one == wanted


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        (
            {"vmin": 1, "vmax": 1},
            ValueError,
            "vmin is 1 and vmax is 1; expected vmin <",
        ),
        ({"vmin": "a"}, TypeError, "vmin is 'a'; expected a finite number"),
        ({"vmax": np.nan}, ValueError, "vmax is nan; expected a finite number"),
        ({"cmap": "grey scale"}, ValueError, "there is no colour map of that name"),
        ({"cmap_labels": 3}, TypeError, "cmap is 3; expected the name"),
        ({"axes": 3}, TypeError, "axes is a int; expected one matplotlib Axes"),
        ({"figure": 3}, TypeError, "figure is 3; expected a matplotlib Figure"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_drawn(
    run, mask, given, kind, message
):
    with pytest.raises(kind, match=message):
        plot_carpet(run, mask, **given)
    assert plt.get_fignums() == []


def test_regions_have_names_and_colours_beside_their_voxels(run, atlas):
    labels = {"front": 3, "$back$": 1}
    figure = plot_carpet(run, atlas, labels)
    axes = figure.axes[0]
    (strip,) = axes.child_axes
    sizes = [int((atlas.get_fdata() == value).sum()) for value in (1, 3, 7)]
    edges = np.cumsum(sizes)
    assert texts_of(strip.get_yticklabels()) == ["$back$", "front", "7"]
    np.testing.assert_allclose(strip.get_yticks(), edges - np.array(sizes) / 2)
    assert not any(label.get_parse_math() for label in strip.get_yticklabels())
    codes = np.asarray(strip.images[0].get_array()).ravel()
    np.testing.assert_array_equal(codes, np.repeat([0, 1, 2], sizes))
    assert strip.get_ylim() == axes.get_ylim() == (edges[-1], 0)
    lines = [segment[0, 1] for segment in axes.collections[0].get_segments()]
    assert lines == edges[:-1].tolist()
    assert axes.get_ylabel() == ""


def test_regions_have_different_colours_none_of_them_the_ends(run, atlas):
    strip = plot_carpet(run, atlas, cmap_labels="gray").axes[0].child_axes[0]
    image = strip.images[0]
    shades = image.to_rgba(np.arange(3))[:, 0]
    assert len(set(shades)) == 3
    assert shades.min() > 0.0
    assert shades.max() < 1.0


def test_axes_of_the_caller_are_used(run, atlas):
    figure = Figure()
    first, second = figure.subplots(1, 2)
    assert plot_carpet(run, atlas, axes=second) is figure
    assert second.images
    assert not first.images
    assert figure.axes == [first, second]
    assert plot_carpet(run, atlas, figure=figure, axes=first) is figure
    assert first.images
    assert plt.get_fignums() == []


def test_a_figure_of_the_caller_is_used(run, mask):
    figure = Figure()
    assert plot_carpet(run, mask, figure=figure) is figure
    assert len(figure.axes) == 1
    assert plot_carpet(run, mask) is plt.gcf()


def test_axes_of_another_figure_are_refused(run, mask):
    with pytest.raises(ValueError, match="axes are not on that figure"):
        plot_carpet(run, mask, figure=Figure(), axes=Figure().add_subplot())


def test_title_and_time(run, mask):
    axes = plot_carpet(run, mask, t_r=2.0, title="Run 1").axes[0]
    assert axes.get_title() == "Run 1"
    assert axes.get_xlim() == (0.0, 60.0)


def test_voxels_without_variation_are_shown(mask):
    same = nibabel.Nifti1Image(np.full((*SHAPE, 10), 5.0, np.float32), np.eye(4))
    for detrend in (True, False):
        axes = plot_carpet(same, mask, t_r=2.0, detrend=detrend).axes[0]
        low, high = axes.images[0].get_clim()
        assert low < high
        axes.figure.draw_without_rendering()


def test_the_picture_is_written_whole(run, atlas, tmp_path):
    figure = plot_carpet(run, atlas, output_file=tmp_path / "carpet.png")
    assert len(figure.axes) == 2
    assert_written_and_closed(tmp_path / "carpet.png")


def test_nothing_is_cut_off(run, atlas):
    labels = {"a region with a very long name, as they come in an atlas": 3}
    assert_nothing_is_cut_off(plot_carpet(run, atlas, labels, title="Run 1"))


def test_images_are_not_changed(run, atlas):
    before = run.get_fdata().copy(), atlas.get_fdata().copy()
    plot_carpet(run, atlas)
    np.testing.assert_array_equal(np.asarray(run.dataobj), before[0].astype(np.float32))
    np.testing.assert_array_equal(atlas.get_fdata(), before[1])
