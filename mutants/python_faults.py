"""Small faults for Python: conditions, bounds, steps, constants, members, entries, errors."""

import ast
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from mutants.fault import Fault, Source

BOUNDS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "//", ast.FloorDiv: "*", ast.Mod: "*",
}  # fmt: skip
TURNED = {"min": "max", "max": "min", "any": "all", "all": "any"}
WORDS_FOR_PEOPLE = re.compile(r"^(log|metrics|self\._metrics|desk\.metrics)\.|^(say|print)\(")
MEMBER = re.compile(r"^[A-Z][A-Z0-9_]+$")


def python_faults(source: Source) -> Iterator[Fault]:
    """Yield every fault of the kinds that this module knows; each of them is valid Python."""
    tree = ast.parse(source.text)
    for fault in _Finder(source, tree).all():
        try:
            compile(fault.plant(source.text), source.file, "exec")
        except SyntaxError:
            continue
        yield fault


@dataclass
class _Finder:
    """One reading of a file: where its lines begin, which members of an enum it names."""

    source: Source
    tree: ast.Module
    lines: list[int] = field(init=False)
    members: dict[str, set[str]] = field(init=False)

    def __post_init__(self) -> None:
        whole = self.source.text.splitlines(keepends=True)
        self.lines = [0, *accumulate(len(line) for line in whole)]
        self.members = defaultdict(set)
        for node in ast.walk(self.tree):
            if (name := _member(node)) is not None:
                self.members[name[0]].add(name[1])

    def all(self) -> Iterator[Fault]:
        skipped = _not_code(self.tree)
        for node in ast.walk(self.tree):
            if id(node) in skipped:
                continue
            for kind, find in FINDERS:
                if isinstance(node, kind):
                    yield from find(self, node)

    def at(self, line: int, column: int) -> int:
        """Return the place in the text; ast counts columns in bytes."""
        text = self.source.text[self.lines[line - 1] : self.lines[line]]
        return self.lines[line - 1] + len(text.encode()[:column].decode())

    def span(self, node: ast.AST) -> tuple[int, int]:
        start = self.at(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        return start, self.at(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def text(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.source.text[start:end]

    def put(self, kind: str, node: ast.AST, new: str) -> Fault:
        return self.source.fault(kind, *self.span(node), new)

    def compare(self, node: ast.Compare) -> Iterator[Fault]:
        operands = [node.left, *node.comparators]
        for (left, right), operator in zip(pairwise(operands), node.ops, strict=True):
            start, end = self.span(left)[1], self.span(right)[0]
            kind = "boundary" if isinstance(operator, ORDERED) else "condition turned"
            opened = self.source.text[start:end].count("(")
            yield self.source.fault(kind, start, end, f" {BOUNDS[type(operator)]} " + "(" * opened)

    def boolean(self, node: ast.BoolOp) -> Iterator[Fault]:
        word = " and " if isinstance(node.op, ast.And) else " or "
        other = " or " if word == " and " else " and "
        parts = [f"({self.text(value)})" for value in node.values]
        for number in range(len(parts)):
            left = parts[:number] + parts[number + 1 :]
            yield self.put("condition dropped", node, f"({word.join(left)})")
        yield self.put("and/or", node, f"({other.join(parts)})")

    def test(self, node: ast.If | ast.While | ast.IfExp) -> Iterator[Fault]:
        if not isinstance(node.test, ast.Compare | ast.BoolOp):
            yield self.put("condition turned", node.test, f"(not ({self.text(node.test)}))")

    def constant(self, node: ast.Constant) -> Iterator[Fault]:
        if isinstance(node.value, bool):
            yield self.put("constant changed", node, str(not node.value))
        elif isinstance(node.value, int | float):
            yield self.put("constant changed", node, f"{node.value + 1}")

    def binary(self, node: ast.BinOp) -> Iterator[Fault]:
        sign = OPERATORS.get(type(node.op))
        is_text = any(isinstance(part, ast.Constant | ast.JoinedStr) and not _is_number(part)
                      for part in (node.left, node.right))  # fmt: skip
        if sign is not None and not is_text:
            yield self.put(
                "arithmetic", node, f"(({self.text(node.left)}) {sign} ({self.text(node.right)}))"
            )

    def call(self, node: ast.Call) -> Iterator[Fault]:
        if isinstance(node.func, ast.Name) and node.func.id in TURNED:
            yield self.put("wrong word", node.func, TURNED[node.func.id])
        for one, two in pairwise(node.args):
            if all(isinstance(part, ast.Name | ast.Attribute) for part in (one, two)):
                start, end = self.span(one)[0], self.span(two)[1]
                swapped = f"{self.text(two)}, {self.text(one)}"
                yield self.source.fault("wrong variable", start, end, swapped)

    def statement(self, node: ast.Expr) -> Iterator[Fault]:
        if isinstance(node.value, ast.Constant):
            return
        words = WORDS_FOR_PEOPLE.search(self.text(node))
        yield self.put("alert or log removed" if words else "step removed", node, "pass")

    def assignment(self, node: ast.Assign | ast.AugAssign) -> Iterator[Fault]:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(node, ast.AugAssign) or isinstance(target, ast.Attribute | ast.Subscript):
            yield self.put("step removed", node, "pass")

    def raising(self, node: ast.Raise) -> Iterator[Fault]:
        yield self.put("exception swallowed", node, "pass")

    def returning(self, node: ast.Return) -> Iterator[Fault]:
        if node.value is not None and not isinstance(node.value, ast.Constant):
            yield self.put("exception swallowed", node, "return None")

    def member(self, node: ast.Attribute) -> Iterator[Fault]:
        if (name := _member(node)) is None:
            return
        others = sorted(self.members[name[0]] - {name[1]})
        if others:
            other = others[bisect_right(others, name[1]) % len(others)]
            yield self.put("state/member changed", node, f"{name[0]}.{other}")

    def elements(self, node: ast.Tuple | ast.List | ast.Set | ast.Dict) -> Iterator[Fault]:
        keys: Sequence[ast.AST | None] = node.keys if isinstance(node, ast.Dict) else node.elts
        values: Sequence[ast.AST] = node.values if isinstance(node, ast.Dict) else node.elts
        if len(values) < 3 or isinstance(getattr(node, "ctx", None), ast.Store):  # noqa: PLR2004 - a pair is a call's
            return
        for (key, value), following in pairwise(zip(keys, values, strict=True)):
            if key is not None and following[0] is not None:
                del value
                yield self.source.fault(
                    "entry removed", self.span(key)[0], self.span(following[0])[0], ""
                )


FINDERS: Sequence[
    tuple[type[ast.AST] | tuple[type[ast.AST], ...], Callable[..., Iterator[Fault]]]
] = (
    (ast.Compare, _Finder.compare),
    (ast.BoolOp, _Finder.boolean),
    ((ast.If, ast.While, ast.IfExp), _Finder.test),
    (ast.Constant, _Finder.constant),
    (ast.BinOp, _Finder.binary),
    (ast.Call, _Finder.call),
    (ast.Expr, _Finder.statement),
    ((ast.Assign, ast.AugAssign), _Finder.assignment),
    (ast.Raise, _Finder.raising),
    (ast.Return, _Finder.returning),
    (ast.Attribute, _Finder.member),
    ((ast.Tuple, ast.List, ast.Set, ast.Dict), _Finder.elements),
)


def _member(node: ast.AST) -> tuple[str, str] | None:
    """Return the class and the name of a member such as `State.SETTLED`; None for all else."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return None
    owner = node.value.id
    is_class = owner[:1].isupper() and not owner.isupper()
    return (owner, node.attr) if is_class and MEMBER.match(node.attr) else None


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def _not_code(tree: ast.Module) -> set[int]:
    """Return annotations, bases, decorators and texts with fields: a fault there means little."""
    roots: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            roots.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            roots += [*node.decorator_list, *([node.returns] if node.returns else [])]
        elif isinstance(node, ast.ClassDef):
            roots += [*node.bases, *node.decorator_list]
        elif isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom):
            roots.append(node)
        elif (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and node.value.id[:1].isupper()
        ):
            roots.append(node.slice)
    return {id(part) for root in roots for part in ast.walk(root)}
