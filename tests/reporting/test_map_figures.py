"""Figures of a map show what they say."""

import numpy as np
import pytest
from tests.reporting import simulated_models as sim

from boldglm.reporting import map_figures
from boldglm.reporting.chart import Chart
from boldglm.reporting.contrast_words import Threshold


def test_two_sides_keep_their_signs_in_the_glass_brain(monkeypatch):
    model, asked = sim.first_level(1), []

    def draw(_, *, figure, plot_abs, **__):
        asked.append(plot_abs)

    monkeypatch.setattr("boldglm.plotting.plot_glass_brain", draw)
    for two_sided in (True, False):
        sim.content(model, "a", plot_type="glass", two_sided=two_sided)
    assert asked == [False, True]


def test_noise_alone_is_as_many_voxels_as_there_are(rng):
    """The dashed curve holds the voxels, whatever the width of the bins."""
    z = rng.standard_normal(5000)
    drawn = []

    class Recorder(Chart):
        def line(self, x, y, colour, dashes=""):
            drawn.append((x, y))
            super().line(x, y, colour, dashes)

    threshold = Threshold(3.0, 0.001, "fpr", False, 0, z.size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(map_figures, "Chart", Recorder)
        map_figures.histogram_of_z("h", z, threshold, "t")
    ((_, noise),) = drawn
    assert np.sum(noise) == pytest.approx(z.size, rel=0.01)
