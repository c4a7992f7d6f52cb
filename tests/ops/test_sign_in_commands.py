"""Operators read which sign-ins were refused, under the names that the log uses."""

from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from gateway.app import member_ref
from gateway.config import load_settings
from gateway.domain.guessing import Source
from gateway.ops.clock import SystemClock
from gateway.store.database import Database
from gateway.store.members import claim_login_name
from gateway.store.refused_sign_ins import NOBODY, RefusedSignIn, Why, write_refusal
from tests.ops.test_command_line import CommandLine, gateway

__all__ = ["gateway"]

NUMBER, MEMBER = "10000001", UUID(int=7)
HERE, THERE = Source(b"\x01" * 32), Source(b"\x02" * 32)


@pytest.fixture
async def refused(database: Database, operators_db: Database) -> None:
    """A member who met one guess, a number of nobody, and one of the day before yesterday."""
    now = SystemClock().now()
    await claim_login_name(operators_db, NUMBER, MEMBER)
    for member_id, age_h, why, source in (
        (MEMBER, 48, Why.WRONG_PIN, HERE),
        (NOBODY, 2, Why.UNKNOWN_NUMBER, HERE),
        (MEMBER, 1, Why.NOT_ADMITTED, THERE),
    ):
        one = RefusedSignIn(member_id, now - timedelta(hours=age_h), why, source)
        await write_refusal(database, one, identifier=uuid4())


@pytest.mark.usefixtures("refused")
async def test_operators_read_what_one_member_met(gateway: CommandLine) -> None:
    code, out, _ = await gateway("ops", "sign-ins-refused", NUMBER, "--hours", "72", "--json")

    ref = member_ref(load_settings())(MEMBER)
    assert code == 0
    assert {(one["reason"], one["member_ref"], one["source_ref"]) for one in orjson.loads(out)} == {
        ("not_admitted", ref, THERE.ref),
        ("wrong_pin", ref, HERE.ref),
    }


@pytest.mark.usefixtures("refused")
async def test_operators_read_what_everybody_met_of_late(gateway: CommandLine) -> None:
    code, out, _ = await gateway("ops", "sign-ins-refused")

    assert code == 0
    assert out.index("not_admitted") < out.index("unknown_number")
    assert "wrong_pin" not in out
    assert "2 refused, of 2 members, from 2 sources" in out


async def test_a_number_that_nobody_has_is_said_so(gateway: CommandLine) -> None:
    code, out, err = await gateway("ops", "sign-ins-refused", "99999999")

    assert (code, out) == (1, "")
    assert "no member has that number" in err
