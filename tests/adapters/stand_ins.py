"""The few lines that stand in for the rest of the gateway around an adapter."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.adapters.jws import Signer
from gateway.adapters.registry import open_banks
from gateway.config import load_settings, sandbox_scalar
from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.bank import InstantBank, TransferOrder
from gateway.domain.money import Yen
from gateway.domain.outcome import Answer, SubmitOutcome
from gateway.domain.ports import Checkpoint, Lanes, Point, Slot
from gateway.profiles import BankProfile, bank_profiles
from tests.manual_clock import ManualClock

REAL_PROFILES = bank_profiles()
BANK_KID = "smbc-sandbox-1"
REFERENCE = "AAAABBBBCCCCDDDD2345"
DEMO = BankAccount(BankCode.SMBC, "001", AccountType.ORDINARY, "1234567", "ﾔﾏﾀﾞ ﾀﾛｳ")
ORDER = TransferOrder(REFERENCE, DEMO, Yen(10_000), "ﾌﾟﾛﾐｽ")


@dataclass(slots=True)
class FreeLanes:
    """Always has a slot at once, unless told to make callers wait."""

    wait_s: float = 0.0
    breaker: str = "auto"
    taken: list[tuple[str, float]] = field(default_factory=list)
    next_number: int = 1
    is_stopped: bool = False
    are_collections_stopped: bool = False

    async def take(
        self, bank: BankCode, lane: str, *, per_second: float, wait_s_max: float
    ) -> Slot:
        assert bank in tuple(BankCode)
        assert wait_s_max > 0
        self.taken.append((lane, per_second))
        return Slot(self.wait_s, self.breaker)

    async def may_leave(self, bank: BankCode, *, is_pay_out: bool, now: datetime) -> bool:
        del bank, now
        return not self.is_stopped and (is_pay_out or not self.are_collections_stopped)

    async def take_numbers(self, bank: BankCode, *, count: int) -> int:
        assert bank in tuple(BankCode)
        first, self.next_number = self.next_number, self.next_number + count
        return first


@dataclass(slots=True)
class Tally:
    """Remembers what was counted."""

    counted: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def count(self, name: str, /, **labels: str) -> None:
        self.counted.append((name, labels))

    def observe(self, name: str, seconds: float, /, **labels: str) -> None: ...

    def gauge(self, name: str, value: float, /, **labels: str) -> None: ...


@dataclass(slots=True)
class Seconds:
    """Monotonic time that a test moves."""

    at: float = 1_000.0

    def __call__(self) -> float:
        return self.at


def nothing_happens(point: Point, /) -> None:
    """The checkpoint of a day without crashes."""


def profile(**changed: Any) -> dict[BankCode, BankProfile]:
    """Return the real profiles with some of their numbers changed."""
    return {code: replace(real, **changed) for code, real in REAL_PROFILES.items()}


def key_of(kid: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(sandbox_scalar(kid), ec.SECP256R1())


def bank_signer(kid: str = BANK_KID) -> Signer:
    return Signer(kid, key_of(kid))


def jwks(*kids: str) -> bytes:
    """Return the published keys of these names, written here by hand."""
    keys = []
    for kid in kids:
        numbers = key_of(kid).public_key().public_numbers()
        point = {"x": _b64(numbers.x), "y": _b64(numbers.y)}
        keys.append({"kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256", **point})
    return json.dumps({"keys": keys}).encode()


def _b64(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def submit(
    bank: InstantBank, order: TransferOrder = ORDER, *, within_s: float = 60
) -> Answer[SubmitOutcome]:
    return await bank.submit(order, send_before=now_s() + within_s)


@asynccontextmanager
async def open_smbc_at(
    url: str,
    *,
    clock: ManualClock | None = None,
    lanes: Lanes | None = None,
    metrics: Tally | None = None,
    checkpoint: Checkpoint = nothing_happens,
    profiles: dict[BankCode, BankProfile] | None = None,
    **settings: Any,
) -> AsyncIterator[InstantBank]:
    """Yield the SMBC of the registry, talking to `url`."""
    loaded = await asyncio.to_thread(load_settings, smbc_base_url=url, **settings)
    async with open_banks(
        loaded,
        clock=clock or ManualClock(),
        metrics=metrics or Tally(),
        lanes=lanes or FreeLanes(),
        checkpoint=checkpoint,
        profiles=profiles,
    ) as banks:
        smbc = banks[BankCode.SMBC]
        assert isinstance(smbc, InstantBank)
        yield smbc
