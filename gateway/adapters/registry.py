"""All banks of the gateway, one line each."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeAlias

from gateway.adapters.line import Parts
from gateway.adapters.mizuho.opening import open_mizuho
from gateway.adapters.mufg.opening import open_mufg
from gateway.adapters.paypay.opening import open_paypay
from gateway.adapters.rakuten.opening import open_rakuten
from gateway.adapters.smbc.opening import open_smbc
from gateway.config import Settings
from gateway.domain.account import BankCode
from gateway.domain.bank import Bank
from gateway.domain.ports import Checkpoint, Clock, Lanes, Metrics
from gateway.profiles import BankProfile, bank_profiles, scaled

Opening: TypeAlias = Callable[[Settings, BankProfile, Parts], AbstractAsyncContextManager[Bank]]

BANKS: Mapping[BankCode, Opening] = {
    BankCode.SMBC: open_smbc,
    BankCode.MUFG: open_mufg,
    BankCode.PAYPAY: open_paypay,
    BankCode.MIZUHO: open_mizuho,
    BankCode.RAKUTEN: open_rakuten,
}


@asynccontextmanager
async def open_banks(
    settings: Settings,
    *,
    clock: Clock,
    metrics: Metrics,
    lanes: Lanes,
    checkpoint: Checkpoint,
    profiles: Mapping[BankCode, BankProfile] | None = None,
) -> AsyncIterator[dict[BankCode, Bank]]:
    """Yield every bank, with profiles (default: `banks.toml`) shortened by `settings.time_scale`.

    Connections are closed at the end; calls that still run then fail as if the bank had hung up.
    """
    parts = Parts(
        *(clock, metrics, lanes, checkpoint, time.monotonic, settings.time_scale),
        statement_dir=settings.statement_dir,
    )
    contracts = await asyncio.to_thread(bank_profiles) if profiles is None else profiles
    async with AsyncExitStack() as stack:
        yield {
            code: await stack.enter_async_context(
                opening(settings, scaled(contracts[code], settings.time_scale), parts)
            )
            for code, opening in BANKS.items()
        }
