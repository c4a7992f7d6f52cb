"""An answer that nobody can read calls people, whatever was asked; pay-outs are the services'."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from gateway.conformance.case import Case, true
from gateway.conformance.expectation import Expectation
from gateway.conformance.rig import Rig

GROUP = "alerts"


async def ask_name(rig: Rig) -> None:
    await rig.bank.verify_name(rig.order().creditor)


async def ask_statement(rig: Rig) -> None:
    await rig.bank.statement(rig.clock.now().date())


async def start_collection(rig: Rig) -> None:
    await rig.bank.start_collection(rig.collection())


async def ask_collection(rig: Rig) -> None:
    await rig.bank.inquire_collection(rig.collection())


ASK: Mapping[str, Callable[[Rig], Awaitable[None]]] = {
    "verify_name": ask_name,
    "statement": ask_statement,
    "start_collection": start_collection,
    "inquire_collection": ask_collection,
}


def can_ask(operation: str) -> Callable[[Expectation], bool]:
    """Return at which banks an operation is a call."""
    if operation == "verify_name":
        return lambda expected: expected.verifies_names
    if operation == "start_collection":
        return lambda expected: not expected.starts_collections_itself
    return lambda _: True


async def people_are_called(rig: Rig, *, operation: str) -> None:
    await rig.emulator.fault(operation, "garbage")
    await ASK[operation](rig)
    alerts = [line for line in rig.log if line["event"] == "alert.raised"]
    codes = {line["code"] for line in alerts}
    true("bank_answer_untrusted" in codes, f"alerts: {sorted(codes)}")


CASES = tuple(
    Case(
        GROUP,
        f"an unreadable answer calls people: {operation}",
        partial(people_are_called, operation=operation),
        can_ask(operation),
    )
    for operation in ASK
)
