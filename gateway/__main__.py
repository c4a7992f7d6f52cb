"""The command line (`gateway …`, `python -m gateway …`): parses, calls, prints."""

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, TypeAlias

import typer

from gateway.app import Role, apply_migrations, database_address
from gateway.config import Settings, load_settings
from gateway.conformance.command import conformance
from gateway.demo.check import check_demo
from gateway.demo.run import run_demo
from gateway.domain.errors import NotReady, SettingsWrong
from gateway.domain.hours import JST
from gateway.http.core import ROUTES
from gateway.http.openapi.document import printed
from gateway.operators.answering import AsJson, say_document, say_json
from gateway.operators.command_line import commands
from gateway.operators.demo_note import beside_demo
from gateway.operators.ending import Commands, Ended, prepare_streams, typed_words
from gateway.operators.operating_desk import reconcile_first
from gateway.operators.reports import doctor_report
from gateway.operators.running import commands_log, logging_to, run
from gateway.ops import render
from gateway.ops.clock import SystemClock
from gateway.sandbox import description
from gateway.sandbox.control import described
from gateway.sandbox.readiness import readiness_line
from gateway.sandbox.registry import BANKS
from gateway.sandbox.server import FIRST_PORT, start_sandbox
from gateway.sandbox.tls import make_tls_directory
from gateway.serve import end_with_parent, stop_signals
from gateway.serve import serve as serve_gateway

PortBase: TypeAlias = Annotated[int, typer.Option(min=0, max=65000, help="0: any free port.")]

cli = typer.Typer(
    cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)
cli.add_typer(commands, name="ops")
cli.command()(conformance)


@cli.command()
def demo(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Move money both ways through each bank, compare, end.")
    ] = False,
    at: Annotated[str | None, typer.Option(help="Begin at this instant (RFC 3339).")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8080,
    sandbox_port_base: PortBase = FIRST_PORT,
) -> None:
    """Run everything on this machine: PostgreSQL, bank sandboxes, gateway, a member."""
    settings = load_settings(port=port)
    _refuse_in_production(settings)
    with _logging_to_a_file(settings):
        if not check:
            began = _instant(at)
            run(run_demo(settings, at=began, port_base=sandbox_port_base, console=render.console()))
        elif not run(check_demo(settings, render.console())):
            raise typer.Exit(Ended.REFUSED)


@cli.command()
def serve(
    *,
    host: Annotated[str | None, typer.Option(help="GATEWAY_HOST")] = None,
    port: Annotated[int | None, typer.Option(help="GATEWAY_PORT")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64)] = 1,
    role: Role = Role.ALL,
    after_restore: Annotated[
        bool,
        typer.Option("--after-restore", help="First read the banks' statements, and nothing else."),
    ] = False,
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve until SIGTERM, then drain."""
    if parent is not None:
        end_with_parent(parent)
    given = {"host": host, "port": port}
    settings = load_settings(**{name: v for name, v in given.items() if v is not None})
    with logging_to(settings, fd=1) as writer:
        if after_restore:
            run(reconcile_first(settings))
        run(serve_gateway(settings, writer=writer, role=role, processes=processes))


@cli.command()
def sandbox(
    *,
    bank: Annotated[
        list[str] | None, typer.Option(help="Once for each bank; default: all.")
    ] = None,
    port_base: PortBase = FIRST_PORT,
    tls: Annotated[bool, typer.Option("--tls", help="Demand client certificates.")] = False,
) -> None:
    """Run the bank emulators alone, for integration tests of other projects."""
    unknown = sorted(set(bank or ()) - BANKS.keys())
    if unknown:
        raise typer.BadParameter(
            f"{', '.join(unknown)}: no such bank; there are {', '.join(BANKS)}"
        )
    settings = load_settings()
    _refuse_in_production(settings)
    with commands_log(settings):
        run(_sandbox(settings, bank or list(BANKS), port_base, has_tls=tls))


def _refuse_in_production(settings: Settings) -> None:
    """Look where the settings look, too: a file can say production as well as the environment."""
    if settings.environment == "production":
        raise SettingsWrong("GATEWAY_ENVIRONMENT: emulated banks are not started in production")


async def _sandbox(
    settings: Settings, banks: Sequence[str], port_base: int, *, has_tls: bool
) -> None:
    tls_dir = settings.data_dir / "tls" if has_tls else None
    if tls_dir is not None:
        await asyncio.to_thread(make_tls_directory, tls_dir)
        typer.echo(f"certificates  {tls_dir}", err=True)
    clock = SystemClock(settings.clock_shift_s)
    with stop_signals() as stopped:
        try:
            running = await start_sandbox(
                clock=clock, banks=banks, port_base=port_base, tls_dir=tls_dir
            )
        except OSError as error:
            raise NotReady(
                f"the emulated banks cannot start ({error.strerror}): is another sandbox running?"
            ) from error
        try:
            for name, url in running.urls.items():
                typer.echo(f"{name:<8}{url}", err=True)
            typer.echo(readiness_line(running, tls_dir))
            await stopped.wait()
        finally:
            await running.close()


@cli.command()
def migrate(*, dry_run: Annotated[bool, typer.Option("--dry-run")] = False) -> None:
    """Apply sql/migrations and changed sql/functions as the owner of the schema."""
    settings = load_settings()
    with commands_log(settings):
        names = run(_migrate(settings, dry_run=dry_run))
    for name in names:
        typer.echo(f"{'would apply' if dry_run else 'applied'} {name}")
    if not names:
        typer.echo("nothing to apply")


async def _migrate(settings: Settings, *, dry_run: bool) -> list[str]:
    if settings.database_owner_url is not None:
        return await apply_migrations(
            settings.database_owner_url.get_secret_value(), dry_run=dry_run
        )
    if settings.database_url is not None:
        raise SettingsWrong(
            "GATEWAY_DATABASE_OWNER_URL: needed to migrate; the gateway's role may not"
        )
    async with database_address(settings):  # the embedded database is migrated when it starts
        return []


@cli.command()
def openapi(
    *,
    of_sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Of the emulated banks' control API.")
    ] = False,
) -> None:
    """Print the description of the API (OpenAPI 3.1), as it is served at /openapi.json."""
    document = description.printed(described()) if of_sandbox else printed(ROUTES)
    say_document(document.removesuffix("\n"))


@cli.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Check settings, database, clocks and banks; say what is wrong and how to mend it."""
    settings = beside_demo(load_settings())
    with commands_log(settings):
        checks = run(doctor_report(settings))
    if as_json:
        say_json(checks)
    else:
        render.show_checks(render.console(), checks)
    if not all(check.is_good for check in checks):
        raise typer.Exit(Ended.REFUSED)


@contextmanager
def _logging_to_a_file(settings: Settings) -> Iterator[None]:
    """Keep the screen for people: the demo's log goes to `gateway.log` in the data directory."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(settings.data_dir / "gateway.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        with logging_to(settings, fd=fd):
            yield
    finally:
        os.close(fd)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text}: not an instant such as 2026-11-25T10:00:00") from error
    return at if at.tzinfo else at.replace(tzinfo=JST)


def main() -> None:
    """Run the command line; what is wrong is said on stderr, without a traceback."""
    prepare_streams()
    try:
        cli(typed_words(sys.argv[1:]))
    except SettingsWrong as error:
        typer.echo(f"gateway: {error}", err=True)
        sys.exit(Ended.USAGE)


if __name__ == "__main__":
    main()
