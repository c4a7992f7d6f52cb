"""Members of the run: they ask until they are answered, pay back, and note what they are told."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import aiohttp

from chaos.banks import Banks
from chaos.tape import Tape

PIN = "2468"
RETURN_URL = "http://127.0.0.1:8080/"
ASK_WITHIN_S, LOOK_EVERY_S = 20.0, 1.5
FAILURES = (aiohttp.ClientError, OSError, TimeoutError, ValueError)
Answer = tuple[int, dict[str, Any]]


class Payer(Enum):
    """Act as the payer once the bank has opened the order."""

    APPROVES = "approves"
    CANCELS_FIRST = "cancels at the lender's, and approves at the bank all the same"
    DECLINES = "declines"


@dataclass(slots=True)
class Told:
    """One wish, and all that its member was told of it, in order."""

    flow: str
    key: str
    member: str
    bank: str
    amount: int
    states: list[str] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=dict)
    refusal: str = ""

    @property
    def reference(self) -> str:
        return str(self.last.get("reference", ""))

    @property
    def is_over(self) -> bool:
        """Whether the member was told the last word, or that it takes people."""
        return bool(self.refusal) or bool(self.last.get("is_final")) or self.state == "review"

    @property
    def state(self) -> str:
        return self.states[-1] if self.states else ""


class Member:
    """One member with an account at every bank, signed in at whichever replica answers."""

    def __init__(self, number: str, addresses: Sequence[str], random: Random) -> None:
        self.number = number
        self.accounts: dict[str, str] = {}
        self._addresses = addresses
        self._random = random
        self._token = ""

    async def sign_in(self, client: aiohttp.ClientSession) -> None:
        body = {"method": "member_number", "member_number": self.number, "pin": PIN}
        while True:
            with suppress(*FAILURES):
                url = f"{self._random.choice(self._addresses)}/v1/sessions"
                limit = aiohttp.ClientTimeout(total=ASK_WITHIN_S)
                async with client.post(url, json=body, timeout=limit) as answer:
                    if answer.status == HTTPStatus.CREATED:
                        self._token = (await answer.json())["token"]
                        break
            await asyncio.sleep(1)
        _, found = await self.call(client, "GET", "/v1/accounts")
        self.accounts = {item["bank"]: item["id"] for item in found["items"]}

    async def call(
        self,
        client: aiohttp.ClientSession,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str = "",
    ) -> Answer:
        """Ask until there is an answer; no answer, 5xx and 429 are none."""
        headers = {"Authorization": f"Bearer {self._token}"}
        headers |= {"Idempotency-Key": key} if key else {}
        pause_s = 0.2
        while True:
            with suppress(*FAILURES):
                limit = aiohttp.ClientTimeout(total=ASK_WITHIN_S)
                async with client.request(
                    method,
                    self._random.choice(self._addresses) + path,
                    json=body,
                    headers=headers,
                    timeout=limit,
                ) as answer:
                    if _is_answer(answer.status):
                        return answer.status, await answer.json(content_type=None)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.5, 2.0)


@dataclass(slots=True)
class Crowd:
    """All members of a run, their wishes, and what they were told.

    `described` says which fields the API describes for a request: only these are sent.
    """

    client: aiohttp.ClientSession
    members: Sequence[Member]
    banks: Banks
    tape: Tape
    random: Random
    described: Collection[str] = ()
    told: list[Told] = field(default_factory=list)

    def key(self) -> str:
        return str(UUID(int=self.random.getrandbits(128)))

    async def borrow(self, member: Member, bank: str, amount: int) -> Told:
        """Ask for cash, and follow it to its last word."""
        wish = Told("transfer", self.key(), member.number, bank, amount)
        body = {"account_id": member.accounts[bank], "amount": amount}
        body |= {"again": True} if "again" in self.described else {}
        if await self._ask(member, wish, body):
            await self._follow(member, wish)
        return wish

    async def pay_back(self, member: Member, bank: str, amount: int, payer: Payer) -> Told:
        """Ask to pay back, decide at the bank as the payer does, and follow it to its end."""
        wish = Told("repayment", self.key(), member.number, bank, amount)
        body: dict[str, object] = {"kind": "amount", "amount": amount, "bank": bank}
        body |= {"return_url": RETURN_URL}
        body |= {"beside_open": True} if "beside_open" in self.described else {}
        if not await self._ask(member, wish, body):
            return wish
        while wish.state == "created":
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look(member, wish)
        if wish.last.get("redirect"):
            await self._decide(member, wish, payer)
        await self._follow(member, wish)
        return wish

    async def _ask(self, member: Member, wish: Told, body: Mapping[str, object]) -> bool:
        """Ask under one key until there is an answer; return whether it was accepted."""
        self.told.append(wish)
        self.tape.write("wish", flow=wish.flow, key=wish.key, bank=wish.bank, amount=wish.amount)
        path = f"/v1/{wish.flow}s"
        status, answer = await member.call(self.client, "POST", path, body, key=wish.key)
        if status != HTTPStatus.ACCEPTED:
            wish.refusal = str(answer.get("code", status))
            self.tape.write("refused", key=wish.key, code=wish.refusal)
            return False
        self._note(wish, answer)
        self.tape.write("accepted", key=wish.key, reference=wish.reference, id=answer["id"])
        return True

    async def look(self, member: Member, wish: Told) -> None:
        """Ask how it stands, and note the answer."""
        path = f"/v1/{wish.flow}s/{wish.last['id']}"
        status, answer = await member.call(self.client, "GET", path)
        if status == HTTPStatus.OK:
            self._note(wish, answer)
        else:
            self.tape.write("not_shown", reference=wish.reference, status=status)

    def _note(self, wish: Told, answer: dict[str, Any]) -> None:
        wish.last = answer
        if wish.state != answer["state"]:
            wish.states.append(answer["state"])
            self.tape.write(
                "told",
                reference=wish.reference,
                state=answer["state"],
                reason=answer.get("reason"),
                settled_at=answer.get("settled_at"),
            )

    async def _follow(self, member: Member, wish: Told) -> None:
        while not wish.is_over:
            await asyncio.sleep(self.random.uniform(0.5, 1.5) * LOOK_EVERY_S)
            await self.look(member, wish)

    async def _decide(self, member: Member, wish: Told, payer: Payer) -> None:
        """Do on the bank's page what this payer does."""
        redirect = wish.last["redirect"]
        if payer is Payer.CANCELS_FIRST:
            path = f"/v1/repayments/{wish.last['id']}/cancel"
            await member.call(self.client, "POST", path)
        for _ in range(20):
            with suppress(*FAILURES):
                async with self.client.request(
                    redirect["method"],
                    redirect["url"],
                    data=_form(redirect) if redirect["method"] == "POST" else None,
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                ) as page:
                    if page.status == HTTPStatus.OK:
                        break
            await asyncio.sleep(0.5)
        word = "decline" if payer is Payer.DECLINES else "approve"
        status, answer = await self.banks.asked(wish.bank, "POST", f"{word}/{wish.reference}", {})
        self.tape.write(word, reference=wish.reference, status=status, answer=answer)


def _is_answer(status: int) -> bool:
    """Whether it says something of the wish: a failure and "too many" say to come back."""
    return status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.TOO_MANY_REQUESTS


def _form(redirect: Mapping[str, Any]) -> bytes:
    """Return the fields as a browser sends them, in the bank's charset."""
    return urlencode(redirect["fields"], encoding=redirect.get("charset", "utf-8")).encode()
