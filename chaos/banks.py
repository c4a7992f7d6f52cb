"""The five banks: emulators in a process of their own, and their control API."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from chaos.gateways import Program

BANKS = ("smbc", "mufg", "paypay", "mizuho", "rakuten")
BRANCHES = {"paypay": "002", "rakuten": "201"}
HOLDER = "ﾔﾏﾀﾞ ﾀﾛｳ"
UP_WITHIN_S = 60.0
FIRST_BALANCE = 100_000_000
MEMBER_BALANCE = 10_000_000


def branch_at(bank: str) -> str:
    return BRANCHES.get(bank, "001")


class Banks:
    """The banks of a run: their faults, and a look into their books."""

    def __init__(self, urls: Mapping[str, str], client: aiohttp.ClientSession) -> None:
        self.urls = urls
        self._client = client

    async def control(self, bank: str, method: str, path: str, body: object = None) -> Any:
        """Call a bank's control API; raise RuntimeError when it refuses."""
        status, answer = await self.asked(bank, method, path, body)
        if status != HTTPStatus.OK:
            raise RuntimeError(f"{bank} {method} {path}: {status} {answer}")
        return answer

    async def asked(self, bank: str, method: str, path: str, body: object = None) -> Any:
        """Call a bank's control API; return status and answer."""
        url = f"{self.urls[bank]}/_sandbox/{path}"
        async with self._client.request(method, url, json=body) as answer:
            return answer.status, await answer.json(content_type=None)

    async def movements(self, bank: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.control(bank, "GET", "ledger"))["movements"]
        return found

    async def prepare(self, numbers: list[str], *, seed: int, time_scale: float, at: str) -> None:
        """Open the members' accounts, and set the pace."""
        for bank in self.urls:
            for number in numbers:
                account: dict[str, object] = {
                    "branch": branch_at(bank),
                    "type": "1",
                    "number": number,
                }
                account |= {"holder": HOLDER, "balance": MEMBER_BALANCE}
                await self.control(bank, "POST", "accounts", account)
            settings = {"time_scale": time_scale, "callback_url": f"{at}/callbacks/{bank}"}
            await self.control(bank, "PUT", "settings", settings)
            await self.control(bank, "PUT", "seed", seed)

    async def until_up(self) -> None:
        async with asyncio.timeout(UP_WITHIN_S):
            for bank in self.urls:
                while True:
                    with suppress(aiohttp.ClientError):
                        await self.control(bank, "GET", "ledger")
                        break
                    await asyncio.sleep(0.1)


async def _addresses(stdout: asyncio.StreamReader) -> dict[str, str]:
    """Return the banks' addresses; an older checkout writes a line for each bank."""
    first = (await stdout.readline()).decode()
    if first.startswith("{"):
        return {name: str(bank["url"]) for name, bank in json.loads(first)["banks"].items()}
    lines = [first, *[(await stdout.readline()).decode() for _ in BANKS[1:]]]
    return {name: url for name, url in map(str.split, lines)}  # noqa: C416 - pairs of strings


@asynccontextmanager
async def running_banks(
    program: Program, environment: Mapping[str, str], log: Path, client: aiohttp.ClientSession
) -> AsyncIterator[Banks]:
    """Run `gateway sandbox` for as long as the block lasts."""
    with log.open("ab") as errors:
        child = await asyncio.create_subprocess_exec(
            *(program.gateway, "sandbox", "--port-base", "0"),
            env=dict(environment) | {"PYTHONUNBUFFERED": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    try:
        if child.stdout is None:
            raise RuntimeError("the emulators were started with a pipe")
        async with asyncio.timeout(UP_WITHIN_S):
            banks = Banks(await _addresses(child.stdout), client)
        await banks.until_up()
        yield banks
    finally:
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(15):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()
