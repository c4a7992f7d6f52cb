"""One Rakuten emulator a test, on a free port, everything visible at once."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.rakuten.lender import Lender


@pytest.fixture
async def lender(clock: ManualClock) -> AsyncIterator[Lender]:
    async with (
        running_sandbox(clock=clock, banks=["rakuten"], time_scale=0.01) as sandbox,
        ClientSession() as session,
    ):
        lender = Lender(session, sandbox.urls["rakuten"], clock)
        await lender.told("PUT", "settings", {"visibility_s_min": 0, "visibility_s_max": 0})
        yield lender
