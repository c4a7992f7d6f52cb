"""What callers may send: strict, nothing unknown, nothing converted."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.account import BankCode

# The widest amount that the 全銀 formats can carry (N10); credit limits are far below it.
AMOUNT_MAX = 9_999_999_999


class Payload(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class Nothing(Payload):
    """No body, or an empty object."""


class SessionPayload(Payload):
    method: Literal["member_number"]
    member_number: str = Field(pattern=r"^[0-9]{4,16}$")
    pin: str = Field(pattern=r"^[0-9]{4}$", repr=False)
    as_cookie: bool = False


class AccountPayload(Payload):
    bank: Annotated[BankCode, Field(strict=False)]  # strict would want our own type
    branch: str = Field(pattern=r"^[0-9]{3}$")
    type: Literal["ordinary", "current", "savings"]
    number: str = Field(pattern=r"^[0-9]{7}$", repr=False)
    holder: str | None = Field(None, min_length=1, max_length=100, repr=False)


class TransferQuotePayload(Payload):
    account_id: str = Field(pattern=r"^ac_[0-9a-f]{32}$")
    amount: int = Field(ge=1, le=AMOUNT_MAX)


class TransferPayload(TransferQuotePayload):
    quote_id: str | None = Field(None, pattern=r"^qt_[0-9a-f]{32}$")
    again: bool = Field(
        False,
        description="The member has seen `repeated_wish` and wants the same transfer once more.",
    )


class RepaymentQuotePayload(Payload):
    kind: Literal["due", "amount", "payoff"]
    bank: Annotated[BankCode, Field(strict=False)]
    amount: int | None = Field(None, ge=1, le=AMOUNT_MAX)


class RepaymentPayload(RepaymentQuotePayload):
    return_url: str = Field(min_length=1, max_length=1_024)
    quote_id: str | None = Field(None, pattern=r"^qt_[0-9a-f]{32}$")
    beside_open: bool = Field(
        False, description="The member has seen `repayment_open` and wants both repayments."
    )


class SimulationPayload(Payload):
    monthly: int = Field(ge=1, le=AMOUNT_MAX)
    principal: int | None = Field(None, ge=1, le=AMOUNT_MAX)
    annual_rate: str | None = Field(None, pattern=r"^(?:20(?:\.0{1,3})?|1?[0-9](?:\.[0-9]{1,3})?)$")
    extra: int | None = Field(None, ge=1, le=AMOUNT_MAX)
