"""What the description says of the five banks, and of the hours that quotes tell too."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.http.openapi.fields import Bank, Instant, Shown, Yen
from gateway.http.openapi.operation import UNCHANGED, Gives, Operation, Tag
from gateway.http.openapi.parameters import IF_NONE_MATCH, Header

ServiceWord = Literal["at_once", "next_opening", "next_930", "held"]


class Window(Shown):
    """A window that keeps money waiting."""

    name: Annotated[str, Field(json_schema_extra={"examples": ["日曜夜のシステム停止"]})]
    begins_at: Instant
    ends_at: Annotated[Instant | None, Field(description="Null: nobody knows yet.")]


class BankName(Shown):
    ja: str
    en: str


class Phase(Shown):
    """A part of a bank's day."""

    begins_at: Instant
    ends_at: Instant
    class_: Annotated[ServiceWord, Field(alias="class")]
    is_open: bool
    credited_at: Annotated[Instant | None, Field(description="Null while it is at once.")]
    why: list[Window]


class ConnectedBank(Shown):
    """A bank as it is now, and its hours today."""

    bank: Bank
    zengin_code: Annotated[str, Field(pattern="^[0-9]{4}$")]
    name: BankName
    is_open: bool
    closes_at: Instant | None
    reopens_at: Instant | None
    timeline: Annotated[list[Phase], Field(description="Midnight to midnight, without a gap.")]
    accounts_can_be_added: bool
    transfer_max: Annotated[Yen, Field(description="The most that one transfer carries.")]
    is_stopped: Annotated[
        bool, Field(description="Transfers are accepted and wait until the bank is released.")
    ]
    health: Annotated[
        str, Field(description="`up`, `recovering` or `down`: for people to look at.")
    ]


class Banks(Shown):
    items: list[ConnectedBank]


LIST_BANKS = Operation(
    "listBanks",
    Tag.BANKS,
    "See which banks are open",
    {
        200: Gives("The connected banks", Banks, headers=(Header.ETAG,)),
        304: UNCHANGED,
    },
    parameters=(IF_NONE_MATCH,),
    description="While a bank is closed or stopped transfers are accepted and scheduled.",
)
