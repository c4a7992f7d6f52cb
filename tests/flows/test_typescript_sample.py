"""The sample for front ends, compiled and run as its first line says, against a whole gateway."""

import asyncio
import shutil
from pathlib import Path

import pytest

from gateway.config import Settings
from gateway.demo.stage import MEMBER_NUMBER, MEMBER_PIN, open_stage
from gateway.ops.clock import SystemClock, shift_to
from tests.architecture.project import PROJECT
from tests.manual_clock import START

CLIENT = PROJECT / "clients" / "typescript"
NODE, COMPILER = shutil.which("node"), shutil.which(CLIENT / "node_modules" / ".bin" / "tsc")
RUN_S_MAX = 60

pytestmark = pytest.mark.skipif(
    NODE is None or COMPILER is None,
    reason="no TypeScript compiler: see scripts/install_client",
)


async def run(*command: str | Path) -> list[str]:
    """Return the lines that a program wrote; it must succeed."""
    program = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(RUN_S_MAX):
        written, _ = await program.communicate()
    assert program.returncode == 0, written.decode()
    return written.decode().splitlines()


async def test_it_signs_in_asks_for_cash_and_follows_it_to_its_end(
    tmp_path: Path, database_url: str
) -> None:
    assert NODE is not None
    assert COMPILER is not None
    await run(COMPILER, "--project", CLIENT, "--outDir", tmp_path / "build")
    shutil.copy(CLIENT / "package.json", tmp_path)  # it says that these are modules
    settings = Settings.model_validate(
        {"data_dir": tmp_path, "database_url": database_url, "port": 0}
    )
    clock = SystemClock(shift_to(START))

    async with open_stage(settings, clock=clock, sandbox_port=0, books_dir=None) as stage:
        sample = tmp_path / "build" / "sample.js"
        told = await run(NODE, sample, stage.address, MEMBER_NUMBER, MEMBER_PIN)

    assert told[0].startswith("3000 yen to smbc, there by 2026-11-25T10:01:")
    assert [line.split()[-1] for line in told[1:]] == ["processing", "settled", "settled"]
