"""`gateway conformance`: parses, runs the suite, prints."""

from collections.abc import Sequence
from typing import Annotated

import typer

from gateway.conformance.capabilities import as_markdown, probe
from gateway.conformance.expectation import Expectation
from gateway.conformance.report import show_results
from gateway.conformance.suite import EXPECTED, TIME_SCALE, Result, cases_for, run_case
from gateway.domain.account import BankCode
from gateway.operators.answering import AsJson, say_json
from gateway.operators.ending import Ended
from gateway.operators.running import run
from gateway.ops import render


def conformance(
    *,
    bank: Annotated[
        list[BankCode] | None, typer.Option(help="Once for each bank; default: all.")
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(help="A running sandbox of the one bank named; it is reset for each case."),
    ] = None,
    real_delays: Annotated[
        bool, typer.Option("--real-delays", help="Not at 1/20: takes an hour.")
    ] = False,
    every_case: Annotated[bool, typer.Option("--cases", help="A line for each case.")] = False,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Probe what each bank can do; print Markdown.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Try every adapter on its bank's emulator; exit 1 if one deviates from its page."""
    chosen = [EXPECTED[code] for code in bank or EXPECTED]
    time_scale = 1.0 if real_delays else TIME_SCALE
    if base_url is not None and len(chosen) != 1:
        raise typer.BadParameter("--base-url is one bank's: name it with --bank")
    if matrix:
        typer.echo(as_markdown(run(probe(chosen, time_scale=time_scale))), nl=False)
        return
    results = run(_all(chosen, time_scale, base_url))
    if as_json:
        say_json([_row(result) for result in results])
    else:
        show_results(render.console(), results, every_case=every_case)
    if any(result.deviation is not None for result in results):
        raise typer.Exit(Ended.REFUSED)


async def _all(
    chosen: Sequence[Expectation], time_scale: float, base_url: str | None
) -> list[Result]:
    return [
        await run_case(expected, case, time_scale=time_scale, base_url=base_url)
        for expected in chosen
        for case in cases_for(expected)
    ]


def _row(result: Result) -> dict[str, str | None]:
    case = result.case
    return {
        "bank": result.bank,
        "group": case.group,
        "case": case.name,
        "deviation": result.deviation,
    }
