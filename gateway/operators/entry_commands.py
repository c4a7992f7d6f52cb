"""`gateway ops entry-withdraw` and `decision-withdraw`: parses, calls, prints."""

from typing import Annotated

import typer

from gateway.domain.identifier import public_id
from gateway.operators.ids import OneEntry, OneItem
from gateway.operators.operating import operate
from gateway.ops import render_reconciliation
from gateway.services.take_back import confirm_taking_back, propose_taking_back
from gateway.services.withdraw_entry import confirm_withdrawal, propose_withdrawal
from gateway.store.review_items import ReviewItem

ENTRY, ITEM = "en", "rv"

By = Annotated[str, typer.Option("--by", help="Who does this.")]
Note = Annotated[str, typer.Option(help="Why: it stays on record, and the member sees it.")]
Confirm = Annotated[
    bool, typer.Option("--confirm", help="Confirm what another operator has proposed.")
]


def withdraw(
    entry_id: OneEntry,
    *,
    by: By,
    note: Note,
    confirm: Confirm = False,
) -> None:
    """Take a loan's entry back that was wrong: it takes two people, and nothing is rewritten.

    Of an entry that a transfer or repayment booked because two people said so, it is that decision
    that is taken back, as decision-withdraw does. What the bank itself stated is refused.
    """
    act = confirm_withdrawal if confirm else propose_withdrawal
    item = operate(lambda db, now: act(db, entry_id, by=by, note=note, now=now))
    _tell(public_id(ENTRY, entry_id), item, is_confirmed=confirm)


def withdraw_decision(
    item_id: OneItem,
    *,
    by: By,
    note: Note,
    confirm: Confirm = False,
) -> None:
    """Take back what two people decided on a transfer or repayment: again, it takes two.

    settled and rejected go back to review, returned to settled, and a repayment's day is asked for
    anew. Nothing is sent by it. What the bank itself stated is refused.
    """
    act = confirm_taking_back if confirm else propose_taking_back
    against = operate(lambda db, now: act(db, item_id, by=by, note=note, now=now))
    _tell(public_id(ITEM, item_id), against, is_confirmed=confirm)


def _tell(name: str, item: ReviewItem, *, is_confirmed: bool) -> None:
    shown = render_reconciliation.item_name(item)
    if is_confirmed:
        typer.echo(f"confirmed: {name} is withdrawn within seconds ({shown})")
    else:
        typer.echo(f"proposed: {name} is withdrawn ({shown}); another operator confirms it")
