"""What a request made that comes a second time, found before it is refused."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from gateway.domain.errors import GatewayError, QuoteUsed, Refused
from gateway.domain.repayment import Repayment
from gateway.domain.transfer import Transfer
from gateway.services.desk import TransferDesk
from gateway.store.loans import wait_for_accepts

Made = TypeVar("Made")


async def made_before(
    desk: TransferDesk,
    find: Callable[[], Awaitable[Made | None]],
    *,
    member_id: UUID,
    refusal: GatewayError,
    find_used: Callable[[], Awaitable[Transfer | Repayment | None]] | None = None,
) -> Made:
    """Return what the same key made earlier, or raise `refusal`: there is nothing to be made now.

    Whoever is refused for good may make another wish of it. So the first request, which may be
    about to commit just now, is waited for; what is to be tried again under its key need not be.
    `find_used` looks for what came of the quote that the request names: a used quote may be
    outdated since, or refused for what came of it, and what came is the better answer.
    """
    found = await find()
    if found is None and isinstance(refusal, Refused):
        await wait_for_accepts(desk.db, member_id)
        found = await find()
    if found is None:
        used = None if find_used is None else await find_used()
        raise refusal if used is None else QuoteUsed(used)
    return found
