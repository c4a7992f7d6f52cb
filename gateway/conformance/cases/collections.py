"""A collection from its start to each of its ends, and what the bank's call about it says."""

from dataclasses import replace
from functools import partial

from gateway.conformance.case import Case, a, equal, one_of, true
from gateway.conformance.expectation import Expectation
from gateway.conformance.rig import Rig
from gateway.domain.bank import CollectionOrder, Direction, Statement
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Authorizing,
    CollectionOutcome,
    NotFound,
    NotSent,
    Paid,
    Pending,
    Redirect,
    Rejected,
    Unknown,
)
from gateway.domain.reason import Reason

GROUP = "collections"
FROZEN_NUMBER = "7654322"
PAGE_FOUND = 200


async def opened(rig: Rig, order: CollectionOrder | None = None) -> CollectionOrder:
    """Start a collection and let the payer's browser come to the bank's page."""
    order = order or rig.collection()
    answer = await rig.bank.start_collection(order)
    redirect = a(Authorizing, answer.outcome).redirect
    status, page = await rig.emulator.visit(redirect)
    equal(status, PAGE_FOUND, "the approval page")
    true(f"{order.amount.amount:,}" in page, "the page does not show the amount")
    return order


async def ended(rig: Rig, order: CollectionOrder) -> CollectionOutcome:
    """Return what a collection came to, once it is decided and booked."""
    return await rig.until(
        lambda: rig.bank.inquire_collection(order),
        lambda outcome: not isinstance(outcome, Pending | NotFound),
    )


async def approve(rig: Rig, order: CollectionOrder, **decision: object) -> None:
    await rig.emulator.post(f"approve/{order.reference}", decision)


async def approved_it_is_paid_and_booked_once(rig: Rig) -> None:
    order = await opened(rig)
    one_of((await rig.bank.inquire_collection(order)).outcome, Pending, "before")
    await approve(rig, order)
    paid = a(Paid, await ended(rig, order))
    equal(paid.amount, order.amount, "amount")
    equal(paid.booked_at.date(), rig.clock.now().date(), "booked on")
    equal(await rig.emulator.booked(order.reference), [("collection", 10_000)], "booked")


async def declined_it_is_the_payers_word(rig: Rig) -> None:
    order = await opened(rig)
    await rig.emulator.post(f"decline/{order.reference}", {})
    equal(await ended(rig, order), Rejected(Reason.PAYER_CANCELLED))
    equal(await rig.emulator.booked(order.reference), [], "booked")


async def at_its_limit_it_expires(rig: Rig) -> None:
    order = await opened(rig, rig.collection(open_for_s=600))
    await rig.advance(601)
    equal(await ended(rig, order), Rejected(Reason.SESSION_EXPIRED))


async def without_funds_nothing_is_paid(rig: Rig) -> None:
    order = await opened(rig)
    payer = {"branch": rig.expected.branch, "type": "1", "number": "0000004"}
    await approve(rig, order, payer=payer)
    equal(await ended(rig, order), Rejected(rig.expected.reason(Reason.INSUFFICIENT_FUNDS)))
    equal(await rig.emulator.booked(order.reference), [], "booked")


async def a_frozen_payer_pays_nothing(rig: Rig) -> None:
    order = await opened(rig)
    payer = {"branch": rig.expected.branch, "type": "1", "number": FROZEN_NUMBER}
    account = {"holder": "ｽｽﾞｷ ﾊﾅｺ", "balance": 1_000_000, "status": "frozen"}
    await rig.emulator.post("accounts", payer | account)
    await approve(rig, order, payer=payer)
    equal(await ended(rig, order), Rejected(rig.expected.frozen_payer))
    equal(await rig.emulator.booked(order.reference), [], "booked")


async def an_order_never_started_is_not_found(rig: Rig) -> None:
    equal((await rig.bank.inquire_collection(rig.collection())).outcome, NotFound())


async def the_same_start_again_is_the_same_order(rig: Rig) -> None:
    order = rig.collection()
    first = a(Authorizing, (await rig.bank.start_collection(order)).outcome)
    again = a(Authorizing, (await rig.bank.start_collection(order)).outcome)
    equal(again.redirect.url, first.redirect.url, "redirect")


async def a_start_after_the_end_means_inquire(rig: Rig) -> None:
    order = await opened(rig)
    await approve(rig, order)
    await ended(rig, order)
    again = (await rig.bank.start_collection(order)).outcome
    equal(again, Unknown(Reason.DUPLICATE))
    one_of((await rig.bank.inquire_collection(order)).outcome, Paid)


async def another_order_under_a_used_reference_opens_nothing(rig: Rig) -> None:
    order = await opened(rig)
    other = replace(order, amount=Yen(20_000))
    again = (await rig.bank.start_collection(other)).outcome
    one_of(again, Unknown, "the answer")


async def another_amount_is_a_fact_and_is_told(rig: Rig) -> None:
    order = await opened(rig)
    await approve(rig, order, amount=9_000)
    equal(a(Paid, await ended(rig, order)).amount, Yen(9_000))


async def paid_twice_is_two_lines_and_one_fact(rig: Rig) -> None:
    order = await opened(rig)
    await approve(rig, order)
    await ended(rig, order)
    await approve(rig, order, again=True)
    one_of((await rig.bank.inquire_collection(order)).outcome, Paid)
    statement = a(Statement, await rig.bank.statement(rig.clock.now().date()))
    lines = [line for line in statement.movements if line.reference == order.reference]
    equal([(line.direction, line.amount) for line in lines], [(Direction.IN, Yen(10_000))] * 2)


async def above_the_limit_it_is_refused(rig: Rig) -> None:
    refused = (await rig.bank.start_collection(rig.collection(10_000_001))).outcome
    equal(refused, Rejected(rig.expected.above_the_limit))


async def in_its_window_none_is_started(rig: Rig) -> None:
    window = rig.expected.window
    if window is None:
        raise LookupError("applies to banks with a window")
    await rig.move_to(window.during)
    refused = (await rig.bank.start_collection(rig.collection())).outcome
    is_proven = Reason.OUT_OF_HOURS not in rig.expected.unsigned
    closed = NotSent(Reason.OUT_OF_HOURS, window.reopens_at)
    equal(refused, closed if is_proven else Unknown(Reason.OUT_OF_HOURS))


async def the_page_sends_the_payer_back(rig: Rig, *, action: str) -> None:
    order = rig.collection()
    redirect = a(Authorizing, (await rig.bank.start_collection(order)).outcome).redirect
    location = await rig.emulator.decide_on_page(redirect, rig.expected.branch, action)
    true(location.startswith(order.return_url), f"sent to {location}")
    outcome = await ended(rig, order)
    if action == "approve":
        one_of(outcome, Paid)
    else:
        equal(outcome, Rejected(Reason.PAYER_CANCELLED))


async def a_wrong_password_three_times_ends_it(rig: Rig) -> None:
    order = rig.collection()
    redirect: Redirect = a(Authorizing, (await rig.bank.start_collection(order)).outcome).redirect
    await rig.emulator.fail_to_log_in(redirect, rig.expected.branch)
    equal(await ended(rig, order), Rejected(rig.expected.failed_login))


def at_the_bank(expected: Expectation) -> bool:
    """Whether a start is a call to the bank, and not a form of ours for the browser."""
    return not expected.starts_collections_itself


CASES = (
    Case(GROUP, "approved, it is paid and booked once", approved_it_is_paid_and_booked_once),
    Case(GROUP, "declined, it is the payer's word", declined_it_is_the_payers_word),
    Case(GROUP, "at its limit it expires", at_its_limit_it_expires),
    Case(GROUP, "without funds nothing is paid", without_funds_nothing_is_paid),
    Case(GROUP, "a frozen payer pays nothing", a_frozen_payer_pays_nothing),
    Case(GROUP, "an order never started is not found", an_order_never_started_is_not_found),
    Case(GROUP, "the same start again is the same order", the_same_start_again_is_the_same_order),
    Case(
        GROUP,
        "a start after the end means inquire",
        a_start_after_the_end_means_inquire,
        at_the_bank,
    ),
    Case(
        GROUP,
        "another order under a used reference opens nothing",
        another_order_under_a_used_reference_opens_nothing,
        at_the_bank,
    ),
    Case(GROUP, "another amount is a fact and is told", another_amount_is_a_fact_and_is_told),
    Case(GROUP, "paid twice is two lines and one fact", paid_twice_is_two_lines_and_one_fact),
    Case(GROUP, "above the limit it is refused", above_the_limit_it_is_refused, at_the_bank),
    Case(
        GROUP,
        "in its window none is started",
        in_its_window_none_is_started,
        lambda expected: at_the_bank(expected) and expected.window is not None,
    ),
    *(
        Case(
            GROUP,
            f"the page sends the payer back: {action}",
            partial(the_page_sends_the_payer_back, action=action),
        )
        for action in ("approve", "decline")
    ),
    Case(GROUP, "a wrong password three times ends it", a_wrong_password_three_times_ends_it),
)
