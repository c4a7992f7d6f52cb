"""Marked secrets go in by every route and through every fault; they come out nowhere."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import pytest

from gateway.domain.money import Yen
from gateway.services.enrol_member import Enrolment, enrol_member
from tests.flows.marks import found, requests_with
from tests.flows.serving import (
    Caller,
    Process,
    Reply,
    all_at_rest,
    call,
    environment,
    new_key,
    running,
    until,
)
from tests.flows.world import World, open_world

PIN, NUMBER, ACCOUNT, KANA = "4926", "90817263", "7653291", "ﾋﾒﾐﾔ ﾐﾂｵ"
SETTINGS = {
    "smbc_api_key": "mark-of-the-api-key-5521",
    "pin_pepper": "mark-of-the-pepper-6634",
    "reference_key": "mark-of-the-reference-key-7745",
    "log_key": "mark-of-the-log-key-8856",
}
AT_ONCE = 8
OWNER_IS_FREE = asyncio.Lock()
OPERATORS = (
    ("ops", "transfers", *(w for s in ("settled", "rejected", "review") for w in ("--state", s))),
    ("ops", "ledger-verify", "--with-banks"),
    ("doctor",),
    ("ops", "stops"),
)
ACTIONS: Mapping[str, dict[str, Any]] = {
    "7653201": {"kind": "delay", "seconds": 4},
    "7653202": {"kind": "drop_before"},
    "7653203": {"kind": "drop_after"},
    "7653204": {"kind": "hang_after"},
    "7653205": {"kind": "status", "status": 500, "done": True},
    "7653206": {"kind": "garbage"},
    "7653207": {"kind": "bad_signature"},
    "7653208": {"kind": "code", "code": "ACCOUNT_FROZEN"},
    "7653209": {"kind": "return_after", "seconds": 1},
    "7653210": {"kind": "callback", "seconds": 1, "times": 2, "bad_signature": True},
}
ONLY_SUBMIT = {"return_after", "callback"}


@dataclass(slots=True)
class Secrets:
    """A gateway of whose every secret we know the mark, and what it has shown of them."""

    world: World
    process: Process
    caller: Caller
    marks: dict[str, str]
    shown: list[str] = field(default_factory=list)

    def keep(self, reply: Reply) -> Reply:
        """Remember an answer as something that must show no secret."""
        # The member's own name stands in the answers about the member's own accounts.
        own = f'"holder":"{KANA}"' if reply.status == 200 else ""
        self.shown += [reply.text.replace(own, ""), str(dict(reply.headers))]
        return reply

    async def send(self, method: str, path: str, **options: Any) -> Reply:
        return await call(self.caller.session, method, self.caller.address + path, **options)

    async def operate(self, *command: str) -> None:
        """Run an operators' command; its output is shown."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", *command),
            env=environment(self.world, "operator") | {"COLUMNS": "200"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, errors = await child.communicate()
        assert child.returncode in {0, 1}, errors.decode()
        self.shown += [said.decode(), errors.decode()]

    async def leaks(self) -> list[str]:
        """Return what is shown where it must not be."""
        self.keep(await self.send("GET", "/metrics"))
        return found(self.marks, [*self.shown, *self.process.written, *self.process.errors])


@pytest.fixture
async def marked(
    database_url: str, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Secrets]:
    # The emulator reads its key from the environment.
    monkeypatch.setenv("GATEWAY_SMBC_API_KEY", SETTINGS["smbc_api_key"])
    marks = {
        **SETTINGS,
        "PIN": PIN,
        "member number": NUMBER,
        "account number": ACCOUNT,
        "holder": KANA,
        "database password": str(urlsplit(database_url).password),
    }
    async with (
        open_world(database_url, owner, secrets=SETTINGS) as world,
        signed_in(world) as (process, caller),
    ):
        yield Secrets(world, process, caller, marks | {"token": caller.token})


@asynccontextmanager
async def signed_in(world: World) -> AsyncIterator[tuple[Process, Caller]]:
    """Run a gateway with a member who is signed in and has no account yet."""
    async with world.process(name="enrolment") as gateway:
        await enrol_member(gateway.office, gateway.pins, Enrolment(NUMBER, KANA, PIN, Yen(10**6)))
    await open_accounts(world, ACCOUNT, *ACTIONS)
    async with (
        running(world, "a", GATEWAY_LOG_LEVEL="debug") as process,
        aiohttp.ClientSession() as session,
    ):
        address = await process.up()
        body = {"method": "member_number", "member_number": NUMBER, "pin": PIN}
        reply = await call(session, "POST", f"{address}/v1/sessions", json=body)
        assert reply.status == 201, reply.text
        settings = {"callback_url": f"{address}/callbacks/smbc"}
        await world.put("settings", settings)
        yield process, Caller(session, address, "", reply.body["token"])


async def open_accounts(world: World, *numbers: str) -> None:
    accounts = [
        {"branch": "001", "type": "1", "number": number, "holder": KANA, "balance": 0}
        for number in numbers
    ]
    url = f"{world.sandbox.urls['smbc']}/_sandbox/accounts"
    async with world.control.post(url, json=accounts) as answer:
        assert answer.status == 200, await answer.text()


def account_body(number: str) -> dict[str, str]:
    return {"bank": "smbc", "branch": "001", "type": "ordinary", "number": number, "holder": KANA}


async def register(marked: Secrets, number: str) -> Caller:
    """Register an account, asked for again until the bank has said who holds it."""
    registered: list[str] = []

    async def is_registered() -> bool:
        # Each fault is asked about twice: more names than a member may ask for in a day.
        async with OWNER_IS_FREE:
            await marked.world.owner.execute("DELETE FROM name_checks")
        reply = await marked.send(
            "POST", "/v1/accounts", json=account_body(number), headers=marked.caller.headers
        )
        if reply.status == 201:
            assert reply.body["number"].endswith(number[-3:])
            assert not found({"number": number}, [reply.text])
            registered.append(reply.body["id"])
            return True
        marked.keep(reply)
        return False

    await until(is_registered)
    return Caller(marked.caller.session, marked.caller.address, registered[0], marked.caller.token)


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        pytest.param(PIN, '{"pin":"4926"}', id="four digits"),
        pytest.param(PIN, "pin=4926&x=1", id="four digits in an address"),
        pytest.param(ACCOUNT, "x76532910", id="a number within a longer one"),
        pytest.param(KANA, "of ヒメミヤ ミツオ", id="a name in wide kana"),
        pytest.param(KANA, json.dumps(KANA), id="a name escaped"),
        pytest.param(KANA, f"/{quote(KANA)}", id="a name in an address"),
    ],
)
def test_a_mark_is_found_however_it_is_spelt(mark: str, text: str) -> None:
    assert len(found({"mark": mark}, [text])) == 1


def test_four_digits_of_an_instant_are_no_pin() -> None:
    assert found({"PIN": PIN}, ["2026-11-25T10:00:00.492611+09:00", "duration_ms=1.4926"]) == []


async def test_no_route_shows_a_secret_wherever_it_was_put(marked: Secrets) -> None:
    """In a field, of the wrong type, in broken JSON, in a header, in the address."""
    caller = await register(marked, ACCOUNT)
    places = asyncio.Semaphore(AT_ONCE)

    async def send(method: str, path: str, extra: dict[str, str], body: bytes) -> None:
        wrong = {"Content-Type": "application/json"} | extra
        # One of the routes signs everybody out: nobody who is signed in calls that.
        signs_out = method == "DELETE" and path.startswith("/v1/sessions")
        right = {"Authorization": "none"} if signs_out else caller.headers
        for given in (wrong | right, right if signs_out else wrong):
            async with places:
                reply = await marked.send(method, path, headers=given, data=body)
            assert reply.status < 500 or reply.is_honest_refusal, reply.text
            marked.keep(reply)

    known = ("token", "PIN", "account number", "holder", "smbc_api_key", "database password")
    await asyncio.gather(
        *(send(*one) for name in known for one in requests_with(marked.marks[name]))
    )

    assert len(marked.shown) > 2000
    assert (await caller.get("/v1/loan")).status == 200
    assert await marked.leaks() == []


async def test_no_malformed_request_is_quoted(marked: Secrets) -> None:
    parts = urlsplit(marked.caller.address)
    for mark in map(str.encode, marked.marks.values()):
        for raw in (
            b"GET /%b HTTP/9.9\r\n\r\n" % mark,
            b"%b %b\r\n\r\n" % (mark, mark),
            b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization %b\r\n\r\n" % mark,
            b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00%b\r\n\r\n" % mark,
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%b\r\n" % mark,
        ):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(raw)
            writer.write_eof()
            marked.shown.append((await reader.read()).decode("utf-8", "backslashreplace"))
            writer.close()
            await writer.wait_closed()

    assert await marked.leaks() == []


async def test_no_fault_of_the_bank_brings_a_secret_to_light(marked: Secrets, owner: Any) -> None:
    """Each account has a fault of its own, in every operation that knows it."""
    marked.marks |= {f"account {number}": number for number in ACTIONS}
    await marked.world.put(
        "faults",
        [
            {"operation": operation, "account": number, "action": action}
            for number, action in ACTIONS.items()
            for operation in ("verify_name", "submit", "inquire")
            if operation == "submit" or action["kind"] not in ONLY_SUBMIT
        ],
    )

    callers = await asyncio.gather(*(register(marked, number) for number in ACTIONS))
    asked = [(await caller.ask(new_key(), amount=1000)).body["id"] for caller in callers]
    await until(lambda: all_at_rest(owner))
    for path in ("/v1/transfers", "/v1/loan", "/v1/banks", "/v1/sessions"):
        reply = await callers[0].get(path)
        shown = {name: mark for name, mark in marked.marks.items() if name != "holder"}
        assert found(shown, [reply.text]) == []
    for command in (*OPERATORS, *(("ops", "explain", one) for one in asked[5:7])):
        await marked.operate(*command)

    assert len(asked) == len(ACTIONS)
    assert await marked.leaks() == []
