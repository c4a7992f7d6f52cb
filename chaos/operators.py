"""Two operators: they hold, announce windows, release, and decide what waits in review.

They say only what they saw at the bank: a pay-out that stands in its books is settled; one that
does not is rejected or sent again, and of a file only after the bank has barred its number.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import asyncpg

from chaos.oracle import JST
from chaos.stage import Stage

PEOPLE = ("sato", "suzuki", "tanaka")
LOOK_EVERY_S = 4.0
# What was sent may still be on its way: looked up twice, so many seconds apart.
LOOK_AGAIN_S = 2.0
NOTHING_HELD = "nothing was held"  # else the database was gone: the command is given again
RELEASES_MAX = 60
HELD = (
    "SELECT bank, reason FROM bank_stops WHERE released_at IS NULL AND ends_at IS NULL"
    " AND held_by NOT LIKE 'rig%'"
)
WAITING = (
    "SELECT id, kind, bank, reference, state FROM review_items WHERE state <> 'closed'"
    " ORDER BY raised_at"
)
FILE_OF = "SELECT bank, file_id FROM transfers WHERE reference = $1"


class Operators:
    """Look around again and again for as long as `work` runs.

    `words` are what they say of a pay-out that the bank does not have.
    """

    def __init__(self, stage: Stage, words: Sequence[str] = ("send_again", "rejected")) -> None:
        self._stage = stage
        self._words = words
        self._busy: set[str] = set()
        self._noted: set[str] = set()
        self.has_decided = asyncio.Event()

    async def work(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S * self._stage.random.uniform(0.5, 1.5))
            try:
                await self._release()
                await self._decide_all()
            except (OSError, RuntimeError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                self._stage.tape.write("operators_wait", error=str(error)[:200])

    async def hold(self, bank: str, seconds: float) -> None:
        """Hold a bank, and let it go again: until it is, for the database may be gone just then."""
        said = (bank, "--reason", "the rig says so", "--by", "rig-hold")
        await self._stage.ops("hold", *said)
        await asyncio.sleep(seconds)
        for _ in range(RELEASES_MAX):
            code, written = await self._stage.ops("release", *said)
            if code == 0 or NOTHING_HELD in written:
                return
            await asyncio.sleep(LOOK_AGAIN_S)

    async def announce(self, bank: str, seconds: float) -> None:
        """Announce a window of a bank that begins now."""
        now = self._stage.clock.now().astimezone(JST)
        begins, ends = (
            (now + timedelta(seconds=s)).replace(tzinfo=None).isoformat(timespec="seconds")
            for s in (1, seconds + 1)
        )
        said = ("--from", begins, "--until", ends, "--name", "臨時メンテナンス", "--by", "rig")
        await self._stage.ops("windows", "add", bank, *said)

    async def _release(self) -> None:
        """Lift what the gateway held by itself: the rig's banks mend by themselves."""
        for stop in await self._stage.rows(HELD):
            by = self._stage.random.choice(PEOPLE)
            await self._stage.ops("release", stop["bank"], "--reason", stop["reason"], "--by", by)

    async def _decide_all(self) -> None:
        for item in await self._stage.rows(WAITING):
            if str(item["id"]) in self._noted:
                continue
            if item["kind"] == "transfer_unclear":
                await self._decide(item)
            else:
                self._noted.add(str(item["id"]))
                await self._two_people(item, "noted", {})

    async def _decide(self, item: Mapping[str, Any]) -> None:
        word, particulars = await self._bank_says(item["bank"], item["reference"])
        await asyncio.sleep(LOOK_AGAIN_S)
        if (word, particulars) != await self._bank_says(item["bank"], item["reference"]):
            return
        if word:
            await self._two_people(item, word, particulars)
            return
        word = self._stage.random.choice(self._words)
        if not await self._two_people(item, word, {}):
            await self._bar_file(item["reference"])
        self.has_decided.set()

    async def _bank_says(self, bank: str, reference: str) -> tuple[str, dict[str, str]]:
        """Return what the bank's books say of a pay-out; an empty word when it is not there."""
        moved = await self._stage.banks.movements(bank)
        at = {m["kind"]: m["instant"] for m in moved if m["reference"] == reference}
        if "return" in at:
            return "returned", {"booked-at": at["payout"], "returned-at": at["return"]}
        if "payout" in at:
            return "settled", {"booked-at": at["payout"]}
        return "", {}

    async def _two_people(
        self, item: Mapping[str, Any], word: str, particulars: Mapping[str, str]
    ) -> bool:
        """Let one propose and another confirm; return whether the gateway took it."""
        one, other = self._stage.random.sample(PEOPLE, 2)
        name = f"rv_{item['id'].hex}"
        said = ["--as", word, "--note", "seen at the bank"]
        for field, value in particulars.items():
            said += [f"--{field}", _whole_seconds(value)]
        code, _ = await self._stage.ops("resolve", name, *said, "--by", one)
        if code == 0:
            code, _ = await self._stage.ops("resolve", name, *said, "--by", other, "--confirm")
        return code == 0

    async def _bar_file(self, reference: str) -> None:
        """Let the bank bar the number of the item's file, and end the file here on that word."""
        for row in await self._stage.rows(FILE_OF, reference):
            if row["file_id"] is None:
                continue
            file_id = row["file_id"]
            status, answer = await self._stage.banks.asked(
                row["bank"], "POST", f"files/{file_id}/bar", {}
            )
            self._stage.tape.write("bar", file=file_id, status=status, answer=answer)
            if status == HTTPStatus.OK:
                await self._end_file(file_id)

    async def _end_file(self, file_id: str) -> None:
        one, other = self._stage.random.sample(PEOPLE, 2)
        said = ("file-end", file_id, "--as", "barred", "--note", "the bank barred it")
        code, _ = await self._stage.ops(*said, "--by", one)
        if code == 0:
            await self._stage.ops(*said, "--by", other, "--confirm")


def _whole_seconds(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(JST).isoformat()
