"""Small faults a reader might miss, one at a time, in the source of a module."""

import ast
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Mutant", "mutants", "sample"]

ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
# At the edge, and the other way round
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
TWINS = (
    ("min", "max"),
    ("minimum", "maximum"),
    ("argmin", "argmax"),
    ("nanmin", "nanmax"),
    ("any", "all"),
    ("floor", "ceil"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("logical_and", "logical_or"),
    ("sum", "mean"),
)
OTHER_NAME = {a: b for pair in TWINS for a, b in (pair, pair[::-1])}
# Calls that may be forgotten: what they are given stays
FORGETTABLE = {"abs", "sqrt", "square", "exp", "log", "sorted", "conj", "copy"}


@dataclass(frozen=True)
class Mutant:
    """One change of a source.

    Attributes
    ----------
    line : int
        Where, from 1.
    before, after : str
        The expression or statement, and what stands in its place.
    start, stop : int
        Its bytes in the source (UTF-8).
    """

    line: int
    before: str
    after: str
    start: int
    stop: int

    def apply(self, source: str) -> str:
        """Return `source` with the change in it."""
        raw = source.encode()
        changed = raw[: self.start] + self.after.encode() + raw[self.stop :]
        return changed.decode()


def mutants(source: str) -> list[Mutant]:
    r"""List every change of a source that still compiles.

    Types, decorators, text, messages of errors and ``__all__`` are left alone: they
    say nothing about numbers.

    Parameters
    ----------
    source : str
        Of a module.

    Examples
    --------
    >>> for mutant in mutants("def f(x):\n    return x < 2"):
    ...     print(mutant.line, mutant.before, "->", mutant.after)
    2 return x < 2 -> return None
    2 x < 2 -> (x <= 2)
    2 x < 2 -> (x >= 2)
    2 2 -> (3)
    2 2 -> (1)
    """
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    raw = source.encode()
    found = []
    for node, after in _changes(ast.parse(source)):
        start = starts[node.lineno - 1] + node.col_offset
        stop = starts[node.end_lineno - 1] + node.end_col_offset
        before = raw[start:stop].decode()
        mutant = Mutant(node.lineno, before, after, start, stop)
        if _compiles(mutant.apply(source)):
            found.append(mutant)
    return found


def sample(source: str, n: int, seed: str) -> list[Mutant]:
    """Draw mutants, on as many different lines as there are.

    Parameters
    ----------
    source : str
    n : int
        How many, or fewer if there are not so many.
    seed : str
        The same mutants are drawn whenever seed and source are the same.
    """
    pool = mutants(source)
    random.Random(seed).shuffle(pool)
    seen: dict[int, int] = {}
    turns = []
    for mutant in pool:
        turns.append(seen.get(mutant.line, 0))
        seen[mutant.line] = turns[-1] + 1
    order = sorted(range(len(pool)), key=turns.__getitem__)
    return sorted((pool[i] for i in order[:n]), key=lambda m: (m.line, m.start))


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _changes(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Walk through what is computed, and yield nodes with their replacements."""
    change = CHANGES.get(type(node))
    if change is not None:
        for after in change(node):
            yield node, after
    for child in _computed(node):
        yield from _changes(child)


def _computed(node: ast.AST) -> Iterator[ast.AST]:
    """Children that decide what is computed."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
        return
    aside = {"annotation", "returns", "decorator_list", "type_params"}
    for name, value in ast.iter_fields(node):
        if name in aside:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child


def _other(node: ast.AST, **fields: object) -> str:
    """Text of `node` with other fields."""
    values = dict(ast.iter_fields(node)) | fields
    copy = type(node)(**values)  # type: ignore[arg-type]
    text = ast.unparse(ast.fix_missing_locations(copy))
    return text if isinstance(node, ast.stmt) else f"({text})"


def _compare(node: ast.Compare) -> Iterator[str]:
    for i, old in enumerate(node.ops):
        for new in COMPARISONS[type(old)]:
            yield _other(node, ops=[*node.ops[:i], new(), *node.ops[i + 1 :]])


def _arithmetic(node: ast.BinOp | ast.AugAssign) -> Iterator[str]:
    new = ARITHMETIC.get(type(node.op))
    if new is not None:
        yield _other(node, op=new())
    if isinstance(node, ast.AugAssign):
        yield "pass"


def _boolean(node: ast.BoolOp) -> Iterator[str]:
    yield _other(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for i in range(len(node.values)):
        rest = [*node.values[:i], *node.values[i + 1 :]]
        yield _other(node, values=rest) if rest[1:] else f"({ast.unparse(rest[0])})"


def _unary(node: ast.UnaryOp) -> Iterator[str]:
    if isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        yield f"({ast.unparse(node.operand)})"


def _constant(node: ast.Constant) -> Iterator[str]:
    value = node.value
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int):
        yield f"({value + 1})"
        yield f"({value - 1})"
    elif isinstance(value, float):
        yield f"({value} + 1.0)"
        if value:
            yield f"({value} * 0.9)"


def _slice(node: ast.Slice) -> Iterator[str]:
    for part in ("lower", "upper", "step"):
        if getattr(node, part) is not None:
            yield _other(node, **{part: None})[1:-1]


def _call(node: ast.Call) -> Iterator[str]:
    name = _name(node.func)
    if name in OTHER_NAME:
        new = OTHER_NAME[name]
        func = (
            ast.Attribute(node.func.value, new, ast.Load())
            if isinstance(node.func, ast.Attribute)
            else ast.Name(new, ast.Load())
        )
        yield _other(node, func=func)
    if name in FORGETTABLE and len(node.args) == 1:
        yield f"({ast.unparse(node.args[0])})"


def _name(func: ast.expr) -> str:
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""


def _choice(node: ast.IfExp) -> Iterator[str]:
    yield _other(node, body=node.orelse, orelse=node.body)


def _returned(node: ast.Return) -> Iterator[str]:
    if node.value is not None:
        yield "return None"


def _statement(node: ast.Expr) -> Iterator[str]:
    if isinstance(node.value, ast.Call):
        yield "pass"


def _dropped(_node: ast.stmt) -> Iterator[str]:
    yield "pass"


CHANGES: dict[type[ast.AST], Callable[..., Iterator[str]]] = {
    ast.Compare: _compare,
    ast.BinOp: _arithmetic,
    ast.AugAssign: _arithmetic,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.Constant: _constant,
    ast.Slice: _slice,
    ast.Call: _call,
    ast.IfExp: _choice,
    ast.Return: _returned,
    ast.Expr: _statement,
    ast.Raise: _dropped,
    ast.Break: _dropped,
    ast.Continue: _dropped,
}
