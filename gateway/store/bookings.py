"""Bookings as the money steps take them: `p_bookings`, and beside them `p_reviews`, as jsonb."""

from collections.abc import Iterable
from uuid import UUID, uuid5

from gateway.domain.booking import Journal
from gateway.domain.ledger import Posting
from gateway.domain.review import NewReview


def encode_bookings(journals: Iterable[Journal]) -> list[dict[str, object]]:
    """Return the `p_bookings` of a money step: each entry with its journal."""
    return [_booking(journal) for journal in journals]


def encode_reviews(reviews: Iterable[NewReview], *, member_id: UUID) -> list[dict[str, object]]:
    """Return the `p_reviews` of a money step.

    The id follows from the key; one whose key is there already is not raised again.
    """
    return [
        {
            "id": str(uuid5(member_id, review.key)),
            "key": review.key,
            "kind": review.kind,
            "bank": review.bank,
            "booked_on": review.booked_on,
            "reference": review.reference,
            "amount": None if review.amount is None else review.amount.amount,
            "details": dict(review.details),
            "reads": [day.isoformat() for day in review.reads],
        }
        for review in reviews
    ]


def _booking(journal: Journal) -> dict[str, object]:
    booking, entry = journal.booking, journal.booking.entry
    return {
        "id": str(entry.id),
        "kind": entry.kind,
        "amount": entry.amount.amount,
        "effective_on": entry.effective_on,
        "at": entry.at,
        "house": entry.house,
        "takes_back": _text(entry.takes_back),
        "stands_for": _text(entry.stands_for),
        "source_id": _text(journal.source_id),
        "bank_id": journal.bank_id,
        "journal": str(journal.id),
        "cause": booking.cause,
        "loan_version": booking.loan_version,
        "due_on": booking.due_on,
        "is_due_known": booking.is_due_known,
        "postings": [_posting(posting) for posting in journal.postings],
    }


def _posting(posting: Posting) -> dict[str, object]:
    return {
        "id": str(posting.id),
        "debit": posting.debit,
        "credit": posting.credit,
        "amount": posting.amount.amount,
        "effective_on": posting.effective_on,
    }


def _text(identifier: UUID | None) -> str | None:
    # An id that came from a row is the driver's own type, which the JSON encoder does not know.
    return None if identifier is None else str(identifier)
