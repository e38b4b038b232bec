import numpy as np
import pytest

from boldglm.core.expression import expression_to_contrast_vector
from boldglm.reporting.contrast_words import (
    Threshold,
    contrast_name,
    definition_words,
    weights_in_words,
)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([1, -1, 0], "a - b"),
        ([-1, 0, 0], "-a"),
        ([0, 0, 0], "0"),
        ([1 / 3, 0, -2.5], "0.3333*a - 2.5*c"),
    ],
)
def test_weights_read_as_a_sum(row, words):
    assert weights_in_words(row, ["a", "b", "c"]) == words


def test_columns_that_are_numbers_are_called_columns():
    assert weights_in_words([-2, 0, 1], [0, 1, "2.5"]) == "-2*column 0 + column 2.5"


def test_long_sums_are_cut():
    words = weights_in_words(np.ones(40), [f"r{i}" for i in range(40)])
    assert words.endswith("+ r11 and 28 more")


def test_definitions_name_runs_where_these_differ():
    a, b = np.array([[1.0, 0]]), np.array([[0.0, 1]])
    columns = [["a", "b"]] * 2
    assert definition_words([1, 0], [a, a], columns) == "a"
    assert definition_words([a, b], [a, b], columns) == "run 1: a | run 2: b"
    assert definition_words("b  -  a", [a, a], columns) == "b - a"
    assert definition_words("b", [b, None], columns) == "run 1: b | run 2: left out"
    assert definition_words(np.eye(2), [np.eye(2)] * 2, columns) == "a; b"


def threshold(height=3.0, control="fpr", two_sided=False, size=0, n=1000):
    return Threshold(height, 0.01, control, two_sided, size, n)


def test_thresholds_are_said_with_what_they_control():
    assert "of 1,000 voxels without any effect, 10 are" in threshold().words
    assert "false discovery rate over 1,000 voxels" in threshold(control="fdr").words
    assert "any of 1,000 voxels with probability 0.01" in (
        threshold(control="bonferroni").words
    )
    assert "not corrected" in threshold(control=None).words
    assert "|z| > 3.00" in threshold(two_sided=True).words
    assert "both signs together" not in threshold().words
    for control in ("fpr", "fdr", "bonferroni"):
        assert "both signs together" in threshold(two_sided=True, control=control).words
    assert "fewer than 5 voxels are left out" in threshold(size=5).words
    assert "left out" not in threshold(size=1).words


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (1, "of 1 voxel without any effect, fewer than 0.1 are expected"),
        (13, "of 13 voxels without any effect, 0.1 are expected"),
        (100, "voxels without any effect, 1 is expected"),
        (150, "1.5 are expected"),
        (1260, "of 1,260 voxels without any effect, 13 are expected"),
    ],
)
def test_few_voxels_that_are_expected_are_not_rounded_to_none(n, words):
    assert words in threshold(n=n).words


@pytest.mark.parametrize("control", ["fpr", "bonferroni", None])
def test_words_are_those_of_the_control_where_no_height_is_left(control):
    none = threshold(np.inf, control)
    assert "false discovery" not in none.conclusion(0, 0, "") + none.words
    assert none.conclusion(0, 0, "") == "No voxel survives z at any height."
    assert threshold(np.inf, control, n=0).words == (
        "No voxel has a statistic: nothing is shown."
    )


def test_sums_can_be_typed_again():
    row, columns = [0.5, -2, 0, 1], ["a", "b", "c", "left hand"]
    words = weights_in_words(row, columns)
    np.testing.assert_array_equal(expression_to_contrast_vector(words, columns), row)


def test_contrasts_that_nobody_named_are_called_by_what_they_ask():
    rows, columns = [None, np.eye(2)], [["a", "b"]] * 2
    assert contrast_name("x", rows, columns) == "x"
    assert contrast_name(None, rows, columns) == "a; b"
    assert contrast_name("", [None], [["a"]]) == "contrast"


def test_conclusions():
    assert threshold().conclusion(0, 0, "") == "No voxel survives z > 3.00."
    assert threshold(size=9).conclusion(0, 0, "") == (
        "No cluster of 9 voxels survives z > 3.00."
    )
    assert threshold(np.inf, "fdr").conclusion(0, 0, "") == (
        "No voxel survives a false discovery rate of 0.01."
    )
    assert "none in the mask" in threshold(np.inf, n=0).conclusion(0, 0, "")
    assert threshold().conclusion(1, 1, "z = 4") == (
        "1 voxel in 1 cluster survives z > 3.00; the peak is z = 4."
    )
    assert (
        threshold()
        .conclusion(1200, 3, "z = 4")
        .startswith("1,200 voxels in 3 clusters survive z > 3.00")
    )
