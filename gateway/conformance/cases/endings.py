"""Each reason that a bank may give for an end: of a transfer, a return or a collection."""

from functools import partial

from gateway.conformance.case import Case, equal
from gateway.conformance.cases.collections import opened
from gateway.conformance.expectation import Expectation
from gateway.conformance.rig import Rig
from gateway.domain.outcome import Rejected, Returned, Submitted
from gateway.domain.reason import Reason

GROUP = "endings"
RETURNS = 8  # the emulator's seed chooses a reason for each


async def returns_say_why(rig: Rig) -> None:
    orders = [rig.order("0000005") for _ in range(RETURNS)]
    for order in orders:
        await rig.submit(order)
    asked = [await rig.asked(order, lambda it: isinstance(it, Returned)) for order in orders]
    reasons = {outcome.reason for outcome in asked if isinstance(outcome, Returned)}
    equal(reasons, set(rig.expected.return_reasons), "reasons")


async def a_transfer_ends_so(rig: Rig, *, code: str, reason: Reason) -> None:
    """The answer to the inquiry says it of a transfer that the bank took."""
    order = rig.order()
    await rig.submit(order)
    await rig.until_visible()
    await rig.emulator.fault("inquire", "code", code=code)
    equal((await rig.bank.inquire(order)).outcome, Rejected(reason))


async def an_unclear_transfer_ends_so(rig: Rig, *, code: str, reason: Reason) -> None:
    """The bank does not know at first, and says it later."""
    order = rig.order()
    await rig.emulator.fault("submit", "code", code=code)
    await rig.submit(order)
    await rig.until_visible()
    outcome = await rig.asked(order, lambda asked: not isinstance(asked, Submitted))
    equal(outcome, Rejected(reason))


async def a_collection_ends_so(rig: Rig, *, code: str, reason: Reason) -> None:
    order = await opened(rig)
    await rig.emulator.fault("inquire_collection", "code", code=code)
    equal((await rig.bank.inquire_collection(order)).outcome, Rejected(reason))


def cases_of(expected: Expectation) -> tuple[Case, ...]:
    """Return a case for each reason that one bank gives."""
    tried = {
        "a transfer ends": (a_transfer_ends_so, expected.transfer_ends),
        "an unclear transfer ends": (an_unclear_transfer_ends_so, expected.unclear_ends),
        "a collection ends": (a_collection_ends_so, expected.collection_ends),
    }
    cases = [
        Case(GROUP, f"{what} {code!r}: {reason}", partial(run, code=code, reason=reason))
        for what, (run, ends) in tried.items()
        for code, reason in ends.items()
    ]
    if expected.return_reasons:
        cases.append(Case(GROUP, "returns say why", returns_say_why))
    return tuple(cases)
