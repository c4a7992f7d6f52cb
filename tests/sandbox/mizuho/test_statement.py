"""The statement of the emulated みずほ: 200 bytes a record, in Japanese years."""

import pytest

from tests.manual_clock import ManualClock
from tests.sandbox.mizuho.lender import Lender, file_of, record
from tests.sandbox.mizuho.receiver import Receiver


def opening(balance: int, day: str = "081125", today: str = "081125", sign: str = "1") -> bytes:
    return record(
        (0, "1"),
        (1, "03"),
        (3, "0"),
        (4, today),
        (10, day),
        (16, day),
        (22, "0001"),
        (26, "ﾐｽﾞﾎ"),
        (41, "001"),
        (59, "000"),
        (62, "1"),
        (63, "0009000001"),
        (73, "ﾌﾟﾛﾐｽ"),
        (113, sign),
        (114, "1"),
        (115, f"{balance:014d}"),
        length=200,
    )


def closing(totals: str, balance: int, records: int, sign: str = "1") -> bytes:
    trailer = record(
        (0, "8"),
        (1, totals),
        (39, sign),
        (40, f"{balance:014d}"),
        (54, f"{records:07d}"),
        length=200,
    )
    return trailer + record((0, "9"), (1, f"{records + 3:010d}"), (11, "00001"), length=200)


def line(
    number: int, way: str, kind: str, amount: int, text: str, reference: str, **rest: str
) -> bytes:
    day = rest.get("day", "081125")
    return record(
        (0, "2"),
        (1, f"{number:08d}"),
        (9, day),
        (15, day),
        (21, way),
        (22, kind),
        (24, f"{amount:012d}"),
        (36, "0" * 12),
        (48, "0" * 12),
        (60, "0"),
        (61, "0" * 7),
        (68, "000"),
        (71, "0" * 10),
        (81, rest.get("name", "ﾔﾏﾀﾞ ﾀﾛｳ")),
        (129, "ﾐｽﾞﾎ"),
        (159, text),
        (179, reference),
        length=200,
    )


async def test_a_day_without_movements_has_header_trailer_and_end(lender: Lender):
    answer = await lender.get("/meisai?date=20261124")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    nothing = "0" * 38
    assert answer.body == opening(100_000_000, day="081124") + closing(nothing, 100_000_000, 0)


async def test_every_movement_is_a_line_in_the_order_of_booking(lender: Lender, receiver: Receiver):
    kept, returned = lender.payee(amount=300), lender.payee(amount=70, number="0000005")
    await lender.paid(kept)
    await lender.paid(returned)
    while len(await lender.movements()) < 3:
        pass
    collected = await lender.linked(KINGAKU="5")
    await lender.approve(collected)
    await receiver.next()

    answer = await lender.get("/meisai?date=20261125")

    assert answer.body == (
        opening(100_000_000)
        + line(1, "2", "11", 300, "ﾌﾘｺﾐ", kept.reference)
        + line(2, "2", "11", 70, "ﾌﾘｺﾐ", returned.reference)
        + line(3, "1", "11", 70, "ｼｷﾝﾍﾝｷﾔｸ", returned.reference)
        + line(4, "1", "14", 5, "ﾌﾘｶｴ", collected)
        + closing("00000200000000000750000020000000000370", 99_999_705, 4)
    )


async def test_each_day_begins_with_the_balance_that_the_day_before_ended_with(
    lender: Lender, clock: ManualClock
):
    await lender.paid(lender.payee(amount=300))
    clock.advance(86_400)
    answer = await lender.submit(file_of([lender.payee(amount=20)], "1126"))
    await lender.result(answer.receipt)

    yesterday = await lender.get("/meisai?date=20261125")
    today = await lender.get("/meisai?date=20261126")

    assert yesterday.records[0][115:129] == f"{100_000_000:014d}"
    assert yesterday.records[-2][40:54] == f"{99_999_700:014d}"
    assert today.body.startswith(opening(99_999_700, day="081126", today="081126"))
    assert today.records[-2][40:54] == f"{99_999_680:014d}"


async def test_an_overdrawn_account_says_so(lender: Lender):
    await lender.told("PUT", "settings", {"balances": {"settlement": -5}})

    answer = await lender.get("/meisai?date=20261125")

    assert answer.body == opening(5, sign="2") + closing("0" * 38, 5, 0, sign="2")


@pytest.mark.parametrize(
    ("day", "written"),
    [
        pytest.param("20190501", "010501", id="first day of 令和"),
        pytest.param("20190430", "310430", id="last day of 平成"),
        pytest.param("19890108", "010108", id="first day of 平成"),
        pytest.param("20271231", "091231", id="a day to come"),
    ],
)
async def test_days_are_written_in_the_japanese_era(lender: Lender, day, written):
    answer = await lender.get(f"/meisai?date={day}")

    assert answer.records[0][10:22] == written * 2
