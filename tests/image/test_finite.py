"""Values that are not finite count as 0, and what is more than a border is told."""

import numpy as np
import pytest

from boldglm._base.warnings import ImageWarning
from boldglm.image.finite import zero_where_not_finite


def test_finite_values_are_left_as_they_are(readonly):
    values = readonly(np.array([1.0, -2, 0]))
    assert zero_where_not_finite(values, "img") is values


def test_what_lies_outside_is_zero_without_a_word(readonly):
    values = readonly(np.array([np.nan, 2, np.nan], np.float32))
    found = zero_where_not_finite(values, "img")
    np.testing.assert_array_equal(found, [0, 2, 0])
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([np.inf, 1, -np.inf, np.nan], "img has 2 infinite values: they count as 0"),
        ([np.nan, np.nan], "img has no finite value"),
    ],
)
def test_infinite_values_and_none_at_all_are_told(values, message):
    with pytest.warns(ImageWarning, match=message):
        found = zero_where_not_finite(np.array(values), "img")
    np.testing.assert_array_equal(found, np.where(np.isfinite(values), values, 0))
