"""What the bank calls about: genuine calls are read, everything else is not."""

from gateway.conformance.case import Case, a, equal, true
from gateway.conformance.cases.collections import approve, ended, opened
from gateway.conformance.emulator import Letter
from gateway.conformance.expectation import Expectation
from gateway.conformance.rig import Rig
from gateway.domain.bank import Callback

GROUP = "callbacks"


async def paid(rig: Rig) -> str:
    """Let a collection be paid; return its reference."""
    order = await opened(rig)
    await approve(rig, order)
    await ended(rig, order)
    return order.reference


async def read(rig: Rig, letter: Letter) -> Callback | None:
    return await rig.bank.read_callback(*letter)


async def a_paid_collection_is_called_about(rig: Rig) -> None:
    reference = await paid(rig)
    equal(a(Callback, await read(rig, await rig.box.take())).reference, reference)


async def a_declined_collection_is_called_about(rig: Rig) -> None:
    order = await opened(rig)
    await rig.emulator.post(f"decline/{order.reference}", {})
    equal(a(Callback, await read(rig, await rig.box.take())).reference, order.reference)


async def an_expired_collection_is_called_about(rig: Rig) -> None:
    order = await opened(rig, rig.collection(open_for_s=600))
    await rig.advance(601)
    equal(a(Callback, await read(rig, await rig.box.take())).reference, order.reference)


async def a_failed_collection_is_called_about(rig: Rig) -> None:
    order = await opened(rig)
    payer = {"branch": rig.expected.branch, "type": "1", "number": "0000004"}
    await approve(rig, order, payer=payer)
    equal(a(Callback, await read(rig, await rig.box.take())).reference, order.reference)


async def money_that_comes_back_is_called_about(rig: Rig) -> None:
    order = rig.order("0000005")
    await rig.became(order)
    equal(a(Callback, await read(rig, await rig.box.take())).reference, order.reference)


async def a_doubled_call_is_one_event(rig: Rig) -> None:
    plan = {"kind": "callback", "times": 2}
    await rig.emulator.put("faults", [{"operation": "callback", "action": plan}])
    await paid(rig)
    first, second = await rig.box.take(), await rig.box.take()
    equal(a(Callback, await read(rig, first)), a(Callback, await read(rig, second)))


async def a_forged_or_altered_call_is_none(rig: Rig) -> None:
    await rig.emulator.fault("callback", "callback", times=1, bad_signature=True)
    await paid(rig)
    equal(await read(rig, await rig.box.take()), None, "a forged call")
    await paid(rig)
    headers, body = await rig.box.take()
    if rig.expected.signs_in_headers:
        equal(await read(rig, ({}, body)), None, "without its headers")
    equal(await read(rig, (headers, body.replace(b"10000", b"10001"))), None, "another amount")
    equal(await read(rig, (headers, body + b" ")), None, "a byte more")
    equal(await read(rig, (headers, body[:-3])), None, "cut short")
    equal(await read(rig, (headers, b"")), None, "nothing")
    true(await read(rig, (headers, body)) is not None, "the genuine call is not read")


async def an_old_call_is_none(rig: Rig) -> None:
    await paid(rig)
    letter = await rig.box.take()
    await rig.advance(301)
    equal(await read(rig, letter), None, "after 301 s")


async def no_call_is_believed(rig: Rig) -> None:
    equal(await read(rig, ({}, b"")), None, "an empty call")
    equal(await read(rig, ({"Content-Type": "application/json"}, b"{}")), None, "an empty object")


def calls(expected: Expectation) -> bool:
    return expected.calls_back_collections


CASES = (
    Case(GROUP, "a paid collection is called about", a_paid_collection_is_called_about, calls),
    Case(
        GROUP,
        "a declined collection is called about",
        a_declined_collection_is_called_about,
        lambda expected: expected.calls_back_every_end,
    ),
    Case(
        GROUP,
        "an expired collection is called about",
        an_expired_collection_is_called_about,
        lambda expected: expected.calls_back_every_end,
    ),
    Case(
        GROUP,
        "a failed collection is called about",
        a_failed_collection_is_called_about,
        lambda expected: expected.calls_back_every_end,
    ),
    Case(
        GROUP,
        "money that comes back is called about",
        money_that_comes_back_is_called_about,
        lambda expected: expected.calls_back_returns,
    ),
    Case(GROUP, "a doubled call is one event", a_doubled_call_is_one_event, calls),
    Case(GROUP, "a forged or altered call is none", a_forged_or_altered_call_is_none, calls),
    Case(
        GROUP,
        "an old call is none",
        an_old_call_is_none,
        lambda expected: expected.callbacks_are_dated,
    ),
    Case(GROUP, "no call is believed that says nothing", no_call_is_believed),
)
