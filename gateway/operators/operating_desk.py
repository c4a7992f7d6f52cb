"""A desk for operators' commands that call banks: the gateway's parts, without its loops."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from gateway.config import Settings, load_settings
from gateway.operators.demo_note import beside_demo, refuse_strangers
from gateway.operators.reports import open_operators_banks, operators_database
from gateway.operators.running import commands_log, run
from gateway.ops.clock import SystemClock
from gateway.ops.crash import no_checkpoint
from gateway.ops.metrics import PrometheusMetrics
from gateway.profiles import bank_profiles, scaled
from gateway.services.desk import Senders, TransferDesk
from gateway.services.reconcile_restored import reconcile_restored
from gateway.store.connections import PoolRole

INSTANCE = "ops"

Result = TypeVar("Result")


@asynccontextmanager
async def operators_desk(settings: Settings) -> AsyncIterator[TransferDesk]:
    """Yield a desk on the gateway's database and banks, at which loops work; it sends nothing."""
    async with (
        operators_database(settings, role=PoolRole.WORK) as db,
        open_operators_banks(settings, db) as banks,
    ):
        await refuse_strangers(settings)
        yield TransferDesk(
            db=db,
            banks=banks,
            profiles={
                code: scaled(profile, settings.time_scale)
                for code, profile in bank_profiles().items()
                if code in banks
            },
            clock=SystemClock(settings.clock_shift_s),
            metrics=PrometheusMetrics(),
            checkpoint=no_checkpoint,
            senders=Senders(0),
            settings=settings,
            instance=INSTANCE,
        )


async def reconcile_first(settings: Settings) -> None:
    """Reconcile a restored database, before anything else of the gateway runs on it."""
    async with operators_desk(settings) as desk:
        await reconcile_restored(desk)


def operate_desk(work: Callable[[TransferDesk], Awaitable[Result]]) -> Result:
    """Return what `work` returns, given a desk; its log goes to `ops.log`."""
    settings = beside_demo(load_settings())

    async def on_desk() -> Result:
        async with operators_desk(settings) as desk:
            return await work(desk)

    with commands_log(settings):
        return run(on_desk())
