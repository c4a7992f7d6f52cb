"""`gateway ops reconcile`: parses, calls, prints."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import typer

from gateway.config import load_settings
from gateway.domain.account import BankCode
from gateway.domain.believed_dates import STATED_FOR, DateRefused, check_typed
from gateway.domain.day_report import DayReport
from gateway.domain.hours import JST
from gateway.operators.answering import say_json
from gateway.operators.demo_note import beside_demo
from gateway.operators.ending import Ended
from gateway.operators.operating_desk import operate_desk
from gateway.ops import render, render_reconciliation
from gateway.ops.clock import SystemClock
from gateway.services.desk import TransferDesk
from gateway.services.reconcile import DayNotCome, reconcile_day
from gateway.services.run_mornings import note_by_hand


class Format(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def reconcile(
    *,
    day: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="A day in Japan.")],
    bank: Annotated[BankCode | None, typer.Option(help="Default: every bank.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Compare a day's statements with our movements and the ledger, and book what is missing.

    Exit 0: nobody has to look any more. 1: people have to look (`gateway ops review list`), or a
    statement could not be had or believed: its line says so, and nothing of it was written.
    """
    now = SystemClock(beside_demo(load_settings()).clock_shift_s).now()
    try:
        today = now.astimezone(JST).date()
        if day.date() <= today:  # of a day to come the reconciliation says so itself
            check_typed("--date", day.date(), since=today - STATED_FOR, now=now)
    except DateRefused as error:
        raise typer.BadParameter(str(error), param_hint="--date") from error
    try:
        reports = operate_desk(lambda desk: _all(desk, bank, day.date()))
    except DayNotCome as error:
        raise typer.BadParameter(str(error), param_hint="--date") from error
    _print(reports, form)
    if not all(_agrees(report) for report in reports):
        raise typer.Exit(Ended.REFUSED)


def _agrees(report: DayReport) -> bool:
    return report.refused is None and not report.waiting


async def _all(desk: TransferDesk, bank: BankCode | None, day: date) -> list[DayReport]:
    reports = []
    for code in desk.banks if bank is None else [bank]:
        report = await reconcile_day(desk, code, day)
        await note_by_hand(desk, report)
        reports.append(report)
    return reports


def _print(reports: list[DayReport], form: Format) -> None:
    if form is Format.JSON:
        say_json(reports)
    elif form is Format.CSV:
        typer.echo(render_reconciliation.as_csv(reports), nl=False)
    else:
        render_reconciliation.show_reports(render.console(), reports)
