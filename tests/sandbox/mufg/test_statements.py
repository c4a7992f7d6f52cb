"""Statements of the emulated MUFG."""

from typing import Any

from tests.manual_clock import ManualClock
from tests.sandbox.mufg.documents import read
from tests.sandbox.mufg.lender import Lender, Seen

REFERENCE = "ABCDEFGHIJ0123456789"


def entries(answer: Seen) -> list[Any]:
    assert (answer.status, answer.message) == (200, "camt.053.001.02")
    return list(read(answer.body).bk_to_cstmr_stmt.stmt[0].ntry)


def balances(answer: Seen) -> dict[str, tuple[str, int]]:
    found = read(answer.body).bk_to_cstmr_stmt.stmt[0].bal
    return {
        one.tp.cd_or_prtry.cd.value: (one.cdt_dbt_ind.value, int(one.amt.value)) for one in found
    }


async def test_a_statement_has_an_entry_for_each_movement_of_its_day(
    lender: Lender, clock: ManualClock
):
    await lender.rule("submit", {"kind": "return_after", "seconds": 0})
    await lender.pay(reference=REFERENCE, amount="7")
    while len(await lender.movements()) < 2:
        pass
    clock.advance(14 * 3600)
    await lender.log_in()
    await lender.pay(amount="5")
    while len(await lender.movements()) < 3:
        pass

    paid, returned = entries(await lender.statement("2026-11-25"))
    next_day = await lender.statement("2026-11-26")

    for entry in (paid, returned):
        details = entry.ntry_dtls[0].tx_dtls[0]
        assert details.refs.end_to_end_id == REFERENCE
        assert (entry.amt.ccy, int(entry.amt.value), entry.sts.value) == ("JPY", 7, "BOOK")
        assert str(entry.bookg_dt.dt_tm) == "2026-11-25T10:00:00+09:00"
        assert str(entry.val_dt.dt) == "2026-11-25"
        assert details.rltd_pties.cdtr.nm == "ﾔﾏﾀﾞ ﾀﾛｳ"
    assert (paid.cdt_dbt_ind.value, paid.rvsl_ind, paid.addtl_ntry_inf) == ("DBIT", None, "ﾌﾘｺﾐ")
    assert (returned.cdt_dbt_ind.value, returned.rvsl_ind) == ("CRDT", True)
    assert returned.addtl_ntry_inf == "ｼｷﾝﾍﾝｷﾔｸ"
    movements = await lender.movements()
    assert [entry.ntry_ref for entry in (paid, returned)] == [
        movement["bank_id"] for movement in movements[:2]
    ]
    assert len({movement["bank_id"] for movement in movements}) == 3
    assert [int(entry.amt.value) for entry in entries(next_day)] == [5]


async def test_the_balances_around_a_day_are_those_of_that_day(lender: Lender, clock: ManualClock):
    await lender.pay(reference=REFERENCE, amount="7")
    await lender.settled(REFERENCE)
    clock.advance(86_400)
    await lender.log_in()
    await lender.pay(reference=REFERENCE[::-1], amount="5")
    await lender.settled(REFERENCE[::-1])

    first, second = [await lender.statement(f"2026-11-{day}") for day in (25, 26)]

    assert balances(first) == {"OPBD": ("CRDT", 100_000_000), "CLBD": ("CRDT", 99_999_993)}
    assert balances(second) == {"OPBD": ("CRDT", 99_999_993), "CLBD": ("CRDT", 99_999_988)}


async def test_a_day_without_movements_has_an_empty_statement(lender: Lender):
    answer = await lender.statement("2030-01-01")

    assert entries(answer) == []
    assert answer.one("Ccy") == "JPY"


async def test_a_settlement_account_below_zero_is_a_debit_balance(lender: Lender):
    await lender.told("PUT", "settings", {"balances": {"settlement": -5}})

    answer = await lender.statement()

    assert balances(answer) == {"OPBD": ("DBIT", 5), "CLBD": ("DBIT", 5)}
