"""Formulas of arrays, read by a parser of our own: no code is executed."""

import ast
import operator
from collections.abc import Callable, Mapping
from types import EllipsisType
from typing import Any

import numpy as np

from boldglm.image.formula_names import (
    ATTRIBUTES,
    LIMITS,
    METHODS,
    NUMPY_CONSTANTS,
    NUMPY_FUNCTIONS,
)

__all__ = ["evaluate", "names_in"]

# Bits of a whole number: beyond, powers of powers take hours.
_MOST_BITS = 4096


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, int) and isinstance(exponent, int):
        _check_bits(base.bit_length() * max(exponent, 0))
    return operator.pow(base, exponent)


def _shifted(number: Any, by: Any) -> Any:
    if isinstance(number, int) and isinstance(by, int):
        _check_bits(number.bit_length() + by)
    return operator.lshift(number, by)


def _check_bits(bits: int) -> None:
    if bits > _MOST_BITS:
        msg = f"a whole number has {bits} bits; expected at most {_MOST_BITS}."
        raise ValueError(msg)


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: _shifted,
    ast.RShift: operator.rshift,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

_NUMPY_DOTTED = {"np.linalg.norm": np.linalg.norm}

_BUILTINS: dict[str, Any] = {
    "abs": abs,
    "bool": bool,
    "float": float,
    "int": int,
    "len": len,
    "max": max,
    "min": min,
    "pow": _power,
    "round": round,
    "sum": sum,
}


def evaluate(formula: str, arrays: Mapping[str, np.ndarray]) -> Any:
    """The value of a formula of named arrays; see `math_img` for what it may hold.

    The arrays cannot be changed by it, not even through ``out`` arguments.

    Raises
    ------
    ValueError
        If the formula cannot be parsed, uses something else, or fails.

    Examples
    --------
    >>> evaluate("np.where(a > 1, a, 0)", {"a": np.array([1.0, 2.0])})
    array([0., 2.])
    """
    views = {}
    for name, array in arrays.items():
        views[name] = array.view()
        views[name].flags.writeable = False
    tree = _parsed(formula)
    try:
        value = _Reader(views).visit(tree.body)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        RecursionError,
        TypeError,
        ValueError,
    ) as err:
        msg = f'Formula "{formula}": {err or "there is not enough memory"}'
        raise ValueError(msg) from err
    return _owned(value, views) if isinstance(value, np.ndarray) else value


def names_in(formula: str) -> set[str]:
    """The names a formula uses, ``np`` among them.

    Examples
    --------
    >>> sorted(names_in("np.abs(a) > b"))
    ['a', 'b', 'np']
    """
    tree = _parsed(formula)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _parsed(formula: str) -> ast.Expression:
    if not isinstance(formula, str):
        msg = (
            f"formula is a {type(formula).__name__}; expected text such as 'img > 3', "
            "and images by their names in it: math_img('img > 3', img=...)."
        )
        raise TypeError(msg)
    try:
        return ast.parse(formula.strip(), mode="eval")
    except (SyntaxError, RecursionError, ValueError) as error:
        msg = f'Formula "{formula}" cannot be parsed: {error}.'
        raise ValueError(msg) from error


class _Reader(ast.NodeVisitor):
    """Walks the syntax tree of a formula; what has no method here is refused."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.arrays = arrays

    def generic_visit(self, node: ast.AST) -> Any:
        msg = f"{type(node).__name__} is not allowed here: {ast.unparse(node)!r}."
        raise ValueError(msg)

    def visit_Constant(self, node: ast.Constant) -> Any:
        if isinstance(node.value, bool | int | float | complex | str | EllipsisType):
            return node.value
        return None if node.value is None else self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> Any:
        if node.id in self.arrays:
            return self.arrays[node.id]
        if node.id in _BUILTINS:
            return _BUILTINS[node.id]
        names = ", ".join(self.arrays)
        msg = f"the name {node.id!r} is not an image (there are: {names}) nor np.name."
        raise ValueError(msg)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        left, right = self.visit(node.left), self.visit(node.right)
        return _OPERATORS[type(node.op)](left, right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            msg = "'not' does not work voxel by voxel; use ~ and brackets."
            raise ValueError(msg)  # noqa: TRY004
        return _OPERATORS[type(node.op)](self.visit(node.operand))

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        word = "and" if isinstance(node.op, ast.And) else "or"
        sign = "&" if word == "and" else "|"
        msg = (
            f"{word!r} does not work voxel by voxel; "
            f"use {sign} and brackets: (a > 1) {sign} (b > 1)."
        )
        raise ValueError(msg)

    def visit_Compare(self, node: ast.Compare) -> Any:
        if len(node.ops) > 1 or type(node.ops[0]) not in _OPERATORS:
            msg = (
                f"cannot compare voxel by voxel: {ast.unparse(node)!r}; "
                "use single comparisons joined by &."
            )
            raise ValueError(msg)
        left, right = self.visit(node.left), self.visit(node.comparators[0])
        return _OPERATORS[type(node.ops[0])](left, right)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        return self.visit(node.body if self.visit(node.test) else node.orelse)

    def visit_Tuple(self, node: ast.Tuple) -> Any:
        return tuple(self.visit(item) for item in node.elts)

    def visit_List(self, node: ast.List) -> Any:
        return [self.visit(item) for item in node.elts]

    def visit_Slice(self, node: ast.Slice) -> Any:
        ends = (node.lower, node.upper, node.step)
        return slice(*(None if end is None else self.visit(end) for end in ends))

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        return self.visit(node.value)[self.visit(node.slice)]

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        if isinstance(node.value, ast.Name) and node.value.id == "np":
            return _numpy_name(node.attr)
        if ast.unparse(node) in _NUMPY_DOTTED:
            return _NUMPY_DOTTED[ast.unparse(node)]
        if node.attr in ATTRIBUTES:
            return getattr(self.visit(node.value), node.attr)
        if node.attr in LIMITS:
            owner = self.visit(node.value)
            if isinstance(owner, np.finfo | np.iinfo):
                return getattr(owner, node.attr)
        msg = f"the attribute {node.attr!r} is not allowed: {ast.unparse(node)!r}."
        raise ValueError(msg)

    def visit_Call(self, node: ast.Call) -> Any:
        function = self._callee(node.func)
        arguments = [self.visit(argument) for argument in node.args]
        if any(keyword.arg in (None, "out") for keyword in node.keywords):
            msg = "arguments 'out' and '**' are not allowed."
            raise ValueError(msg)
        named = {str(word.arg): self.visit(word.value) for word in node.keywords}
        return function(*arguments, **named)

    def _callee(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Attribute) and not _is_numpy(node.value):
            kinds: Any = np.ufunc if node.attr == "reduce" else np.ndarray | np.generic
            if node.attr in METHODS or kinds is np.ufunc:
                owner = self.visit(node.value)
                if isinstance(owner, kinds):
                    return getattr(owner, node.attr)
        function = self.visit(node)
        if not callable(function):
            msg = f"{ast.unparse(node)!r} cannot be called."
            raise ValueError(msg)  # noqa: TRY004
        return function


def _owned(value: np.ndarray, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """An array of its own, writable, even where the formula is only a name."""
    shared = any(np.may_share_memory(value, array) for array in inputs.values())
    return np.array(value) if shared or not value.flags.writeable else value


def _is_numpy(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "np"


def _numpy_name(name: str) -> Any:
    """An element-wise function, data type, constant or listed function of numpy."""
    found = getattr(np, name, None)
    allowed = (
        name in NUMPY_FUNCTIONS
        or name in NUMPY_CONSTANTS
        or isinstance(found, np.ufunc)
        or (isinstance(found, type) and issubclass(found, np.generic))
    )
    if name.startswith("_") or not allowed:
        msg = f"np.{name} is not among the functions allowed in formulas."
        raise ValueError(msg)
    return getattr(np, name)
