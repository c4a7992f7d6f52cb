"""Operators are known by tokens of which only a hash is kept; every change is on record."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.errors import NotFoundHere, OperatorTokenMissing
from gateway.domain.operator import Operator, Role
from gateway.services.admit_operators import (
    TOKEN,
    add_operator,
    authenticate_operator,
    issue_token,
    revoke_tokens,
)
from gateway.store.database import Database
from gateway.store.operators import list_operators, list_tokens
from tests.manual_clock import START

SATO = Operator("sato", Role.VIEWER)


@pytest.fixture
async def token(operators_db: Database) -> str:
    await add_operator(operators_db, SATO, by="kato", now=START)
    return (await issue_token(operators_db, "sato", by="kato", now=START, days=1)).text


async def is_let_in(operators_db: Database, text: str, **after: float) -> bool:
    try:
        await authenticate_operator(operators_db, text, now=START + timedelta(**after))
    except OperatorTokenMissing:
        return False
    return True


async def test_an_operator_is_known_by_the_token_until_it_ends(
    operators_db: Database, token: str
) -> None:
    admitted = await authenticate_operator(operators_db, token, now=START)

    assert (admitted.operator, admitted.ends_at) == (SATO, START + timedelta(days=1))
    assert await is_let_in(operators_db, token, hours=23.9)
    assert not await is_let_in(operators_db, token, hours=24)


async def test_the_database_holds_no_token(token: str, owner: Any) -> None:
    rows = await owner.fetch("SELECT t::text FROM operator_tokens t")
    rows += await owner.fetch("SELECT a::text FROM operator_actions a")

    assert TOKEN.fullmatch(token)
    assert [row for row in rows if token[4:] in str(row)] == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text[:0], id="nothing"),
        pytest.param(lambda text: text[4:], id="without its prefix"),
        pytest.param(lambda text: text + "A", id="one sign too many"),
        pytest.param(lambda text: "ops_" + text[:3:-1], id="another one"),
    ],
)
async def test_what_is_no_token_lets_nobody_in(
    operators_db: Database, token: str, change: Any
) -> None:
    assert not await is_let_in(operators_db, change(token))


@pytest.mark.parametrize("is_named", [pytest.param(True, id="all"), pytest.param(False, id="one")])
async def test_what_is_revoked_ends_at_once(
    operators_db: Database, token: str, *, is_named: bool
) -> None:
    other = await issue_token(operators_db, "sato", by="kato", now=START)
    named = "sato" if is_named else other.token.id

    revoked = await revoke_tokens(operators_db, named, by="kato", now=START)
    again = await revoke_tokens(operators_db, named, by="kato", now=START)

    assert (len(revoked), again) == (2 if is_named else 1, [])
    assert not await is_let_in(operators_db, other.text)
    assert await is_let_in(operators_db, token) is not is_named
    assert {one.revoked_at for one in await list_tokens(operators_db) if one in revoked} == {START}


async def test_another_role_binds_at_once(operators_db: Database, token: str) -> None:
    await add_operator(operators_db, Operator("sato", Role.APPROVER), by="kato", now=START)

    admitted = await authenticate_operator(operators_db, token, now=START)

    assert admitted.operator.role is Role.APPROVER
    assert await list_operators(operators_db) == [Operator("sato", Role.APPROVER)]


async def test_nobody_else_is_given_a_token(operators_db: Database) -> None:
    with pytest.raises(NotFoundHere, match="'suzuki'"):
        await issue_token(operators_db, "suzuki", by="kato", now=START)


async def test_every_change_is_on_record_with_who_made_it(
    operators_db: Database, token: str, owner: Any
) -> None:
    del token
    await revoke_tokens(operators_db, "sato", by="mori", now=START)

    rows = await owner.fetch("SELECT operator, action, details FROM operator_actions ORDER BY id")

    assert {(row["operator"], row["action"]) for row in rows} == {
        ("kato", "operator_add"),
        ("kato", "token_issue"),
        ("mori", "token_revoke"),
    }
    assert all("sato" in row["details"] for row in rows)


@pytest.mark.parametrize("name", ["", "s", "Sato", "佐藤", "sato kato", "-sato", "s" * 33])
def test_an_operators_name_is_a_plain_word(name: str) -> None:
    with pytest.raises(ValueError, match="an operator's name"):
        Operator(name, Role.VIEWER)


def test_a_role_may_do_what_the_one_before_it_may() -> None:
    assert [[one.includes(other) for other in Role] for one in Role] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
