"""How Mizuho is opened: over TLS with our certificate, and with secrets that stay inside."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.line import Parts
from gateway.adapters.mizuho.bank import Contract, Mizuho
from gateway.adapters.mizuho.channel import Credentials
from gateway.adapters.mizuho.opening import open_mizuho
from gateway.adapters.mizuho.zengin.transfers import Sender
from gateway.config import load_settings
from gateway.domain.account import BankCode
from gateway.domain.bank import Statement, StatementUnavailable
from gateway.domain.errors import NotReady
from gateway.domain.reason import Reason
from gateway.profiles import bank_profiles
from gateway.sandbox.server import make_tls_directory, running_sandbox
from tests.adapters.stand_ins import FreeLanes, Tally, nothing_happens
from tests.manual_clock import START, ManualClock

SECRET = "never-to-be-seen"


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[Mizuho]:
    loaded = await asyncio.to_thread(load_settings, **settings)
    parts = Parts(ManualClock(), Tally(), FreeLanes(), nothing_happens, time.monotonic, 1.0)
    async with open_mizuho(loaded, bank_profiles()[BankCode.MIZUHO], parts) as bank:
        yield bank


@pytest.fixture
async def tls(tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """Yield the address of an emulator that asks for a certificate, and the keys' place."""
    place = tmp_path / "tls"
    await asyncio.to_thread(make_tls_directory, place)
    async with running_sandbox(
        clock=ManualClock(), banks=("mizuho",), port_base=0, tls_dir=place
    ) as sandbox:
        yield sandbox.urls["mizuho"], place


async def test_our_certificate_opens_the_bank(tls: tuple[str, Path]) -> None:
    url, place = tls
    async with opened(
        mizuho_base_url=url,
        mizuho_ca=place / "ca.pem",
        mizuho_client_cert=place / "client.pem",
        mizuho_client_cert_key=place / "client.key",
    ) as bank:
        got = await bank.statement(START.date())

    assert isinstance(got, Statement)


async def test_without_our_certificate_the_contract_is_in_trouble(tls: tuple[str, Path]) -> None:
    url, place = tls
    async with opened(mizuho_base_url=url, mizuho_ca=place / "ca.pem") as bank:
        got = await bank.statement(START.date())

    assert got == StatementUnavailable(Reason.CONTRACT_ERROR)


async def test_a_wrong_password_is_contract_trouble() -> None:
    async with (
        running_sandbox(clock=ManualClock(), banks=("mizuho",), port_base=0) as sandbox,
        opened(mizuho_base_url=sandbox.urls["mizuho"], mizuho_password=SECRET) as bank,
    ):
        got = await bank.statement(START.date())

    assert got == StatementUnavailable(Reason.CONTRACT_ERROR)


@pytest.mark.parametrize("setting", ["mizuho_ca", "mizuho_client_cert"])
async def test_a_certificate_that_cannot_be_read_stops_the_start(
    tmp_path: Path, setting: str
) -> None:
    path = tmp_path / "bad.pem"
    path.write_bytes(b"no certificate")

    beside = {"mizuho_client_cert_key": path} if setting.endswith("cert") else {}

    with pytest.raises(NotReady, match="GATEWAY_MIZUHO_CA"):
        async with opened(mizuho_base_url="https://127.0.0.1:1", **{setting: path}, **beside):
            pass


def test_a_secret_is_in_no_text_of_its_holder() -> None:
    sender = Sender("0000012345", "ﾌﾟﾛﾐｽ", "001", "1", "9000001")
    credentials = Credentials("http://127.0.0.1:8104", "lender", SECRET)

    assert SECRET not in repr(credentials)
    assert SECRET not in repr(Contract(sender, "50001", SECRET.encode()))
