"""The report: banks beside each other, what is checked below each other, deviations in words."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from gateway.conformance.suite import Result


def show_results(console: Console, results: Sequence[Result], *, every_case: bool) -> None:
    """Print a table of groups (or cases) and banks, and every deviation below it."""
    banks = list(dict.fromkeys(result.bank for result in results))
    table = Table(title="Conformance: cases that hold, of those that apply")
    table.add_column("checked")
    for bank in banks:
        table.add_column(bank, justify="right")
    held: Counter[tuple[str, str]] = Counter()
    tried: Counter[tuple[str, str]] = Counter()
    for result in results:
        place = (_line(result, every_case=every_case), result.bank.value)
        tried[place] += 1
        held[place] += result.deviation is None
    for line in dict.fromkeys(_line(result, every_case=every_case) for result in results):
        places = [(line, bank.value) for bank in banks]
        table.add_row(line, *(_cell(held[place], tried[place]) for place in places))
    console.print(table)
    for result in results:
        if result.deviation is not None:
            console.print(
                f"{result.bank}: {result.case.group}: {result.case.name}\n    {result.deviation}",
                style="red",
                highlight=False,
                markup=False,
            )


def _line(result: Result, *, every_case: bool) -> str:
    case = result.case
    return f"{case.group}: {case.name}" if every_case else case.group


def _cell(held: int, tried: int) -> str:
    if not tried:
        return "[dim]–[/]"
    color = "green" if held == tried else "bold red"
    return f"[{color}]{held}/{tried}[/]"
