"""Designs in words, against designs by hand."""

import numpy as np
import pandas as pd
import pytest
from tests.glm.second_level import simulated_group as sim

from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning
from boldglm.glm.second_level.formulas import formula_design, is_formula
from boldglm.glm.second_level.group_designs import group_design
from boldglm.glm.second_level.group_maps import GroupMaps

TABLE = pd.DataFrame(
    {
        "subject_label": list("abcdef"),
        "age": [20.0, 30, 40, 50, 60, 70],
        "group": ["p", "c", "p", "c", "p", "c"],
        "site": [1, 1, 2, 2, 3, 3],
        "iq score": [90, 100, 110, 120, 130, 141],
    }
)
ONE, AGE = np.ones(6), TABLE["age"].to_numpy()
P = (TABLE["group"] == "p").to_numpy().astype(float)
SITE = TABLE["site"].to_numpy()
S2, S3 = (SITE == 2).astype(float), (SITE == 3).astype(float)

DESIGNS = {
    "~ 1": {"intercept": ONE},
    "~ age": {"intercept": ONE, "age": AGE},
    "~age+group": {"intercept": ONE, "age": AGE, "group[T.p]": P},
    "~ 0 + group": {"group[c]": 1 - P, "group[p]": P},
    "~ group - 1": {"group[c]": 1 - P, "group[p]": P},
    "~ C(site)": {"intercept": ONE, "C(site)[T.2]": S2, "C(site)[T.3]": S3},
    "~ site": {"intercept": ONE, "site": SITE},
    "~ age * group": {
        "intercept": ONE,
        "age": AGE,
        "group[T.p]": P,
        "age:group[T.p]": AGE * P,
    },
    "~ 0 + age:group": {"age:group[c]": AGE * (1 - P), "age:group[p]": AGE * P},
    "~ center(age)": {"intercept": ONE, "center(age)": AGE - 45},
    "~ np.log(age)": {"intercept": ONE, "np.log(age)": np.log(AGE)},
    "~ `iq score`": {"intercept": ONE, "iq score": TABLE["iq score"]},
}


@pytest.mark.parametrize("formula", DESIGNS)
def test_formulas_are_designs_by_hand(formula):
    before = TABLE.copy(deep=True)
    design = formula_design(formula, TABLE, 6)
    expected = pd.DataFrame(DESIGNS[formula]).astype(float)
    pd.testing.assert_frame_equal(design, expected)
    pd.testing.assert_frame_equal(TABLE, before)


def test_rows_are_found_by_subject_whatever_their_order():
    shuffled = TABLE.sample(frac=1, random_state=1)
    design = formula_design("~ age", shuffled, 3, labels=["f", "a", "c"])
    assert design["age"].tolist() == [70, 20, 40]
    assert design.index.tolist() == [0, 1, 2]


def test_without_subjects_rows_are_those_of_the_maps():
    design = formula_design("~ age", TABLE.set_index("subject_label").iloc[::-1], 6)
    assert design["age"].tolist() == [70, 60, 50, 40, 30, 20]


def test_an_intercept_needs_no_table():
    assert formula_design("~ 1", None, 4)["intercept"].tolist() == [1, 1, 1, 1]


def test_names_that_are_numbers_go_in_backticks():
    design = formula_design("~ `7`", TABLE.rename(columns={"age": 7}), 6)
    assert design["7"].tolist() == AGE.tolist()


def test_what_the_formula_does_not_name_may_be_empty():
    formula_design("~ age", TABLE.assign(group=[None, "c"] * 3), 6)


@pytest.mark.parametrize(
    ("formula", "change", "message"),
    [
        ("~ age", {"age": [1, np.nan, 3, 4, 5, np.nan]}, "'age' of 'b'; 'age' of 'f'"),
        ("~ group", {"group": ["p", "c", None, "c", "p", "c"]}, "'group' of 'c'"),
        ("~ weight", {}, "has 'weight', which confounds do not have; they have 'subj"),
        ("y ~ age", {}, r"expected '~' and then the columns.*left of it are the maps"),
        ("~ age ~ group", {}, "is not one of a design"),
        ("~ age +* group", {}, r"'~ age \+\* group' cannot be read"),
        ("~ (age", {}, "cannot be read"),
        ("~ 0", {}, "gives no columns"),
        ("~ ", {}, "gives no columns"),
        ("~ age | group", {}, "has several parts"),
        ("~ np.log(age)", {"age": [0, 1, 2, 3, 4, 5]}, r"'np.log\(age\)' has -inf"),
        ("~ fun(age)", {}, "has 'fun', which confounds do not have"),
        ("~ np.nothing(age)", {}, "cannot be computed"),
        ("~ TABLE", {}, "has 'TABLE', which confounds do not have"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_formulas_that_cannot_be_are_explained(formula, change, message):
    with pytest.raises(DesignError, match=f"(?s){message}"):
        formula_design(formula, TABLE.assign(**change), 6)


def test_a_row_less_is_never_dropped_in_silence():
    """Formula packages drop rows with nan, which would shift all maps after it."""
    holed = TABLE.assign(age=[20, 30, np.nan, 50, 60, 70])
    with pytest.raises(DesignError, match=r"'age' of 'c'.*Fill it in, or leave"):
        formula_design("~ age", holed, 6, labels=list("abcdef"))
    anonymous = holed.drop(columns="subject_label")
    with pytest.raises(DesignError, match=r"'age' of 2 .*counted from 0"):
        formula_design("~ age", anonymous, 6)
    assert len(formula_design("~ age", holed, 2, labels=["a", "b"])) == 2


@pytest.mark.parametrize(
    ("table", "labels", "error", "message"),
    [
        (None, None, DesignError, "they have no columns. Pass confounds="),
        (AGE, None, TypeError, "confounds are a ndarray; .* needs a pandas DataFrame"),
        (TABLE.iloc[:4], None, DesignError, "have 4 rows, but there are 6 maps"),
        (TABLE.iloc[:4], list("abcdef"), DesignError, "not specified for subject 'e'"),
        (TABLE[["age"]], list("abcdef"), DesignError, "need a column 'subject_label'"),
        (
            TABLE.assign(**{"2": 1, "3": 1}).rename(columns={"3": 2}),
            None,
            DesignError,
            "columns '2' are there more than once",
        ),
    ],
)
def test_tables_that_do_not_fit_are_explained(table, labels, error, message):
    with pytest.raises(error, match=message):
        formula_design("~ age", table, 6, labels)


@pytest.mark.parametrize(
    ("design", "formula"),
    [
        ("~ age", True),
        ("y ~ age", True),
        ("~/study/design.csv", False),
        ("design~1.TSV", False),
        ("design.tsv", False),
        (None, False),
        (np.ones((3, 1)), False),
    ],
)
def test_formulas_are_told_from_paths(design, formula):
    assert is_formula(design) is formula


# --- the designs of groups ---


def maps(n=6, labels=None, kind="images"):
    return GroupMaps(kind, (), labels, tuple(f"map {k}" for k in range(n)))


def test_designs_may_be_files_tables_and_arrays(tmp_path):
    expected = pd.DataFrame({"age": AGE, "one": ONE})
    expected.to_csv(tmp_path / "indexed.csv")
    expected.to_csv(tmp_path / "plain.tsv", sep="\t", index=False)
    np.savez(tmp_path / "design.npz", X=expected.to_numpy(), conditions=["age", "one"])
    for design in (
        expected,
        tmp_path / "indexed.csv",
        str(tmp_path / "plain.tsv"),
        tmp_path / "design.npz",
    ):
        found = group_design(design, None, maps())
        pd.testing.assert_frame_equal(found, expected, check_index_type=False)
    array = group_design(expected.to_numpy(), None, maps())
    assert np.array_equal(array.to_numpy(), expected.to_numpy())


def test_subjects_and_confounds_make_a_design():
    known = maps(3, ("c", "a", "b"), "table")
    numbers = TABLE[["subject_label", "age"]]
    design = group_design(None, numbers, known)
    assert design["age"].tolist() == [40, 20, 30]
    assert list(design) == ["age", "intercept"]
    assert list(group_design(None, None, known)) == ["intercept"]
    formula = group_design("~ age", TABLE, known)
    assert formula["age"].tolist() == [40, 20, 30]
    assert list(group_design("~ 1", None, known)) == ["intercept"]


def test_a_design_makes_confounds_pointless():
    with pytest.warns(DesignWarning, match="confounds are not used: design_matrix"):
        group_design(np.ones((6, 1)), TABLE, maps())


@pytest.mark.parametrize(
    ("design", "error", "message"),
    [
        (None, ValueError, "require a design matrix to be provided.*'~ 1'"),
        (np.ones((5, 1)), DesignError, "5 rows, but there are 6 maps: design_matrix"),
        ("no.csv", FileNotFoundError, "there is no file 'no.csv'"),
        (" ", DesignError, "design_matrix is empty text"),
        (pd.DataFrame({"a": [np.nan] * 6}), DesignError, "'a' has nan in row 0"),
        (pd.DataFrame({"a": list("abcdef")}), DesignError, "'a' is not numeric"),
        (np.eye(6), DesignError, "rank 6 for 6 maps: no degree of freedom is left"),
        (np.zeros((6, 2)), DesignError, "zero everywhere"),
        (3, DesignError, "is a int: 3"),
    ],
)
def test_designs_that_do_not_fit_are_explained(design, error, message):
    with pytest.raises(error, match=message):
        group_design(design, None, maps())


def test_the_simulated_subjects_have_what_the_tests_name():
    assert list(sim.subjects(4)["group"]) == ["patient", "control"] * 2


def test_errors_have_no_colours_of_terminals():
    subjects = pd.DataFrame({"age": [1.0, 2.0, 3.0]})
    with pytest.raises(DesignError) as caught:
        formula_design("~ age +* age", subjects, 3)
    assert "m+*" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_levels_that_no_subject_has_make_no_columns():
    """Neither a column of zeros, nor the level that others are compared with."""
    kinds = pd.Categorical(list("xyxyxx"), categories=["nobody", "x", "y", "nor she"])
    table = TABLE.assign(kind=kinds)
    design = formula_design("~ kind", table, 6)
    assert design.columns.tolist() == ["intercept", "kind[T.y]"]
    assert design["kind[T.y]"].tolist() == [0, 1, 0, 1, 0, 0]
    assert table["kind"].cat.categories.size == 4


@pytest.mark.parametrize("formula", ["~ 150(", "~ age age", "~ ++", "~ |", "~ C(age"])
def test_what_the_parser_stumbles_over_is_told_as_ours(formula):
    with pytest.raises(DesignError, match="cannot be"):
        formula_design(formula, TABLE, 6)
