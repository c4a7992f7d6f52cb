"""Each outcome of a pay-out, and of asking about it."""

from dataclasses import replace
from functools import partial

from gateway.conformance.case import Case, a, equal, one_of, true
from gateway.conformance.rig import HOLDER, Rig
from gateway.domain.bank import FileBank, Statement
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    NotFound,
    NotSent,
    Rejected,
    Returned,
    Settled,
    Submitted,
    TurnedAway,
    Unknown,
)
from gateway.domain.reason import Reason

GROUP = "pay-outs"
CLOSED_NUMBER = "7654321"
MAGIC = {
    Reason.ACCOUNT_NOT_FOUND: "0000001",
    Reason.NAME_MISMATCH: "0000002",
    Reason.ACCOUNT_FROZEN: "0000003",
}


def turned_away(rig: Rig, outcome: object, reason: Reason) -> NotSent | TurnedAway | Unknown:
    """Return the outcome if it is "not taken" for that reason, as far as this bank can prove it."""
    refused = a(rig.expected.turns_away(reason), outcome)
    equal(refused.reason, reason)
    return refused


async def settles_and_is_booked_once(rig: Rig) -> None:
    order = rig.order()
    outcome = await rig.submit(order)
    one_of(outcome, Settled if rig.expected.settles_at_once else Submitted, "the answer")
    settled = a(Settled, await rig.final(order, outcome))
    day = settled.booked_at.date()
    equal(day, rig.clock.now().date(), "booked on")
    equal(await rig.emulator.booked(order.reference), [("payout", 10_000)], "booked")


async def the_same_order_twice_is_booked_once(rig: Rig) -> None:
    order = rig.order()
    first = await rig.became(order)
    again = await rig.submit(order)
    wanted = first if rig.expected.answers_again else Unknown(Reason.DUPLICATE)
    if isinstance(rig.bank, FileBank):
        one_of(again, Submitted, "the same file again")
    else:
        equal(again, wanted, "the same order again")
    equal(len(await rig.emulator.booked(order.reference)), 1, "bookings")


async def a_used_reference_with_another_amount_pays_nothing(rig: Rig) -> None:
    order = rig.order()
    await rig.became(order)
    other = replace(order, amount=Yen(20_000))
    again = await rig.submit(other)
    true(not isinstance(again, Rejected | NotSent), f"{again!r} would let it be sent again")
    equal(await rig.emulator.booked(order.reference), [("payout", 10_000)], "booked")
    await rig.until_visible()
    equal((await rig.bank.inquire(other)).outcome, Unknown(integrity=True), "asked for another")


async def a_reference_never_used_is_not_found(rig: Rig) -> None:
    equal((await rig.bank.inquire(rig.order())).outcome, NotFound())


async def is_refused(rig: Rig, *, reason: Reason) -> None:
    order = rig.order(MAGIC[reason])
    equal(await rig.became(order), Rejected(rig.expected.reason(reason)))
    equal(await rig.emulator.booked(order.reference), [], "booked")


async def a_closed_account_is_refused(rig: Rig) -> None:
    order = rig.order(CLOSED_NUMBER)
    place = {"branch": order.creditor.branch, "type": "1", "number": CLOSED_NUMBER}
    await rig.emulator.post("accounts", place | {"holder": HOLDER, "status": "closed"})
    equal(await rig.became(order), Rejected(rig.expected.reason(Reason.ACCOUNT_CLOSED)))


async def an_item_above_the_limit_is_refused(rig: Rig) -> None:
    equal(await rig.became(rig.order(amount=10_000_001)), Rejected(Reason.LIMIT_EXCEEDED))


async def a_short_settlement_account_refuses_no_member(rig: Rig) -> None:
    order = rig.order()
    await rig.emulator.put("settings", {"balances": {"settlement": 9_999}})
    short = await rig.became(order)
    one_of(short, NotSent if rig.expected.settles_at_once else NotSent | Unknown, "short")
    equal(await rig.emulator.booked(order.reference), [], "booked")


async def a_cut_answer_is_unknown_and_the_inquiry_finds_it(rig: Rig) -> None:
    order = rig.order("0000006")
    equal(await rig.submit(order), Unknown(), "the answer")
    await rig.asked(order, lambda asked: isinstance(asked, Settled))
    equal(len(await rig.emulator.booked(order.reference)), 1, "bookings")


async def a_slow_answer_is_waited_for(rig: Rig) -> None:
    one_of(await rig.became(rig.order("0000007")), Settled)


async def a_throttled_transfer_may_come_again(rig: Rig) -> None:
    order = rig.order("0000008")
    for _ in range(2):
        turned_away(rig, await rig.submit(order), Reason.THROTTLED)
    one_of(await rig.became(order), Settled)
    equal(len(await rig.emulator.booked(order.reference)), 1, "bookings")


async def a_closed_bank_takes_nothing(rig: Rig) -> None:
    order = rig.order("0000009")
    refused = turned_away(rig, await rig.submit(order), Reason.OUT_OF_HOURS)
    if not isinstance(refused, Unknown):
        is_told = refused.not_before is not None
        equal(is_told, rig.expected.says_when_it_opens, "says when it opens again")
    equal(await rig.emulator.booked(order.reference), [], "booked")


async def over_the_limit_nothing_is_taken(rig: Rig) -> None:
    await rig.emulator.put("settings", {"rate_limits": {"money": 1}})
    orders = [rig.order() for _ in range(4)]
    outcomes = [(order, await rig.submit(order)) for order in orders]
    refused = [
        order
        for order, outcome in outcomes
        if isinstance(outcome, NotSent | TurnedAway | Unknown)
        and outcome.reason is Reason.THROTTLED
    ]
    true(bool(refused), "four calls at once under a limit of one a second")
    for order in refused:
        equal(await rig.emulator.booked(order.reference), [], "booked")


async def in_its_window_the_bank_takes_nothing(rig: Rig) -> None:
    window = rig.expected.window
    if window is None:
        raise LookupError("applies to banks with a window")
    await rig.move_to(window.during)
    order = rig.order()
    refused = turned_away(rig, await rig.submit(order), Reason.OUT_OF_HOURS)
    if not isinstance(refused, Unknown):
        equal(refused.not_before, window.reopens_at, "not before")
    equal((await rig.bank.inquire(order)).outcome, NotFound(), "inquiries go on")
    one_of(await rig.bank.statement(rig.clock.now().date()), Statement, "statements go on")
    await rig.move_to(window.reopens_at)
    one_of(await rig.became(order), Settled, "afterwards")


async def money_that_comes_back_is_returned(rig: Rig) -> None:
    order = rig.order("0000005")
    settled = a(Settled, await rig.became(order))
    returned = a(Returned, await rig.asked(order, lambda asked: isinstance(asked, Returned)))
    equal(returned.booked_at.date(), settled.booked_at.date(), "booked on")
    true(returned.returned_at >= returned.booked_at, "returned before it was booked")
    equal([kind for kind, _ in await rig.emulator.booked(order.reference)], ["payout", "return"])


CASES = (
    Case(GROUP, "a transfer settles and is booked once", settles_and_is_booked_once),
    Case(GROUP, "the same order twice is booked once", the_same_order_twice_is_booked_once),
    Case(
        GROUP,
        "a used reference with another amount pays nothing and means inquire",
        a_used_reference_with_another_amount_pays_nothing,
        lambda expected: not expected.pays_files,
    ),
    Case(GROUP, "a reference never used is not found", a_reference_never_used_is_not_found),
    *(
        Case(GROUP, f"{reason} is a final refusal", partial(is_refused, reason=reason))
        for reason in MAGIC
    ),
    Case(GROUP, "a closed account is refused", a_closed_account_is_refused),
    Case(GROUP, "an item above the limit is refused", an_item_above_the_limit_is_refused),
    Case(
        GROUP,
        "a short settlement account refuses no member",
        a_short_settlement_account_refuses_no_member,
    ),
    Case(
        GROUP,
        "a cut answer is unknown and the inquiry finds it",
        a_cut_answer_is_unknown_and_the_inquiry_finds_it,
    ),
    Case(GROUP, "a slow answer is waited for", a_slow_answer_is_waited_for),
    Case(GROUP, "a throttled transfer may come again", a_throttled_transfer_may_come_again),
    Case(GROUP, "a closed bank takes nothing", a_closed_bank_takes_nothing),
    Case(GROUP, "over the limit nothing is taken", over_the_limit_nothing_is_taken),
    Case(
        GROUP,
        "in its window the bank takes nothing",
        in_its_window_the_bank_takes_nothing,
        lambda expected: expected.window is not None,
    ),
    Case(GROUP, "money that comes back is returned", money_that_comes_back_is_returned),
)
