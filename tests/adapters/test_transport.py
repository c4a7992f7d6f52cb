"""What a broken connection means, tried on real sockets: did anything leave, and how often."""

import asyncio
import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
import trustme

from gateway.adapters.transport import BankTransport, bank_client
from gateway.domain.outcome import NotSent, Settled, Unknown
from gateway.domain.reason import Reason
from tests.adapters.stand_ins import now_s, open_smbc_at, profile, submit
from tests.adapters.tcp_bank import Behaviour, Wire, answer, completed, says_completed, tcp_bank

UNREACHABLE = NotSent(Reason.BANK_UNREACHABLE)
PATIENCE_S = 10
QUICK = {"deadline_s": 0.8, "connect_timeout_s": 0.15}


@contextmanager
def unused_port() -> Iterator[int]:
    """Hold a port that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextmanager
def deaf_port() -> Iterator[int]:
    """Hold a listening port whose queue is full, so that the kernel drops every further SYN."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(2):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


async def test_a_refused_connection_is_not_sent_after_two_tries() -> None:
    with unused_port() as port, structlog.testing.capture_logs() as logs:
        async with open_smbc_at(f"http://127.0.0.1:{port}") as bank:
            got = await submit(bank)

    assert got.outcome == UNREACHABLE
    assert got.evidence.request_sha256 is None
    assert [line["attempt_of_call"] for line in logs if line["event"] == "bank.answered"] == [2]


async def test_a_lost_syn_is_not_sent() -> None:
    with deaf_port() as port:
        async with open_smbc_at(f"http://127.0.0.1:{port}", profiles=profile(**QUICK)) as bank:
            began = now_s()
            got = await submit(bank)

            assert got.outcome == UNREACHABLE
            assert now_s() - began < QUICK["deadline_s"] + 0.5


async def test_an_unknown_host_is_not_sent() -> None:
    transport = BankTransport("smbc", deadline_s=5, connect_timeout_s=1)
    async with bank_client(transport) as client:
        with pytest.raises((httpx.ConnectError, httpx.ConnectTimeout)):
            await client.send(httpx.Request("GET", "http://bank.invalid/"))


async def closes(wire: Wire) -> None:
    wire.writer.close()


async def resets(wire: Wire) -> None:
    wire.reset()


async def answers_half(wire: Wire) -> None:
    await wire.say(answer(completed())[:-20])
    wire.writer.close()


async def answers_half_a_head(wire: Wire) -> None:
    await wire.say(answer(completed())[:40])
    wire.writer.close()


async def hangs(wire: Wire) -> None:
    await wire.hang()


async def hangs_after_the_head(wire: Wire) -> None:
    await wire.say(answer(completed()).partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    await wire.hang()


async def drips(wire: Wire) -> None:
    """A byte now and then: no single wait is long, all of them together never end."""
    for byte in answer(completed() + b" " * 5_000):
        await wire.say(bytes([byte]))
        try:
            await asyncio.wait_for(wire.ended.wait(), 0.01)
        except TimeoutError:
            continue
        return


async def speaks_no_http(wire: Wire) -> None:
    await wire.say(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    wire.writer.close()


async def redirects(wire: Wire) -> None:
    await wire.say(answer(b"{}", status=307, headers=b"Location: /elsewhere\r\n"))


@pytest.mark.parametrize(
    ("behave", "code"),
    [
        pytest.param(closes, "ReadError", id="closed after the request was read"),
        pytest.param(resets, "ReadError", id="reset after the request was read"),
        pytest.param(answers_half, "ReadError", id="half an answer"),
        pytest.param(answers_half_a_head, "ReadError", id="half a head"),
        pytest.param(hangs, "ReadTimeout", id="no answer"),
        pytest.param(hangs_after_the_head, "ReadTimeout", id="a head without its body"),
        pytest.param(drips, "ReadTimeout", id="an answer in drops"),
        pytest.param(speaks_no_http, "ReadError", id="no HTTP"),
        pytest.param(redirects, "MALFORMED", id="a redirect is not followed"),
    ],
)
async def test_what_happens_after_the_request_left_is_unknown_and_sent_once(
    behave: Behaviour, code: str
) -> None:
    async with (
        tcp_bank(behave) as server,
        open_smbc_at(server.url, profiles=profile(deadline_s=0.5)) as bank,
    ):
        began = now_s()
        got = await submit(bank)
        took_s = now_s() - began

    assert isinstance(got.outcome, Unknown)
    assert got.outcome.integrity is (code == "MALFORMED")
    assert got.evidence.code == code
    assert got.evidence.request_sha256 is not None
    assert len(server.requests) == 1
    assert took_s < 1.5


async def answers_too_much(wire: Wire) -> None:
    await wire.say(answer(completed() + b" " * (1 << 20)))


async def answers_without_end(wire: Wire) -> None:
    await wire.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not wire.writer.is_closing() and not wire.ended.is_set():
        await wire.say(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


async def answers_packed(wire: Wire) -> None:
    await wire.say(answer(b"\x1f\x8b\x08\x00", headers=b"Content-Encoding: gzip\r\n"))


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(answers_too_much, id="above 1 MiB"),
        pytest.param(answers_without_end, id="chunks without end"),
        pytest.param(answers_packed, id="packed"),
    ],
)
async def test_an_answer_that_must_not_be_read_is_unknown_with_an_alert(behave: Behaviour) -> None:
    async with tcp_bank(behave) as server, open_smbc_at(server.url) as bank:
        got = await submit(bank)

    assert got.outcome == Unknown(integrity=True)
    assert got.evidence.code == "AnswerRefused"
    assert len(server.requests) == 1


@pytest.mark.parametrize("behave", [pytest.param(closes, id="fin"), pytest.param(resets, id="rst")])
async def test_a_get_on_a_kept_connection_that_dies_is_not_sent_again(behave: Behaviour) -> None:
    """aiohttp by itself repeats a GET in this case; the bank would see two."""
    async with tcp_bank(behave) as server:
        transport = BankTransport("smbc", deadline_s=5, connect_timeout_s=1)
        async with bank_client(transport) as client:
            await client.send(httpx.Request("GET", f"{server.url}/smbc/api/v1/jwks"))

            with pytest.raises(httpx.ReadError):
                await client.send(httpx.Request("GET", f"{server.url}/anything"))

    assert server.connections == 1
    assert len(server.requests) == 1


async def test_a_connection_that_died_while_idle_is_replaced_and_the_request_sent_once() -> None:
    async def says_it_and_leaves(wire: Wire) -> None:
        await says_completed(wire)
        wire.writer.close()

    async with tcp_bank(says_it_and_leaves) as server, open_smbc_at(server.url) as bank:
        first = await submit(bank)
        async with asyncio.timeout(PATIENCE_S):
            await server.closed.wait()
            # A thread's way back goes through the selector, which has the FIN by then.
            await asyncio.to_thread(lambda: None)
        second = await submit(bank)

    assert isinstance(first.outcome, Settled)
    assert isinstance(second.outcome, Settled)
    assert len(server.requests) == 2
    assert server.connections == 2


REFUSAL = answer(b'{"error":{"code":"ACCOUNT_CLOSED","message":"the last one\'s"}}', status=422)


@pytest.mark.parametrize("late", [False, True], ids=["in one breath", "afterwards"])
async def test_a_second_answer_to_one_request_is_not_the_next_requests_answer(late: bool) -> None:
    """aiohttp by itself hands it to the next transfer, which would be rejected though done."""
    spoken = asyncio.Event()

    async def answers_twice(wire: Wire) -> None:
        await wire.say(answer(completed()) + (b"" if late else REFUSAL))
        if late:
            await spoken.wait()
            await wire.say(REFUSAL)

    async with tcp_bank(answers_twice) as server, open_smbc_at(server.url) as bank:
        first = await submit(bank)
        spoken.set()
        for _ in range(2):  # once for the server to speak, once for the client to hear
            await asyncio.to_thread(lambda: None)
        second = await submit(bank)

    assert isinstance(first.outcome, Settled)
    assert second.outcome == Unknown() if late else isinstance(second.outcome, Settled)


async def test_a_good_connection_is_kept() -> None:
    async with tcp_bank(says_completed) as server, open_smbc_at(server.url) as bank:
        for _ in range(3):
            assert isinstance((await submit(bank)).outcome, Settled)

    assert server.connections == 1
    assert len(server.requests) == 3
    assert server.key_requests == 1


async def test_what_is_too_late_to_be_sent_does_not_leave() -> None:
    async with tcp_bank(says_completed) as server, open_smbc_at(server.url) as bank:
        got = await submit(bank, within_s=-0.001)

    assert got.outcome == NotSent(Reason.BANK_BUSY)
    assert server.requests == []


async def test_a_cancelled_call_is_cancelled_and_its_connection_closed() -> None:
    async with tcp_bank(hangs_until_the_caller_leaves) as server, open_smbc_at(server.url) as bank:
        call = asyncio.create_task(submit(bank))
        async with asyncio.timeout(PATIENCE_S):
            await server.seen.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        async with asyncio.timeout(PATIENCE_S):
            await server.closed.wait()

    assert len(server.requests) == 1


async def hangs_until_the_caller_leaves(wire: Wire) -> None:
    await wire.reader.read()
    wire.writer.close()


async def test_neither_cookies_nor_proxies_nor_chatter_get_into_a_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def sets_a_cookie(wire: Wire) -> None:
        await wire.say(answer(completed(), headers=b"Set-Cookie: a=b; Path=/\r\n"))

    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with tcp_bank(sets_a_cookie) as server, open_smbc_at(server.url) as bank:
        await submit(bank)
        got = await submit(bank)

    assert isinstance(got.outcome, Settled)
    head = server.requests[1].partition(b"\r\n\r\n")[0].lower()
    assert b"cookie" not in head
    assert b"user-agent" not in head
    assert b"accept-encoding: identity" in head
    assert head.count(b"\r\ncontent-length:") == head.count(b"\r\nhost:") == 1


AUTHORITY, STRANGER = trustme.CA(), trustme.CA()
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def old_protocol() -> ssl.SSLContext:
    context = server_context(AUTHORITY.issue_cert("localhost"))
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


@pytest.fixture(scope="module")
def tls_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("tls")
    client = AUTHORITY.issue_cert("lender-sandbox")
    paths = {name: directory / f"{name}.pem" for name in ("ca", "cert", "key")}
    AUTHORITY.cert_pem.write_to_path(str(paths["ca"]))
    client.cert_chain_pems[0].write_to_path(str(paths["cert"]))
    client.private_key_pem.write_to_path(str(paths["key"]))
    return paths


def tls_settings(files: dict[str, Path]) -> dict[str, Any]:
    return {
        "smbc_ca": files["ca"],
        "smbc_client_cert": files["cert"],
        "smbc_client_cert_key": files["key"],
    }


@pytest.mark.parametrize(
    "context",
    [
        pytest.param(
            server_context(
                AUTHORITY.issue_cert("localhost", not_before=LONG_AGO, not_after=LONG_AGO)
            ),
            id="expired",
        ),
        pytest.param(server_context(STRANGER.issue_cert("localhost")), id="another authority"),
        pytest.param(server_context(AUTHORITY.issue_cert("other.example")), id="another host"),
    ],
)
async def test_a_failed_handshake_is_not_sent_and_raises_an_alert(
    context: ssl.SSLContext, tls_files: dict[str, Path]
) -> None:
    async with tcp_bank(says_completed, tls=context) as server:
        with structlog.testing.capture_logs() as logs:
            async with open_smbc_at(server.url, **tls_settings(tls_files)) as bank:
                got = await submit(bank)

    assert got.outcome == UNREACHABLE
    assert server.requests == []
    assert "bank_tls_failed" in {line["code"] for line in logs if line["event"] == "alert.raised"}


@pytest.mark.parametrize(
    "context",
    [pytest.param(None, id="no TLS at all"), pytest.param(old_protocol(), id="TLS below 1.2")],
)
async def test_a_server_without_good_tls_is_not_spoken_to(
    context: ssl.SSLContext | None, tls_files: dict[str, Path]
) -> None:
    async with tcp_bank(says_completed, tls=context) as server:
        url = server.url.replace("http:", "https:")
        settings = tls_settings(tls_files)
        async with open_smbc_at(url, profiles=profile(**QUICK), **settings) as bank:
            got = await submit(bank)

    assert got.outcome == UNREACHABLE
    assert server.requests == []


async def test_mutual_tls_carries_the_call(tls_files: dict[str, Path]) -> None:
    context = server_context(AUTHORITY.issue_cert("localhost"))
    AUTHORITY.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    async with (
        tcp_bank(says_completed, tls=context) as server,
        open_smbc_at(server.url, **tls_settings(tls_files)) as bank,
    ):
        got = await submit(bank)

    assert isinstance(got.outcome, Settled)
    assert len(server.requests) == 1


async def test_without_our_certificate_nothing_reaches_the_bank(tls_files: dict[str, Path]) -> None:
    """In TLS 1.3 the refusal comes after the handshake: the bank's word decides, not ours."""
    context = server_context(AUTHORITY.issue_cert("localhost"))
    AUTHORITY.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    async with (
        tcp_bank(says_completed, tls=context) as server,
        open_smbc_at(server.url, smbc_ca=tls_files["ca"]) as bank,
    ):
        got = await submit(bank)

    assert got.outcome == UNREACHABLE
    assert server.requests == []
    assert server.key_requests == 0
