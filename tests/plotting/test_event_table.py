import warnings

import numpy as np
import pandas as pd
import pytest

from boldglm._base.errors import EventsError
from boldglm._base.warnings import EventsWarning
from boldglm.plotting.event_table import read_shown_events


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "onset": [3.0, 1.5, 9.0],
            "duration": [0, 2, 1],
            "trial_type": ["b", "a", "b"],
            "modulation": [1.0, -2.0, 0.5],
        }
    )


def columns(events):
    return (
        events.onset.tolist(),
        events.duration.tolist(),
        events.condition.tolist(),
        events.amplitude.tolist(),
    )


def test_columns_are_read_in_their_order(table):
    (run,) = read_shown_events(table)
    assert columns(run) == ([3, 1.5, 9], [0, 2, 1], ["b", "a", "b"], [1, -2, 0.5])
    assert columns(run.of("b")) == ([3, 9], [0, 1], ["b", "b"], [1, 0.5])


@pytest.mark.parametrize(("ending", "sep"), [(".tsv", "\t"), (".csv", ",")])
@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_files_are_read_like_tables(table, tmp_path, ending, sep, kind):
    path = tmp_path / f"events{ending}"
    table.to_csv(path, sep=sep, index=False)
    (from_file,), (from_table,) = (
        read_shown_events(kind(path)),
        read_shown_events(table),
    )
    assert columns(from_file) == columns(from_table)


def test_every_kind_of_list_is_a_run_each(table):
    for runs in ([table, table], (table, table), iter([table, table])):
        assert len(read_shown_events(runs)) == 2


def test_what_is_optional_has_a_default(table):
    (run,) = read_shown_events(table[["onset", "duration"]])
    assert run.condition.tolist() == ["dummy"] * 3
    assert run.amplitude.tolist() == [1, 1, 1]


def test_capitals_and_spaces_are_no_obstacle(tmp_path):
    path = tmp_path / "events.tsv"
    path.write_bytes(
        b"\xef\xbb\xbf Onset\tDURATION \tTrial_Type\n 1 \t2\t left hand \n3\t0\tnull\n"
    )
    (run,) = read_shown_events(path)
    assert columns(run)[:3] == ([1, 3], [2, 0], ["left hand", "null"])


def test_exact_names_go_before_capitals(table):
    table = pd.DataFrame({"Onset": [7.0]}).join(table.head(1))
    assert read_shown_events(table)[0].onset.tolist() == [3.0]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, "n/a", " NaN ", ""])
def test_rows_without_a_condition_are_left_out_and_told(table, missing):
    table["trial_type"] = pd.Series(["b", missing, "b"], dtype=object)
    with pytest.warns(EventsWarning, match="DataFrame: 1 of 3 rows have no condition"):
        (run,) = read_shown_events(table)
    assert run.onset.tolist() == [3.0, 9.0]
    assert run.amplitude.tolist() == [1.0, 0.5]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("onset", np.nan, "'onset' has nan in row 1; expected a finite number"),
        ("onset", "soon", "'onset' has soon in row 1; expected a finite number"),
        ("duration", -1.0, "'duration' has -1.0 in row 1; .* number, 0 or more"),
        ("duration", np.inf, "'duration' has inf in row 1; .* number, 0 or more"),
        ("duration", "n/a", r"'duration' has n/a in row 1; .*\(1 such rows\.\)"),
        ("modulation", None, "'modulation' has None in row 1; expected a finite"),
    ],
)
def test_what_is_no_number_is_named(table, column, value, message):
    table[column] = table[column].astype(object)
    table.loc[1, column] = value
    with pytest.raises(EventsError, match=message):
        read_shown_events(table)


@pytest.mark.parametrize("column", ["onset", "duration"])
def test_a_column_that_is_needed_is_named(table, column):
    with pytest.raises(EventsError, match=f"no column '{column}'; the columns are '"):
        read_shown_events(table.drop(columns=column))


def test_the_run_is_named_where_there_are_several(table):
    with pytest.raises(EventsError, match=r"DataFrame \(run index 1\) has no events"):
        read_shown_events([table, table.head(0)])
    with pytest.raises(EventsError, match=r"DataFrame has no events to show"):
        read_shown_events(table.head(0))


def test_runs_without_conditions_and_lists_without_runs_are_told(table):
    table["trial_type"] = "n/a"
    with pytest.raises(EventsError, match="no event has a condition"):
        read_shown_events(table)
    with pytest.raises(EventsError, match="the list of runs is empty"):
        read_shown_events([])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (3, "must be a pandas DataFrame, the path .* a list of these; got int"),
        (np.zeros((2, 3)), "a list of these; got ndarray"),
        ([3], "Each run must be a pandas DataFrame or the path .*; got int"),
    ],
)
def test_what_is_no_table_is_told(given, message):
    with pytest.raises(TypeError, match=message):
        read_shown_events(given)


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file '.*nowhere\.tsv'"):
        read_shown_events(tmp_path / "nowhere.tsv")
    with pytest.raises(EventsError, match=r"ends in '\.xlsx'; expected \.tsv or \.csv"):
        read_shown_events("events.xlsx")
    (tmp_path / "empty.tsv").write_text("")
    with pytest.raises(EventsError, match=r"empty\.tsv' cannot be read as a table"):
        read_shown_events(tmp_path / "empty.tsv")


def test_real_files_are_read_or_refused_in_words(data_dir):
    files = sorted((data_dir / "events_corpus").rglob("*.tsv"))
    if not files:
        pytest.skip("needs the corpus of events files")
    n_read = 0
    for path in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EventsWarning)
            try:
                (run,) = read_shown_events(path)
            except EventsError as error:
                assert path.name in str(error)  # noqa: PT017
                continue
        assert np.isfinite(run.onset).all()
        n_read += 1
    assert n_read > len(files) / 2


def test_the_table_is_not_changed(table):
    before = table.copy()
    read_shown_events([table])
    pd.testing.assert_frame_equal(table, before)
