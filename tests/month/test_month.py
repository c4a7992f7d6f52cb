"""A month of the lender's life: each business morning at nine, every yen of every account is known.

The oracle knows what the banks truly booked and nothing of the gateway.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.domain.calendar import is_business_day
from gateway.domain.hours import JST
from gateway.operators.reports import verify_with_banks
from gateway.ops.render_why import why_json
from gateway.profiles import bank_profiles, scaled
from gateway.services.desk import TransferDesk
from gateway.services.why import why, why_everything
from tests.manual_clock import ManualClock
from tests.month.bank import MonthBank, MonthFileBank
from tests.month.life import DAY, Month
from tests.month.oracle import Oracle

SEED = int(os.environ.get("MONTH_SEED", "1"))
MOVEMENTS = int(os.environ.get("MONTH_MOVEMENTS", "22500"))
FIRST = date(2026, 10, 19)  # what is lent then is due on 5 November first
BEGINS = date(2026, 10, 31)
MONDAY = 0
TARIFFS = {bank: profile.tariff for bank, profile in bank_profiles().items()}
RECOMPUTE = Path(__file__).parents[2] / "scripts/recompute_interest"


@pytest.fixture
def month(desk: TransferDesk, clock: ManualClock, owner: Any) -> Month:
    clock.instant = datetime.combine(FIRST, time(9), JST)
    profiles = {code: scaled(profile, 0.05) for code, profile in bank_profiles().items()}
    banks = {
        code: (MonthFileBank if profile.batched else MonthBank)(clock, code, opening=50_000_000)
        for code, profile in profiles.items()
    }
    # Files leave as fast as they come: the clock of the month is not the database's.
    files = {c: replace(p, per_second=0.0) for c, p in profiles.items() if p.batched}
    at_all = replace(desk, banks=banks, profiles=profiles | files)
    oracle = Oracle({code.value: bank.opening for code, bank in banks.items()})
    return Month(at_all, clock, banks, oracle, Random(SEED), owner)  # noqa: S311


async def at_nine(month: Month, day: date) -> None:
    """Hold every account against the oracle, and see that `why` explains each yen of it."""
    now = month.clock.now()
    told = await why_everything(month.desk.db, on=day, known_at=now, tariffs=TARIFFS)
    numbers = {member.id: number for number, member in enumerate(month.members)}
    ours: Counter[str] = Counter()
    for one in told:
        name = one.account if one.member_id is None else f"{numbers[one.member_id]}:{one.account}"
        ours[name] += one.balance

    assert {name: yen for name, yen in ours.items() if yen} == month.oracle.balances(day)
    assert [(one.account, one.unexplained[:3]) for one in told if not one.is_explained] == []
    month.happened["mornings"] += 1
    month.happened["balances at nine"] += len(told)
    month.happened["yen of them"] += sum(abs(one.balance) for one in told)


async def agree_with_the_banks(month: Month) -> None:
    """Do what `gateway ops ledger-verify --with-banks` does; it is clean."""
    report = await verify_with_banks(month.desk.db, month.desk.banks, month.clock)
    month.happened["verified with the banks"] += 1
    assert report.findings == ()


async def live(month: Month, *, days: int, each: int, members: int) -> None:
    await month.open_accounts()
    await month.enrol(members)
    for number in range(members):
        await month.lend(number, month.random.randint(30_000, 90_000))
        await month.send_files(at_least=3)
        month.clock.advance(20)
    await month.send_files()
    day = FIRST
    ends = BEGINS + days * DAY
    while day <= ends or not is_business_day(day):
        today = day + DAY
        await month.morning(today, people=is_business_day(today))
        if is_business_day(today) and day >= BEGINS:
            await at_nine(month, day)
            if today.weekday() == MONDAY or today == ends + DAY:
                await agree_with_the_banks(month)
        if BEGINS < today <= ends:
            await month.day(today, each)
        day = today
    await agree_with_the_banks(month)
    assert month.due == {}
    assert await month.owner.fetch("SELECT * FROM bank_files WHERE next_at IS NOT NULL") == []


async def recomputed(month: Month, directory: Path) -> list[int]:
    """Return how many amounts and yen of interest the script reckoned again, and what differs."""
    files = []
    for name in ("interest_income", "late_damages_income"):
        on = month.clock.now().date() + timedelta(days=1)
        told = await why(month.desk.db, name, on=on, known_at=month.clock.now(), tariffs=TARIFFS)
        files.append(directory / f"{name}.json")
        files[-1].write_text(json.dumps(why_json(told)))
    ran = subprocess.run(  # noqa: ASYNC221, S603 - our own script, nothing else runs meanwhile
        [sys.executable, RECOMPUTE, *files], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return [int(word) for word in ran.stdout.replace(":", "").split() if word.isdigit()]


async def test_some_days_of_a_month_are_known_to_the_yen_each_morning(
    month: Month, tmp_path: Path
) -> None:
    await live(month, days=7, each=25, members=10)

    amounts, yen, differ = await recomputed(month, tmp_path)
    assert amounts > 30
    assert yen > 1_000
    assert differ == 0


@pytest.mark.long
@pytest.mark.timeout(5_400)
async def test_a_month_is_known_to_the_yen_each_morning(
    month: Month, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await live(month, days=30, each=MOVEMENTS // 30, members=MOVEMENTS // 20)

    amounts, yen, differ = await recomputed(month, tmp_path)
    with capsys.disabled():
        print(f"seed {SEED}: {len(month.oracle.lines)} movements; {dict(month.happened)}")  # noqa: T201
        print(f"{amounts} amounts, {yen} yen of interest reckoned again, {differ} differ")  # noqa: T201
    assert len(month.oracle.lines) >= MOVEMENTS * 0.88
    assert yen >= 10_000
    assert differ == 0
