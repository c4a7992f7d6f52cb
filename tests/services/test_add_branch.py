"""A branch that opened after the release is known by an operator's word, which is on record."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.account import BankCode
from gateway.domain.operator import NameMissing
from gateway.services.add_branch import BranchKnown, add_branch, is_branch
from gateway.store.branches import AddedBranch
from gateway.store.database import Database
from tests.manual_clock import START

NEW = AddedBranch(BankCode.RAKUTEN, "999", "タンゴ", " Sato ", START)


async def test_a_branch_is_known_at_its_bank_once_it_was_added(database: Database) -> None:
    before = await is_branch(database, NEW.bank, NEW.branch)

    kept = await add_branch(database, NEW)

    assert not before
    assert kept == replace(NEW, added_by="sato")
    assert await is_branch(database, NEW.bank, NEW.branch)
    assert not await is_branch(database, BankCode.SMBC, NEW.branch)


async def test_adding_it_twice_is_adding_it_once_and_is_on_record(
    database: Database, owner: Any
) -> None:
    await add_branch(database, NEW)
    again = await add_branch(database, replace(NEW, added_by="kato"))

    (act,) = await owner.fetch("SELECT operator, action, at FROM operator_actions")
    assert (act["operator"], act["action"], act["at"]) == ("sato", "branch_add", START)
    assert again.added_by == "sato"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"branch": "201"}, BranchKnown, id="the release's own"),
        pytest.param({"branch": "12"}, ValueError, id="two digits"),
        pytest.param({"branch": "９９９"}, ValueError, id="full-width digits"),
        pytest.param({"branch": "999\n"}, ValueError, id="a line end"),
        pytest.param({"name": "  "}, ValueError, id="no name"),
        pytest.param({"name": "a" * 41}, ValueError, id="too long a name"),
        pytest.param({"name": "a\x1b[2J"}, ValueError, id="a terminal's commands"),
        pytest.param({"added_by": " "}, NameMissing, id="nobody"),
    ],
)
async def test_what_is_no_new_branch_is_refused(
    change: dict[str, str], error: type[Exception], database: Database, owner: Any
) -> None:
    with pytest.raises(error):
        await add_branch(database, replace(NEW, **change))  # type: ignore[arg-type]

    assert await owner.fetchval("SELECT count(*) FROM operator_actions") == 0


async def test_another_name_for_a_known_number_is_refused(database: Database) -> None:
    await add_branch(database, NEW)

    with pytest.raises(BranchKnown, match="another name"):
        await add_branch(database, replace(NEW, name="ワルツ"))
