"""`gateway ops windows …`: parses, calls, prints."""

from datetime import datetime
from typing import Annotated

import typer

from gateway.domain.account import BankCode
from gateway.domain.errors import Mistyped, NotFoundHere
from gateway.domain.hours import JST, OneOffWindow
from gateway.domain.identifier import public_id
from gateway.operators.answering import AsJson, say_json
from gateway.operators.ids import OneWindow
from gateway.operators.operating import operate
from gateway.ops.commands.windows import add_window, list_windows, remove_window
from gateway.store.stops import Stop

WINDOW = "bw"

commands = typer.Typer(no_args_is_help=True, help="One-off windows that banks announce.")


@commands.command("add")
def add(
    bank: Annotated[BankCode | None, typer.Argument(help="Or --all.")] = None,
    *,
    begins: Annotated[str, typer.Option("--from", help="2026-12-05T21:00, Japanese time.")],
    ends: Annotated[str, typer.Option("--until", help="The first instant that is open again.")],
    name: Annotated[str, typer.Option(help="What members are told: the bank's own words.")],
    by: Annotated[str, typer.Option("--by", help="Who does this.")],
    every: Annotated[bool, typer.Option("--all", help="All banks at once.")] = False,
) -> None:
    """Close a bank once, from an instant until another, for all processes and from now on."""
    if (bank is None) != every:
        raise typer.BadParameter("name one bank, or say --all")
    try:
        window = OneOffWindow(name, _instant(begins), _instant(ends))
        added = operate(lambda db, now: add_window(db, bank, window, by=by, now=now))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(f"added: {_shown(added)}")


@commands.command("list")
def show(*, as_json: AsJson = False) -> None:
    """Show the windows that have not ended."""
    windows = operate(lambda db, now: list_windows(db, now=now))
    if as_json:
        say_json(windows)
        return
    for window in windows:
        typer.echo(_shown(window))


@commands.command("remove")
def remove(
    window: OneWindow,
    *,
    by: Annotated[str, typer.Option("--by", help="Who does this.")],
) -> None:
    """Take a window back, or open again before its end."""
    removed = operate(lambda db, now: remove_window(db, window, by=by, now=now))
    if removed is None:
        raise NotFoundHere("no such window, or it has ended")
    typer.echo(f"removed: {_shown(removed)}")


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    try:
        return at.replace(tzinfo=JST) if at.tzinfo is None else at.astimezone(JST)
    except OverflowError as error:
        raise Mistyped(f"{text}: beyond the calendar") from error


def _shown(stop: Stop) -> str:
    window = stop.window
    if window is None:
        raise ValueError("a hold is no window")
    begins, ends = (at.astimezone(JST).isoformat() for at in (window.begins, window.ends))
    identifier = public_id(WINDOW, stop.id)
    return f"{identifier}  {stop.bank}  {begins} to {ends}  {stop.reason}  by {stop.held_by}"
