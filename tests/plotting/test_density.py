import numpy as np
import pytest
from matplotlib.figure import Figure

from boldglm.plotting.density import draw_density, label_density

BOX = (-4.0, 4.0, -4.0, 4.0)


@pytest.fixture
def axes():
    return Figure().add_subplot()


def test_every_pair_inside_is_counted_once(axes, rng):
    x, y = rng.standard_normal((2, 5000)).clip(-3.9, 3.9)
    shown = draw_density(axes, x, y, BOX, cmap="inferno", gridsize=(30, 20))
    assert shown.get_array().sum() == 5000
    assert shown.get_array().min() >= 1


def test_pairs_outside_are_not_counted(axes):
    x = np.array([0.0, 0.0, 100.0])
    shown = draw_density(axes, x, x, BOX, cmap="inferno", gridsize=(9, 9))
    assert shown.get_array().sum() == 2


def test_colours_are_logarithmic_from_a_single_voxel_up(axes):
    x = np.repeat([0.0, 2.0], [1000, 1])
    shown = draw_density(axes, x, x, BOX, cmap="inferno", gridsize=(9, 9))
    assert type(shown.norm).__name__ == "LogNorm"
    assert shown.get_clim() == (1.0, 1000.0)
    # a single voxel is there, and not in the colour of the ground
    single = shown.to_rgba(np.array([1.0]))[0, :3]
    assert np.abs(single - axes.get_facecolor()[:3]).max() > 0.5


@pytest.mark.parametrize("x", [np.zeros(3), np.arange(3.0), np.full(3, 100.0)])
def test_few_or_no_pairs_are_drawn_without_a_warning(axes, x):
    shown = draw_density(axes, x, x, BOX, cmap="viridis", gridsize=(5, 5))
    label_density(axes.figure.colorbar(shown))
    axes.figure.draw_without_rendering()
    assert shown.get_clim() == (1.0, 10.0)
    assert axes.figure.axes[1].get_ylabel() == "voxels per cell"
