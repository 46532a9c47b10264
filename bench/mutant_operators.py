"""Small changes to the source of a module that its tests must notice: operators, constants, conditions, SQL."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

_COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
_SQL: Final = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|WHERE|AND|FROM|JOIN|ORDER BY|SET|ON|IS NULL|IS NOT NULL)\b")
_SQL_CHANGES: Final = {
    "IS NOT NULL": "IS NULL",
    "IS NULL": "IS NOT NULL",
    "NOT EXISTS": "EXISTS",
    "NOT IN": "IN",
    "LEFT JOIN": "JOIN",
    "ORDER BY": "ORDER BY -",
    "AND": "OR",
    "OR": "AND",
    "DESC": "ASC",
    "max": "min",
    "min": "max",
    "<=": "<",
    ">=": ">",
    "!=": "=",
    "<": "<=",
    ">": ">=",
    "=": "!=",
    "0": "1",
    "1": "0",
}
_SQL_TOKEN: Final = re.compile(
    r"\b(?:IS NOT NULL|IS NULL|NOT EXISTS|NOT IN|LEFT JOIN|ORDER BY|AND|OR(?! (?:IGNORE|REPLACE))|DESC|max|min|0|1)\b"
    r"|<=|>=|!=|[<>=]"
)


class Change(NamedTuple):
    """One change of a node: what it does, the function that does it in place, and its line if not that of the node."""

    what: str
    apply: Callable[[], object]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change by its position: the number of its node in the tree and of the change at that node."""

    line: int
    what: str
    node: int
    change: int


def mutants(source: str) -> list[Mutant]:
    """Return all changes of a module."""
    return [
        Mutant(change.line or node.lineno, change.what, number, position)
        for number, node in enumerate(_nodes(ast.parse(source)))
        for position, change in enumerate(_changes(node))
    ]


def mutated(source: str, mutant: Mutant) -> str:
    """Return the source with one change.

    Parameters
    ----------
    source : str
    mutant : Mutant
    """
    tree = ast.parse(source)
    _changes(list(_nodes(tree))[mutant.node])[mutant.change].apply()
    return ast.unparse(ast.fix_missing_locations(tree))


def lines_of_use(source: str, line: int) -> set[int]:
    """Return the lines whose execution depends on a line: itself, or those that use a constant assigned there.

    Parameters
    ----------
    source : str
    line : int
    """
    tree = ast.parse(source)
    names = {
        name.id
        for statement in tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.lineno <= line <= (statement.end_lineno or 0)
        for name in ast.walk(statement)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    if not names:
        return {line}
    functions = (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    return {
        name.lineno
        for function in functions
        for name in ast.walk(function)
        if isinstance(name, ast.Name) and name.id in names
    }


def _nodes(tree: ast.Module) -> Iterator[Any]:
    """Yield the nodes that may be changed: no decorators, annotations, docstrings or imports."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_text(node):
            continue
        if hasattr(node, "lineno"):
            yield node
        hidden = {"decorator_list", "annotation", "returns", "bases", "format_spec"}
        for name, value in ast.iter_fields(node):
            children = value if isinstance(value, list) else [value]
            if name not in hidden:
                waiting += [child for child in children if isinstance(child, ast.AST)]


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: Any) -> list[Change]:
    return [*_operators(node), *_conditions(node), *_constants(node), *_statements(node)]


def _operators(node: Any) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            other = _COMPARISONS[type(operator)]
            what = f"{type(operator).__name__} becomes {other.__name__}"
            yield Change(what, partial(node.ops.__setitem__, place, other()))
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        new = _ARITHMETIC[type(node.op)]
        yield Change(f"{type(node.op).__name__} becomes {new.__name__}", partial(setattr, node, "op", new()))
    elif isinstance(node, ast.BoolOp):
        junction = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield Change(f"becomes {junction.__name__}", partial(setattr, node, "op", junction()))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield Change("sign dropped", partial(setattr, node, "op", ast.UAdd()))


def _conditions(node: Any) -> Iterator[Change]:
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield Change("condition negated", partial(setattr, node, "test", ast.UnaryOp(ast.Not(), node.test)))
    if isinstance(node, ast.comprehension) and node.ifs:
        yield Change("filter dropped", node.ifs.clear)
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield Change("returns None", partial(setattr, node, "value", ast.Constant(None)))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _constants(node: Any) -> Iterator[Change]:
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield Change(f"{value} becomes {not value}", partial(setattr, node, "value", not value))
    elif isinstance(value, int | float):
        yield Change(f"{value} becomes {value + 1}", partial(setattr, node, "value", value + 1))
    elif isinstance(value, str) and _SQL.search(value):
        for found in _SQL_TOKEN.finditer(value):
            new = _SQL_CHANGES[found[0]]
            text = value[: found.start()] + new + value[found.end() :]
            yield Change(f"SQL: {found[0]} becomes {new}", partial(setattr, node, "value", text))


def _statements(node: Any) -> Iterator[Change]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, ())
        if not isinstance(block, list):
            continue
        for place, statement in enumerate(block):
            is_call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call | ast.Await)
            if is_call or isinstance(statement, ast.AugAssign):
                drop = partial(block.__setitem__, place, ast.Pass())
                yield Change(f"dropped: {ast.unparse(statement)[:60]}", drop, statement.lineno)
