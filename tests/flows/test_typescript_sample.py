"""The samples for front ends, compiled and run as their first lines say, against a gateway."""

import asyncio
import json
import shutil
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from gateway.config import Settings
from gateway.demo.payer import approve
from gateway.demo.stage import (
    DEMO_NUMBER,
    DEMO_PASSWORD,
    MEMBER_NUMBER,
    MEMBER_PIN,
    Stage,
    open_stage,
)
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


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled samples."""
    directory = tmp_path_factory.mktemp("client")
    shutil.copy(CLIENT / "package.json", directory)  # it says that these are modules
    asyncio.run(compile_into(directory / "build"))
    return directory / "build"


async def compile_into(directory: Path) -> None:
    await ended(await started(str(COMPILER), "--project", CLIENT, "--outDir", directory))


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    settings = Settings.model_validate(
        {"data_dir": tmp_path, "database_url": database_url, "port": 0}
    )
    clock = SystemClock(shift_to(START))
    async with open_stage(settings, clock=clock, sandbox_port=0, books_dir=None) as stage:
        yield stage


async def started(*command: str | Path) -> Process:
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)


async def running(stage: Stage, sample: Path) -> Process:
    return await started(str(NODE), sample, stage.address, MEMBER_NUMBER, MEMBER_PIN)


async def ended(program: Process) -> list[str]:
    """Return the lines that a program wrote until its end, which must be a success."""
    async with asyncio.timeout(RUN_S_MAX):
        written, _ = await program.communicate()
    assert program.returncode == 0, written.decode()
    return written.decode().splitlines()


async def test_one_signs_in_asks_for_cash_and_follows_it_to_its_end(
    build: Path, stage: Stage
) -> None:
    told = await ended(await running(stage, build / "sample.js"))

    assert told[0].startswith("3000 yen to smbc, there by 2026-11-25T10:01:")
    assert [line.split()[-1] for line in told[1:]] == ["processing", "settled", "settled"]


async def test_the_other_pays_back_what_the_payer_approves(build: Path, stage: Stage) -> None:
    await ended(await running(stage, build / "sample.js"))
    answers = {"branch": "001", "number": DEMO_NUMBER, "password": DEMO_PASSWORD}

    program = await running(stage, build / "repay.js")
    assert program.stdout is not None
    async with asyncio.timeout(RUN_S_MAX), aiohttp.ClientSession() as browser:
        told = [(await program.stdout.readline()).decode() for _ in range(2)]
        back = await approve(browser, json.loads(told[1]), answers)

    assert told[0] == "1000 yen through smbc, 1000 of them off the loan\n"
    assert back.startswith(f"{stage.address}/docs?repayment_id=rp_")
    assert await ended(program) == ["settled 1000"]
