"""What the change log may say of a row, and what it may not."""

import pytest

from gateway.domain import transfer
from gateway.domain.trace import EDGES, FILES, ITEMS, REPAYMENTS, TRANSFERS, WATCHED, Row, Watched
from gateway.domain.transfer import State

SENT: Row = {
    "state": "submitting",
    "unclear": "false",
    "fence": "1",
    "attempt": "1",
    "amount": "10000",
    "inquire_at": None,
    "settled_at": None,
    "reason": None,
}
LOST = {"state": "unknown", "unclear": "true", "fence": "2", "inquire_at": "10:00"}
BOOKED = {"state": "settled", "fence": "2", "settled_at": "10:00"}
SETTLED: Row = {**SENT, **BOOKED}
CREATED: Row = {"state": "created", "fence": "0", "start_at": "10:00", "amount": "10000"}
STORED: Row = {"state": "stored", "fence": "0", "items": "[]", "lease_until": "10:00"}
OPEN: Row = {"state": "open", "fence": "0", "resolution": None, "acted_at": None, "act_at": None}
CLOSED: Row = {**OPEN, "state": "closed", "fence": "2", "resolution": "noted", "act_at": "10:00"}


@pytest.mark.parametrize(
    ("watched", "before", "changes"),
    [
        pytest.param(TRANSFERS, SENT, LOST, id="an answer is lost"),
        pytest.param(TRANSFERS, SENT, BOOKED, id="settled"),
        pytest.param(
            TRANSFERS, SENT, {**BOOKED, "state": "returned"}, id="booked and back at once"
        ),
        pytest.param(TRANSFERS, SETTLED, {"inquire_at": "11:00"}, id="asked about, without a step"),
        pytest.param(
            TRANSFERS,
            {**SENT, "state": "scheduled"},
            {"state": "submitting", "fence": "2", "attempt": "2"},
            id="claimed",
        ),
        pytest.param(REPAYMENTS, CREATED, {"start_at": "11:00"}, id="started again"),
        pytest.param(FILES, STORED, {"fence": "1", "lease_until": "11:00"}, id="taken"),
        pytest.param(FILES, STORED, {"fence": "1", "state": "accepted"}, id="accepted"),
        pytest.param(ITEMS, CLOSED, {"act_at": None, "acted_at": "10:00"}, id="acted on"),
        pytest.param(ITEMS, CLOSED, {"act_at": "11:00"}, id="acted on later"),
    ],
)
def test_what_the_tables_allow_is_no_fault(
    watched: Watched, before: Row, changes: dict[str, str | None]
) -> None:
    assert watched.fault_of(before, {**before, **changes}) is None


@pytest.mark.parametrize(
    ("watched", "before", "changes", "fault"),
    [
        pytest.param(
            TRANSFERS,
            SETTLED,
            {"state": "submitting", "fence": "3"},
            "settled → submitting is no edge",
            id="sent again after its end",
        ),
        pytest.param(
            TRANSFERS,
            {**SENT, **LOST},
            {"state": "scheduled", "unclear": "false", "fence": "3"},
            "unknown unclear → scheduled is no edge",
            id="the mark goes",
        ),
        pytest.param(
            TRANSFERS,
            SENT,
            {"state": "unknown", "fence": "2"},
            "submitting → unknown is no edge",
            id="the mark is not set",
        ),
        pytest.param(
            TRANSFERS,
            {**SENT, "state": "scheduled", "unclear": "true"},
            {"state": "cancelled", "fence": "2"},
            "scheduled unclear → cancelled unclear is no edge",
            id="cancelled though it may be at the bank",
        ),
        pytest.param(
            TRANSFERS, SENT, {**BOOKED, "fence": "1"}, "and not the fence", id="without a fence"
        ),
        pytest.param(
            TRANSFERS, SENT, {**BOOKED, "fence": "3"}, "the fence went from 1 to 3", id="two steps"
        ),
        pytest.param(
            TRANSFERS, SENT, {**BOOKED, "fence": "0"}, "the fence went from 1 to 0", id="back"
        ),
        pytest.param(
            TRANSFERS,
            SENT,
            {**BOOKED, "amount": "10001"},
            "amount never changes",
            id="another amount",
        ),
        pytest.param(
            TRANSFERS,
            SETTLED,
            {"settled_at": "11:00", "fence": "3"},
            "it is settled, and settled_at changed",
            id="another day after the end",
        ),
        pytest.param(
            TRANSFERS,
            {**SENT, "state": "scheduled"},
            {"state": "submitting", "fence": "2"},
            "attempt changed by 0",
            id="sent and not counted",
        ),
        pytest.param(
            TRANSFERS,
            SENT,
            {**LOST, "attempt": "2"},
            "attempt changed by 1",
            id="counted, not sent",
        ),
        pytest.param(
            REPAYMENTS,
            {**CREATED, "state": "settled"},
            {"state": "cancelled", "fence": "1"},
            "settled → cancelled is no edge",
            id="money that came is gone",
        ),
        pytest.param(
            FILES,
            {**STORED, "state": "accepted"},
            {"state": "void", "fence": "1"},
            "accepted → void is no edge",
            id="a file the bank has is void",
        ),
        pytest.param(FILES, STORED, {"lease_until": None}, "and not the fence", id="a lease taken"),
        pytest.param(
            FILES, STORED, {"items": "[1]", "fence": "1"}, "items never", id="other items"
        ),
        pytest.param(
            ITEMS,
            OPEN,
            {"state": "closed", "fence": "1"},
            "open → closed is no edge",
            id="closed by one",
        ),
        pytest.param(
            ITEMS,
            CLOSED,
            {"resolution": "refunded", "fence": "3"},
            "it is closed, and resolution changed",
            id="another decision afterwards",
        ),
        pytest.param(
            ITEMS,
            {**CLOSED, "acted_at": "10:00"},
            {"acted_at": None},
            "acted → closed is no edge",
            id="to be acted on twice",
        ),
    ],
)
def test_what_no_table_allows_is_a_fault(
    watched: Watched, before: Row, changes: dict[str, str | None], fault: str
) -> None:
    found = watched.fault_of(before, {**before, **changes})

    assert found is not None
    assert fault in found


@pytest.mark.parametrize(
    ("watched", "row", "fault"),
    [
        pytest.param(TRANSFERS, {**SENT, "fence": "0"}, None, id="sent at once"),
        pytest.param(TRANSFERS, SETTLED, "no row begins settled", id="booked from nowhere"),
        pytest.param(TRANSFERS, SENT, "a row begins at fence 1", id="with a fence"),
        pytest.param(REPAYMENTS, CREATED, None, id="a repayment"),
        pytest.param(FILES, STORED, None, id="a file"),
        pytest.param(FILES, {**STORED, "state": "done"}, "no row begins done", id="a done file"),
        pytest.param(ITEMS, OPEN, None, id="an item"),
        pytest.param(ITEMS, CLOSED, "no row begins closed", id="a closed item"),
    ],
)
def test_a_row_begins_where_its_table_begins(watched: Watched, row: Row, fault: str | None) -> None:
    assert watched.fault_of(None, row) == fault


def test_the_edges_are_those_of_the_table_that_can_be_reached() -> None:
    taken = {(was, now) for table, was, now in EDGES if table == "transfers"}

    assert ("unknown unclear", "scheduled unclear") in taken
    assert ("unknown unclear", "returned unclear") in taken  # booked and back, told at once
    assert not any("unknown" in (was, now) for was, now in taken)  # it is always unclear
    assert {was for was, _ in taken} <= {
        f"{state}{mark}" for state in State for mark in ("", " unclear")
    }
    assert {table for table, _, _ in EDGES} == set(WATCHED)
    assert {state for state, _, _ in transfer.TRANSITIONS} == {
        State(was.removesuffix(" unclear")) for was, _ in taken
    }
