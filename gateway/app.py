"""The composition root: builds the parts of one gateway process and owns their lifetimes."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import structlog
from aiohttp import web

from gateway.adapters.registry import open_banks
from gateway.config import Settings
from gateway.domain.branches import check_table
from gateway.domain.calendar import calendar_table
from gateway.domain.errors import Busy, NotReady
from gateway.domain.frozen_table import TableDamaged
from gateway.domain.ports import Checkpoint, Clock
from gateway.http.core import build_http
from gateway.http.deps import HttpDeps
from gateway.ops.crash import no_checkpoint
from gateway.ops.metrics import PrometheusMetrics
from gateway.profiles import bank_profiles, scaled
from gateway.services.count_requests import RequestCounter
from gateway.services.desk import Senders, TransferDesk
from gateway.services.follow_events import EventFeed
from gateway.services.open_session import SignInDesk
from gateway.services.pins import PinVault
from gateway.services.work_transfers import recover_own
from gateway.store.connections import PoolRole, check_pooling
from gateway.store.database import Database, open_database
from gateway.store.instance import holding_name
from gateway.store.lacks import LackWatch, lack_watch
from gateway.store.lanes import StoredLanes
from gateway.store.migrate import check_schema, migrate
from gateway.store.postgres import holds_cluster, running_postgres
from gateway.worker import run_loops

# For the events of all who follow them, for counting requests, for operators.
SMALL_POOLS = ((PoolRole.WORK, 1), (PoolRole.MEMBER, 1), (PoolRole.OPERATOR, 2))
LOOKED_AT_FOR_S = 1.0
# Parts of the time for stopping; what is left after the last closes connections and the log.
ROUNDS_ENDED, TRANSFERS_ENDED = 0.8, 0.9
SIGN_IN_WAITS = 5.0
CLOSING = 0.03  # of each of the three pools that steps go through

log = structlog.get_logger()


class Role(StrEnum):
    """What a process does: `api` sends what it accepts and polls nothing; `worker` the rest."""

    ALL = "all"
    API = "api"
    WORKER = "worker"


@dataclass(slots=True)
class Gateway:
    """A running gateway process: its HTTP application, its desk, and the way to end it."""

    desk: TransferDesk
    operators_db: Database
    pins: PinVault
    http: web.Application
    metrics: PrometheusMetrics
    name_lost: asyncio.Event
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    stopping_since: float = field(default=0.0, init=False)
    loops: TransferDesk = field(init=False)  # the desk at which background loops work

    @property
    def office(self) -> TransferDesk:
        """Return the desk at which operators act: members are enrolled there, too."""
        return replace(self.desk, db=self.operators_db)

    def begin_drain(self) -> None:
        """Say so on /readyz and begin nothing new; what is held is finished."""
        if not self.stopping.is_set():
            self.stopping_since = asyncio.get_running_loop().time()
            self.stopping.set()

    def left_s(self, part: float) -> float:
        """Return how long it is until that part of the time for stopping is over."""
        ends_at = self.stopping_since + part * self.desk.settings.drain_s
        return max(0.0, ends_at - asyncio.get_running_loop().time())


@asynccontextmanager
async def database_address(settings: Settings) -> AsyncIterator[str]:
    """Yield the address of the gateway's database: the configured one, or the embedded server's.

    The embedded one is migrated; a configured one is brought forward by `gateway migrate` only.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    async with running_postgres(settings.data_dir, pg_bin=settings.pg_bin) as postgres:
        await apply_migrations(postgres.owner_url)
        yield postgres.app_url


@asynccontextmanager
async def existing_address(settings: Settings) -> AsyncIterator[str]:
    """Yield the address of a database that is there; an embedded server is started for it.

    Raises NotReady where there is none: nothing is made, and no schema is changed.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    if not await asyncio.to_thread(holds_cluster, settings.data_dir):
        home = await asyncio.to_thread(settings.data_dir.absolute)
        raise NotReady(
            f"no database in {home}: GATEWAY_DATA_DIR names another folder,"
            " GATEWAY_DATABASE_URL a server"
        )
    async with running_postgres(settings.data_dir, pg_bin=settings.pg_bin) as postgres:
        yield postgres.app_url


def database_name(settings: Settings) -> str:
    """Return which database the settings name, for people: no login and no password.

    Blocks: call it in a thread.
    """
    if settings.database_url is None:
        return f"embedded in {settings.data_dir.absolute()}"
    parts = urlsplit(settings.database_url.get_secret_value())
    host = parts.netloc.rpartition("@")[2] or parse_qs(parts.query).get("host", [""])[0]
    return f"{parts.path.removeprefix('/')} at {host or 'the default server'}"


async def apply_migrations(owner_url: str, *, dry_run: bool = False) -> list[str]:
    """Bring the schema forward as its owner; return what was (or would be) applied."""
    connection = await _connect(owner_url)
    try:
        return await migrate(connection, dry_run=dry_run)
    finally:
        await connection.close()


async def schema_problems(url: str) -> list[str]:
    """Return why this version cannot run on the database at `url`; empty if it can."""
    connection = await _connect(url)
    try:
        return await check_schema(connection)
    finally:
        await connection.close()


async def _connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(url, timeout=5)
    except (OSError, asyncpg.PostgresError) as error:
        raise NotReady(f"The database cannot be reached: {type(error).__name__}") from error


@asynccontextmanager
async def open_gateway(
    settings: Settings,
    *,
    url: str,
    clock: Clock,
    role: Role = Role.ALL,
    checkpoint: Checkpoint = no_checkpoint,
) -> AsyncIterator[Gateway]:
    """Yield a gateway that works on the database at `url`; at the end drain it.

    Raises NotReady when a released table is damaged, a pooler of transactions is in between, the
    schema is behind or the instance's name is taken.
    """
    await asyncio.to_thread(check_tables)
    await check_pooling(url)
    problems = await schema_problems(url)
    if problems:
        raise NotReady("\n".join(problems))
    async with AsyncExitStack() as stack:
        name_lost = await stack.enter_async_context(holding_name(url, settings.instance))
        desk, metrics = await _open_desk(stack, settings, url, clock, checkpoint)
        pins = PinVault(settings.pin_pepper.get_secret_value().encode())
        stack.callback(pins.close)
        # Few connections each: whatever holds one of them up keeps neither the others nor money.
        events_db, counts_db, operators_db = [
            await stack.enter_async_context(
                open_database(url, role=role, size=size, wait_s=settings.pool_wait_s)
            )
            for role, size in SMALL_POOLS
        ]
        sign_ins = await _open_sign_ins(stack, desk, pins, url)
        stopping = asyncio.Event()
        deps = HttpDeps(
            desk=desk,
            sign_ins=sign_ins,
            feed=EventFeed(desk, events_db),
            counter=RequestCounter(counts_db),
            counts_db=counts_db,
            operators_db=operators_db,
            member_ref=sign_ins.member_ref,
            bank_health=lambda bank: desk.banks[bank].health,
            render_metrics=metrics.render,
            schema_problem=SchemaWatch(lambda: schema_problems(url), lack_watch(url)).problem,
            is_draining=stopping.is_set,
        )
        gateway = Gateway(desk, operators_db, pins, build_http(deps), metrics, name_lost, stopping)
        async with _working(gateway, role, settings, url):
            yield gateway


def check_tables() -> None:
    """Read the tables that come with the release. Raises NotReady if one is not as released."""
    try:
        calendar_table()
        check_table()
    except TableDamaged as error:
        raise NotReady(str(error)) from error


def _open_pool(
    settings: Settings, url: str, role: PoolRole
) -> AbstractAsyncContextManager[Database]:
    return open_database(
        url,
        role=role,
        size=settings.pool_size,
        wait_s=settings.pool_wait_s,
        close_s=settings.drain_s * CLOSING,
    )


async def _open_sign_ins(
    stack: AsyncExitStack, desk: TransferDesk, pins: PinVault, url: str
) -> SignInDesk:
    """Return what signing in needs, with connections of its own: a flood of guesses holds up none.

    They are waited for longer than others, which hold up whoever is signed in: who signs in waits
    for the slow hash anyway.
    """
    settings = desk.settings
    db = await stack.enter_async_context(
        open_database(
            url,
            role=PoolRole.MEMBER,
            size=settings.login_pool_size,
            wait_s=settings.pool_wait_s * SIGN_IN_WAITS,
            close_s=settings.drain_s * CLOSING,
        )
    )
    return SignInDesk(db, desk.clock, settings, pins, desk.tally, member_ref(settings))


async def _open_desk(
    stack: AsyncExitStack, settings: Settings, url: str, clock: Clock, checkpoint: Checkpoint
) -> tuple[TransferDesk, PrometheusMetrics]:
    db = await stack.enter_async_context(_open_pool(settings, url, PoolRole.MEMBER))
    metrics = PrometheusMetrics()
    banks = await stack.enter_async_context(
        open_banks(
            settings,
            clock=clock,
            metrics=metrics,
            lanes=StoredLanes(db),
            checkpoint=checkpoint,
        )
    )
    profiles = {
        code: scaled(profile, settings.time_scale)
        for code, profile in bank_profiles().items()
        if code in banks
    }
    desk = TransferDesk(
        db=db,
        banks=banks,
        profiles=profiles,
        clock=clock,
        metrics=metrics,
        checkpoint=checkpoint,
        senders=Senders(settings.in_flight_max),
        settings=settings,
        instance=settings.instance,
    )
    return desk, metrics


@asynccontextmanager
async def _working(
    gateway: Gateway, role: Role, settings: Settings, url: str
) -> AsyncIterator[None]:
    """Take over what a former run held; run the background loops, unless the role has none.

    Both on connections that no request takes: they see every member's rows.
    """
    loops: asyncio.Task[None] | None = None
    async with _open_pool(settings, url, PoolRole.WORK) as db:
        gateway.loops = replace(gateway.desk, db=db)
        await recover_own(gateway.loops)
        if role is not Role.API:
            loops = asyncio.create_task(run_loops(gateway.loops, gateway.stopping))
        try:
            yield
        finally:
            gateway.begin_drain()
            if loops is not None:
                # A round that is cut off is as one of a process that died: done again by others.
                with suppress(TimeoutError):
                    async with asyncio.timeout(gateway.left_s(ROUNDS_ENDED)):
                        await loops
            late = await gateway.desk.senders.drain(gateway.left_s(TRANSFERS_ENDED))
            log.info("gateway.drained", cancelled=late)


class SchemaWatch:
    """What is wrong with the schema, for /readyz: looked at once a second at most.

    Any stranger may ask for it, and each look is a connection of its own.
    """

    def __init__(self, look: Callable[[], Awaitable[list[str]]], lacks: LackWatch) -> None:
        self._look = look
        self._lacks = lacks
        self._one_at_a_time = asyncio.Lock()
        self._stale_at = float("-inf")
        self._found: str | None = None
        self._failed: str | None = None

    async def problem(self) -> str | None:
        """Return the problem, None if there is none; Busy if the database cannot work."""
        async with self._one_at_a_time:
            if asyncio.get_running_loop().time() >= self._stale_at:
                await self._look_again()
                self._stale_at = asyncio.get_running_loop().time() + LOOKED_AT_FOR_S
        if self._lacks.is_lacking:
            raise Busy("the database refuses for its own lack")
        if self._failed is not None:
            raise Busy(f"the schema cannot be looked at: {self._failed}")
        return self._found

    async def _look_again(self) -> None:
        self._found = self._failed = None
        try:
            self._found = "; ".join(await self._look()) or None
        except (NotReady, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self._failed = type(error).__name__


def member_ref(settings: Settings) -> Callable[[UUID], str]:
    """Return the keyed hash under which logs name a member."""
    key = settings.log_key.get_secret_value().encode()
    return lambda member: hmac.new(key, member.bytes, hashlib.sha256).hexdigest()[:16]
