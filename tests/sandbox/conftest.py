"""One SMBC emulator a test, on a free port, with a clock that the test moves."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.lender import Lender


@pytest.fixture
async def lender(clock: ManualClock) -> AsyncIterator[Lender]:
    async with (
        running_sandbox(clock=clock, time_scale=0.01) as sandbox,
        ClientSession() as session,
    ):
        yield Lender(session, sandbox.urls["smbc"], clock)
