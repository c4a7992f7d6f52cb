"""`gateway ops why`: parses, calls, prints."""

from datetime import datetime
from typing import Annotated

import orjson
import typer

from gateway.domain.errors import NotFoundHere
from gateway.domain.resolution import instant
from gateway.domain.why import PartKind
from gateway.operators.operating import operate
from gateway.ops import render
from gateway.ops.render_why import show_why, why_json
from gateway.profiles import bank_profiles
from gateway.services.why import why

WRONG = 1
ROWS = 50


def explain_balance(
    account: Annotated[
        str,
        typer.Argument(
            help="settlement_cash:smbc, interest_income, unidentified …, or a member's: "
            "NUMBER:principal, interest, late_damages, fees, suspense."
        ),
    ],
    day: Annotated[
        datetime, typer.Argument(formats=["%Y-%m-%d"], help="At the end of this day in Japan.")
    ],
    *,
    known_at: Annotated[
        str | None, typer.Option(help="As it was known then: 2026-11-25T09:00. Default: now.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many parts to print, the last ones.")] = (
        ROWS
    ),
    as_json: Annotated[bool, typer.Option("--json", help="All parts, as JSON.")] = False,
) -> None:
    """Say where every yen of an account's balance comes from; exit 1 where nothing explains some.

    A balance is taken apart into members' wishes, lines of statements, what rules reckon, what
    operators decided, and corrections of the past.
    """
    until = None if known_at is None else _instant(known_at)
    tariffs = {bank: profile.tariff for bank, profile in bank_profiles().items()}
    try:
        told = operate(
            lambda db, now: why(db, account, on=day.date(), known_at=until or now, tariffs=tariffs)
        )
    except NotFoundHere as error:
        raise typer.BadParameter(str(error), param_hint="ACCOUNT") from error
    if as_json:
        typer.echo(orjson.dumps(why_json(told), option=orjson.OPT_INDENT_2).decode())
    else:
        show_why(render.console(), told, rows=rows)
    if told.difference or any(part.kind is PartKind.UNEXPLAINED for part in told.parts):
        raise typer.Exit(WRONG)


def _instant(text: str) -> datetime:
    try:
        return instant(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text}: not an instant such as 2026-11-25T09:00:00", param_hint="--known-at"
        ) from error
