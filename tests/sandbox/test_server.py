"""Starting, stopping, certificates, and books that outlive a restart."""

import json
import ssl
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
import trustme
from aiohttp import ClientSession

from gateway.sandbox.registry import BANKS
from gateway.sandbox.server import (
    SandboxRefused,
    make_tls_directory,
    running_sandbox,
    start_sandbox,
)
from tests.manual_clock import ManualClock
from tests.sandbox.lender import Lender


async def test_no_emulated_bank_starts_in_production(clock: ManualClock):
    with pytest.raises(SandboxRefused):
        await start_sandbox(clock=clock, environ={"GATEWAY_ENVIRONMENT": "production"})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1"])  # noqa: S104 - it must be refused
async def test_no_emulated_bank_listens_beyond_loopback(clock: ManualClock, host):
    with pytest.raises(SandboxRefused):
        await start_sandbox(clock=clock, host=host, port_base=0)


async def test_an_unknown_bank_is_refused(clock: ManualClock):
    with pytest.raises(KeyError):
        await start_sandbox(clock=clock, banks=["aozora"], port_base=0)


async def test_a_port_in_use_stops_the_start_and_leaves_nothing_open(clock: ManualClock):
    async with running_sandbox(clock=clock) as sandbox:
        port = int(sandbox.urls["smbc"].rsplit(":", 1)[1])

        with pytest.raises(OSError, match="address already in use"):
            await start_sandbox(clock=clock, port_base=port)


def test_every_bank_has_its_place_in_the_profiles_order():
    places = {"smbc": 0, "mufg": 1, "paypay": 2, "mizuho": 3, "rakuten": 4}
    taken = {name: spec.port_offset for name, spec in BANKS.items()}

    assert places.items() <= taken.items()
    assert len(set(taken.values())) == len(taken)


async def test_other_sandbox_values_come_from_the_gateways_own_settings(clock: ManualClock):
    environ = {"GATEWAY_SMBC_API_KEY": "other", "GATEWAY_SMBC_BANK_KID": "other-bank"}
    sandbox = await start_sandbox(clock=clock, port_base=0, environ=environ)
    try:
        async with ClientSession() as session:
            lender = Lender(session, sandbox.urls["smbc"], clock)
            refused = await lender.inquire("A" * 20)
            credentials = await lender.told("GET", "credentials")
    finally:
        await sandbox.close()

    assert refused.code == "INVALID_API_KEY"
    assert refused.is_signed_by("other-bank")
    assert credentials["api_key"] == "other"


async def test_a_restarted_emulator_shows_the_same_books(clock: ManualClock, tmp_path: Path):
    async with ClientSession() as session:
        async with running_sandbox(clock=clock, books_dir=tmp_path) as sandbox:
            lender = Lender(session, sandbox.urls["smbc"], clock)
            account = {"branch": "002", "type": "1", "number": "7654321", "holder": "ｽｽﾞｷ"}
            await lender.told("POST", "accounts", account)
            await lender.told("PUT", "settings", {"balances": {"settlement": 50_000}})
            at_once = {"kind": "callback", "before_answer": True}
            await lender.rule("callback", at_once, times=0)
            kept = lender.order(to_accountNumber="0000004")
            returned = lender.order(to_accountNumber="0000005")
            first = [await lender.submit(order) for order in (kept, returned)]
            before = await lender.told("GET", "ledger")

        async with running_sandbox(clock=clock, books_dir=tmp_path) as sandbox:
            lender = replace(lender, url=sandbox.urls["smbc"])
            after = await lender.told("GET", "ledger")
            again = [await lender.submit(order) for order in (kept, returned)]

    assert after == before
    assert len(after["movements"]) == 3
    assert [answer.body for answer in again] == [answer.body for answer in first]


async def test_a_return_that_was_still_to_come_comes_after_the_restart(
    clock: ManualClock, tmp_path: Path
):
    async with ClientSession() as session:
        async with running_sandbox(clock=clock, books_dir=tmp_path) as sandbox:
            lender = Lender(session, sandbox.urls["smbc"], clock)
            order = lender.order(to_accountNumber="0000005")
            await lender.submit(order)

        scale = 0.001
        async with running_sandbox(clock=clock, books_dir=tmp_path, time_scale=scale) as sandbox:
            lender = replace(lender, url=sandbox.urls["smbc"])
            await lender.told("PUT", "settings", {"rate_limits": {"inquiry": 0}})
            while (await lender.inquire(order["clientReference"])).json["status"] != "RETURNED":
                pass


async def test_a_reset_empties_the_kept_books_too(clock: ManualClock, tmp_path: Path):
    async with ClientSession() as session:
        async with running_sandbox(clock=clock, books_dir=tmp_path) as sandbox:
            lender = Lender(session, sandbox.urls["smbc"], clock)
            await lender.submit(lender.order())
            await lender.told("POST", "reset")
            await lender.submit(lender.order(amount="7"))

        async with running_sandbox(clock=clock, books_dir=tmp_path) as sandbox:
            movements = await replace(lender, url=sandbox.urls["smbc"]).movements()

    assert [movement["amount"] for movement in movements] == [7]


async def test_a_line_torn_by_a_crash_is_dropped(clock: ManualClock, tmp_path: Path):
    async with ClientSession() as session:
        async with running_sandbox(clock=clock, books_dir=tmp_path) as sandbox:
            lender = Lender(session, sandbox.urls["smbc"], clock)
            await lender.submit(lender.order())
        journal = tmp_path / "smbc.jsonl"
        whole = journal.read_bytes()
        journal.write_bytes(whole + whole[:50])

        async with running_sandbox(clock=clock, books_dir=tmp_path) as sandbox:
            lender = replace(lender, url=sandbox.urls["smbc"])
            await lender.submit(lender.order())
            movements = await lender.movements()

    assert len(movements) == 2
    assert all(json.loads(line) for line in journal.read_bytes().splitlines())


@pytest.fixture(scope="module")
def tls_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tls")
    make_tls_directory(directory)
    return directory


def trusting(directory: Path, certificate: str | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=directory / "ca.pem")
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if certificate is not None:
        context.load_cert_chain(directory / f"{certificate}.pem", directory / f"{certificate}.key")
    return context


def test_a_tls_directory_is_made_once_and_its_keys_are_private(tls_dir: Path):
    before = (tls_dir / "ca.pem").read_bytes()

    make_tls_directory(tls_dir)

    assert (tls_dir / "ca.pem").read_bytes() == before
    modes = {path.name: path.stat().st_mode & 0o777 for path in tls_dir.glob("*.key")}
    assert modes == {"server.key": 0o600, "client.key": 0o600}


async def test_with_the_lenders_certificate_the_bank_answers(clock: ManualClock, tls_dir: Path):
    connector = aiohttp.TCPConnector(ssl=trusting(tls_dir, "client"))
    async with (
        running_sandbox(clock=clock, tls_dir=tls_dir) as sandbox,
        ClientSession(connector=connector) as session,
    ):
        lender = Lender(session, sandbox.urls["smbc"], clock)
        answer = await lender.submit(lender.order())
        credentials = await lender.told("GET", "credentials")

    assert sandbox.urls["smbc"].startswith("https://127.0.0.1:")
    assert (answer.status, answer.is_signed) == (200, True)
    assert credentials["tls"]["client.pem"] == str(tls_dir / "client.pem")


async def test_without_a_certificate_the_bank_says_403_and_nothing_else(
    clock: ManualClock, tls_dir: Path
):
    connector = aiohttp.TCPConnector(ssl=trusting(tls_dir))
    async with (
        running_sandbox(clock=clock, tls_dir=tls_dir) as sandbox,
        ClientSession(connector=connector) as session,
    ):
        answer = await Lender(session, sandbox.urls["smbc"], clock).submit({})

    assert (answer.status, answer.body) == (403, b"")
    assert "X-Jws-Signature" not in answer.headers


async def test_a_certificate_of_the_same_ca_with_another_name_is_no_better(
    clock: ManualClock, tmp_path: Path
):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name in ("server", "client"):
        issued = authority.issue_cert("127.0.0.1", common_name="somebody-else")
        issued.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.pem")
        issued.private_key_pem.write_to_path(tmp_path / f"{name}.key")
    connector = aiohttp.TCPConnector(ssl=trusting(tmp_path, "client"))
    async with (
        running_sandbox(clock=clock, tls_dir=tmp_path) as sandbox,
        ClientSession(connector=connector) as session,
    ):
        lender = Lender(session, sandbox.urls["smbc"], clock)
        answer = await lender.submit(lender.order())

    assert (answer.status, answer.body) == (403, b"")


async def test_a_certificate_of_another_authority_fails_in_the_handshake(
    clock: ManualClock, tls_dir: Path, tmp_path: Path
):
    issued = trustme.CA().issue_cert("127.0.0.1", common_name="lender-sandbox")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "foreign.pem")
    issued.private_key_pem.write_to_path(tmp_path / "foreign.key")
    context = trusting(tls_dir)
    context.load_cert_chain(tmp_path / "foreign.pem", tmp_path / "foreign.key")
    async with (
        running_sandbox(clock=clock, tls_dir=tls_dir) as sandbox,
        ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
    ):
        # TLS 1.3: the client learns of it when it reads.
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"{sandbox.urls['smbc']}/smbc/api/v1/jwks")


async def test_the_control_api_needs_no_certificate(clock: ManualClock, tls_dir: Path):
    connector = aiohttp.TCPConnector(ssl=trusting(tls_dir))
    async with (
        running_sandbox(clock=clock, tls_dir=tls_dir) as sandbox,
        ClientSession(connector=connector) as session,
    ):
        ledger = await Lender(session, sandbox.urls["smbc"], clock).told("GET", "ledger")

    assert ledger["bank"] == "smbc"


async def test_the_approval_page_needs_no_certificate(clock: ManualClock, tls_dir: Path):
    """A payer has a browser, and no certificate of the lender's."""
    as_lender = aiohttp.TCPConnector(ssl=trusting(tls_dir, "client"))
    as_payer = aiohttp.TCPConnector(ssl=trusting(tls_dir))
    async with (
        running_sandbox(clock=clock, tls_dir=tls_dir) as sandbox,
        ClientSession(connector=as_lender) as session,
        ClientSession(connector=as_payer) as browser,
    ):
        order = await Lender(session, sandbox.urls["smbc"], clock).started()
        async with browser.get(order["redirectUrl"]) as answer:
            status = answer.status

    assert status == 200
    assert order["redirectUrl"].startswith("https://127.0.0.1:")
