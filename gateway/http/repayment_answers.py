"""JSON out: what the API shows of a repayment and of its quote."""

from gateway.domain.identifier import public_id
from gateway.domain.outcome import Redirect
from gateway.domain.position import Due
from gateway.domain.repayment import OPEN, Repayment, State
from gateway.domain.repayment_quote import RepaymentQuote
from gateway.http.answers import QUOTE, instant, show_why

REPAYMENT = "rp"


def show_repayment(repayment: Repayment) -> dict[str, object]:
    paid, redirect = repayment.paid_amount, repayment.redirect
    # The page of an order that is over would only confuse whoever is sent there.
    is_waiting = repayment.state is State.AUTHORIZING
    return {
        "id": public_id(REPAYMENT, repayment.id),
        "state": repayment.state.value,
        "is_final": repayment.is_final,
        "is_cancellable": repayment.state in OPEN,
        "kind": repayment.kind.value,
        "bank": repayment.bank.value,
        "amount": repayment.amount.amount,
        "paid_amount": None if paid is None else paid.amount,
        "reference": repayment.reference,
        "reason": None if repayment.reason is None else repayment.reason.value,
        "quote_id": None if repayment.quote_id is None else public_id(QUOTE, repayment.quote_id),
        "return_url": repayment.return_url,
        "redirect": show_redirect(redirect) if is_waiting and redirect is not None else None,
        "accepted_at": instant(repayment.accepted_at),
        "expires_at": instant(repayment.expires_at),
        "settled_at": instant(repayment.settled_at),
        "ended_at": instant(repayment.ended_at),
    }


def show_redirect(redirect: Redirect) -> dict[str, object]:
    return {
        "method": "POST" if redirect.fields else "GET",
        "url": redirect.url,
        "fields": dict(redirect.fields),
        "charset": redirect.charset,
    }


def show_repayment_quote(quote: RepaymentQuote) -> dict[str, object]:
    terms, opening = quote.terms, quote.opening
    return {
        "id": public_id(QUOTE, quote.id),
        "kind": terms.kind.value,
        "bank": terms.bank.value,
        "amount": terms.amount.amount,
        "day": terms.day.isoformat(),
        "split": {
            "fees": terms.split.fees.amount,
            "late_damages": terms.split.late_damages.amount,
            "interest": terms.split.interest.amount,
            "principal": terms.split.principal.amount,
        },
        "due_after": _show_due(terms.due_after),
        "payoff_after": terms.payoff_after.amount,
        "fee": quote.fee.amount,
        "partner_atm_fee": quote.partner_atm_fee.amount,
        "is_open": opening.is_open,
        "reopens_at": instant(opening.reopens_at),
        "why": [show_why(why) for why in opening.why],
        "valid_until": instant(quote.valid_until),
    }


def _show_due(due: Due | None) -> dict[str, object] | None:
    return None if due is None else {"on": due.on.isoformat(), "amount": due.amount.amount}
