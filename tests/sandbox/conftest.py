"""One SMBC emulator a test, on a free port, with a clock that the test moves."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from gateway.sandbox.server import running_sandbox
from tests.sandbox.lender import HandClock, Lender


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def lender(clock: HandClock) -> AsyncIterator[Lender]:
    async with (
        running_sandbox(clock=clock, time_scale=0.01) as sandbox,
        ClientSession() as session,
    ):
        yield Lender(session, sandbox.urls["smbc"], clock)
