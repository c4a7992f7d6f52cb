"""The oracle finds each kind of wrong that is planted in an honest end of a run."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chaos.oracle import JST, Cash, Heard, Moved, Row, Seen, judge

AT = datetime(2026, 11, 25, 23, 59, 30, tzinfo=JST)
DAY, NEXT_DAY = date(2026, 11, 25), date(2026, 11, 26)
PAID_OUT = Heard("transfer", "OUT", "smbc", 1_000, ("scheduled", "settled"), settled_at=AT)
SENT_BACK = replace(
    PAID_OUT, reference="BACK", states=("settled", "returned"), returned_at=AT + timedelta(hours=1)
)
PAID_IN = Heard("repayment", "IN", "mufg", 300, ("created", "settled"), settled_at=AT)
REFUSED = Heard("transfer", "NO", "paypay", 700, ("scheduled", "rejected"))
WAITS = Heard("transfer", "WAITS", "mizuho", 900, ("unknown", "review"))
HONEST = Seen(
    heard=[PAID_OUT, SENT_BACK, PAID_IN, REFUSED, WAITS],
    rows=[
        Row("transfer", "OUT", "settled", None),
        Row("transfer", "BACK", "returned", None),
        Row("repayment", "IN", "settled", None),
        Row("transfer", "NO", "rejected", "account_not_found"),
        Row("transfer", "WAITS", "review", "outcome_unknown", open_items=1),
    ],
    cash=[
        Cash("OUT", "smbc", -1_000, DAY),
        Cash("BACK", "smbc", -1_000, DAY),
        Cash("BACK", "smbc", 1_000, DAY),
        Cash("IN", "mufg", 300, DAY),
    ],
    moved=[
        Moved("OUT", "smbc", "payout", -1_000, AT),
        Moved("BACK", "smbc", "payout", -1_000, AT),
        Moved("BACK", "smbc", "return", 1_000, AT + timedelta(hours=1)),
        Moved("IN", "mufg", "collection", 300, AT),
        Moved("WAITS", "mizuho", "payout", -900, AT),
    ],
)


def with_told(reference: str, **changes: Any) -> Seen:
    heard = [replace(one, **changes) if one.reference == reference else one for one in HONEST.heard]
    return replace(HONEST, heard=heard)


def with_row(reference: str, **changes: Any) -> Seen:
    rows = [replace(row, **changes) if row.reference == reference else row for row in HONEST.rows]
    return replace(HONEST, rows=rows)


def without_cash(reference: str, *instead: Cash) -> Seen:
    kept = [line for line in HONEST.cash if line.reference != reference]
    return replace(HONEST, cash=[*kept, *instead])


def without_moved(reference: str, *instead: Moved) -> Seen:
    kept = [line for line in HONEST.moved if line.reference != reference]
    return replace(HONEST, moved=[*kept, *instead])


def test_an_honest_end_has_no_finding():
    assert judge(HONEST) == []


@pytest.mark.parametrize(
    ("seen", "kind", "reference"),
    [
        pytest.param(
            replace(HONEST, moved=[*HONEST.moved, HONEST.moved[0]]), "doubled", "OUT",
            id="the bank paid twice",
        ),
        pytest.param(
            replace(HONEST, cash=[*HONEST.cash, HONEST.cash[0]]), "doubled", "OUT",
            id="booked twice here, paid once",
        ),
        pytest.param(
            without_moved("OUT", Moved("OUT", "smbc", "payout", -10_000, AT)), "doubled", "OUT",
            id="the bank paid another amount",
        ),
        pytest.param(without_moved("OUT"), "lost", "OUT", id="told settled, and nothing moved"),
        pytest.param(without_cash("IN"), "lost", "IN", id="paid in, and not booked here"),
        pytest.param(
            replace(HONEST, moved=[*HONEST.moved, Moved("WHO", "smbc", "payout", -1, AT)]),
            "lost", "WHO", id="the bank paid for nobody's wish",
        ),
        pytest.param(
            replace(HONEST, rows=[*HONEST.rows, Row("transfer", "WHO", "settled", None)]),
            "lost", "WHO", id="a row that nobody was told of",
        ),
        pytest.param(
            replace(HONEST, rows=HONEST.rows[1:]), "lost", "OUT", id="accepted, and no row",
        ),
        pytest.param(
            replace(HONEST, moved=[*HONEST.moved, Moved("NO", "paypay", "payout", -700, AT)]),
            "lost", "NO", id="told rejected, and paid",
        ),
        pytest.param(
            with_told("BACK", states=("settled",), returned_at=None), "lost", "BACK",
            id="nobody told that the money came back",
        ),
        pytest.param(
            without_cash("IN", Cash("IN", "mufg", 300, NEXT_DAY)), "misdated", "IN",
            id="booked here on the next day",
        ),
        pytest.param(
            with_told("OUT", settled_at=AT + timedelta(minutes=1)), "misdated", "OUT",
            id="told another instant than the bank's",
        ),
        pytest.param(with_row("OUT", state="unknown"), "stuck", "OUT", id="still unknown"),
        pytest.param(
            replace(HONEST, open_files=["FILE"]), "stuck", "FILE",
            id="a file that may still be sent",
        ),
        pytest.param(with_row("WAITS", open_items=0), "stuck", "WAITS", id="in nobody's review"),
        pytest.param(with_row("WAITS", reason=None), "stuck", "WAITS", id="in review, why?"),
        pytest.param(
            with_told("OUT", states=("rejected", "settled")), "told_wrongly", "OUT",
            id="told rejected, then settled",
        ),
    ],
)  # fmt: skip
def test_what_is_planted_is_found(seen: Seen, kind: str, reference: str):
    assert (kind, reference) in {(finding.kind, finding.reference) for finding in judge(seen)}


def test_a_repayment_that_was_over_may_still_be_paid():
    seen = with_told("IN", states=("authorizing", "cancelled", "settled"))

    assert judge(seen) == []
