"""`doctor` says what is wrong and how to mend it."""

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.config import load_settings
from gateway.domain.account import BankCode
from gateway.domain.bank import Bank
from gateway.domain.calendar import calendar_table
from gateway.ops.commands.check import Check
from gateway.ops.commands.doctor import (
    check_banks,
    check_calendar,
    check_database,
    check_disk,
    check_schema,
    check_settings,
    unreachable,
)
from gateway.store.database import Database, open_database


class BankWithAClock:
    """As much of a bank as the doctor looks at."""

    code = BankCode.SMBC

    def __init__(self, skew_s: float | None) -> None:
        self._skew_s = skew_s

    async def clock_skew_s(self) -> float | None:
        return self._skew_s


def wrong(checks: list[Check]) -> list[str]:
    assert all(check.mend for check in checks if not check.is_good)
    return [check.name for check in checks if not check.is_good]


@pytest.mark.parametrize(
    ("days", "is_good"),
    [pytest.param(400, True, id="400 days ahead"), pytest.param(399, False, id="399 days ahead")],
)
def test_a_calendar_that_ends_soon_is_reported(days: int, *, is_good: bool) -> None:
    check = check_calendar(calendar_table().ends - timedelta(days))

    assert check.is_good is is_good
    assert str(calendar_table().ends) in check.says


async def test_a_right_database_has_nothing_wrong_but_what_tests_turn_off(
    database: Database,
) -> None:
    checks = await check_database(database, pool_size=10)

    assert set(wrong(checks)) <= {"durability"}
    assert {"database role", "privileges", "database clock", "pool"} <= {c.name for c in checks}


@pytest.mark.parametrize("privilege", ["UPDATE", "DELETE", "TRUNCATE"])
@pytest.mark.parametrize("table", ["postings", "events", "loan_entries", "bank_attempts"])
async def test_a_ledger_that_could_be_changed_is_reported(
    table: str, privilege: str, database: Database, owner: Any
) -> None:
    await owner.execute(f"GRANT {privilege} ON {table} TO gateway_app")

    checks = await check_database(database, pool_size=2)

    (found,) = [check for check in checks if check.name == "privileges"]
    assert found.says == f"gateway_app may {privilege} {table}"
    assert found.mend == f"REVOKE {privilege} ON {table} FROM gateway_app;"


async def test_a_privilege_that_is_needed_and_missing_is_reported(
    database: Database, owner: Any
) -> None:
    await owner.execute("REVOKE INSERT ON postings FROM gateway_app")

    checks = await check_database(database, pool_size=2)

    assert "GRANT INSERT ON postings TO gateway_app;" in [check.mend for check in checks]


async def test_a_pool_that_does_not_give_all_its_connections_is_reported(
    database_url: str,
) -> None:
    async with open_database(database_url, size=1, wait_s=0.01) as narrow:
        checks = await check_database(narrow, pool_size=5)

    assert "pool" in wrong(checks)


@pytest.mark.parametrize(
    ("skew_s", "found"),
    [
        pytest.param(2.0, [], id="clocks agree"),
        pytest.param(None, ["bank smbc"], id="no answer"),
        pytest.param(-300.0, ["bank smbc"], id="five minutes apart"),
    ],
)
async def test_a_bank_is_asked_for_its_clock(skew_s: float | None, found: list[str]) -> None:
    bank = cast("Bank", BankWithAClock(skew_s))

    assert wrong(await check_banks([bank])) == found


def test_a_schema_that_is_behind_is_reported() -> None:
    assert wrong(check_schema(["the schema is behind"])) == ["schema"]
    assert wrong(check_schema([])) == []


def test_a_rehearsals_settings_are_reported() -> None:
    settings = load_settings(clock_shift_s=60.0, crash_at="accept.after_write:1")

    assert wrong(check_settings(settings)) == ["clock shift", "crash point"]
    assert wrong(check_settings(load_settings())) == []


def test_no_database_is_reported() -> None:
    assert wrong(unreachable(RuntimeError("refused"))) == ["database"]


def test_the_disk_is_looked_at_where_the_data_will_lie(tmp_path: Path) -> None:
    check = check_disk(tmp_path / "not" / "yet" / "there")

    assert check.name == "disk"
    assert str(tmp_path) in check.mend
