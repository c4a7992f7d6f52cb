"""One operation as the API description tells it: who may call, what it takes, what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel

from gateway.domain.errors import GatewayError
from gateway.http.openapi.parameters import Header, Parameter

JSON = "application/json"


class Caller(StrEnum):
    """Who may call, and how that is shown."""

    MEMBER = "member"  # a session
    OPERATOR = "operator"  # an operator's token
    BANK = "bank"  # the bank's own signature
    ANYONE = "anyone"


class Tag(StrEnum):
    """The groups of the page, in its order."""

    SESSIONS = "sessions"
    ACCOUNTS = "accounts"
    TRANSFERS = "transfers"
    REPAYMENTS = "repayments"
    LOAN = "loan"
    BANKS = "banks"
    EVENTS = "events"
    OPERATORS = "operators"
    DESCRIPTION = "description"
    FOR_BANKS = "for banks"
    PROBES = "probes"


TAG_MEANS = {
    Tag.SESSIONS: "Sign in and out.",
    Tag.ACCOUNTS: "The member's own accounts: cash goes nowhere else.",
    Tag.TRANSFERS: "瞬フリ, cash to the member's account in seconds: quote, ask, follow.",
    Tag.REPAYMENTS: "インターネット返済, approved on the bank's page: quote, ask, go there.",
    Tag.LOAN: "What is owed, how it came to be, and what would be.",
    Tag.BANKS: "Which are open, until when, and how they are.",
    Tag.EVENTS: "Live: every change of a member's transfers, repayments and loan.",
    Tag.OPERATORS: "What the lender's staff see, by a token of `gateway ops token-issue`; no "
    "member's session opens it.",
    Tag.DESCRIPTION: "This description.",
    Tag.FOR_BANKS: "What banks and the browsers that they send back call; not for pages.",
    Tag.PROBES: "For whoever runs the gateway.",
}


@dataclass(frozen=True, slots=True)
class Gives:
    """One answer that is no problem. `model` None: no body, or one that is not JSON.

    `event` is what the data of each event of a stream is, `or_text` what some callers get instead.
    """

    says: str
    model: type[BaseModel] | None = None
    media_type: str = JSON
    headers: tuple[Header, ...] = ()
    event: type[BaseModel] | None = None
    or_text: str | None = None


UNCHANGED = Gives("It has not changed", headers=(Header.ETAG,))


@dataclass(frozen=True, slots=True)
class Body:
    """A body that is not ours to shape: what it is, and a schema for each media type."""

    says: str
    schemas: Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Operation:
    """What the description says of a route.

    `problems` names only what this operation alone refuses: what follows from the caller, the body,
    the key and the path (`openapi.problems.problems_of`) is not repeated. `example` is a body.
    `pages` are problems that a browser gets as a page.
    """

    id: str
    tag: Tag
    summary: str
    gives: Mapping[int, Gives]
    description: str = ""
    caller: Caller = Caller.MEMBER
    takes: type[BaseModel] | None = None
    example: Mapping[str, object] = field(default_factory=dict)
    needs_body: bool = True
    body: Body | None = None
    is_writing: bool = False
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[type[GatewayError], ...] = ()
    pages: tuple[type[GatewayError], ...] = ()
