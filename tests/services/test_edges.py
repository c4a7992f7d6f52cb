"""The edges of the tables that no story takes: a row is put somewhere by hand, and the bank speaks.

The watch on the change log (tests/traced.py) holds each step to the tables and counts its edge.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeAlias

import pytest

from gateway.domain import repayment
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    InquiryOutcome,
    NotFound,
    NotSent,
    Paid,
    Rejected,
    Returned,
    Settled,
    SubmitOutcome,
    Submitted,
    Unknown,
)
from gateway.domain.reason import Reason
from gateway.domain.resolution import after_resolution
from gateway.domain.review import Resolution
from gateway.domain.transfer import ATTEMPTS_MAX, State, Transfer
from gateway.services.cancel_repayment import cancel_repayment
from gateway.services.desk import TransferDesk
from gateway.services.inquire_repayment import inquire_repayment
from gateway.services.inquire_transfer import inquire_transfer
from gateway.services.record_decision import record_decision
from gateway.services.send_transfer import send_transfer, stop_transfer
from gateway.store.repayments import find_repayment
from tests.manual_clock import START, ManualClock
from tests.services.collecting import CollectingBank
from tests.services.conftest import Member, ToldBank
from tests.services.test_repayments import ask, wish
from tests.services.test_transfers import accepted, now

S = State
R = repayment.State
AN_HOUR_S = 3_600
PUT = """
UPDATE transfers SET state = $1, unclear = $2, tries = $3, attempt = 1, inquire_at = NULL,
    unresolved_since = CASE WHEN $1 = 'submitted' THEN accepted_at - interval '1 day' END
"""
Step: TypeAlias = Callable[[TransferDesk, ToldBank, Transfer], Awaitable[object]]


def asked(outcome: InquiryOutcome) -> Step:
    async def ask_bank(desk: TransferDesk, bank: ToldBank, transfer: Transfer) -> None:
        bank.inquiries.append(outcome)
        await inquire_transfer(desk, transfer)

    return ask_bank


def sent(outcome: SubmitOutcome) -> Step:
    async def send(desk: TransferDesk, bank: ToldBank, transfer: Transfer) -> None:
        bank.submits.append(outcome)
        await send_transfer(desk, transfer, lease_ends=float("inf"))

    return send


async def stopped(desk: TransferDesk, bank: ToldBank, transfer: Transfer) -> None:
    del bank
    await stop_transfer(desk, transfer, Reason.MEMBER_SUSPENDED)


async def sent_again(desk: TransferDesk, bank: ToldBank, transfer: Transfer) -> None:
    del bank
    policy, at = desk.policy(transfer), desk.clock.now()
    await record_decision(
        desk,
        transfer,
        lambda row: after_resolution(
            row, Resolution.SEND_AGAIN, {}, item_id=row.id, now=at, policy=policy
        ),
    )


@pytest.fixture
def bank(clock: ManualClock) -> CollectingBank:
    return CollectingBank(clock)


SETTLED, RETURNED = asked(Settled(START)), asked(Returned(START, START))
SUBMITTED, REFUSED = asked(Submitted()), asked(Rejected(Reason.LIMIT_EXCEEDED))
DISTRUSTED = asked(Settled(START - timedelta(days=1)))  # before it was accepted
NOT_SENT = sent(NotSent(Reason.BANK_UNREACHABLE))


@pytest.mark.parametrize(
    ("state", "unclear", "tries", "step", "to"),
    [
        pytest.param(S.CANCELLED, False, 0, SETTLED, S.REVIEW, id="booked though cancelled"),
        pytest.param(S.REJECTED, True, 0, SETTLED, S.REVIEW, id="booked though rejected"),
        pytest.param(S.REVIEW, False, 0, REFUSED, S.REJECTED, id="in review, refused"),
        pytest.param(S.REVIEW, False, 0, RETURNED, S.RETURNED, id="in review, came back"),
        pytest.param(S.REVIEW, False, 0, SUBMITTED, S.SUBMITTED, id="in review, taken"),
        pytest.param(S.REVIEW, False, 0, sent_again, S.SCHEDULED, id="in review, sent again"),
        pytest.param(S.SCHEDULED, False, 0, SETTLED, S.SETTLED, id="waits, and is booked"),
        pytest.param(S.SCHEDULED, False, 0, RETURNED, S.RETURNED, id="waits, and came back"),
        pytest.param(S.SCHEDULED, False, 0, SUBMITTED, S.SUBMITTED, id="waits, and is taken"),
        pytest.param(S.SCHEDULED, True, 0, SETTLED, S.SETTLED, id="waits unclear, is booked"),
        pytest.param(S.SCHEDULED, True, 0, RETURNED, S.RETURNED, id="waits unclear, came back"),
        pytest.param(S.SCHEDULED, True, 0, SUBMITTED, S.SUBMITTED, id="waits unclear, is taken"),
        pytest.param(S.SCHEDULED, True, 0, stopped, S.REVIEW, id="waits unclear, member stopped"),
        pytest.param(S.SCHEDULED, False, 0, DISTRUSTED, S.REVIEW, id="waits, an odd date"),
        pytest.param(S.SUBMITTING, False, 0, DISTRUSTED, S.REVIEW, id="on its way, an odd date"),
        pytest.param(S.REVIEW, False, 0, DISTRUSTED, S.REVIEW, id="in review, an odd date"),
        pytest.param(S.SUBMITTED, True, 0, RETURNED, S.RETURNED, id="taken, came back"),
        pytest.param(S.SUBMITTED, True, 0, asked(Unknown()), S.REVIEW, id="taken, for too long"),
        pytest.param(S.SUBMITTING, False, 0, RETURNED, S.RETURNED, id="on its way, came back"),
        pytest.param(S.SUBMITTING, True, 0, RETURNED, S.RETURNED, id="again on its way, came back"),
        pytest.param(
            S.SUBMITTING,
            True,
            0,
            sent(Rejected(Reason.LIMIT_EXCEEDED)),
            S.REJECTED,
            id="sent again, refused",
        ),
        pytest.param(S.SUBMITTING, True, 0, sent(Unknown()), S.UNKNOWN, id="sent again, lost"),
        pytest.param(S.SUBMITTING, True, 0, NOT_SENT, S.SCHEDULED, id="not sent again yet"),
        pytest.param(S.SUBMITTING, True, ATTEMPTS_MAX, NOT_SENT, S.REVIEW, id="no tries are left"),
    ],
)
async def test_a_transfer_goes_where_its_table_says(
    desk: TransferDesk,
    member: Member,
    bank: ToldBank,
    owner: Any,
    state: State,
    unclear: bool,
    tries: int,
    step: Step,
    to: State,
) -> None:
    bank.submits.append(Unknown())
    transfer = await accepted(desk, member)
    await owner.execute(PUT, state, unclear, tries)

    await step(desk, bank, await now(desk, transfer))

    after = await now(desk, transfer)
    assert after.state is to
    assert after.unclear is (unclear or step is DISTRUSTED or to in {S.SUBMITTED, S.UNKNOWN})


@pytest.mark.parametrize(
    ("state", "outcome", "to"),
    [
        pytest.param(R.AUTHORIZING, Rejected(Reason.PAYER_CANCELLED), R.REJECTED, id="declined"),
        pytest.param(R.CREATED, NotFound(), R.EXPIRED, id="never begun"),
        pytest.param(R.CREATED, None, R.CANCELLED, id="cancelled before it began"),
        pytest.param(R.CREATED, Paid(START, Yen(10_000)), R.SETTLED, id="paid before we knew"),
    ],
)
async def test_a_repayment_goes_where_its_table_says(
    desk: TransferDesk,
    member: Member,
    bank: CollectingBank,
    clock: ManualClock,
    owner: Any,
    state: repayment.State,
    outcome: Any,
    to: repayment.State,
) -> None:
    await accepted(desk, member, amount=50_000)
    begun = (await ask(desk, wish(member))).repayment
    await owner.execute("UPDATE repayments SET state = $1, start_at = NULL", state)
    found = await find_repayment(desk.db, member_id=member.id, repayment_id=begun.id)
    assert found is not None
    clock.advance(AN_HOUR_S)

    if outcome is None:
        after = await cancel_repayment(desk, member_id=member.id, repayment_id=begun.id)
    else:
        bank.ends.append(outcome)
        after = await inquire_repayment(desk, found)

    assert after.state is to
