import warnings

import numpy as np
import pytest

from boldglm._base.warnings import ThresholdWarning
from boldglm.reporting.report_options import checked_options


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"plot_type": "cube"}, ValueError, "plot_type is 'cube'"),
        ({"alpha": 2}, ValueError, "alpha is 2; expected a probability above 0"),
        ({"alpha": 0.51}, ValueError, "alpha is 0.51; .* at most 0.5"),
        ({"alpha": 0}, ValueError, "alpha is 0; expected a probability above 0"),
        ({"alpha": float("nan")}, ValueError, "alpha is nan"),
        ({"alpha": "5 %"}, TypeError, "alpha is '5 %'; expected a probability"),
        ({"two_sided": "yes"}, TypeError, "two_sided is 'yes'; expected True or False"),
        ({"two_sided": 1}, TypeError, "two_sided is 1"),
        ({"title": 5}, TypeError, "title is 5; expected text"),
        ({"height_control": "fwe"}, ValueError, "'fwe'; .* 'bonferroni', or None"),
        ({"height_control": 3}, ValueError, "height_control is 3; .*, or None"),
        ({"display_mode": "w"}, ValueError, "display_mode is 'w'"),
        ({"plot_type": "glass", "display_mode": "mosaic"}, ValueError, "display_mode"),
        ({"cluster_threshold": -1}, ValueError, "cluster_threshold"),
        ({"cluster_threshold": "9"}, TypeError, "cluster_threshold"),
        ({"min_distance": 0}, ValueError, "min_distance"),
        (
            {"height_control": None, "threshold": -3, "two_sided": True},
            ValueError,
            "threshold=-3 is negative",
        ),
        (
            {"height_control": None, "threshold": -3},
            ValueError,
            "pass two_sided=True, or the contrast with its signs",
        ),
        ({"cluster_threshold": 10.5}, ValueError, "10.5; expected a number of voxels"),
        ({"height_control": None, "threshold": "3"}, TypeError, "threshold is '3'"),
    ],
)
def test_mistakes_are_told(given, error, match):
    with pytest.raises(error, match=match):
        checked_options(**given)


def test_heights_are_those_asked_for():
    assert checked_options().threshold is None
    assert checked_options(height_control=None).threshold == 3.09
    assert checked_options(height_control="none").height_control is None
    assert checked_options(height_control=None, threshold=0).threshold == 0
    assert checked_options(cluster_threshold=10.0).cluster_threshold == 10
    with pytest.warns(ThresholdWarning, match="threshold=4 is not used"):
        assert checked_options(threshold=4).threshold is None


def test_what_is_just_allowed():
    assert checked_options(alpha=0.5).alpha == 0.5
    assert checked_options(two_sided=np.True_).two_sided
    assert checked_options(title="").title == ""


def test_layouts_depend_on_what_is_shown():
    options = checked_options(display_mode="ortho")
    assert (options.slice_mode, options.glass_mode) == ("ortho", "lzry")
    options = checked_options(plot_type="glass", display_mode="lyrz")
    assert (options.slice_mode, options.glass_mode) == ("z", "lyrz")


def test_defaults_are_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checked_options()
