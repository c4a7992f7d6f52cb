"""What reconciliation found, and what waits for people, as tables, JSON and CSV."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console
from rich.text import Text

from gateway.domain.day_report import BreakReport, DayReport
from gateway.ops.render import show_rows, shown_details, shown_instant
from gateway.services.explain import Step
from gateway.store.review_items import ReviewItem

COLUMNS = (
    "bank",
    "day",
    "verdict",
    "break",
    "done",
    "review",
    "reference",
    "bank_id",
    "bank_yen",
    "our_yen",
)


def show_reports(console: Console, reports: Iterable[DayReport]) -> None:
    """Print a line for each bank, and one for each break below them."""
    found = list(reports)
    show_rows(
        console,
        (
            "bank",
            "day",
            "lines",
            "verdicts",
            "booked",
            "set aside",
            "new items",
            "waiting",
            "refused",
        ),
        [_summary(report) for report in found],
    )
    breaks = [row for report in found for row in rows(report)]
    if breaks:
        show_rows(console, COLUMNS, breaks)
    for report in found:
        if report.refused is None and not report.is_over:
            console.print(Text(f"{report.bank}: the day is not over; what is missing may come."))


def as_csv(reports: Iterable[DayReport]) -> str:
    """Return one row for each break, and one for each bank whose statement was refused."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for report in reports:
        writer.writerows(rows(report))
    return text.getvalue()


def rows(report: DayReport) -> list[tuple[str, ...]]:
    """Return the rows of a report, in the order of `COLUMNS`."""
    if report.refused is not None:
        return [(report.bank, report.day.isoformat(), "refused", report.refused, *[""] * 6)]
    return [(report.bank, report.day.isoformat(), *_row(found)) for found in report.breaks]


def _row(found: BreakReport) -> tuple[str, ...]:
    return (
        found.verdict,
        found.kind,
        found.treatment,
        found.review or "",
        found.reference or "",
        found.bank_id or "",
        "" if found.line_amount is None else str(found.line_amount),
        "" if found.our_amount is None else str(found.our_amount),
    )


def _summary(report: DayReport) -> tuple[str, ...]:
    return (
        report.bank,
        report.day.isoformat(),
        str(report.lines),
        ", ".join(f"{count} {verdict}" for verdict, count in report.verdicts.items()),
        str(report.booked),
        str(report.set_aside),
        str(report.raised),
        str(report.waiting),
        report.refused or "",
    )


def show_items(console: Console, items: Sequence[ReviewItem]) -> None:
    """Print items, oldest first."""
    show_rows(
        console,
        ("item", "kind", "bank", "day", "reference", "yen", "state", "proposed", "raised"),
        [
            (
                item_name(item),
                item.kind,
                item.bank,
                "" if item.booked_on is None else item.booked_on.isoformat(),
                item.reference or "",
                "" if item.amount is None else f"{item.amount:,}",
                item.state,
                "" if item.proposal is None else f"{item.proposal.resolution}, {item.proposal.by}",
                shown_instant(item.raised_at),
            )
            for item in items
        ],
    )


def show_item(
    console: Console, item: ReviewItem, ways: Iterable[str], files: Iterable[Step] = ()
) -> None:
    """Print everything that is known of an item, its files, and how it may be resolved."""
    facts: list[tuple[str, str]] = [
        ("item", item_name(item)),
        ("kind", item.kind),
        ("bank", item.bank),
        ("day", "" if item.booked_on is None else item.booked_on.isoformat()),
        ("reference", item.reference or ""),
        ("yen", "" if item.amount is None else f"{item.amount:,}"),
        ("state", item.state),
        ("raised", shown_instant(item.raised_at)),
        *((name, str(value)) for name, value in item.details.items()),
        *(("file", f"{file.what}  {shown_details(file)}") for file in files),
    ]
    if item.proposal is not None:
        said = item.proposal
        facts += [
            ("proposed", f"{said.resolution}, by {said.by} at {shown_instant(item.proposed_at)}"),
            ("note", said.note),
            *((name, value) for name, value in said.particulars.items()),
        ]
    if item.confirmed_by is not None:
        facts.append(("confirmed", f"by {item.confirmed_by}, {shown_instant(item.confirmed_at)}"))
        facts.append(("acted on", shown_instant(item.acted_at) or "not yet"))
    show_rows(console, ("what", "is"), facts)
    if item.confirmed_by is None:
        console.print(Text(f"Resolve it as: {', '.join(ways)}."))


def item_name(item: ReviewItem) -> str:
    """Return the id by which operators name an item."""
    return f"rv_{item.id.hex}"
