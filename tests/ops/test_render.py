"""What operators see: whole ids, no markup of others, and JSON for programs."""

from datetime import timedelta
from io import StringIO
from uuid import UUID

import orjson
from rich.console import Console

from gateway.domain.account import BankCode
from gateway.domain.transfer import State
from gateway.ops import render
from gateway.ops.commands.check import Check
from gateway.ops.commands.ledger_verify import LedgerReport
from gateway.ops.commands.member_verify import Finding
from gateway.services.explain import Explanation, Step
from gateway.services.list_transfers import Line
from gateway.services.read_restraints import Breaker, Restraints
from gateway.store.stops import Stop
from tests.manual_clock import START

ID = UUID("01936dd2-3d40-7000-8000-0123456789ab")
LINE = Line(
    id=ID,
    bank=BankCode.SMBC,
    reference="ABCDEFGHIJKLMNOPQR22",
    amount=30_000,
    state=State.UNKNOWN,
    unclear=True,
    attempt=2,
    reason=None,
    accepted_at=START,
    due_at=None,
    inquire_at=START + timedelta(seconds=2),
    unresolved_since=START,
)


def page() -> tuple[Console, StringIO]:
    text = StringIO()
    return Console(file=text, width=200), text


def test_a_list_shows_ids_and_references_whole() -> None:
    console, text = page()

    render.show_transfers(console, [LINE])

    assert f"tr_{ID.hex}" in text.getvalue()
    for shown in (LINE.reference, "30,000", "unknown (unclear)", "2026-11-25T10:00:02+09:00"):
        assert shown in text.getvalue()


def test_json_has_every_field_and_japanese_time() -> None:
    (line,) = orjson.loads(render.as_json([LINE]))

    assert line["id"] == f"tr_{ID.hex}"
    assert line["accepted_at"] == "2026-11-25T10:00:00+09:00"
    assert line["due_at"] is None


def test_a_reason_that_looks_like_markup_is_shown_as_it_was_typed() -> None:
    console, text = page()
    stop = Stop(ID, "*", "[red]drill[/red]", "sato", START)

    render.show_restraints(console, Restraints((stop,), ((BankCode.SMBC, Breaker.OPEN),)))

    assert "[red]drill[/red]" in text.getvalue()
    assert "The breaker of smbc is overruled: open." in text.getvalue()


def test_a_timeline_is_shown_with_its_details() -> None:
    console, text = page()
    step = Step(
        START, "bank", "submit: Settled", {"code": "COMPLETED", "ended_at": START, "no": None}
    )
    explained = Explanation(
        prefix="tr",
        id=ID,
        bank=BankCode.SMBC,
        reference=LINE.reference,
        amount=30_000,
        state=State.REJECTED,
        unclear=False,
        attempt=1,
        reason="account_closed",
        steps=(step,),
    )

    render.show_explanation(console, explained)

    assert "rejected  account_closed" in text.getvalue()
    assert "code=COMPLETED  ended_at=2026-11-25T10:00:00.000+09:00 " in text.getvalue()


def test_each_finding_is_a_line() -> None:
    console, text = page()
    findings = (Finding("posting_stray", "p", "its member has no loan"),)

    render.show_ledger(console, LedgerReport(2, 3, {"principal": 30_000}, findings))

    assert "posting_stray  p: its member has no loan" in text.getvalue().splitlines()
    assert "2 members, 3 postings: 1 findings" in text.getvalue().splitlines()


def test_what_is_wrong_comes_with_how_to_mend_it() -> None:
    console, text = page()

    render.show_checks(console, [Check("a", True, "fine"), Check("b", False, "off", "Turn it on.")])

    assert [line.split() for line in text.getvalue().splitlines()] == [
        ["ok", "a:", "fine"],
        ["WRONG", "b:", "off"],
        ["→", "Turn", "it", "on."],
    ]
