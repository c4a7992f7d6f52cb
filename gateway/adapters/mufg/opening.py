"""Puts MUFG's adapter together from the settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from gateway.adapters.bank_tls import bank_tls
from gateway.adapters.line import Parts, open_line
from gateway.adapters.mufg.bank import Mufg
from gateway.adapters.mufg.channel import Channel, Credentials
from gateway.adapters.mufg.instructions import SettlementAccount
from gateway.adapters.mufg.notices import Notices
from gateway.adapters.mufg.readiness import Readiness
from gateway.adapters.mufg.tokens import Bearer, Tokens
from gateway.adapters.numbers import Numbers
from gateway.adapters.transport import BankTransport, bank_client
from gateway.config import Settings
from gateway.profiles import BankProfile


@asynccontextmanager
async def open_mufg(settings: Settings, profile: BankProfile, parts: Parts) -> AsyncIterator[Mufg]:
    """Yield the bank; nothing is sent before the first call. NotReady if a file cannot be used."""
    transport = BankTransport(
        profile.code,
        deadline_s=profile.deadline_s,
        connect_timeout_s=profile.connect_timeout_s,
        tls=await asyncio.to_thread(bank_tls, settings, profile.code),
    )
    credentials = Credentials(
        settings.mufg_base_url,
        settings.mufg_client_id,
        settings.mufg_client_secret.get_secret_value(),
    )
    account = SettlementAccount(
        settings.mufg_settlement_branch,
        settings.mufg_settlement_type,
        settings.mufg_settlement_number,
    )
    notices = Notices(settings.mufg_callback_secret.get_secret_value(), parts.clock)
    async with bank_client(transport) as client:
        channel = Channel(client, credentials, parts.clock)
        tokens = Tokens(channel.fetch_token, parts.monotonic)
        client.auth = Bearer(tokens)
        async with aclosing(tokens):
            line = open_line(profile, client, parts)
            readiness = Readiness(tokens, Numbers(parts.lanes, profile.code))
            yield Mufg(line, channel, readiness, account, notices, parts.clock)
