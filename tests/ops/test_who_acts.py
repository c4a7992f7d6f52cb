"""Every act of an operator is kept under one name of that person's, however it was typed."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.account import BankCode
from gateway.domain.hours import OneOffWindow
from gateway.domain.operator import NameMissing, Operator, Role
from gateway.ops.commands.stops import hold_bank, release_bank
from gateway.ops.commands.windows import add_window, list_windows, remove_window
from gateway.services.admit_operators import add_operator, issue_token, revoke_tokens
from gateway.store.database import Database
from gateway.store.operators import list_tokens
from tests.domain.names import NOBODY
from tests.manual_clock import START

SMBC = BankCode.SMBC
WINDOW = OneOffWindow("臨時", START, START + timedelta(hours=1))


async def _add(db: Database, by: str) -> None:
    await add_operator(db, Operator("mori", Role.VIEWER), by=by, now=START)


async def _issue(db: Database, by: str) -> None:
    await _add(db, "kato")
    await issue_token(db, " MORI ", by=by, now=START)
    assert [token.operator for token in await list_tokens(db)] == ["mori"]


async def _revoke(db: Database, by: str) -> None:
    await _issue(db, "kato")
    assert len(await revoke_tokens(db, "Ｍori", by=by, now=START)) == 1


async def _hold(db: Database, by: str) -> None:
    await hold_bank(db, SMBC, reason="drill", by=by, now=START)


async def _release(db: Database, by: str) -> None:
    await _hold(db, "kato")
    await release_bank(db, SMBC, by=by, now=START)


async def _close(db: Database, by: str) -> None:
    await add_window(db, SMBC, WINDOW, by=by, now=START)


async def _open(db: Database, by: str) -> None:
    await _close(db, "kato")
    (window,) = await list_windows(db, now=START)
    await remove_window(db, window.id, by=by, now=START)


Act = Callable[[Database, str], Awaitable[None]]
ACTS: dict[str, Act] = {
    "operator_add": _add,
    "token_issue": _issue,
    "token_revoke": _revoke,
    "hold": _hold,
    "release": _release,
    "window_add": _close,
    "window_remove": _open,
}


@pytest.mark.parametrize("action", ACTS)
async def test_an_act_is_kept_under_one_name(
    operators_db: Database, owner: Any, action: str
) -> None:
    await ACTS[action](operators_db, "　ＳＡＴＯ ")

    kept = await owner.fetchval("SELECT operator FROM operator_actions WHERE action = $1", action)

    assert kept == "sato"


@pytest.mark.parametrize("name", NOBODY)
@pytest.mark.parametrize("action", ACTS)
async def test_an_act_of_nobody_is_refused(
    operators_db: Database, owner: Any, action: str, name: str
) -> None:
    with pytest.raises(NameMissing):
        await ACTS[action](operators_db, name)

    assert not await owner.fetchval(
        "SELECT count(*) FROM operator_actions WHERE action = $1", action
    )
