"""Who may call みずほ, how often and when: the checks before any file is read, in their order."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector

from gateway.sandbox.server import make_tls_directory, running_sandbox, start_sandbox
from tests.manual_clock import ManualClock
from tests.sandbox.mizuho.lender import BASE, Lender, Payee, file_of

FILE = file_of([Payee("A" * 20)])


def basic(said: str) -> str:
    return "Basic " + base64.b64encode(said.encode()).decode()


STRANGERS = [
    pytest.param(None, id="nothing"),
    pytest.param("Bearer sandbox-mizuho-password", id="another scheme"),
    pytest.param("Basic", id="no credentials"),
    pytest.param("Basic !!!!", id="no base64"),
    pytest.param("Basic ｱ", id="no ASCII"),
    pytest.param(basic("lender-sandbox:other"), id="another password"),
    pytest.param(basic("other:sandbox-mizuho-password"), id="another user"),
    pytest.param(basic("lender-sandbox:sandbox-mizuho-password "), id="one character more"),
]
CALLS = [
    pytest.param("POST", "/sougou", id="file"),
    pytest.param("GET", "/files?fileId=A", id="receipt"),
    pytest.param("GET", "/files/F0", id="result"),
    pytest.param("GET", "/items/" + "A" * 20, id="item"),
    pytest.param("POST", "/payeasy/link", id="link"),
    pytest.param("GET", "/payeasy/" + "A" * 20, id="collection"),
    pytest.param("GET", "/meisai?date=20261125", id="statement"),
]


@pytest.mark.parametrize("authorization", STRANGERS)
async def test_a_stranger_is_told_nothing(lender: Lender, authorization):
    answer = await lender.submit(FILE, Authorization=authorization)

    assert (answer.status, answer.body) == (401, b"")
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert (await lender.item("A" * 20)).status == 404


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_every_call_wants_the_password(lender: Lender, method, path):
    answer = await lender.request(method, path, headers={"Authorization": None})

    assert (answer.status, answer.result) == (401, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/sougou", id="GET of a file"),
        pytest.param("POST", "/files", id="POST of an inquiry"),
        pytest.param("GET", "/files/", id="empty receipt"),
        pytest.param("GET", "/files/A/B", id="a step too far"),
        pytest.param("GET", "/nothing", id="unknown"),
        pytest.param("GET", "", id="the base itself"),
    ],
)
async def test_an_address_that_is_none_is_not_said_to_be_not_found(lender: Lender, method, path):
    answer = await lender.request(method, path)

    assert (answer.status, answer.result, answer.body) == (404, None, b"")


async def test_two_files_a_second_are_taken_and_the_third_leaves_no_trace(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 2}})

    answers = [await lender.submit(FILE, name) for name in ("A", "B", "C")]
    asked = [await lender.get(f"/files?fileId={name}") for name in ("A", "B", "C")]

    assert [answer.status for answer in answers] == [202, 202, 429]
    assert (answers[2].body, answers[2].headers["Retry-After"]) == (b"", "1")
    assert [answer.status for answer in asked] == [200, 200, 404]


async def test_the_limits_are_those_of_the_contract(clock: ManualClock):
    async with (
        running_sandbox(clock=clock, banks=["mizuho"]) as sandbox,
        ClientSession() as session,
    ):
        lender = Lender(session, sandbox.urls["mizuho"], clock)
        files = await asyncio.gather(*(lender.submit(FILE) for _ in range(5)))
        asked = await asyncio.gather(*(lender.item("B" * 20) for _ in range(15)))

    assert sorted(answer.status for answer in files) == [202] * 2 + [429] * 3
    assert sorted(answer.status for answer in asked) == [404] * 10 + [429] * 5


async def test_links_are_not_counted(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 1, "inquiry": 1}})

    answers = [await lender.request("POST", "/payeasy/link") for _ in range(5)]

    assert {answer.status for answer in answers} == {400}


ORDER = [
    pytest.param({"path": "/sougo"}, 404, id="address"),
    pytest.param({"limit": 1}, 429, id="throttle"),
    pytest.param({"authorization": None}, 401, id="authentication"),
    pytest.param({"file_id": "_"}, 400, id="header"),
    pytest.param({"known": True}, 409, id="a file id seen before"),
    pytest.param({"body": b"x"}, 400, id="format"),
    pytest.param({"closed": True}, 503, id="hours"),
    pytest.param({}, 202, id="nothing wrong"),
]


@pytest.mark.parametrize(
    ("first", "second"),
    [pytest.param(*pair, id=f"{pair[0].id} first") for pair in pairwise(ORDER)],
)
async def test_checks_come_in_their_order(lender: Lender, first, second):
    """Each request has the fault of its row and of the next: the earlier one is told."""
    (one, status), (other, _) = first.values, second.values
    wrong = {**other, **one}
    if "known" in wrong:
        await lender.submit(FILE, "A")
    if "closed" in wrong:
        await lender.told("PUT", "clock", {"set": "2026-11-28T22:00:00+09:00", "freeze": True})
    await lender.told("PUT", "settings", {"rate_limits": {"money": wrong.get("limit", 0)}})
    if "limit" in wrong:
        await lender.submit(FILE, "B")
    day = "1128" if "closed" in wrong else "1125"

    answer = await lender.request(
        "POST",
        wrong.get("path", "/sougou"),
        wrong.get("body", file_of([Payee("A" * 20)], day)),
        {
            "X-File-Id": wrong.get("file_id", "A"),
            "Content-Type": "application/octet-stream",
            **({"Authorization": None} if "authorization" in wrong else {}),
        },
    )

    assert answer.status == status


WINDOWS = [
    pytest.param("2026-11-28T21:59:59", None, id="Saturday evening"),
    pytest.param("2026-11-28T22:00:00", "2026-11-29T08:00:00", id="closes"),
    pytest.param("2026-11-29T07:59:59", "2026-11-29T08:00:00", id="Sunday morning"),
    pytest.param("2026-11-29T08:00:00", None, id="open again"),
    pytest.param("2026-11-07T02:59:59", None, id="1st Saturday, before"),
    pytest.param("2026-11-07T03:00:00", "2026-11-07T05:00:00", id="1st Saturday"),
    pytest.param("2026-11-07T05:00:00", None, id="1st Saturday, after"),
    pytest.param("2026-11-14T04:00:00", None, id="2nd Saturday"),
    pytest.param("2026-11-28T04:00:00", "2026-11-28T05:00:00", id="4th Saturday"),
    pytest.param("2026-10-31T04:00:00", None, id="5th Saturday"),
]


@pytest.mark.parametrize(("at", "until"), WINDOWS)
async def test_inside_a_window_no_file_is_taken(lender: Lender, at, until):
    await lender.told("PUT", "clock", {"set": f"{at}+09:00", "freeze": True})

    answer = await lender.submit(file_of([Payee("A" * 20)], f"{at[5:7]}{at[8:10]}"))

    assert answer.status == (202 if until is None else 503)
    assert answer.headers.get("X-Resumes-At") == (None if until is None else f"{until}+09:00")
    assert answer.body == b""


async def test_inside_a_window_inquiries_and_results_go_on(lender: Lender):
    payee = lender.payee()
    answer = await lender.pay(payee)
    await lender.told("PUT", "clock", {"set": "2026-11-28T22:00:00+09:00", "freeze": True})

    result = await lender.result(answer.receipt)

    assert (result.status, (await lender.item(payee.reference)).status) == (200, 200)
    assert (await lender.get("/meisai?date=20261128")).status == 200


@pytest.fixture
async def tls(tmp_path: Path, clock: ManualClock) -> AsyncIterator[tuple[str, Path]]:
    directory = tmp_path / "tls"
    await asyncio.to_thread(make_tls_directory, directory)
    async with running_sandbox(clock=clock, banks=["mizuho"], tls_dir=directory) as sandbox:
        yield sandbox.urls["mizuho"], directory


async def connector(directory: Path, *, has_certificate: bool) -> TCPConnector:
    def load() -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=directory / "ca.pem")
        if has_certificate:
            context.load_cert_chain(directory / "client.pem", directory / "client.key")
        return context

    return TCPConnector(ssl=await asyncio.to_thread(load))


@pytest.mark.parametrize(
    ("has_certificate", "status"),
    [pytest.param(True, 202, id="ours"), pytest.param(False, 403, id="none")],
)
async def test_with_tls_the_base_path_wants_the_lenders_certificate(
    tls: tuple[str, Path], clock: ManualClock, has_certificate, status
):
    url, directory = tls
    client = await connector(directory, has_certificate=has_certificate)
    async with ClientSession(connector=client) as session:
        lender = Lender(session, url, clock)

        answer = await lender.submit(FILE)
        credentials = await lender.told("GET", "credentials")

    assert (answer.status, answer.body) == (status, b"")
    assert credentials["tls"]["client.pem"].endswith("client.pem")


async def test_the_credentials_are_the_published_ones(lender: Lender):
    credentials = await lender.told("GET", "credentials")

    assert credentials == {
        "bank": "mizuho",
        "base_path": BASE,
        "user": "lender-sandbox",
        "password": "sandbox-mizuho-password",
        "callback_secret": "sandbox-mizuho-digest-secret",
        "itakusha_code": "0000012345",
        "itakusha_name": "ﾌﾟﾛﾐｽ",
        "shuno_kikan": "50001",
        "tls": None,
    }


async def test_other_sandbox_values_come_from_the_gateways_own_settings(clock: ManualClock):
    environ = {
        "GATEWAY_MIZUHO_USER": "lender",
        "GATEWAY_MIZUHO_PASSWORD": "暗号:x",
        "GATEWAY_MIZUHO_ITAKUSHA_CODE": "0000000007",
    }
    sandbox = await start_sandbox(clock=clock, banks=["mizuho"], port_base=0, environ=environ)
    try:
        async with ClientSession() as session:
            lender = Lender(session, sandbox.urls["mizuho"], clock)
            stranger = await lender.submit(FILE)
            known = await lender.submit(FILE, Authorization=basic("lender:暗号:x"))
    finally:
        await sandbox.close()

    assert stranger.status == 401
    assert known.fault == (1, 4, "委託者コード")
