"""Some weeks at one bank, with all that goes wrong, so that every account has a story to tell."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from gateway.domain.bank import Direction
from gateway.domain.hours import JST
from gateway.domain.outcome import Unknown
from gateway.domain.review import Resolution, ReviewKind
from gateway.services.act_on_reviews import act_on_reviews
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.services.withdraw_entry import confirm_withdrawal, propose_withdrawal
from gateway.store.loan_books import read_loan_book
from gateway.store.review_items import Confirmation, Proposal, ReviewItem, list_items
from tests.services.conftest import Member, new_member
from tests.services.stating_bank import IN, OUT, TODAY, Morning
from tests.services.test_transfers import accepted

WHY = "asked the bank, ticket 7"


@dataclass
class WhyWorld:
    """Members who borrow and repay, lines that nobody wished for, and two operators."""

    morning: Morning
    owner: Any
    random: Random
    numbers: dict[UUID, str] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    lent: list[str] = field(default_factory=list)

    async def enrol(self, count: int) -> None:
        for _ in range(count):
            member = await new_member(self.owner, self.morning.clock, limit=900_000)
            number = f"{len(self.members) + 1:08}"
            await self.owner.execute(
                "INSERT INTO login_names (kind, name, member_id) VALUES ('member_number', $1, $2)",
                *(number, member.id),
            )
            self.members.append(member)
            self.numbers[member.id] = number

    async def live(self, days: int) -> None:
        for number in range(days):
            day = TODAY + timedelta(days=number * 4)
            self.morning.clock.instant = datetime.combine(day, time(10), JST)
            for _ in range(3):
                await self.random.choice(
                    (self.lend, self.lend, self.repay, self.repay, self.lose, self.stray, self.back)
                )()
                self.morning.clock.advance(600)
            await self.morning.reconcile(day)
            await self.decide()

    async def lend(self) -> None:
        member = self.random.choice(self.members)
        amount = self.random.randint(1_000, 80_000)
        sent = await accepted(self.morning.desk, member, amount=amount, key=uuid4().hex)
        self.state(sent.reference, OUT, amount)
        self.lent.append(sent.reference)

    async def lose(self) -> None:
        """The answer is lost: the statement tells of it first."""
        self.morning.bank.submits.append(Unknown())
        await self.lend()

    async def repay(self) -> None:
        member, number = self.random.choice(self.members), uuid4()
        reference = "".join(self.random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=20))
        amount = self.random.randint(200, 60_000)
        await self.owner.execute(
            "INSERT INTO repayments (member_id, id, bank, reference, kind, amount, description,"
            " return_url, request_id, accepted_at, expires_at, state, step, start_until,"
            " watch_until) VALUES ($1, $2, 'smbc', $3, 'amount', $5, 'ｺﾞﾍﾝｻｲ',"
            " 'https://member.example', 'req', $4, $4, 'authorizing', $2, $4, $4)",
            *(member.id, number, reference, self.morning.clock.now(), amount),
        )
        for _ in range(self.random.choice((1, 1, 1, 2))):
            self.state(reference, IN, amount)

    async def stray(self) -> None:
        self.state(None, self.random.choice((IN, IN, OUT)), self.random.randint(100, 9_000))

    async def back(self) -> None:
        """An advance comes back, some time after it was paid out."""
        if self.lent:
            reference = self.lent.pop(0)
            lines = [one for one in self.morning.bank.lines if one.reference == reference]
            self.state(reference, IN, lines[0].amount.amount)

    def state(self, reference: str | None, direction: Direction, amount: int) -> None:
        self.morning.bank.state(reference, direction, amount, at=self.morning.clock.now())

    async def decide(self) -> None:
        """Two people give strays to members, mostly; now and then to the wrong one."""
        for item in await list_items(self.morning.desk.db):
            if item.kind is ReviewKind.ONLY_BANK_IN and self.random.random() < 0.7:
                await self.resolve(item, Resolution.PAYMENT)
            elif item.kind is ReviewKind.ONLY_BANK_OUT and self.random.random() < 0.7:
                await self.resolve(item, Resolution.ADVANCE)
        if self.random.random() < 0.4:
            await self.withdraw()

    async def resolve(self, item: ReviewItem, resolution: Resolution) -> None:
        db, now = self.morning.desk.db, self.morning.clock.now()
        said = {"member": self.numbers[self.random.choice(self.members).id]}
        await propose_resolution(db, item.id, Proposal(resolution, WHY, "sato", said), now=now)
        given = Confirmation(resolution, "suzuki", WHY, said)
        await confirm_resolution(db, item.id, given, now=now)
        await act_on_reviews(self.morning.desk)

    async def withdraw(self) -> None:
        db, now = self.morning.desk.db, self.morning.clock.now()
        for member in self.members:
            book = await read_loan_book(db, member.id)
            assert book is not None
            gone = {entry.takes_back for entry in book.entries}
            for entry in book.entries:
                if entry.house == "unidentified" and not {entry.id, entry.takes_back} & gone:
                    said = {"by": "sato", "note": WHY}
                    await propose_withdrawal(db, entry.id, **said, now=now)
                    await confirm_withdrawal(db, entry.id, by="suzuki", note=WHY, now=now)
                    await act_on_reviews(self.morning.desk)
                    return

    async def accounts(self) -> list[str]:
        """Return every account that has a posting, as `why` is asked for it."""
        rows = await self.owner.fetch(
            "SELECT DISTINCT p.member_id, a.name FROM postings p,"
            " LATERAL (VALUES (p.debit), (p.credit)) AS a (name)"
        )
        own = {"principal", "interest", "late_damages", "fees", "suspense"}
        return sorted(
            {
                f"{self.numbers[row['member_id']]}:{row['name']}"
                if row["name"] in own
                else row["name"]
                for row in rows
            }
        )

    async def posted(self, name: str, on: date, known_at: datetime) -> int:
        """Return the balance as the test sums it up itself."""
        number, _, own = name.rpartition(":")
        whose = next((member for member, known in self.numbers.items() if known == number), None)
        account = name if whose is None else own
        rows = await self.owner.fetch(
            "SELECT debit, credit, amount, effective_on, recorded_at FROM postings"
            " WHERE $1::uuid IS NULL OR member_id = $1",
            whose,
        )
        return sum(
            row["amount"] if row["debit"] == account else -row["amount"]
            for row in rows
            if account in (row["debit"], row["credit"])
            and row["effective_on"] <= on
            and row["recorded_at"] <= known_at
        )
