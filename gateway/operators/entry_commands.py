"""`gateway ops entry-withdraw` and `decision-withdraw`: parses, calls, prints."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeAlias

import typer

from gateway.domain.errors import NotFoundHere
from gateway.domain.identifier import parse_public_id
from gateway.domain.resolution import ResolutionRefused
from gateway.operators.operating import operate
from gateway.ops import render_reconciliation
from gateway.services.take_back import confirm_taking_back, propose_taking_back
from gateway.services.withdraw_entry import confirm_withdrawal, propose_withdrawal
from gateway.store.database import Database
from gateway.store.review_items import ReviewItem

WRONG = 1
ENTRY, ITEM = "en", "rv"

By = Annotated[str, typer.Option("--by", help="Who does this.")]
Note = Annotated[str, typer.Option(help="Why: it stays on record, and the member sees it.")]
Confirm = Annotated[
    bool, typer.Option("--confirm", help="Confirm what another operator has proposed.")
]
Act: TypeAlias = Callable[[Database, datetime], Awaitable[ReviewItem]]


def withdraw(
    entry: Annotated[str, typer.Argument(help="en_…, as the member's list of entries shows it.")],
    *,
    by: By,
    note: Note,
    confirm: Confirm = False,
) -> None:
    """Take a loan's entry back that was wrong: it takes two people, and nothing is rewritten.

    Of an entry that a transfer or repayment booked because two people said so, it is that decision
    that is taken back, as decision-withdraw does. What the bank itself stated is refused.
    """
    entry_id = parse_public_id(ENTRY, entry)
    if entry_id is None:
        raise typer.BadParameter("an entry is en_ and 32 hex digits")
    act = confirm_withdrawal if confirm else propose_withdrawal
    item = _done(lambda db, now: act(db, entry_id, by=by, note=note, now=now))
    _tell(entry, item, is_confirmed=confirm)


def withdraw_decision(
    item: Annotated[str, typer.Argument(help="rv_…: the item that was resolved wrongly.")],
    *,
    by: By,
    note: Note,
    confirm: Confirm = False,
) -> None:
    """Take back what two people decided on a transfer or repayment: again, it takes two.

    settled and rejected go back to review, returned to settled, and a repayment's day is asked for
    anew. Nothing is sent by it. What the bank itself stated is refused.
    """
    item_id = parse_public_id(ITEM, item)
    if item_id is None:
        raise typer.BadParameter("an item is rv_ and 32 hex digits")
    act = confirm_taking_back if confirm else propose_taking_back
    against = _done(lambda db, now: act(db, item_id, by=by, note=note, now=now))
    _tell(item, against, is_confirmed=confirm)


def _done(act: Act) -> ReviewItem:
    """Return the item that says so; what is refused ends the command with its reason."""
    try:
        return operate(act)
    except (NotFoundHere, ResolutionRefused) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(WRONG) from refused


def _tell(name: str, item: ReviewItem, *, is_confirmed: bool) -> None:
    shown = render_reconciliation.item_name(item)
    if is_confirmed:
        typer.echo(f"confirmed: {name} is withdrawn within seconds ({shown})")
    else:
        typer.echo(f"proposed: {name} is withdrawn ({shown}); another operator confirms it")
