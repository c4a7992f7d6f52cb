"""What a request made that comes a second time, found before it is refused."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from gateway.domain.errors import GatewayError, Refused
from gateway.services.desk import TransferDesk
from gateway.store.loans import wait_for_accepts

Made = TypeVar("Made")


async def made_before(
    desk: TransferDesk,
    find: Callable[[], Awaitable[Made | None]],
    *,
    member_id: UUID,
    refusal: GatewayError,
) -> Made:
    """Return what the same key made earlier, or raise `refusal`: there is nothing to be made now.

    Whoever is refused for good may make another wish of it. So the first request, which may be
    about to commit just now, is waited for; what is to be tried again under its key need not be.
    """
    found = await find()
    if found is None and isinstance(refusal, Refused):
        await wait_for_accepts(desk.db, member_id)
        found = await find()
    if found is None:
        raise refusal
    return found
