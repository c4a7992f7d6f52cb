"""`gateway ops audit-trace`: parses, calls, prints."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated

import typer

from gateway.app import existing_address
from gateway.config import Settings, load_settings
from gateway.operators.answering import AsJson, say_json
from gateway.operators.ending import Ended
from gateway.operators.numbers import number
from gateway.operators.reports import name_database
from gateway.operators.running import commands_log, run
from gateway.ops.commands.audit_trace import (
    READ_EVERY_S,
    TraceFinding,
    TraceReport,
    watch_trace,
)
from gateway.serve import stop_signals


def audit_trace(
    *,
    seconds: Annotated[
        float | None, typer.Option(min=0, callback=number, help="Default: until Ctrl-C.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Watch the database's change log: every row moves along an edge of its state table.

    The login (GATEWAY_DATABASE_OWNER_URL, else GATEWAY_DATABASE_URL) must be allowed to replicate,
    and the server's wal_level must be logical: else it says what is missing. Exit 0: everything was
    seen and nothing was found. 1: something was found, or the reading broke off, or cannot begin.
    """
    settings = _as_owner(load_settings())
    with commands_log(settings):
        report = run(_watch(settings, seconds, told=_ignore if as_json else _tell))
    if as_json:
        say_json(report)
    else:
        _show(report)
    if report.findings or report.gaps:
        raise typer.Exit(Ended.REFUSED)


async def _watch(
    settings: Settings, seconds: float | None, *, told: Callable[[TraceFinding], None]
) -> TraceReport:
    await name_database(settings)
    # Before the watch begins: who presses Ctrl-C as soon as it has begun is told what was seen.
    with stop_signals() as stopped:
        async with existing_address(settings) as url, watch_trace(url, every_s=None) as trace:
            typer.echo("watching; Ctrl-C ends it", err=True)
            known = 0
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not stopped.is_set():
                        found = await trace.findings()
                        for finding in found[known:]:
                            told(finding)
                        known = len(found)
                        with suppress(TimeoutError):
                            await asyncio.wait_for(stopped.wait(), READ_EVERY_S)
            for finding in (await trace.findings())[known:]:
                told(finding)
            return trace.report()


def _as_owner(settings: Settings) -> Settings:
    """Return the settings with the owner's address, where it is set, for the gateway's."""
    owner = settings.database_owner_url
    return settings if owner is None else settings.model_copy(update={"database_url": owner})


def _tell(finding: TraceFinding) -> None:
    typer.echo(str(finding))


def _ignore(finding: TraceFinding) -> None:
    del finding


def _show(report: TraceReport) -> None:
    for edge, times in report.edges.items():
        typer.echo(f"{times:>9,}  {edge}")
    verdict = "clean" if not report.findings else f"{len(report.findings)} findings"
    typer.echo(f"{report.changes} changes, {report.by_hand} by hand: {verdict}")
    if report.gaps:
        typer.echo(f"the reading broke off {report.gaps} times: what happened then was not seen")
