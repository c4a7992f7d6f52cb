"""Puts Mizuho's adapter together from the settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.adapters.bank_tls import bank_tls
from gateway.adapters.line import Parts, open_line
from gateway.adapters.mizuho.bank import Contract, Mizuho
from gateway.adapters.mizuho.channel import Channel, Credentials
from gateway.adapters.mizuho.zengin.transfers import Sender
from gateway.adapters.transport import BankTransport, bank_client
from gateway.config import Settings
from gateway.profiles import BankProfile


@asynccontextmanager
async def open_mizuho(
    settings: Settings, profile: BankProfile, parts: Parts
) -> AsyncIterator[Mizuho]:
    """Yield the bank; nothing is sent before the first call. NotReady if a file cannot be used."""
    tls = await asyncio.to_thread(bank_tls, settings, profile.code)
    transport = BankTransport(
        profile.code,
        deadline_s=profile.deadline_s,
        connect_timeout_s=profile.connect_timeout_s,
        tls=tls,
    )
    credentials = Credentials(
        base_url=settings.mizuho_base_url,
        user=settings.mizuho_user,
        password=settings.mizuho_password.get_secret_value(),
    )
    async with bank_client(transport) as client:
        channel = Channel(client, credentials, parts.clock)
        line = open_line(profile, client, parts)
        yield Mizuho(line, channel, _contract(settings), parts.clock)


def _contract(settings: Settings) -> Contract:
    sender = Sender(
        code=settings.mizuho_itakusha_code,
        name=settings.mizuho_itakusha_name,
        branch=settings.mizuho_settlement_branch,
        type=settings.mizuho_settlement_type,
        number=settings.mizuho_settlement_number,
    )
    return Contract(
        sender=sender,
        collector=settings.mizuho_shuno_kikan,
        callback_secret=settings.mizuho_callback_secret.get_secret_value().encode(),
    )
