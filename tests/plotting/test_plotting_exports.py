import pytest

from boldglm import plotting


def test_every_name_that_is_announced_is_there():
    for name in plotting.__all__:
        assert getattr(plotting, name).__name__ == name
    assert dir(plotting) == sorted(plotting.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'plot_moon'"):
        plotting.plot_moon  # noqa: B018
