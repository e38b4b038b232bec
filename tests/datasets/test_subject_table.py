"""Rows for old scripts, columns for new ones, and plain tables ever after."""

import copy
import io
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import boldglm
from boldglm.datasets.subject_table import SubjectTable

PLAIN = pd.DataFrame(
    {
        "participant_id": ["S02", "S01", "S04"],
        "age": [24, 31, 20],
        "pseudo": [1.5, np.nan, 3],
    },
    index=[0, 1, 5],
)


@pytest.fixture
def table():
    return SubjectTable(PLAIN)


def test_it_iterates_over_rows_as_record_arrays_do(table):
    assert [row[0] for row in table] == ["S02", "S01", "S04"]
    assert [row["age"] for row in table] == [24, 31, 20]
    assert [row.pseudo for row in table][::2] == [1.5, 3]


def test_it_is_the_table_in_all_else(table):
    pd.testing.assert_frame_equal(table, PLAIN)
    assert isinstance(table, pd.DataFrame)
    assert "age" in table
    assert list(table.keys()) == list(PLAIN.columns)
    assert repr(table) == repr(PLAIN)
    assert table._repr_html_() == PLAIN._repr_html_()
    for form in ("to_csv", "to_string", "to_html", "to_json"):
        assert getattr(table, form)() == getattr(PLAIN, form)()
    assert dict(table.items()).keys() == dict(PLAIN.items()).keys()
    assert [row.age for row in table.itertuples()] == [24, 31, 20]
    assert [name for name, _ in table.iterrows()] == [0, 1, 5]
    said = [io.StringIO(), io.StringIO()]
    table.info(buf=said[0])
    PLAIN.info(buf=said[1])
    assert said[0].getvalue().splitlines()[1:] == said[1].getvalue().splitlines()[1:]
    numbers = ["age", "pseudo"]
    np.testing.assert_array_equal(
        np.asarray(table)[:, 1:].astype(float), PLAIN[numbers]
    )
    pd.testing.assert_series_equal(table["age"], PLAIN["age"])
    pd.testing.assert_frame_equal(pd.DataFrame(table), PLAIN)


@pytest.mark.parametrize(
    "operation",
    [
        lambda table: table.copy(),
        lambda table: table[["age", "pseudo"]],
        lambda table: table[table["age"] > 21],
        lambda table: table.iloc[[1, 0]],
        lambda table: table.loc[:, "age":],
        lambda table: table.dropna(),
        lambda table: table.merge(PLAIN),
        PLAIN.merge,
        lambda table: pd.concat([table, PLAIN]),
        lambda table: table.sort_values("age"),
        lambda table: table.set_index("participant_id"),
        lambda table: table.reset_index(drop=True),
        lambda table: table.rename(columns={"age": "years"}),
        lambda table: table.assign(one=1),
        lambda table: table.drop(columns="age"),
        lambda table: table.query("age > 21"),
        lambda table: table.describe(),
        lambda table: table.isin(["S01"]),
        lambda table: table.astype({"age": float}),
        lambda table: table.fillna(0),
        lambda table: table[["age"]].apply(np.sqrt),
        lambda table: table.groupby("age").mean(numeric_only=True),
        lambda table: table.select_dtypes("number").corr(),
        pd.get_dummies,
        lambda table: table.melt("participant_id"),
        lambda table: table.T,
        lambda table: table.agg({"age": ["mean"], "pseudo": ["max"]}),
        lambda table: table.pivot_table("pseudo", "age"),
        lambda table: table.eval("twice = 2 * age"),
        lambda table: table.nunique().to_frame(),
        lambda table: table.where(table["age"] > 21),
        lambda table: table.isna(),
        lambda table: table.replace(24, 25),
        lambda table: table.sample(2, random_state=0),
        lambda table: pd.DataFrame({name: table[name] for name in table.columns}),
        copy.copy,
        copy.deepcopy,
    ],
)
def test_what_is_made_of_it_is_a_plain_table(table, operation):
    made = operation(table)
    assert type(made) is pd.DataFrame
    pd.testing.assert_frame_equal(made, operation(PLAIN))
    assert list(made) == list(made.columns)


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("/home/me/analysis.py", "S02"),
        ("<stdin>", "S02"),
        ("/env/lib/python3.13/site-packages/seaborn/rows.py", "participant_id"),
        ("/usr/lib/python3/dist-packages/tool.py", "participant_id"),
        (f"{Path(boldglm.__file__).parent}/glm/model.py", "participant_id"),
        (f"{Path(pd.__file__).parent}/core/frame.py", "participant_id"),
    ],
)
def test_packages_find_a_plain_table(table, file, found):
    names = {"table": table}
    exec(compile("first = next(iter(table))", file, "exec"), names)
    first = names["first"]
    assert (first if isinstance(first, str) else first[0]) == found


def test_formulas_take_it(table):
    from formulaic import model_matrix

    formula = "age + C(participant_id)"
    found, expected = (model_matrix(formula, one) for one in (table, PLAIN))
    # It numbers the rows of all that is not just a DataFrame
    expected = expected.reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(expected))


def test_it_can_be_sent(table):
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(table)), PLAIN)
