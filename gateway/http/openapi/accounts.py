"""What the description says of accounts for pay-outs."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.domain.errors import (
    BankRefusedAccount,
    BranchUnknown,
    HolderMismatch,
    HolderUnreadable,
    MemberSuspended,
    NameChecksUsedUp,
    NameCheckUnavailable,
    NotFoundHere,
)
from gateway.http.openapi.fields import AccountId, Bank, Instant, Shown
from gateway.http.openapi.operation import UNCHANGED, Gives, Operation, Tag
from gateway.http.openapi.parameters import IF_NONE_MATCH, Header
from gateway.http.payloads import AccountPayload

Branch = Annotated[str, Field(pattern="^[0-9]{3}$", json_schema_extra={"examples": ["001"]})]
AccountKind = Annotated[
    Literal["ordinary", "current", "savings"],
    Field(description="`ordinary` 普通, `current` 当座, `savings` 貯蓄."),
]
MaskedNumber = Annotated[
    str,
    Field(
        description="The last three digits; the others are never shown.",
        json_schema_extra={"examples": ["****567"]},
    ),
]


class Account(Shown):
    """An account of the member's own, registered for pay-outs."""

    id: AccountId
    bank: Bank
    branch: Branch
    type: AccountKind
    number: MaskedNumber
    holder: Annotated[str, Field(json_schema_extra={"examples": ["ﾔﾏﾀﾞ ﾀﾛｳ"]})]
    registered_at: Instant


class Accounts(Shown):
    items: list[Account]


CREATE_ACCOUNT = Operation(
    "createAccount",
    Tag.ACCOUNTS,
    "Register an account for pay-outs",
    {
        201: Gives(
            "Registered; the same account again is the same account with the same id", Account
        )
    },
    description="Money goes only to the member's own accounts: the holder must be the member, as "
    "typed and as the bank says.",
    takes=AccountPayload,
    example={
        "bank": "smbc",
        "branch": "001",
        "type": "ordinary",
        "number": "1234567",
        "holder": "ヤマダ タロウ",
    },
    is_writing=True,
    problems=(
        MemberSuspended,
        BranchUnknown,
        HolderUnreadable,
        HolderMismatch,
        BankRefusedAccount,
        NameChecksUsedUp,
        NameCheckUnavailable,
    ),
)
LIST_ACCOUNTS = Operation(
    "listAccounts",
    Tag.ACCOUNTS,
    "List the registered accounts",
    {
        200: Gives("The registered accounts", Accounts, headers=(Header.ETAG,)),
        304: UNCHANGED,
    },
    parameters=(IF_NONE_MATCH,),
)
DELETE_ACCOUNT = Operation(
    "deleteAccount",
    Tag.ACCOUNTS,
    "Remove an account",
    {204: Gives("Removed: no new transfer goes there, those under way go on")},
    is_writing=True,
    problems=(NotFoundHere,),
)
