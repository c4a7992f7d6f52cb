"""A bank that collects as it is told."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from gateway.domain.bank import CollectionOrder
from gateway.domain.outcome import (
    Answer,
    Authorizing,
    CollectionOutcome,
    NotFound,
    Redirect,
    StartOutcome,
)
from tests.services.conftest import ToldBank, evidence

REDIRECT = Redirect("https://bank.example/approve/1")


@dataclass
class CollectingBank(ToldBank):
    """Opens every order, and says of none that it is paid, unless told otherwise."""

    starts: deque[StartOutcome] = field(default_factory=deque)
    ends: deque[CollectionOutcome] = field(default_factory=deque)
    started: list[CollectionOrder] = field(default_factory=list)
    opens: asyncio.Event = field(default_factory=asyncio.Event)
    was_called: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.opens.set()

    async def start_collection(self, order: CollectionOrder) -> Answer[StartOutcome]:
        self.started.append(order)
        self.was_called.set()
        await self.opens.wait()
        return Answer(self.starts.popleft() if self.starts else Authorizing(REDIRECT), evidence())

    async def inquire_collection(self, order: CollectionOrder) -> Answer[CollectionOutcome]:
        del order
        return Answer(self.ends.popleft() if self.ends else NotFound(), evidence())
