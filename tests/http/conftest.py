"""The HTTP side on a real socket, over a real database, with a bank that only checks names."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web

from gateway.config import Settings, load_settings
from gateway.domain.account import BankAccount, BankCode
from gateway.domain.bank import (
    Callback,
    Health,
    NameFound,
    NameRefused,
    Statement,
    StatementUnavailable,
    TransferOrder,
)
from gateway.domain.money import Yen
from gateway.domain.operator import Operator, Role
from gateway.domain.outcome import (
    Answer,
    Evidence,
    InquiryOutcome,
    Settled,
    SubmitOutcome,
    Submitted,
    Unknown,
)
from gateway.domain.ports import Point
from gateway.domain.reason import Reason
from gateway.http.core import build_http
from gateway.http.deps import HttpDeps
from gateway.http.server import HttpRunner
from gateway.profiles import bank_profiles
from gateway.services.admit_operators import add_operator, issue_token
from gateway.services.count_requests import RequestCounter
from gateway.services.desk import Senders, TransferDesk
from gateway.services.enrol_member import Enrolment, enrol_member
from gateway.services.follow_events import EventFeed
from gateway.services.open_session import SignInDesk
from gateway.services.pins import PinVault, PinVerdict
from gateway.store.connections import PoolRole
from gateway.store.database import Database, open_database
from tests.bank_doubles import WithoutCollections
from tests.http.described import fault_of
from tests.manual_clock import ManualClock

NUMBER, PIN, KANA = "10000001", "4926", "ﾔﾏﾀﾞ ﾊﾅｺ"
OTHER_NUMBER, OTHER_PIN, OTHER_KANA = "10000002", "7351", "ｻﾄｳ ｼﾞﾛｳ"
ACCOUNT = {"bank": "smbc", "branch": "001", "type": "ordinary", "number": "1234567"}
KEY_OF_TRANSFER = "0192f3a1-7c1e-7a33-8f00-0000000000ff"
EVIDENCE = Evidence("200")
PROFILES = bank_profiles()  # read before any loop runs


@dataclass(slots=True)
class FakeBank(WithoutCollections):
    """Answers as told, knows one name for every account, believes calls that say so."""

    code: BankCode = BankCode.SMBC
    name: NameFound | NameRefused = field(default_factory=lambda: NameFound(KANA))
    asked: list[BankAccount] = field(default_factory=list)
    health: Health = Health.UP
    outcome: SubmitOutcome = field(default_factory=lambda: Submitted("bank-1"))
    sent: list[TransferOrder] = field(default_factory=list)
    on_submit: Callable[[], Awaitable[None]] | None = None

    async def submit(self, order: TransferOrder, *, send_before: float) -> Answer[SubmitOutcome]:
        del send_before
        self.sent.append(order)
        if self.on_submit is not None:
            await self.on_submit()
        return Answer(self.outcome, EVIDENCE)

    async def inquire(self, order: TransferOrder) -> Answer[InquiryOutcome]:
        del order
        return Answer(Unknown(), EVIDENCE)

    async def verify_name(self, account: BankAccount) -> NameFound | NameRefused:
        self.asked.append(account)
        return self.name

    async def statement(self, day: date) -> Statement | StatementUnavailable:
        del day
        return StatementUnavailable(Reason.MAINTENANCE)

    async def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        if headers.get("X-Signature") != "genuine":
            return None
        event_id, reference, kind = body.decode().split()
        return Callback(event_id, reference, kind)

    async def clock_skew_s(self) -> float | None:
        return 0.0


@dataclass(slots=True)
class RecordedMetrics:
    """Keeps what was counted, by name."""

    counted: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def count(self, name: str, /, **labels: str) -> None:
        self.counted.append((name, labels))

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        del seconds
        self.counted.append((name, labels))

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        del value
        self.counted.append((name, labels))


@dataclass(slots=True)
class Switches:
    """What a test may turn while the server runs."""

    is_draining: bool = False
    schema_problem: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was read to its end."""

    status: int
    headers: Mapping[str, str]
    body: Any
    raw: bytes

    @property
    def fields(self) -> set[str]:
        """Return the places that a problem names."""
        return {
            error.get("pointer", error.get("header", error.get("parameter")))
            for error in self.body["errors"]
        }


@dataclass(frozen=True, slots=True)
class Client:
    """A caller with or without a session."""

    session: aiohttp.ClientSession
    url: str
    token: str | None = None

    async def call(self, method: str, path: str, **options: Any) -> Reply:
        headers = dict(options.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        async with self.session.request(
            method, self.url + path, headers=headers, **options
        ) as response:
            raw = await response.read()
            is_json = "json" in response.headers.get("Content-Type", "")
            body = await response.json(content_type=None) if is_json else None
            fault = fault_of(method, path, response.status, response.headers, body)
            assert fault is None, f"{method} {path}: mend it, or gateway/http/openapi/: {fault}"
            return Reply(response.status, response.headers, body, raw)

    async def login(self, number: str = NUMBER, pin: str = PIN) -> Reply:
        body = {"method": "member_number", "member_number": number, "pin": pin}
        return await self.call("POST", "/v1/sessions", json=body)

    def signed_in(self, reply: Reply) -> "Client":
        return Client(self.session, self.url, reply.body["token"])


_HASHES: dict[str, str] = {}


class CountingVault(PinVault):
    """Remembers the hashes that it was really asked to check, and those that it made."""

    def __init__(self, pepper: bytes) -> None:
        super().__init__(pepper)
        self.checked: list[str] = []

    async def hash(self, pin: str) -> str:
        # The same two members are enrolled in a thousand databases.
        if pin not in _HASHES:
            _HASHES[pin] = await super().hash(pin)
        return _HASHES[pin]

    async def check(self, pin: str, pin_hash: str | None) -> PinVerdict:
        if pin_hash is not None:
            self.checked.append(pin_hash)
        return await super().check(pin, pin_hash)


def no_checkpoint(point: Point, /) -> None:
    del point


@pytest.fixture
def bank() -> FakeBank:
    return FakeBank()


@pytest.fixture
def metrics() -> RecordedMetrics:
    return RecordedMetrics()


@pytest.fixture
def switches() -> Switches:
    return Switches()


@pytest.fixture
def settings() -> Settings:
    return load_settings()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The way to the test's database of what members ask for."""
    async with open_database(database_url, role=PoolRole.MEMBER, wait_s=60) as database:
        yield database


@pytest.fixture
async def work_db(database_url: str) -> AsyncIterator[Database]:
    """The way to the test's database of work over many members."""
    async with open_database(database_url, wait_s=60) as database:
        yield database


@pytest.fixture
def work(desk: TransferDesk, work_db: Database) -> TransferDesk:
    """The desk at which the loops work."""
    return replace(desk, db=work_db)


@pytest.fixture
def office(desk: TransferDesk, operators_db: Database) -> TransferDesk:
    """The desk at which operators act, and members are enrolled."""
    return replace(desk, db=operators_db)


@pytest.fixture
async def desk(
    database: Database,
    bank: FakeBank,
    clock: ManualClock,
    metrics: RecordedMetrics,
    settings: Settings,
) -> AsyncIterator[TransferDesk]:
    senders = Senders(10)
    yield TransferDesk(
        db=database,
        banks={bank.code: bank},
        profiles=PROFILES,
        clock=clock,
        metrics=metrics,
        checkpoint=no_checkpoint,
        senders=senders,
        settings=settings,
        instance="test-1",
    )
    await senders.drain(5)


@pytest.fixture
async def pins(settings: Settings) -> AsyncIterator[CountingVault]:
    vault = await asyncio.to_thread(CountingVault, settings.pin_pepper.get_secret_value().encode())
    yield vault
    vault.close()


@pytest.fixture
async def member_id(office: TransferDesk, pins: PinVault) -> UUID:
    return await enrol_member(office, pins, Enrolment(NUMBER, KANA, PIN, Yen(500_000)))


@pytest.fixture
async def other_member_id(office: TransferDesk, pins: PinVault) -> UUID:
    return await enrol_member(
        office, pins, Enrolment(OTHER_NUMBER, OTHER_KANA, OTHER_PIN, Yen(500_000))
    )


@pytest.fixture
async def sign_ins(desk: TransferDesk, pins: PinVault) -> SignInDesk:
    return SignInDesk(
        desk.db, desk.clock, desk.settings, pins, desk.tally, lambda member_id: member_id.hex[:16]
    )


@pytest.fixture
async def client(
    desk: TransferDesk,
    work: TransferDesk,
    office: TransferDesk,
    sign_ins: SignInDesk,
    switches: Switches,
) -> AsyncIterator[Client]:
    async def schema_problem() -> str | None:
        return switches.schema_problem

    deps = HttpDeps(
        desk=desk,
        sign_ins=sign_ins,
        feed=EventFeed(desk, work.db),
        counter=RequestCounter(desk.db),
        counts_db=desk.db,
        operators_db=office.db,
        member_ref=sign_ins.member_ref,
        bank_health=lambda code: f"{code} is well",
        render_metrics=lambda: b"gateway_up 1\n",
        schema_problem=schema_problem,
        is_draining=lambda: switches.is_draining,
    )
    runner = HttpRunner(build_http(deps), shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as session:
        yield Client(session, f"http://{host}:{port}")
    await runner.cleanup()


@pytest.fixture
async def member(client: Client, member_id: UUID) -> Client:
    """A caller who has signed in."""
    del member_id
    return client.signed_in(await client.login())


@pytest.fixture
async def other_member(client: Client, other_member_id: UUID) -> Client:
    del other_member_id
    return client.signed_in(await client.login(OTHER_NUMBER, OTHER_PIN))


async def new_operators_token(office: TransferDesk) -> str:
    """Return a token of an operator who may do everything."""
    now = office.clock.now()
    await add_operator(office.db, Operator("sato", Role.APPROVER), by="kato", now=now)
    return (await issue_token(office.db, "sato", by="kato", now=now)).text


@pytest.fixture
async def debtor(member: Client, bank: FakeBank, clock: ManualClock) -> Client:
    """A caller who was paid 50,000 yen a moment ago."""
    bank.outcome = Settled(clock.now(), "B1")
    account = (await member.call("POST", "/v1/accounts", json=ACCOUNT)).body["id"]
    paid = await member.call(
        "POST",
        "/v1/transfers",
        json={"account_id": account, "amount": 50_000},
        headers={"Idempotency-Key": KEY_OF_TRANSFER, "Prefer": "wait=5"},
    )
    assert paid.body["state"] == "settled", paid.body
    return member
