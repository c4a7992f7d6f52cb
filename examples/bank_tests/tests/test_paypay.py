"""The lender's client of PayPay, against the emulated bank."""

from datetime import timedelta

from lender.paypay import PayPay

PAYEE = {"branch": "002", "type": "1", "number": "1234567", "holder": "ﾔﾏﾀﾞ ﾀﾛｳ"}
REFERENCE = "AAAAAAAAAAAAAAAAAAAA"


def test_money_that_is_paid_out_is_on_the_statement_of_its_day(gateway_sandbox):
    bank = gateway_sandbox.paypay
    client = PayPay(bank)
    clock = gateway_sandbox.clock
    clock.set("2026-11-30T23:59:58+09:00")
    clock.freeze()
    assert client.pay(REFERENCE, 30_000, PAYEE)["RESULT"] == "0"

    clock.forward(seconds=2)
    assert client.pay("B" * 20, 40_000, PAYEE)["RESULT"] == "0"

    assert len(bank.books.movements) == 2
    assert [line.split(",")[3] for line in client.statement()] == ["40000", "1"]


def test_the_same_reference_twice_is_refused_and_paid_once(gateway_sandbox):
    bank = gateway_sandbox.paypay
    client = PayPay(bank)
    client.pay(REFERENCE, 30_000, PAYEE)
    again = client.pay(REFERENCE, 30_000, PAYEE)

    assert again["RESULT"] == "1"
    assert len(bank.books.of(REFERENCE)) == 1


def test_an_answer_under_a_wrong_mac_can_be_asked_for(gateway_sandbox):
    bank = gateway_sandbox.paypay
    client = PayPay(bank)
    fault = bank.faults.bad_signature("inquire", times=0)

    client.paid(REFERENCE)
    client.paid(REFERENCE)

    assert (fault.matched, fault.hits) == (2, 2)


def test_an_approved_order_is_paid_and_one_past_its_limit_is_over(gateway_sandbox):
    bank = gateway_sandbox.paypay
    client = PayPay(bank)
    assert "5,000" in client.open_page(REFERENCE, 5_000, within=timedelta(minutes=10))
    client.open_page("B" * 20, 6_000, within=timedelta(minutes=10))

    assert bank.approve(REFERENCE) == "paid"
    gateway_sandbox.clock.forward(minutes=10)

    assert client.collected(REFERENCE)["STATE"] == "PAID"
    assert client.collected("B" * 20)["STATE"] == "EXPIRED"
    assert [moved.amount for moved in bank.books.movements] == [5_000]


def test_both_banks_show_one_time(gateway_sandbox):
    clock = gateway_sandbox.clock
    clock.freeze()
    clock.forward(days=3)

    assert {bank.settings["time_scale"] for bank in gateway_sandbox.banks.values()} == {0.01}
    assert clock.now().isoformat(timespec="minutes") == "2026-11-28T10:00+09:00"
