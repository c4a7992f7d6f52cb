"""Puts SMBC's adapter together from the settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.adapters.bank_tls import bank_tls
from gateway.adapters.jws import KeyRing
from gateway.adapters.line import Parts, open_line
from gateway.adapters.smbc.bank import Smbc
from gateway.adapters.smbc.channel import Channel, Credentials, Seal
from gateway.adapters.transport import BankTransport, bank_client
from gateway.config import Settings, sandbox_scalar
from gateway.domain.errors import NotReady
from gateway.profiles import BankProfile


@asynccontextmanager
async def open_smbc(settings: Settings, profile: BankProfile, parts: Parts) -> AsyncIterator[Smbc]:
    """Yield the bank; nothing is sent before the first call. NotReady if a key cannot be used."""
    credentials = await asyncio.to_thread(_credentials, settings)
    transport = BankTransport(
        profile.code,
        deadline_s=profile.deadline_s,
        connect_timeout_s=profile.connect_timeout_s,
        tls=await asyncio.to_thread(bank_tls, settings, profile.code),
    )
    async with bank_client(transport) as client:
        channel = Channel(client, credentials, parts.clock)
        ring = KeyRing(channel.fetch_keys, parts.monotonic, scale=parts.scale)
        async with aclosing(ring):
            line = open_line(profile, client, parts)
            yield Smbc(line, channel, Seal(ring, parts.clock), parts.clock)


def _credentials(settings: Settings) -> Credentials:
    return Credentials(
        base_url=settings.smbc_base_url,
        api_key=settings.smbc_api_key.get_secret_value(),
        client_kid=settings.smbc_client_kid,
        client_key=_signing_key(settings),
    )


def _signing_key(settings: Settings) -> ec.EllipticCurvePrivateKey:
    if settings.smbc_client_key is None:
        return ec.derive_private_key(sandbox_scalar(settings.smbc_client_kid), ec.SECP256R1())
    try:
        key = load_pem_private_key(settings.smbc_client_key.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise NotReady(f"GATEWAY_SMBC_CLIENT_KEY: {type(error).__name__}") from error
    if not (isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)):
        raise NotReady("GATEWAY_SMBC_CLIENT_KEY: not a P-256 key")
    return key
