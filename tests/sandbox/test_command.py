"""`gateway sandbox` as a process of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from gateway.sandbox.registry import BANKS
from tests.test_config import production

PATIENCE_S = 30
WITH_TLS = {name for name, spec in BANKS.items() if spec.demands_certificate}


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


async def readiness(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """Return what the first line on stdout says."""
    assert process.stdout is not None
    said: dict[str, Any] = json.loads(await process.stdout.readline())
    return said


async def addresses(process: asyncio.subprocess.Process) -> dict[str, str]:
    banks = (await readiness(process))["banks"]
    return {name: bank["url"] for name, bank in banks.items()}


async def test_every_bank_of_the_registry_is_started(tmp_path: Path):
    async with gateway_sandbox(tmp_path) as process, ClientSession() as session:
        urls = await addresses(process)
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
        urls = await addresses(process)
        process.send_signal(signal.SIGTERM)
        rest = await process.stdout.read() if process.stdout else b""

    assert list(urls) == [bank]
    assert rest == b""


@pytest.mark.parametrize("words", [(), ("--tls",)], ids=["plain", "tls"])
async def test_one_line_of_json_says_where_every_bank_is(tmp_path: Path, words):
    async with gateway_sandbox(tmp_path, words) as process:
        said = await readiness(process)
        process.send_signal(signal.SIGTERM)
        rest, for_people = await process.communicate()

    tls = str(tmp_path / "tls") if words else None
    assert (said["pid"], said["certificates"], rest) == (process.pid, tls, b"")
    assert said["banks"].keys() == BANKS.keys()
    for name, bank in said["banks"].items():
        assert bank["url"].startswith("https://" if words and name in WITH_TLS else "http://")
        assert bank["url"].endswith(f"//127.0.0.1:{bank['port']}")
        assert bank["base_url"] == bank["url"] + BANKS[name].base_path
        assert bank["control_url"] == bank["url"] + "/_sandbox"
        assert f"{name:<8}{bank['url']}" in for_people.decode()


async def test_a_port_in_use_is_said_in_a_sentence(tmp_path: Path):
    async with gateway_sandbox(tmp_path, ("--bank", "smbc")) as running:
        port = urlsplit((await addresses(running))["smbc"]).port
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
