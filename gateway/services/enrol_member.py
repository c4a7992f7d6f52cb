"""Enrol a member with a loan: for the demo, for tests, and for whoever moves members in."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from uuid import UUID

from gateway.domain.account import HOLDER_MAX
from gateway.domain.due_dates import DueDay
from gateway.domain.kana import normalise
from gateway.domain.loan_rules import RULES, Contract, percent
from gateway.domain.money import Yen
from gateway.services.desk import TransferDesk
from gateway.services.pins import PinVault
from gateway.store import members
from gateway.store.members import NewMember

ANNUAL_RATE = percent("17.8")
RATE_MAX = RULES.rate_caps.value[0].annual_rate
RATE_UNITS = 100_000


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A member as the lender knows one; `kana` in any width, `pin` as issued.

    `annual_rate` has at most five decimal places; the cap of the law holds beside it.
    """

    member_number: str
    kana: str
    pin: str = field(repr=False)
    limit: Yen
    annual_rate: Fraction = ANNUAL_RATE
    due_day: DueDay = DueDay.FIFTH
    has_free_days: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{4,16}", self.member_number):
            raise ValueError("a member number is 4 to 16 digits")
        if not re.fullmatch(r"[0-9]{4}", self.pin):
            raise ValueError("a PIN is 4 digits")
        if len(normalise(self.kana)) > HOLDER_MAX:
            raise ValueError(f"a name in messages has at most {HOLDER_MAX} characters")
        if not 0 <= self.annual_rate <= RATE_MAX or RATE_UNITS % self.annual_rate.denominator:
            raise ValueError("a yearly rate is 0 to 20 % with at most five decimal places")


async def enrol_member(desk: TransferDesk, pins: PinVault, enrolment: Enrolment) -> UUID:
    """Return the id of the member, who is written now unless the number is enrolled already.

    Whoever is enrolled keeps name, PIN and limit. What a crash left half done is completed.
    """
    claimed = await members.claim_login_name(desk.db, enrolment.member_number, desk.new_id())
    now = desk.clock.now()
    member = NewMember(
        id=claimed,
        member_number=enrolment.member_number,
        kana=normalise(enrolment.kana),
        pin_hash=await pins.hash(enrolment.pin),
        sender_name=desk.settings.remitter_name,
        limit=enrolment.limit,
        contract=Contract(enrolment.annual_rate, enrolment.due_day, enrolment.has_free_days),
    )
    await members.enrol(desk.db, member, now=now)
    return claimed
