"""What operators are shown, as JSON: no account and no member's name.

Of what people type freely only why an operator holds a bank.
"""

from datetime import date, datetime

from gateway.domain.identifier import public_id
from gateway.http.answers import TRANSFER, instant
from gateway.services.explain import Explanation, Step
from gateway.services.list_transfers import Line
from gateway.services.read_restraints import Restraints
from gateway.store.operators import Admitted
from gateway.store.review_items import ReviewItem
from gateway.store.stops import ALL_BANKS, Stop

TOKEN, ITEM = "ot", "rv"


def show_operator(admitted: Admitted) -> dict[str, object]:
    return {
        "name": admitted.operator.name,
        "role": admitted.operator.role.value,
        "token_id": public_id(TOKEN, admitted.token_id),
        "token_ends_at": instant(admitted.ends_at),
    }


def show_line(line: Line) -> dict[str, object]:
    return {
        "id": public_id(TRANSFER, line.id),
        "bank": line.bank.value,
        "reference": line.reference,
        "amount": line.amount,
        "state": line.state.value,
        "is_unclear": line.unclear,
        "attempt": line.attempt,
        "reason": line.reason,
        "accepted_at": instant(line.accepted_at),
        "due_at": instant(line.due_at),
        "inquire_at": instant(line.inquire_at),
        "unresolved_since": instant(line.unresolved_since),
    }


def show_explanation(explained: Explanation) -> dict[str, object]:
    return {
        "id": public_id(explained.prefix, explained.id),
        "bank": explained.bank.value,
        "reference": explained.reference,
        "amount": explained.amount,
        "state": explained.state,
        "is_unclear": explained.unclear,
        "attempt": explained.attempt,
        "reason": explained.reason,
        "steps": [_step(step) for step in explained.steps],
    }


def show_restraints(held: Restraints) -> dict[str, object]:
    return {
        "stops": [_stop(stop) for stop in held.stops],
        "breakers": [{"bank": bank.value, "state": state.value} for bank, state in held.breakers],
    }


def show_item(item: ReviewItem) -> dict[str, object]:
    proposal = item.proposal
    return {
        "id": public_id(ITEM, item.id),
        "kind": item.kind.value,
        "bank": item.bank.value,
        "booked_on": None if item.booked_on is None else item.booked_on.isoformat(),
        "reference": item.reference,
        "amount": item.amount,
        "state": item.state.value,
        "resolution": None if proposal is None else proposal.resolution.value,
        "proposed_by": None if proposal is None else proposal.by,
        "raised_at": instant(item.raised_at),
    }


def _step(step: Step) -> dict[str, object]:
    details = {name: _plain(value) for name, value in step.details.items()}
    return {"at": instant(step.at), "source": step.source, "what": step.what, "details": details}


def _stop(stop: Stop) -> dict[str, object]:
    return {
        "bank": None if stop.bank == ALL_BANKS else stop.bank,
        "reason": stop.reason,
        "held_by": stop.held_by,
        "held_at": instant(stop.held_at),
        "ends_at": instant(stop.ends_at),
    }


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return instant(value)
    return value.isoformat() if isinstance(value, date) else value
