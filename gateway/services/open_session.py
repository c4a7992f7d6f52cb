"""Sign a member in by number and PIN.

Unknown member, wrong PIN, locked and suspended are answered alike, after the same work. Each check
takes its source's next turn and is counted before it is made; the third wrong one of a JST day
locks until the PIN is issued again.
"""

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from gateway.config import Settings
from gateway.domain.errors import Busy, CredentialsWrong, TooManyAttempts
from gateway.domain.guessing import Source
from gateway.domain.hours import JST
from gateway.domain.identifier import uuid7
from gateway.domain.misuse import Misuse
from gateway.domain.ports import Clock
from gateway.services.pins import PinVault
from gateway.services.sign_in_lines import SignInLines
from gateway.services.tally import Tally
from gateway.services.token import Token, new_token
from gateway.store import login_sources, members
from gateway.store.database import Database
from gateway.store.login_sources import Turn
from gateway.store.members import NewSession
from gateway.store.refused_sign_ins import NOBODY, RefusedSignIn, Why, write_refusal

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SignInDesk:
    """The parts that signing in needs. `db` is a way to the database of its own.

    `member_ref` is the keyed hash under which logs name a member.
    """

    db: Database
    clock: Clock
    settings: Settings
    pins: PinVault
    tally: Tally
    member_ref: Callable[[UUID], str]
    lines: SignInLines = field(default_factory=SignInLines)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A number and PIN as typed, and the source that they came from."""

    member_number: str
    pin: str = field(repr=False)
    source: Source


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A new session. It ends at `ends_at`, or earlier when it is idle for too long."""

    id: UUID
    token: Token
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class _Refused:
    """Whose sign-in it was and why it was refused; `locks`: from now on the member is locked."""

    member_id: UUID
    reason: Why
    locks: bool = False


async def open_session(desk: SignInDesk, credentials: Credentials) -> SessionOpened:
    """Return a new session, or raise CredentialsWrong, TooManyAttempts or Busy."""
    async with desk.lines.head(credentials.source):
        # Before the turn: whoever is not checked for lack of room has not guessed.
        with desk.pins.place():
            now = desk.clock.now()
            turn = await _take_turn(desk, credentials.source, now)
            outcome = await _check(desk, credentials, now)
            if isinstance(outcome, _Refused):
                await _put_on_record(desk, credentials.source, outcome, now)
                raise CredentialsWrong
            await _give_back(desk, turn)
    log.info("session.opened", session_id=outcome.id.hex)
    return outcome


async def _take_turn(desk: SignInDesk, source: Source, now: datetime) -> Turn:
    delay_s = desk.settings.login_delay_s
    turn = await login_sources.take_turn(desk.db, source, now=now, delay_s=delay_s)
    if isinstance(turn, datetime):
        raise TooManyAttempts(retry_after_s=max(1, math.ceil((turn - now).total_seconds())))
    return turn


async def _give_back(desk: SignInDesk, turn: Turn) -> None:
    """Give the turn back; the session is open, whatever becomes of that."""
    try:
        await login_sources.give_back(desk.db, turn)
    except Busy as error:
        log.warning("turn.kept", source_ref=turn.source.ref, error=str(error))


async def _check(
    desk: SignInDesk, credentials: Credentials, now: datetime
) -> SessionOpened | _Refused:
    found = await members.find_member_id(desk.db, credentials.member_number)
    member_id = found or NOBODY
    today = now.astimezone(JST).date()
    check = await members.begin_pin_check(desk.db, member_id, day=today, now=now)
    verdict = await desk.pins.check(credentials.pin, None if check is None else check.pin_hash)
    if check is None:
        return _Refused(member_id, Why.UNKNOWN_NUMBER if found is None else Why.NOT_ADMITTED)
    if not verdict.is_right:
        return _Refused(member_id, Why.WRONG_PIN, locks=check.is_last)
    token = new_token(member_id)
    ends_at = now + timedelta(seconds=desk.settings.session_absolute_s)
    session = NewSession(uuid7(now, secrets.token_bytes(10)), token.secret_sha256, now, ends_at)
    is_open = await members.pass_pin_check(
        desk.db, member_id, check, session, new_hash=verdict.new_hash
    )
    if not is_open:
        return _Refused(member_id, Why.NOT_ADMITTED)
    return SessionOpened(session.id, token, ends_at)


async def _put_on_record(
    desk: SignInDesk, source: Source, refused: _Refused, now: datetime
) -> None:
    is_known = refused.member_id != NOBODY
    member_ref = desk.member_ref(refused.member_id) if is_known else None
    log.info("login.refused", member_ref=member_ref, reason=refused.reason, source_ref=source.ref)
    desk.tally.count(Misuse.SIGN_IN_REFUSED, now)
    if refused.locks:
        log.warning("member.locked", member_ref=member_ref, source_ref=source.ref)
        desk.tally.count(Misuse.MEMBER_LOCKED, now)
    identifier = uuid7(now, secrets.token_bytes(10))
    record = RefusedSignIn(refused.member_id, now, refused.reason, source)
    await write_refusal(desk.db, record, identifier=identifier)
