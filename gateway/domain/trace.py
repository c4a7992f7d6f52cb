"""The state tables as they show in rows: what a change log may say of a row, and what it may not.

A table whose rows move is `Watched`: `fault_of` holds one change of a row to its state table. Rows
about money are written once and never changed (`WRITTEN_ONCE`). Values are PostgreSQL's own text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.domain import repayment, transfer
from gateway.domain.bank_file import FILE_TRANSITIONS, FileState
from gateway.domain.review import ITEM_TRANSITIONS, ItemState

Row: TypeAlias = Mapping[str, str | None]
Edge: TypeAlias = tuple[str, str]

WRITTEN_ONCE = frozenset(
    {
        "postings",
        "loan_entries",
        "events",
        "bank_attempts",
        "operator_actions",
        "idempotency_keys",
    }
)
UNCLEAR = " unclear"


@dataclass(frozen=True, slots=True)
class Watched:
    """A table whose rows move, and how each may.

    `label` names the place of a row, `edges` lead from place to place; `rests` are the final ones.
    `fixed` columns never change, `settled` ones not once the row is at rest; `unfenced` ones may
    change without a step of the fence, all others only with one. `counter`: a column, and the state
    whose entering alone raises it, by one.
    """

    table: str
    key: tuple[str, ...]
    starts: frozenset[str]
    edges: frozenset[Edge]
    rests: frozenset[str]
    fixed: frozenset[str]
    settled: frozenset[str]
    unfenced: frozenset[str]
    label: Callable[[Row], str] = field(default=lambda row: str(row["state"]))
    counter: tuple[str, str] | None = None

    def fault_of(self, before: Row | None, after: Row) -> str | None:
        """Return what is wrong with a change; None: it is a row of the table. None before: new."""
        if before is None:
            return self._fault_of_new(after)
        changed = frozenset(name for name, value in after.items() if before.get(name) != value)
        was, now = self.label(before), self.label(after)
        if was != now and (was, now) not in self.edges:
            return f"{was} → {now} is no edge"
        if wrong := changed & self.fixed:
            return f"{_listed(wrong)} never changes"
        if was in self.rests and was == now and (wrong := changed & self.settled):
            return f"it is {was}, and {_listed(wrong)} changed"
        return self._fault_of_fence(before, after, changed) or self._fault_of_count(before, after)

    def _fault_of_new(self, after: Row) -> str | None:
        if (label := self.label(after)) not in self.starts:
            return f"no row begins {label}"
        return None if after["fence"] == "0" else f"a row begins at fence {after['fence']}"

    def _fault_of_fence(self, before: Row, after: Row, changed: frozenset[str]) -> str | None:
        raised = int(str(after["fence"])) - int(str(before["fence"]))
        if raised not in {0, 1}:
            return f"the fence went from {before['fence']} to {after['fence']}"
        moved = changed - self.unfenced
        return f"{_listed(moved)} changed, and not the fence" if moved and not raised else None

    def _fault_of_count(self, before: Row, after: Row) -> str | None:
        if self.counter is None:
            return None
        name, state = self.counter
        enters = after["state"] == state != before["state"]
        raised = int(str(after[name])) - int(str(before[name]))
        return None if raised == enters else f"{name} changed by {raised}"


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _transfer_label(row: Row) -> str:
    return f"{row['state']}{UNCLEAR if row['unclear'] == 'true' else ''}"


def _transfer_edges() -> frozenset[Edge]:
    """Walk the table from its beginnings; what one step does in two events is an edge, too."""
    edges: set[Edge] = set()
    places = [(transfer.State.SUBMITTING, False), (transfer.State.SCHEDULED, False)]
    for state, unclear in places:
        here = _place(state, is_unclear=unclear)
        for (source, mark, event), to in transfer.TRANSITIONS.items():
            if (source, mark) != (state, unclear):
                continue
            is_marked = event in transfer.MARKED_BY
            if is_marked:
                edges.add((_place(to, is_unclear=False), _place(to, is_unclear=True)))
            reached = (to, unclear or is_marked or to in transfer.MARKS_UNCLEAR)
            edges.add((here, _place(*reached)))
            if reached not in places:
                places.append(reached)
            for first, second in transfer.IN_ONE_STEP:
                if first is event and (last := transfer.TRANSITIONS.get((*reached, second))):
                    edges.add((here, _place(last, reached[1])))
    return frozenset(edges)


def _place(state: transfer.State, is_unclear: bool) -> str:
    return f"{state}{UNCLEAR if is_unclear else ''}"


def _columns(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _item_label(row: Row) -> str:
    """Return the state of a review item; one that was acted on is a place of its own."""
    is_acted = row["state"] == ItemState.CLOSED and row["acted_at"] is not None
    return ACTED if is_acted else str(row["state"])


ACTED = "acted"
TRANSFERS = Watched(
    table="transfers",
    key=("member_id", "id"),
    label=_transfer_label,
    starts=frozenset({transfer.State.SCHEDULED, transfer.State.SUBMITTING}),
    edges=_transfer_edges(),
    rests=frozenset(
        _place(state, is_unclear=unclear)
        for state in transfer.FINAL_FOR_MEMBER
        for unclear in (False, True)
    ),
    fixed=_columns(
        "member_id id account_id bank reference amount branch type number holder remitter "
        "request_id accepted_at quote_id credited_at credited_by"
    ),
    settled=_columns(
        "settled_at returned_at reason bank_id file_id tries due_at decided_by returned_by"
    ),
    unfenced=frozenset({"inquire_at"}),
    counter=("attempt", transfer.State.SUBMITTING),
)
REPAYMENTS = Watched(
    table="repayments",
    key=("member_id", "id"),
    starts=frozenset({repayment.State.CREATED}),
    edges=frozenset((state, to) for (state, _), to in repayment.TRANSITIONS.items()),
    rests=repayment.FINAL_FOR_MEMBER,
    fixed=_columns(
        "member_id id bank reference kind amount description return_url quote_id request_id "
        "accepted_at expires_at start_until watch_until"
    ),
    settled=_columns(
        "settled_at paid_amount reason bank_id redirect start_at starts ended_at decided_by"
    ),
    unfenced=frozenset({"inquire_at", "start_at", "starts"}),
)
FILES = Watched(
    table="bank_files",
    key=("bank", "file_id"),
    starts=frozenset(to for (state, _), to in FILE_TRANSITIONS.items() if state is None),
    edges=frozenset((state, to) for (state, _), to in FILE_TRANSITIONS.items() if state),
    rests=frozenset({FileState.REFUSED, FileState.VOID, FileState.DONE}),
    fixed=frozenset({"bank", "file_id", "items", "stored_at"}),
    settled=frozenset({"receipt", "reason", "fault", "not_before"}),
    unfenced=frozenset(),
)
ITEMS = Watched(
    table="review_items",
    key=("member_id", "id"),
    label=_item_label,
    starts=frozenset({ItemState.OPEN}),
    edges=frozenset(
        {(state, to) for (state, _), to in ITEM_TRANSITIONS.items()} | {(ItemState.CLOSED, ACTED)}
    ),
    rests=frozenset({ItemState.CLOSED, ACTED}),
    fixed=_columns("member_id id key kind bank reference transfer_id repayment_id raised_at"),
    settled=_columns(
        "resolution note particulars proposed_by proposed_at confirmed_by confirmed_at"
    ),
    unfenced=frozenset({"act_at", "acted_at"}),
)
WATCHED: Mapping[str, Watched] = {
    watched.table: watched for watched in (TRANSFERS, REPAYMENTS, FILES, ITEMS)
}
EDGES: frozenset[tuple[str, str, str]] = frozenset(
    (watched.table, was, now)
    for watched in WATCHED.values()
    for was, now in watched.edges
    if was != now
)
