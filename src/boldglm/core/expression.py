"""Contrasts in words: ``"2*face - 0.5*(house + tool)"`` to a vector."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from boldglm._base.arguments import as_list
from boldglm._base.errors import ContrastError

__all__ = ["UnknownColumnError", "expression_to_contrast_vector", "expressions_in"]

NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
#: What a name that is not quoted cannot go on with.
OPERATORS = "+-*/()="
WORD = re.compile(r"[^\s+\-*/()=]+")
#: What a name that is unknown may have been: words up to an operator, and up to
#: one that is not a hyphen.
SPAN = re.compile(r"[^+\-*/()=]+?(?=\s*(?:[+\-*/()=]|$))")
HYPHENATED = re.compile(r"[^+*/()=]+?(?=\s*(?:[+*/()=]|\s-\s|$))")
QUOTES = "'\"`"
LISTED = 30
#: Brackets and signs within each other: Python itself has an end.
DEEPEST = 100


class UnknownColumnError(ContrastError):
    """A contrast that names a column the design does not have.

    Attributes
    ----------
    name : str
        What was taken for the name.
    """

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


def expression_to_contrast_vector(
    expression: str, design_columns: Iterable[Any]
) -> np.ndarray:
    r"""Turn a linear expression of column names into weights of the columns.

    .. math:: \text{expression} = \sum_j c_j\, x_j

    Numbers, ``+ - * /``, brackets and signs mean what they mean in arithmetic;
    ``a = b`` is ``a - b``. An expression that is a column's name as a whole
    stands for that column, whatever is in it.

    Names may have spaces, dots, signs or start with a digit, and need no quotes
    as long as nothing else is meant by the same text: the longest column name
    that fits is taken. Names may always be quoted with ``'``, ``"`` or backticks.

    Parameters
    ----------
    expression : str
    design_columns : list or pandas.Index of str
        Names of the columns. Names that are not text are compared as text.

    Returns
    -------
    (n_columns,) float64

    Raises
    ------
    UnknownColumnError
        If a name is not a column; its attribute ``name`` says which.
    ContrastError
        If the text is no expression, it is not linear or has a constant, or it
        could mean two things. The message points at the place and lists the
        columns.
    TypeError
        If `expression` is not text, or `design_columns` is no list.

    Examples
    --------
    >>> expression_to_contrast_vector("2*a - 0.5*(b + c)", ["a", "b", "c"])
    array([ 2. , -0.5, -0.5])
    >>> expression_to_contrast_vector("left hand - '2-back'", ["2-back", "left hand"])
    array([-1.,  1.])
    """
    if not isinstance(expression, str):
        msg = (
            f"a contrast expression is text, such as 'a - b'; got "
            f"{type(expression).__name__}."
        )
        raise TypeError(msg)
    listed = as_list(design_columns, "design_columns", "names of columns")
    columns = [str(column) for column in listed]
    for whole in (expression, expression.strip()):
        if columns.count(whole) == 1:
            return _unit(columns.index(whole), len(columns))
    return _Parser(expression, columns).parse()


@dataclass(frozen=True, slots=True)
class _Linear:
    """A constant plus weights of columns; no weights is a plain number."""

    constant: float
    weights: np.ndarray | None = None

    def scaled(self, factor: float) -> "_Linear":
        weights = None if self.weights is None else factor * self.weights
        return _Linear(factor * self.constant, weights)

    def plus(self, other: "_Linear") -> "_Linear":
        given = [w for w in (self.weights, other.weights) if w is not None]
        weights = np.sum(given, axis=0) if given else None
        return _Linear(self.constant + other.constant, weights)


def _unit(column: int, n_columns: int) -> np.ndarray:
    vector = np.zeros(n_columns)
    vector[column] = 1.0
    return vector


class _Parser:
    """Recursive descent, one method for each rule of the grammar.

    equation = sum ["=" sum];  sum = product (("+" | "-") product)*
    product = factor (("*" | "/") factor)*
    factor = signed = ("+" | "-") factor | "(" sum ")" | number | name
    """

    def __init__(self, text: str, columns: list[str]) -> None:
        self.text = text
        self.columns = columns
        self.at = 0
        self.depth = 0

    def parse(self) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            value = self.equation()
        if value.weights is None:
            self.fail(0, len(self.text), "There is no column in this expression")
        if not np.isfinite(value.weights).all():
            self.fail(0, len(self.text), "A weight is not a finite number")
        if value.constant != 0:
            self.fail(
                0,
                len(self.text),
                f"A contrast has no constant; here it is {value.constant:g}",
            )
        return value.weights

    def equation(self) -> _Linear:
        value = self.sum()
        if self.take("="):
            self.take("=")
            value = value.plus(self.sum().scaled(-1.0))
        if self.peek():
            self.fail_at_word("Expected an operator or the end")
        return value

    def sum(self) -> _Linear:
        value = self.product()
        while sign := self.take("+-"):
            value = value.plus(self.product().scaled(1.0 if sign == "+" else -1.0))
        return value

    def product(self) -> _Linear:
        value = self.factor("")
        while operator := self.take("*/"):
            start = self.at - 1
            right = self.factor(operator)
            if operator == "/":
                value = self.quotient(value, right, start)
            elif value.weights is None:
                value = right.scaled(value.constant)
            elif right.weights is None:
                value = value.scaled(right.constant)
            else:
                self.fail(start, 1, "A product of two columns is not linear")
        return value

    def quotient(self, value: _Linear, right: _Linear, start: int) -> _Linear:
        if right.weights is not None:
            self.fail(start, 1, "Dividing by a column is not linear")
        if right.constant == 0:
            self.fail(start, 1, "Division by zero")
        return value.scaled(1.0 / right.constant)

    def factor(self, before: str) -> _Linear:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(self.at, 1, f"More than {DEEPEST} brackets and signs in a row")
        value = self.signed(before)
        self.depth -= 1
        return value

    def signed(self, before: str) -> _Linear:
        if sign := self.take("+-"):
            value = self.factor(before)
            return value if sign == "+" else value.scaled(-1.0)
        start = self.at
        if self.take("("):
            value = self.sum()
            if not self.take(")"):
                self.fail(start, 1, "This bracket is not closed")
            return value
        if self.peek() and self.peek() in QUOTES:
            return self.quoted()
        return self.operand(before)

    def quoted(self) -> _Linear:
        start = self.at
        end = self.text.find(self.text[start], start + 1)
        if end < 0:
            self.fail(start, 1, "This quote is not closed")
        self.at = end + 1
        name = self.text[start + 1 : end]
        if name not in self.columns:
            self.fail_unknown(start, self.text[start : end + 1], name)
        return self.column(name, start)

    def operand(self, before: str) -> _Linear:
        """Read a name without quotes, or a number."""
        if not self.peek() or self.peek() in OPERATORS:
            self.fail(self.at, 1, "Expected a column or a number here")
        start = self.at
        name = self.longest_name(start)
        number = self.number(start)
        if name is not None and (number is None or len(name) > len(number)):
            self.at = start + len(name)
            self.check_reading(name, start)
            return self.column(name, start)
        if number is None:
            words = _matched(SPAN, self.text, start)
            self.fail_unknown(start, words, _matched(HYPHENATED, self.text, start))
        self.at = start + len(number)
        if name is None or before == "/":
            return _Linear(float(number))
        if before == "*" or self.peek() in {"*", "/"}:
            self.fail(
                start,
                len(name),
                f"'{name}' is a number and a column: write {name}.0 for the number, "
                "or quote the column",
            )
        return self.column(name, start)

    def longest_name(self, start: int) -> str | None:
        """Longest column that the text goes on with, up to the end of a word."""
        fits = [
            name
            for name in self.columns
            if name and self.text.startswith(name, start) and self.ends(name, start)
        ]
        return max(fits, key=len, default=None)

    def ends(self, name: str, start: int) -> bool:
        after = self.text[start + len(name) : start + len(name) + 1]
        return not (WORD.match(after) and WORD.match(name[-1]))

    def number(self, start: int) -> str | None:
        match = NUMBER.match(self.text, start)
        if match is None:
            return None
        return match.group() if self.ends(match.group(), start) else None

    def check_reading(self, name: str, start: int) -> None:
        """Refuse a name that is also an expression of other columns."""
        if not any(letter in OPERATORS for letter in name):
            return
        others = [column for column in self.columns if column != name]
        try:
            _Parser(name, others).equation()
        except ContrastError:
            return
        self.fail(
            start,
            len(name),
            f"'{name}' is a column and an expression of others: quote the column, or "
            "put the expression in brackets with the names quoted",
        )

    def column(self, name: str, start: int) -> _Linear:
        if self.columns.count(name) > 1:
            self.fail(start, len(name), f"There is more than one column '{name}'")
        return _Linear(0.0, _unit(self.columns.index(name), len(self.columns)))

    def peek(self) -> str:
        """Next character that is not a space; empty at the end."""
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        return self.text[self.at : self.at + 1]

    def take(self, characters: str) -> str:
        """Step over the next character if it is one of these; empty if not."""
        character = self.peek()
        if character and character in characters:
            self.at += 1
            return character
        return ""

    def fail_at_word(self, problem: str) -> NoReturn:
        word = _matched(WORD, self.text, self.at)
        self.fail(self.at, len(word) or 1, problem)

    def fail_unknown(self, start: int, given: str, longer: str) -> NoReturn:
        """Say which name is unknown, and what may have been meant."""
        lower = {column.lower(): column for column in self.columns}
        name = given.strip(QUOTES)
        close = [
            lower[match]
            for tried in (longer, name, name.split()[0] if name.split() else "")
            for match in difflib.get_close_matches(tried.lower(), lower)
        ]
        # a formula names the levels of a group: group[T.patient]
        close += [one for one in self.columns if one.startswith(f"{name}[")]
        hint = f"; did you mean '{close[0]}'?" if close else ""
        problem = f"'{name}' is not a column{hint}"
        raise UnknownColumnError(self.report(start, len(given), problem), name)

    def fail(self, start: int, width: int, problem: str) -> NoReturn:
        raise ContrastError(self.report(start, width, problem))

    def report(self, start: int, width: int, problem: str) -> str:
        """The problem, the expression with the place marked, and the columns."""
        text = re.sub(r"\s", " ", self.text)
        listed = ", ".join(f"'{column}'" for column in self.columns[:LISTED])
        more = len(self.columns) - LISTED
        return (
            f"The contrast '{text}' is not valid. {problem}\n"
            f"    {text}\n"
            f"    {' ' * start}{'^' * max(width, 1)}\n"
            f"The columns are {listed}{f' and {more} more' if more > 0 else ''}."
        )


def _matched(pattern: re.Pattern[str], text: str, start: int) -> str:
    match = pattern.match(text, start)
    return match.group() if match else text[start : start + 1]


def expressions_in(text: str, design_columns: Iterable[Any]) -> list[str]:
    """Expressions of a contrast in words, parted by semicolons: the rows of an F.

    Parameters
    ----------
    text : str
    design_columns : list or pandas.Index of str
        Text that is one of these names stands for it as a whole.

    Returns
    -------
    list of str

    Raises
    ------
    ContrastError
        If there is nothing but semicolons.

    Examples
    --------
    >>> expressions_in("faces; houses - cats", ["faces", "houses", "cats"])
    ['faces', 'houses - cats']
    >>> expressions_in("faces", ["faces"])
    ['faces']
    """
    whole = text.strip() in {str(name).strip() for name in design_columns}
    if whole or ";" not in text:
        return [text]
    found = [one.strip() for one in text.split(";") if one.strip()]
    if not found:
        msg = (
            f"The contrast {text!r} has no expression; expected rows parted by "
            "semicolons, such as 'faces; houses'."
        )
        raise ContrastError(msg)
    return found
