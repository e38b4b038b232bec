import numpy as np
import pandas as pd
import pytest

from boldglm._base.errors import DesignError
from boldglm.plotting.design_columns import read_columns


@pytest.fixture
def design():
    return pd.DataFrame({"a": [1.0, 2.0, 3.0], "b c": [0.0, 1.0, 0.5]})


@pytest.mark.parametrize("wrap", [list, tuple])
def test_one_design_in_a_list_is_that_design(design, wrap):
    names, values = read_columns(wrap([design]))
    assert names == ["a", "b c"]
    np.testing.assert_array_equal(values, design)


def test_of_several_designs_none_is_chosen(design):
    with pytest.raises(DesignError, match="Got 2 design matrices; expected one"):
        read_columns([design, design])


def test_arrays_and_series_are_columns():
    assert read_columns(np.eye(3)[:, :2])[0] == ["0", "1"]
    assert read_columns([[1, 2], [3, 4]])[1].tolist() == [[1, 2], [3, 4]]
    names, values = read_columns(pd.Series([1.0, 2.0], name="age"))
    assert names == ["age"]
    assert values.shape == (2, 1)


@pytest.mark.parametrize("ending", [".tsv", ".csv", ".npz"])
@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_files_are_read_with_their_names(design, tmp_path, ending, kind):
    path = tmp_path / f"design{ending}"
    if ending == ".npz":
        np.savez(path, X=design.to_numpy(), conditions=list(design.columns))
    else:
        design.to_csv(path, sep="\t" if ending == ".tsv" else ",", index=False)
    names, values = read_columns(kind(path))
    assert names == ["a", "b c"]
    np.testing.assert_allclose(values, design)


def test_a_frame_may_repeat_its_names_and_have_any(design):
    double = pd.concat([design, design, design["a"].rename(("x", 1))], axis=1)
    assert read_columns(double)[0] == ["a", "b c", "a", "b c", "('x', 1)"]


def test_masked_numbers_of_pandas_are_numbers(design):
    _, values = read_columns(design.convert_dtypes())
    np.testing.assert_array_equal(values, design)
    assert values.dtype == np.float64
    design = design.convert_dtypes()
    design.loc[1, "b c"] = pd.NA
    with pytest.raises(DesignError, match="NaN in 'b c'; expected finite"):
        read_columns(design)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "has NaN in 'a', 'b c'; expected finite numbers"),
        (-np.inf, "has infinity in 'a', 'b c'; expected finite numbers"),
    ],
)
def test_columns_that_are_not_finite_are_named(design, value, message):
    design.iloc[1] = value
    with pytest.raises(DesignError, match=message):
        read_columns(design)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (pd.DataFrame({"a": ["x"]}), "something that is not a number: .*'x'"),
        (pd.DataFrame({"a": []}), "0 scans and 1 regressors; expected at least one"),
        (pd.DataFrame(index=range(3)), "3 scans and 0 regressors"),
        (None, "is a NoneType: None; expected a DataFrame"),
        (5, "is a int: 5; expected a DataFrame"),
    ],
)
def test_what_is_no_design_is_told(given, message):
    with pytest.raises(DesignError, match=message):
        read_columns(given)


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"there is no file 'nowhere\.tsv'"):
        read_columns("nowhere.tsv")
