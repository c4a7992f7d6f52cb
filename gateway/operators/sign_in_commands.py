"""`gateway ops sign-ins-refused`: parses, calls, prints."""

from datetime import timedelta
from typing import Annotated

import typer

from gateway.app import member_ref
from gateway.config import load_settings
from gateway.operators.answering import AsJson, say_json
from gateway.operators.operating import operate
from gateway.ops import render
from gateway.services.list_refused_sign_ins import RefusalLine, list_refused_sign_ins

HOURS_MAX = 87_660


def show_refused(
    member: Annotated[str | None, typer.Argument(help="A member's number; everybody's if not.")] = (
        None
    ),
    *,
    hours: Annotated[int, typer.Option(min=1, max=HOURS_MAX, help="So many hours back.")] = 24,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 100,
    as_json: AsJson = False,
) -> None:
    """List sign-ins that were checked and refused, newest first: when, why, from which source."""
    ref = member_ref(load_settings())
    age = timedelta(hours=hours)
    lines = operate(
        lambda db, now: list_refused_sign_ins(
            db, member, since=now - age, limit=limit, member_ref=ref
        )
    )
    if as_json:
        say_json(lines)
    else:
        _print(lines)


def _print(lines: list[RefusalLine]) -> None:
    rows = [
        (
            render.shown_instant(line.at, "milliseconds"),
            line.reason.value,
            line.member_ref or "nobody",
            line.source_ref,
        )
        for line in lines
    ]
    render.show_rows(render.console(), ("at", "why", "member_ref", "source_ref"), rows)
    members = {line.member_ref for line in lines}
    sources = {line.source_ref for line in lines}
    typer.echo(f"{len(lines)} refused, of {len(members)} members, from {len(sources)} sources")
