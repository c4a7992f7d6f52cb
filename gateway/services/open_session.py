"""Sign a member in by number and PIN.

Unknown member, wrong PIN, locked and suspended are answered alike, after the same work. Each check
is counted before it is made, and the third wrong one of a JST day locks until the PIN is issued
again.
"""

import math
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from gateway.domain.errors import CredentialsWrong, TooManyAttempts
from gateway.domain.hours import JST
from gateway.domain.identifier import uuid7
from gateway.services.desk import TransferDesk
from gateway.services.pins import PinVault
from gateway.services.token import Token, new_token
from gateway.store import login_sources, members
from gateway.store.members import NewSession

NOBODY = UUID(int=0)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was typed, and a keyed hash of where it came from."""

    member_number: str
    pin: str = field(repr=False)
    source: bytes


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A new session. It ends at `ends_at`, or earlier when it is idle for too long."""

    id: UUID
    token: Token
    ends_at: datetime


async def open_session(
    desk: TransferDesk, pins: PinVault, credentials: Credentials
) -> SessionOpened:
    """Return a new session, or raise CredentialsWrong, TooManyAttempts or Busy."""
    now = desk.clock.now()
    await _wait_for_turn(desk, credentials.source, now)
    with pins.place():
        session = await _check(desk, pins, credentials, now)
    if session is None:
        await login_sources.count_failure(
            desk.db, credentials.source, now=now, delay_s=desk.settings.login_delay_s
        )
        log.info("login.refused")
        raise CredentialsWrong
    log.info("session.opened", session_id=session.id.hex)
    return session


async def _wait_for_turn(desk: TransferDesk, source: bytes, now: datetime) -> None:
    until = await login_sources.blocked_until(desk.db, source, now=now)
    if until is not None:
        raise TooManyAttempts(retry_after_s=max(1, math.ceil((until - now).total_seconds())))


async def _check(
    desk: TransferDesk, pins: PinVault, credentials: Credentials, now: datetime
) -> SessionOpened | None:
    member_id = await members.find_member_id(desk.db, credentials.member_number) or NOBODY
    today = now.astimezone(JST).date()
    check = await members.begin_pin_check(desk.db, member_id, day=today, now=now)
    verdict = await pins.check(credentials.pin, None if check is None else check.pin_hash)
    if check is None or not verdict.is_right:
        return None
    token = new_token(member_id)
    ends_at = now + timedelta(seconds=desk.settings.session_absolute_s)
    session = NewSession(uuid7(now, secrets.token_bytes(10)), token.secret_sha256, now, ends_at)
    is_open = await members.pass_pin_check(
        desk.db, member_id, check, session, new_hash=verdict.new_hash
    )
    return SessionOpened(session.id, token, ends_at) if is_open else None
