"""Designs of a group."""

import numpy as np
import pandas as pd
import pytest

from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning
from boldglm.glm.second_level.design import make_second_level_design_matrix


@pytest.fixture
def confounds():
    return pd.DataFrame(
        {"age": [30, 25, 41], "subject_label": ["01", "02", "03"], "iq": [1.0, 2, 4]},
        index=["x", "y", "z"],
    )


def test_rows_follow_the_subjects_and_the_intercept_is_last(confounds):
    design = make_second_level_design_matrix(["03", "01"], confounds.iloc[:, :2])
    expected = pd.DataFrame({"age": [41.0, 30.0], "intercept": [1.0, 1.0]})
    pd.testing.assert_frame_equal(design, expected)


def test_without_confounds_there_is_an_intercept():
    design = make_second_level_design_matrix(["a", "b"])
    pd.testing.assert_frame_equal(design, pd.DataFrame({"intercept": [1.0, 1.0]}))


def test_a_subject_may_come_more_than_once(confounds):
    design = make_second_level_design_matrix(["02", "01", "02", "03", "01"], confounds)
    assert design["age"].tolist() == [25, 30, 25, 41, 30]
    assert design.index.tolist() == [0, 1, 2, 3, 4]


def test_the_confounds_are_not_changed(confounds):
    before = confounds.copy(deep=True)
    make_second_level_design_matrix(["01", "02", "03"], confounds)
    pd.testing.assert_frame_equal(confounds, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.drop(columns="subject_label"), "need one column 'subject_label'"),
        (lambda c: c.iloc[:2], "not specified for subject '03'; .* has '01', '02'"),
        (lambda c: pd.concat([c, c.iloc[[0]]]), "more than one row for subject '01'"),
        (lambda c: c.assign(iq=[1, np.nan, 3]), "NaN values .*'iq' of subject '02'"),
        (
            lambda c: c.assign(sex=["f", "m", "f"]),
            "column 'sex' is not numeric: .* 'f'",
        ),
        (lambda c: c.assign(intercept=1), "unique names: .* 'intercept'"),
        (lambda c: c.rename(columns={"iq": "age"}), "'age' are there more than once"),
    ],
)
def test_confounds_that_do_not_fit_are_explained(confounds, change, message):
    with pytest.raises(DesignError, match=message):
        make_second_level_design_matrix(["01", "02", "03"], change(confounds))


def test_confounds_are_a_table():
    with pytest.raises(TypeError, match=r"must be a pandas DataFrame .*; got ndarray"):
        make_second_level_design_matrix(["01"], np.ones((1, 2)))


def test_columns_that_cannot_be_told_apart_are_named(confounds):
    doubled = confounds.assign(months=confounds["age"] * 12)
    with pytest.warns(DesignWarning, match="columns 'age', 'months' are confounded"):
        make_second_level_design_matrix(["01", "02", "03"], doubled.drop(columns="iq"))


def test_large_numbers_are_no_reason_to_warn():
    """A condition number grows with the unit; what can be told apart does not."""
    confounds = pd.DataFrame(
        {"subject_label": list("abcd"), "volume": [1.1e6, 1.2e6, 1.15e6, 1.3e6]}
    )
    make_second_level_design_matrix(list("abcd"), confounds)
