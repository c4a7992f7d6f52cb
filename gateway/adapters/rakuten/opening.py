"""Puts Rakuten's adapter together from the settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.adapters.bank_tls import bank_tls
from gateway.adapters.line import Parts, open_line
from gateway.adapters.numbers import Numbers
from gateway.adapters.rakuten.bank import Rakuten
from gateway.adapters.rakuten.channel import Channel, Credentials
from gateway.adapters.transport import BankTransport, bank_client
from gateway.config import Settings
from gateway.profiles import BankProfile


@asynccontextmanager
async def open_rakuten(
    settings: Settings, profile: BankProfile, parts: Parts
) -> AsyncIterator[Rakuten]:
    """Yield the bank; nothing is sent before the first call. NotReady if a file cannot be used."""
    credentials = Credentials(
        base_url=settings.rakuten_base_url,
        user_id=settings.rakuten_user_id,
        password=settings.rakuten_password.get_secret_value(),
    )
    transport = BankTransport(
        profile.code,
        deadline_s=profile.deadline_s,
        connect_timeout_s=profile.connect_timeout_s,
        tls=await asyncio.to_thread(bank_tls, settings, profile.code),
    )
    async with bank_client(transport) as client:
        channel = Channel(credentials, Numbers(parts.lanes, profile.code))
        yield Rakuten(open_line(profile, client, parts), client, channel, parts.clock)
