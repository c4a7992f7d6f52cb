"""What surrounds a call: turns, places, the second try, crashes, the log line."""

import asyncio
import json
from typing import NoReturn

import httpx
import pytest
import structlog

from gateway.adapters.breaker import FAILURES_MAX, RETRIES_FREE
from gateway.adapters.gate import MONEY_SHARE
from gateway.domain.bank import Health, InstantBank
from gateway.domain.errors import Busy
from gateway.domain.outcome import NotSent, Settled, Unknown
from gateway.domain.ports import Point, Slot
from gateway.domain.reason import Reason
from tests.adapters.stand_ins import (
    DEMO,
    ORDER,
    REFERENCE,
    FreeLanes,
    Tally,
    open_smbc_at,
    profile,
    submit,
)
from tests.adapters.tcp_bank import Wire, says_completed, tcp_bank
from tests.adapters.test_transport import unused_port

BUSY = Reason.BANK_BUSY


async def test_money_and_inquiries_draw_from_lanes_of_their_own() -> None:
    lanes = FreeLanes()
    async with tcp_bank(says_completed) as server, open_smbc_at(server.url, lanes=lanes) as bank:
        await submit(bank)
        await bank.inquire(ORDER)
        await bank.verify_name(DEMO)

    money = 50 * MONEY_SHARE
    assert lanes.taken == [("money", money), ("inquiry", money * 5), ("inquiry", money * 5)]


async def test_a_slot_too_far_away_is_not_waited_for() -> None:
    lanes = FreeLanes(wait_s=1.5)
    async with tcp_bank(says_completed) as server, open_smbc_at(server.url, lanes=lanes) as bank:
        got = await submit(bank)
        asked = await bank.inquire(ORDER)

    assert isinstance(got.outcome, NotSent)
    assert got.outcome.reason is BUSY
    assert got.outcome.not_before is not None
    assert got.evidence.code == "LIMIT_REACHED"
    assert asked.outcome == Unknown()
    assert server.connections == 0


async def test_a_slot_that_is_near_is_waited_for() -> None:
    lanes = FreeLanes(wait_s=0.02)
    async with tcp_bank(says_completed) as server, open_smbc_at(server.url, lanes=lanes) as bank:
        got = await submit(bank)

    assert isinstance(got.outcome, Settled)


async def test_whoever_waited_for_a_slot_asks_again_whether_the_bank_is_stopped() -> None:
    """A stop that was committed while a call waited for its turn binds that call too."""
    lanes = FreeLanes(wait_s=0.02, is_stopped=True)
    async with tcp_bank(says_completed) as server, open_smbc_at(server.url, lanes=lanes) as bank:
        got = await submit(bank)
        asked = await bank.inquire(ORDER)

    assert isinstance(got.outcome, NotSent)
    assert got.outcome.reason is Reason.BANK_BUSY
    assert not isinstance(asked.outcome, NotSent)
    assert server.connections == 1  # the inquiry's: they go on


class BrokenLanes:
    async def take(self, *_: object, **__: object) -> NoReturn:
        raise Busy

    async def may_leave(self, *_: object, **__: object) -> bool:
        return True

    async def take_numbers(self, *_: object, **__: object) -> NoReturn:
        raise Busy


async def test_a_limiter_without_its_database_lets_nothing_out() -> None:
    async with (
        tcp_bank(says_completed) as server,
        open_smbc_at(server.url, lanes=BrokenLanes()) as bank,
    ):
        got = await submit(bank)

    assert got.outcome == NotSent(BUSY)
    assert server.connections == 0


class SilentLanes:
    async def take(self, *_: object, **__: object) -> Slot:
        await asyncio.Event().wait()
        return Slot(0.0)

    async def may_leave(self, *_: object, **__: object) -> bool:
        return True

    async def take_numbers(self, *_: object, **__: object) -> int:
        await asyncio.Event().wait()
        return 1


async def test_a_limiter_that_does_not_answer_is_not_waited_for() -> None:
    async with (
        tcp_bank(says_completed) as server,
        open_smbc_at(server.url, lanes=SilentLanes(), profiles=profile(deadline_s=0.2)) as bank,
    ):
        got = await submit(bank)

    assert isinstance(got.outcome, NotSent)
    assert got.evidence.code == "LIMITER_SLOW"
    assert server.connections == 0


async def test_a_full_house_turns_away_its_own_lane_only() -> None:
    """A slow bank fills the places of transfers; inquiries still find theirs."""
    release = asyncio.Event()

    async def slow_with_money(wire: Wire) -> None:
        if b"POST" in server.requests[-1][:4]:
            await release.wait()
        await says_completed(wire)

    profiles = profile(bulkhead=2, deadline_s=2.0)
    async with (
        tcp_bank(slow_with_money) as server,
        open_smbc_at(server.url, profiles=profiles) as bank,
    ):
        calls = [asyncio.create_task(submit(bank)) for _ in range(3)]
        done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED, timeout=5)
        asked = await bank.inquire(ORDER)
        release.set()
        answers = await asyncio.gather(*calls)

    assert [call.result().evidence.code for call in done] == ["BULKHEAD_FULL"]
    assert isinstance(asked.outcome, Settled)
    assert sum(isinstance(got.outcome, Settled) for got in answers) == 2


async def test_the_operators_word_opens_and_shuts_the_breaker_for_all() -> None:
    lanes = FreeLanes(breaker="open")
    async with tcp_bank(says_completed) as server, open_smbc_at(server.url, lanes=lanes) as bank:
        shut = await submit(bank)
        lanes.breaker = "closed"
        opened = await submit(bank)

    assert shut.evidence.code == "BREAKER_OPEN"
    assert isinstance(shut.outcome, NotSent)
    assert isinstance(opened.outcome, Settled)


async def test_an_unreachable_bank_is_left_alone_and_says_so_once() -> None:
    metrics = Tally()
    with unused_port() as port, structlog.testing.capture_logs() as logs:
        async with open_smbc_at(f"http://127.0.0.1:{port}", metrics=metrics) as bank:
            health = [bank.health]
            got = [await submit(bank) for _ in range(FAILURES_MAX + 3)]
            health.append(bank.health)

    assert health == [Health.UP, Health.DOWN]
    assert got[0].outcome == NotSent(Reason.BANK_UNREACHABLE)
    assert got[-1].evidence.code == "BREAKER_OPEN"
    assert ("breaker_opened", {"bank": "smbc"}) in metrics.counted
    assert [line["code"] for line in logs if line["event"] == "alert.raised"] == [
        "bank_unreachable"
    ]
    tries = sum(line["attempt_of_call"] for line in logs if line["event"] == "bank.answered")
    assert tries <= FAILURES_MAX + RETRIES_FREE


async def test_refusals_and_unreadable_answers_do_not_open_the_breaker() -> None:
    async def says_nonsense(wire: Wire) -> None:
        await wire.say(b"HTTP/1.1 502 X\r\nContent-Length: 6\r\n\r\n<html>")

    async with tcp_bank(says_nonsense) as server, open_smbc_at(server.url) as bank:
        for _ in range(FAILURES_MAX * 2):
            assert (await submit(bank)).outcome == Unknown(integrity=True)
        assert bank.health is Health.UP

    assert len(server.requests) == FAILURES_MAX * 2


class Crash(BaseException):
    """A process that ends here: nothing of ours may catch it."""


async def crash_at(point: Point, ask: str) -> tuple[int, int]:
    """Return how many requests the bank saw of a call that crashes, and of all after the next."""

    def checkpoint(reached: Point, /) -> None:
        if reached is point:
            raise Crash

    async with tcp_bank(says_completed) as server:
        async with open_smbc_at(server.url, checkpoint=checkpoint) as bank:
            with pytest.raises(Crash):
                await call(bank, ask)
        seen = len(server.requests)
        async with open_smbc_at(server.url) as bank:
            await call(bank, ask)
    return seen, len(server.requests) - seen


async def call(bank: InstantBank, ask: str) -> None:
    await (submit(bank) if ask == "submit" else bank.inquire(ORDER))


@pytest.mark.parametrize(
    ("point", "ask", "seen"),
    [
        pytest.param(Point.SUBMIT_BEFORE_SLOT, "submit", 0, id="before the slot"),
        pytest.param(Point.SUBMIT_BEFORE_REQUEST, "submit", 0, id="before the request"),
        pytest.param(Point.SUBMIT_HEADERS_SENT, "submit", 0, id="as the headers leave"),
        pytest.param(Point.SUBMIT_ANSWER_BEGUN, "submit", 1, id="as the answer begins"),
        pytest.param(Point.SUBMIT_ANSWERED, "submit", 1, id="with the answer"),
        pytest.param(Point.INQUIRY_BEFORE_REQUEST, "inquire", 0, id="before an inquiry"),
        pytest.param(Point.INQUIRY_ANSWERED, "inquire", 1, id="with an inquiry's answer"),
    ],
)
async def test_a_crash_goes_through_and_the_request_is_not_repeated(
    point: Point, ask: str, seen: int
) -> None:
    assert await crash_at(point, ask) == (seen, 1)


async def test_a_call_leaves_one_line_without_a_body_or_a_name() -> None:
    metrics = Tally()
    with structlog.testing.capture_logs() as logs:
        async with (
            tcp_bank(says_completed) as server,
            open_smbc_at(server.url, metrics=metrics) as bank,
        ):
            got = await submit(bank)

    [line] = logs
    assert line.pop("duration_ms") > 0
    assert line == {
        "event": "bank.answered",
        "log_level": "info",
        "bank": "smbc",
        "operation": "submit",
        "reference": REFERENCE,
        "status": 200,
        "outcome": "settled",
        "code": "COMPLETED",
        "attempt_of_call": 1,
    }
    assert metrics.counted == [
        ("bank_calls", {"bank": "smbc", "operation": "submit", "outcome": "settled"})
    ]
    assert got.evidence.request_sha256 is not None
    assert got.evidence.answer_sha256 is not None


async def test_every_try_has_a_request_id_and_a_signature_of_its_own() -> None:
    async with tcp_bank(says_completed) as server, open_smbc_at(server.url) as bank:
        await submit(bank)
        await submit(bank)

    heads = [httpx.Headers(_fields(request)) for request in server.requests]
    assert heads[0]["x-request-id"] != heads[1]["x-request-id"]
    bodies = [json.loads(request.partition(b"\r\n\r\n")[2]) for request in server.requests]
    assert bodies[0] == bodies[1]
    assert bodies[0]["valueDate"] == "2026-11-25"
    assert bodies[0]["amount"] == "10000"


def _fields(request: bytes) -> list[tuple[bytes, bytes]]:
    lines = request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]


async def test_under_overload_the_farthest_slot_that_is_granted_is_used() -> None:
    """Refused for the millisecond that asking took, such slots were all lost: nothing went out."""
    granted_s = 0.25
    lanes = FreeLanes(wait_s=granted_s)
    async with (
        tcp_bank(says_completed) as server,
        open_smbc_at(server.url, lanes=lanes, profiles=profile(deadline_s=granted_s * 2)) as bank,
    ):
        got = await submit(bank)

    assert isinstance(got.outcome, Settled)
