"""Take an account off the register."""

from uuid import UUID

import structlog

from gateway.domain.errors import NotFoundHere
from gateway.services.desk import TransferDesk
from gateway.store import accounts

log = structlog.get_logger()


async def remove_account(desk: TransferDesk, *, member_id: UUID, account_id: UUID) -> None:
    """Send nothing new there; open transfers have their own copy and go on. Raises NotFoundHere."""
    is_removed = await accounts.remove_account(desk.db, member_id, account_id, now=desk.clock.now())
    if not is_removed:
        raise NotFoundHere
    log.info("account.removed", account_id=account_id.hex)
