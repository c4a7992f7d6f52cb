"""What only a web server can refuse, and its own faults. Statuses and words: `http/errors.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.errors import GatewayError

# The answer to nonsense is not ten times as long as that.
FIELDS_NAMED_MAX = 20


class FieldFault(StrEnum):
    """What can be wrong with one field."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    DUPLICATE = "duplicate"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    WRONG_FORMAT = "wrong_format"


@dataclass(frozen=True, slots=True)
class BadField:
    """One field that is wrong: where (`pointer`, `header` or `parameter`), its place and how."""

    where: str
    place: str
    fault: FieldFault


class HttpRefused(GatewayError):
    """A request that no service sees. `fields` names what is wrong with it, as far as it helps."""

    code = "http_refused"

    def __init__(self, fields: Sequence[BadField] = ()) -> None:
        super().__init__(self.code)
        self.fields = tuple(fields[:FIELDS_NAMED_MAX])


class RequestMalformed(HttpRefused):
    code = "malformed_request"


class JsonMalformed(HttpRefused):
    code = "malformed_json"


class FieldsInvalid(HttpRefused):
    code = "invalid_request"


class MediaTypeWrong(HttpRefused):
    code = "unsupported_media_type"


class BodyTooLarge(HttpRefused):
    code = "body_too_large"


class BodyTooSlow(HttpRefused):
    code = "body_too_slow"


class ExpectationUnknown(HttpRefused):
    code = "expectation_unknown"


class IdempotencyKeyMissing(HttpRefused):
    code = "idempotency_key_missing"


class IdempotencyKeyInvalid(HttpRefused):
    code = "idempotency_key_invalid"


class OriginNotAllowed(HttpRefused):
    """A browser brought its cookie for a page of somebody else's."""

    code = "origin_not_allowed"


class VersionUnknown(HttpRefused):
    """A request in another version of HTTP than 1.0 and 1.1."""

    code = "http_version_unknown"


class RouteUnknown(HttpRefused):
    code = "route_not_found"


class MethodWrong(HttpRefused):
    code = "method_not_allowed"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__()
        self.allowed = tuple(sorted(allowed))


class ServiceClosed(GatewayError):
    """Outside the lender's hours nothing new is taken."""

    code = "service_closed"

    def __init__(self, *, now: datetime, reopens_at: datetime) -> None:
        super().__init__(self.code)
        self.reopens_at = reopens_at
        self.retry_after_s = max(1, int((reopens_at - now).total_seconds()) + 1)


class RequestsExceeded(GatewayError):
    """More requests than a member or a source may make; the next has room after a while."""

    code = "rate_limited"

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(self.code)
        self.retry_after_s = retry_after_s


class InternalFault(GatewayError):
    code = "internal_error"
