"""What users pass by mistake is told by name, value and expectation."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from boldglm._base.arguments import (
    as_list,
    as_numbers,
    as_path,
    check_choice,
    check_truth,
    checked_number,
    checked_whole,
    shown,
)


def test_a_path_is_text_or_a_path(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert as_path("~/a.nii", "img") == tmp_path / "a.nii"
    assert as_path(Path("a.nii"), "img") == Path("a.nii")


@pytest.mark.parametrize("path", [None, 1, b"a.nii", ["a.nii"], np.nan])
def test_what_is_no_path_is_named(path):
    with pytest.raises(TypeError, match=r"^out_dir is .*; expected a path"):
        as_path(path, "out_dir")


@pytest.mark.parametrize(
    ("path", "message"),
    [("a\0b", "no null character"), ("~nobody-of-that-name/x", "no such home folder")],
)
def test_a_path_that_no_file_has_is_refused(path, message):
    with pytest.raises(ValueError, match=message):
        as_path(path, "out_dir")


@pytest.mark.parametrize("flag", [True, False, 0, 1, np.True_])
def test_flags_are_true_or_false(flag):
    check_truth(flag, "detrend")


@pytest.mark.parametrize("flag", ["no", "", None, 2, -1, 0.5, np.ones(3), [], pd.NA])
def test_what_only_happens_to_be_true_is_no_flag(flag):
    with pytest.raises(TypeError, match=r"^detrend is .*; expected True or False"):
        check_truth(flag, "detrend")


@pytest.mark.parametrize("values", [[1, 2], (1, 2), range(1, 3), np.array([1, 2])])
def test_lists_are_lists(values):
    assert as_list(values, "dofs", "numbers") == [1, 2]


@pytest.mark.parametrize("values", ["ab", b"ab", 3, None, {"a": 1}, np.array(3.0)])
def test_what_is_no_list_is_named(values):
    with pytest.raises(TypeError, match=r"^dofs is .*; expected a list of numbers"):
        as_list(values, "dofs", "numbers")


def test_a_table_is_no_list_of_names_of_its_columns():
    with pytest.raises(TypeError, match=r"^dofs is .*; expected a list of numbers"):
        as_list(pd.DataFrame({"a": [1]}), "dofs", "numbers")


def test_numbers_of_all_kinds_make_an_array():
    mixed = as_numbers([1, Fraction(1, 2), Decimal("0.25")], "x")
    assert mixed.tolist() == [1.0, 0.5, 0.25]
    assert as_numbers(pd.Series([1, 2], dtype="Int64"), "x").tolist() == [1, 2]
    assert as_numbers(3, "x").shape == ()


@pytest.mark.parametrize(
    "values", ["1", [1, "2"], [1, None], [[1, 2], [3]], 1j, {"a": 1}, [pd.NA], object()]
)
def test_what_are_no_numbers_is_named(values):
    with pytest.raises(TypeError, match=r"^x is .*; expected seconds"):
        as_numbers(values, "x", "seconds")


def test_a_number_beyond_doubles_is_beyond_limits():
    with pytest.raises(ValueError, match=r"t_r is a int: 1000.*; expected seconds"):
        checked_number(10**400, "t_r", "seconds", low=0)


def test_whole_numbers_have_an_upper_limit():
    assert checked_whole(7.0, "opening", "voxels", high=7) == 7
    for wrong in (8, 1e300, np.inf, np.nan, 10**400):
        with pytest.raises(ValueError, match=r"opening is .*; expected voxels"):
            checked_whole(wrong, "opening", "voxels", high=7)


def test_a_choice_is_one_of_names():
    check_choice("a", "strategy", ["a", "b"])
    for wrong in ("c", None, ["a"], np.array(["a"])):
        with pytest.raises(ValueError, match=r"strategy is .*; expected one of 'a'"):
            check_choice(wrong, "strategy", ["a", "b"])


def test_what_is_shown_is_a_line():
    assert shown(np.float64(2.5)) == "2.5"
    assert "\n" not in shown(np.eye(9))
    assert len(shown("a" * 999)) < 99
    assert shown(10**5000) == "a int of many digits"
