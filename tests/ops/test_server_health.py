"""`gateway doctor` says what wears out beneath the database before it refuses to work."""

from collections.abc import Mapping

import pytest

from gateway.ops.commands.server_health import check_health, health_checks
from gateway.store.database import Database

WELL = {"transactions": 1_000, "collation": "2.36", "collation_now": "2.36", "checksums": "on"}
ILL = [
    pytest.param({"transactions": 1_000_000_000}, "transaction age", id="old transactions"),
    pytest.param({"collation_now": "2.40"}, "collation", id="a new system library"),
    pytest.param({"checksums": "off"}, "checksums", id="no checksums"),
]


@pytest.mark.parametrize(("change", "name"), ILL)
def test_what_wears_out_is_named_and_how_to_mend_it(
    change: Mapping[str, object], name: str
) -> None:
    checks = health_checks({**WELL, **change})

    (bad,) = [one for one in checks if not one.is_good]
    assert bad.name == name
    assert bad.mend


async def test_a_new_server_is_well(database: Database) -> None:
    checks = await check_health(database)

    assert [one.name for one in checks if not one.is_good] == []
    assert len(checks) == 3
