"""All collections of one bank: what was decided about them, and what that put into the books."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from gateway.sandbox.accounts import DEMO_PASSWORD
from gateway.sandbox.books import Account, Books
from gateway.sandbox.collection import (
    DECIDED,
    OPENED,
    Collection,
    CollectionState,
    Decision,
    read_collection,
    read_decision,
)
from gateway.sandbox.journal import Record


class CollectionBook:
    """Collections by reference; `numbered` gives the bank's own number of a text."""

    def __init__(self, books: Books, numbered: Callable[[str], str]) -> None:
        self._books = books
        self._numbered = numbered
        self._by_reference: dict[str, Collection] = {}
        self._by_token: dict[str, str] = {}
        self._by_bank_id: dict[str, str] = {}
        self._to_book: dict[str, Decision] = {}
        self._bookings: Counter[str] = Counter()

    def find(self, reference: str) -> Collection | None:
        """Return the collection as it is now."""
        return self._by_reference.get(reference)

    def find_reference(self, token: str) -> str:
        """Return whose approval page has that token, "" if nobody's."""
        return self._by_token.get(token, "")

    def find_numbered(self, bank_id: str) -> str:
        """Return which reference has that number of the bank's, "" if none."""
        return self._by_bank_id.get(bank_id, "")

    def approved(self) -> Iterable[Decision]:
        """Return the approvals whose booking is still to come."""
        return list(self._to_book.values())

    def approval(self, reference: str) -> Decision:
        """Return one of them."""
        return self._to_book[reference]

    def open_ones(self) -> list[Collection]:
        """Return those nobody has decided yet."""
        return [found for found in self._by_reference.values() if found.is_open]

    def enter(self, collection: Collection) -> None:
        """Take a new one in."""
        self._by_reference[collection.reference] = collection
        self._by_token[token_of(collection.reference)] = collection.reference
        self._by_bank_id[collection.bank_id] = collection.reference

    def decide(self, decision: Decision) -> list[Collection]:
        """Move one on, book what is to be booked, and return what the client is to be told."""
        before = self._by_reference[decision.reference]
        self._to_book.pop(decision.reference, None)
        after = replace(
            before,
            state=decision.state,
            cause=decision.cause,
            payer=decision.payer,
            payer_name=decision.payer_name,
            decided_at=before.decided_at or decision.instant,
        )
        if decision.state is CollectionState.APPROVED:
            self._to_book[decision.reference] = decision
        if decision.state is CollectionState.PAID:
            after = replace(after, booked_at=decision.booked_at, booked_amount=decision.amount)
            for _ in range(decision.times):
                self._book(decision)
        if before.state is not CollectionState.PAID:
            self._by_reference[decision.reference] = after
        return [] if decision.state is CollectionState.APPROVED else [after] * decision.times

    def replay(self, record: Record) -> None:
        """Do again what was done before the emulator was stopped; pass over other records."""
        if record["kind"] == OPENED:
            self.enter(read_collection(record))
        elif record["kind"] == DECIDED:
            self.decide(read_decision(record))

    def _book(self, decision: Decision) -> None:
        count = self._bookings[decision.reference] = self._bookings[decision.reference] + 1
        name = decision.reference if count == 1 else f"{decision.reference}/{count}"
        booking = decision.booking(self._numbered(name))
        if booking is not None:
            # A magic account stands in the books from its first movement on.
            account = Account(booking.account, booking.counterparty, 0, password=DEMO_PASSWORD)
            self._books.accounts.setdefault(booking.account, account)
            self._books.book(booking)


def token_of(reference: str) -> str:
    """Return what stands for a reference in the address of its approval page."""
    return hashlib.sha256(f"approve {reference}".encode()).hexdigest()[:32]
