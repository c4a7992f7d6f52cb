"""Call people when an account gets a second member: money of two goes to one."""

import structlog

from gateway.services.desk import TransferDesk
from gateway.store.accounts import accounts_to_compare, note_compared

AT_A_TIME = 100

log = structlog.get_logger()


async def watch_accounts(desk: TransferDesk) -> int:
    """Compare what was registered since the last round; return how many accounts that was.

    The alarm comes before the note: after a crash between the two it comes once more.
    """
    found = await accounts_to_compare(desk.db, limit=AT_A_TIME)
    for account in found:
        if account.others:
            log.error(
                "alert.raised",
                code="account_of_two_members",
                severity="page",
                runbook="docs/runbook.md#account_of_two_members",
                bank=account.bank,
                account_id=account.id.hex,
                others=account.others,
            )
        await note_compared(desk.db, account, now=desk.clock.now())
    return len(found)
