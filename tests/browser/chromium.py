"""A real browser: Chromium, driven over its DevTools protocol by what a person does with it."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

FIND = Path(__file__).parents[2] / "scripts" / "find-browser"
FLAGS = (
    "--headless",
    "--remote-debugging-port=0",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--lang=ja",
)
WITHIN_S = 20
LOOK_EVERY_S = 0.01
# name: (code, virtual key code, what it writes)
KEYS = {"Tab": ("Tab", 9, ""), "Enter": ("Enter", 13, "\r")}


class DevToolsError(RuntimeError):
    """Chromium would not do what it was told, mostly because the page is being left."""


def find_chromium() -> str | None:
    """Return the browser's program, None if this machine has none."""
    found = subprocess.run(FIND, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - ours
    return found.stdout.strip() or None


@contextmanager
def running_chromium(program: str, directory: Path) -> Iterator[str]:
    """Run a browser with an empty profile; yield the address of its DevTools."""
    # Chromium's own sandbox does not work for root.
    flags = (*FLAGS, "--no-sandbox") if os.geteuid() == 0 else FLAGS
    command = (program, *flags, f"--user-data-dir={directory}", "about:blank")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - found on the PATH
    try:
        yield _address(directory / "DevToolsActivePort")
    finally:
        process.terminate()
        process.wait(WITHIN_S)


def _address(told: Path) -> str:
    ends = time.monotonic() + WITHIN_S
    while time.monotonic() < ends:
        with suppress(FileNotFoundError):
            if len(lines := told.read_text().splitlines()) > 1:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(LOOK_EVERY_S)
    raise TimeoutError("Chromium does not say where its DevTools are")


@dataclass(slots=True)
class DevTools:
    """The connection: one answer to each call; what Chromium tells unasked is passed over."""

    socket: aiohttp.ClientWebSocketResponse
    waiting: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def call(self, method: str, session: str | None = None, **params: Any) -> Any:
        number = next(self.numbers)
        self.waiting[number] = asyncio.get_running_loop().create_future()
        sent = {"id": number, "method": method, "params": params}
        await self.socket.send_json(sent if session is None else sent | {"sessionId": session})
        answer = await self.waiting[number]
        if "error" in answer:
            raise DevToolsError(answer["error"]["message"])
        return answer["result"]

    async def listen(self) -> None:
        async for message in self.socket:
            answer = json.loads(message.data)
            if "id" in answer:
                self.waiting.pop(answer["id"]).set_result(answer)


@dataclass(frozen=True, slots=True)
class Page:
    """A tab, and the hands in front of it."""

    devtools: DevTools
    session: str

    async def call(self, method: str, **params: Any) -> Any:
        return await self.devtools.call(method, self.session, **params)

    async def open(self, url: str) -> None:
        """Go to an address, as by a bookmark."""
        await self.call("Page.navigate", url=url)

    async def be_a_phone(self, *, width: int = 360, height: int = 640) -> None:
        """Be small, and touched by a thumb."""
        size = {"width": width, "height": height, "deviceScaleFactor": 3, "mobile": True}
        await self.call("Emulation.setDeviceMetricsOverride", **size)
        await self.call("Emulation.setTouchEmulationEnabled", enabled=True)

    async def see(self, expression: str) -> Any:
        """Return what a script finds on the page, None while the page is being left."""
        with suppress(DevToolsError):
            found = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
            return found["result"].get("value")
        return None

    async def until(self, expression: str) -> Any:
        """Return what a script finds once it is true; TimeoutError tells what is there instead."""
        found = None
        try:
            async with asyncio.timeout(WITHIN_S):
                while not found:
                    found = await self.see(f"document.readyState === 'complete' && ({expression})")
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            there = await self.see("location.href + ' ' + document.body.innerText")
            raise TimeoutError(f"not {expression}, but {there}") from None
        return found

    async def shows(self, selector: str) -> None:
        """Return once there is such an element."""
        await self.until(f"document.querySelector({json.dumps(selector)}) !== null")

    async def type(self, text: str) -> None:
        """Write into what has the focus."""
        for letter in text:
            await self.call("Input.dispatchKeyEvent", type="keyDown", text=letter)
            await self.call("Input.dispatchKeyEvent", type="keyUp")

    async def press(self, name: str, times: int = 1) -> None:
        """Press a key that is no letter."""
        code, number, text = KEYS[name]
        key = {"key": name, "code": code, "windowsVirtualKeyCode": number}
        for _ in range(times):
            await self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **key)
            await self.call("Input.dispatchKeyEvent", type="keyUp", **key)

    async def tap(self, selector: str) -> None:
        """Put a thumb on the middle of what a selector finds."""
        place = await self.see(
            f"(at => (at.scrollIntoView(), at.getBoundingClientRect().toJSON()))"
            f"(document.querySelector({json.dumps(selector)}))"
        )
        point = {"x": place["x"] + place["width"] / 2, "y": place["y"] + place["height"] / 2}
        await self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[point])
        await self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])


@asynccontextmanager
async def open_page(address: str) -> AsyncIterator[Page]:
    """Yield a tab with cookies and history of its own, in the browser at that address."""
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(address, max_msg_size=0) as socket,
    ):
        devtools = DevTools(socket)
        listening = asyncio.create_task(devtools.listen())
        context = (await devtools.call("Target.createBrowserContext"))["browserContextId"]
        tab = {"url": "about:blank", "browserContextId": context}
        target = (await devtools.call("Target.createTarget", **tab))["targetId"]
        attached = await devtools.call("Target.attachToTarget", targetId=target, flatten=True)
        yield Page(devtools, attached["sessionId"])
        await devtools.call("Target.disposeBrowserContext", browserContextId=context)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
