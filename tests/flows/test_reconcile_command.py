"""Operators reconcile a day and resolve what it brings, from the command line."""

import csv
from pathlib import Path
from random import Random
from typing import Any

import orjson

from gateway.domain.account import BankCode
from gateway.ops.clock import shift_to
from gateway.services.accept_transfer import accept_transfer
from gateway.services.act_on_reviews import act_on_reviews
from tests.flows.bank_day import BACK, BadDay
from tests.flows.world import open_world, request
from tests.manual_clock import START
from tests.ops.test_command_line import CommandLine

TODAY = START.date().isoformat()


async def test_a_stray_credit_is_found_proposed_confirmed_and_acted_on(
    database_url: str, owner: Any, tmp_path: Path
) -> None:
    async with (
        open_world(database_url, owner, repayment_return_urls=(BACK,)) as world,
        world.process() as gateway,
    ):
        gateway_command = CommandLine(database_url, tmp_path)
        gateway_command.environment |= {
            "GATEWAY_SMBC_BASE_URL": world.sandbox.urls[BankCode.SMBC],
            "GATEWAY_MUFG_BASE_URL": "http://127.0.0.1:9",
            "GATEWAY_CLOCK_SHIFT_S": str(shift_to(START)),
        }
        accepted = await accept_transfer(gateway.desk, request(await world.member()))
        await world.until_at_rest(gateway, accepted.transfer)

        day = BadDay(world, gateway, Random(1))  # noqa: S311 - repeatable, no secret
        await day.strangers(BankCode.SMBC)
        code, out, _ = await gateway_command(
            "ops", "reconcile", "--date", TODAY, "--bank", "smbc", "--format", "csv"
        )
        assert code == 1
        rows = list(csv.DictReader(out.splitlines()))
        assert [(row["break"], row["review"], row["bank_yen"]) for row in rows] == [
            ("debit_unknown", "only_bank_out", "555"),
            ("credit_unknown", "only_bank_in", "777"),
        ]

        items = await items_by_kind(gateway_command)
        assert set(items) == {"only_bank_in", "only_bank_out"}

        credit = items["only_bank_in"]
        resolve = ("ops", "resolve", credit, "--as", "given_back", "--note", "sent back")
        code, out, _ = await gateway_command(*resolve, "--by", "sato")
        assert (code, "another operator confirms" in out) == (0, True)
        code, _, err = await gateway_command(*resolve, "--by", "sato", "--confirm")
        assert (code, "another operator confirms" in err) == (1, True)
        code, out, _ = await gateway_command(*resolve, "--by", "suzuki", "--confirm")
        assert (code, "the gateway acts on it" in out) == (0, True)

        await act_on_reviews(gateway.loops)
        code, out, _ = await gateway_command("ops", "review", "show", credit)
        assert code == 0
        assert "given_back, by sato" in out
        assert "by suzuki" in out
        assert "not yet" not in out
        assert await waiting(gateway_command) == (1, 1)
        await swept(gateway_command, items["only_bank_out"])
        assert await waiting(gateway_command) == (0, 0)


async def items_by_kind(command: CommandLine) -> dict[str, str]:
    code, out, _ = await command("ops", "review", "list", "--json")
    assert code == 0
    return {item["kind"]: item["id"] for item in orjson.loads(out)}


async def waiting(command: CommandLine) -> tuple[int | None, int]:
    """Reconcile the day once more; return the exit code, and how much waits for people."""
    words = ("ops", "reconcile", "--date", TODAY, "--bank", "smbc", "--format", "json")
    code, out, _ = await command(*words)
    return code, orjson.loads(out)[0]["waiting"]


async def swept(command: CommandLine, item: str) -> None:
    words = ("ops", "resolve", item, "--as", "sweep", "--note", "each evening")
    assert (await command(*words, "--by", "sato"))[0] == 0
    assert (await command(*words, "--by", "suzuki", "--confirm"))[0] == 0


async def test_a_statement_that_cannot_be_had_and_a_day_to_come_are_said_so(
    database_url: str, tmp_path: Path
) -> None:
    gateway_command = CommandLine(database_url, tmp_path)
    gateway_command.environment |= {
        "GATEWAY_MUFG_BASE_URL": "http://127.0.0.1:9",
        "GATEWAY_CLOCK_SHIFT_S": str(shift_to(START)),
    }

    code, out, _ = await gateway_command(
        "ops", "reconcile", "--date", TODAY, "--bank", "mufg", "--format", "json"
    )
    assert (code, orjson.loads(out)[0]["refused"]) == (1, "bank_unreachable")

    code, _, err = await gateway_command("ops", "reconcile", "--date", "2026-12-24")
    assert (code, "has not come yet" in err) == (2, True)
    code, _, err = await gateway_command("ops", "reconcile", "--date", "0226-12-01")
    assert (code, "cannot be; it lies" in err) == (2, True)

    code, _, err = await gateway_command("ops", "review", "show", "rv_" + "0" * 32)
    assert (code, "no review item" in err) == (1, True)
