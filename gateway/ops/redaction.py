"""What a log may say: the last processor before the record becomes JSON.

Only the fields in `FIELDS` are shown. This process's own secrets are replaced wherever they stand.
A value of its field's own shape (an id, a reference, an instant) passes; all other text loses runs
of seven digits and more, Japanese script, tokens, and what follows a word such as `token`.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from gateway.ops.fields import FIELDS, SHAPES, Kind

MASK = "***"
UNLISTED = "[unlisted field]"
TEXT_MAX = 8_192
DEPTH_MAX = 4
SECRET_LENGTH_MIN = 6
# Sums of money have up to eight digits; an account number is text in all our code.
NUMBER_MAX = 999_999

_IDS = r"\b(?:[a-z]{2,3}_[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\b"
_JAPANESE = r"[\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]+"
_ANNOUNCED = r"(?:pass(?:word|wd)?|pin|secret|token|api[_-]?key|signature|pepper)"
_SECRETS = (
    # After a word that announces a secret: the value, to the next separator.
    r"(?:(?:proxy-)?authorization|set-cookie|cookie)[\"']?\s*[:=]\s*[^\r\n]+",
    rf"{_ANNOUNCED}[\"']?\s*[:=]\s*[\"']?[^\s,;\"'}}\])&]+",
    r"\b(?:bearer|basic|dpop)\s+[A-Za-z0-9._~+/=-]+",
    r"\beyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*",
    r"(?<=://)[^/@\s:]*:[^/@\s]+(?=@)",
    # Masked if letters and digits are mixed; no look-ahead, so that a long text takes linear time.
    r"(?P<run>[A-Za-z0-9_=+-]{32,})",
    # Account and card numbers, in any script's digits, in one run or in groups of four.
    r"\d{7,}",
    r"\d{4}[ -]\d{4}[ -]\d{4}(?:[ -]\d{1,7})?",
    # No event says anything in Japanese: such text is a name or a page, escaped or not.
    rf"{_JAPANESE}(?:[ \u3000()（）.･・-]*{_JAPANESE})*",
    r"(?:\\x[0-9a-f]{2}){2,}|(?:\\u[0-9a-f]{4})+|(?:%[0-9a-f]{2}){3,}",
)
_RULES = re.compile(rf"(?P<id>{_IDS})|" + "|".join(_SECRETS), re.IGNORECASE)
_DIGITS = re.compile(r"\d{7,}|\d{4}-\d{4}-\d{4}(?:-\d{1,7})?")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|=\([^)]*\)|input_value=\S+")


class Redaction:
    """The processor. `secrets` are this process's own, hidden wherever they stand."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # Longest first: a secret that contains another is hidden whole.
        known = sorted({s for s in secrets if len(s) >= SECRET_LENGTH_MIN}, key=len, reverse=True)
        self._own = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(
        self, _logger: object, _method: str, event_dict: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        return {key: self._field(key, value, 0) for key, value in event_dict.items()}

    def _field(self, key: object, value: object, depth: int) -> object:
        kind = FIELDS.get(str(key))
        return UNLISTED if kind is None else self._value(kind, value, depth)

    def _value(self, kind: Kind, value: object, depth: int) -> object:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return value if kind is Kind.NUMBER or abs(value) <= NUMBER_MAX else MASK
        if isinstance(value, datetime | date | UUID | timedelta):
            return str(value) if isinstance(value, UUID | timedelta) else value.isoformat()
        if depth < DEPTH_MAX and isinstance(value, Mapping):
            return {str(k): self._field(k, v, depth + 1) for k, v in value.items()}
        if depth < DEPTH_MAX and isinstance(value, list | tuple | set | frozenset):
            return [self._value(kind, item, depth + 1) for item in value]
        # The repr of an unknown object may quote anything: its type has to do.
        return self.text(kind, value) if isinstance(value, str) else f"[{type(value).__name__}]"

    def text(self, kind: Kind, value: str) -> str:
        """Return `value` as it may be shown in a field of that kind."""
        value = str.__str__(value)
        if self._own is not None:
            value = self._own.sub(MASK, value)
        shape = SHAPES.get(kind)
        if shape is not None and shape.fullmatch(value):
            return value
        if kind is Kind.MESSAGE:
            value = _QUOTED.sub(MASK, value.partition("\n")[0])
        return _RULES.sub(_mask, value[:TEXT_MAX])


def message_of(error: BaseException) -> str:
    """Return the first line of an exception's message, without what it quotes."""
    return _QUOTED.sub(MASK, str(error).partition("\n")[0])


def _mask(match: re.Match[str]) -> str:
    run = match["run"]
    if run is None or (any(map(str.isdigit, run)) and any(map(str.isalpha, run))):
        return match["id"] or MASK
    return _DIGITS.sub(MASK, run)
