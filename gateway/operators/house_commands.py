"""`gateway ops rules …`, `account-open`, `line-withdraw` and so on: the lender's own money."""

import secrets
from datetime import date, datetime
from typing import Annotated

import typer

from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.house_money import YEN_MAX, LineKey, Opening, StandingRule
from gateway.domain.identifier import public_id, uuid7
from gateway.domain.money import Yen
from gateway.domain.review import Resolution
from gateway.operators.answering import AsJson, say_json
from gateway.operators.ids import OneRule
from gateway.operators.operating import operate
from gateway.operators.operating_desk import operate_desk
from gateway.ops import render_reconciliation
from gateway.services.accept_statement import (
    Insertion,
    accept_statement,
    look_for_insertion,
)
from gateway.services.desk import TransferDesk
from gateway.services.name_line import confirm_unnaming, propose_unnaming
from gateway.services.open_account import (
    confirm_account_opening,
    confirm_opening_withdrawal,
    propose_account_opening,
    propose_opening_withdrawal,
)
from gateway.services.set_off import confirm_set_off, propose_set_off
from gateway.services.standing_rules import add_rule, approve, remove
from gateway.store.database import Database
from gateway.store.house_money import KnownRule, list_rules

RULE = "sr"

rules = typer.Typer(no_args_is_help=True, help="What lines of the lender's own money are.")

By = Annotated[str, typer.Option("--by", help="Who does this.")]
Note = Annotated[str, typer.Option("--note", help="Why: it stays on record.")]
Confirm = Annotated[
    bool, typer.Option("--confirm", help="Confirm what another operator has proposed.")
]


@rules.command("add")
def add(  # noqa: PLR0913 - the options of one command, all by name
    bank: BankCode,
    *,
    name: Annotated[Resolution, typer.Option("--as", help="funding, sweep or bank_charge.")],
    amount_min: Annotated[int, typer.Option(help="Yen, at least.", min=1, max=YEN_MAX)],
    amount_max: Annotated[int, typer.Option(help="Yen, at most.", min=1, max=YEN_MAX)],
    by: By,
    note: Note,
    counterparty: Annotated[str, typer.Option(help="The name as the bank prints it.")] = "",
    text: Annotated[str, typer.Option(help="What the bank prints beside it (摘要).")] = "",
) -> None:
    """Propose a rule: a line without a reference that fits it is booked as it says."""

    async def propose(db: Database, now: datetime) -> KnownRule:
        rule = StandingRule(
            id=uuid7(now, secrets.token_bytes(10)),
            bank=bank,
            name=name,
            counterparty=counterparty,
            text=text,
            amounts=(Yen(amount_min), Yen(amount_max)),
        )
        return await add_rule(db, rule, by=by, note=note, now=now)

    known = operate(propose)
    typer.echo(f"proposed: {_shown(known)}; another operator approves it")


@rules.command("approve")
def approve_one(rule: OneRule, *, by: By, note: Note) -> None:
    """Let a rule bind that another operator has proposed."""
    known = operate(lambda db, now: approve(db, rule, by=by, note=note, now=now))
    typer.echo(f"approved: {_shown(known)}")


@rules.command("remove")
def remove_one(rule: OneRule, *, by: By, note: Note) -> None:
    """End a rule; what it has named stays named (line-withdraw takes that back)."""
    known = operate(lambda db, now: remove(db, rule, by=by, note=note, now=now))
    typer.echo(f"removed: {_shown(known)}")


@rules.command("list")
def show(
    *,
    removed: Annotated[bool, typer.Option("--removed", help="With those that ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the rules, oldest first."""
    known = operate(lambda db, _: list_rules(db, with_removed=removed))
    if as_json:
        say_json(known)
        return
    for rule in known:
        typer.echo(_shown(rule))


def account_open(
    bank: BankCode,
    *,
    balance: Annotated[int, typer.Option(help="Yen; below 0: overdrawn.")],
    on: Annotated[str, typer.Option("--on", help="The day before whose first line it was so.")],
    by: By,
    note: Note,
    confirm: Confirm = False,
) -> None:
    """Say what was on the account at a bank at first: it takes two people."""
    try:
        opening = Opening(bank, date.fromisoformat(on), balance)
        act = confirm_account_opening if confirm else propose_account_opening
        operate(lambda db, now: act(db, opening, by=by, note=note, now=now))
    except ValueError as error:
        raise typer.BadParameter(f"--on: {error}") from error
    said = f"{bank}: {balance} yen before {on}"
    typer.echo(f"confirmed: {said}" if confirm else f"proposed: {said}; another one confirms it")


def opening_withdraw(bank: BankCode, *, by: By, note: Note, confirm: Confirm = False) -> None:
    """Take back what was said wrongly of an account at first: it takes two people.

    Then account-open says it anew, and the days are read that it had kept from being read.
    """
    act = confirm_opening_withdrawal if confirm else propose_opening_withdrawal
    known = operate(lambda db, now: act(db, bank, by=by, note=note, now=now))
    said = f"{bank}: {known.opening.balance} yen before {known.opening.on} are taken back"
    typer.echo(f"confirmed: {said}" if confirm else f"proposed: {said}; another one confirms it")


def line_withdraw(
    bank: BankCode,
    day: Annotated[str, typer.Argument(help="The day of the statement, YYYY-MM-DD.")],
    line: Annotated[str, typer.Argument(help="The bank's number of the line.")],
    *,
    by: By,
    note: Note,
    confirm: Confirm = False,
) -> None:
    """Take back what a line was named wrongly, by a rule or by people: it takes two people."""
    act = confirm_unnaming if confirm else propose_unnaming
    try:
        key = LineKey(bank, date.fromisoformat(day), line)
        item = operate(lambda db, now: act(db, key, by=by, note=note, now=now))
    except ValueError as error:
        raise typer.BadParameter(f"the day: {error}") from error
    shown = render_reconciliation.item_name(item)
    if confirm:
        typer.echo(f"confirmed: the line's name is taken back within seconds ({shown})")
    else:
        typer.echo(f"proposed: the line's name is taken back ({shown}); another one confirms it")


def set_off(
    member: Annotated[str, typer.Argument(help="The member's number.")],
    *,
    by: By,
    note: Note,
    confirm: Confirm = False,
) -> None:
    """Let a member's suspense pay what the member owes, as of today: it takes two people."""
    act = confirm_set_off if confirm else propose_set_off
    item = operate(lambda db, now: act(db, member, by=by, note=note, now=now))
    shown = render_reconciliation.item_name(item)
    if confirm:
        typer.echo(f"confirmed: suspense is set off within seconds ({shown})")
    else:
        typer.echo(f"proposed: {item.amount} yen are set off ({shown}); another one confirms it")


def statement_accept(
    bank: BankCode,
    day: Annotated[str, typer.Argument(help="The day of the statement, YYYY-MM-DD.")],
    *,
    by: By,
    note: Note,
    show: Annotated[bool, typer.Option("--show", help="Show the lines; write nothing.")] = False,
) -> None:
    """Say that a statement is right though lines stand between those that were read before.

    The word holds for exactly these lines; the day is then reconciled, and nothing is booked twice.
    """
    try:
        on = date.fromisoformat(day)
    except ValueError as error:
        raise typer.BadParameter(f"the day: {error}") from error

    async def act(desk: TransferDesk) -> Insertion:
        if show:
            return await look_for_insertion(desk, bank, on)
        return await accept_statement(desk, bank, on, by=by, note=note)

    found = operate_desk(act)
    for line in found.inserted:
        at = line.booked_at.astimezone(JST).isoformat()
        typer.echo(f"{line.direction}  {line.amount.amount} yen  {at}  {line.reference or '-'}")
    typer.echo(f"{'to accept' if show else 'accepted'}: {len(found.inserted)} lines between others")


def _shown(known: KnownRule) -> str:
    rule = known.rule
    least, most = rule.amounts
    printed = " ".join(filter(None, (rule.counterparty, rule.text)))
    by = f"{known.proposed_by}, {known.approved_by or 'not approved'}"
    ended = "" if known.removed_by is None else f", removed by {known.removed_by}"
    return (
        f"{public_id(RULE, rule.id)}  {rule.bank}  {rule.name}  {printed}"
        f"  {least.amount} to {most.amount} yen  by {by}{ended}"
    )
