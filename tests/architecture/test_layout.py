"""Rules of the code's shape that no linter holds."""

import ast

import pytest

from gateway.adapters import registry as adapters
from gateway.domain.account import BankCode
from gateway.domain.errors import GatewayError
from gateway.profiles import bank_profiles
from gateway.sandbox import registry as sandboxes
from tests.architecture.project import PROJECT, python_files, shown

MODULE_LINES_MAX = 450
FUNCTION_LINES_MAX = 50
# Names that say nothing about what is inside.
EMPTY_NAMES = {
    "utils",
    "util",
    "helpers",
    "common",
    "base",
    "misc",
    "manager",
    "handler",
    "handlers",
}


def _errors(error: type[GatewayError] = GatewayError) -> list[type[GatewayError]]:
    return [found for below in error.__subclasses__() for found in (below, *_errors(below))]


def test_every_bank_has_an_adapter_a_sandbox_a_table_and_a_page():
    adapter = {str(code) for code in adapters.BANKS}
    pages = {path.stem for path in (PROJECT / "docs" / "banks").glob("*.md")} - {"README"}

    assert adapter == set(sandboxes.BANKS)
    assert adapter == {str(code) for code in bank_profiles()}
    assert adapter <= {str(code) for code in BankCode}
    assert adapter == pages


def test_every_error_has_a_code_of_its_own():
    codes = {error.__name__: vars(error).get("code") for error in _errors()}

    assert [name for name, code in codes.items() if code is None] == []
    assert len(set(codes.values())) == len(codes)


@pytest.mark.parametrize("path", python_files("gateway"), ids=shown)
def test_no_module_is_too_long_to_read_at_once(path):
    assert len(path.read_text("utf-8").splitlines()) <= MODULE_LINES_MAX


@pytest.mark.parametrize("place", ["gateway", "tests", "bench", "chaos", "mutants"])
def test_no_function_is_too_long_to_see_at_once(place):
    long = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in python_files(place)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES_MAX
    ]

    assert long == []


def test_no_module_has_a_name_that_says_nothing():
    named = [shown(path) for path in python_files("gateway") if path.stem in EMPTY_NAMES]

    assert named == []


def test_nine_functions_in_ten_are_short():
    lengths = sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for path in python_files("gateway")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )

    assert lengths[len(lengths) * 9 // 10] <= 25
