"""Sign out: here, or everywhere. Transfers go on; signing out cancels nothing."""

from uuid import UUID

import structlog

from gateway.domain.errors import NotFoundHere
from gateway.services.authenticate import Caller
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
