"""The line to one bank: everything that surrounds a call, the same for every bank.

A call waits its turn (`gate`), goes out once, and once more only if nothing left this machine; ends
within the bank's deadline; leaves one log line and its evidence; and never raises an error. What it
does not catch are cancellations and simulated crashes: they are no answers.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import httpx
import structlog
from pydantic.alias_generators import to_snake
from tenacity import AsyncRetrying, RetryCallState, retry_base, stop_after_attempt

from gateway.adapters.breaker import Breaker, BreakerState, Monotonic, Permit, RetryBudget
from gateway.adapters.characters import Shown
from gateway.adapters.failure import BankError, BankUnavailable, OutcomeUnknown
from gateway.adapters.gate import Gate, Lane
from gateway.adapters.points import NO_POINTS, POINTS, Points
from gateway.adapters.spool import Body, NewDigest, PrivateFile
from gateway.adapters.transport import AnswerRefused, Flight, Notice, NotKept, TooLate
from gateway.domain.bank import Health
from gateway.domain.outcome import Answer, Evidence
from gateway.domain.ports import Checkpoint, Clock, Lanes, Metrics, Point, Slot
from gateway.domain.reason import Reason
from gateway.profiles import BankProfile

T = TypeVar("T")
TRIES_MAX = 2
HEALTH = {
    BreakerState.CLOSED: Health.UP,
    BreakerState.HALF_OPEN: Health.RECOVERING,
    BreakerState.OPEN: Health.DOWN,
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts:
    """What every bank is built from. `scale` shortens breaker and budget times alike, for tests."""

    clock: Clock
    metrics: Metrics
    lanes: Lanes
    checkpoint: Checkpoint
    monotonic: Monotonic
    scale: float
    statement_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One question to a bank.

    `build` makes the request anew for each try (its extension `proof` is hashed in place of a body
    that holds a password); `read` turns an answer into a result or raises a BankError; `otherwise`
    turns a BankError into a result; `ready` may raise NothingLeft first. `slot` is one that the
    caller has taken and waited for already. `large`: the answer may be a statement's, of up to
    128 MiB; `read` finds it as the extension `body`, whole, with that digest computed over it.
    """

    operation: str
    lane: Lane
    reference: str
    build: Callable[[], httpx.Request]
    read: Callable[[httpx.Response], Awaitable[tuple[str, T]]]
    otherwise: Callable[[BankError], T]
    ready: Callable[[], Awaitable[None]] | None = None
    send_before: float | None = None
    slot: Slot | None = None
    large: NewDigest | None = None

    @property
    def points(self) -> Points:
        return POINTS.get(self.operation, NO_POINTS)


@dataclass(slots=True)
class Trail:
    """What is known of a call while it goes on."""

    started: float
    deadline_at: float
    whole_at: float
    tries: int = 0
    has_left: bool = False
    status: int | None = None
    code: str = ""
    request_sha256: str | None = None
    answer_sha256: str | None = None
    slot: Slot = field(default_factory=lambda: Slot(0.0))


class NothingLeft(BankUnavailable):
    """The way failed before anything left: the one failure after which the call is tried again."""

    def __init__(self, code: str) -> None:
        super().__init__(code, Reason.BANK_UNREACHABLE)


class WayBroken(OutcomeUnknown):
    """The way failed after something may have left."""


class Line:
    def __init__(
        self,
        profile: BankProfile,
        client: httpx.AsyncClient,
        gate: Gate,
        budget: RetryBudget,
        parts: Parts,
    ) -> None:
        self.statement_dir = parts.statement_dir
        self._profile = profile
        self._client = client
        self._gate = gate
        self._budget = budget
        self._metrics = parts.metrics
        self._checkpoint = parts.checkpoint

    @property
    def health(self) -> Health:
        return HEALTH[self._gate.breaker.state]

    async def call(self, call: Call[T]) -> Answer[T]:
        """Return what the call came to; never raises an error."""
        now = asyncio.get_running_loop().time()
        deadline_at = now + self._profile.deadline_s
        is_large = call.large is not None
        whole_at = now + self._profile.statement_deadline_s if is_large else deadline_at
        trail = Trail(started=now, deadline_at=deadline_at, whole_at=whole_at)
        try:
            trail.code, outcome = await self._carry(call, trail)
        except BankError as error:
            trail.code, outcome = error.code, call.otherwise(error)
            if isinstance(error, OutcomeUnknown) and error.integrity:
                self._gate.distrust(call.operation)
        except Exception as error:  # noqa: BLE001 - our own mistake must not hide a sent request
            outcome = call.otherwise(_our_own(error, trail))
        self._record(call, trail, outcome)
        sent = trail.request_sha256 if trail.has_left else None
        return Answer(outcome, Evidence(trail.code, sent, trail.answer_sha256))

    async def _carry(self, call: Call[T], trail: Trail) -> tuple[str, T]:
        self._reach(call.points.before_slot)
        async with self._gate.passage(call.operation, call.lane, call.slot) as trail.slot:
            answer = await self._with_second_try(call, trail)
        self._reach(call.points.answered)
        late = OutcomeUnknown("DEADLINE")
        shown: Shown = answer.extensions["shown"]
        try:
            return await _before(trail.whole_at, call.read(answer), late)
        except OSError as error:  # a statement's lines could not be kept, or read again
            raise OutcomeUnknown("NOT_KEPT") from error
        finally:
            self._tell_replaced(call, shown.replaced)

    async def _with_second_try(self, call: Call[T], trail: Trail) -> httpx.Response:
        self._budget.count_first()
        retrying = AsyncRetrying(
            stop=stop_after_attempt(TRIES_MAX), retry=_IfNothingLeft(self._budget), reraise=True
        )
        async for attempt in retrying:
            with attempt:
                return await self._try_once(call, trail)
        raise AssertionError("tenacity ends by a return or by the last error")

    async def _try_once(self, call: Call[T], trail: Trail) -> httpx.Response:
        permit = self._gate.permit(trail.slot)
        is_ok: bool | None = None
        try:
            trail.tries += 1
            if call.ready is not None:
                await _before(trail.deadline_at, call.ready(), NothingLeft("NOT_READY_IN_TIME"))
            self._reach(call.points.before_request)
            answer = await self._send(call, trail)
            is_ok = True
        except (NothingLeft, WayBroken):
            is_ok = False
            raise
        except OutcomeUnknown:
            is_ok = True  # an answer came, if only one that must not be read
            raise
        finally:
            self._settle(permit, is_ok=is_ok)
        return answer

    async def _send(self, call: Call[T], trail: Trail) -> httpx.Response:
        request = call.build()
        proof: bytes = request.extensions.get("proof", request.content)
        flight = Flight(
            self._notice(call.points.headers_sent),
            self._notice(call.points.answer_begun),
            call.send_before,
        )
        request.extensions = {
            "flight": flight,
            "deadline_at": trail.deadline_at,
            "fresh": trail.tries > 1,
        }
        if call.large is not None:
            empty = await self._new_body(call.large)
            request.extensions |= {"body": empty, "whole_at": trail.whole_at}
        trail.request_sha256 = hashlib.sha256(proof).hexdigest() if proof else None
        trail.has_left = True  # from here on only the transport may say that nothing did
        try:
            answer = await self._client.send(request)
        except TooLate as error:
            trail.has_left = False
            raise BankUnavailable("TOO_LATE", Reason.BANK_BUSY) from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            trail.has_left = False
            raise NothingLeft(type(error).__name__) from error
        except AnswerRefused as error:
            is_strange = not isinstance(error, NotKept)
            raise OutcomeUnknown(type(error).__name__, integrity=is_strange) from error
        except httpx.TransportError as error:
            raise WayBroken(type(error).__name__) from error
        answer.extensions["shown"] = Shown()
        trail.status = answer.status_code
        if "body" not in answer.extensions:
            answer.extensions["body"] = Body.of(answer.content, call.large or hashlib.sha256)
        body: Body = answer.extensions["body"]
        trail.answer_sha256 = body.sha256
        return answer

    async def _new_body(self, digest: NewDigest) -> Body:
        """Return an empty file for an answer. Nothing has left yet where none can be had."""
        try:
            file = await asyncio.to_thread(PrivateFile, self.statement_dir)
        except OSError as error:
            raise BankUnavailable("NO_FILE", Reason.BANK_BUSY) from error
        return Body(digest, file)

    def _reach(self, point: Point | None) -> None:
        if point is not None:
            self._checkpoint(point)

    def _notice(self, point: Point | None) -> Notice | None:
        return None if point is None else lambda: self._checkpoint(point)

    def _settle(self, permit: Permit, *, is_ok: bool | None) -> None:
        if is_ok is None:
            self._gate.breaker.release(permit)
        else:
            self._gate.record(permit, is_ok=is_ok)

    def _tell_replaced(self, call: Call[T], characters: int) -> None:
        if characters:
            bank = self._profile.code
            self._metrics.count("unreadable_texts", bank=bank, operation=call.operation)
            log.warning(
                "bank.characters_replaced",
                bank=bank,
                operation=call.operation,
                reference=call.reference or None,
                characters=characters,
            )

    def _record(self, call: Call[T], trail: Trail, outcome: T) -> None:
        elapsed_s = asyncio.get_running_loop().time() - trail.started
        bank, kind = self._profile.code, to_snake(type(outcome).__name__)
        self._metrics.count("bank_calls", bank=bank, operation=call.operation, outcome=kind)
        self._metrics.observe("bank_call", elapsed_s, bank=bank, operation=call.operation)
        log.info(
            "bank.answered",
            bank=bank,
            operation=call.operation,
            reference=call.reference or None,
            status=trail.status,
            outcome=kind,
            code=trail.code,
            duration_ms=round(elapsed_s * 1000, 1),
            attempt_of_call=trail.tries,
        )


class _IfNothingLeft(retry_base):
    """Try again, at once, only what provably never left, and only while the budget lasts."""

    def __init__(self, budget: RetryBudget) -> None:
        self._budget = budget

    def __call__(self, retry_state: RetryCallState) -> bool:
        outcome = retry_state.outcome
        if outcome is None or not isinstance(outcome.exception(), NothingLeft):
            return False
        return retry_state.attempt_number < TRIES_MAX and self._budget.spend()


def open_line(profile: BankProfile, client: httpx.AsyncClient, parts: Parts) -> Line:
    """Return a line with a closed breaker and an untouched retry budget."""
    breaker = Breaker(parts.monotonic, scale=parts.scale)
    gate = Gate(
        profile, clock=parts.clock, metrics=parts.metrics, lanes=parts.lanes, breaker=breaker
    )
    budget = RetryBudget(parts.monotonic, scale=parts.scale)
    return Line(profile, client, gate, budget, parts)


async def _before(deadline_at: float, work: Awaitable[T], late: BankError) -> T:
    try:
        async with asyncio.timeout_at(deadline_at):
            return await work
    except TimeoutError:
        raise late from None


def _our_own(error: Exception, trail: Trail) -> BankError:
    trail.code = "INTERNAL_ERROR"
    log.error("bank.call_failed", error=type(error).__name__, has_left=trail.has_left)
    if trail.has_left:
        return OutcomeUnknown(trail.code)
    # Without a try it was our limiter or its database: no attempt of the transfer is used up.
    return BankUnavailable(trail.code, Reason.BANK_UNREACHABLE if trail.tries else Reason.BANK_BUSY)
