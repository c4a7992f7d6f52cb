"""Each code that a bank's page lists, said by the emulator: what it means, and nothing booked."""

from functools import partial

from gateway.conformance.case import Case, Deviation, equal
from gateway.conformance.expectation import Expectation, Said
from gateway.conformance.rig import Rig
from gateway.domain.bank import NameRefused, StatementUnavailable
from gateway.domain.outcome import NotSent, Rejected, TurnedAway, Unknown

GROUP = "codes"


def said(outcome: object) -> Said:
    """Return the outcome in short."""
    match outcome:
        case Unknown(reason=reason, integrity=integrity):
            return Said(Unknown, reason, integrity)
        case NotSent(reason=reason) | TurnedAway(reason=reason) | Rejected(reason=reason):
            return Said(type(outcome), reason)
        case NameRefused(reason=reason) | StatementUnavailable(reason=reason):
            return Said(Rejected, reason)
        case _:
            raise Deviation(f"{outcome!r} comes of no code")


async def means(rig: Rig, *, operation: str, code: str, wanted: Said) -> None:
    """Let the bank say a code to an operation, and compare what the adapter makes of it."""
    rules = [{"operation": operation, "times": 0, "action": {"kind": "code", "code": code}}]
    await rig.emulator.put("faults", rules)
    order = rig.order()
    outcome: object
    match operation:
        case "submit":
            outcome = await rig.became(order)
        case "start_collection":
            outcome = (await rig.bank.start_collection(rig.collection())).outcome
        case "verify_name":
            outcome = await rig.bank.verify_name(order.creditor)
        case "inquire":
            outcome = (await rig.bank.inquire(order)).outcome
        case "inquire_collection":
            outcome = (await rig.bank.inquire_collection(rig.collection())).outcome
        case _:
            outcome = await rig.bank.statement(rig.clock.now().date())
    equal(said(outcome), wanted)
    equal(await rig.emulator.booked(order.reference), [], "booked")


def cases_of(expected: Expectation) -> tuple[Case, ...]:
    """Return a case for each code of one bank."""
    return tuple(
        Case(
            GROUP,
            f"{operation} {code or 'space'!r} is {wanted.reason or wanted.kind.__name__}",
            partial(means, operation=operation, code=code, wanted=wanted),
        )
        for (operation, code), wanted in expected.codes.items()
    )
