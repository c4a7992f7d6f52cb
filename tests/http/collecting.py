"""A bank that opens repayments, and the request for one."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.bank import CollectionOrder
from gateway.domain.outcome import (
    Answer,
    Authorizing,
    CollectionOutcome,
    NotFound,
    Redirect,
    StartOutcome,
)
from tests.http.conftest import EVIDENCE, Client, FakeBank, Reply

BACK = "http://127.0.0.1:8080/repaid?from=menu"
KEY = "0192f3a1-7c1e-7a33-8f00-000000000001"
FORM = Redirect("https://bank.example/start", (("ITEM", "ｺﾞﾍﾝｻｲ"), ("MAC", "0f")), "Shift_JIS")


@dataclass
class CollectingBank(FakeBank):
    """Opens every order by a form, and says of none that it is paid, unless told otherwise."""

    redirect: Redirect = FORM
    ends: deque[CollectionOutcome] = field(default_factory=deque)
    orders: list[CollectionOrder] = field(default_factory=list)

    async def start_collection(self, order: CollectionOrder) -> Answer[StartOutcome]:
        self.orders.append(order)
        return Answer(Authorizing(self.redirect), EVIDENCE)

    async def inquire_collection(self, order: CollectionOrder) -> Answer[CollectionOutcome]:
        del order
        return Answer(self.ends.popleft() if self.ends else NotFound(), EVIDENCE)


async def ask(caller: Client, *, key: str = KEY, **changes: Any) -> Reply:
    body = {"kind": "amount", "bank": "smbc", "amount": 10_000, "return_url": BACK} | changes
    headers = {"Idempotency-Key": key}
    return await caller.call("POST", "/v1/repayments", json=body, headers=headers)
