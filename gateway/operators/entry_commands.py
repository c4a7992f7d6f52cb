"""`gateway ops entry-withdraw`: parses, calls, prints."""

from typing import Annotated

import typer

from gateway.domain.errors import NotFoundHere
from gateway.domain.identifier import parse_public_id
from gateway.domain.resolution import ResolutionRefused
from gateway.operators.operating import operate
from gateway.ops import render_reconciliation
from gateway.services.withdraw_entry import confirm_withdrawal, propose_withdrawal

WRONG = 1
ENTRY = "en"


def withdraw(
    entry: Annotated[str, typer.Argument(help="en_…, as the member's list of entries shows it.")],
    *,
    by: Annotated[str, typer.Option("--by", help="Who does this.")],
    note: Annotated[str, typer.Option(help="Why: it stays on record.")],
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Confirm what another operator has proposed.")
    ] = False,
) -> None:
    """Take a loan's entry back that was wrong: it takes two people, and nothing is rewritten."""
    entry_id = parse_public_id(ENTRY, entry)
    if entry_id is None:
        raise typer.BadParameter("an entry is en_ and 32 hex digits")
    act = confirm_withdrawal if confirm else propose_withdrawal
    try:
        item = operate(lambda db, now: act(db, entry_id, by=by, note=note, now=now))
    except (NotFoundHere, ResolutionRefused) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(WRONG) from refused
    shown = render_reconciliation.item_name(item)
    if confirm:
        typer.echo(f"confirmed: {entry} is withdrawn within seconds ({shown})")
    else:
        typer.echo(f"proposed: {entry} is withdrawn ({shown}); another operator confirms it")
