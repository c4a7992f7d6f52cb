"""Name in every log line what a call to a bank is about, whoever makes it."""

from contextlib import AbstractContextManager

from structlog.contextvars import bound_contextvars, get_contextvars

from gateway.domain.repayment import Repayment
from gateway.domain.transfer import Transfer


def about_transfer(transfer: Transfer) -> AbstractContextManager[object]:
    """Name the transfer in every line, and a trace: the request's, else the transfer's own digits.

    So all calls that no request makes are one trace, in whatever process they are made.
    """
    return _about("transfer_id", transfer)


def about_repayment(repayment: Repayment) -> AbstractContextManager[object]:
    """Name the repayment in every line, and a trace, as for a transfer."""
    return _about("repayment_id", repayment)


def _about(field: str, wish: Transfer | Repayment) -> AbstractContextManager[object]:
    trace_id = get_contextvars().get("trace_id") or wish.id.hex
    return bound_contextvars(**{field: str(wish.id), "trace_id": trace_id})
