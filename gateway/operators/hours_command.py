"""`gateway ops hours`: when transfers leave at once, and what closes."""

from datetime import date, datetime
from typing import Annotated

import typer

from gateway.config import load_settings
from gateway.domain.account import BankCode
from gateway.domain.calendar import BeyondHorizon
from gateway.domain.service_hours import LENDER_HOURS, Operation, ServiceHours
from gateway.operators.answering import AsJson, say_json
from gateway.ops import render, render_hours
from gateway.ops.clock import SystemClock
from gateway.ops.commands.hours import HoursDay, hours_by_day
from gateway.profiles import bank_profiles


def show_hours(
    *,
    bank: Annotated[BankCode | None, typer.Option(help="Default: all, and the lender.")] = None,
    begins: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Default: today.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366)] = 7,
    as_json: AsJson = False,
) -> None:
    """Draw when transfers leave at once, and what closes: the regular hours of `banks.toml`."""
    today = SystemClock(load_settings().clock_shift_s).now()
    try:
        found = regular_hours(bank, begins=(begins or today).date(), days=days)
    except (BeyondHorizon, OverflowError) as error:
        raise typer.BadParameter(str(error), param_hint="--from") from error
    if as_json:
        say_json([render_hours.phases_of(day) for day in found])
    else:
        render_hours.show_hours(render.console(), found)


def regular_hours(bank: BankCode | None, *, begins: date, days: int) -> list[HoursDay]:
    """Return the days of one bank, or of all banks and the lender. Raises BeyondHorizon."""
    services = all_services()
    chosen = services if bank is None else {str(bank): services[bank]}
    return hours_by_day(chosen, begins=begins, days=days)


def all_services() -> dict[str, tuple[ServiceHours, Operation]]:
    """Return the transfers of every bank, and what members ask of the lender."""
    banks = {
        str(code): (profile.hours, Operation.TRANSFER) for code, profile in bank_profiles().items()
    }
    return banks | {"lender": (LENDER_HOURS, Operation.REQUEST)}
