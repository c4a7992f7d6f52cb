"""What the code says to its log and its metrics, read from the code itself."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEVELS = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
    "error": "error",
    "exception": "error",
    "critical": "critical",
}
OF_AN_EXCEPTION = {"error", "exception"}


@dataclass(frozen=True, slots=True)
class LogCall:
    """One call of the log. `code` and `severity`: what an alert gives as such, as expressions."""

    place: str
    event: str
    level: str
    fields: frozenset[str]
    code: ast.expr | None
    severity: ast.expr | None


def sources(under: str = "gateway") -> list[Path]:
    return sorted((ROOT / under).rglob("*.py"))


def calls(path: Path) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield (receiver, method, call) for each `….receiver.method(…)`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            receiver = of.id if isinstance(of, ast.Name) else getattr(of, "attr", "")
            yield receiver, node.func.attr, node


def log_calls() -> list[LogCall]:
    return [
        _log_call(f"{path.relative_to(ROOT)}:{call.lineno}", method, call)
        for path in sources()
        if "sandbox" not in path.parts
        for receiver, method, call in calls(path)
        if receiver == "log" and method in {*LEVELS, "log"}
    ]


def _log_call(place: str, method: str, call: ast.Call) -> LogCall:
    # `log.log(level, "event")` passes a library's level on.
    event = call.args[1 if method == "log" else 0]
    fields = {keyword.arg or "**" for keyword in call.keywords}
    if method == "exception" or "exc_info" in fields:
        fields = (fields - {"exc_info"}) | OF_AN_EXCEPTION
    return LogCall(
        place,
        str(event.value) if isinstance(event, ast.Constant) else ast.unparse(event),
        LEVELS.get(method, "any"),
        frozenset(fields),
        next((k.value for k in call.keywords if k.arg == "code"), None),
        next((k.value for k in call.keywords if k.arg == "severity"), None),
    )


def alerts_decided() -> set[str]:
    """Return the codes that the domain's decisions put into their `alert`."""
    names = ("decision", "repayment_decision")
    trees = [ast.parse((ROOT / f"gateway/domain/{name}.py").read_text("utf-8")) for name in names]
    values: list[ast.expr] = []
    for node in (node for tree in trees for node in ast.walk(tree)):
        if (isinstance(node, ast.keyword) and node.arg == "alert") or (
            isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "alert"
        ):
            values.append(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Decision":
            values += node.args[2:3]
    return {text for value in values for text in _texts(value)}


def _texts(value: ast.expr) -> list[str]:
    branches = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
    constants = [branch.value for branch in branches if isinstance(branch, ast.Constant)]
    return [constant for constant in constants if isinstance(constant, str)]


def metric_calls() -> list[tuple[str, str, str, frozenset[str]]]:
    """Return (place, method, name, labels) of every use of the `Metrics` port."""
    return [
        (
            f"{path.relative_to(ROOT)}:{call.lineno}",
            method,
            ast.literal_eval(call.args[0]),
            frozenset(keyword.arg or "**" for keyword in call.keywords),
        )
        for path in sources()
        for receiver, method, call in calls(path)
        if receiver.endswith("metrics") and method in {"count", "observe", "gauge", "watch"}
    ]
