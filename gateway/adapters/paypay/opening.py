"""Puts PayPay's adapter together from the settings."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from gateway.adapters.bank_tls import bank_tls
from gateway.adapters.line import Parts, open_line
from gateway.adapters.paypay.bank import PayPay
from gateway.adapters.paypay.channel import Channel, Credentials
from gateway.adapters.paypay.pairs import Seal
from gateway.adapters.transport import BankTransport, bank_client
from gateway.config import Settings
from gateway.profiles import BankProfile

NONCE_BYTES = 8


def random_nonce() -> str:
    return secrets.token_hex(NONCE_BYTES)


@asynccontextmanager
async def open_paypay(
    settings: Settings,
    profile: BankProfile,
    parts: Parts,
    *,
    nonces: Callable[[], str] = random_nonce,
) -> AsyncIterator[PayPay]:
    """Yield the bank; nothing is sent before the first call. NotReady if a file cannot be used."""
    credentials = Credentials(
        base_url=settings.paypay_base_url,
        shop_id=settings.paypay_shop_id,
        seal=Seal(settings.paypay_mac_secret.get_secret_value()),
    )
    transport = BankTransport(
        profile.code,
        deadline_s=profile.deadline_s,
        connect_timeout_s=profile.connect_timeout_s,
        tls=await asyncio.to_thread(bank_tls, settings, profile.code),
    )
    async with bank_client(transport) as client:
        channel = Channel(credentials, parts.clock, nonces)
        line = open_line(profile, client, parts)
        yield PayPay(line, client, channel, parts.clock, item_limit=profile.item_limit)
