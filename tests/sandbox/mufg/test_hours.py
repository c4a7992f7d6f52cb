"""When the emulated MUFG is closed, and how much it takes in a second."""

import pytest

from tests.sandbox.mufg.lender import Lender

WINDOW = [
    pytest.param("2026-11-14T20:59:59+09:00", None, id="before"),
    pytest.param("2026-11-14T21:00:00+09:00", "36000", id="begins"),
    pytest.param("2026-11-15T06:59:59.5+09:00", "1", id="last second"),
    pytest.param("2026-11-15T07:00:00+09:00", None, id="open again"),
    pytest.param("2026-11-07T22:00:00+09:00", None, id="first Saturday"),
    pytest.param("2026-11-21T22:00:00+09:00", None, id="third Saturday"),
]


@pytest.mark.parametrize(("instant", "retry_after"), WINDOW)
async def test_the_bank_is_closed_in_the_night_after_the_second_saturday(
    lender: Lender, instant, retry_after
):
    await lender.told("PUT", "clock", {"set": instant, "freeze": True})
    day, now = instant[:10], instant
    number = f"{day.replace('-', '')}-0000000000000001"

    paid = await lender.post("/payments", lender.payment(day=day), X_Sequence_No=number)
    wanted = lender.request_to_pay(day=day, now=now, expires_at="2026-12-31T00:00:00Z")
    collected = await lender.post("/collections", wanted, X_Sequence_No=f"{number[:-1]}2")

    if retry_after is None:
        assert (paid.status, collected.status) == (202, 202)
        return
    for answer in (paid, collected):
        assert (answer.status, answer.code) == (400, "TM01")
        assert answer.headers["Retry-After"] == retry_after
    assert (paid.message, collected.message) == ("pain.002.001.03", "pain.014.001.07")


async def test_questions_are_answered_while_the_bank_is_closed(lender: Lender):
    await lender.told("PUT", "settings", {"visibility_s_min": 0, "visibility_s_max": 0})
    payment = lender.payment()
    await lender.submit(payment)
    await lender.told("PUT", "clock", {"set": "2026-11-14T22:00:00+09:00"})
    await lender.log_in()

    answers = [await lender.inquire("00000000000000000001"), await lender.statement()]

    assert [answer.status for answer in answers] == [200, 200]


async def test_format_comes_before_hours_and_hours_before_the_duplicate(lender: Lender):
    await lender.pay(reference="ABCDEFGHIJ0123456789")
    await lender.told("PUT", "clock", {"set": "2026-11-14T22:00:00+09:00"})
    await lender.log_in()
    changes = ({"amount": "0"}, {"day": "2026-11-25"}, {"day": "2026-11-14"})

    answers = [await lender.pay(reference="ABCDEFGHIJ0123456789", **change) for change in changes]

    assert [answer.code for answer in answers] == ["FF01", "DT01", "TM01"]


async def test_starts_of_money_are_limited_apart_from_questions(lender: Lender):
    await lender.told("POST", "reset")
    settings = await lender.told("PUT", "settings", {})
    await lender.told("PUT", "settings", {"rate_limits": {"money": 2}})
    await lender.log_in()

    paid = [(await lender.post("/payments", b"")).status for _ in range(2)]
    collected = await lender.post("/collections", b"")
    asked = await lender.inquire("A" * 20)

    assert settings["rate_limits"] == {"money": 100, "inquiry": 500}
    assert (paid, collected.status, asked.status) == ([400, 400], 429, 404)


async def test_the_throttle_comes_before_the_token(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"inquiry": 1}})
    headers = {"Authorization": None}

    answers = [
        await lender.request("GET", "/statements/2026-11-25", headers=headers) for _ in range(2)
    ]

    assert [answer.status for answer in answers] == [401, 429]
