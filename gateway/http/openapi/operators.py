"""What the description says of operators' routes."""

from typing import Annotated

from pydantic import Field

from gateway.domain.errors import NotFoundHere
from gateway.domain.operator import Role
from gateway.domain.reason import Reason
from gateway.domain.review import ItemState, Resolution, ReviewKind
from gateway.domain.transfer import State
from gateway.http.openapi.fields import (
    Bank,
    Cursor,
    Day,
    Instant,
    Shown,
    TransferId,
    Yen,
    identifier,
    one_of,
)
from gateway.http.openapi.operation import Caller, Gives, Operation, Tag
from gateway.http.openapi.parameters import LIMIT, Header, Parameter, cursor
from gateway.services.read_restraints import Breaker

Reference = Annotated[str, Field(description="What the bank sees.", pattern="^[A-Z2-7]{20}$")]
Unclear = Annotated[bool, Field(description="It may have reached the bank.")]


class Operator(Shown):
    """Who is calling."""

    name: str
    role: Annotated[Role, one_of(Role)]
    token_id: Annotated[str, identifier("ot")]
    token_ends_at: Instant


class WatchedTransfer(Shown):
    """A transfer as operators see it."""

    id: TransferId
    bank: Bank
    reference: Reference
    amount: Yen
    state: Annotated[State, one_of(State)]
    is_unclear: Unclear
    attempt: int
    reason: Annotated[Reason, one_of(Reason)] | None
    accepted_at: Instant
    due_at: Annotated[Instant | None, Field(description="When it leaves.")]
    inquire_at: Annotated[Instant | None, Field(description="When the bank is asked next.")]
    unresolved_since: Instant | None


class WatchedTransfers(Shown):
    """One page, oldest first."""

    items: list[WatchedTransfer]
    next_cursor: Cursor


class ExplanationStep(Shown):
    """Something that happened at an instant; `details` depend on the source."""

    at: Instant
    source: Annotated[
        str,
        Field(
            description="`request`, `quote`, `event`, `bank`, `ledger`, `callback`, `statement`, "
            "`review` or `file` (the file that it is in, as it is now)."
        ),
    ]
    what: str
    details: dict[str, object]


class Explanation(Shown):
    """A transfer or repayment as it stands, and what led there in order of time."""

    id: Annotated[str, Field(pattern="^(tr|rp)_[0-9a-f]{32}$")]
    bank: Bank
    reference: Reference
    amount: Yen
    state: str
    is_unclear: Unclear
    attempt: int
    reason: str | None
    steps: list[ExplanationStep]


class Stop(Shown):
    """What holds a bank back."""

    bank: Annotated[Bank | None, Field(description="null: all banks.")]
    reason: str
    held_by: str
    held_at: Instant
    ends_at: Annotated[Instant | None, Field(description="null: when it is released.")]


class OverruledBreaker(Shown):
    bank: Bank
    state: Annotated[Breaker, one_of(Breaker)]


class Restraints(Shown):
    """All that holds now."""

    stops: list[Stop]
    breakers: list[OverruledBreaker]


class ReviewItem(Shown):
    """What people have to look at."""

    id: Annotated[str, identifier("rv")]
    kind: Annotated[ReviewKind, one_of(ReviewKind)]
    bank: Bank
    booked_on: Day | None
    reference: str | None
    amount: Yen | None
    state: Annotated[ItemState, one_of(ItemState)]
    resolution: Annotated[Resolution, one_of(Resolution, "As proposed.")] | None
    proposed_by: str | None
    raised_at: Instant


class ReviewItems(Shown):
    """One page, oldest first."""

    items: list[ReviewItem]
    next_cursor: Cursor


def _states(key: str, words: type[State | ItemState]) -> Parameter:
    """Return the parameter that chooses states: as often as there are states wanted."""
    word = {"type": "string", "enum": [str(one) for one in words]}
    says = "Which states; more than one by more than one `state`. Default: what is not over."
    return Parameter(key, "state", "query", says, {"type": "array", "items": word})


GET_OPERATOR = Operation(
    "getOperator",
    Tag.OPERATORS,
    "See who one is",
    {200: Gives("The operator of this token", Operator)},
    caller=Caller.OPERATOR,
)
LIST_WATCHED_TRANSFERS = Operation(
    "listWatchedTransfers",
    Tag.OPERATORS,
    "List members' transfers, oldest first",
    {200: Gives("One page", WatchedTransfers, headers=(Header.LINK,))},
    caller=Caller.OPERATOR,
    parameters=(_states("TransferStates", State), LIMIT, cursor("tr")),
)
GET_EXPLANATION = Operation(
    "getExplanation",
    Tag.OPERATORS,
    "See everything that is known of a transfer or a repayment",
    {200: Gives("Its life, in order of time", Explanation)},
    description="By its id, or by the reference that the bank sees.",
    caller=Caller.OPERATOR,
    problems=(NotFoundHere,),
)
LIST_STOPS = Operation(
    "listStops",
    Tag.OPERATORS,
    "See what is held back now",
    {200: Gives("What is held, by whom, why", Restraints)},
    caller=Caller.OPERATOR,
)
LIST_REVIEW_ITEMS = Operation(
    "listReviewItems",
    Tag.OPERATORS,
    "List what people have to look at, oldest first",
    {200: Gives("One page", ReviewItems, headers=(Header.LINK,))},
    caller=Caller.OPERATOR,
    parameters=(_states("ItemStates", ItemState), LIMIT, cursor("rv")),
)
