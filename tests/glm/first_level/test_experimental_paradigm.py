"""Events of a run, from tables and files."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boldglm._base.errors import EventsError
from boldglm._base.warnings import EventsWarning
from boldglm.glm.first_level.experimental_paradigm import (
    Events,
    check_events,
    handle_modulation_of_duplicate_events,
    read_events,
)


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "onset": [20.0, 0.0, 10.0],
            "duration": [2.0, 1.0, 3.0],
            "trial_type": ["house", "face", "house"],
        },
        index=["x", "y", "z"],
    )


def test_a_table_becomes_arrays_and_conditions_in_order(table):
    events = read_events(table)
    assert isinstance(events, Events)
    assert events.conditions == ("face", "house")
    assert len(events) == 3
    train = events.train
    assert train.condition.tolist() == [1, 0, 1]
    assert train.onset.tolist() == [20, 0, 10]
    assert train.duration.tolist() == [2, 1, 3]
    assert train.amplitude.tolist() == [1, 1, 1]
    assert train.n_conditions == 2
    assert read_events(events) is events


def test_the_table_is_not_changed(table):
    before = table.copy(deep=True)
    check_events(table.assign(modulation=2.0))
    read_events(table)
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("suffix", [".tsv", ".csv"])
@pytest.mark.parametrize("as_text", [str, lambda path: path])
def test_a_file_is_read_like_the_table_in_it(table, tmp_path, suffix, as_text):
    path = tmp_path / f"events{suffix}"
    table.to_csv(path, sep="\t" if suffix == ".tsv" else ",", index=False)
    from_file, from_table = read_events(as_text(path)), read_events(table)
    assert from_file.conditions == from_table.conditions
    np.testing.assert_array_equal(from_file.train.onset, from_table.train.onset)
    np.testing.assert_array_equal(from_file.train.condition, from_table.train.condition)


def test_numbers_may_be_text_or_nullable_or_whole():
    frame = pd.DataFrame(
        {
            "onset": [" 1.5", "2e1"],
            "duration": pd.array([1, 2], dtype="Int64"),
            "trial_type": pd.Categorical(["b", "a"], categories=["b", "a", "c"]),
            "modulation": [True, False],
        }
    )
    events = read_events(frame)
    assert events.train.onset.tolist() == [1.5, 20]
    assert events.train.duration.tolist() == [1, 2]
    assert events.train.amplitude.tolist() == [1, 0]
    assert events.conditions == ("a", "b")


def test_spaces_around_names_and_values_do_not_matter(table):
    spaced = table.rename(columns={"onset": " onset"}).assign(
        trial_type=["house ", " face", "house"]
    )
    assert read_events(spaced).conditions == ("face", "house")


@pytest.mark.parametrize(
    ("values", "conditions"),
    [
        ([10, 2, 1], ("1", "2", "10")),
        ([1.5, -1.0, 10.0], ("-1.0", "1.5", "10.0")),
        (["10", "2", "1"], ("1", "10", "2")),
        (["b", "A", "a"], ("A", "a", "b")),
        ([1, "a", 2], ("1", "2", "a")),
        ([True, False, True], ("False", "True")),
    ],
)
def test_conditions_are_ordered_by_name_and_numbers_by_value(table, values, conditions):
    numbered = table.assign(trial_type=pd.Series(values, table.index, dtype=object))
    assert read_events(numbered).conditions == conditions


def test_a_file_full_of_numbers_is_ordered_by_value_and_keeps_their_spelling(tmp_path):
    path = tmp_path / "e.tsv"
    path.write_text("onset\tduration\ttrial_type\n1\t1\t10\n2\t1\t09\n3\t1\t1.0\n")
    assert read_events(path).conditions == ("1.0", "09", "10")


def test_without_trial_type_all_is_one_condition_with_a_warning(table):
    with pytest.warns(EventsWarning, match="no column 'trial_type': all 3 events"):
        events = read_events(table.drop(columns="trial_type"))
    assert events.conditions == ("dummy",)


@pytest.mark.parametrize(
    "nothing", ["n/a", "N/A", "NA", "NaN", "", None, np.nan, pd.NA]
)
def test_rows_without_a_condition_are_left_out_with_a_warning(table, nothing):
    table["trial_type"] = pd.Series(
        ["house", nothing, "house"], table.index, dtype=object
    )
    with pytest.warns(EventsWarning, match="row y, .* 1 of 3 rows .* are left out"):
        events = read_events(table)
    assert events.conditions == ("house",)
    assert events.train.onset.tolist() == [20, 10]
    assert events.where(1, "onset") == "the events DataFrame, row z, column 'onset'"


@pytest.mark.parametrize("name", ["null", "None", "none", "nana"])
def test_words_that_only_look_missing_are_conditions(table, name):
    assert name in read_events(table.assign(trial_type=name)).conditions


def test_no_condition_anywhere_is_an_error(table):
    with pytest.raises(EventsError, match="no row has a condition, all are n/a"):
        read_events(table.assign(trial_type="n/a"))


def test_no_events_is_a_warning(table):
    with pytest.warns(EventsWarning, match="has no events"):
        events = read_events(table.iloc[:0])
    assert events.conditions == ()
    assert len(events) == 0


@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        ("onset", np.nan, "nan is a missing value; expected a finite number of sec"),
        ("onset", "n/a", "'n/a' is a missing value"),
        ("onset", pd.NA, "<NA> is a missing value"),
        ("onset", "ten", "'ten' is not a number"),
        ("onset", "1_0", "'1_0' is not a number"),
        ("onset", "0,5", "Decimals are written with a point"),
        ("onset", np.inf, "inf is infinite"),
        ("onset", pd.Timestamp("2020-01-01"), "is not a number"),
        ("duration", -1, "-1 is negative; .* 0 or more"),
        ("duration", "n/a", "0 for an impulse"),
        ("duration", [1, 2], "is not a number"),
        ("modulation", None, "None is a missing value; expected a finite number. Wr"),
        ("modulation", "-inf", "'-inf' is infinite"),
    ],
)
def test_what_is_no_number_is_an_error_at_its_place(table, column, value, complaint):
    values = [1, value, 2]
    table[column] = pd.Series(values, table.index, dtype=object)
    place = f"the events DataFrame .run index 1., row y, column '{column}'"
    with pytest.raises(EventsError, match=f"{place}.*{complaint}"):
        read_events(table, run_index=1)


def test_one_error_counts_the_others(table):
    with pytest.raises(EventsError, match=r"row x, .* The same goes for 2 more"):
        read_events(table.assign(duration=np.nan))


def test_a_column_that_is_needed_is_asked_for(table):
    with pytest.raises(EventsError, match=r"no column 'onset'; .* 'duration', 'tr"):
        read_events(table.drop(columns="onset"))
    with pytest.raises(EventsError, match=r"no column 'duration'.*0 stands for an imp"):
        read_events(table.drop(columns="duration"))


def test_a_column_that_is_there_twice_is_an_error(table):
    twice = pd.concat([table, table[["trial_type"]]], axis=1)
    with pytest.raises(EventsError, match="column 'trial_type' is there 2 times"):
        read_events(twice)


def test_columns_in_capitals_are_read_with_a_warning(table):
    with pytest.warns(EventsWarning, match="'Onset' as 'onset'"):
        events = read_events(table.rename(columns={"onset": "Onset"}))
    assert events.train.onset.tolist() == [20, 0, 10]


def test_exact_names_win_over_capitals(table):
    events = read_events(table.assign(Onset="other"))
    assert events.train.onset.tolist() == [20, 0, 10]


def test_duplicates_are_named(table):
    doubled = pd.concat([table, table.loc[["y"]].rename({"y": "again"})])
    with pytest.warns(EventsWarning, match="row again: 1 duplicated events"):
        assert len(read_events(doubled)) == 4


def test_impulses_beside_events_that_last_are_named(table):
    with pytest.warns(EventsWarning, match="row y, .* 1 of 3 events last 0 s .in 'fa"):
        read_events(table.assign(duration=[1, 0, 1]))


def test_impulses_alone_and_extra_columns_are_no_reason_to_warn(table):
    read_events(table.assign(duration=0, response_time=1.2, weight=1))


@pytest.mark.parametrize("name", ["weight", "Amplitude"])
def test_a_column_that_may_have_been_meant_as_modulation_is_named(table, name):
    with pytest.warns(EventsWarning, match=f"column '{name}' varies but is not used"):
        read_events(table.assign(**{name: [1, 2, 3]}))
    read_events(table.assign(**{name: [1, 2, 3], "modulation": 1}))


def test_the_warning_points_at_the_callers_line(table):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_events(table.drop(columns="trial_type"))
    assert caught[0].filename == __file__


@pytest.mark.parametrize("events", [[1, 2], {"onset": [1]}, np.zeros((3, 3)), None])
def test_other_types_are_refused(events):
    with pytest.raises(TypeError, match="must be a pandas DataFrame or the path"):
        read_events(events)


def test_checked_events_are_complete_and_keep_other_columns(table):
    table["trial_type"] = ["house", "n/a", "house"]
    frame = table.rename(columns={"duration": "Duration"}).assign(rt=[1, 2, 3])
    with pytest.warns(EventsWarning):
        checked = check_events(frame)
    assert checked.columns.tolist() == [
        "onset",
        "duration",
        "trial_type",
        "rt",
        "modulation",
    ]
    assert checked.index.tolist() == ["x", "z"]
    assert checked["rt"].tolist() == [1, 3]
    with pytest.raises(TypeError, match="must be a pandas DataFrame; got str"):
        check_events("events.tsv")


def test_duplicates_made_one_have_the_sum_of_their_modulations(table):
    doubled = pd.concat([table, table]).assign(modulation=[1, 2, 3, 10, 20, 30])
    single = handle_modulation_of_duplicate_events(doubled)
    assert single["modulation"].tolist() == [11, 22, 33]
    assert single["onset"].tolist() == [20, 0, 10]


@settings(max_examples=60, deadline=None)
@given(
    onset=st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=20),
    data=st.data(),
)
def test_numbers_survive_being_written_to_a_file(onset, data, tmp_path_factory):
    size = len(onset)
    duration = data.draw(st.lists(st.floats(0.001, 1e4), min_size=size, max_size=size))
    path = tmp_path_factory.mktemp("events") / "events.tsv"
    lines = [f"{o!r}\t{d!r}\ta" for o, d in zip(onset, duration, strict=True)]
    path.write_text("\n".join(["onset\tduration\ttrial_type", *lines]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EventsWarning)
        train = read_events(path).train
    assert train.onset.tolist() == onset
    assert train.duration.tolist() == duration
