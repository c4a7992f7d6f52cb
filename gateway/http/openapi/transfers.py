"""What the description says of quotes and transfers."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.domain.errors import (
    AccountNotRegistered,
    AdvancesStopped,
    AmountAboveItemLimit,
    CreditShort,
    DayCapReached,
    MemberSuspended,
    NotCancellable,
    NotFoundHere,
    QuoteOutdated,
    QuoteUsed,
    RepeatedWish,
    StaleTransfer,
)
from gateway.domain.reason import Reason
from gateway.domain.transfer import State
from gateway.http.openapi.accounts import AccountKind, Branch, MaskedNumber
from gateway.http.openapi.banks import ServiceWord, Window
from gateway.http.openapi.fields import (
    EXAMPLE_HEX,
    AccountId,
    Bank,
    Cursor,
    Day,
    Instant,
    QuoteId,
    Shown,
    TransferId,
    Yen,
    one_of,
)
from gateway.http.openapi.operation import Gives, Operation, Tag
from gateway.http.openapi.parameters import IDEMPOTENCY_KEY, LIMIT, WAIT, Header, cursor
from gateway.http.payloads import Nothing, TransferPayload, TransferQuotePayload

TransferStatus = Annotated[
    Literal["scheduled", "processing", "settled", "rejected", "cancelled", "returned"],
    Field(description="What to tell the member. `processing` has not failed: it is worked on."),
]
TransferClass = Annotated[
    ServiceWord,
    Field(
        description="`at_once`: about 10 seconds after the request; `next_opening`: when the "
        "window ends; `next_930`: at about 9:30 of the next business day; `held`: when the bank "
        "is released."
    ),
]
CreditedFrom = Annotated[Instant | None, Field(description="From when on; null: nobody knows.")]
CreditedBy = Annotated[Instant | None, Field(description="By when; null: nobody knows.")]


class TransferQuote(Shown):
    """When the money would be there, why not sooner, and what it costs."""

    id: QuoteId
    account_id: AccountId
    bank: Bank
    amount: Yen
    class_: Annotated[TransferClass, Field(alias="class")]
    cutoff_at: Annotated[Instant, Field(description="Until then the value date is this one.")]
    value_date: Day
    credited_at: CreditedFrom
    credited_by: CreditedBy
    why: list[Window]
    fee: Annotated[Yen, Field(description="What the member pays, with consumption tax.")]
    partner_atm_fee: Annotated[Yen, Field(description="The same movement at a partner's ATM.")]
    valid_until: Instant


class CreditedAccount(Shown):
    """The account as it was when the transfer was accepted."""

    bank: Bank
    branch: Branch
    type: AccountKind
    number: MaskedNumber


class Transfer(Shown):
    """A transfer as it is now."""

    id: TransferId
    state: Annotated[State, one_of(State, "For support; pages show `status`.")]
    status: TransferStatus
    is_final: bool
    is_cancellable: bool
    amount: Yen
    account_id: AccountId
    account: CreditedAccount
    reference: Annotated[str, Field(description="What the bank sees.", pattern="^[A-Z2-7]{20}$")]
    reason: Annotated[Reason, one_of(Reason, "Why it is not paid.")] | None
    quote_id: QuoteId | None
    credited_at: CreditedFrom
    credited_by: CreditedBy
    accepted_at: Instant
    due_at: Annotated[
        Instant | None,
        Field(description="When it leaves as things are now; null: nobody knows, as in a hold."),
    ]
    settled_at: Instant | None
    returned_at: Instant | None


class Transfers(Shown):
    """One page, newest first."""

    items: list[Transfer]
    next_cursor: Cursor


QUOTE_TRANSFER = Operation(
    "createTransferQuote",
    Tag.TRANSFERS,
    "Tell when the money would be there, and what it costs",
    {201: Gives("What holds until `valid_until`", TransferQuote)},
    description="Show it before the member commits, and send its `id` as `quote_id` with the "
    "transfer. A quote is a promise, not a reservation.",
    takes=TransferQuotePayload,
    example={"account_id": f"ac_{EXAMPLE_HEX}", "amount": 30000},
    is_writing=True,
    problems=(AccountNotRegistered, AmountAboveItemLimit),
)
CREATE_TRANSFER = Operation(
    "createTransfer",
    Tag.TRANSFERS,
    "Ask for cash",
    {
        202: Gives(
            "Accepted, durably; a caller that hangs up changes nothing",
            Transfer,
            headers=(Header.LOCATION, Header.RETRY_AFTER, Header.REPLAYED, Header.PREFERENCE),
        )
    },
    description="Make the key and keep it before you send: without an answer, send the same again "
    "under the same key, however much later, and you get the first answer. Then follow "
    "`/v1/events`, or GET what `Location` says. With the `quote_id` that the member agreed to, "
    "`quote_outdated` tells when it holds no more. One wish is one transfer: a quote is used once "
    "(`quote_used`), and the same amount to the same account within 60 seconds is `repeated_wish`, "
    "unless `again` says that it is meant.",
    takes=TransferPayload,
    example={"account_id": f"ac_{EXAMPLE_HEX}", "amount": 30000},
    is_writing=True,
    parameters=(IDEMPOTENCY_KEY, WAIT),
    problems=(
        AccountNotRegistered,
        AmountAboveItemLimit,
        QuoteOutdated,
        QuoteUsed,
        RepeatedWish,
        MemberSuspended,
        AdvancesStopped,
        CreditShort,
        DayCapReached,
    ),
)
LIST_TRANSFERS = Operation(
    "listTransfers",
    Tag.TRANSFERS,
    "List transfers, newest first",
    {200: Gives("One page", Transfers, headers=(Header.LINK,))},
    description="Send `next_cursor` as `cursor`, or follow `Link`, until there is none.",
    parameters=(LIMIT, cursor("tr")),
)
GET_TRANSFER = Operation(
    "getTransfer",
    Tag.TRANSFERS,
    "See one transfer",
    {
        200: Gives(
            "The transfer as it is now", Transfer, headers=(Header.RETRY_AFTER, Header.PREFERENCE)
        )
    },
    description="Show members `status`. `processing` is never a failure: the bank has not told "
    "yet, and is asked until it does. `Retry-After`, while it is there, says when to look again.",
    parameters=(WAIT,),
    problems=(NotFoundHere,),
)
CANCEL_TRANSFER = Operation(
    "cancelTransfer",
    Tag.TRANSFERS,
    "Cancel a transfer that has not left",
    {200: Gives("Cancelled, now or before", Transfer)},
    description="While `is_cancellable`. What has left for the bank cannot be called back.",
    takes=Nothing,
    needs_body=False,
    is_writing=True,
    problems=(NotFoundHere, NotCancellable, StaleTransfer),
)
