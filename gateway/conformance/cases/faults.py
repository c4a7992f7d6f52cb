"""Each thing that can go wrong on the way, at each operation: not knowing is never an answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from gateway.conformance.case import Case, equal, one_of, true
from gateway.conformance.expectation import Expectation
from gateway.conformance.rig import REAL_DEADLINE_S, Rig
from gateway.domain.bank import NameRefused, StatementUnavailable
from gateway.domain.outcome import (
    Authorizing,
    NotFound,
    NotSent,
    Rejected,
    Settled,
    Submitted,
    TurnedAway,
    Unknown,
)
from gateway.domain.reason import NOT_TAKEN, Reason

Fault = dict[str, object]
UNSURE = Unknown | TurnedAway  # it may be done


def status(number: int, *, done: bool) -> Fault:
    return {"kind": "status", "status": number, "done": done}


DONE: dict[str, Fault] = {
    "cut after it was done": {"kind": "drop_after"},
    "done and never answered": {"kind": "hang_after"},
    "500, done": status(500, done=True),
    "504, done": status(504, done=True),
    "404, done": status(404, done=True),
    "401, done": status(401, done=True),
    "403, done": status(403, done=True),
    "429, done": status(429, done=True),
    "503, done": status(503, done=True),
    "garbage": {"kind": "garbage"},
    "a bad signature": {"kind": "bad_signature"},
}
NOT_DONE: dict[str, Fault] = {
    "cut before it was done": {"kind": "drop_before"},
    "502": status(502, done=False),
    "503": status(503, done=False),
    "403": status(403, done=False),
    "an empty 200": status(200, done=False),
}


def can_happen(fault: Fault) -> Callable[[Expectation], bool]:
    """Return at which banks a fault is one."""
    return lambda expected: fault["kind"] != "bad_signature" or expected.signs_answers


async def a_pay_out_that_was_done_is_found(rig: Rig, *, fault: Fault) -> None:
    order = rig.order()
    await rig.emulator.put("faults", [{"operation": "submit", "action": fault}])
    outcome = await rig.submit(order)
    one_of(outcome, UNSURE, "the answer")
    await rig.asked(order, lambda asked: isinstance(asked, Settled))
    equal(await rig.emulator.booked(order.reference), [("payout", 10_000)], "booked")


async def a_pay_out_that_was_not_done_is_not_found(rig: Rig, *, fault: Fault) -> None:
    order = rig.order()
    await rig.emulator.put("faults", [{"operation": "submit", "action": fault}])
    outcome = await rig.submit(order)
    one_of(outcome, UNSURE, "the answer")
    await rig.until_visible()
    equal((await rig.bank.inquire(order)).outcome, NotFound(), "asked")
    equal(await rig.emulator.booked(order.reference), [], "booked")


async def a_pay_out_that_is_late_is_waited_for(rig: Rig) -> None:
    await rig.emulator.fault("submit", "delay", seconds=5)
    one_of(await rig.became(rig.order()), Settled)


async def a_request_that_arrives_late_is_booked_once(rig: Rig) -> None:
    """The bank says "not found" while the request is on its way: the same order again."""
    order = rig.order()
    late_s = REAL_DEADLINE_S * 1.25
    await rig.emulator.fault("submit", "delay", seconds=late_s)
    equal(await rig.submit(order), Unknown(), "the answer")
    one_of((await rig.bank.inquire(order)).outcome, NotFound | Settled | Submitted, "asked")
    again = await rig.submit(order)
    true(not isinstance(again, Rejected), f"{again!r} is not final")
    await rig.asked(order, lambda asked: isinstance(asked, Settled))
    await asyncio.sleep(late_s * rig.time_scale)  # until the first one is sure to have arrived
    equal(await rig.emulator.booked(order.reference), [("payout", 10_000)], "booked")


async def an_inquiry_gone_wrong_is_not_knowing(rig: Rig, *, fault: Fault) -> None:
    order = rig.order()
    await rig.became(order)
    await rig.until_visible()
    await rig.emulator.put("faults", [{"operation": "inquire", "action": fault}])
    one_of((await rig.bank.inquire(order)).outcome, Unknown, "asked")
    one_of((await rig.bank.inquire(order)).outcome, Settled, "asked again")


async def a_name_gone_wrong_is_not_had(rig: Rig, *, fault: Fault) -> None:
    await rig.emulator.put("faults", [{"operation": "verify_name", "action": fault}])
    refused = await rig.bank.verify_name(rig.order().creditor)
    one_of(refused, NameRefused)
    if isinstance(refused, NameRefused):
        true(
            refused.reason in NOT_TAKEN | {Reason.OUTCOME_UNKNOWN},
            f"{refused.reason} would be an answer",
        )


async def a_statement_gone_wrong_is_not_had(rig: Rig, *, fault: Fault) -> None:
    await rig.became(rig.order())
    await rig.emulator.put("faults", [{"operation": "statement", "action": fault}])
    one_of(await rig.bank.statement(rig.clock.now().date()), StatementUnavailable)


async def a_start_gone_wrong_can_be_repeated(rig: Rig, *, fault: Fault) -> None:
    order = rig.collection()
    await rig.emulator.put("faults", [{"operation": "start_collection", "action": fault}])
    one_of((await rig.bank.start_collection(order)).outcome, Unknown | NotSent, "the answer")
    one_of((await rig.bank.start_collection(order)).outcome, Authorizing, "the same again")


async def a_question_about_a_collection_gone_wrong_is_not_knowing(
    rig: Rig, *, fault: Fault
) -> None:
    order = rig.collection()
    await rig.bank.start_collection(order)
    await rig.emulator.put("faults", [{"operation": "inquire_collection", "action": fault}])
    one_of((await rig.bank.inquire_collection(order)).outcome, Unknown, "asked")


async def without_a_token_nothing_is_sent(rig: Rig, *, fault: Fault) -> None:
    order = rig.order()
    await rig.emulator.put("faults", [{"operation": "token", "times": 0, "action": fault}])
    one_of(await rig.submit(order), NotSent, "the answer")
    equal(await rig.emulator.booked(order.reference), [], "booked")


Try = Callable[..., Awaitable[None]]


def _each(group: str, what: str, run: Try, faults: dict[str, Fault]) -> list[Case]:
    return [
        Case(group, f"{what}: {name}", partial(run, fault=fault), can_happen(fault))
        for name, fault in faults.items()
    ]


def _where(cases: list[Case], is_there: Callable[[Expectation], bool]) -> list[Case]:
    def both(applies: Callable[[Expectation], bool]) -> Callable[[Expectation], bool]:
        return lambda expected: is_there(expected) and applies(expected)

    return [replace(case, applies=both(case.applies)) for case in cases]


ANY = {**NOT_DONE, **DONE}
CASES = (
    *_each("faults: submit", "done and found", a_pay_out_that_was_done_is_found, DONE),
    *_each(
        "faults: submit", "not done, not found", a_pay_out_that_was_not_done_is_not_found, NOT_DONE
    ),
    Case("faults: submit", "late but in time", a_pay_out_that_is_late_is_waited_for),
    Case(
        "faults: submit",
        "a request that arrives late is booked once",
        a_request_that_arrives_late_is_booked_once,
    ),
    *_each("faults: inquire", "not knowing", an_inquiry_gone_wrong_is_not_knowing, ANY),
    *_where(
        _each("faults: names", "not had", a_name_gone_wrong_is_not_had, ANY),
        lambda expected: expected.verifies_names,
    ),
    *_each("faults: statement", "not had", a_statement_gone_wrong_is_not_had, ANY),
    *_where(
        _each("faults: start", "repeated", a_start_gone_wrong_can_be_repeated, ANY),
        lambda expected: not expected.starts_collections_itself,
    ),
    *_each(
        "faults: collection",
        "not knowing",
        a_question_about_a_collection_gone_wrong_is_not_knowing,
        ANY,
    ),
    *_where(
        _each("faults: token", "nothing sent", without_a_token_nothing_is_sent, ANY),
        lambda expected: expected.has_tokens,
    ),
)
