"""Members' lives for tests: ten years of advances and payments, and when each was heard of.

A life goes by the naive books, not by the gateway's: what it pays is what those say is due.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from tests.domain.naive_loan import Fact, NaiveLoan, Snapshot

BEGINS = date(2019, 3, 1)
DAYS = 3_653  # 2020, 2024 and 2028 are leap years
LIMIT = 1_500_000
RATES = (1_780, 1_800, 1_500, 2_000, 450)


@dataclass(frozen=True)
class News:
    """A fact, and the day on which it is heard of. `takes_back` is the order of an advance."""

    fact: Fact
    heard_on: date
    takes_back: int | None = None


@dataclass
class Life:
    """One member. `live` yields each day what was heard on it and what the books then say."""

    seed: int
    news: list[News] = field(default_factory=list)
    waiting: list[News] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 - lives, not secrets
        self.rate = self.random.choice(RATES)
        self.due_day = (5, 15, 25, 31)[self.seed % 4]
        self.has_free_days = self.seed % 3 != 1
        self.diligence = self.random.choice((0.95, 0.8, 0.5))
        self.books = self.opened()

    def opened(self) -> NaiveLoan:
        return NaiveLoan(self.rate, self.due_day, self.has_free_days)

    def live(self) -> Iterator[tuple[date, list[News], Snapshot]]:
        """Yield day, news and the books at the day's end, by all that was heard until then."""
        before = self.opened().day(BEGINS - timedelta(1), [])
        for days in range(DAYS):
            today = BEGINS + timedelta(days)
            self.act(today, before)
            heard = [news for news in self.waiting if news.heard_on == today]
            self.waiting = [news for news in self.waiting if news.heard_on > today]
            self.news += heard
            if all(news.fact.on == today and news.takes_back is None for news in heard):
                before = self.books.day(today, [news.fact for news in heard])
            else:
                before = self.reckoned_again(today)
            yield today, heard, before

    def reckoned_again(self, today: date) -> Snapshot:
        """The past has changed: live through all of it again, as it is known now."""
        self.books = self.opened()
        *_, last = retold(self.books, self.news, today)
        return last

    def act(self, today: date, books: Snapshot) -> None:
        if books.due_on is not None:
            self.perhaps_pay(today, books)
        elif books.principal and self.random.random() < 0.01:
            self.pay(today, books.principal)
        if self.random.random() < (0.04 if books.due_on is None else 0.012):
            self.borrow(today, LIMIT - books.principal)
        if self.random.random() < 0.0005:
            self.tell(Fact("fee", 330, today, self.next_order()), today)
        if books.suspense and self.random.random() < 0.05:
            self.tell(Fact("refund", books.suspense, today, self.next_order()), today)

    def perhaps_pay(self, today: date, books: Snapshot) -> None:
        assert books.due_on is not None
        days_left = (books.due_on - today).days
        if days_left == 0 and self.random.random() < self.diligence:
            self.pay(today, books.amount_due)
        elif days_left < 0 and self.random.random() < 0.1:
            self.pay(today, self.random.choice((books.amount_due, books.amount_due // 2 + 1)))
        elif self.random.random() < 0.02:
            self.pay(today, self.early_amount(books))

    def early_amount(self, books: Snapshot) -> int:
        """Return what is due, some of it, more, nearly all, all as of yesterday, or too much."""
        return self.random.choice(
            (
                books.amount_due,
                self.random.randint(200, 5_000),
                self.random.randint(1_000, max(1_000, books.principal // 3)),
                max(1, books.payoff - self.random.randint(1, 1_500)),
                books.payoff,
                books.payoff + self.random.randint(1, 20_000),
            )
        )

    def pay(self, today: date, amount: int) -> None:
        fact = Fact("payment", max(1, amount), today, self.next_order())
        late_by = self.random.randint(1, 20) if self.random.random() < 0.05 else 0
        self.tell(fact, today + timedelta(late_by))

    def borrow(self, today: date, room: int) -> None:
        if room <= 0:
            return
        size = self.random.choice((5_000, 60_000, 200_000, 1_200_000))
        amount = min(room, self.random.randint(1, size))
        fact = Fact("advance", amount, today, self.next_order())
        heard_on = today + timedelta(self.random.randint(1, 5) * (self.random.random() < 0.05))
        self.tell(fact, heard_on)
        if self.random.random() < 0.15:
            back_on = heard_on + timedelta(self.random.randint(0, 60))
            part = self.random.choice((amount, amount, self.random.randint(1, amount)))
            back = Fact("return", part, back_on, self.next_order())
            self.tell(back, back_on, takes_back=fact.order)

    def tell(self, fact: Fact, heard_on: date, takes_back: int | None = None) -> None:
        self.waiting.append(News(fact, heard_on, takes_back))

    def next_order(self) -> int:
        return len(self.news) + len(self.waiting) + 1


def retold(books: NaiveLoan, news: list[News], until: date) -> Iterator[Snapshot]:
    """Yield the books at the end of each day, by all of `news`, whenever it was heard."""
    gone = {each.takes_back: each.fact.amount for each in news if each.takes_back}
    facts: dict[date, list[Fact]] = {}
    for each in news:
        left = each.fact.amount - gone.get(each.fact.order, 0)
        if each.takes_back is None and left:
            facts.setdefault(each.fact.on, []).append(replace(each.fact, amount=left))
    for days in range((until - BEGINS).days + 1):
        today = BEGINS + timedelta(days)
        yield books.day(today, facts.get(today, []))
