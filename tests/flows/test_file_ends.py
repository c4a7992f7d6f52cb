"""What a file came to at the emulated bank, from answers in front of it and from its people.

Real HTTP, the worker, and the operators' command line.
"""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from gateway.app import Gateway
from gateway.domain.account import BankCode
from gateway.domain.identifier import public_id
from gateway.domain.review import Resolution
from gateway.domain.transfer import State, Transfer
from gateway.ops.clock import shift_to
from gateway.services.accept_transfer import accept_transfer
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.store.review_items import Confirmation, Proposal, list_items
from tests.flows.world import World, open_world, request
from tests.manual_clock import START
from tests.ops.test_command_line import CommandLine

MIZUHO = BankCode.MIZUHO
FORGES = (429, 401, 403, 503, 500)  # what something in front of the bank may say
RELEASE = "UPDATE bank_stops SET released_at = now(), released_by = 'a' WHERE released_at IS NULL"
IS_OLD = """UPDATE transfers SET unresolved_since = unresolved_since - interval '2 hours',
    inquire_at = unresolved_since, fence = fence + 1 WHERE id = $1 AND state = 'unknown'"""
OPEN_FILE = "SELECT file_id FROM bank_files WHERE state = 'stored' AND sendings > 1"


def on_submit(kind: str, *, times: int = 1, **details: object) -> list[dict[str, object]]:
    """Return the rules of the control API for files, `times` 0: for each that comes."""
    return [{"operation": "submit", "times": times, "action": {"kind": kind} | details}]


async def accepted(world: World, gateway: Gateway) -> Transfer:
    wanted = request(await world.member(bank=MIZUHO))
    return (await accept_transfer(gateway.desk, wanted)).transfer


async def until(world: World, sql: str, *args: object) -> str:
    """Return what the database says, once it says anything."""
    async with asyncio.timeout(20):
        while True:
            if found := await world.owner.fetchval(sql, *args):
                return str(found)
            await asyncio.sleep(0.02)


async def until_in_review(world: World, transfer: Transfer) -> None:
    async with asyncio.timeout(20):
        while await state_of(world, transfer) != State.REVIEW:
            await world.owner.execute(IS_OLD, transfer.id)
            await asyncio.sleep(0.02)


async def until_settled(world: World, transfer: Transfer) -> None:
    """Wait for it, and release the bank, which 401 and 403 hold."""
    async with asyncio.timeout(20):
        while await state_of(world, transfer) != State.SETTLED:
            await world.owner.execute(RELEASE)
            await asyncio.sleep(0.02)


async def state_of(world: World, transfer: Transfer) -> str:
    state = await world.owner.fetchval("SELECT state FROM transfers WHERE id = $1", transfer.id)
    return str(state)


async def bar(world: World, file_id: str) -> int:
    """Let the bank's people bar a number; return how they answer."""
    url = f"{world.sandbox.urls[MIZUHO]}/_sandbox/files/{file_id}/bar"
    async with aiohttp.ClientSession() as session, session.post(url) as answer:
        return answer.status


async def test_what_something_in_front_of_the_bank_says_frees_nothing_that_the_bank_took(
    database_url: str, owner: Any
) -> None:
    """Each was paid twice: the bank took the file, and the first sending heard a bare status."""
    async with (
        open_world(database_url, owner, banks=[MIZUHO]) as world,
        world.process() as gateway,
    ):
        await world.put("settings", {"rate_limits": {"money": 0}}, bank=MIZUHO)
        found = []
        for status in FORGES:
            await world.put("faults", on_submit("status", status=status, done=True), bank=MIZUHO)
            transfer = await accepted(world, gateway)
            await until_settled(world, transfer)
            found.append(await world.until_at_rest(gateway, transfer))

        assert [transfer.state for transfer in found] == [State.SETTLED] * len(FORGES)
        await world.check(gateway, *found)


async def test_two_people_end_a_file_before_they_send_its_transfer_again(
    database_url: str, owner: Any, tmp_path: Path
) -> None:
    """They sent it again while its old file was stored, and both files were paid."""
    async with (
        open_world(database_url, owner, banks=[MIZUHO]) as world,
        world.process() as gateway,
    ):
        command = CommandLine(database_url, tmp_path)
        command.environment |= {"GATEWAY_CLOCK_SHIFT_S": str(shift_to(START))}
        rules = on_submit("status", times=0, status=502, done=False)
        await world.put("faults", rules, bank=MIZUHO)
        transfer = await accepted(world, gateway)
        file_id = await until(world, OPEN_FILE)
        await until_in_review(world, transfer)
        db, now = gateway.office.db, world.clock.now()
        (item,) = await list_items(db)
        name = public_id("rv", item.id)

        resolve = ("ops", "resolve", name, "--as", "send_again", "--note", "it is not there")
        code, _, err = await command(*resolve, "--by", "sato")
        assert (code, f"file-end {file_id}" in err) == (1, True)
        _, out, _ = await command("ops", "review", "show", name)
        assert f"stored  file={file_id}" in out

        assert await bar(world, file_id) == 200
        for by in (("--by", "sato"), ("--by", "suzuki", "--confirm")):
            await said(command, "ops", "file-end", file_id, "--as", "barred", *by)
        await world.put("faults", [], bank=MIZUHO)
        again = Proposal(Resolution.SEND_AGAIN, "it is barred", "sato", {})
        await propose_resolution(db, item.id, again, now=now)
        word = Confirmation(Resolution.SEND_AGAIN, "suzuki", "it is barred")
        await confirm_resolution(db, item.id, word, now=now)

        await until_settled(world, transfer)
        found = await world.until_at_rest(gateway, transfer)
        assert found.file_id != file_id
        await world.check(gateway, found)


async def said(command: CommandLine, *words: str) -> None:
    """Say it again while a sender has the file."""
    async with asyncio.timeout(30):
        while True:
            code, _, err = await command(*words)
            if code == 0:
                return
            assert "a sender has file" in err or "somebody was faster" in err, err
