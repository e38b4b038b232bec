"""Limits against those of nilearn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boldglm._base.warnings import FigureWarning
from boldglm.plotting.cm import colour_map
from boldglm.plotting.displays import colours
from boldglm.plotting.displays.colours import (
    Limits,
    check_threshold,
    colour_limits,
    hide,
    known_limit,
    norm_of,
)

TWO_SIDED = (-3.0, 5.0)
DIVERGING = colour_map("RdBu_r")


def peers_limits(value_range, vmin, vmax, symmetric):
    peer = pytest.importorskip("nilearn.plotting._utils")
    bar_low, bar_high, low, high = peer.get_colorbar_and_data_ranges(
        np.array(value_range), vmin=vmin, vmax=vmax, symmetric_cbar=symmetric
    )
    return low, high, bar_low, bar_high


@pytest.mark.parametrize("value_range", [(-3.0, 5.0), (-7.0, 2.0)])
@pytest.mark.parametrize("symmetric", [True, False, "auto"])
@pytest.mark.parametrize(
    ("vmin", "vmax"),
    [(None, None), (None, 4.0), (-2.0, None), (-6.0, 6.0), (None, 9.0)],
)
def test_limits_of_a_map_of_both_signs_are_those_of_nilearn(
    value_range, symmetric, vmin, vmax
):
    limits = colour_limits(value_range, vmin, vmax, symmetric, DIVERGING)
    low, high, bar_low, bar_high = peers_limits(value_range, vmin, vmax, symmetric)
    assert (limits.low, limits.high) == (low, high)
    # in both programs None is for the end of the colours
    part = low if bar_low is None else bar_low, high if bar_high is None else bar_high
    shown_low = limits.low if limits.bar_low is None else limits.bar_low
    shown_high = limits.high if limits.bar_high is None else limits.bar_high
    assert (shown_low, shown_high) == part


@pytest.mark.parametrize("value_range", [(2.0, 6.0), (-6.0, -2.0)])
@pytest.mark.parametrize(
    ("vmin", "vmax"), [(None, None), (-3.0, None), (None, 3.0), (None, 9.0)]
)
def test_whether_both_signs_are_there_is_decided_as_by_nilearn(value_range, vmin, vmax):
    limits = colour_limits(value_range, vmin, vmax)
    low, high, *_ = peers_limits(value_range, vmin, vmax, "auto")
    assert (limits.low == -limits.high) == (low == -high)


@pytest.mark.parametrize(("vmin", "vmax"), [(1.0, 4.0), (-2.0, 8.0)])
def test_limits_that_are_not_symmetric_are_kept_unless_symmetry_is_asked_for(
    vmin, vmax
):
    limits = colour_limits(TWO_SIDED, vmin, vmax)
    assert (limits.low, limits.high) == (vmin, vmax)
    with pytest.warns(FigureWarning, match="not symmetric about 0: the colours run"):
        limits = colour_limits(TWO_SIDED, vmin, vmax, symmetric=True)
    assert (limits.low, limits.high) == (-vmax, vmax)


def test_divergence_a_map_of_one_sign_takes_the_colours_of_that_sign():
    """The peer spreads all colours, also those of the other sign, over the map."""
    limits = colour_limits((0.0, 6.0), cmap=DIVERGING)
    assert limits == Limits(-6.0, 6.0, bar_low=0.0)
    assert colour_limits((-6.0, 0.0), cmap=DIVERGING) == Limits(-6.0, 6.0, bar_high=0.0)
    assert colour_limits((1.0, 6.0), None, 4.0, cmap=DIVERGING) == Limits(
        -4.0, 4.0, bar_low=0.0
    )
    low, high, *_ = peers_limits((0.0, 6.0), None, None, "auto")
    assert (low, high) == (0.0, 6.0)


def test_other_colour_maps_are_spread_over_a_map_of_one_sign():
    sequential = colour_map("viridis")
    for value_range in [(0.0, 6.0), (1.0, 6.0), (-6.0, -1.0)]:
        limits = colour_limits(value_range, cmap=sequential)
        assert (limits.low, limits.high) == value_range
    assert colour_limits((1.0, 6.0), cmap=sequential).bar_low == 0.0
    assert colour_limits((-6.0, -1.0), cmap=sequential).bar_high == 0.0
    assert colour_limits((1.0, 6.0), 1.0, cmap=sequential).bar_low is None


@pytest.mark.parametrize("symmetric", [True, False])
def test_who_says_whether_it_is_symmetric_is_obeyed(symmetric):
    limits = colour_limits((0.0, 6.0), symmetric=symmetric, cmap=DIVERGING)
    assert limits.low == (-6.0 if symmetric else 0.0)


def test_a_limit_beyond_all_values_does_not_turn_the_colours_around():
    limits = colour_limits((1.0, 6.0), vmax=0.5, symmetric=False)
    assert limits.low <= limits.high


@given(
    st.tuples(st.floats(-100, 100), st.floats(-100, 100)),
    st.none() | st.floats(-50, 50),
    st.none() | st.floats(-50, 50),
    st.sampled_from([True, False, "auto"]),
)
@pytest.mark.filterwarnings("ignore:vmin=")
def test_limits_are_ordered_and_fixed_ones_kept(value_range, vmin, vmax, symmetric):
    if vmin is not None and vmax is not None:
        vmin, vmax = sorted((vmin, vmax))
    limits = colour_limits(tuple(sorted(value_range)), vmin, vmax, symmetric, DIVERGING)
    assert limits.low <= limits.high
    if symmetric is True:
        assert limits.low == -limits.high
    elif vmin is not None and vmax is not None and not np.isclose(vmin, -vmax):
        assert (limits.low, limits.high) == (vmin, vmax)


def test_limits_the_wrong_way_round_are_an_error():
    with pytest.raises(ValueError, match=r"vmin is 3, above vmax, 2; expected"):
        colour_limits(TWO_SIDED, 3, 2)


def test_another_symmetry_is_an_error():
    with pytest.raises(ValueError, match=r"symmetric_cbar is 'yes'; expected True,"):
        colour_limits(TWO_SIDED, symmetric="yes")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, np.float32("nan")])
def test_a_limit_that_is_no_number_warns_and_is_ignored(value):
    with pytest.warns(FigureWarning, match=r"vmax is (nan|-?inf) and is ignored"):
        assert colour_limits(TWO_SIDED, vmax=value).high == 5.0


@pytest.mark.parametrize("value", ["3", True, [3.0]])
def test_a_limit_that_is_of_another_type_is_an_error(value):
    with pytest.raises(TypeError, match=r"vmin is .*; expected a number, or None"):
        known_limit(value, "vmin")


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.int64, bool])
def test_what_is_shown_is_above_the_threshold_and_not_at_it(dtype, readonly):
    values = readonly(np.array([0, 1, 1, 0]).astype(dtype))
    shown = hide(values, 1.0, Limits(None, None))
    assert np.isnan(shown).all()
    np.testing.assert_array_equal(
        hide(values, 0.5, Limits(None, None)), [np.nan, 1.0, 1.0, np.nan]
    )


def test_both_signs_pass_a_threshold(readonly):
    values = readonly(np.array([-4.0, -3.0, -2.9, 0.0, 2.9, 3.0, 3.1]))
    shown = hide(values, 3.0, Limits(-5.0, 5.0))
    np.testing.assert_array_equal(
        shown, [-4.0, np.nan, np.nan, np.nan, np.nan, np.nan, 3.1]
    )
    np.testing.assert_array_equal(hide(values, None, Limits(-5.0, 5.0)), values)


def test_a_threshold_of_0_hides_only_0():
    np.testing.assert_array_equal(
        hide(np.array([-1e-9, 0.0, 1e-9]), 0.0, Limits(None, None)),
        [-1e-9, np.nan, 1e-9],
    )


def test_a_limit_at_0_hides_the_other_sign():
    values = np.array([-4.0, 4.0])
    np.testing.assert_array_equal(hide(values, 1.0, Limits(0.0, 5.0)), [np.nan, 4.0])
    np.testing.assert_array_equal(hide(values, 1.0, Limits(-5.0, 0.0)), [-4.0, np.nan])
    np.testing.assert_array_equal(hide(values, 1.0, Limits(-2.0, 2.0)), values)


def test_infinite_values_have_the_outermost_colours(readonly):
    values = readonly(np.array([-np.inf, np.nan, np.inf]))
    shown = hide(values, 1.0, Limits(-5.0, 6.0))
    np.testing.assert_array_equal(shown, [-5.0, np.nan, 6.0])


@pytest.mark.parametrize("wrong", [-1, -0.5, np.nan, np.inf])
def test_a_negative_threshold_is_an_error(wrong):
    with pytest.raises(ValueError, match=r"threshold is .*; expected a height of at"):
        check_threshold(wrong)


@pytest.mark.parametrize("wrong", ["3", True, [3]])
def test_a_threshold_that_is_no_number_is_an_error(wrong):
    with pytest.raises(TypeError, match="threshold is"):
        check_threshold(wrong)


def test_a_limit_that_is_not_fixed_is_that_of_the_planes():
    planes = [np.array([[1.0, np.nan]]), np.array([[-2.0, np.inf]])]
    norm = norm_of(Limits(None, None), planes)
    assert (norm.vmin, norm.vmax) == (-2.0, 1.0)
    norm = norm_of(Limits(-7.0, None), planes)
    assert (norm.vmin, norm.vmax) == (-7.0, 1.0)
    for nothing in ([], [np.array([np.nan])]):
        norm = norm_of(Limits(None, None), nothing)
        assert (norm.vmin, norm.vmax) == (0.0, 1.0)


def test_public_names_are_all_there():
    assert all(hasattr(colours, name) for name in colours.__all__)


@pytest.mark.parametrize("vmax", [0.0, -2.0])
@pytest.mark.parametrize("value_range", [(-8.0, 5.0), (-8.0, -1.0)])
def test_a_highest_colour_of_nothing_positive_leaves_the_negative_side(
    vmax, value_range
):
    limits = colour_limits(value_range, vmax=vmax, cmap=colour_map("RdBu_r"))
    assert (limits.low, limits.high) == (-8.0, vmax)
    shown = hide(np.array([-7.0, -4.0, 4.0]), 3.0, limits)
    np.testing.assert_array_equal(np.isnan(shown), [False, False, True])


def test_a_diverging_map_from_0_up_has_its_upper_half():
    """0 is in the middle of the colours, and the bar begins there."""
    limits = colour_limits(TWO_SIDED, vmin=0, cmap=DIVERGING)
    assert (limits.low, limits.high, limits.bar_low) == (-5.0, 5.0, 0.0)
    shown = hide(np.array([-4.0, 0.5, 4.0]), 0.0, limits)
    np.testing.assert_array_equal(shown, [np.nan, 0.5, 4.0])


def test_a_limit_of_0_about_0_is_that_of_the_map():
    assert colour_limits(TWO_SIDED, vmin=0, symmetric=True) == Limits(-5.0, 5.0)


def test_limits_and_thresholds_beyond_single_precision():
    with pytest.warns(FigureWarning, match="vmax is 1e\\+300 and is ignored"):
        assert known_limit(1e300, "vmax") is None
    assert np.isnan(hide(np.ones(2, np.float32), 1e300, Limits(None, None))).all()


def test_a_limit_beyond_the_map_is_the_only_colour():
    norm = norm_of(Limits(9.0, None), [np.array([2.0, 5.0])])
    assert (norm.vmin, norm.vmax) == (9.0, 9.0)
    norm = norm_of(Limits(None, 1.0), [np.array([2.0, 5.0])])
    assert (norm.vmin, norm.vmax) == (1.0, 1.0)
