"""What the description says of repayments and their quotes."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.domain.errors import (
    AmountAboveItemLimit,
    BankClosed,
    BankNotConnected,
    NotCancellable,
    NotFoundHere,
    NothingOwed,
    QuoteOutdated,
    QuoteUsed,
    RepaymentAmountWrong,
    RepaymentOpen,
    ReturnUrlRefused,
    StaleTransfer,
)
from gateway.domain.reason import Reason
from gateway.domain.repayment import RepaymentKind, State
from gateway.http.openapi.banks import Window
from gateway.http.openapi.fields import (
    EXAMPLE_HEX,
    Bank,
    Cursor,
    Day,
    Instant,
    QuoteId,
    Shown,
    Yen,
    identifier,
    one_of,
)
from gateway.http.openapi.operation import Gives, Operation, Tag
from gateway.http.openapi.parameters import IDEMPOTENCY_KEY, LIMIT, WAIT, Header, cursor
from gateway.http.payloads import Nothing, RepaymentPayload, RepaymentQuotePayload

RepaymentId = Annotated[str, identifier("rp")]
Kind = Annotated[
    RepaymentKind,
    one_of(
        RepaymentKind,
        "`due` 一部返済: what is due; `amount` 金額指定返済: what the member types; `payoff` "
        "全額返済: all that is owed on that day.",
    ),
]


class QuotedSplit(Shown):
    """What the amount would pay, in the order in which it is taken."""

    fees: Yen
    late_damages: Yen
    interest: Yen
    principal: Yen


class DueAfter(Shown):
    """What is due next once it is paid."""

    on: Day
    amount: Yen


class RepaymentQuote(Shown):
    """What a repayment would pay if the bank booked it today, and until when that holds."""

    id: QuoteId
    kind: Kind
    bank: Bank
    amount: Yen
    day: Day
    split: QuotedSplit
    due_after: DueAfter | None
    payoff_after: Annotated[Yen, Field(description="What would be owed in all.")]
    fee: Annotated[Yen, Field(description="What the member pays, with consumption tax.")]
    partner_atm_fee: Annotated[Yen, Field(description="The same movement at a partner's ATM.")]
    is_open: Annotated[bool, Field(description="Whether the bank starts repayments now.")]
    reopens_at: Annotated[Instant | None, Field(description="Null: open, or nobody knows.")]
    why: list[Window]
    valid_until: Instant


class Redirect(Shown):
    """Where the member's browser goes to approve.

    By GET, or by a form that is posted as `application/x-www-form-urlencoded` in `charset`.
    """

    method: Literal["GET", "POST"]
    url: str
    fields: dict[str, str]
    charset: Annotated[str, Field(description="For `accept-charset` of the form.")]


class Repayment(Shown):
    """A repayment as it is now."""

    id: RepaymentId
    state: Annotated[State, one_of(State)]
    is_final: bool
    is_cancellable: bool
    kind: Kind
    bank: Bank
    amount: Annotated[Yen, Field(description="What was asked for.")]
    paid_amount: Annotated[Yen | None, Field(description="What the bank booked.")]
    reference: Annotated[str, Field(description="What the bank sees.", pattern="^[A-Z2-7]{20}$")]
    reason: Annotated[Reason, one_of(Reason, "Why it is not paid.")] | None
    quote_id: QuoteId | None
    return_url: str
    redirect: Annotated[
        Redirect | None, Field(description="Null: not there yet, or of no use any more.")
    ]
    accepted_at: Instant
    expires_at: Annotated[Instant, Field(description="Until then the bank lets it be approved.")]
    settled_at: Annotated[Instant | None, Field(description="When the bank booked it.")]
    ended_at: Instant | None


class Repayments(Shown):
    """One page, newest first."""

    items: list[Repayment]
    next_cursor: Cursor


WISH_REFUSED = (BankNotConnected, NothingOwed, RepaymentAmountWrong, AmountAboveItemLimit)
QUOTE_REPAYMENT = Operation(
    "createRepaymentQuote",
    Tag.REPAYMENTS,
    "Tell what a repayment would pay, and what is due after it",
    {201: Gives("What holds until `valid_until`", RepaymentQuote)},
    description="Also while the bank is closed: `reopens_at` says when it may be asked for.",
    takes=RepaymentQuotePayload,
    example={"kind": "payoff", "bank": "smbc"},
    is_writing=True,
    problems=(*WISH_REFUSED, NotFoundHere),
)
CREATE_REPAYMENT = Operation(
    "createRepayment",
    Tag.REPAYMENTS,
    "Ask for a repayment",
    {
        202: Gives(
            "Accepted, durably. `redirect` is there unless the bank took its time: then see it "
            "by GET",
            Repayment,
            headers=(Header.LOCATION, Header.RETRY_AFTER, Header.REPLAYED),
        )
    },
    description="Send the browser where `redirect` says. It comes back to `return_url` with "
    "`repayment_id` in its query: look the repayment up then, and tell the member what that says. "
    "A quote is used once (`quote_used`). What would pay more than is owed, together with "
    "repayments that may still be paid, is `repayment_open`, unless `beside_open` says that it is "
    "meant.",
    takes=RepaymentPayload,
    example={
        "kind": "due",
        "bank": "smbc",
        "return_url": "https://member.example/repayments/done",
        "quote_id": f"qt_{EXAMPLE_HEX}",
    },
    is_writing=True,
    parameters=(IDEMPOTENCY_KEY,),
    problems=(
        *WISH_REFUSED,
        NotFoundHere,
        ReturnUrlRefused,
        QuoteOutdated,
        QuoteUsed,
        RepaymentOpen,
        BankClosed,
    ),
)
LIST_REPAYMENTS = Operation(
    "listRepayments",
    Tag.REPAYMENTS,
    "List repayments, newest first",
    {200: Gives("One page", Repayments, headers=(Header.LINK,))},
    parameters=(LIMIT, cursor("rp")),
)
GET_REPAYMENT = Operation(
    "getRepayment",
    Tag.REPAYMENTS,
    "See one repayment",
    {
        200: Gives(
            "The repayment as it is now",
            Repayment,
            headers=(Header.RETRY_AFTER, Header.PREFERENCE),
        )
    },
    parameters=(WAIT,),
    problems=(NotFoundHere,),
)
CANCEL_REPAYMENT = Operation(
    "cancelRepayment",
    Tag.REPAYMENTS,
    "Cancel a repayment that is not paid",
    {200: Gives("Cancelled, now or before", Repayment)},
    description="The bank is not told. Should the payer approve all the same, the money is "
    "booked, and the repayment is `settled`.",
    takes=Nothing,
    needs_body=False,
    is_writing=True,
    problems=(NotFoundHere, NotCancellable, StaleTransfer),
)
