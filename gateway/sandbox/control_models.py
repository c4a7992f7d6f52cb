"""Bodies and answers of the control API that no other module has."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.sandbox.accounts import YEN_MAX
from gateway.sandbox.books import AccountStatus, MovementKind
from gateway.sandbox.collection import CollectionState
from gateway.sandbox.faults import Rule
from gateway.sandbox.settings import Settings
from gateway.sandbox.strict import StrictModel

Yen = Annotated[int, Field(ge=-YEN_MAX, le=YEN_MAX)]


class ClockHands(StrictModel):
    """`PUT clock`. Nothing given: real time."""

    set: str | None = None
    freeze: bool = False
    shift_s: Annotated[float, Field(ge=-1e9, le=1e9)] = 0.0


class ClientKeys(StrictModel):
    """`PUT clients`: JWKs with `kid`; they replace all that were known."""

    keys: list[dict[str, str]]


class Answer(BaseModel):
    """An answer has these fields, all of them, and no other."""

    model_config = ConfigDict(extra="forbid")


class ShownAccount(Answer):
    """An account; `balance` in yen."""

    branch: str
    type: str
    number: str
    holder: str
    balance: int
    status: AccountStatus


class ShownMovement(Answer):
    """A movement, seen from the lender's settlement account; `account` is the other side's."""

    seq: int
    kind: MovementKind
    direction: Literal["in", "out"]
    reference: str
    amount: int
    instant: datetime
    value_date: date
    bank_id: str
    account: str


class ShownLedger(Answer):
    """The bank's own books."""

    bank: str
    clock: datetime
    settlement: ShownAccount
    accounts: list[ShownAccount]
    movements: list[ShownMovement]


class ShownRule(Rule):
    """A rule, how many calls it matched, and on how many it acted."""

    matched: int
    hits: int


class ShownFaults(Answer):
    """The rules in force, in their order."""

    rules: list[ShownRule]


class ShownSettings(Settings):
    """The settings, and the yen in every account: `settlement`, `001-1-1234567`."""

    balances: dict[str, int]


class ShownRequest(Answer):
    """A request; `status` is null where the connection was cut."""

    number: int
    at: datetime
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    status: int | None


class ShownRequests(Answer):
    """The count of requests since the first day, and the last 1,000 of them."""

    count: int
    requests: list[ShownRequest]


class ShownIdentity(Answer):
    """Another bank at the same address has another identity."""

    bank: str
    identity: str


class ShownCredentials(BaseModel):
    """All that a client needs; the rest of the fields differ from bank to bank."""

    model_config = ConfigDict(extra="allow")

    bank: str
    base_path: str
    tls: dict[str, str] | None


class PutRules(Answer):
    """The count of rules in force."""

    rules: int


class PutSeed(Answer):
    """The seed in force."""

    seed: int


class PutClock(Answer):
    """The time by the bank's clock."""

    clock: datetime


class PutClients(Answer):
    """The names of the keys that are known now."""

    kids: list[str]


class PostedAccounts(Answer):
    """The count of accounts that were taken."""

    accounts: int


class PostedReset(Answer):
    """The bank that began its first day."""

    bank: str


class Decided(Answer):
    """The state of the collection afterwards."""

    reference: str
    status: CollectionState


class BarredFile(Answer):
    """The number that is refused from now on."""

    file_id: str
    status: Literal["barred"]


class Described(BaseModel):
    """An OpenAPI document."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    paths: dict[str, Any]


class Refused(Answer):
    """Why nothing was changed; it names the field."""

    error: str
