"""`python -m bench`: how fast the gateway is on this machine, in about half a minute."""

import argparse
import os
import tempfile
from pathlib import Path

import structlog
import uvloop
from rich.console import Console
from rich.table import Table

from bench.hours import microseconds_an_answer
from bench.quotes import QuoteCost, cost_of_a_quote
from bench.stage import BenchStage, open_bench
from bench.streams import StreamCost, cost_of_streams, memory_of_streams
from bench.transfers import Latencies, Latency, Throughput, at_a_rate, directly, over_http

RATIO_MIN = 0.30
QUOTES_S, QUOTE_RATIO_MAX = 2.0, 2.0
ANSWER_US_MAX = 20
STREAMS_MIB_MAX, TOLD_MS_MAX = 100, 100
ADDED_MS_MAX = Latency(5.0, 25.0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    parser.add_argument("--warm-up", type=float, default=2.0, help="seconds before the first")
    parser.add_argument("--window", type=int, default=64, help="transfers open at the same time")
    parser.add_argument("--processes", type=int, default=1, help="of the gateway")
    parser.add_argument("--rate", type=int, default=50, help="transfers a second, open loop")
    parser.add_argument("--streams", type=int, default=1000, help="event streams that are open")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    # Below the project, since /tmp is memory on many machines and fsync would cost nothing there.
    home = Path(".gateway")
    home.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=home) as directory:
        uvloop.run(_run(options, Path(directory), Console(width=100)))


async def _run(options: argparse.Namespace, directory: Path, console: Console) -> None:
    console.print("Starting PostgreSQL, the emulator and the gateway …")
    async with open_bench(directory, processes=options.processes) as stage:
        console.print(f"Gateway: process {', '.join(map(str, stage.pids))}", highlight=False)
        console.print(await _measured(stage, options, console))


async def _measured(stage: BenchStage, options: argparse.Namespace, console: Console) -> Table:
    console.print(f"Memory of {options.streams} event streams …", highlight=False)
    mebibytes = await memory_of_streams(stage, options.streams)
    console.print(f"Transfers over HTTP for {options.seconds:g} s …", highlight=False)
    http = await over_http(
        stage, warm_up_s=options.warm_up, seconds=options.seconds, window=options.window
    )
    console.print(f"The same SQL functions directly for {options.seconds:g} s …", highlight=False)
    sql = await directly(stage, seconds=options.seconds, window=options.window)
    console.print(f"{options.rate} a second for {options.seconds:g} s …", highlight=False)
    latencies = await at_a_rate(stage, per_second=options.rate, seconds=options.seconds)
    console.print(f"Quotes for {QUOTES_S:g} s …", highlight=False)
    quotes = await cost_of_a_quote(stage, seconds=QUOTES_S)
    console.print(f"The same with {options.streams} event streams …", highlight=False)
    streams = await cost_of_streams(
        stage, count=options.streams, per_second=options.rate, seconds=options.seconds
    )
    table = _table(options, http, sql, latencies, quotes)
    for row in _rows_of_streams(options.streams, mebibytes, streams):
        table.add_row(*row)
    return table


def _table(
    options: argparse.Namespace,
    http: Throughput,
    sql: Throughput,
    latencies: Latencies,
    quotes: QuoteCost,
) -> Table:
    cores = os.cpu_count()
    table = Table(title=f"Transfers, everything on this machine ({cores} cores, fsync on)")
    table.add_column("figure")
    table.add_column("here", justify="right")
    table.add_column("aim", justify="right")
    ratio = http.per_second / sql.per_second
    rows = [
        (f"settled over HTTP, {options.window} open at a time", f"{http.per_second:,.0f}/s", ""),
        ("   then until nothing was open", f"{http.drain_s:.2f} s", ""),
        ("   refused", str(http.refused), "0"),
        ("the same SQL functions, called directly", f"{sql.per_second:,.0f}/s", ""),
        ("ratio", f"{ratio:.2f}", f"≥ {RATIO_MIN:.2f}"),
        (f"at {options.rate}/s, p50 / p99: until the 202", _shown(latencies.answered), ""),
        ("   until settled is committed", _shown(latencies.settled), ""),
        ("   one call to the emulator alone, p50", f"{latencies.bank_p50:.1f} ms", ""),
        ("   what the gateway adds to it", _shown(latencies.added), f"≤ {_shown(ADDED_MS_MAX)}"),
        ("a quote over HTTP, p50", f"{quotes.quote_ms:.2f} ms", ""),
        ("   ÷ an empty route", f"{quotes.ratio:.2f}", f"≤ {QUOTE_RATIO_MAX:g}"),
        ("one answer of the hours", f"{microseconds_an_answer():.1f} µs", f"< {ANSWER_US_MAX} µs"),
    ]
    for row in rows:
        table.add_row(*row)
    return table


def _rows_of_streams(
    count: int, mebibytes: float, streams: StreamCost
) -> list[tuple[str, str, str]]:
    return [
        (f"{count} event streams: memory", f"{mebibytes:.0f} MiB", f"< {STREAMS_MIB_MAX} MiB"),
        ("   from commit to page, p50 / p99", _shown(streams.told), f"p99 ≤ {TOLD_MS_MAX} ms"),
        ("   until the 202", _shown(streams.transfers.answered), "as without"),
        ("   until settled is committed", _shown(streams.transfers.settled), "as without"),
    ]


def _shown(latency: Latency) -> str:
    return f"{latency.p50:.1f} / {latency.p99:.1f} ms"


if __name__ == "__main__":
    main()
