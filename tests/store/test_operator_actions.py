"""The record of what operators did can be read back: by whom, what, since when."""

from datetime import datetime, timedelta

import pytest

from gateway.domain.account import BankCode
from gateway.ops.commands.stops import hold_bank, release_bank
from gateway.store.database import Database
from gateway.store.operator_actions import list_actions
from tests.manual_clock import START

LATER = START + timedelta(hours=1)


@pytest.mark.parametrize(
    ("operator", "action", "since", "found"),
    [
        pytest.param(None, None, START, ["release", "hold"], id="all, newest first"),
        pytest.param("sato", None, START, ["hold"], id="one operator's"),
        pytest.param(None, "release", START, ["release"], id="of one kind"),
        pytest.param(None, None, LATER, ["release"], id="since"),
        pytest.param("nobody", None, START, [], id="nobody's"),
    ],
)
async def test_acts_are_read_back(
    operator: str | None, action: str | None, since: datetime, found: list[str], database: Database
) -> None:
    await hold_bank(database, BankCode.SMBC, reason="drill", by="Sato", now=START)
    await release_bank(database, BankCode.SMBC, by="kato", now=LATER)

    acts = await list_actions(database, since=since, operator=operator, action=action, limit=9)

    assert [act.action for act in acts] == found


async def test_an_act_says_what_was_done(database: Database) -> None:
    await hold_bank(database, None, reason="drill", by="sato", now=START)

    (act,) = await list_actions(database, since=START, operator=None, action=None, limit=9)

    assert (act.operator, act.at, act.member_number) == ("sato", START, None)
    assert (act.details["bank"], act.details["reason"]) == ("*", "drill")
