"""The lender's client of SMBC, against the emulated bank."""

from datetime import timedelta
from http.client import HTTPException

import pytest

from lender.smbc import Smbc

PAYEE = {"branch": "001", "type": "1", "number": "1234567", "holder": "ﾔﾏﾀﾞ ﾀﾛｳ"}
REFERENCE = "AAAAAAAAAAAAAAAAAAAA"


def test_money_that_is_paid_out_is_in_the_banks_books(gateway_sandbox):
    bank = gateway_sandbox.smbc
    client = Smbc(bank)
    status, said = client.pay(REFERENCE, 30_000, PAYEE)

    books = bank.books
    (moved,) = books.of(REFERENCE)
    assert (status, said["status"]) == (200, "COMPLETED")
    assert (moved.direction, moved.amount, moved.account) == ("out", 30_000, "1234567")
    assert books.settlement.balance == 100_000_000 - 30_000
    assert books.account("1234567").balance == 1_000_000 + 30_000


def test_a_connection_cut_after_the_work_leaves_one_payment(gateway_sandbox):
    bank = gateway_sandbox.smbc
    client = Smbc(bank)
    fault = bank.faults.drop_after("submit")

    with pytest.raises((OSError, HTTPException)):
        client.pay(REFERENCE, 30_000, PAYEE)
    assert client.paid(REFERENCE)[1]["status"] == "COMPLETED"
    assert client.pay(REFERENCE, 30_000, PAYEE)[0] == 200

    assert fault.hits == 1
    assert len(bank.books.of(REFERENCE)) == 1
    assert [request.status for request in bank.requests] == [None, 200, 200]


def test_the_bank_refuses_in_its_own_words(gateway_sandbox):
    bank = gateway_sandbox.smbc
    client = Smbc(bank)
    bank.faults.code("submit", "ACCOUNT_CLOSED", account="1234567")

    assert client.pay(REFERENCE, 30_000, PAYEE)[1]["error"]["code"] == "ACCOUNT_CLOSED"
    assert bank.books.movements == ()


def test_sunday_night_is_closed_until_monday_at_seven(gateway_sandbox):
    bank = gateway_sandbox.smbc
    client = Smbc(bank)
    clock = gateway_sandbox.clock
    clock.set("2026-11-29T20:59:59+09:00")
    clock.freeze()
    assert client.pay(REFERENCE, 30_000, PAYEE)[0] == 200

    clock.forward(seconds=1)
    status, said = client.pay("B" * 20, 30_000, PAYEE)
    assert (status, said["error"]["resumesAt"]) == (503, "2026-11-30T07:00:00+09:00")

    clock.forward(hours=10)
    assert client.pay("B" * 20, 30_000, PAYEE)[0] == 200


def test_an_approved_order_is_paid_and_one_past_its_limit_is_over(gateway_sandbox):
    bank = gateway_sandbox.smbc
    client = Smbc(bank)
    client.collect(REFERENCE, 5_000, within=timedelta(minutes=10))
    client.collect("B" * 20, 6_000, within=timedelta(minutes=10))

    assert bank.approve(REFERENCE) == "paid"
    gateway_sandbox.clock.forward(minutes=10)

    assert client.collected(REFERENCE)[1]["status"] == "PAID"
    assert client.collected("B" * 20)[1]["status"] == "EXPIRED"
    assert [moved.amount for moved in bank.books.movements] == [5_000]
