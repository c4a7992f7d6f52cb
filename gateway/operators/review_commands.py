"""`gateway ops review …` and `gateway ops resolve`: parses, calls, prints."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from gateway.domain.account import BankCode
from gateway.domain.errors import NotFoundHere
from gateway.domain.review import RESOLUTIONS, ItemState, Resolution, ReviewKind
from gateway.operators.answering import AsJson, say_json
from gateway.operators.ids import OneItem
from gateway.operators.operating import operate
from gateway.ops import render, render_reconciliation
from gateway.services.explain import Step, files_of
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.store.database import Database
from gateway.store.review_items import (
    NOT_CLOSED,
    Confirmation,
    Proposal,
    ReviewItem,
    find_item,
    list_items,
)

commands = typer.Typer(no_args_is_help=True, help="What people have to look at.")


@commands.command("list")
def show_list(
    *,
    state: Annotated[list[ItemState] | None, typer.Option(help="Default: not closed.")] = None,
    bank: BankCode | None = None,
    kind: ReviewKind | None = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: AsJson = False,
) -> None:
    """List items, oldest first."""
    states = tuple(state or NOT_CLOSED)
    items = operate(lambda db, _: list_items(db, states=states, bank=bank, kind=kind, limit=limit))
    if as_json:
        say_json(items)
    else:
        render_reconciliation.show_items(render.console(), items)


@commands.command("show")
def show_one(item_id: OneItem, *, as_json: AsJson = False) -> None:
    """Show everything that is known of one item, and how it may be resolved."""

    async def read(db: Database, _: datetime) -> tuple[ReviewItem | None, list[Step]]:
        item = await find_item(db, item_id)
        if item is None or item.transfer_id is None:
            return item, []
        return item, await files_of(db, item.member_id, item.transfer_id)

    item, files = operate(read)
    if item is None:
        raise NotFoundHere("no review item has that id")
    if as_json:
        say_json(render.plain(item) | {"files": files})
    else:
        ways = RESOLUTIONS[item.kind]
        render_reconciliation.show_item(render.console(), item, ways, files)


def resolve(  # noqa: PLR0913 - the options of one command, all by name
    item_id: OneItem,
    *,
    resolution: Annotated[Resolution, typer.Option("--as", help="See docs/reconciliation.md.")],
    by: Annotated[str, typer.Option("--by", help="Who does this.")],
    note: Annotated[str, typer.Option(help="Why: it stays on record.")],
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Confirm what another operator has proposed.")
    ] = False,
    booked_at: Annotated[str, typer.Option(help="The bank's booking instant.")] = "",
    returned_at: Annotated[str, typer.Option(help="When the money came back.")] = "",
    on: Annotated[str, typer.Option("--on", help="The day of a pay-out by hand.")] = "",
    bank: Annotated[str, typer.Option(help="The bank of a pay-out by hand.")] = "",
    member: Annotated[str, typer.Option(help="The member's number.")] = "",
) -> None:
    """Propose how to resolve an item, or confirm what another operator has proposed."""
    given = {
        "booked_at": booked_at,
        "returned_at": returned_at,
        "on": on,
        "bank": bank,
        "member": member,
    }
    said = {key: value for key, value in given.items() if value}
    item = _resolve(item_id, (resolution, note, by), said, confirm=confirm)
    shown = render_reconciliation.item_name(item)
    if confirm:
        typer.echo(f"confirmed: {shown} is {resolution}; the gateway acts on it within seconds")
    else:
        typer.echo(f"proposed: {shown} as {resolution}; another operator confirms it")


def _resolve(
    item_id: UUID,
    word: tuple[Resolution, str, str],
    particulars: Mapping[str, str],
    *,
    confirm: bool,
) -> ReviewItem:
    resolution, note, by = word
    if confirm:
        given = Confirmation(resolution, by, note, particulars)
        return operate(lambda db, now: confirm_resolution(db, item_id, given, now=now))
    proposal = Proposal(resolution, note, by, particulars)
    return operate(lambda db, now: propose_resolution(db, item_id, proposal, now=now))
