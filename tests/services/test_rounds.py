"""A member is kept waiting for a second, not for a number of tries."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.account import BankCode
from gateway.domain.errors import Busy, CommitUnknown, GatewayError, StaleTransfer
from gateway.domain.repayment import RepaymentKind
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.accept_transfer import accept_transfer
from gateway.services.apart import apart
from gateway.services.cancel_transfer import cancel_transfer
from gateway.services.desk import Senders, TransferDesk
from gateway.services.quote_repayment import RepaymentWish
from gateway.services.rounds import MEMBER_WAITS_S, rounds_within
from tests.services.conftest import Member, request
from tests.services.restless import restless

LATE_S = 10.0  # a second, and what a busy machine adds to one round


@pytest.mark.parametrize(
    ("lasts", "rounds"),
    [
        pytest.param([0.01] * 200, 100, id="short ones: more than any number of tries"),
        pytest.param([0.3] * 9, 3, id="a fourth would end too late"),
        pytest.param([0.5] * 9, 2, id="the last one ends just in time"),
        pytest.param([0.1, 0.6, 0.1, 0.1], 2, id="the next may last as long as the longest"),
        pytest.param([3.0, 0.1], 1, id="the first is always made"),
    ],
)
def test_a_round_begins_only_if_it_will_end_in_time(lasts: list[float], rounds: int) -> None:
    clock = [100.0]
    made = 0

    for _ in rounds_within(MEMBER_WAITS_S, lambda: round(clock[0], 6)):
        clock[0] += lasts[made]
        made += 1

    assert made == rounds


async def test_a_repayment_is_given_back_after_a_second_while_the_loan_moves(
    desk: TransferDesk, member: Member, owner: Any
) -> None:
    """It tried twenty times: for 2 to 24 seconds, by how long a loan took to read."""
    await accept_transfer(desk, request(member, amount=50_000))
    await desk.senders.drain(5)
    moving, database = restless(
        desk,
        after="loan_entries",
        move=partial(owner.execute, "UPDATE loans SET version = version + 1"),
    )
    wish = RepaymentWish(member.id, RepaymentKind.PAYOFF, BankCode.SMBC, None)
    wanted = RepaymentRequest(wish, "http://127.0.0.1:8080/back", "repayment-key-1", "req")
    began = asyncio.get_running_loop().time()

    with pytest.raises(Busy):
        await accept_repayment(moving, wanted)

    assert asyncio.get_running_loop().time() - began < LATE_S
    assert database.reads > 0
    assert await owner.fetchval("SELECT count(*) FROM repayments") == 0


async def test_a_transfer_that_moves_all_the_time_is_not_cancelled_for_more_than_a_second(
    desk: TransferDesk, member: Member, owner: Any
) -> None:
    crowded, database = restless(
        desk,
        after="FROM transfers",
        move=partial(owner.execute, "UPDATE transfers SET fence = fence + 1"),
    )
    waiting = replace(desk, senders=Senders(0))
    transfer = (await accept_transfer(waiting, request(member))).transfer
    began = asyncio.get_running_loop().time()

    with pytest.raises(StaleTransfer):
        await cancel_transfer(crowded, member_id=member.id, transfer_id=transfer.id)

    assert asyncio.get_running_loop().time() - began < LATE_S
    assert database.reads > 0


@pytest.mark.parametrize("error", [StaleTransfer, CommitUnknown])
async def test_what_was_cut_short_is_worked_again_in_the_next_round_and_calls_nobody(
    desk: TransferDesk, error: type[GatewayError]
) -> None:
    tries: list[int] = []

    async def work() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise error("cut short")
        return "done"

    with capture_logs() as logs:
        first = await apart(desk, "a_round", 1, work=work)

    assert first is None
    assert [(line["event"], line["error"]) for line in logs] == [("round.deferred", error.__name__)]
    assert await apart(desk, "a_round", 1, work=work) == "done"
