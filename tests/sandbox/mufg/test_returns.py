"""Money that comes back, and how the emulated MUFG insists on telling."""

import pytest

from tests.manual_clock import ManualClock
from tests.sandbox.mufg.lender import Lender, Seen
from tests.sandbox.mufg.receiver import Receiver

REFERENCE = "ABCDEFGHIJ0123456789"


async def returned(lender: Lender) -> Seen:
    """Ask until the payment has come back."""
    while (answer := await lender.settled(REFERENCE)).one("TxSts") != "RJCT":
        pass
    return answer


async def test_a_return_is_booked_shown_and_called_back(lender: Lender, receiver: Receiver):
    await lender.pay(reference=REFERENCE, number="0000005")

    delivered = await receiver.next()
    answer = await returned(lender)

    assert answer.one("AddtlInf") == "RETURNED"
    assert answer.code in ("AC04", "BE01")
    assert answer.one("AccptncDtTm") == "2026-11-25T10:00:00.000+09:00"
    assert (answer.one("ReqdExctnDt"), answer.one("InstdAmt")) == ("2026-11-25", "10000")
    entry = delivered.entry
    assert delivered.is_signed
    assert (delivered.reference, int(entry.amt.value)) == (REFERENCE, 10_000)
    assert (entry.cdt_dbt_ind.value, entry.rvsl_ind) == ("CRDT", True)
    movements = await lender.movements()
    assert [movement["kind"] for movement in movements] == ["payout", "return"]
    assert movements[1]["bank_id"] == entry.ntry_ref
    assert (await lender.told("GET", "ledger"))["settlement"]["balance"] == 100_000_000


async def test_the_day_of_a_return_is_not_the_day_of_the_booking(
    lender: Lender, clock: ManualClock
):
    await lender.rule("submit", {"kind": "return_after", "seconds": 50})
    await lender.pay(reference=REFERENCE)
    await lender.settled(REFERENCE)
    clock.advance(3 * 86_400)
    await lender.log_in()

    answer = await returned(lender)

    assert answer.one("ReqdExctnDt") == "2026-11-28"
    assert answer.one("AccptncDtTm") == "2026-11-25T10:00:00.000+09:00"


async def test_a_delivery_that_is_not_taken_is_repeated_anew_with_the_same_content(
    lender: Lender, receiver: Receiver
):
    receiver.statuses = [500, 302, 404, 500, 503]
    await lender.pay(reference=REFERENCE, number="0000005")

    tries = [await receiver.next() for _ in range(6)]

    assert all(one.is_signed for one in tries)
    assert len({one.notification.grp_hdr.msg_id for one in tries}) == 6
    assert len({one.entry.ntry_ref for one in tries}) == 1
    assert {one.reference for one in tries} == {REFERENCE}


@pytest.mark.parametrize(
    ("plan", "signed"),
    [
        pytest.param({"times": 2}, [True, True], id="doubled"),
        pytest.param({"bad_signature": True}, [False], id="badly signed"),
        pytest.param({"seconds": 20}, [True], id="late"),
    ],
)
async def test_a_callback_goes_as_a_rule_says(lender: Lender, receiver: Receiver, plan, signed):
    await lender.rule("callback", {"kind": "callback", **plan})
    await lender.pay(reference=REFERENCE, number="0000005")

    events = [await receiver.next() for _ in signed]

    assert [event.is_signed for event in events] == signed
    assert {event.entry.ntry_ref for event in events} == {
        (await lender.movements())[1]["bank_id"],
    }


async def test_a_lost_callback_is_found_by_asking(lender: Lender, receiver: Receiver):
    await lender.rule("callback", {"kind": "callback", "lose": True}, reference=REFERENCE)
    await lender.pay(reference=REFERENCE, number="0000005")
    await returned(lender)
    await lender.pay(reference=REFERENCE[::-1], number="0000005")

    assert (await receiver.next()).reference == REFERENCE[::-1]


async def test_without_an_address_nobody_is_called(lender: Lender):
    await lender.pay(reference=REFERENCE, number="0000005")

    assert (await returned(lender)).one("AddtlInf") == "RETURNED"
