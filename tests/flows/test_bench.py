"""The benchmarks run; how fast is said by `make bench` on a quiet machine, not here."""

import asyncio
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHORT = ("--warm-up=0.2", "--seconds=1", "--window=4", "--rate=20", "--streams=20")
RUN_S_MAX = 90


async def test_the_benchmarks_run_to_their_table(tmp_path: Path) -> None:
    bench = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench", *SHORT),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(RUN_S_MAX):
            shown, _ = await bench.communicate()
    finally:
        if bench.returncode is None:
            bench.kill()
            await bench.wait()

    assert bench.returncode == 0, shown.decode()
    assert "ratio" in shown.decode()
    assert list((tmp_path / ".gateway").iterdir()) == []
