"""Banks that take files: what a file's result says of each of its items."""

import asyncio
from collections.abc import Mapping
from functools import partial

from gateway.conformance.case import Case, a, equal
from gateway.conformance.expectation import Expectation, Said
from gateway.conformance.rig import END_WITHIN_S, Rig
from gateway.domain.bank import FileBank, TransferFile, TransferOrder
from gateway.domain.outcome import (
    FileAccepted,
    FileRejected,
    FileResult,
    FileResultOutcome,
    NotFound,
    NotSent,
    Pending,
    Rejected,
    Settled,
    Unknown,
)
from gateway.domain.ports import Slot
from gateway.domain.reason import Reason

GROUP = "files"
SPOILED = ("UNBALANCED_COUNT", "UNBALANCED_SUM", "UNBALANCED_REFERENCE")


async def each_item_has_its_own_result(rig: Rig, *, items: Mapping[str, Said]) -> None:
    orders = {code: rig.order(amount=1_000 + len(code)) for code in ("0", *items)}
    rules: list[dict[str, object]] = [
        {"operation": "submit", "reference": order.reference, "action": _says(code)}
        for code, order in orders.items()
        if code != "0"
    ]
    await rig.emulator.put("faults", rules)
    result = a(FileResult, await _came_to(rig, *await _sent(rig, list(orders.values()))))
    a(Settled, result.items[orders.pop("0").reference])
    got = {code: result.items[order.reference] for code, order in orders.items()}
    equal({code: _in_short(outcome) for code, outcome in got.items()}, items, "results")


async def a_result_that_does_not_balance_is_not_believed(rig: Rig, *, code: str) -> None:
    order = rig.order()
    file, receipt = await _sent(rig, [order])
    await rig.asked(order, lambda asked: isinstance(asked, Settled))
    await rig.emulator.fault("inquire", "code", code=code)
    equal(await _came_to(rig, file, receipt), Unknown(integrity=True), code)
    a(FileResult, await _came_to(rig, file, receipt))


async def a_file_sent_twice_is_one(rig: Rig) -> None:
    order = rig.order()
    file, receipt = await _sent(rig, [order])
    again = await _send(rig, file)
    equal(again, FileAccepted(receipt), "the same file again")
    a(FileResult, await _came_to(rig, file, receipt))
    equal(await rig.emulator.booked(order.reference), [("payout", 10_000)], "booked")


async def a_barred_file_is_refused_and_nobody_is_at_fault(rig: Rig) -> None:
    order = rig.order()
    file = _bank(rig).encode_file(order.reference, [order])
    await rig.emulator.post(f"files/{file.file_id}/bar", {})
    for _ in range(2):
        equal(await _send(rig, file), FileRejected(Reason.FILE_REFUSED), "the answer")
    equal((await rig.bank.inquire(order)).outcome, NotFound(), "asked")
    equal(await rig.emulator.booked(order.reference), [], "booked")


async def _sent(rig: Rig, orders: list[TransferOrder]) -> tuple[TransferFile, str]:
    """Return the file of these orders and the bank's receipt for it."""
    file = _bank(rig).encode_file(orders[0].reference, orders)
    return file, a(FileAccepted, await _send(rig, file)).receipt


async def _send(rig: Rig, file: TransferFile) -> object:
    send_before = asyncio.get_running_loop().time() + END_WITHIN_S
    return (await _bank(rig).submit_file(file, slot=Slot(0.0), send_before=send_before)).outcome


async def _came_to(rig: Rig, file: TransferFile, receipt: str) -> FileResultOutcome:
    return await rig.until(
        lambda: _bank(rig).fetch_result(file, receipt), lambda it: not isinstance(it, Pending)
    )


def _bank(rig: Rig) -> FileBank:
    if isinstance(rig.bank, FileBank):
        return rig.bank
    raise LookupError("applies to banks that take files")


def _says(code: str) -> dict[str, object]:
    return {"kind": "code", "code": code}


def _in_short(outcome: Settled | Rejected | NotSent) -> object:
    if isinstance(outcome, Settled):
        return outcome
    return Said(type(outcome), outcome.reason)


def cases_of(expected: Expectation) -> tuple[Case, ...]:
    """Return the cases of a bank that takes files, none for any other."""
    if not expected.pays_files:
        return ()
    all_of_them = partial(each_item_has_its_own_result, items=expected.items)
    return (
        Case(GROUP, "each item has its own result", all_of_them),
        *(
            Case(
                GROUP,
                f"a result that does not balance is not believed: {code}",
                partial(a_result_that_does_not_balance_is_not_believed, code=code),
            )
            for code in SPOILED
        ),
        Case(GROUP, "a file sent twice is one", a_file_sent_twice_is_one),
        Case(
            GROUP,
            "a barred file is refused, and nobody is at fault",
            a_barred_file_is_refused_and_nobody_is_at_fault,
        ),
    )
