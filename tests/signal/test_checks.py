"""Numbers and options are told apart from mistakes, by name."""

import numpy as np
import pandas as pd
import pytest

from boldglm._base.errors import DesignError, ShapeError
from boldglm.signal import butterworth, clean, high_variance_confounds
from boldglm.signal.checks import (
    check_choice,
    checked_number,
    checked_options,
    checked_whole,
)
from boldglm.signal.confounds import load_confounds_table, read_confounds


@pytest.mark.parametrize("value", [3, 2.5, np.float32(1), np.int16(4), np.array(2.0)])
def test_numbers_pass_as_they_are(value):
    assert checked_number(value, "t_r") == value


@pytest.mark.parametrize("value", ["2", None, True, [2.0], np.ones(1), 1j])
def test_what_is_no_number_is_shown(value):
    with pytest.raises(TypeError, match=r"^t_r is .*; expected seconds\.$"):
        checked_number(value, "t_r", "seconds")


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, np.inf])
def test_numbers_beyond_their_limits_are_refused(value):
    with pytest.raises(ValueError, match=r"rtol is .*; expected a part\."):
        checked_number(value, "rtol", "a part", low=0, high=1)


def test_limits_themselves_are_within():
    assert [checked_number(n, "rtol", low=0, high=1) for n in (0, 1)] == [0, 1]


def test_whole_numbers_may_come_as_floats():
    assert checked_whole(2.0, "order", "scans") == 2
    with pytest.raises(ValueError, match=r"order is 2\.5; expected scans"):
        checked_whole(2.5, "order", "scans")


def test_a_long_value_is_cut():
    with pytest.raises(TypeError, match=r"t_r is a list: \[0, 1, .*\.\.\.; expected"):
        checked_number(list(range(500)), "t_r")


def test_options_are_copied():
    given = {"a": 1}
    assert checked_options(given, "mask_args") == given
    assert checked_options(given, "mask_args") is not given
    with pytest.raises(TypeError, match="mask_args is 5; expected a dict"):
        checked_options(5, "mask_args")


def test_a_choice_that_cannot_be_looked_up_is_no_choice():
    with pytest.raises(ValueError, match=r"strategy is \['mean'\]; expected one of 'm"):
        check_choice(["mean"], "strategy", ["mean"])


SERIES = np.sin(np.arange(120.0)).reshape(60, 2)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"low_pass": "a"}, TypeError, "low_pass is 'a'; expected a frequency"),
        ({"high_pass": "a", "filter": "cosine"}, TypeError, "high_pass is 'a'; expe"),
        ({"t_r": "2"}, TypeError, "t_r is '2'; expected seconds between scans"),
        ({"butterworth__order": "a"}, TypeError, "order is 'a'; expected a whole"),
        ({"butterworth__order": 0}, ValueError, "order is 0; expected a whole"),
        ({"butterworth__padtype": "x"}, ValueError, "padtype is 'x'; expected one"),
        ({"butterworth__padlen": "x"}, TypeError, "padlen is 'x'; expected a numb"),
    ],
)
def test_options_of_cleaning_are_named(options, error, message):
    with pytest.raises(error, match=message):
        clean(SERIES, **options)


def test_signals_are_real_numbers_and_there_are_some():
    with pytest.raises(TypeError, match="signals are of type complex128; expected re"):
        clean(SERIES * 1j)
    with pytest.raises(TypeError, match="signals are of type complex128; expected re"):
        butterworth(SERIES * 1j, 1)
    with pytest.raises(ShapeError, match=r"shape \(0, 2\): there is no scan"):
        clean(SERIES[:0])


@pytest.mark.parametrize("rate", [0, -1, np.nan, np.inf])
def test_a_sampling_rate_is_positive(rate):
    with pytest.raises(
        ValueError, match=r"sampling_rate is .*; expected scans per sec"
    ):
        butterworth(SERIES, rate, low_pass=0.1)
    with pytest.raises(TypeError, match="sampling_rate is '1'"):
        butterworth(SERIES, "1", low_pass=0.1)


def test_a_butterworth_filter_names_its_options():
    with pytest.raises(ValueError, match="padtype is 'x'; expected one of 'odd'"):
        butterworth(SERIES, 1, low_pass=0.1, padtype="x")
    with pytest.raises(TypeError, match="low_pass is 'a'"):
        butterworth(SERIES, 1, low_pass="a")


def test_parameters_of_high_variance_confounds_are_numbers():
    with pytest.raises(TypeError, match="n_confounds is 'a'; expected a whole number"):
        high_variance_confounds(SERIES, n_confounds="a")
    with pytest.raises(ValueError, match=r"n_confounds is 1\.5; expected a whole numb"):
        high_variance_confounds(SERIES, n_confounds=1.5)
    with pytest.raises(TypeError, match="percentile is '2%'; expected per cent"):
        high_variance_confounds(SERIES, percentile="2%")


def test_a_list_of_numbers_is_no_list_of_tables():
    with pytest.raises(DesignError, match=r"a list of numbers; .*np\.array\(confounds"):
        read_confounds(list(np.arange(3.0)), 3)


@pytest.mark.parametrize("table", [5, {"a": [1]}])
def test_what_is_no_table_is_shown(table):
    with pytest.raises(DesignError, match=f"confounds is a {type(table).__name__}: "):
        load_confounds_table(table, 3)


def test_a_missing_table_is_looked_for_somewhere(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file 'no\.tsv' \(looked from"):
        load_confounds_table("no.tsv", 3)
    with pytest.raises(FileNotFoundError, match="there is only a folder"):
        load_confounds_table(tmp_path, 3)


def test_series_of_pandas_are_tables():
    assert read_confounds([pd.Series([1.0, 2, 4])], 3).shape == (3, 1)
