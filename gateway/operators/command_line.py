"""`gateway ops …`: parses, calls, prints."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from gateway.config import load_settings
from gateway.domain.account import AccountType, BankCode
from gateway.domain.errors import NameCheckUnavailable
from gateway.domain.transfer import State
from gateway.operators import (
    action_commands,
    branch_commands,
    entry_commands,
    file_commands,
    hours_command,
    house_commands,
    reconcile_command,
    review_commands,
    session_commands,
    sign_in_commands,
    token_commands,
    trace_command,
    why_command,
    window_commands,
)
from gateway.operators.answering import AsJson, say_json
from gateway.operators.demo_note import beside_demo
from gateway.operators.ending import Commands, Ended
from gateway.operators.ids import Wish
from gateway.operators.numbers import number
from gateway.operators.operating import operate
from gateway.operators.reports import ledger_report
from gateway.operators.running import commands_log, run
from gateway.ops import render
from gateway.ops.commands.stops import (
    hold_bank,
    override_breaker,
    release_bank,
)
from gateway.profiles import bank_profiles
from gateway.services import explain as explaining
from gateway.services.add_account import AccountOnPaper, add_account_on_paper
from gateway.services.list_transfers import OPEN, Filter, list_transfers
from gateway.services.read_restraints import Breaker, restraints
from gateway.store.accounts import RegisteredAccount
from gateway.store.database import Database

commands = typer.Typer(cls=Commands, no_args_is_help=True, help="Operators' commands.")
commands.add_typer(window_commands.commands, name="windows")
commands.add_typer(review_commands.commands, name="review")
commands.add_typer(house_commands.rules, name="rules")
commands.command("account-open")(house_commands.account_open)
commands.command("opening-withdraw")(house_commands.opening_withdraw)
commands.command("statement-accept")(house_commands.statement_accept)
commands.command("set-off")(house_commands.set_off)
commands.command("line-withdraw")(house_commands.line_withdraw)
commands.command("actions")(action_commands.show_actions)
commands.command("branch-add")(branch_commands.add)
commands.command("hours")(hours_command.show_hours)
commands.command("reconcile")(reconcile_command.reconcile)
commands.command("resolve")(review_commands.resolve)
commands.command("file-end")(file_commands.end)
commands.command("entry-withdraw")(entry_commands.withdraw)
commands.command("decision-withdraw")(entry_commands.withdraw_decision)
commands.command("why")(why_command.explain_balance)
commands.command("audit-trace")(trace_command.audit_trace)
commands.command("sign-ins-refused")(sign_in_commands.show_refused)
commands.command("operator-add")(token_commands.add)
commands.command("operators")(token_commands.show)
commands.command("token-issue")(token_commands.issue)
commands.command("token-revoke")(token_commands.revoke)
commands.command("sign-out")(session_commands.sign_out)

TEN_YEARS = 5_260_320  # minutes
By = Annotated[str, typer.Option("--by", help="Who does this.")]
OneBank = Annotated[BankCode | None, typer.Argument(help="Or --all.")]
AllBanks = Annotated[bool, typer.Option("--all", help="All banks at once.")]


@commands.command("transfers")
def show_transfers(
    *,
    state: Annotated[list[State] | None, typer.Option(help="Default: every open one.")] = None,
    bank: BankCode | None = None,
    minutes: Annotated[
        float,
        typer.Option(help="Accepted at least so long ago.", min=0, max=TEN_YEARS, callback=number),
    ] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: AsJson = False,
) -> None:
    """List transfers, oldest first."""
    chosen = Filter(tuple(state or OPEN), bank, timedelta(minutes=minutes), limit)
    lines = operate(lambda db, now: list_transfers(db, chosen, now=now))
    if as_json:
        say_json(lines)
    else:
        render.show_transfers(render.console(), lines)


@commands.command("explain")
def explain(
    name: Wish,
    *,
    as_json: AsJson = False,
) -> None:
    """Show everything that is known of a transfer or a repayment, in order of time."""
    explained = operate(lambda db, _: explaining.explain(db, name))
    if as_json:
        say_json(explained)
    else:
        render.show_explanation(render.console(), explained)


@commands.command("ledger-verify")
def ledger_verify(
    *,
    with_banks: Annotated[bool, typer.Option("--with-banks", help="Read statements too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prove the ledger from its postings; exit 1 on any finding."""
    settings = beside_demo(load_settings())
    with commands_log(settings):
        report = run(ledger_report(settings, with_banks=with_banks))
    if as_json:
        say_json(report)
    else:
        render.show_ledger(render.console(), report)
    if report.findings:
        raise typer.Exit(Ended.REFUSED)


@commands.command("hold")
def hold(
    bank: OneBank = None,
    *,
    reason: Annotated[str, typer.Option(help="Why; one stop for each reason.")],
    by: By,
    every: AllBanks = False,
) -> None:
    """Send nothing new to a bank, from now on and in all processes. Inquiries go on."""
    chosen = _one_or_all(bank, every=every)
    is_new = operate(lambda db, now: hold_bank(db, chosen, reason=reason, by=by, now=now))
    typer.echo("held" if is_new else "held already, for the same reason")


@commands.command("release")
def release(
    bank: OneBank = None,
    *,
    by: By,
    reason: Annotated[str | None, typer.Option(help="Only the stop for this reason.")] = None,
    every: AllBanks = False,
) -> None:
    """Lift what holds a bank; `--all` lifts the stop of all banks, not each bank's own."""
    chosen = _one_or_all(bank, every=every)
    lifted = operate(lambda db, now: release_bank(db, chosen, by=by, now=now, reason=reason))
    for stop in lifted:
        typer.echo(f"lifted: {stop.bank}, {stop.reason}, held by {stop.held_by}")
    if not lifted:
        typer.echo("nothing was held")
        raise typer.Exit(Ended.REFUSED)


@commands.command("stops")
def show_stops(*, as_json: AsJson = False) -> None:
    """Show what is held now, and which breakers are overruled."""
    held = operate(lambda db, now: restraints(db, now=now))
    if as_json:
        say_json(held)
    else:
        render.show_restraints(render.console(), held)


@commands.command("breaker")
def breaker(bank: BankCode, breaker: Breaker) -> None:
    """Overrule the breakers of all processes for a bank, or let them decide (`auto`)."""
    operate(lambda db, _: override_breaker(db, bank, breaker))
    typer.echo(f"{bank}: {breaker}")


@commands.command("account-add")
def account_add(
    bank: BankCode,
    *,
    member: Annotated[str, typer.Option(help="The member's number.")],
    branch: Annotated[str, typer.Option(help="Three digits.")],
    number: Annotated[str, typer.Option(help="Seven digits.")],
    by: By,
    kind: Annotated[AccountType, typer.Option("--type", help="1 普通, 2 当座, 4 貯蓄.")] = (
        AccountType.ORDINARY
    ),
) -> None:
    """Register a member's account at a bank without a name check, from papers that were seen."""
    seen = AccountOnPaper(member, bank, branch, kind, number, by)

    async def act(db: Database, now: datetime) -> RegisteredAccount:
        if bank_profiles()[bank].verifies_names:
            raise NameCheckUnavailable(f"{bank} tells whose an account is: the member adds it")
        return await add_account_on_paper(db, seen, now=now)

    try:
        kept = operate(act)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(f"registered: ac_{kept.id.hex}, in the member's own name")


def _one_or_all(bank: BankCode | None, *, every: bool) -> BankCode | None:
    if (bank is None) != every:
        raise typer.BadParameter("name one bank, or say --all")
    return bank
