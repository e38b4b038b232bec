import numpy as np
import pytest

from boldglm._base.errors import ContrastError
from boldglm.reporting.asked_contrasts import asked_contrasts, is_narrow


def names(contrasts):
    return [one.name for one in asked_contrasts(contrasts)]


def test_names_are_the_users_and_expressions_are_their_own():
    assert names({"a": [1], 2: "b"}) == ["a", "2"]
    assert names("a - b") == ["a - b"]
    assert names(["a", [1, 0], np.eye(2)]) == ["a", None, None]
    assert names(None) == names({}) == names([]) == []


def test_numbers_are_one_contrast_and_rows_are_several():
    (one,) = asked_contrasts([1, -1, 0.5])
    np.testing.assert_array_equal(one.definition, [1, -1, 0.5])
    assert len(asked_contrasts(np.array([1, -1]))) == 1
    rows = asked_contrasts(np.eye(3)[:2])
    np.testing.assert_array_equal([one.definition for one in rows], np.eye(3)[:2])
    assert len(asked_contrasts([[1, 0], [0, 1]])) == 2


def test_keys_are_unique():
    keys = [one.key for one in asked_contrasts(["a", "a", "a"])]
    assert len(set(keys)) == 3


@pytest.mark.parametrize("wrong", [3, 2.5, np.zeros((2, 2, 2)), object()])
def test_other_things_are_refused(wrong):
    with pytest.raises(ContrastError, match="expected a dictionary from names"):
        asked_contrasts(wrong)


@pytest.mark.parametrize(
    ("definition", "narrow"),
    [
        ("a", False),
        (None, False),
        ([1, 0], True),
        ([1, 0, 0], False),
        (np.eye(2), True),
        (np.eye(3), False),
        ([np.array([1, 0]), np.array([1, 0, 0])], True),
        ([np.eye(3), np.eye(3)[:1]], False),
        (["a", "b"], False),
    ],
)
def test_weights_that_are_too_few(definition, narrow):
    assert is_narrow(definition, 3) is narrow
