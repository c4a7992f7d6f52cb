"""Find out who is calling, from a session token."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gateway.domain.errors import SessionMissing
from gateway.services.desk import TransferDesk
from gateway.services.token import parse_token
from gateway.store import sessions

# Written at most this often, so that reading costs no write; always a small part of the idle time.
TOUCH_S_MAX = 60.0
TOUCH_PART = 10


@dataclass(frozen=True, slots=True)
class Caller:
    """The member behind a request, and the session it came with."""

    member_id: UUID
    session_id: UUID


async def authenticate(desk: TransferDesk, token_text: str) -> Caller:
    """Return the caller, or raise SessionMissing: none such, idle too long, ended or closed."""
    token = parse_token(token_text)
    if token is None:
        raise SessionMissing
    now = desk.clock.now()
    seen_after = idle_since(desk, now)
    session = await sessions.find_live(
        desk.db, token.member_id, token.secret_sha256, now=now, seen_after=seen_after
    )
    if session is None:
        raise SessionMissing
    touch_s = min(TOUCH_S_MAX, desk.settings.session_idle_s / TOUCH_PART)
    if now - session.seen_at >= timedelta(seconds=touch_s):
        await sessions.touch(desk.db, token.member_id, session.id, now=now)
    return Caller(token.member_id, session.id)


def idle_since(desk: TransferDesk, now: datetime) -> datetime:
    """Return the instant such that a session not used after it has been idle for too long."""
    return now - timedelta(seconds=desk.settings.session_idle_s)
