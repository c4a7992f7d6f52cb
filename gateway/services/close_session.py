"""Sign out: here, or everywhere. Transfers go on; signing out cancels nothing."""

from uuid import UUID

import structlog

from gateway.domain.errors import NotFoundHere, SessionMissing
from gateway.services.authenticate import Caller, authenticate
from gateway.services.desk import TransferDesk
from gateway.store import sessions

log = structlog.get_logger()


async def close_session(desk: TransferDesk, caller: Caller, session_id: UUID) -> None:
    """Close one of the caller's sessions; closing it twice is no error. Raises NotFoundHere."""
    now = desk.clock.now()
    if not await sessions.close_one(desk.db, caller.member_id, session_id, now=now):
        raise NotFoundHere
    log.info("session.closed", session_id=session_id.hex)


async def close_all_sessions(desk: TransferDesk, caller: Caller) -> None:
    """Close every session of the caller, this one too."""
    await sessions.close_all(desk.db, caller.member_id, now=desk.clock.now())
    log.info("sessions.closed")


async def close_replaced(desk: TransferDesk, token_text: str) -> None:
    """Close the session of a token that a new sign-in replaces; one that does not live is none."""
    try:
        caller = await authenticate(desk, token_text)
    except SessionMissing:
        return
    await close_session(desk, caller, caller.session_id)
