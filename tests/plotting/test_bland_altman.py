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

from boldglm.plotting.bland_altman import plot_bland_altman
from boldglm.plotting.number_text import true_minus

SHAPE = (6, 7, 8)


@pytest.fixture
def maps(rng):
    first = rng.standard_normal(SHAPE)
    return first, 0.8 * first + 0.3 + 0.1 * rng.standard_normal(SHAPE)


@pytest.fixture
def pair(maps):
    return [nibabel.Nifti1Image(one, np.eye(4)) for one in maps]


@pytest.fixture
def mask():
    inside = np.ones(SHAPE, np.uint8)
    inside[:2] = 0
    return nibabel.Nifti1Image(inside, np.eye(4))


@pytest.fixture
def expected(maps, mask):
    first, second = (one[mask.get_fdata() > 0] for one in maps)
    return (first + second) / 2, first - second


def heights(axes):
    return [line.get_ydata()[0] for line in axes.lines]


def test_every_voxel_is_in_the_density_and_in_both_histograms(pair, mask, expected):
    main, left, below, bar = plot_bland_altman(*pair, mask, gridsize=(40, 25)).axes
    mean, difference = expected
    assert main.collections[0].get_array().sum() == mean.size
    assert bar.get_ylabel() == "voxels per cell"
    counts = np.histogram(difference, 25, range=main.get_ylim())[0]
    assert left.patches[0].get_xy()[:, 0].max() == counts.max()
    counts = np.histogram(mean, 40, range=main.get_xlim())[0]
    assert below.patches[0].get_xy()[:, 1].max() == counts.max()


def test_the_density_lies_at_mean_and_difference(pair, mask, expected):
    main = plot_bland_altman(*pair, mask).axes[0]
    density = main.collections[0]
    weights = density.get_array()
    centre = (weights[:, np.newaxis] * density.get_offsets()).sum(axis=0)
    step = np.array([np.ptp(main.get_xlim()), np.ptp(main.get_ylim())]) / 100
    miss = centre / weights.sum() - [values.mean() for values in expected]
    assert (np.abs(miss) < step).all()


def test_lines_are_zero_the_mean_and_the_limits_of_agreement(pair, mask, expected):
    main = plot_bland_altman(*pair, mask).axes[0]
    _, difference = expected
    mean, spread = difference.mean(), 1.96 * difference.std(ddof=1)
    np.testing.assert_allclose(heights(main), [0, mean, mean - spread, mean + spread])
    words = texts_of(main.get_legend().get_texts())
    assert words == [f"mean {true_minus(f'{mean:.3g}')}", "±1.96 SD"]


def test_limits_hold_all_and_differences_are_symmetric(pair, mask, expected):
    main = plot_bland_altman(*pair, mask).axes[0]
    mean, difference = expected
    low, high = main.get_ylim()
    assert low == -high
    assert np.abs(difference).max() < high < 1.2 * np.abs(difference).max()
    left, right = main.get_xlim()
    assert left < mean.min()
    assert mean.max() < right


def test_axes_share_their_limits(pair, mask):
    main, left, below = plot_bland_altman(*pair, mask, colorbar=False).axes
    assert left.get_ylim() == main.get_ylim()
    assert below.get_xlim() == main.get_xlim()
    # bars point away from the density
    assert left.get_xlim()[0] > left.get_xlim()[1]
    assert below.get_ylim()[0] > below.get_ylim()[1]


def test_limits_may_be_given(pair, mask):
    main = plot_bland_altman(*pair, mask, lims=[0, 2, -1.5, 1.0]).axes[0]
    assert main.get_xlim() == (0, 2)
    assert main.get_ylim() == (-1.5, 1.0)
    assert plot_bland_altman(*pair, mask, lims=np.array([-1, 0, 0, 1])) is plt.gcf()


def test_limits_without_a_voxel_are_an_empty_figure(pair, mask):
    figure = plot_bland_altman(*pair, mask, lims=(50, 60, 50, 60))
    figure.draw_without_rendering()
    assert figure.axes[0].collections[0].get_array().size == 0


@pytest.mark.parametrize(
    ("lims", "kind", "message"),
    [
        ([1, 2, 3], TypeError, r"lims is \[1, 2, 3\]; expected four numbers"),
        (3, TypeError, "lims is 3; expected four numbers"),
        ("abcd", TypeError, "lims is 'abcd'; expected four numbers"),
        ([0, 1, "a", 2], TypeError, "lims is 'a'; expected four numbers"),
        ([0, 1, np.nan, 2], ValueError, "lims is nan; expected four numbers"),
        ([1, 0, -1, 1], ValueError, "each pair in ascending order"),
        ([0, 1, 1, 1], ValueError, "each pair in ascending order"),
    ],
)
def test_limits_that_are_none_are_told(pair, mask, lims, kind, message):
    with pytest.raises(kind, match=message):
        plot_bland_altman(*pair, mask, lims=lims)
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("gridsize", "kind"),
    [(0, ValueError), (2.5, ValueError), ("a", TypeError), ((1, 2, 3), ValueError)],
)
def test_grids_that_are_none_are_told(pair, mask, gridsize, kind):
    with pytest.raises(kind, match=r"gridsize is .*; expected a number of cells, or"):
        plot_bland_altman(*pair, mask, gridsize=gridsize)


def test_equal_images_lie_on_the_line(pair, mask):
    figure = plot_bland_altman(pair[0], pair[0], mask)
    assert heights(figure.axes[0]) == [0, 0, 0, 0]
    assert figure.axes[0].get_ylim() == (-1.0, 1.0)
    figure.draw_without_rendering()


def test_a_single_voxel_is_shown(pair):
    inside = np.zeros(SHAPE, np.uint8)
    inside[1, 1, 1] = 1
    figure = plot_bland_altman(*pair, nibabel.Nifti1Image(inside, np.eye(4)))
    figure.draw_without_rendering()
    assert figure.axes[0].collections[0].get_array().tolist() == [1]


def test_names_title_and_colours(pair, mask):
    figure = plot_bland_altman(
        *pair, mask, ref_label="a", src_label="b", title="A and B", cmap="viridis"
    )
    main, left, below, _ = figure.axes
    assert left.get_ylabel() == f"Difference (a {true_minus('-')} b)"
    assert below.get_xlabel() == "Mean of a and b"
    assert main.get_title() == "A and B"
    assert main.collections[0].get_cmap().name == "viridis"


def test_it_is_drawn_where_it_is_asked_for(pair, mask):
    figure = Figure()
    assert plot_bland_altman(*pair, mask, figure=figure) is figure
    assert len(figure.axes) == 4
    part = Figure().subfigures(1, 2)[1]
    assert plot_bland_altman(*pair, mask, figure=part) is part
    assert plt.get_fignums() == []
    assert plot_bland_altman(*pair, mask) is plt.gcf()
    with pytest.raises(TypeError, match="figure is 3; expected a matplotlib Figure"):
        plot_bland_altman(*pair, mask, figure=3)


def test_the_numbers_are_those_of_the_peer(pair, mask):
    plotting = pytest.importorskip("nilearn.plotting")
    lims = [-2.0, 2.0, -1.0, 1.0]
    theirs = plotting.plot_bland_altman(*pair, mask, lims=lims, gridsize=30)
    ours = plot_bland_altman(*pair, mask, lims=lims, gridsize=30)
    counts = [
        sorted(figure.axes[0].collections[0].get_array()) for figure in (theirs, ours)
    ]
    assert [n for n in counts[0] if n] == counts[1]
    assert type(theirs) is type(ours)


def test_the_picture_is_written_whole(pair, mask, tmp_path):
    figure = plot_bland_altman(*pair, mask, output_file=tmp_path / "ba.png")
    assert len(figure.axes) == 4
    assert_written_and_closed(tmp_path / "ba.png")


def test_nothing_is_cut_off(pair, mask):
    figure = plot_bland_altman(*pair, mask, title="A title", src_label="another image")
    assert_nothing_is_cut_off(figure)
