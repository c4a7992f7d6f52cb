"""Each bank's marked secrets, through every fault of a pay-out: they come out nowhere."""

import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from gateway.demo.stage import DEMO_BRANCHES
from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.identifier import public_id, uuid7
from gateway.domain.money import Yen
from gateway.services.enrol_member import Enrolment, enrol_member
from gateway.store.accounts import add_account
from tests.flows.marks import found
from tests.flows.serving import KANA as SERVED_KANA
from tests.flows.serving import NUMBER as SERVED_NUMBER
from tests.flows.serving import PIN as SERVED_PIN
from tests.flows.serving import Caller, all_at_rest, log_in, new_key, running, until
from tests.flows.world import World, open_world

MARKS: Mapping[BankCode, dict[str, str]] = {
    BankCode.SMBC: {"smbc_api_key": "mark-of-the-api-key-5521"},
    BankCode.MUFG: {"mufg_client_secret": "mark-of-the-client-secret-1157"},
    BankCode.PAYPAY: {"paypay_mac_secret": "mark-of-the-mac-secret-2268"},
    BankCode.MIZUHO: {"mizuho_password": "mark-of-the-basic-password-3379"},
    BankCode.RAKUTEN: {"rakuten_password": "mark-of-the-form-password-4480"},
}
REFUSED = {
    BankCode.SMBC: "ACCOUNT_FROZEN",
    BankCode.MUFG: "AC06",
    BankCode.PAYPAY: "E13",
    BankCode.MIZUHO: "3",
    BankCode.RAKUTEN: "C",
}
FAULTS: Mapping[str, dict[str, object]] = {
    "7653201": {"kind": "delay", "seconds": 4},
    "7653202": {"kind": "drop_before"},
    "7653203": {"kind": "drop_after"},
    "7653204": {"kind": "hang_after"},
    "7653205": {"kind": "status", "status": 500, "done": True},
    "7653206": {"kind": "garbage"},
    "7653207": {"kind": "code"},
}


async def accounts_with_faults(world: World, owner: Any, bank: BankCode) -> list[str]:
    """Give the member an account for each fault, at the bank and here; return their public ids."""
    branch = DEMO_BRANCHES.get(bank, "001")
    opened = [
        {"branch": branch, "type": "1", "number": number, "holder": SERVED_KANA, "balance": 0}
        for number in FAULTS
    ]
    url = f"{world.sandbox.urls[bank]}/_sandbox/accounts"
    async with world.control.post(url, json=opened) as answer:
        assert answer.status == 200
    rules = [
        {
            "operation": "submit",
            "account": number,
            "action": action if action["kind"] != "code" else action | {"code": REFUSED[bank]},
        }
        for number, action in FAULTS.items()
    ]
    await world.put("faults", rules, bank=bank)
    async with world.process(name="enrolment") as gateway:
        enrolment = Enrolment(SERVED_NUMBER, SERVED_KANA, SERVED_PIN, Yen(10**6))
        await enrol_member(gateway.office, gateway.pins, enrolment)
        member: UUID = await owner.fetchval("SELECT member_id FROM members")
        now, ids = world.clock.now(), []
        for number in FAULTS:
            account = BankAccount(bank, branch, AccountType.ORDINARY, number, SERVED_KANA)
            identifier = uuid7(now, os.urandom(10))
            kept = await add_account(gateway.desk.db, member, identifier, account, now=now)
            ids.append(public_id("ac", kept.id))
        return ids


@pytest.mark.parametrize("bank", [pytest.param(bank, id=bank.value) for bank in MARKS])
async def test_no_fault_at_any_bank_brings_a_secret_to_light(
    database_url: str, owner: Any, bank: BankCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, mark in MARKS[bank].items():
        # The emulator reads its secrets from the environment.
        monkeypatch.setenv(f"GATEWAY_{name.upper()}", mark)
    async with (
        open_world(database_url, owner, banks=(bank,), secrets=MARKS[bank]) as world,
        aiohttp.ClientSession() as session,
    ):
        accounts = await accounts_with_faults(world, owner, bank)
        async with running(world, "a", GATEWAY_LOG_LEVEL="debug") as process:
            address = await process.up()
            caller = Caller(session, address, "", await log_in(session, address))
            for account in accounts:
                asking = Caller(session, address, account, caller.token)
                assert (await asking.ask(new_key(), amount=1_000)).status == 202
            await until(lambda: all_at_rest(owner))
            shown = [(await caller.get("/metrics")).text, (await caller.get("/v1/transfers")).text]
        answered = process.count("bank.answered")

    numbers = {f"account {number}": number for number in FAULTS}
    marks = MARKS[bank] | numbers | {"holder": SERVED_KANA}
    assert answered >= len(FAULTS) or bank is BankCode.MIZUHO  # one file holds them all
    assert found(marks, [*shown, *process.written, *process.errors]) == []
