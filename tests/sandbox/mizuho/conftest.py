"""One みずほ emulator a test, on a free port, with a clock that the test moves."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.mizuho.lender import Lender
from tests.sandbox.mizuho.receiver import Receiver, listening

NO_LIMITS = {"rate_limits": {"money": 0, "inquiry": 0}}


@pytest.fixture
async def lender(clock: ManualClock) -> AsyncIterator[Lender]:
    """A client without limits: those have a test of their own."""
    async with (
        running_sandbox(clock=clock, banks=["mizuho"], time_scale=0.01) as sandbox,
        ClientSession() as session,
    ):
        lender = Lender(session, sandbox.urls["mizuho"], clock)
        await lender.told("PUT", "settings", NO_LIMITS)
        yield lender


@pytest.fixture
async def receiver(lender: Lender) -> AsyncIterator[Receiver]:
    """The address that the client's links name from now on."""
    async with listening() as receiver:
        lender.notify_url = receiver.url
        yield receiver
