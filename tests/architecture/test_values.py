"""Values do not change: dataclasses are frozen, but for the few that hold what goes on."""

import ast

from tests.architecture.project import python_files, shown

# Each holds something that goes on, and is handed to nobody as a value.
HOLDERS = {
    "gateway/adapters/line.py Trail",
    "gateway/adapters/mizuho/zengin/movements.py _Sums",
    "gateway/adapters/mufg/xml_reading.py Element",
    "gateway/adapters/transport.py Flight",
    "gateway/app.py Gateway",
    "gateway/services/count_requests.py _Count",
    "gateway/services/standing_aside.py StandingAside",
    "gateway/services/follow_events.py Stream",
    "gateway/services/look_at_day.py _Looking",
}


def is_frozen(decorator: ast.expr) -> bool:
    """Whether a decorator of a class is no dataclass, or one that is frozen."""
    if not isinstance(decorator, ast.Call):
        return getattr(decorator, "id", "") != "dataclass"
    if getattr(decorator.func, "id", "") != "dataclass":
        return True
    return any(
        word.arg == "frozen" and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in decorator.keywords
    )


def test_every_dataclass_is_frozen_but_the_few_that_are_named():
    changing = {
        f"{shown(path)} {node.name}"
        for path in python_files("gateway")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and not all(map(is_frozen, node.decorator_list))
    }

    ours = {name for name in changing if not name.startswith(("gateway/sandbox", "gateway/conf"))}
    assert ours == HOLDERS
