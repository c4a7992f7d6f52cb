"""PayPay's call about the end of a collection: late, doubled or never; a hint in any case."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from gateway.adapters.characters import Shown, read_type
from gateway.adapters.digits import read_amount, read_instant
from gateway.adapters.failure import OutcomeUnknown
from gateway.adapters.paypay.channel import Channel
from gateway.adapters.paypay.codes import CALLBACK_KINDS
from gateway.adapters.paypay.messages import CALLBACK, NONCE
from gateway.adapters.paypay.pairs import Unreadable, decoded, read_form
from gateway.domain.bank import Callback

FRESHNESS = timedelta(seconds=300)
ENVELOPE = frozenset({"DATETIME", "NONCE", "MAC"})
REFERENCE = re.compile(r"[A-Z0-9]{20}")
FORM = "application/x-www-form-urlencoded"


def read_callback(
    channel: Channel, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> Callback | None:
    """Return the call if authentic, well-formed and fresh, else None."""
    content_type = next(
        (value for name, value in headers.items() if name.lower() == "content-type"), ""
    )
    try:
        pairs = read_form(body)
        # A charset beside it makes it no other type: the MAC is over the bytes.
        stated = read_type(content_type)
        if stated is None or stated[0] != FORM or not channel.seal.is_on(pairs):
            return None
        return _understood(channel.shop_id, decoded(pairs, Shown()), now)
    except (Unreadable, OutcomeUnknown):
        return None


def _understood(shop_id: str, found: Mapping[str, str], now: datetime) -> Callback | None:
    if not (CALLBACK.fits(found, ENVELOPE) and NONCE.fullmatch(found["NONCE"])):
        return None
    is_fresh = abs(now - read_instant(found["DATETIME"])) <= FRESHNESS
    if not is_fresh or found["SHOP_ID"] != shop_id or not REFERENCE.fullmatch(found["TRAN_ID"]):
        return None
    state, kind = found["STATE"], CALLBACK_KINDS.get(found["STATE"])
    full = CALLBACK.full(found)
    is_whole = ("PAID_AT" in full) == (state == "PAID") or kind == "TRANSFER_RETURNED"
    if kind is None or not is_whole:
        return None
    read_amount(found["AMOUNT"])
    for key in full:
        read_instant(found[key])
    return Callback(f"{found['TRAN_ID']}-{state}", found["TRAN_ID"], kind)
