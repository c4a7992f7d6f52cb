"""What Mizuho calls us with: one 口座振替 record under a digest that only we two can make."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import date

from gateway.adapters.mizuho import codes
from gateway.adapters.mizuho.zengin.debits import decode_debit
from gateway.adapters.mizuho.zengin.records import Malformed
from gateway.adapters.mizuho.zengin.transfers import DONE
from gateway.domain.bank import Callback

DIGEST = "x-digest"
COLLECTION_ENDED = "COLLECTION_ENDED"


def read_callback(
    headers: Mapping[str, str], body: bytes, *, secret: bytes, today: date
) -> Callback | None:
    """Return the call if it is genuine and says how a collection ended, else None."""
    if not _is_genuine(headers, body, secret):
        return None
    try:
        debit = decode_debit(body, near=today)
    except Malformed:
        return None
    if debit.code != DONE and debit.code not in codes.DEBIT_REFUSALS:
        return None
    # The bank numbers no event. Each delivery of one end is the same record.
    return Callback(hashlib.sha256(body).hexdigest(), debit.reference, COLLECTION_ENDED)


def _is_genuine(headers: Mapping[str, str], body: bytes, secret: bytes) -> bool:
    told = [value for name, value in headers.items() if name.lower() == DIGEST]
    digest = b"sha-256=" + b64encode(hmac.digest(secret, body, "sha256"))
    return len(told) == 1 and hmac.compare_digest(
        told[0].encode("utf-8", "surrogateescape"), digest
    )
