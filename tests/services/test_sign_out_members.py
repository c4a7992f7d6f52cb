"""Operators end members' sessions, at once and on record."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.errors import NotFoundHere
from gateway.domain.operator import NameMissing
from gateway.services.sign_out_members import sign_out_members
from gateway.store.database import Database
from tests.manual_clock import START

IDLE_S = 600
HANA, JIRO = UUID(int=1), UUID(int=2)
LATE = START - timedelta(seconds=IDLE_S)


@pytest.fixture(autouse=True)
async def signed_in(owner: Any) -> None:
    """Two members who are signed in, one of them twice; a session that was idle for too long."""
    for member, number in ((HANA, "10000001"), (JIRO, "10000002")):
        await owner.execute(
            "INSERT INTO login_names (kind, name, member_id) VALUES ('member_number', $1, $2)",
            number,
            member,
        )
    sessions = [(HANA, 1, START), (HANA, 2, START), (JIRO, 3, START), (JIRO, 4, LATE)]
    for member, session, seen_at in sessions:
        await owner.execute(
            "INSERT INTO sessions (member_id, id, secret_sha256, opened_at, seen_at, ends_at)"
            " VALUES ($1, $2, $3, $4, $4, $5)",
            member,
            UUID(int=session),
            bytes([session]) * 32,
            seen_at,
            START + timedelta(hours=1),
        )


async def live(owner: Any) -> list[int]:
    rows = await owner.fetch("SELECT id FROM sessions WHERE closed_at IS NULL ORDER BY id")
    return [row["id"].int for row in rows]


async def test_one_members_sessions_end_and_nobody_elses(
    operators_db: Database, owner: Any
) -> None:
    ended = await sign_out_members(operators_db, "10000001", by=" Sato ", now=START, idle_s=IDLE_S)

    assert (ended, await live(owner)) == (2, [3, 4])
    (act,) = await owner.fetch("SELECT operator, action, member_id, details FROM operator_actions")
    assert (act["operator"], act["action"], act["member_id"]) == ("sato", "sign_out", HANA)
    assert '"sessions": 2' in act["details"]


async def test_everybodys_sessions_end(operators_db: Database, owner: Any) -> None:
    ended = await sign_out_members(operators_db, None, by="sato", now=START, idle_s=IDLE_S)

    assert (ended, await live(owner)) == (3, [4])


@pytest.mark.parametrize(
    ("number", "by", "error"),
    [("99999999", "sato", NotFoundHere), ("10000001", "  ", NameMissing)],
)
async def test_what_names_nobody_ends_nothing(
    number: str, by: str, error: type[Exception], operators_db: Database, owner: Any
) -> None:
    with pytest.raises(error):
        await sign_out_members(operators_db, number, by=by, now=START, idle_s=IDLE_S)

    assert await live(owner) == [1, 2, 3, 4]
    assert await owner.fetchval("SELECT count(*) FROM operator_actions") == 0
