"""Repayments for tests: one valid value, changed where a test says so."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.money import Yen
from gateway.domain.outcome import Redirect
from gateway.domain.repayment import OPEN, Repayment, RepaymentKind, State
from tests.domain.transfers import NOW

LIMIT = NOW + timedelta(minutes=15)
REDIRECT = Redirect("https://bank.example/approve/1")
REPAYMENT = Repayment(
    member_id=UUID(int=1),
    id=UUID(int=2),
    bank=BankCode.SMBC,
    reference="A" * 20,
    kind=RepaymentKind.AMOUNT,
    amount=Yen(10_000),
    description="ｺﾞﾍﾝｻｲ",
    return_url="https://member.example/back",
    request_id="request",
    accepted_at=NOW,
    expires_at=LIMIT,
    state=State.CREATED,
    fence=0,
    start_until=NOW + timedelta(seconds=30),
    watch_until=LIMIT + timedelta(minutes=10),
    start_at=NOW + timedelta(seconds=12),
    starts=1,
    inquire_at=NOW + timedelta(seconds=12),
)


def repayment(state: State, **changes: Any) -> Repayment:
    """Return a repayment in `state`, with what a repayment in that state has."""
    usual: dict[str, Any] = {}
    if state is not State.CREATED:
        usual = {"start_at": None, "redirect": REDIRECT}
    if state not in OPEN:
        usual |= {"ended_at": NOW}
    if state is State.SETTLED:
        usual |= {"settled_at": NOW, "paid_amount": Yen(10_000), "inquire_at": None}
    return replace(REPAYMENT, state=state, **usual | changes)
