"""One MUFG emulator a test, on a free port, with a clock that the test moves."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.mufg.lender import Lender
from tests.sandbox.mufg.receiver import Receiver, listening


@pytest.fixture
async def lender(clock: ManualClock) -> AsyncIterator[Lender]:
    async with (
        running_sandbox(clock=clock, banks=("mufg",), time_scale=0.01) as sandbox,
        ClientSession() as session,
    ):
        lender = Lender(session, sandbox.urls["mufg"], clock)
        await lender.told("PUT", "settings", {"rate_limits": {"money": 0, "inquiry": 0}})
        yield lender


@pytest.fixture
async def receiver(lender: Lender) -> AsyncIterator[Receiver]:
    async with listening() as receiver:
        await lender.told("PUT", "settings", {"callback_url": receiver.url})
        yield receiver
