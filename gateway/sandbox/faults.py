"""Rules by which an emulator misbehaves: what a test asked for, and when it acts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from gateway.sandbox.strict import StrictModel

Operation = Literal[
    "submit",
    "inquire",
    "verify_name",
    "start_collection",
    "inquire_collection",
    "statement",
    "token",
    "callback",
]
Seconds = Annotated[float, Field(ge=0, le=86_400)]


class Delay(StrictModel):
    """Nothing happens for a while, then everything as usual: the late arrival of a request."""

    kind: Literal["delay"]
    seconds: Seconds


class DropBefore(StrictModel):
    """The connection is cut and nothing is done."""

    kind: Literal["drop_before"]


class DropAfter(StrictModel):
    """It is done, then the connection is cut."""

    kind: Literal["drop_after"]


class HangAfter(StrictModel):
    """It is done, and no answer ever comes."""

    kind: Literal["hang_after"]


class Status(StrictModel):
    """An empty answer with that HTTP status, as something in front of the bank would give."""

    kind: Literal["status"]
    status: Annotated[int, Field(ge=200, le=599)]
    done: bool


class Garbage(StrictModel):
    """It is done, and the answer is 200 with bytes that are no message of the profile."""

    kind: Literal["garbage"]


class BadSignature(StrictModel):
    """It is done and answered, but the signature is not over these bytes."""

    kind: Literal["bad_signature"]


class Code(StrictModel):
    """The bank says this code of its own and does nothing."""

    kind: Literal["code"]
    code: str


class ReturnAfter(StrictModel):
    """A pay-out is booked, and comes back later (資金返却)."""

    kind: Literal["return_after"]
    seconds: Seconds


class CallbackPlan(StrictModel):
    """How one event is called back: late, `times` over, not at all, badly signed, or too early."""

    kind: Literal["callback"]
    seconds: Seconds = 0.0
    times: PositiveInt = 1
    lose: bool = False
    bad_signature: bool = False
    before_answer: bool = False


Action = Annotated[
    Delay
    | DropBefore
    | DropAfter
    | HangAfter
    | Status
    | Garbage
    | BadSignature
    | Code
    | ReturnAfter
    | CallbackPlan,
    Field(discriminator="kind"),
]


class Rule(StrictModel):
    """Acts on the matches from the `nth` on, `times` of them (0: on all)."""

    operation: Operation
    nth: PositiveInt = 1
    reference: str | None = None
    account: str | None = None
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    times: NonNegativeInt = 1
    action: Action


class RuleList(StrictModel):
    rules: list[Rule]


_ON_CALLBACKS = (CallbackPlan, Delay, BadSignature)
_CAUSES_OF_CALLBACKS = ("submit", "start_collection", "callback")


def fault_of_rule(rule: Rule) -> str | None:
    """Return why such an action has no meaning for such an operation, None if it has."""
    match rule.action:
        case ReturnAfter() if rule.operation != "submit":
            return "only a pay-out can be returned"
        case CallbackPlan() if rule.operation not in _CAUSES_OF_CALLBACKS:
            return "this operation causes no callback"
        case action if rule.operation == "callback" and not isinstance(action, _ON_CALLBACKS):
            return "a callback has no answer of the bank's to spoil"
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Call:
    """What a rule can see of a request: a file has many references, an inquiry no account."""

    operation: Operation
    references: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(slots=True)
class Armed:
    """A rule in force: how many calls it matched, and on how many it acted."""

    rule: Rule
    matched: int = 0
    acted: int = 0

    def acts_on(self, call: Call, draw: Callable[[], float]) -> bool:
        rule = self.rule
        if rule.operation != call.operation:
            return False
        if rule.reference is not None and rule.reference not in call.references:
            return False
        if rule.account is not None and rule.account not in call.accounts:
            return False
        self.matched += 1
        is_due = self.matched >= rule.nth and (rule.times == 0 or self.acted < rule.times)
        if not is_due or draw() >= rule.probability:
            return False
        self.acted += 1
        return True


class Faults:
    """The rules in force, tried in order; the first that matches acts."""

    def __init__(self, rules: list[Rule]) -> None:
        self._armed = [Armed(rule) for rule in rules]

    def add(self, rule: Rule) -> Armed:
        """Try this rule too, after all others, and return what keeps its counts."""
        armed = Armed(rule)
        self._armed.append(armed)
        return armed

    def shown(self) -> list[dict[str, object]]:
        """Return each rule as it was given, how many calls it matched, and on how many it acted."""
        return [
            {
                **armed.rule.model_dump(exclude_none=True),
                "matched": armed.matched,
                "hits": armed.acted,
            }
            for armed in self._armed
        ]

    def take(
        self,
        call: Call,
        draw: Callable[[str], float],
        among: Callable[[Rule], bool] = lambda _: True,
    ) -> Action | None:
        """Return what is to go wrong with this call, and use up one of that rule's times.

        `draw` gives the random number for a choice of that label; `among` leaves rules aside.
        """
        for place, armed in enumerate(self._armed):
            if among(armed.rule) and armed.acts_on(call, partial(draw, f"rule {place}")):
                return armed.rule.action
        return None
