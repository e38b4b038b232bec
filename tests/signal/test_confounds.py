"""Confounds of every kind become one checked array."""

import numpy as np
import pytest

from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning
from boldglm.signal.confounds import read_confounds

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
    with pytest.raises(DesignError, match="has 3 rows, but there are 4 scans"):
        read_confounds(VALUES, 4)
    path = tmp_path / "c.csv"
    path.write_text("1\n2\n")
    with pytest.raises(DesignError, match="has 2 rows, but there are 3 scans"):
        read_confounds(path, 3)


def test_missing_values_name_their_column(tmp_path):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "c.tsv"
    path.write_text("x\tdvars\n1\t0\n2\tn/a\n3\t3\n")
    with pytest.raises(DesignError, match="column 'dvars' has nan in row 1"):
        read_confounds(path, 3)
    frame = pandas.DataFrame({"a": [1.0, 2, 3], "b": [1, np.inf, 3]})
    with pytest.raises(DesignError, match="column 'b' has inf in row 1"):
        read_confounds(frame, 3)
    with pytest.raises(DesignError, match="column 'confound_1' has nan in row 1"):
        read_confounds(np.array([[1, np.nan]] * 3), 3)


def test_derivatives_without_a_first_value_are_zero_there(tmp_path):
    """One rule for maskers and models: fMRIPrep's files are read as they are."""
    path = tmp_path / "c.tsv"
    path.write_text("x\tdx\n1\tn/a\n2\t1\n3\t1\n")
    with pytest.warns(DesignWarning, match="NaN in the first row of 'dx' is set to 0"):
        found = read_confounds(path, 3)
    np.testing.assert_array_equal(found, [[1, 0], [2, 1], [3, 1]])


def test_the_index_of_a_saved_frame_is_no_confound(tmp_path):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "c.csv"
    pandas.DataFrame(VALUES, columns=["rot x", "y"]).to_csv(path)
    np.testing.assert_array_equal(read_confounds(path, 3), VALUES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x\ty\n1\tfast\n", "column 'y' is not numeric: it has 'fast' in row 0"),
        ("1 2\n3\n", "cannot be read as a table: its rows have 1 or 2 columns"),
        ("", "its rows have no columns"),
    ],
)
def test_a_file_that_is_no_table_of_numbers_says_so(tmp_path, text, message):
    path = tmp_path / "c.tsv"
    path.write_text(text)
    with pytest.raises(DesignError, match=message):
        read_confounds(path, 2)
