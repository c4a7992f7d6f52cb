"""Every route by everybody who must not get in, and with everything of another member's.

Routes come from the table, ids from their paths and from the examples of their bodies: a new route
is tried as soon as it is in the table. One with a new kind of id fails until `others_ids` has one.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.domain.bank import NameFound
from gateway.http.core import ROUTES
from gateway.http.openapi.operation import Caller
from gateway.http.openapi.parameters import PATH_SCHEMAS
from gateway.http.openapi.route import Route
from gateway.http.problems import HIDDEN
from gateway.services.admit_operators import DAYS, revoke_tokens
from gateway.services.desk import TransferDesk
from tests.http.conftest import (
    ACCOUNT,
    KANA,
    OTHER_KANA,
    Client,
    FakeBank,
    Reply,
    new_operators_token,
)
from tests.manual_clock import ManualClock

OF_MEMBERS = [
    route
    for route in ROUTES
    if route.path.startswith("/v1/")
    and (route.operation is None or route.operation.caller is Caller.MEMBER)
]
OF_OPERATORS = [route for route in ROUTES if route.path.startswith("/ops/")]
OF_ANYBODY = [*OF_MEMBERS, *OF_OPERATORS]
FOR_ALL = {"POST /v1/sessions"}
PATH_ID = re.compile(r"\{(\w+)\}")
BODY_ID = re.compile(r"[a-z]{2}_[0-9a-f]{32}")


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def body_of(route: Route) -> dict[str, Any]:
    return {} if route.operation is None else dict(route.operation.example)


def path_ids(route: Route) -> list[str]:
    return PATH_ID.findall(route.path)


def body_ids(route: Route) -> list[str]:
    return [name for name, value in body_of(route).items() if BODY_ID.fullmatch(str(value))]


async def call(client: Client, route: Route, ids: Mapping[str, str]) -> Reply:
    """Call a route with ids by name, in its path and in its body; the rest is its example."""
    body = body_of(route)
    body |= {name: ids[name] for name in body_ids(route) if name in ids}
    path = PATH_ID.sub(lambda match: ids.get(match[1], match[1]), route.path)
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    options: dict[str, Any] = {"headers": headers} | ({"json": body} if body else {})
    return await client.call(route.method, path, **options)


def told(reply: Reply, ids: Mapping[str, str]) -> tuple[int, set[str], str]:
    """Return what an answer tells, without what differs between any two calls."""
    hidden = [reply.body.pop("request_id"), *ids.values()] if reply.body else []
    text = str(reply.body)
    for one in hidden:
        text = text.replace(one, HIDDEN)
    return reply.status, set(reply.headers), BODY_ID.sub(HIDDEN, text)


def missing_ids(route: Route) -> dict[str, str]:
    """Return an id that nobody has for each place in the route's path."""
    return {name: f"{prefix_of(name)}_{uuid4().hex}" for name in path_ids(route)}


def prefix_of(name: str) -> str:
    found = re.search("[a-z]{2}", str(PATH_SCHEMAS[name]["pattern"]))
    assert found is not None
    return found[0]


async def let_in(client: Client, routes: Sequence[Route] = OF_ANYBODY) -> dict[str, str]:
    """Return the routes that answer anything but that one has to show who one is."""
    found = {}
    for route in routes:
        reply = await call(client, route, missing_ids(route))
        wanted = "operator_token_missing" if route in OF_OPERATORS else "session_missing"
        if reply.status != 401 or reply.body["code"] != wanted:
            found[name_of(route)] = reply.raw.decode()
    return found


def with_token(client: Client, token: str) -> Client:
    return Client(client.session, client.url, token)


def test_every_route_below_v1_and_ops_is_somebodys() -> None:
    owned = {name_of(route) for route in OF_ANYBODY}
    below = {name_of(route) for route in ROUTES if re.match("/(v1|ops)/", route.path)}

    assert below - owned == FOR_ALL


async def test_nobody_gets_in_without_showing_who_one_is(client: Client) -> None:
    assert await let_in(client) == {}


@pytest.mark.parametrize("token", ["", "x" * 64, f"ops_{'x' * 43}", f"ops_{'x' * 42}é"])
async def test_nobody_gets_in_with_what_is_no_token(client: Client, token: str) -> None:
    assert await let_in(with_token(client, token)) == {}


async def test_a_members_session_opens_nothing_of_operators(member: Client) -> None:
    assert await let_in(member, OF_OPERATORS) == {}


async def test_an_operators_token_opens_everything_of_operators_and_nothing_of_members(
    client: Client, office: TransferDesk
) -> None:
    opened = await let_in(with_token(client, await new_operators_token(office)))

    assert opened.keys() == {name_of(route) for route in OF_OPERATORS}


async def test_nobody_gets_in_with_an_operators_token_that_ran_out(
    client: Client, office: TransferDesk, clock: ManualClock
) -> None:
    token = await new_operators_token(office)
    clock.advance(timedelta(days=DAYS).total_seconds())

    assert await let_in(with_token(client, token)) == {}


async def test_nobody_gets_in_with_an_operators_token_that_was_revoked(
    client: Client, office: TransferDesk
) -> None:
    token = await new_operators_token(office)
    await revoke_tokens(office.db, "sato", by="kato", now=office.clock.now())

    assert await let_in(with_token(client, token)) == {}


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(timedelta(seconds=601), id="idle for too long"),
        pytest.param(timedelta(hours=12, seconds=1), id="past its end"),
    ],
)
async def test_nobody_gets_in_with_a_session_that_ran_out(
    member: Client, clock: ManualClock, after: timedelta
) -> None:
    clock.advance(after.total_seconds())

    assert await let_in(member) == {}


async def test_nobody_gets_in_with_a_session_that_was_ended(member: Client) -> None:
    await member.call("DELETE", "/v1/sessions")

    assert await let_in(member) == {}


@pytest.fixture
async def others_ids(
    other_member: Client, other_member_id: UUID, bank: FakeBank, owner: Any
) -> dict[str, str]:
    """One thing of every kind that belongs to the other member."""
    bank.name = NameFound(OTHER_KANA)
    account = await other_member.call("POST", "/v1/accounts", json=ACCOUNT)
    wanted = {"account_id": account.body["id"], "amount": 10_000}
    quote = await other_member.call("POST", "/v1/transfer_quotes", json=wanted)
    transfer = await other_member.call(
        "POST", "/v1/transfers", json=wanted, headers={"Idempotency-Key": "k" * 16}
    )
    sessions = await other_member.call("GET", "/v1/sessions")
    return {
        "account_id": account.body["id"],
        "quote_id": quote.body["id"],
        "transfer_id": transfer.body["id"],
        "session_id": sessions.body["items"][0]["id"],
        "repayment_id": await add_repayment(owner, other_member_id),
        "entry_id": await add_entry(owner, other_member_id),
    }


async def add_repayment(owner: Any, member_id: UUID) -> str:
    repayment_id = uuid4()
    await owner.execute(
        """INSERT INTO repayments (member_id, id, bank, reference, kind, amount, description,
            return_url, request_id, accepted_at, expires_at, state, step, start_until, watch_until)
        VALUES ($1, $2, 'smbc', 'ABCDEFGHIJKLMNOPQRST', 'amount', 1000, '', '', 'r', now(), now(),
            'authorizing', $2, now(), now())""",
        member_id,
        repayment_id,
    )
    return f"rp_{repayment_id.hex}"


async def add_entry(owner: Any, member_id: UUID) -> str:
    entry_id = uuid4()
    await owner.execute(
        """INSERT INTO loan_entries (
            member_id, id, kind, amount, effective_on, at, house, journal, recorded_at)
        VALUES ($1, $2, 'advance', 1000, now(), now(), 'settlement_cash:smbc', $2, now())""",
        member_id,
        entry_id,
    )
    return f"en_{entry_id.hex}"


@pytest.fixture
async def own_ids(member: Client, others_ids: dict[str, str], bank: FakeBank) -> dict[str, str]:
    """What the caller needs where only one id of a request is another member's."""
    del others_ids
    bank.name = NameFound(KANA)
    account = await member.call("POST", "/v1/accounts", json=ACCOUNT)
    return {"account_id": account.body["id"]}


async def test_what_is_another_members_is_answered_exactly_as_what_does_not_exist(
    member: Client, own_ids: dict[str, str], others_ids: dict[str, str]
) -> None:
    tried = set()
    for route in OF_MEMBERS:
        for name in (*path_ids(route), *body_ids(route)):
            theirs = {name: others_ids[name]}
            nobodys = {name: f"{others_ids[name][:2]}_{uuid4().hex}"}

            one = await call(member, route, own_ids | theirs)
            none = await call(member, route, own_ids | nobodys)

            assert told(one, theirs) == told(none, nobodys), f"{name_of(route)}: {name}"
            assert one.status in {404, 409, 422}, f"{name_of(route)}: {name}"
            tried.add(name)
    assert tried >= {"account_id", "quote_id", "session_id", "transfer_id"}


async def test_what_is_another_members_is_still_there_afterwards(
    member: Client, own_ids: dict[str, str], others_ids: dict[str, str], other_member: Client
) -> None:
    for route in OF_MEMBERS:
        for name in path_ids(route):
            await call(member, route, own_ids | {name: others_ids[name]})

    transfer = await other_member.call("GET", f"/v1/transfers/{others_ids['transfer_id']}")
    accounts = await other_member.call("GET", "/v1/accounts")

    assert transfer.body["state"] != "cancelled"
    assert [one["id"] for one in accounts.body["items"]] == [others_ids["account_id"]]
