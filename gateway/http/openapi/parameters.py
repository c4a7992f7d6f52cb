"""Parameters and headers that several operations share, each described once."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.account import BankCode
from gateway.http.headers import PAGE_DEFAULT, PAGE_MAX, WAIT_S_MAX


class Header(StrEnum):
    """Headers of answers."""

    REQUEST_ID = "X-Request-Id"
    TRACE = "traceparent"
    LOCATION = "Location"
    RETRY_AFTER = "Retry-After"
    REPLAYED = "Idempotency-Replayed"
    PREFERENCE = "Preference-Applied"
    LINK = "Link"
    ETAG = "ETag"
    LANGUAGE = "Content-Language"
    VARY = "Vary"
    AUTHENTICATE = "WWW-Authenticate"
    CLEAR = "Clear-Site-Data"
    SET_COOKIE = "Set-Cookie"
    ALLOW = "Allow"
    RATE_LIMIT = "RateLimit"
    RATE_LIMIT_POLICY = "RateLimit-Policy"


HEADER_MEANS: Mapping[Header, str] = {
    Header.REQUEST_ID: "Names this request in every log; quote it when you ask for help.",
    Header.TRACE: "W3C trace context of our own part of the trace.",
    Header.LOCATION: "Where what was made can be read.",
    Header.RETRY_AFTER: "Seconds to wait before the next try.",
    Header.REPLAYED: "`true`: this key was used before, and this is what came of it.",
    Header.PREFERENCE: "`wait=N`: how long the answer was let wait.",
    Header.LINK: 'The next page, as `<address>; rel="next"`; not on the last one.',
    Header.ETAG: "Changes when the answer does; send it as `If-None-Match`.",
    Header.LANGUAGE: "`ja` or `en`.",
    Header.VARY: "`Accept-Language` where there is another language; `Origin` with listed origins.",
    Header.AUTHENTICATE: "`Bearer`",
    Header.ALLOW: "The methods that are there.",
    Header.RATE_LIMIT: "Of each quota: `r` requests are left, more in `t` seconds.",
    Header.RATE_LIMIT_POLICY: "Each quota that this request counted against: `q` in `w` seconds.",
    Header.CLEAR: "Pages forget what they cached.",
    Header.SET_COOKIE: "The session of a page: kept at signing in, forgotten at signing out.",
}
# The quotas where requests are counted at all, `Vary` where there is another answer.
ON_EVERY_ANSWER = (
    Header.REQUEST_ID,
    Header.TRACE,
    Header.RATE_LIMIT,
    Header.RATE_LIMIT_POLICY,
    Header.VARY,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter or request header; `key` names it among the components."""

    key: str
    name: str
    place: str
    description: str
    schema: Mapping[str, object]
    is_required: bool = False


IDEMPOTENCY_KEY = Parameter(
    "IdempotencyKey",
    "Idempotency-Key",
    "header",
    "A UUID, or 16 to 64 visible ASCII characters: one for each wish of the member, kept before it "
    "is sent, and sent until there is an answer. The same key with the same body is never done "
    "twice.",
    {
        "type": "string",
        "pattern": "^[!-~]{16,64}$",
        "examples": ["0192f3a1-7c1e-7a33-8f00-5b2c8b3f1a01"],
    },
    is_required=True,
)
WAIT = Parameter(
    "PreferWait",
    "Prefer",
    "header",
    f"`wait=N` (RFC 7240): wait up to N seconds, at most {WAIT_S_MAX}, for the last word.",
    {"type": "string", "examples": ["wait=10"]},
)
LIMIT = Parameter(
    "Limit",
    "limit",
    "query",
    "How many things a page has at most.",
    {"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": PAGE_DEFAULT},
)
IF_NONE_MATCH = Parameter(
    "IfNoneMatch",
    "If-None-Match",
    "header",
    "The `ETag` of the answer that you have: 304 while it is still the same.",
    {"type": "string"},
)


def cursor(prefix: str) -> Parameter:
    """Return the parameter that asks for the page after the one that ended with that id."""
    return Parameter(
        f"Cursor_{prefix}",
        "cursor",
        "query",
        "`next_cursor` of the page before.",
        {"type": "string", "pattern": f"^{prefix}_[0-9a-f]{{32}}$"},
    )


def _identifier(prefix: str) -> Mapping[str, object]:
    return {
        "type": "string",
        "pattern": f"^{prefix}_[0-9a-f]{{32}}$",
        "examples": [f"{prefix}_0192f3a17c1e7a338f005b2c8b3f1a01"],
    }


# What stands for a part of an address, by its name in the route's path.
PATH_SCHEMAS: Mapping[str, Mapping[str, object]] = {
    "session_id": _identifier("se"),
    "account_id": _identifier("ac"),
    "transfer_id": _identifier("tr"),
    "repayment_id": _identifier("rp"),
    "entry_id": _identifier("en"),
    "movement_id": {
        "type": "string",
        "pattern": "^((tr|rp)_[0-9a-f]{32}|[A-Z2-7]{20})$",
        "examples": ["tr_0192f3a17c1e7a338f005b2c8b3f1a01"],
    },
    "asset": {"type": "string", "enum": ["start.js", "swagger-ui.css", "swagger-ui-bundle.js"]},
    "code": {"type": "string", "pattern": "^[a-z0-9_]{1,60}$", "examples": ["credit_short"]},
    "bank": {"type": "string", "enum": [str(bank) for bank in BankCode]},
}
