"""What an emulated MUFG still knows after a restart, and no longer after a reset."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from aiohttp import ClientSession

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.mufg.lender import Lender

REFERENCE = "ABCDEFGHIJ0123456789"
OTHER = REFERENCE[::-1]
NEVER_SETTLED = {"settle_s_min": 3600, "settle_s_max": 3600}


@asynccontextmanager
async def opened(
    clock: ManualClock, books: Path, *, first_number: int = 1, time_scale: float = 0.01
) -> AsyncIterator[Lender]:
    async with (
        running_sandbox(
            clock=clock, banks=("mufg",), books_dir=books, time_scale=time_scale
        ) as sandbox,
        ClientSession() as session,
    ):
        lender = Lender(session, sandbox.urls["mufg"], clock, _numbers=count(first_number))
        await lender.told("PUT", "settings", {"rate_limits": {"money": 0, "inquiry": 0}})
        yield lender


async def test_a_restarted_emulator_shows_the_same_books_and_answers(
    clock: ManualClock, tmp_path: Path
):
    async with opened(clock, tmp_path) as lender:
        await lender.pay(reference=REFERENCE)
        await lender.settled(REFERENCE)
        await lender.pay(reference=OTHER, number="0000001")
        await lender.settled(OTHER)
        before = await lender.told("GET", "ledger")

    async with opened(clock, tmp_path, first_number=1000) as lender:
        after = await lender.told("GET", "ledger")
        kept, refused = [await lender.inquire(reference) for reference in (REFERENCE, OTHER)]
        again = await lender.pay(reference=REFERENCE)

    assert after == before
    assert (kept.one("TxSts"), refused.one("TxSts"), refused.code) == ("ACSC", "RJCT", "AC01")
    assert again.code == "DUPL"


async def test_what_was_accepted_settles_after_a_restart(clock: ManualClock, tmp_path: Path):
    async with opened(clock, tmp_path) as lender:
        await lender.told("PUT", "settings", NEVER_SETTLED)
        await lender.pay(reference=REFERENCE, number="0000005")
        await lender.rule("submit", {"kind": "code", "code": "AC04"})
        await lender.pay(reference=OTHER)

    async with opened(clock, tmp_path) as lender:
        refused = await lender.settled(OTHER)
        while (await lender.settled(REFERENCE)).one("AddtlInf") != "RETURNED":
            pass
        movements = await lender.movements()

    assert refused.code == "AC04"
    assert [movement["kind"] for movement in movements] == ["payout", "return"]


async def test_what_is_pending_is_still_set_aside_after_a_restart(
    clock: ManualClock, tmp_path: Path
):
    async with opened(clock, tmp_path) as lender:
        settings = {**NEVER_SETTLED, "balances": {"settlement": 20_000}}
        await lender.told("PUT", "settings", settings)
        await lender.pay(amount="10001")

    async with opened(clock, tmp_path, first_number=1000, time_scale=100) as lender:
        answer = await lender.pay(reference=REFERENCE)

    assert answer.code == "AM04"


async def test_a_collection_is_booked_after_a_restart(clock: ManualClock, tmp_path: Path):
    async with opened(clock, tmp_path) as lender:
        await lender.told("PUT", "settings", NEVER_SETTLED)
        await lender.collect(reference=REFERENCE)
        await lender.told("POST", f"approve/{REFERENCE}")
        started = await lender.collect(reference=OTHER)

    async with opened(clock, tmp_path) as lender:
        while (paid := await lender.collection(REFERENCE)).one("TxSts") == "PDNG":
            pass
        page = started.headers["Location"].partition("/approve/")[2]
        async with lender.session.get(f"{lender.url}/approve/{page}") as answer:
            status = answer.status

    assert paid.one("TxSts") == "ACSC"
    assert status == 200


async def test_a_number_stays_used_after_a_restart_but_not_after_a_reset(
    clock: ManualClock, tmp_path: Path
):
    number = "20261125-0000000000000001"
    async with opened(clock, tmp_path) as lender:
        await lender.post("/payments", lender.payment(), X_Sequence_No=number)

    async with opened(clock, tmp_path) as lender:
        used = await lender.post("/payments", b"", X_Sequence_No=number)
        await lender.told("POST", "reset")
        await lender.log_in()
        fresh = await lender.post("/payments", b"", X_Sequence_No=number)

    assert (used.code, fresh.code) == ("SEQNO", "FF01")


async def test_a_number_that_was_not_used_up_can_be_used_after_a_restart(
    clock: ManualClock, tmp_path: Path
):
    number = "20261125-0000000000000001"
    async with opened(clock, tmp_path) as lender:
        throttled = lender.payment(number="0000008")
        await lender.post("/payments", throttled, X_Sequence_No=number)

    async with opened(clock, tmp_path) as lender:
        answer = await lender.post("/payments", lender.payment(), X_Sequence_No=number)

    assert answer.status == 202


async def test_a_token_does_not_outlive_a_restart(clock: ManualClock, tmp_path: Path):
    async with opened(clock, tmp_path) as lender:
        await lender.log_in()
        token = lender.token

    async with opened(clock, tmp_path) as lender:
        lender.token = token
        answer = await lender.inquire(REFERENCE)

    assert answer.status == 401


async def test_what_a_client_needs_can_be_asked_for(lender: Lender):
    credentials = await lender.told("GET", "credentials")

    assert credentials == {
        "bank": "mufg",
        "base_path": "/mufg",
        "client_id": "lender-sandbox",
        "client_secret": "sandbox-mufg-client-secret",
        "callback_secret": "sandbox-mufg-callback-secret",
        "tls": None,
    }
    assert (await lender.control("PUT", "clients", {"keys": []}))[0] == 404
