"""Plant small faults, one at a time, and see which the tests notice: `python -m mutants --help`.

    python -m mutants --seed 7 --draw 300     # draw and run; the same again goes on from there
    python -m mutants --faults FILE           # those of a file, one JSON object a line

It measures first which test runs through which line (a quarter of an hour), and keeps that in the
folder.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from mutants.covering import Covering
from mutants.draw import draw
from mutants.fault import Fault
from mutants.report import print_report
from mutants.tries import read_tries, try_faults

TESTS_MAX = 120
ROOT = Path(__file__).resolve().parents[1]
say = partial(print, flush=True)


def measured(folder: Path) -> Path:
    """Return what coverage measured test by test; measure it unless the folder has it already."""
    file = folder / "coverage"
    if not file.exists():
        say("measuring which test runs through which line")
        command = [
            sys.executable, "-m", "pytest", "-q", "--numprocesses", str(os.cpu_count()),
            "--cov", "--cov-context=test", "--cov-report=", "tests",
        ]  # fmt: skip
        environment = os.environ | {"COVERAGE_FILE": str(file)}
        subprocess.run(command, cwd=ROOT, env=environment, check=False)  # noqa: S603 - ours
    return file


def given(file: Path) -> list[Fault]:
    """Return the faults that a file lists."""
    return [Fault.from_json(json.loads(line)) for line in file.read_text("utf-8").splitlines()]


def arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="which faults are drawn")
    parser.add_argument("--draw", type=int, default=300, help="how many")
    parser.add_argument("--faults", type=Path, help="run these instead: one JSON object a line")
    parser.add_argument(
        "--folder", type=Path, help="what was measured and tried (default mutant-runs/SEED)"
    )
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Run; return 1 where less was noticed than the aim says."""
    wanted = arguments(words)
    folder: Path = wanted.folder or ROOT / "mutant-runs" / str(wanted.seed)
    folder.mkdir(parents=True, exist_ok=True)
    covering = Covering(ROOT, measured(folder))
    listed = given(wanted.faults) if wanted.faults else []
    faults = listed or draw(ROOT, wanted.seed)
    size = len(listed) or wanted.draw
    tries = folder / "tries.jsonl"
    asyncio.run(run(covering, faults, size, tries))
    return 0 if print_report(read_tries(tries)) else 1


async def run(covering: Covering, faults: Iterable[Fault], size: int, file: Path) -> None:
    """Try the faults, and print a line for each."""
    choose = partial(covering.tests, at_most=TESTS_MAX)
    async for tried in try_faults(ROOT, choose, faults, size, file):
        fault = tried.fault
        say(f"{tried.verdict:<17}{fault.file}:{fault.line} {fault.kind}  {tried.by}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
