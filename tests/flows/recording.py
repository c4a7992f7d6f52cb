"""Call every route that answers with JSON, and write down what it answers.

`make examples` writes the examples of the API description anew.
"""

import asyncio
import json
import re
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

from gateway.config import Settings
from gateway.demo.payer import approve
from gateway.demo.stage import DEMO_NUMBER, DEMO_PASSWORD, MEMBER_NUMBER, MEMBER_PIN, open_stage
from gateway.domain.account import BankCode
from gateway.domain.operator import Operator, Role
from gateway.domain.reason import Reason
from gateway.http.core import ROUTES
from gateway.http.openapi import document
from gateway.ops.clock import SystemClock, shift_to
from gateway.services.admit_operators import add_operator, issue_token
from gateway.services.desk import TransferDesk
from gateway.services.hold_bank import hold_bank
from tests.manual_clock import START

EXAMPLES_FILE = Path(document.__file__).with_name("examples.json")
HOME = "https://member.example/"
SOON_S = 30.0
ITEMS_MAX = 2  # of each list, and of the stream's events: an example is read by people
OPERATIONS = {
    (route.method, route.path): route.operation for route in ROUTES if route.operation is not None
}
ACCOUNT = {"bank": "smbc", "branch": "001", "type": "ordinary", "number": DEMO_NUMBER}
ACCOUNT |= {"holder": "ヤマダ タロウ"}
Json = dict[str, Any]


class Recorder:
    """A member site's calls; the last answer of each operation and status is kept."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self._client = client
        self.examples: dict[str, Json | str] = {}

    async def call(self, method: str, path: str, body: Json | None = None, *, of: str = "") -> Json:
        """Call a route of the table, `of` is the id in its path; the answer must be a good one."""
        headers = {"Idempotency-Key": secrets.token_hex(16)} if method == "POST" else {}
        async with self._client.request(
            method, re.sub("{.+}", of, path), json=body, headers=headers
        ) as answer:
            answer.raise_for_status()
            told: Json = await answer.json()
        operation = OPERATIONS[method, path.partition("?")[0]]
        self.examples[f"{operation.id} {answer.status}"] = shortened(told)
        return told

    async def follow(self) -> None:
        """Keep the member's first events."""
        async with self._client.get("/v1/events", params={"after": "0"}) as answer:
            blocks = [await answer.content.readuntil(b"\n\n") for _ in range(1 + ITEMS_MAX)]
        self.examples["followEvents 200"] = b"".join(blocks).decode()

    async def until(self, path: str, state: str, *, of: str) -> Json:
        """Ask until it is in that state."""
        told: Json = {}
        async with asyncio.timeout(SOON_S):
            while told.get("state") != state:
                told = await self.call("GET", path, of=of)
        return told


def shortened(value: Any) -> Any:
    """Return the value with the first items of each list only."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value[:ITEMS_MAX]]
    return value


async def record(settings: Settings) -> dict[str, Json | str]:
    """Return an answer for each operation and status, from a whole system on a new database."""
    clock = SystemClock(shift_to(START))
    async with (
        open_stage(settings, clock=clock, sandbox_port=0, books_dir=None) as stage,
        aiohttp.ClientSession(stage.address) as client,
    ):
        recorder = Recorder(client)
        for probe in ("/livez", "/readyz"):
            await recorder.call("GET", probe)
        login = {"method": "member_number", "member_number": MEMBER_NUMBER, "pin": MEMBER_PIN}
        client.headers["Sec-Fetch-Site"] = "same-origin"
        await recorder.call("POST", "/v1/sessions", login | {"as_cookie": True})
        token = (await recorder.call("POST", "/v1/sessions", login))["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        await recorder.call("GET", "/v1/sessions")
        accounts = await recorder.call("GET", "/v1/accounts")
        former = next(one for one in accounts["items"] if one["bank"] == BankCode.SMBC)
        async with client.delete(f"/v1/accounts/{former['id']}"):
            account = await recorder.call("POST", "/v1/accounts", ACCOUNT)
        await _borrow(recorder, account["id"])
        await _repay(recorder, f"{stage.address}/")
        await _look_at_the_loan(recorder)
        await recorder.follow()
        await hold_bank(stage.gateway.loops, BankCode.SMBC, Reason.SETTLEMENT_BALANCE_SHORT)
        await _change_ones_mind(recorder, account["id"])
        await recorder.call("GET", "/v1/banks")
        client.headers["Authorization"] = f"Bearer {await _operators_token(stage.gateway.office)}"
        await _look_at_everything(recorder)
        text = json.dumps(dict(sorted(recorder.examples.items())), ensure_ascii=False, indent=1)
        examples: dict[str, Json | str] = json.loads(text.replace(f"{stage.address}/", HOME))
    return examples


async def _borrow(recorder: Recorder, account_id: str) -> None:
    wish = {"account_id": account_id, "amount": 30_000}
    quote = await recorder.call("POST", "/v1/transfer_quotes", wish)
    asked = await recorder.call("POST", "/v1/transfers", wish | {"quote_id": quote["id"]})
    await recorder.until("/v1/transfers/{transfer_id}", "settled", of=asked["id"])
    await recorder.call("GET", "/v1/transfers")


async def _repay(recorder: Recorder, home: str) -> None:
    wish = {"kind": "amount", "amount": 10_000, "bank": BankCode.SMBC}
    quote = await recorder.call("POST", "/v1/repayment_quotes", wish)
    wish |= {"return_url": home}
    asked = await recorder.call("POST", "/v1/repayments", wish | {"quote_id": quote["id"]})
    path = "/v1/repayments/{repayment_id}"
    opened = await recorder.until(path, "authorizing", of=asked["id"])
    answers = {"branch": "001", "number": DEMO_NUMBER, "password": DEMO_PASSWORD}
    async with aiohttp.ClientSession() as browser:
        await approve(browser, opened["redirect"], answers)
    await recorder.until(path, "settled", of=asked["id"])
    await recorder.call("GET", "/v1/repayments")
    asked = await recorder.call("POST", "/v1/repayments", wish)
    await recorder.call("POST", f"{path}/cancel", of=asked["id"])


async def _look_at_the_loan(recorder: Recorder) -> None:
    await recorder.call("GET", "/v1/loan")
    entries = await recorder.call("GET", "/v1/loan/entries")
    await recorder.call("GET", "/v1/loan/entries/{entry_id}", of=entries["items"][0]["id"])
    await recorder.call("POST", "/v1/loan/simulations", {"monthly": 4_000, "extra": 10_000})


async def _change_ones_mind(recorder: Recorder, account_id: str) -> None:
    """Cancel a transfer, which waits while its bank is held."""
    wish = {"account_id": account_id, "amount": 30_000, "again": True}
    asked = await recorder.call("POST", "/v1/transfers", wish)
    path = "/v1/transfers/{transfer_id}/cancel"
    await recorder.call("POST", path, of=asked["id"])


async def _operators_token(office: TransferDesk) -> str:
    now = office.clock.now()
    await add_operator(office.db, Operator("sato", Role.VIEWER), by="kato", now=now)
    return (await issue_token(office.db, "sato", by="kato", now=now)).text


async def _look_at_everything(recorder: Recorder) -> None:
    await recorder.call("GET", "/ops/v1/operator")
    await recorder.call("GET", "/ops/v1/stops")
    settled = await recorder.call("GET", "/ops/v1/transfers?state=settled")
    path = "/ops/v1/explanations/{movement_id}"
    await recorder.call("GET", path, of=settled["items"][0]["id"])


async def _main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings.model_validate({"data_dir": Path(directory), "port": 0})
        examples = await record(settings)
    EXAMPLES_FILE.write_text(json.dumps(examples, ensure_ascii=False, indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{len(examples)} examples in {EXAMPLES_FILE}\n")


if __name__ == "__main__":
    asyncio.run(_main())
