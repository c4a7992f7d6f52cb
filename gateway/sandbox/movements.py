"""Lines of the statement that no call of the client's made: top-ups, sweeps, bills, strays."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from gateway.sandbox.books import NOBODY, Booking, Books, MovementKind, movement_as_json
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.journal import Record
from gateway.sandbox.strict import StrictModel, Unreadable, as_model, read_instant

MOVEMENT = "movement"
_KINDS = {"in": MovementKind.CREDIT, "out": MovementKind.DEBIT}


class NewMovement(StrictModel):
    """`POST movements`: one line; without `at` it is booked now."""

    direction: Literal["in", "out"]
    amount: Annotated[int, Field(ge=1, le=9_999_999_999)]
    counterparty: Annotated[str, Field(max_length=30)] = ""
    text: Annotated[str, Field(max_length=20)] = ""
    at: str | None = None


class _Booked(StrictModel):
    """In the journal: such a line was booked."""

    kind: str
    direction: Literal["in", "out"]
    amount: int
    counterparty: str
    text: str
    instant: str


async def post_movement(emulation: Emulation, value: object) -> Mapping[str, object]:
    """Book a line without a reference of the client's; it is on file when this returns.

    `at` may be an earlier instant: the line then stands between those booked before and after it.
    """
    wanted = as_model(NewMovement, value)
    for field, printed in (("counterparty", wanted.counterparty), ("text", wanted.text)):
        # Banks print more than they take; a comma would end a column of PayPay's sheet.
        if not printed.isprintable() or "," in printed:
            raise Unreadable(f"{field}: a comma, or what cannot be printed")
    now = emulation.clock.booking_instant()
    instant = now if wanted.at is None else read_instant("at", wanted.at)
    if instant > now:
        raise Unreadable("at: the bank has booked nothing yet that is still to come")
    record: Record = {
        "kind": MOVEMENT,
        **wanted.model_dump(exclude={"at"}),
        "instant": instant.isoformat(),
    }
    emulation.note(record)
    shown = replay_movement(emulation.books, record)
    await emulation.journal.flush()
    return shown


def replay_movement(books: Books, record: Record) -> Mapping[str, object]:
    """Book what such a line of the journal says, and return it as the control API shows it."""
    line = as_model(_Booked, record)
    number = hashlib.sha256(f"{MOVEMENT} {len(books.movements)}".encode()).hexdigest()
    booking = Booking(
        kind=_KINDS[line.direction],
        reference="",
        amount=line.amount,
        instant=datetime.fromisoformat(line.instant),
        bank_id=f"L{number[:16].upper()}",
        account=NOBODY,
        counterparty=line.counterparty,
        text=line.text,
    )
    return movement_as_json(books.insert(booking))
