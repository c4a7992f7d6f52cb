"""Pay-outs at the emulated SMBC: booked once, refused by name, repeated safely."""

from tests.sandbox.lender import Lender


async def test_a_pay_out_is_completed_at_once_and_moves_the_money(lender: Lender):
    order = lender.order()

    answer = await lender.submit(order)

    assert (answer.status, answer.is_signed) == (200, True)
    assert answer.json == {
        "transferId": answer.json["transferId"],
        "clientReference": order["clientReference"],
        "status": "COMPLETED",
        "executedAt": "2026-11-25T10:00:00.000+09:00",
        "valueDate": "2026-11-25",
    }
    ledger = await lender.told("GET", "ledger")
    assert ledger["settlement"]["balance"] == 99_990_000
    assert [account["balance"] for account in ledger["accounts"]] == [1_010_000]
    assert ledger["movements"] == [
        {
            "seq": 1,
            "kind": "payout",
            "direction": "out",
            "reference": order["clientReference"],
            "amount": 10_000,
            "instant": "2026-11-25T10:00:00+09:00",
            "value_date": "2026-11-25",
            "bank_id": answer.json["transferId"],
            "account": "1234567",
        }
    ]
