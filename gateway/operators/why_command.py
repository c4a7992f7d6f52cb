"""`gateway ops why`: parses, calls, prints."""

from datetime import date, datetime
from typing import Annotated

import typer

from gateway.domain.believed_dates import jst_day
from gateway.domain.resolution import instant
from gateway.operators.answering import AsJson, say_json
from gateway.operators.ending import Ended
from gateway.operators.operating import operate
from gateway.ops import render
from gateway.ops.render_why import show_balances, show_why, why_json
from gateway.profiles import bank_profiles
from gateway.services.why import Why, why, why_everything
from gateway.store.database import Database

ROWS = 50
ALL = "all"
KNOWN_FROM, KNOWN_TO = date(2000, 1, 1), date(2999, 12, 31)


def explain_balance(
    account: Annotated[
        str,
        typer.Argument(
            help="settlement_cash:smbc, interest_income, unidentified …, a member's: "
            "NUMBER:principal, interest, late_damages, fees, suspense; or all."
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
    as_json: AsJson = False,
) -> None:
    """Say where every yen of an account's balance comes from; exit 1 where nothing explains some.

    A balance is taken apart into members' wishes, lines of statements, what rules reckon, what
    operators decided, and corrections of the past.
    """
    until = None if known_at is None else _instant(known_at)
    told = operate(lambda db, now: _told(db, account, day.date(), until or now))
    if as_json:
        shown = [why_json(one) for one in told]
        say_json(shown if account == ALL else shown[0])
    elif account == ALL:
        show_balances(render.console(), told)
    else:
        show_why(render.console(), told[0], rows=rows)
    if not all(one.is_explained for one in told):
        raise typer.Exit(Ended.REFUSED)


async def _told(db: Database, account: str, on: date, known_at: datetime) -> list[Why]:
    tariffs = {bank: profile.tariff for bank, profile in bank_profiles().items()}
    if account == ALL:
        return await why_everything(db, on=on, known_at=known_at, tariffs=tariffs)
    return [await why(db, account, on=on, known_at=known_at, tariffs=tariffs)]


def _instant(text: str) -> datetime:
    try:
        at = instant(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text}: not an instant such as 2026-11-25T09:00:00", param_hint="--known-at"
        ) from error
    if not KNOWN_FROM <= jst_day(at) <= KNOWN_TO:
        raise typer.BadParameter(
            f"{text}: it lies from {KNOWN_FROM} to {KNOWN_TO}", param_hint="--known-at"
        )
    return at
