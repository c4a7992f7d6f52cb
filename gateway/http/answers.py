"""JSON out: what the API shows of each thing, and nothing else of it."""

from datetime import datetime

import orjson
from aiohttp import web

from gateway.domain.account import AccountType
from gateway.domain.hours import JST
from gateway.domain.identifier import public_id
from gateway.domain.quote import Quote, Why
from gateway.domain.transfer import State, Transfer
from gateway.store.accounts import RegisteredAccount
from gateway.store.sessions import SessionOpen

SESSION, ACCOUNT, TRANSFER, QUOTE = "se", "ac", "tr", "qt"
TYPE_NAMES = {
    AccountType.ORDINARY: "ordinary",
    AccountType.CURRENT: "current",
    AccountType.SAVINGS: "savings",
}
TYPES = {name: kind for kind, name in TYPE_NAMES.items()}
# What a page may tell a member: a transfer that is unclear has not failed, it is being worked on.
STATUS = {
    State.SCHEDULED: "scheduled",
    State.SUBMITTING: "processing",
    State.SUBMITTED: "processing",
    State.UNKNOWN: "processing",
    State.REVIEW: "processing",
    State.SETTLED: "settled",
    State.REJECTED: "rejected",
    State.CANCELLED: "cancelled",
    State.RETURNED: "returned",
}


def json_response(
    document: object, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(
        status=status,
        body=orjson.dumps(document),
        headers={"Content-Type": "application/json", **(headers or {})},
    )


def instant(at: datetime | None) -> str | None:
    """Return RFC 3339 in Japanese time."""
    return None if at is None else at.astimezone(JST).isoformat(timespec="milliseconds")


def show_session(session: SessionOpen, *, is_current: bool) -> dict[str, object]:
    return {
        "id": public_id(SESSION, session.id),
        "opened_at": instant(session.opened_at),
        "last_seen_at": instant(session.seen_at),
        "expires_at": instant(session.ends_at),
        "is_current": is_current,
    }


def show_account(registered: RegisteredAccount) -> dict[str, object]:
    account = registered.account
    return {
        "id": public_id(ACCOUNT, registered.id),
        "bank": account.bank.value,
        "branch": account.branch,
        "type": TYPE_NAMES[account.type],
        "number": account.number_masked,
        "holder": account.holder,
        "registered_at": instant(registered.registered_at),
    }


def show_transfer(transfer: Transfer, *, is_held: bool = False) -> dict[str, object]:
    """Return it for its member; `is_held`: its bank is, and nobody knows when it leaves."""
    creditor, promise = transfer.creditor, transfer.promise
    return {
        "id": public_id(TRANSFER, transfer.id),
        "state": transfer.state.value,
        "status": STATUS[transfer.state],
        "is_final": transfer.is_final,
        "is_cancellable": transfer.state is State.SCHEDULED and not transfer.unclear,
        "amount": transfer.amount.amount,
        "account_id": public_id(ACCOUNT, transfer.account_id),
        "account": {
            "bank": creditor.bank.value,
            "branch": creditor.branch,
            "type": TYPE_NAMES[creditor.type],
            "number": creditor.number_masked,
        },
        "reference": transfer.reference,
        "reason": None if transfer.reason is None else transfer.reason.value,
        "quote_id": None if transfer.quote_id is None else public_id(QUOTE, transfer.quote_id),
        "credited_at": instant(None if promise is None else promise.credited_at),
        "credited_by": instant(None if promise is None else promise.credited_by),
        "accepted_at": instant(transfer.accepted_at),
        "due_at": instant(None if is_held else transfer.due_at),
        "settled_at": instant(transfer.settled_at),
        "returned_at": instant(transfer.returned_at),
    }


def show_quote(quote: Quote) -> dict[str, object]:
    prospect = quote.prospect
    promise = prospect.promise
    return {
        "id": public_id(QUOTE, quote.id),
        "account_id": public_id(ACCOUNT, quote.wish.account_id),
        "bank": quote.wish.bank.value,
        "amount": quote.wish.amount.amount,
        "class": prospect.service_class,
        "cutoff_at": instant(prospect.cutoff),
        "value_date": prospect.value_date.isoformat(),
        "credited_at": instant(None if promise is None else promise.credited_at),
        "credited_by": instant(None if promise is None else promise.credited_by),
        "why": [show_why(why) for why in prospect.why],
        "fee": quote.fee.amount,
        "partner_atm_fee": quote.partner_atm_fee.amount,
        "valid_until": instant(quote.valid_until),
    }


def show_why(why: Why) -> dict[str, object]:
    return {
        "name": why.name,
        "begins_at": instant(why.begins_at),
        "ends_at": instant(why.ends_at),
    }
