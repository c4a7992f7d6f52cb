"""What operators read of a reconciled day, and of an item."""

from dataclasses import replace
from datetime import date
from io import StringIO
from uuid import UUID

from rich.console import Console

from gateway.domain.account import BankCode
from gateway.domain.breaks import Break, Treatment, Verdict
from gateway.domain.day_report import BreakReport, DayReport
from gateway.domain.review import RESOLUTIONS, ItemState, Resolution, ReviewKind
from gateway.ops.render_reconciliation import as_csv, show_item, show_items, show_reports
from gateway.store.review_items import Proposal, ReviewItem
from tests.manual_clock import START

DAY = date(2026, 11, 25)
FOUND = BreakReport(
    kind=Break.AMOUNT_DIFFERS,
    verdict=Verdict.AMOUNT_DIFFERS,
    treatment=Treatment.SET_ASIDE,
    review=ReviewKind.AMOUNT_DIFFERS,
    reference="ABC",
    bank_id="line-1",
    line_amount=12_000,
    our_amount=10_000,
)
LATE = BreakReport(
    kind=Break.PAID_LATE,
    verdict=Verdict.ONLY_BANK,
    treatment=Treatment.BOOK,
    review=None,
    reference=None,
    bank_id=None,
    line_amount=None,
    our_amount=None,
)
REPORT = DayReport(
    bank=BankCode.SMBC,
    day=DAY,
    is_over=True,
    lines=2,
    verdicts={Verdict.AMOUNT_DIFFERS: 1, Verdict.MATCHED: 1},
    breaks=(FOUND, LATE),
    set_aside=1,
    raised=1,
)
REFUSED = DayReport(BankCode.MUFG, DAY, is_over=True, refused="changed")
ITEM = ReviewItem(
    member_id=UUID(int=0),
    id=UUID(int=1),
    key="only_bank_in:1",
    kind=ReviewKind.ONLY_BANK_IN,
    bank=BankCode.SMBC,
    booked_on=DAY,
    reference=None,
    amount=5_000,
    transfer_id=None,
    repayment_id=None,
    details={"bank_id": "line-1"},
    raised_at=START,
    state=ItemState.OPEN,
    fence=0,
    proposal=None,
    proposed_at=None,
    confirmed_by=None,
    confirmed_at=None,
    acted_at=None,
)


def screen() -> tuple[Console, StringIO]:
    text = StringIO()
    return Console(file=text, width=250), text


def test_a_report_names_each_break_and_each_refusal() -> None:
    console, text = screen()

    show_reports(console, [REPORT, REFUSED, replace(REPORT, is_over=False, breaks=())])

    shown = text.getvalue()
    for word in ("1 amount_differs, 1 matched", "changed", "line-1", "12000", "not over"):
        assert word in shown


def test_the_csv_has_a_row_a_break_and_a_row_a_refusal() -> None:
    assert as_csv([REPORT, REFUSED]).splitlines() == [
        "bank,day,verdict,break,done,review,reference,bank_id,bank_yen,our_yen",
        "smbc,2026-11-25,amount_differs,amount_differs,set_aside,amount_differs,ABC,line-1,12000,10000",
        "smbc,2026-11-25,only_bank,paid_late,book,,,,,",
        "mufg,2026-11-25,refused,changed,,,,,,",
    ]


def test_an_item_says_what_is_known_and_how_it_may_be_resolved() -> None:
    console, text = screen()

    show_items(console, [ITEM, replace(ITEM, booked_on=None, amount=None)])
    show_item(console, ITEM, RESOLUTIONS[ITEM.kind])

    shown = text.getvalue()
    for word in (f"rv_{1:032x}", "5,000", "line-1", "payment, funding, opening, given_back, noted"):
        assert word in shown


def test_a_closed_item_says_who_decided_and_whether_it_was_acted_on() -> None:
    console, text = screen()
    proposal = Proposal(Resolution.PAYMENT, "passbook seen", "sato", {"member": "1234"})
    closed = replace(
        ITEM,
        booked_on=None,
        amount=None,
        state=ItemState.CLOSED,
        proposal=proposal,
        proposed_at=START,
        confirmed_by="suzuki",
        confirmed_at=START,
    )

    show_items(console, [closed])
    show_item(console, closed, ())

    shown = text.getvalue()
    for word in ("payment, by sato", "passbook seen", "by suzuki", "not yet", "1234"):
        assert word in shown
