"""Designs that FEAT wrote."""

import numpy as np
import pytest

from boldglm.exceptions import DesignError
from boldglm.interfaces.fsl import get_design_from_fslmat

MATRIX = np.array([[1.0, -2.5e-1, 3.0], [0.0, 1.5e3, -4.0]])


def text(rows=MATRIX, waves=3, points=2):
    head = f"/NumWaves\t{waves}\n/NumPoints\t{points}\n/PPheights\t\t1.0\t2.0\t3.0\n"
    lines = ["\t".join(f"{one:e}" for one in row) + "\t\n" for row in rows]
    return head + "\n/Matrix\n" + "".join(lines)


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "design.mat"
        path.write_text(content)
        return path

    return write


def test_the_numbers_of_the_file(write):
    design = get_design_from_fslmat(write(text()))
    np.testing.assert_array_equal(design, MATRIX)
    assert list(design.columns) == [0, 1, 2]


def test_the_design_is_that_of_nilearn(write):
    peer = pytest.importorskip("nilearn.interfaces.fsl")
    path = write(text())
    for names in (None, ["a", "b", "c"]):
        ours, theirs = (
            door.get_design_from_fslmat(path, column_names=names)
            for door in (peer, __import__("boldglm").interfaces.fsl)
        )
        assert ours.equals(theirs)
        assert list(ours.columns) == list(theirs.columns)


def test_spaces_and_empty_lines_do_not_matter(write):
    path = write("/NumWaves 2\n/Matrix\n1 2\n\n 3   4 \n\n")
    np.testing.assert_array_equal(get_design_from_fslmat(path), [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 2\n3 4\n", "has no line '/Matrix'"),
        ("/Matrix\n", "has no numbers after"),
        ("/Matrix\n1 2\n3\n", "not numbers in columns"),
        ("/Matrix\n1 x\n", "not numbers in columns"),
        (text(points=3), "says /NumPoints 3, and has 2 .* cut short"),
        (text(waves=4), "says /NumWaves 4, and has 3"),
    ],
)
def test_a_damaged_file_is_told(write, content, message):
    with pytest.raises(DesignError, match=message):
        get_design_from_fslmat(write(content))


def test_there_is_a_name_for_each_regressor(write):
    with pytest.raises(DesignError, match="2 column_names for the 3 regressors"):
        get_design_from_fslmat(write(text()), ["a", "b"])
