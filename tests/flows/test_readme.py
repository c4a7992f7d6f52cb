"""The first calls of the README, run as they stand."""

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.config import Settings
from gateway.demo.stage import MEMBER_NUMBER, MEMBER_PIN, Stage, open_stage
from gateway.ops.clock import SystemClock, shift_to
from tests.manual_clock import START

README = Path(__file__).parents[2] / "README.md"
ADDRESS, BANK_ADDRESS = "http://127.0.0.1:8080", "http://127.0.0.1:8101"
RUN_S_MAX = 60

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="the calls need curl")


def the_calls() -> str:
    """Return what a reader pastes, in order."""
    words = README.read_text("utf-8")
    _, _, rest = words.partition("<!-- calls: begin")
    section, end, _ = rest.partition("<!-- calls: end -->")
    assert end
    return "".join(re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL))


def free_or_any(port: int) -> int:
    """Return the port if nobody listens there, else 0: any."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


async def paste(calls: str) -> str:
    """Run the lines as one terminal would, and return what it showed; errors end it."""
    bash = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(RUN_S_MAX):
            shown, _ = await bash.communicate(calls.encode())
    finally:
        if bash.returncode is None:
            bash.kill()
            await bash.wait()
    assert bash.returncode == 0, shown.decode()
    return shown.decode()


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    settings = Settings.model_validate(
        {"data_dir": tmp_path, "database_url": database_url, "port": free_or_any(8080)}
    )
    clock = SystemClock(shift_to(START))
    async with open_stage(settings, clock=clock, sandbox_port=0, books_dir=None) as stage:
        yield stage


async def test_the_first_calls_borrow_pay_back_and_survive_a_lost_answer(stage: Stage) -> None:
    calls = the_calls().replace(ADDRESS, stage.address)

    shown = await paste(calls.replace(BANK_ADDRESS, stage.sandbox.urls["smbc"]))

    assert '"state": "settled"' in shown
    assert '"principal": 30000' in shown
    assert f"{stage.address}/docs?repayment_id=rp_" in shown
    assert '"principal": 20000' in shown
    assert re.findall(r'^    "code": "(\w+)"', shown, re.MULTILINE) == [
        *("idempotency_key_reused", "credit_short", "invalid_request")
    ]
    assert shown.splitlines()[-2:] == ["settled", "[5000]"]


def test_the_calls_use_the_credentials_of_the_demo() -> None:
    calls = the_calls()

    assert f'"member_number": "{MEMBER_NUMBER}"' in calls
    assert f'"pin": "{MEMBER_PIN}"' in calls
