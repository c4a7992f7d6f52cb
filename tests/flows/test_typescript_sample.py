"""The samples for front ends, compiled and run as their first lines say, against a gateway."""

import asyncio
import json
import shutil
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn, TypeAlias

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

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
Answer: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

# What pages do with the client, beside the samples: they print what came of it.
CALLS = """
import { Gateway } from "./gateway.js";
const [base, path, patience] = process.argv.slice(2);
const key = { "Idempotency-Key": "0192f3a1-7c1e-7a33-8f00-5b2c8b3f1a01" };
const show = (value) => console.log(JSON.stringify(value) ?? "undefined");
const tell = (error) => console.log(error.problem?.code ?? error.message);
const gateway = new Gateway(base, Number(patience));
await gateway.call("POST", path, { amount: 1 }, key).then(show, tell);
"""
FOLLOWS = """
import { Gateway, Refused } from "./gateway.js";
const [base, member_number, pin] = process.argv.slice(2);
const gateway = new Gateway(base);
if (pin) await gateway.signIn(member_number, pin);
try {
  const events = await gateway.follow();
  console.log("follows");
  for await (const event of events) console.log(event.no, event.kind);
} catch (error) {
  console.log(error instanceof Refused ? error.problem.code : error);
}
"""

WISHES = """
import { Gateway } from "./gateway.js";
import { ask } from "./wish.js";
const [base, changes] = process.argv.slice(2);
const left = JSON.parse(changes);
const decide = (problem) => (console.log(problem.code), left.shift());
const tell = (error) => console.log("refused", error.problem.code);
const show = (made) => console.log("made", made.id);
const gateway = new Gateway(base, 1000);
const asking = ask(gateway, "/v1/transfers", { amount: 1 }, "k".repeat(16), decide);
await asking.then(show, tell);
"""

pytestmark = pytest.mark.skipif(
    NODE is None or COMPILER is None,
    reason="no TypeScript compiler: see scripts/install_client",
)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled samples, and the pages above."""
    directory = tmp_path_factory.mktemp("client")
    shutil.copy(CLIENT / "package.json", directory)  # it says that these are modules
    asyncio.run(compile_into(directory / "build"))
    (directory / "build" / "calls.js").write_text(CALLS)
    (directory / "build" / "follows.js").write_text(FOLLOWS)
    (directory / "build" / "wishes.js").write_text(WISHES)
    return directory / "build"


async def compile_into(directory: Path) -> None:
    await ended(await started(str(COMPILER), "--project", CLIENT, "--outDir", directory))


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    async with staged(tmp_path, database_url, port=0) as stage:
        yield stage


@asynccontextmanager
async def staged(data_dir: Path, database_url: str, *, port: int) -> AsyncIterator[Stage]:
    settings = Settings.model_validate(
        {"data_dir": data_dir, "database_url": database_url, "port": port}
    )
    clock = SystemClock(shift_to(START))
    async with open_stage(settings, clock=clock, sandbox_port=0, books_dir=data_dir) as stage:
        yield stage


@asynccontextmanager
async def answering(*answers: Answer) -> AsyncIterator[tuple[str, list[web.Request]]]:
    """Serve requests one by one with these, the last one for ever; give address and requests."""
    came: list[web.Request] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        came.append(request)
        return await answers[min(len(came), len(answers)) - 1](request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", came
    finally:
        await runner.cleanup()


def saying(status: int, document: object = None) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        del request
        if document is None:
            return web.Response(status=status)
        kind = "application/json" if status < 400 else "application/problem+json"
        return web.Response(status=status, text=json.dumps(document), content_type=kind)

    return answer


def problem(code: str, *, retryable: bool) -> dict[str, object]:
    return {"code": code, "title": "", "detail": "", "request_id": "r", "retryable": retryable}


def cut(request: web.Request) -> NoReturn:
    assert request.transport is not None
    request.transport.abort()
    raise ConnectionResetError


async def cutting(request: web.Request) -> web.StreamResponse:
    cut(request)


def streaming(*blocks: str, is_cut: bool = False) -> Answer:
    """Answer with these blocks of a stream; then end it, or cut it in the middle of another."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for block in blocks:
            await response.write(f"{block}\n\n".encode())
        if is_cut:
            await response.write(b"id: 99\ndata: {")
            await asyncio.sleep(0.2)
            cut(request)
        await response.write_eof()
        return response

    return answer


def happened(no: int, kind: str) -> str:
    data = json.dumps({"no": no, "kind": kind}, separators=(",", ":"))
    return f"id: {no}\nevent: {kind}\ndata: {data}"


async def started(*command: str | Path) -> Process:
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)


async def running(stage: Stage, sample: Path, *more: str) -> Process:
    return await started(str(NODE), sample, stage.address, MEMBER_NUMBER, MEMBER_PIN, *more)


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


BUSY = saying(503, problem("busy", retryable=True))
CLOSED = saying(503, problem("bank_closed", retryable=True))


async def test_a_call_is_sent_again_with_its_key_until_there_is_an_answer(build: Path) -> None:
    proxy_failed = saying(502)
    async with answering(cutting, BUSY, proxy_failed, saying(202, {"id": "tr_1"})) as (url, came):
        told = await ended(await started(str(NODE), build / "calls.js", url, "/x", "60000"))

    assert told == ['{"id":"tr_1"}']
    assert len({request.headers["Idempotency-Key"] for request in came}) == 1
    assert len(came) == 4


@pytest.mark.parametrize(
    ("answer", "told", "times"),
    [
        pytest.param(saying(204), "undefined", 1, id="nothing to say"),
        pytest.param(saying(304), "undefined", 1, id="nothing new"),
        pytest.param(saying(422, problem("no", retryable=False)), "no", 1, id="never will do"),
        pytest.param(CLOSED, "bank_closed", 1, id="closed for hours"),
        pytest.param(BUSY, "busy", 2, id="busy for ever"),
        pytest.param(cutting, "fetch failed", 2, id="never an answer"),
    ],
)
async def test_a_call_ends(build: Path, answer: Answer, told: str, times: int) -> None:
    async with answering(answer) as (url, came):
        said = await ended(await started(str(NODE), build / "calls.js", url, "/x", "1500"))

    assert said == [told]
    assert len(came) == times


ACCEPTED = saying(202, {"id": "tr_2"})
USED = saying(409, problem("quote_used", retryable=False) | {"transfer": {"id": "tr_1"}})
REPEATED = saying(409, problem("repeated_wish", retryable=False) | {"transfer": {"id": "tr_1"}})
OPEN = saying(409, problem("repayment_open", retryable=False) | {"repayment": {"id": "rp_1"}})
OUTDATED = saying(409, problem("quote_outdated", retryable=False) | {"quote": {"id": "qt_2"}})
SHORT = saying(422, problem("credit_short", retryable=False))


@pytest.mark.parametrize(
    ("answers", "changes", "told", "sent"),
    [
        pytest.param([ACCEPTED], [], ["made tr_2"], [{}], id="accepted"),
        pytest.param([USED], [None], ["quote_used", "made tr_1"], [{}], id="used: it goes on"),
        pytest.param(
            [USED, ACCEPTED],
            [{"quote_id": "qt_3"}],
            ["quote_used", "made tr_2"],
            [{}, {"quote_id": "qt_3"}],
            id="used: another one",
        ),
        pytest.param(
            [OUTDATED, REPEATED, ACCEPTED],
            [{"quote_id": "qt_2"}, {"again": True}],
            ["quote_outdated", "repeated_wish", "made tr_2"],
            [{}, {"quote_id": "qt_2"}, {"quote_id": "qt_2", "again": True}],
            id="other terms, and meant once more",
        ),
        pytest.param([REPEATED], [None], ["repeated_wish", "made tr_1"], [{}], id="a repetition"),
        pytest.param([OPEN], [None], ["repayment_open", "made rp_1"], [{}], id="the open one"),
        pytest.param(
            [OPEN, ACCEPTED],
            [{"beside_open": True}],
            ["repayment_open", "made tr_2"],
            [{}, {"beside_open": True}],
            id="both",
        ),
        pytest.param(
            [OUTDATED], [None], ["quote_outdated", "refused quote_outdated"], [{}], id="not so"
        ),
        pytest.param([SHORT], [], ["refused credit_short"], [{}], id="nothing to decide"),
    ],
)
async def test_what_seems_to_be_made_twice_is_decided_by_the_member(
    build: Path,
    answers: list[Answer],
    changes: list[object],
    told: list[str],
    sent: list[dict[str, object]],
) -> None:
    bodies: list[dict[str, object]] = []

    def kept(answer: Answer) -> Answer:
        async def keep(request: web.Request) -> web.StreamResponse:
            bodies.append(await request.json())
            return await answer(request)

        return keep

    async with answering(*map(kept, answers)) as (url, came):
        program = await started(str(NODE), build / "wishes.js", url, json.dumps(changes))
        assert await ended(program) == told

    assert bodies == [{"amount": 1, **more} for more in sent]
    assert {request.headers["Idempotency-Key"] for request in came} == {"k" * 16}


async def test_a_stream_is_resumed_until_the_session_is_over(build: Path) -> None:
    answers = (
        streaming("retry: 10\nid: 41", is_cut=True),
        BUSY,
        streaming("retry: 10\nid: 41", happened(42, "transfer.settled"), ":", is_cut=True),
        cutting,
        streaming("retry: 10\nid: 42", happened(43, "loan.corrected")),
        saying(401, problem("session_missing", retryable=False)),
    )
    async with answering(*answers) as (url, came):
        told = await ended(await started(str(NODE), build / "follows.js", url))

    assert told == ["follows", "42 transfer.settled", "43 loan.corrected", "session_missing"]
    resumed = [request.headers.get("Last-Event-ID") for request in came]
    assert resumed == [None, "41", "41", "42", "42", "43"]


async def test_a_stream_goes_on_over_a_restart_of_the_gateway(
    build: Path, tmp_path: Path, database_url: str
) -> None:
    async with staged(tmp_path, database_url, port=0) as stage:
        port = URL(stage.address).port
        assert port is not None
        program = await running(stage, build / "follows.js")
        assert await lines_until(program, "follows") == ["follows"]
        await ended(await running(stage, build / "sample.js"))

    async with staged(tmp_path, database_url, port=port) as stage:
        told = await lines_until(program, "settled")
        await ended(await running(stage, build / "sample.js", "4000"))
        told += await lines_until(program, "settled")
        await sign_out_everywhere(stage)
        assert await ended(program) == ["session_missing"]

    events = ["transfer.accepted", "transfer.settled"]
    first = int(told[0].split()[0])
    assert told == [f"{no} {kind}" for no, kind in enumerate(events * 2, first)]


async def lines_until(program: Process, word: str) -> list[str]:
    """Return what a program writes, to the first line that ends with the word."""
    assert program.stdout is not None
    lines: list[str] = []
    async with asyncio.timeout(RUN_S_MAX):
        while not lines or not lines[-1].endswith(word):
            line = await program.stdout.readline()
            assert line, lines
            lines.append(line.decode().rstrip())
    return lines


async def sign_out_everywhere(stage: Stage) -> None:
    sessions = f"{stage.address}/v1/sessions"
    login = {"method": "member_number", "member_number": MEMBER_NUMBER, "pin": MEMBER_PIN}
    async with aiohttp.ClientSession() as page:
        async with page.post(sessions, json=login) as reply:
            token = (await reply.json())["token"]
        async with page.delete(sessions, headers={"Authorization": f"Bearer {token}"}) as reply:
            assert reply.status == 204
