"""What operators' commands found, as tables on a screen or as JSON for programs."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.domain.hours import JST
from gateway.domain.house_money import StandingRule
from gateway.domain.identifier import ID_PREFIXES, public_id
from gateway.ops.commands.check import Check
from gateway.ops.commands.ledger_verify import LedgerReport
from gateway.services.explain import Explanation, Step
from gateway.services.list_transfers import Line
from gateway.services.read_restraints import Restraints
from gateway.store.operators import StoredToken
from gateway.store.review_items import ReviewItem
from gateway.store.stops import Stop

# Where no terminal says how wide it is, ids stay whole for whoever searches the text.
WIDTH = 200
# The ids that commands take; a member has none.
OWN_IDS = {
    Line: "tr",
    ReviewItem: "rv",
    StandingRule: "sr",
    Stop: "bw",
    StoredToken: "ot",
}


def console() -> Console:
    """Return the screen, or a wide page where stdout is a file or a pipe."""
    screen = Console()
    return screen if screen.is_terminal else Console(width=WIDTH)


def as_json(value: Any) -> str:
    """Return dataclasses, and lists of them, as JSON: instants in Japanese time, ids as shown."""
    return orjson.dumps(plain(value), option=orjson.OPT_INDENT_2).decode()


def plain(value: Any) -> Any:
    """Return what becomes JSON: mappings, lists, text and numbers."""
    if isinstance(value, datetime):
        return shown_instant(value)
    if isinstance(value, UUID):  # the driver's own subclass, which orjson does not know
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        own = value.prefix if isinstance(value, Explanation) else OWN_IDS.get(type(value))
        return {
            field.name: _id_orplain(field.name, getattr(value, field.name), own)
            for field in fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _id_orplain(name: str, value: Any, own: str | None) -> Any:
    prefix = own if name == "id" else ID_PREFIXES.get(name)
    return public_id(prefix, value) if prefix and isinstance(value, UUID) else plain(value)


def show_transfers(console: Console, lines: Iterable[Line]) -> None:
    rows = [
        (
            public_id("tr", line.id),
            line.bank,
            line.reference,
            f"{line.amount:,}",
            line.state + (" (unclear)" if line.unclear else ""),
            str(line.attempt),
            line.reason or "",
            shown_instant(line.accepted_at),
            shown_instant(line.inquire_at or line.due_at),
        )
        for line in lines
    ]
    heads = ("transfer", "bank", "reference", "yen", "state", "attempt", "reason", "accepted")
    show_rows(console, (*heads, "next step"), rows)


def show_explanation(console: Console, explained: Explanation) -> None:
    console.print(
        Text(
            f"{public_id(explained.prefix, explained.id)}  {explained.bank}  {explained.reference}"
            f"  {explained.amount:,} yen  {explained.state}"
            f"{' (unclear)' if explained.unclear else ''}"
            f"{f'  {explained.reason}' if explained.reason else ''}"
        )
    )
    rows = [
        (shown_instant(step.at, "milliseconds"), step.source, step.what, shown_details(step))
        for step in explained.steps
    ]
    show_rows(console, ("at", "source", "what", "details"), rows)


def show_ledger(console: Console, report: LedgerReport) -> None:
    rows = [(account, f"{balance:,}") for account, balance in report.balances.items()]
    show_rows(console, ("account", "debits - credits, yen"), rows)
    for finding in report.findings:
        console.print(Text(f"{finding.code}  {finding.about}: {finding.says}", style="red"))
    verdict = "clean" if not report.findings else f"{len(report.findings)} findings"
    console.print(Text(f"{report.members} members, {report.postings} postings: {verdict}"))


def show_restraints(console: Console, held: Restraints) -> None:
    rows = [
        (
            "all" if stop.bank == "*" else stop.bank,
            stop.reason,
            stop.held_by,
            shown_instant(stop.held_at),
        )
        for stop in held.stops
    ]
    show_rows(console, ("held", "reason", "by", "since"), rows)
    for bank, breaker in held.breakers:
        console.print(Text(f"The breaker of {bank} is overruled: {breaker}."))


def show_checks(console: Console, checks: Iterable[Check]) -> None:
    for check in checks:
        mark = Text("ok   ", style="green") if check.is_good else Text("WRONG", style="red")
        console.print(mark + Text(f"  {check.name}: {check.says}", style="default"))
        if not check.is_good:
            console.print(Text(f"       → {check.mend}"))


def show_rows(console: Console, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table."""
    table = Table()
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        # As text: a reason that an operator typed must not be read as markup.
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def shown_details(step: Step) -> str:
    """Return what there is to say of a step, as name=value."""
    return "  ".join(
        f"{name}={shown_instant(value, 'milliseconds') if isinstance(value, datetime) else value}"
        for name, value in step.details.items()
        if value is not None
    )


def shown_instant(at: datetime | None, precision: str = "seconds") -> str:
    """Return an instant in Japanese time; nothing for none."""
    return "" if at is None else at.astimezone(JST).isoformat(timespec=precision)
