"""What a contrast may be."""

import numpy as np
import pytest

from boldglm._base.errors import ContrastError
from boldglm.core.contrast_checks import check_stat_type, checked_rows


@pytest.mark.parametrize("kind", [None, "t", "F", np.str_("F")])
def test_two_kinds_of_tests_and_none(kind):
    check_stat_type(kind)


@pytest.mark.parametrize("kind", ["T", "f", "z", "", 3, ["t"], b"t"])
def test_what_is_no_kind_is_told(kind):
    with pytest.raises(ContrastError, match=r"kind is .*; expected 't', 'F' or None"):
        check_stat_type(kind, "kind")


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 0], r"shape \(2,\); the design has 3 regressors"),
        (np.ones((1, 2, 3)), r"shape \(1, 2, 3\)"),
        ([1, np.inf, 0], "NaN or infinite weights"),
        (np.zeros((2, 3)), "zero everywhere"),
        ([1e-101, 1, 0], r"from 1e-101 to 1; expected sizes from 1e-100 to 1e\+100"),
        ([1, -2e100, 0], r"from 1 to 2e\+100"),
    ],
)
def test_weights_that_do_not_fit_are_told(weights, message):
    with pytest.raises(ContrastError, match=message):
        checked_rows(weights, 3)


@pytest.mark.parametrize(
    "weights", [["a", "b"], [[1], [1, 2]], np.array(["2020", "2021"], "M8[Y]")]
)
def test_what_is_no_number_is_no_weight(weights):
    with pytest.raises((TypeError, ValueError), match=r"^the contrast"):
        checked_rows(weights, 2)


@pytest.mark.parametrize("size", [1e-100, 1e100])
def test_weights_at_the_ends_of_the_range(size):
    np.testing.assert_array_equal(checked_rows([size, -size], 2), [[size, -size]])
