"""Haemodynamic models by name, as functions, as bins."""

import functools

import numpy as np
import pytest

from boldglm._base.errors import DesignError
from boldglm._base.warnings import EventsWarning
from boldglm.core.hrf import glover_hrf
from boldglm.glm.first_level.hemodynamic_models import (
    check_frame_times,
    compute_regressor,
    hrf_basis,
)

TIMES = np.arange(50) * 2.0


def box(t_r, oversampling):
    return np.ones(int(t_r * oversampling))


@pytest.mark.parametrize("name", ["glover", "Glover", " GLOVER "])
def test_names_are_found_in_any_case(name):
    np.testing.assert_array_equal(hrf_basis(name, 2.0).kernels[0], glover_hrf(2.0))


def test_spaces_around_plus_do_not_matter():
    assert hrf_basis("spm+derivative", 2.0).endings == ("", "_derivative")


def test_none_leaves_the_events_as_they_are():
    X, names = compute_regressor(([10.0], [4.0], [2.0]), None, TIMES)
    assert names == ["cond"]
    np.testing.assert_allclose(X[:, 0], 2.0 * np.isin(TIMES, [10, 12]), atol=1e-9)


def test_fir_columns_are_the_scans_after_an_event():
    X, names = compute_regressor(
        ([10, 60], [2, 2], [1, 1]), "FIR", TIMES, "c", fir_delays=range(4)
    )
    assert names == ["c_delay_0", "c_delay_1", "c_delay_2", "c_delay_3"]
    for delay in range(4):
        expected = np.isin(TIMES, [10 + 2 * delay, 60 + 2 * delay])
        np.testing.assert_allclose(X[:, delay], expected, atol=1e-9)


def test_fir_without_delays_is_the_scan_of_the_event():
    assert hrf_basis("fir", 2.0).endings == ("_delay_0",)


def test_functions_are_called_with_repetition_time_and_oversampling():
    called = []

    def mine(t_r, oversampling):
        called.append((t_r, oversampling))
        return np.ones(5)

    _, names = compute_regressor(
        ([10], [1], [1]), mine, TIMES, con_id="c", oversampling=20.0
    )
    assert called == [(2.0, 20)]
    assert names == ["c_mine"]


def test_functions_may_be_several_and_partial():
    wrapped = functools.partial(glover_hrf, time_length=20.0)
    basis = hrf_basis([box, wrapped], 2.0)
    assert basis.endings == ("_box", "_glover_hrf")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("spn", "'spn' is not a known hrf model. Use one of 'spm', .*'fir', None"),
        (3, "3 is not a known hrf model"),
        ([], "is not a known hrf model"),
        (["spm", "glover"], "is not a known hrf model"),
        ([box, None], "is not a known hrf model"),
        ([box, box], r"names are not unique: '…_box', '…_box'"),
        (lambda t_r: t_r, r"called as <lambda>\(2, 50\).*positional arg"),
        (lambda *_: [[1.0]], r"returned shape \(1, 1\)"),
        (lambda *_: [], r"returned shape \(0,\)"),
        (lambda *_: [np.nan], "of finite numbers"),
        (lambda *_: ["a"], "could not convert"),
    ],
)
def test_models_that_make_no_sense_are_explained(model, message):
    with pytest.raises(DesignError, match=message):
        hrf_basis(model, 2.0)


@pytest.mark.parametrize(
    ("delays", "message"),
    [
        ([0, 1.5], "fir_delays has 1.5; expected whole numbers"),
        ([-1], "fir_delays has -1"),
        ([], "fir_delays is empty"),
        ([1, 1], "not unique: '…_delay_1', '…_delay_1'"),
    ],
)
def test_delays_are_whole_numbers_of_scans(delays, message):
    with pytest.raises(DesignError, match=message):
        hrf_basis("fir", 2.0, fir_delays=delays)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([1.0], r"has shape \(1,\); expected"),
        (np.zeros((2, 2)), r"has shape \(2, 2\)"),
        ([0, 2, 2], "must ascend; got 2, then 2 at index 2"),
        ([0, np.nan, 2], "must ascend; got 0, then nan at index 1"),
        ([0, np.inf], "must ascend"),
    ],
)
def test_frame_times_ascend(times, message):
    with pytest.raises(DesignError, match=message):
        check_frame_times(times)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (([1], [1]), r"shape \(2, 1\); expected \(3, n_events\)"),
        (([1], [1], [np.nan]), "all finite"),
        (([1, 2], [1], [1]), "three lists of numbers of one length"),
        ((["a"], [1], [1]), "three lists of numbers"),
    ],
)
def test_a_condition_is_three_lists_of_numbers(condition, message):
    with pytest.raises(DesignError, match=message):
        compute_regressor(condition, "spm", TIMES)


def test_events_before_the_modelled_time_start_with_it_and_are_warned_of():
    with pytest.warns(EventsWarning, match="earlier than -24.0 s .*: 1 of 2 events"):
        early, _ = compute_regressor(([-30, 10], [10, 1], [1, 1]), "spm", TIMES)
    cut, _ = compute_regressor(([-24, 10], [4, 1], [1, 1]), "spm", TIMES)
    np.testing.assert_allclose(early, cut, atol=1e-12)


def test_inputs_are_left_alone(readonly):
    condition, times = readonly([[1.0, 5.0], [1.0, 1.0], [1.0, 2.0]], TIMES)
    compute_regressor(condition, "glover + derivative", times)
