"""A month of the lender's life: members, banks' statements, and two operators at their desk."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.bank import StatementLine
from gateway.domain.errors import BankClosed, Refused
from gateway.domain.hours import JST
from gateway.domain.house_money import Opening, StandingRule
from gateway.domain.money import Yen
from gateway.domain.repayment import RepaymentKind
from gateway.domain.resolution import assigned_id
from gateway.domain.review import ItemState, Resolution, ReviewKind
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.accept_transfer import TransferRequest, accept_transfer
from gateway.services.act_on_reviews import act_on_reviews
from gateway.services.desk import TransferDesk
from gateway.services.gather_file import gather_files
from gateway.services.inquire_repayment import inquire_repayment
from gateway.services.open_account import confirm_account_opening, propose_account_opening
from gateway.services.quote_repayment import RepaymentWish
from gateway.services.read_today import read_today
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.services.run_mornings import run_mornings
from gateway.services.standing_rules import add_rule, approve
from gateway.services.withdraw_entry import confirm_withdrawal, propose_withdrawal
from gateway.services.work_due_dates import work_due_dates
from gateway.services.work_files import work_files
from gateway.store.review_items import (
    Confirmation,
    Proposal,
    ReviewItem,
    list_items,
)
from tests.manual_clock import ManualClock
from tests.month.bank import SHIFTS, MonthBank, MonthFileBank, signed
from tests.month.oracle import CHARGE_PER_COLLECTION, Line, Oracle
from tests.services.conftest import Member, new_member

R = Resolution
BACK = "http://127.0.0.1:8080/back"
NOTE = "looked at with the bank"
DAY = timedelta(days=1)
SATURDAY = 5
HEAD_OFFICE = "ﾎﾝｼﾔ"
SEQUENCE = ("advance", "advance", "repayment", "repayment", "repayment")


@dataclass
class Month:
    """Everything that happens goes through the banks' books first; the oracle sees those only."""

    desk: TransferDesk
    clock: ManualClock
    banks: dict[BankCode, MonthBank]
    oracle: Oracle
    random: Random
    owner: Any
    members: list[Member] = field(default_factory=list)
    homes: list[BankCode] = field(default_factory=list)
    truth: dict[tuple[str, date, str], Line] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    given: dict[UUID, Line] = field(default_factory=dict)  # by the entry that two people made
    due: dict[str, int] = field(default_factory=dict)  # whose transfer is in no file yet
    keys: int = 0

    async def enrol(self, count: int) -> None:
        homes = list(self.banks)
        for number in range(count):
            bank = homes[number % len(homes)]
            member = await new_member(self.owner, self.clock, limit=600_000, bank=bank)
            await self.owner.execute(
                "INSERT INTO login_names (kind, name, member_id) VALUES ('member_number', $1, $2)",
                *(str(number), member.id),
            )
            self.members.append(member)
            self.homes.append(bank)

    def number_of(self, member_id: UUID) -> int:
        return next(n for n, member in enumerate(self.members) if member.id == member_id)

    # What the banks book, and what it truly is.

    def true(self, bank: BankCode, line: StatementLine, what: str, **more: Any) -> Line:
        told = Line(bank.value, line.booked_at, signed(line), what, **more)
        self.oracle.lines.append(told)
        self.truth[bank.value, line.booked_at.date(), line.bank_id] = told
        self.happened[what] += 1
        return told

    async def lend(self, number: int, amount: int, says: str = "") -> None:
        member, bank = self.members[number], self.homes[number]
        there = self.banks[bank]
        said = there.of_items if isinstance(there, MonthFileBank) else there.says
        said += [says] if says else []
        before = len(there.booked)
        self.keys += 1
        wanted = TransferRequest(
            member.id, member.account, Yen(amount), f"month-transfer-{self.keys:08}", "month"
        )
        try:
            transfer = (await accept_transfer(self.desk, wanted)).transfer
        except Refused as refused:
            self.happened[f"refused: {refused.code}"] += 1
            if says:
                said.pop()
            return
        self.happened[f"advance {says}"] += bool(says)
        if isinstance(there, MonthFileBank):
            self.due[transfer.reference] = number
            return
        assert await self.desk.senders.drain(10) == 0
        (line,) = there.booked[before:]
        self.true(bank, line, "advance", member=number)

    async def send_files(self, at_least: int = 1) -> None:
        """Gather what is due, once it is so much, and work on the files that are out."""
        (there,) = (bank for bank in self.banks.values() if isinstance(bank, MonthFileBank))
        if len(self.due) >= at_least:
            await gather_files(self.desk)
            assert await self.desk.senders.drain(10) == 0
            while there.paid_out:
                line = there.paid_out.popleft()
                number = self.due.pop(line.reference or "")
                self.true(there.code, line, "advance", member=number)
            self.happened["files"] = len(there.instants)
        if there.waits:
            await work_files(self.desk)
            assert await self.desk.senders.drain(10) == 0

    async def repay(self, number: int, bank: BankCode, amount: int, how: str = "") -> None:
        """`how`: unseen (nobody asks the bank before its statement), twice, cancelled, or what

        the bank says when it is asked.
        """
        self.keys += 1
        wish = RepaymentWish(self.members[number].id, RepaymentKind.AMOUNT, bank, Yen(amount))
        wanted = RepaymentRequest(wish, BACK, f"month-repayment-{self.keys:08}", "month")
        try:
            repayment = (await accept_repayment(self.desk, wanted)).repayment
        except (Refused, BankClosed) as refused:
            self.happened[f"refused: {refused.code}"] += 1
            return
        if how == "cancelled":
            return
        line = self.banks[bank].collect(repayment.reference, amount)
        self.true(bank, line, "payment", member=number)
        if how == "twice":
            self.clock.advance(1)
            again = self.banks[bank].book(repayment.reference, amount)
            self.true(bank, again, "surplus", member=number)
        if how in SHIFTS and how:
            self.banks[bank].says.append(how)
        if how != "unseen":
            await inquire_repayment(self.desk, repayment)
        self.happened[f"payment {how}"] += bool(how)

    async def open_accounts(self) -> None:
        """Say what was there at first, and what comes every day, by two people each."""
        db, now = self.desk.db, self.clock.now()
        for bank, there in self.banks.items():
            opening = Opening(bank, now.date(), there.opening)
            await propose_account_opening(db, opening, by="sato", note=NOTE, now=now)
            await confirm_account_opening(db, opening, by="suzuki", note=NOTE, now=now)
            for name in (R.FUNDING, R.SWEEP):
                amounts = (Yen(100_000), Yen(90_000_000))
                rule = StandingRule(self.desk.new_id(), bank, name, HEAD_OFFICE, "", amounts)
                await add_rule(db, rule, by="sato", note=NOTE, now=now)
                await approve(db, rule.id, by="suzuki", note=NOTE, now=now)

    def fund(self) -> None:
        """Top every account up in the morning; the amount is no two days the same."""
        for bank, there in self.banks.items():
            yen = 1_000_000 + self.random.randint(0, 999_999)
            self.true(bank, there.book(None, yen, counterparty=HEAD_OFFICE), "funding")

    def sweep(self) -> None:
        """Move what was repaid to the main account in the evening."""
        for bank, there in self.banks.items():
            yen = 500_000 + self.random.randint(0, 499_999)
            self.true(bank, there.book(None, -yen, counterparty=HEAD_OFFICE), "sweep")

    def bill(self) -> None:
        """Let every bank take what it charged in the month."""
        charges = Counter(line.bank for line in self.oracle.lines if line.what == "payment")
        for bank, there in self.banks.items():
            yen = charges[bank.value] * CHARGE_PER_COLLECTION
            self.true(bank, there.book(None, -yen, counterparty="ﾃｽｳﾘﾖｳ"), "bill")

    def give_back(self) -> None:
        """An advance of some days ago comes back; only the statement says so."""
        gone = {id(line.takes_back) for line in self.oracle.lines}
        today = self.clock.now().date()
        lent = [
            (key, line)
            for key, line in self.truth.items()
            if line.what == "advance" and id(line) not in gone and today - key[1] in (DAY, 3 * DAY)
        ]
        if not lent:
            return
        (bank, day, bank_id), line = self.random.choice(lent)
        there = self.banks[BankCode(bank)]
        (old,) = (one for one in there.days[day] if one.bank_id == bank_id)
        back = there.book(old.reference, -line.yen, is_return=True)
        self.true(BankCode(bank), back, "return", member=line.member, takes_back=line)

    def stray(self) -> None:
        """Money that comes or goes under no reference."""
        bank = self.random.choice(list(self.banks))
        yen = self.random.randint(500, 9_000) * self.random.choice((1, 1, 1, -1))
        self.true(bank, self.banks[bank].book(None, yen, counterparty="ｼﾗﾅｲ ﾋﾄ"), "stray")

    # A day and the morning after.

    async def day(self, day: date, movements: int) -> None:
        self.clock.instant = datetime.combine(day, time(9, 5), JST)
        self.fund()
        self.clock.instant = datetime.combine(day, time(9, 30), JST)
        step = 36_000 // max(1, movements)
        for number in range(movements):
            await self.something(SEQUENCE[number % len(SEQUENCE)])
            await self.send_files(at_least=1 + number % 4)
            self.clock.advance(max(2, step))
        await self.send_files()
        self.clock.instant = datetime.combine(day, time(20, 0), JST)
        await self.send_files()
        self.sweep()
        if (day + DAY).day == 1:
            self.bill()
        if day.weekday() < SATURDAY:
            self.clock.instant = datetime.combine(day, time(23, 59, 50), JST)
            await self.lend(self.random.randrange(len(self.members)), 7_000, "midnight")
            await self.send_files()

    async def something(self, what: str) -> None:
        number, dice = self.random.randrange(len(self.members)), self.random.random()
        if dice < 0.01:
            self.stray()
        elif dice < 0.02:
            self.give_back()
        elif what == "advance":
            is_batched = self.desk.profiles[self.homes[number]].batched
            of_files = ("unseen", "turned_away") if is_batched else ()
            hows = ("", "lost", "before", "after", *of_files)
            says = self.random.choices(hows, (92, 5, 2, 1, 4, 4)[: len(hows)])[0]
            await self.lend(number, self.random.randint(1_000, 30_000), says)
        else:
            hows = ("", "unseen", "twice", "cancelled", "before", "after")
            how = self.random.choices(hows, (89, 4, 2, 2, 2, 1))[0]
            bank = self.random.choice(list(self.banks))
            await self.repay(number, bank, self.random.randint(200, 6_000), how)

    async def morning(self, day: date, *, people: bool) -> None:
        """Reconcile what the day before brought; at half past seven people decide what they can.

        Before seven on a Monday one of the banks tells nothing yet.
        """
        self.clock.instant = datetime.combine(day, time(7, 10), JST)
        await run_mornings(self.desk)
        await read_today(self.desk)
        await work_due_dates(self.desk)
        await self.send_files()
        if people:
            self.clock.instant = datetime.combine(day, time(7, 30), JST)
            for entry_id in [one for one in self.given if self.random.random() < 0.02]:
                await self.withdraw(entry_id)
            for item in await list_items(self.desk.db, limit=10_000):
                if item.state is ItemState.OPEN:
                    await self.decide(item)
            while await act_on_reviews(self.desk):
                self.clock.advance(1)
            await run_mornings(self.desk)
        self.clock.instant = datetime.combine(day, time(9), JST)
        await self.send_files()

    async def decide(self, item: ReviewItem) -> None:
        match item.kind:
            case ReviewKind.ONLY_BANK_IN | ReviewKind.ONLY_BANK_OUT:
                await self.name(item)
            case ReviewKind.PAID_TWICE | ReviewKind.OVERPAID:
                await self.refund(item)
            case ReviewKind.DATE_DIFFERS:
                await self.resolve(item, R.REDATED)
            case _:
                await self.resolve(item, R.NOTED)
        self.happened[f"item {item.kind}"] += 1

    async def name(self, item: ReviewItem) -> None:
        """Say whose a stray is; one in four nobody knows, and it stays set aside."""
        assert item.booked_on is not None
        line = self.truth[item.bank.value, item.booked_on, item.details["bank_id"]]
        if line.what == "bill":
            await self.resolve(item, R.BANK_CHARGE)
        if line.what != "stray" or self.random.random() < 0.25:
            return
        if self.random.random() < 0.2:
            await self.resolve(item, R.GIVEN_BACK)
            line.decided = "given_back"
            return
        number = self.random.randrange(len(self.members))
        resolution = R.PAYMENT if line.yen > 0 else R.ADVANCE
        await self.resolve(item, resolution, member=str(number))
        line.member, line.decided = number, "payment" if line.yen > 0 else "advance"
        self.given[assigned_id(item.id, resolution)] = line

    async def withdraw(self, entry_id: UUID) -> None:
        """It was the wrong member's: two people take it back, and decide anew another day."""
        line, db, now = self.given.pop(entry_id), self.desk.db, self.clock.now()
        await propose_withdrawal(db, entry_id, by="sato", note=NOTE, now=now)
        await confirm_withdrawal(db, entry_id, by="suzuki", note=NOTE, now=now)
        line.member = line.decided = None
        self.happened["withdrawn"] += 1

    async def refund(self, item: ReviewItem) -> None:
        """Pay suspense back by hand, today, from the bank that it came to."""
        assert item.amount is not None
        today = self.clock.now().date()
        line = self.banks[item.bank].book(None, -item.amount)
        number = self.number_of(item.member_id)
        self.true(item.bank, line, "refund", member=number)
        await self.resolve(item, R.REFUNDED, bank=item.bank.value, on=today.isoformat())

    async def resolve(self, item: ReviewItem, resolution: Resolution, **said: str) -> None:
        db, now = self.desk.db, self.clock.now()
        await propose_resolution(db, item.id, Proposal(resolution, NOTE, "sato", said), now=now)
        given = Confirmation(resolution, "suzuki", NOTE, said)
        await confirm_resolution(db, item.id, given, now=now)
