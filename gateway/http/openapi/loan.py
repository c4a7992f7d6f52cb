"""What the description says of the loan, its entries and simulations."""

from typing import Annotated

from pydantic import Field

from gateway.domain.errors import NeverPaidOff, NotFoundHere, NothingOwed
from gateway.domain.loan_entries import Kind
from gateway.http.openapi.fields import (
    Cursor,
    Day,
    Instant,
    Shown,
    TransferId,
    Yen,
    identifier,
    one_of,
)
from gateway.http.openapi.operation import UNCHANGED, Gives, Operation, Tag
from gateway.http.openapi.parameters import IF_NONE_MATCH, LIMIT, Header, cursor
from gateway.http.openapi.repayments import RepaymentId
from gateway.http.payloads import SimulationPayload

EntryId = Annotated[str, identifier("en")]
Rate = Annotated[
    str,
    Field(
        pattern=r"^\d{1,2}\.\d{1,3}$",
        description="Percent a year.",
        json_schema_extra={"examples": ["17.8"]},
    ),
]
Exact = Annotated[
    str,
    Field(
        pattern=r"^\d+/\d+$",
        description="Yen as an exact fraction.",
        json_schema_extra={"examples": ["462622/365"]},
    ),
]
EntryKind = Annotated[
    Kind,
    one_of(
        Kind,
        "`advance`: the lender paid out; `payment`: the member paid; `surplus`: the member paid a "
        "second time, which pays nothing and is owed to the member; `return`: the bank gave an "
        "advance back; `fee`: a fee was charged; `refund`: what was owed to the member was paid; "
        "`set_off`: what was owed to the member paid what the member owed; "
        "`withdrawal`: an entry was wrong, counts no more, and is named in `takes_back`.",
    ),
]


class LoanDue(Shown):
    """The oldest due date that is not met."""

    on: Annotated[Day, Field(description="A business day.")]
    amount: Annotated[Yen, Field(description="What is missing, at most the payoff.")]
    counts_from: Annotated[Day, Field(description="What is paid before it does not count for it.")]


class Payoff(Shown):
    """What pays the loan off today (全額返済)."""

    amount: Yen
    valid_until: Annotated[Instant, Field(description="The midnight at which it grows.")]


class Loan(Shown):
    """What is owed and what may be borrowed."""

    limit: Yen
    principal: Yen
    reserved: Annotated[Yen, Field(description="What open transfers hold.")]
    available: Annotated[Yen, Field(description="What may be asked for now.")]
    suspense: Annotated[Yen, Field(description="What is owed to the member.")]
    advances_stopped: Annotated[bool, Field(description="The lender has stopped advances.")]
    as_of: Annotated[Day, Field(description="The day in Japan that the amounts below are of.")]
    interest: Annotated[Yen, Field(description="Owed as of that day, unpaid from before too.")]
    late_damages: Yen
    fees: Yen
    annual_rate: Rate
    minimum: Annotated[Yen, Field(description="What each due date asks for; 0: none does.")]
    next_due: LoanDue | None
    payoff: Payoff
    late_since: Annotated[
        Day | None, Field(description="The first day that bore late damages; null: not late.")
    ]
    free_until: Annotated[Day | None, Field(description="The last of the days without interest.")]
    is_resting: Annotated[
        bool, Field(description="無利息残高: so little is left that it bears nothing.")
    ]


class EntrySplit(Shown):
    """What an amount was taken for; `suspense` fits nothing that was owed."""

    fees: Yen
    late_damages: Yen
    interest: Yen
    principal: Yen
    suspense: Yen


class BalanceAfter(Shown):
    """What stood owed right after it, and what was owed to the member."""

    total: Yen
    fees: Yen
    late_damages: Yen
    interest: Yen
    principal: Yen
    suspense: Yen


class Entry(Shown):
    """One thing that happened: the data of its document (受取証書)."""

    id: EntryId
    kind: EntryKind
    date: Annotated[Day, Field(description="The day that counts: the bank's, in Japan.")]
    at: Annotated[Instant, Field(description="When the bank booked it.")]
    amount: Yen
    counted: Annotated[
        Yen,
        Field(
            description="What of it counts: an advance less what came back of it; 0 once it was "
            "withdrawn."
        ),
    ]
    split: EntrySplit
    balance_after: BalanceAfter
    due_after: Annotated[
        Day | None, Field(description="The due date that was open after it; null: none.")
    ]
    takes_back: Annotated[
        EntryId | None,
        Field(
            description="Of a return: the advance. Of any other entry: the one that was wrong, "
            "which counts no more; this one stands in its place."
        ),
    ]
    transfer_id: TransferId | None
    repayment_id: RepaymentId | None


class BorneSegment(Shown):
    """Days of one year on which one balance bore one rate, the first and the last included."""

    first_day: Day
    last_day: Day
    days: Annotated[int, Field(ge=1)]
    balance: Annotated[Yen, Field(description="The principal of those days.")]
    annual_rate: Rate
    days_of_year: Annotated[int, Field(description="365, or 366 in a leap year.")]
    exact: Exact


class Borne(Shown):
    """What the days since the payment before have borne: balance × rate × days ÷ days of the year.

    `amount` is the sum rounded down to whole yen once; the rest is forgiven.
    """

    amount: Yen
    carried: Annotated[Yen, Field(description="Unpaid from before; it bears nothing itself.")]
    exact: Exact
    forgiven: Annotated[Exact, Field(description="Less than one yen, and never charged.")]
    segments: list[BorneSegment]
    text_ja: Annotated[str, Field(description="The same as a sentence for the member.")]
    text_en: str


class EntryInDetail(Entry):
    """An entry, and which days its interest comes from (「この47円は?」)."""

    interest: Annotated[
        Borne | None, Field(description="Null: it is no payment, or counts no more.")
    ]
    late_damages: Borne | None


class Entries(Shown):
    """One page, newest first."""

    items: list[Entry]
    next_cursor: Cursor


class Instalment(Shown):
    """One payment, and what is left of the principal after it."""

    on: Annotated[Day, Field(description="Not moved to a business day.")]
    amount: Yen
    interest: Yen
    principal: Yen
    left: Yen


class Saved(Shown):
    """What the extra payment today would save."""

    months: Annotated[int, Field(ge=0)]
    interest: Yen


class Simulation(Shown):
    """An estimate: how long repaying takes, and what it costs."""

    principal: Yen
    annual_rate: Rate
    monthly: Yen
    months: Annotated[int, Field(ge=1)]
    total_interest: Yen
    total: Yen
    schedule: list[Instalment]
    saving: Saved | None


GET_LOAN = Operation(
    "getLoan",
    Tag.LOAN,
    "See what is owed and what is available",
    {200: Gives("The loan as it is now", Loan, headers=(Header.ETAG,)), 304: UNCHANGED},
    parameters=(IF_NONE_MATCH,),
    problems=(NotFoundHere,),
)
LIST_ENTRIES = Operation(
    "listLoanEntries",
    Tag.LOAN,
    "List what happened to the loan, newest first",
    {200: Gives("One page", Entries, headers=(Header.LINK,))},
    description="In order of the days that count, so that what a bank tells late stands where it "
    "belongs, and the split of what followed may change with it.",
    parameters=(LIMIT, cursor("en")),
    problems=(NotFoundHere,),
)
GET_ENTRY = Operation(
    "getLoanEntry",
    Tag.LOAN,
    "See one entry, and which days its interest comes from",
    {
        200: Gives("The entry as the history is now", EntryInDetail, headers=(Header.ETAG,)),
        304: UNCHANGED,
    },
    description="`interest` and `late_damages` say for a payment what each of the days before it "
    "bore: their `amount`, and what was `carried`, were owed before it was split.",
    parameters=(IF_NONE_MATCH,),
    problems=(NotFoundHere,),
)
SIMULATE = Operation(
    "simulateLoan",
    Tag.LOAN,
    "Estimate how long repaying takes",
    {200: Gives("The estimate", Simulation)},
    description="Of the member's own loan, unless `principal` says of what. Without `annual_rate` "
    "it is the rate in force, or the one that a loan of so much would have. `extra` is paid today.",
    takes=SimulationPayload,
    example={"monthly": 4000, "extra": 10000},
    is_writing=True,
    problems=(NotFoundHere, NothingOwed, NeverPaidOff),
)
