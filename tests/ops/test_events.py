"""`docs/events.md`, `docs/runbook.md` and the tables in gateway/ops say what the code says."""

import ast
import re

import pytest

from gateway.domain.misuse import WATCHES
from gateway.domain.reason import HOLDS_THE_BANK
from gateway.ops.fields import FIELDS
from gateway.ops.logging import ALWAYS
from gateway.ops.metrics import COUNTERS, DURATIONS, GAUGES, MISNAMED
from tests.ops.log_calls import ROOT, LogCall, alerts_decided, log_calls, metric_calls

PAGE = (ROOT / "docs/events.md").read_text("utf-8")
RUNBOOK = (ROOT / "docs/runbook.md").read_text("utf-8")
NAME = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
SEVERITIES = {"page", "ticket"}
CALLS = log_calls()


def rows(section: str) -> list[list[str]]:
    """Return the cells of the one table below a heading, without its two head lines."""
    text = PAGE.split(f"## {section}\n")[1].split("\n## ")[0]
    table = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def names(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


def alert_codes() -> dict[str, str]:
    return {row[0].strip("`"): row[1] for row in rows("Alerts")}


def codes_of(call: LogCall) -> set[str]:
    """Return the alert codes that a call can raise."""
    match call.code:
        case ast.Constant(value=str(code)):
            return {code}
        case ast.JoinedStr(values=[ast.Constant(value="bank_held_"), _]):
            return {f"bank_held_{reason}" for reason in HOLDS_THE_BANK}
        case ast.Attribute(attr="alarm"):
            return {watch.alarm for watch in WATCHES.values()}
        case ast.Attribute(attr="alert"):
            return alerts_decided()
        case _:
            raise AssertionError(f"{call.place}: an alert's code is a literal")


def test_the_page_lists_the_events_that_the_code_logs() -> None:
    assert sorted(row[0].strip("`") for row in rows("List")) == sorted({c.event for c in CALLS})


def test_the_page_lists_the_fields_that_the_code_logs() -> None:
    listed = {row[0].strip("`"): names(row[2]) for row in rows("List")}
    logged = {
        event: set[str]().union(*(c.fields for c in CALLS if c.event == event)) for event in listed
    }

    assert {event: fields - ALWAYS for event, fields in logged.items()} == listed


def test_the_page_lists_the_levels_that_the_code_logs_at() -> None:
    listed = {row[0].strip("`"): set(row[1].split(", ")) for row in rows("List")}

    assert listed == {e: {c.level for c in CALLS if c.event == e} for e in listed}


@pytest.mark.parametrize("call", [pytest.param(c, id=c.place) for c in CALLS])
def test_an_event_is_a_literal_name_with_fields_that_may_be_shown(call: LogCall) -> None:
    assert NAME.fullmatch(call.event)
    assert call.fields <= FIELDS.keys()


def test_the_page_lists_the_alerts_that_the_code_raises() -> None:
    raised = set[str]().union(*(codes_of(c) for c in CALLS if c.event == "alert.raised"))

    assert set(alert_codes()) == raised
    assert set(alert_codes().values()) <= SEVERITIES


ALERTS = [pytest.param(c, id=c.place) for c in CALLS if c.event == "alert.raised"]


@pytest.mark.parametrize("call", ALERTS)
def test_an_alert_is_as_urgent_as_the_page_says_and_links_the_runbook(call: LogCall) -> None:
    assert isinstance(call.severity, ast.Constant)
    assert {alert_codes()[code] for code in codes_of(call)} == {call.severity.value}
    assert "runbook" in call.fields


def test_the_runbook_has_one_section_an_alert() -> None:
    assert re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE) == sorted(alert_codes())


def test_every_runbook_section_says_what_it_means_how_to_see_it_and_what_to_do() -> None:
    for section in RUNBOOK.split("\n## ")[1:]:
        assert [f"**{word}.**" in section for word in ("Means", "See", "Do")] == [True] * 3


DECLARED = {"count": COUNTERS, "observe": DURATIONS, "gauge": GAUGES, "watch": GAUGES}


def test_every_use_of_a_metric_is_declared_with_its_labels() -> None:
    wrong = [
        (place, method, name)
        for place, method, name, labels in metric_calls()
        if name not in DECLARED[method] or set(DECLARED[method][name].labels) != labels
    ]

    assert wrong == []


def test_every_metric_that_is_declared_is_used() -> None:
    """A metric that nobody counts says 0, and looks like good news."""
    used = {name for _, _, name, _ in metric_calls()} | {MISNAMED}

    assert {name for table in DECLARED.values() for name in table} == used
