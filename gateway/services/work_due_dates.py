"""Work out what is due where an advance was booked without reading the loan."""

from functools import partial
from uuid import UUID

from gateway.domain.booking import due_on
from gateway.services.apart import apart
from gateway.services.desk import TransferDesk
from gateway.store.loan_books import find_due_unknown, read_loan_book, set_due

# A due date is at least ten days after the advance that opens it: nothing hurries.
ROWS_MAX = 100


async def work_due_dates(desk: TransferDesk) -> int:
    """Return how many due dates were written; a loan that moved meanwhile comes in a later round.

    Until then the due date before the advance stands: who is overdue stays so.
    """
    count = 0
    for member_id in await find_due_unknown(desk.db, limit=ROWS_MAX + len(desk.aside)):
        work = partial(_work_due_date, desk, member_id)
        count += bool(await apart(desk, "work_due_dates", member_id, work=work))
    return count


async def _work_due_date(desk: TransferDesk, member_id: UUID) -> bool:
    known = await read_loan_book(desk.db, member_id)
    return known is not None and await set_due(desk.db, known.loan, due_on(known.history))
