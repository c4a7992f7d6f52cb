"""`gateway sandbox` as a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from gateway.sandbox.registry import BANKS
from tests.test_config import production

PATIENCE_S = 30


@asynccontextmanager
async def gateway_sandbox(
    directory: Path, arguments: Sequence[str] = (), environ: dict[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the command, and end it with the block."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in {"PATH", "HOME"} or name.startswith("COVERAGE")
    }
    root = str(Path(__file__).parents[2])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "gateway", "sandbox", "--port-base", "0", *arguments),
        env=kept | {"GATEWAY_DATA_DIR": str(directory), "PYTHONPATH": root} | (environ or {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def addresses(process: asyncio.subprocess.Process, count: int) -> dict[str, str]:
    assert process.stdout is not None
    found = {}
    for _ in range(count):
        name, address = (await process.stdout.readline()).decode().split()
        found[name] = address
    return found


async def test_every_bank_of_the_registry_is_started(tmp_path: Path):
    async with gateway_sandbox(tmp_path) as process, ClientSession() as session:
        urls = await addresses(process, len(BANKS))
        banks = set()
        for url in urls.values():
            async with session.get(f"{url}/_sandbox/ledger") as answer:
                banks.add((await answer.json())["bank"])
        process.send_signal(signal.SIGTERM)
        code = await process.wait()

    assert set(urls) == banks == set(BANKS)
    assert len({urlsplit(url).port for url in urls.values()}) == len(BANKS)
    assert code == 0


@pytest.mark.parametrize("bank", BANKS)
async def test_one_bank_can_be_started_alone(tmp_path: Path, bank):
    async with gateway_sandbox(tmp_path, ("--bank", bank)) as process:
        urls = await addresses(process, 1)
        process.send_signal(signal.SIGTERM)
        rest = await process.stdout.read() if process.stdout else b""

    assert list(urls) == [bank]
    assert rest == b""


async def test_a_port_in_use_is_said_in_a_sentence(tmp_path: Path):
    async with gateway_sandbox(tmp_path, ("--bank", "smbc")) as running:
        port = urlsplit((await addresses(running, 1))["smbc"]).port
        async with gateway_sandbox(tmp_path, ("--port-base", str(port))) as process:
            _, err = await process.communicate()

    assert process.returncode == 1
    assert "cannot start" in err.decode()
    assert "Traceback" not in err.decode()


@pytest.mark.parametrize("place", ["environment", "file"])
async def test_nothing_is_started_where_the_settings_say_production(tmp_path: Path, place):
    """The settings of production are all there: nothing but the refusal stops it."""
    pem = tmp_path / "some.pem"
    await asyncio.to_thread(pem.write_text, "a certificate", encoding="utf-8")
    own = production(str(pem))
    if place == "file":
        lines = [f'{name.removeprefix("GATEWAY_").lower()} = "{own[name]}"' for name in own]
        config = tmp_path / "gateway.toml"
        await asyncio.to_thread(config.write_text, "\n".join(lines), encoding="utf-8")
        own = {"GATEWAY_CONFIG_FILE": str(config)}

    async with gateway_sandbox(tmp_path, environ=own) as process:
        out, err = await process.communicate()

    assert (process.returncode, out) == (2, b"")
    assert "GATEWAY_ENVIRONMENT: emulated banks are not started in production" in err.decode()
    assert "Traceback" not in err.decode()
