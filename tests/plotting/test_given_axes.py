import pytest
from matplotlib.figure import Figure

from boldglm.plotting.given_axes import checked_axes, checked_figure


def test_axes_and_figures_pass_as_they_are():
    figure = Figure()
    axes = figure.add_subplot()
    part = Figure().subfigures(1, 2)[0]
    assert checked_axes(axes) is axes
    assert checked_figure(figure) is figure
    assert checked_figure(part) is part


def test_what_is_no_axes_is_told():
    both = Figure().subplots(1, 2)
    with pytest.raises(TypeError, match=r"axes is a ndarray; .*, as axes\[0\] may be"):
        checked_axes(both)
    with pytest.raises(
        TypeError, match=r"axes\[1\] is a int; .* one matplotlib Axes\.$"
    ):
        checked_axes(3, "axes[1]")


def test_what_is_no_figure_is_told():
    with pytest.raises(TypeError, match=r"figure is \(3, 4\); expected a matplotlib"):
        checked_figure((3, 4))
