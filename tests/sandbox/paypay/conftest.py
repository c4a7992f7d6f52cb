"""One PayPay emulator a test, on a free port, everything visible at once."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.paypay.receiver import Receiver, listening
from tests.sandbox.paypay.shop import Shop


@pytest.fixture
async def shop(clock: ManualClock) -> AsyncIterator[Shop]:
    async with (
        running_sandbox(clock=clock, banks=["paypay"], time_scale=0.01) as sandbox,
        ClientSession() as session,
    ):
        shop = Shop(session, sandbox.urls["paypay"], clock)
        await shop.told("PUT", "settings", {"visibility_s_min": 0, "visibility_s_max": 0})
        yield shop


@pytest.fixture
async def receiver(shop: Shop) -> AsyncIterator[Receiver]:
    async with listening() as receiver:
        await shop.told("PUT", "settings", {"callback_url": receiver.url})
        yield receiver
