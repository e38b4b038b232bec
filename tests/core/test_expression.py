"""Contrasts in words."""

import pickle

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from boldglm._base.errors import ContrastError
from boldglm.core.expression import (
    UnknownColumnError,
    expression_to_contrast_vector,
    expressions_in,
)

COLUMNS = ["a", "b", "c", "left hand", "right.hand", "2-back", "0-back", "x (1)"]


def parse(expression, columns=COLUMNS):
    """Weights that are not zero, by name."""
    vector = expression_to_contrast_vector(expression, columns)
    assert vector.shape == (len(columns),)
    assert vector.dtype == np.float64
    return {str(c): float(w) for c, w in zip(columns, vector, strict=True) if w}


@pytest.mark.parametrize(
    ("expression", "weights"),
    [
        ("a", {"a": 1}),
        (" a ", {"a": 1}),
        ("a-b", {"a": 1, "b": -1}),
        ("2*a - 0.5*(b + c)", {"a": 2, "b": -0.5, "c": -0.5}),
        ("a*2/4", {"a": 0.5}),
        ("-(a - b)*3", {"a": -3, "b": 3}),
        ("(2 + 1)*a", {"a": 3}),
        ("- -a", {"a": 1}),
        ("+a - +b", {"a": 1, "b": -1}),
        ("1e-1*a + .5*b", {"a": 0.1, "b": 0.5}),
        ("a - b/2 - b/2", {"a": 1, "b": -1}),
        ("a = b", {"a": 1, "b": -1}),
        ("a - b = 0", {"a": 1, "b": -1}),
        ("a == b", {"a": 1, "b": -1}),
        ("a - a", {}),
    ],
)
def test_arithmetic(expression, weights):
    assert parse(expression) == pytest.approx(weights)


@pytest.mark.parametrize(
    ("expression", "weights"),
    [
        ("left hand - right.hand", {"left hand": 1, "right.hand": -1}),
        ("2-back - 0-back", {"2-back": 1, "0-back": -1}),
        ("2-back-0-back", {"2-back": 1, "0-back": -1}),
        ("3*2-back", {"2-back": 3}),
        ("x (1) - a", {"x (1)": 1, "a": -1}),
        ("'left hand' - \"2-back\" + `c`", {"left hand": 1, "2-back": -1, "c": 1}),
        ("'a'", {"a": 1}),
    ],
)
def test_names_that_are_not_identifiers(expression, weights):
    assert parse(expression) == weights


def test_a_whole_expression_that_is_a_column_is_that_column():
    assert parse("a - b", ["a", "b", "a - b"]) == {"a - b": 1}
    assert parse("2*a", ["a", "2*a"]) == {"2*a": 1}


def test_the_longest_name_is_taken():
    assert parse("left hand - left", ["left", "left hand"]) == {
        "left hand": 1,
        "left": -1,
    }


def test_a_name_does_not_end_inside_a_word():
    with pytest.raises(UnknownColumnError, match="'faces' is not a column"):
        parse("faces - house", ["face", "house"])


def test_columns_that_are_numbers_are_found_by_their_text():
    assert parse("10 - 2", [2, 10]) == {"10": 1, "2": -1}
    assert parse("a/2", ["a", "2"]) == {"a": 0.5}
    assert parse("2.0*a - 2", ["a", "2"]) == {"a": 2, "2": -1}


@pytest.mark.parametrize(
    ("expression", "columns", "problem", "marked"),
    [
        ("fcae - house", ["face", "house"], "'fcae' is not a column", "fcae"),
        ("FACE", ["face"], "did you mean 'face'", "FACE"),
        ("a - lft hand", COLUMNS, "did you mean 'left hand'", "lft hand"),
        ("a - 'b d'", COLUMNS, "'b d' is not a column", "'b d'"),
        ("a b", COLUMNS, "Expected an operator or the end", "b"),
        ("a @ b", COLUMNS, "Expected an operator or the end", "@"),
        ("a)", COLUMNS, "Expected an operator or the end", ")"),
        ("(a - b", COLUMNS, "This bracket is not closed", "("),
        ("'a - b", COLUMNS, "This quote is not closed", "'"),
        ("a*b", COLUMNS, "A product of two columns is not linear", "*"),
        ("a**2", COLUMNS, "Expected a column or a number here", "*"),
        ("1/a", COLUMNS, "Dividing by a column is not linear", "/"),
        ("a/0", COLUMNS, "Division by zero", "/"),
        ("a + 1", COLUMNS, "A contrast has no constant; here it is 1", "a + 1"),
        ("3", COLUMNS, "There is no column in this expression", "3"),
        ("1e999*a", COLUMNS, "A weight is not a finite number", "1e999*a"),
        ("2*1", ["1"], "'1' is a number and a column: write 1.0", "1"),
        ("a-b + c", ["a", "b", "c", "a-b"], "is a column and an expression", "a-b"),
    ],
)
def test_an_error_points_at_the_place_and_lists_the_columns(
    expression, columns, problem, marked
):
    with pytest.raises(ContrastError) as caught:
        expression_to_contrast_vector(expression, columns)
    first, shown, caret, listed = str(caught.value).splitlines()
    assert problem in first
    assert f"'{expression}'" in first
    under = slice(caret.index("^"), caret.rindex("^") + 1)
    assert shown[under] == marked
    assert all(f"'{column}'" in listed for column in columns)


@pytest.mark.parametrize("expression", ["", "  ", "a -", "a + (", "*a"])
def test_what_is_missing_is_said(expression):
    with pytest.raises(ContrastError, match="Expected a column or a number"):
        expression_to_contrast_vector(expression, COLUMNS)


def test_the_unknown_name_can_be_asked_of_the_error_also_after_pickling():
    with pytest.raises(UnknownColumnError) as caught:
        expression_to_contrast_vector("a - left foot", COLUMNS)
    assert caught.value.name == "left foot"
    assert pickle.loads(pickle.dumps(caught.value)).name == "left foot"


def test_many_columns_are_not_all_listed():
    columns = [f"column_{number}" for number in range(50)]
    with pytest.raises(ContrastError, match="and 20 more"):
        expression_to_contrast_vector("nothing", columns)


def test_a_column_that_is_there_twice_cannot_be_named():
    with pytest.raises(ContrastError, match="more than one column 'a'"):
        expression_to_contrast_vector("a", ["a", "a", "b"])


def test_the_expression_is_text():
    with pytest.raises(TypeError, match="is text, such as 'a - b'; got list"):
        expression_to_contrast_vector([1, 0], ["a", "b"])


def test_nothing_is_evaluated():
    with pytest.raises(ContrastError):
        expression_to_contrast_vector("__import__('os').getcwd()", ["a"])


names = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1
).filter(lambda name: name == name.strip() and '"' not in name)
weights = st.floats(-1e6, 1e6).map(lambda w: round(w, 3))


@settings(max_examples=150, deadline=None)
@given(columns=st.lists(names, min_size=1, max_size=6, unique=True), data=st.data())
def test_a_vector_written_out_with_quotes_is_read_back(columns, data):
    vector = data.draw(st.lists(weights, min_size=len(columns), max_size=len(columns)))
    text = " + ".join(f'{w!r}*"{c}"' for w, c in zip(vector, columns, strict=True))
    assume(text not in columns)
    np.testing.assert_array_equal(expression_to_contrast_vector(text, columns), vector)


plain = st.recursive(
    st.sampled_from(["a", "b", "left hand", "2-back"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-"]), inner).map(" ".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-({text})"),
        st.tuples(st.integers(1, 9), inner).map(lambda p: f"{p[0]} * ({p[1]})"),
        inner.map(lambda text: f"({text}) / 4"),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(left=plain, right=plain, factor=st.integers(-20, 20))
def test_parsing_is_linear(left, right, factor):
    """What an expression means is the same combination of what its parts mean."""

    def vector(text):
        return expression_to_contrast_vector(text, COLUMNS)

    np.testing.assert_allclose(
        vector(f"({left}) - {factor} * ({right})"),
        vector(left) - factor * vector(right),
        atol=1e-9,
    )


@settings(max_examples=100, deadline=None)
@given(plain)
def test_arithmetic_is_pythons(text):
    """The oracle is Python itself, with columns as unit vectors."""
    tokens = {"a": 0, "b": 1, "left hand": 3, "2-back": 5}
    code = text
    for name, at in tokens.items():
        code = code.replace(name, f"E[{at}]") if len(name) > 1 else code
    code = " ".join(
        f"E[{tokens[part]}]" if part in tokens else part
        for part in code.replace("(", " ( ").replace(")", " ) ").split()
    )
    expected = eval(code, {"E": np.eye(len(COLUMNS))})
    np.testing.assert_allclose(
        expression_to_contrast_vector(text, COLUMNS), expected, atol=1e-12
    )


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab12. +-*/()='\"`x=", max_size=12))
def test_any_text_gives_a_vector_or_a_contrast_error(text):
    message = ""
    vector = np.zeros(1)
    try:
        vector = expression_to_contrast_vector(text, ["a", "b", "1", "a b", "b-a"])
    except ContrastError as error:
        message = str(error)
    assert np.isfinite(vector).all()
    assert not message or "^" in message.splitlines()[2]


def test_rows_of_an_f_are_parted_by_semicolons():
    assert expressions_in(" a ;b - c; ", ["a", "b", "c"]) == ["a", "b - c"]
    assert expressions_in("a - b", ["a", "b"]) == ["a - b"]
    # a name with one, as a whole
    assert expressions_in("a;b", ["a;b", 2]) == ["a;b"]
    with pytest.raises(ContrastError, match="has no expression"):
        expressions_in(" ; ", ["a"])


@pytest.mark.parametrize("nested", ["(" * 500 + "a" + ")" * 500, "-" * 2000 + "a"])
def test_brackets_and_signs_have_an_end(nested):
    with pytest.raises(ContrastError, match="More than 100 brackets and signs"):
        parse(nested)


def test_a_hundred_terms_are_not_nested():
    assert parse(" + ".join(["a"] * 300)) == {"a": 300.0}


@pytest.mark.parametrize("columns", [None, 3, "ab", {"a": 1}])
def test_columns_are_a_list(columns):
    with pytest.raises(TypeError, match=r"design_columns is .*; expected a list"):
        expression_to_contrast_vector("a", columns)
