"""Confounds, designs and sample masks."""

import warnings

import numpy as np
import pandas as pd
import pytest

from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning
from boldglm.glm.first_level.design_matrix import make_first_level_design_matrix
from boldglm.glm.first_level.tables import (
    load_confounds_table,
    load_design_table,
    load_sample_mask,
    numeric_table,
)


@pytest.fixture
def motion(rng):
    return pd.DataFrame(rng.normal(size=(6, 3)), columns=["tx", "ty", "rot x"])


@pytest.mark.parametrize("load", [load_confounds_table, load_design_table])
@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_files_are_read_like_the_table_in_them(motion, tmp_path, load, suffix):
    path = tmp_path / f"table{suffix}"
    motion.to_csv(path, sep="\t" if suffix == ".tsv" else ",", index=False)
    for given in (path, str(path)):
        pd.testing.assert_frame_equal(load(given, 6), motion)


def test_a_saved_design_is_read_back_without_its_index_as_a_regressor(tmp_path):
    design = make_first_level_design_matrix(np.arange(40) * 2.0)
    path = tmp_path / "design.csv"
    design.to_csv(path)
    pd.testing.assert_frame_equal(load_design_table(path, 40), design)


def test_arrays_in_files_keep_the_names_beside_them(tmp_path, rng):
    X = rng.normal(size=(5, 2))
    np.savez(tmp_path / "named.npz", X=X, conditions=np.array([b"a b", b"c"]))
    np.savez(tmp_path / "plain.npz", X=X)
    np.save(tmp_path / "plain.npy", X)
    named = load_design_table(tmp_path / "named.npz", 5)
    assert named.columns.tolist() == ["a b", "c"]
    np.testing.assert_array_equal(named, X)
    for name in ("plain.npz", "plain.npy"):
        plain = load_design_table(tmp_path / name, 5)
        assert plain.columns.tolist() == [0, 1]
    assert load_confounds_table(tmp_path / "plain.npy", 5).columns.tolist() == [
        "confound_0",
        "confound_1",
    ]


def test_numbers_as_column_names_are_kept():
    design = pd.DataFrame(np.eye(3), index=[0.0, 2.0, 4.0])
    loaded = load_design_table(design, 3)
    assert loaded.columns.tolist() == [0, 1, 2]
    assert loaded.index.tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (np.ones(3), ["confound_0"]),
        ([[1, 2], [3, 4], [5, 6]], ["confound_0", "confound_1"]),
        (pd.Series([1, 2, 3], name="fd"), ["fd"]),
        (pd.Series([1, 2, 3]), ["confound_0"]),
        (np.array([(1, 2.0)] * 3, dtype=[("a", int), ("b", float)]), ["a", "b"]),
        (pd.DataFrame({"a": [True, False, True]}), ["a"]),
        (pd.DataFrame({"a": pd.array([1, 2, 3], dtype="Int64")}), ["a"]),
        (pd.DataFrame({"a": ["1", "2.5", "3"]}), ["a"]),
    ],
)
def test_kinds_of_confounds(table, names):
    loaded = load_confounds_table(table, 3)
    assert loaded.columns.tolist() == names
    assert (loaded.dtypes == np.float64).all()
    assert loaded.index.tolist() == [0, 1, 2]


def test_nothing_given_is_changed(motion, readonly):
    motion.iloc[0, 0] = np.nan
    before = motion.copy(deep=True)
    with pytest.warns(DesignWarning):
        load_confounds_table(motion, 6)
    pd.testing.assert_frame_equal(motion, before)
    array = readonly(np.ones((6, 2)))
    load_confounds_table(array, 6)
    load_design_table(array, 6)


@pytest.mark.parametrize("as_file", [False, True])
def test_nan_in_the_first_row_becomes_zero_with_a_warning(motion, tmp_path, as_file):
    motion.iloc[0, [0, 2]] = np.nan
    table = motion
    if as_file:
        table = tmp_path / "confounds.tsv"
        motion.to_csv(table, sep="\t", index=False, na_rep="n/a")
    with pytest.warns(DesignWarning, match="index 2: NaN .* row of 'tx', 'rot x' is s"):
        loaded = load_confounds_table(table, 6, run_index=2)
    assert loaded.iloc[0, [0, 2]].tolist() == [0, 0]
    np.testing.assert_allclose(loaded.to_numpy()[1:], motion.to_numpy()[1:])


def test_the_warning_points_at_the_callers_line(motion):
    motion.iloc[0, 0] = np.nan
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        load_confounds_table(motion, 6)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("load", [load_confounds_table, load_design_table])
def test_what_is_not_finite_is_an_error_that_names_the_column(motion, load, value):
    motion.iloc[3, 1] = value
    motion.iloc[5, 2] = value
    message = f"index 0: column 'ty' has {value} in row 3 .'ty', 'rot x' in all."
    with pytest.raises(DesignError, match=message):
        load(motion, 6, run_index=0)


def test_nan_in_the_first_row_of_a_design_is_an_error(motion):
    motion.iloc[0, 0] = np.nan
    with pytest.raises(DesignError, match="column 'tx' has nan in row 0"):
        load_design_table(motion, 6)


@pytest.mark.parametrize(
    ("load", "what"),
    [(load_confounds_table, "confounds"), (load_design_table, "design matrix")],
)
def test_rows_that_do_not_match_are_an_error_with_both_numbers(motion, load, what):
    message = f"{what} of the run at index 1 has 6 rows, but there are 7 scans"
    with pytest.raises(DesignError, match=message):
        load(motion, 7, run_index=1)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({"a": [1, 2], "b": ["x", 2]}), "'b' is not numeric: it has 'x'"),
        (pd.DataFrame({"a": pd.to_datetime(["2020", "2021"])}), "'a' is not numeric"),
        (
            pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]),
            "columns 'a' are there mo",
        ),
        (pd.DataFrame([[1, 2], [3, 4]], columns=["1", 1]), "columns '1' are there mor"),
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\); expected"),
        ([[1, 2], [3]], "rows of different lengths"),
    ],
)
def test_tables_that_make_no_sense_are_explained(table, message):
    with pytest.raises(DesignError, match=message):
        numeric_table(table)


def test_a_design_has_columns():
    with pytest.raises(DesignError, match="has no columns"):
        load_design_table(pd.DataFrame(index=[0, 1]), 2)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("d.csv", b"a;b\n1;2\n", "separated by semicolons, not by commas"),
        ("d.csv", b"a,a\n1,2\n", "columns 'a' are there more than once"),
        ("d.csv", b"a,b\n1,2\n1,2,3\n", "d.csv' cannot be read as a table"),
        ("d.tsv", "é\n1\n".encode("latin-1"), "d.tsv' cannot be read as a table"),
        ("d.csv", b"", "d.csv' cannot be read as a table"),
        ("d.xls", b"", "ends in '.xls'; expected .csv or .tsv with a header"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DesignError, match=message):
        load_design_table(path, 1)


def test_an_archive_without_a_design_says_what_it_has(tmp_path):
    np.savez(tmp_path / "other.npz", Y=np.ones(3))
    with pytest.raises(DesignError, match="has no array 'X'; it has 'Y'"):
        load_design_table(tmp_path / "other.npz", 3)


@pytest.mark.parametrize("ending", ["npy", "npz"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[:20],
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw.replace(b"(5, 2)", b"(9**9"),  # an unfinished header
        lambda raw: raw.replace(b"5, 2", b"9" * 4),
        lambda raw: raw[:8] + b"\0" * 60 + raw[68:],
        lambda raw: raw.replace(b"'<f8'", b"'04f'"),
    ],
)
def test_damaged_arrays_are_named(tmp_path, ending, damage):
    path = tmp_path / f"design.{ending}"
    table = np.arange(10.0).reshape(5, 2)
    np.save(path, table) if ending == "npy" else np.savez(path, X=table)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DesignError, match=rf"design.{ending}' cannot be read as arr"):
        load_design_table(path, 5)


def test_times_are_no_design():
    with pytest.raises(DesignError, match=r"holds dates or times \(timedelta64\)"):
        load_design_table(np.arange(4).astype("m8").reshape(2, 2), 2)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"index 3: .* no file '.*none\.csv'"):
        load_confounds_table(tmp_path / "none.csv", 3, run_index=3)


@pytest.mark.parametrize(
    ("mask", "kept"),
    [
        ([True, False, True, True], [0, 2, 3]),
        (np.array([3, 1]), [1, 3]),
        (pd.Series([0, 1], dtype="uint8"), [0, 1]),
        (range(4), [0, 1, 2, 3]),
        (None, [0, 1, 2, 3]),
    ],
)
def test_sample_masks_become_indices(mask, kept):
    loaded = load_sample_mask(mask, 4)
    assert loaded.tolist() == kept
    assert loaded.dtype.kind == "i"


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ([True, False], "has 2 booleans, but the run has 4 scans"),
        ([False] * 4, "keeps no scan"),
        ([], "keeps no scan"),
        ([0, 4], "has index 4; expected 0 to 3"),
        ([-1, 2], "has index -1; expected 0 to 3"),
        ([1, 1], "has index 1 twice"),
        ([0, 0, 2, 3], "has index 0 twice"),
        ([1, 1, 0, 1], r"is 4 times 0 or 1, .* use booleans: mask\.astype\(bool\)"),
        ([0.0, 1.0], r"type float64; expected one boolean per scan"),
        ([[0, 1]], r"has shape \(1, 2\)"),
    ],
)
def test_sample_masks_that_make_no_sense_are_explained(mask, message):
    with pytest.raises(DesignError, match=f"the run at index 1 {message}|{message}"):
        load_sample_mask(mask, 4, run_index=1)


def test_a_sample_mask_is_not_changed(readonly):
    load_sample_mask(readonly(np.array([3, 1])), 4)


@pytest.mark.parametrize("ending", [".txt", ".par", ".1D"])
def test_realignment_parameters_are_read_as_they_were_written(ending, tmp_path, rng):
    """Six columns of numbers, no header, any white space between them."""
    motion = rng.standard_normal((10, 6))
    path = tmp_path / f"rp{ending}"
    np.savetxt(path, motion, delimiter="   ")
    table = load_confounds_table(path, 10)
    np.testing.assert_allclose(table.to_numpy(), motion)
    assert list(table.columns) == [f"confound_{i}" for i in range(6)]


@pytest.mark.parametrize("text", ["", "a b\n1 2\n", "1 2\n3\n"])
def test_numbers_alone_that_are_none_say_so(text, tmp_path):
    path = tmp_path / "rp.txt"
    path.write_text(text)
    with pytest.raises(DesignError, match="cannot be read as columns of numbers"):
        load_confounds_table(path, 10)


def test_a_table_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    """Root may read all: the system is asked as for somebody else."""
    path = tmp_path / "secret.tsv"
    path.write_text("a\n1\n")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(DesignError, match=r"secret\.tsv' cannot be read\. Check that"):
        load_design_table(path, 1)
