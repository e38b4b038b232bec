"""Confounds of every kind become one checked array."""

import numpy as np
import pytest

from boldglm._base.errors import ShapeError
from boldglm.maskers.confounds import read_confounds

VALUES = np.array([[0.1, 2.0], [0.3, -4.0], [0.5, 6e-3]])


def test_arrays_frames_and_lists_are_stacked(readonly):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(VALUES, columns=["x", "y"])
    for given in (readonly(VALUES), frame, [VALUES[:, :1], frame["y"]]):
        np.testing.assert_array_equal(read_confounds(given, 3), VALUES)
    assert read_confounds(VALUES[:, 0], 3).shape == (3, 1)
    assert read_confounds(None, 3) is None
    assert read_confounds([], 3) is None


@pytest.mark.parametrize("separator", ["\t", ",", ";", " "])
@pytest.mark.parametrize("header", ["", "trans_x{0}rot_y\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_files_are_read_with_or_without_names(tmp_path, separator, header, start):
    lines = "\r\n".join(separator.join(map(str, row)) for row in VALUES)
    path = tmp_path / "confounds.tsv"
    path.write_text(start + header.format(separator) + lines + "\n", encoding="utf-8")
    np.testing.assert_allclose(read_confounds(path, 3), VALUES)
    np.testing.assert_allclose(read_confounds(str(path), 3), VALUES)


def test_the_number_of_rows_must_be_that_of_the_scans(tmp_path):
    with pytest.raises(ShapeError, match=r"shape \(3, 2\); expected one row for .* 4"):
        read_confounds(VALUES, 4)
    path = tmp_path / "c.csv"
    path.write_text("1\n2\n")
    with pytest.raises(ShapeError, match=r"c\.csv have shape \(2, 1\)"):
        read_confounds(path, 3)


def test_missing_values_name_their_column(tmp_path):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "c.tsv"
    path.write_text("x\tdvars\n1\tn/a\n2\t3\n3\t3\n")
    with pytest.raises(ValueError, match=r"c\.tsv have values .* in column dvars"):
        read_confounds(path, 3)
    frame = pandas.DataFrame({"a": [1.0, 2, 3], "b": [1, np.inf, 3]})
    with pytest.raises(ValueError, match="in column b"):
        read_confounds(frame, 3)
    with pytest.raises(ValueError, match="in column #1"):
        read_confounds(np.array([[1, np.nan]] * 3), 3)


@pytest.mark.parametrize("text", ["x\ty\n1\tfast\n", "1 2\n3\n"])
def test_a_file_that_is_no_table_of_numbers_says_so(tmp_path, text):
    path = tmp_path / "c.tsv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"c\.tsv is not a table of numbers"):
        read_confounds(path, 2)
