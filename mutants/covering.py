"""Tests that run through a line, the nearest first, from what coverage measured.

A line that runs at import (a table, a query's name) is covered by whoever runs through a line that
names it; a query by whoever runs through the name that Python gives it; a function of the database
by whoever covers a query, or a function, that calls it.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from coverage import CoverageData

from mutants.fault import Fault

NEAR = ("domain", "store", "services", "adapters", "http", "sandbox", "ops")
QUERY = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
FAR = len(NEAR)


class Covering:
    """The measurement of `root`: `tests(fault)` names the tests that run through a fault."""

    def __init__(self, root: Path, measured: Path) -> None:
        self._root = root
        self._data = CoverageData(str(measured))
        self._data.read()
        self._files = {
            str(Path(name).relative_to(root)): name
            for name in self._data.measured_files()
            if Path(name).is_relative_to(root)
        }

    def tests(self, fault: Fault, at_most: int) -> list[str]:
        """Return the tests to run, at most so many, the nearest first."""
        if fault.file.startswith("sql/"):
            found = self._of_sql(fault)
        else:
            found = self._of_line(fault.file, fault.line)
        nearest = sorted(
            found, key=lambda test: (_distance(test, fault.layer), self._breadth[test], test)
        )
        return nearest[:at_most]

    @cached_property
    def _breadth(self) -> dict[str, int]:
        """Return how many lines each test runs through: a test of few lines says more of each."""
        counted: dict[str, int] = defaultdict(int)
        for name in self._files.values():
            for contexts in self._data.contexts_by_lineno(name).values():
                for context in contexts:
                    counted[_test(context)] += 1
        return counted

    @cached_property
    def _python(self) -> dict[str, str]:
        files = sorted((self._root / "gateway").rglob("*.py"))
        return {str(path.relative_to(self._root)): path.read_text("utf-8") for path in files}

    def _lines(self, file: str) -> dict[int, list[str]]:
        name = self._files.get(file)
        return self._data.contexts_by_lineno(name) if name else {}

    def _of_line(self, file: str, line: int, depth: int = 0) -> set[str]:
        # A statement of several lines is measured at its first.
        first, last, names = _statement(self._python[file], line)
        measured = self._lines(file)
        found = {_test(one) for at in range(first, last + 1) for one in measured.get(at, ()) if one}
        if not found and depth < 3:  # noqa: PLR2004 - a name of a name of a name
            for name in names:
                found |= self._of_word(name, depth + 1, near=file)
        return found

    def _of_word(self, word: str, depth: int, *, near: str = "") -> set[str]:
        pattern = re.compile(rf"(?<![\w\"]){re.escape(word)}(?!\w)")
        found: set[str] = set()
        for file, text in self._python.items():
            if file != near and not pattern.search(text):
                continue
            for number, line in enumerate(text.splitlines(), 1):
                if pattern.search(line) and not re.match(
                    rf"\s*(class |def )?{re.escape(word)}\b.*[=:]", line
                ):
                    found |= self._of_line(file, number, depth)
        return found

    def _of_sql(self, fault: Fault) -> set[str]:
        text = (self._root / fault.file).read_text("utf-8")
        stem = Path(fault.file).stem
        if "/functions/" in fault.file:
            return self._of_function(stem, set())
        names = [match.group(1) for match in QUERY.finditer(text, 0, fault.start)]
        return self._of_query(f"{stem}.{names[-1]}") if names else set()

    def _of_query(self, name: str) -> set[str]:
        found: set[str] = set()
        for file, text in self._python.items():
            for number, line in enumerate(text.splitlines(), 1):
                if f'"{name}"' in line:
                    found |= self._of_line(file, number)
        return found

    def _of_function(self, name: str, seen: set[str]) -> set[str]:
        seen.add(name)
        found: set[str] = set()
        for path, query, text in _queries(self._root):
            if not re.search(rf"\b{name}\(", text):
                continue
            if query:
                found |= self._of_query(f"{path.stem}.{query}")
            elif path.stem not in seen:
                found |= self._of_function(path.stem, seen)
        return found


def _queries(root: Path) -> Iterator[tuple[Path, str, str]]:
    for path in sorted((root / "sql/functions").glob("*.sql")):
        yield path, "", path.read_text("utf-8")
    for path in sorted((root / "sql/queries").glob("*.sql")):
        _, *parts = QUERY.split(path.read_text("utf-8"))
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            yield path, name, text


def _statement(text: str, line: int) -> tuple[int, int, Sequence[str]]:
    """Return the first and last line of the smallest statement there, and names it defines."""
    first, last, names = line, line, []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.stmt) or not node.lineno <= line <= (node.end_lineno or 0):
            continue
        if isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.append(node.name)
        is_simple = not hasattr(node, "body")
        if is_simple or node.lineno > first:
            first = node.lineno
            last = (node.end_lineno or first) if is_simple else _head(node)
    return first, max(last, line), names[::-1]


def _head(node: ast.stmt) -> int:
    body: Iterable[ast.stmt] = getattr(node, "body", ())
    return min((one.lineno for one in body), default=node.lineno + 1) - 1


def _test(context: str) -> str:
    return context.partition("|")[0]


def _distance(test: str, layer: str) -> int:
    place = test.split("/")[1] if "/" in test else ""
    if place == layer or (layer == "sql" and place == "store"):
        return -1
    return NEAR.index(place) if place in NEAR else FAR
