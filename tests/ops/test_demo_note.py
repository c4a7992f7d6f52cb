"""Commands beside a demo call that demo's banks, and no others that have their address."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.app import database_name
from gateway.config import load_settings
from gateway.domain.account import BankCode
from gateway.domain.errors import NotReady
from gateway.operators.demo_note import (
    DemoBank,
    DemoNote,
    beside_demo,
    read_note,
    strangers,
    write_note,
)
from gateway.operators.operating_desk import operators_desk
from gateway.sandbox.server import running_sandbox
from tests.manual_clock import START, ManualClock
from tests.ops.test_command_line import CommandLine

SHIFT_S = 3_600.0
NOWHERE = "http://127.0.0.1:1"


def settings(directory: Path, url: str, **more: Any) -> Any:
    return load_settings(data_dir=directory, database_url=url, **more)


def note_of(url: str, sandbox: Any) -> DemoNote:
    banks = {
        name: DemoBank(sandbox.urls[name], bank.identity) for name, bank in sandbox.banks.items()
    }
    return DemoNote(database_name(load_settings(database_url=url)), SHIFT_S, banks)


def test_the_demos_banks_and_clock_go_before_the_defaults(
    tmp_path: Path, database_url: str
) -> None:
    own = settings(tmp_path, database_url, mufg_base_url="http://127.0.0.1:9")
    banks = {
        str(code): DemoBank(f"http://127.0.0.1:{7000 + n}", "x") for n, code in enumerate(BankCode)
    }
    write_note(tmp_path, DemoNote(database_name(own), SHIFT_S, banks))

    told = beside_demo(own)

    assert told.smbc_base_url == "http://127.0.0.1:7000"
    assert told.mufg_base_url == "http://127.0.0.1:9"  # what was set goes before the note
    assert told.clock_shift_s == SHIFT_S


@pytest.mark.parametrize("other", ["another database", "production"])
def test_a_note_of_another_database_is_none(other: str, tmp_path: Path, database_url: str) -> None:
    write_note(tmp_path, DemoNote("another at 127.0.0.1", 0.0, {}))
    found = settings(tmp_path, database_url)
    if other == "production":
        write_note(tmp_path, DemoNote(database_name(found), 0.0, {}))
        found = found.model_copy(update={"environment": "production"})

    assert read_note(found) is None
    assert beside_demo(found) is found


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"database": "x", "banks": []}'])
def test_a_note_that_cannot_be_read_stops_the_command(text: str, tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text(text)

    with pytest.raises(NotReady, match=r"demo\.json: cannot be read"):
        read_note(load_settings(data_dir=tmp_path))


async def test_a_bank_that_only_has_the_address_is_a_stranger(
    tmp_path: Path, database_url: str, clock: ManualClock
) -> None:
    async with running_sandbox(clock=clock) as ours, running_sandbox(clock=clock) as others:
        note = note_of(database_url, ours)
        await asyncio.to_thread(write_note, tmp_path, note)
        own = await asyncio.to_thread(beside_demo, settings(tmp_path, database_url))
        at_others = own.model_copy(update={"smbc_base_url": others.urls["smbc"]})

        known = await strangers(own)
        stranger = await strangers(at_others)
        silent = await strangers(own.model_copy(update={"smbc_base_url": NOWHERE}))

        assert known == {}
        assert "is another bank than this demo's" in stranger["smbc"]
        assert "is this demo running?" in silent["smbc"]
        with pytest.raises(NotReady, match="nothing was written"):
            async with operators_desk(at_others):
                pass
        async with operators_desk(own) as desk:
            assert desk.clock.now() > START


async def test_a_banks_identity_lasts_as_long_as_its_books(
    tmp_path: Path, clock: ManualClock
) -> None:
    identities = []
    for directory in ("books", "books", "others"):
        await asyncio.to_thread((tmp_path / directory).mkdir, exist_ok=True)
        async with running_sandbox(clock=clock, books_dir=tmp_path / directory) as sandbox:
            identities.append(sandbox.banks["smbc"].identity)

    assert identities[0] == identities[1] != identities[2]


async def test_reconcile_writes_nothing_beside_another_demos_banks(
    tmp_path: Path, database_url: str, clock: ManualClock, owner: Any
) -> None:
    gateway = CommandLine(database_url, tmp_path)
    async with running_sandbox(clock=clock) as sandbox:
        gateway.environment["GATEWAY_SMBC_BASE_URL"] = sandbox.urls["smbc"]
        told = note_of(database_url, sandbox)
        other = {"smbc": replace(told.banks["smbc"], identity="another")}
        await asyncio.to_thread(write_note, tmp_path, replace(told, banks=other))

        refused = await gateway("ops", "reconcile", "--bank", "smbc", "--date", "2026-11-24")
        examined = await gateway("doctor", "--json")

    assert refused[0] == 1
    assert "is another bank than this demo's" in refused[2]
    assert await owner.fetchval("SELECT count(*) FROM daily_runs") == 0
    wrong = [check for check in orjson.loads(examined[1]) if check["name"] == "demo's smbc"]
    assert [check["is_good"] for check in wrong] == [False]
