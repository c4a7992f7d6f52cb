"""Transfers for tests: one valid value, changed where a test says so."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.transfer import State, Transfer
from gateway.domain.waits import Policy

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
POLICY = Policy(visibility_s=10, review_after_s=1800)
ACCOUNT = BankAccount(BankCode.SMBC, "001", AccountType.ORDINARY, "1234567", "ﾔﾏﾀﾞ ﾀﾛｳ")
TRANSFER = Transfer(
    member_id=UUID(int=1),
    id=UUID(int=2),
    account_id=UUID(int=3),
    bank=BankCode.SMBC,
    reference="A" * 20,
    amount=Yen(10_000),
    creditor=ACCOUNT,
    remitter="ﾌﾟﾛﾐｽ",
    request_id="request",
    accepted_at=NOW,
    state=State.SUBMITTING,
    attempt=1,
    fence=0,
    unclear=False,
    tries=0,
    crashes=0,
    give_up_at=NOW + timedelta(days=1),
)


def transfer(state: State, **changes: Any) -> Transfer:
    """Return a transfer in `state`, with what a transfer in that state has."""
    timers: dict[str, Any] = {}
    if state is State.SCHEDULED:
        timers = {"due_at": NOW}
    if state in {State.UNKNOWN, State.SUBMITTED, State.REVIEW}:
        timers = {
            "unclear": True,
            "inquire_at": NOW,
            "inquired_at": NOW,
            "attempt_over_at": NOW,
            "unresolved_since": NOW,
            "tries": 1,
        }
    if state in {State.SETTLED, State.RETURNED}:
        timers = {"settled_at": NOW}
    return replace(TRANSFER, state=state, **timers | changes)
