"""SMBC's adapter on prepared answers, without a socket."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import respx

from gateway.domain.bank import InstantBank
from tests.adapters.stand_ins import BANK_KID, jwks, open_smbc_at
from tests.manual_clock import ManualClock

URL = "http://127.0.0.1:8101"
RECORDINGS = Path(__file__).parents[1] / "recordings" / "smbc"
ANSWERS = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(RECORDINGS.glob("*.json"))
}


def recorded(name: str) -> httpx.Response:
    answer = ANSWERS[name]
    return httpx.Response(
        answer["status"], headers=answer["headers"], content=answer["body"].encode()
    )


@dataclass(frozen=True, slots=True)
class Mocked:
    bank: InstantBank
    route: respx.Route
    keys: respx.Route

    def says(self, answer: httpx.Response) -> None:
        """Let every call but the one for the keys be answered so."""
        self.route.mock(return_value=answer)


@asynccontextmanager
async def mocked_smbc(clock: ManualClock | None = None) -> AsyncIterator[Mocked]:
    """Yield the bank and the route of everything that it asks but the keys."""
    with respx.mock(using="httpx", assert_all_called=False) as router:
        keys = router.get(f"{URL}/smbc/api/v1/jwks").respond(content=jwks(BANK_KID))
        route = router.route(url__startswith=f"{URL}/smbc/api/v1/")
        async with open_smbc_at(URL, clock=clock) as bank:
            yield Mocked(bank, route, keys)
