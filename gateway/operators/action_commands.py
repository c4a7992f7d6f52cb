"""`gateway ops actions`: parses, calls, prints."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console

from gateway.domain.operator import person
from gateway.operators.answering import AsJson, say_json
from gateway.operators.operating import operate
from gateway.ops import render
from gateway.store.operator_actions import RecordedAction, list_actions

DAYS = 30
DAYS_MAX = 3_660


def show_actions(
    *,
    operator: Annotated[str | None, typer.Option(help="Default: everybody's.")] = None,
    action: Annotated[str | None, typer.Option(help="hold, release, window_add …")] = None,
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="So many days back.")] = DAYS,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: AsJson = False,
) -> None:
    """Show what operators did by hand, newest first: the record that nobody can change."""
    name = None if operator is None else person(operator)
    found = operate(
        lambda db, now: list_actions(
            db, since=now - timedelta(days=days), operator=name, action=action, limit=limit
        )
    )
    if as_json:
        say_json(found)
    else:
        _show(render.console(), found)


def _show(console: Console, found: Iterable[RecordedAction]) -> None:
    rows = [
        (
            render.shown_instant(done.at),
            done.operator,
            done.action,
            done.member_number or "",
            "  ".join(f"{name}={said}" for name, said in done.details.items() if said is not None),
        )
        for done in found
    ]
    render.show_rows(console, ("at", "operator", "did", "member", "details"), rows)
