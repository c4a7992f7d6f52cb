"""Values that must appear nowhere: put in everywhere, and looked for in every spelling."""

import base64
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from gateway.http.core import ROUTES

PIN_LENGTH = 4


def forms(secret: str) -> set[str]:
    """Return how text may spell the secret: as it is, wide, escaped, quoted for an address."""
    spellings = {secret, unicodedata.normalize("NFKC", secret)}
    spellings |= {json.dumps(one)[1:-1] for one in tuple(spellings)}
    spellings |= {quote(one) for one in tuple(spellings)}
    if len(secret) > PIN_LENGTH:
        spellings.add(base64.b64encode(secret.encode()).decode().rstrip("="))
    return spellings


def found(secrets: Mapping[str, str], texts: Iterable[str]) -> list[str]:
    """Return which secrets appear in the texts, with what stands around the first place."""
    patterns = {name: _pattern(secret) for name, secret in secrets.items()}
    return sorted(
        {
            f"{name}: {text[max(0, match.start() - 80) : match.end() + 20]}"
            for text in texts
            for name, pattern in patterns.items()
            if (match := pattern.search(text))
        }
    )


def _pattern(secret: str) -> re.Pattern[str]:
    spelt = "|".join(map(re.escape, sorted(forms(secret), key=len, reverse=True)))
    # Four digits stand in many an instant and digest: there only a word of its own counts.
    is_short = len(secret) <= PIN_LENGTH
    return re.compile(rf"(?<![0-9A-Za-z.:+-])(?:{spelt})(?![0-9A-Za-z:-])" if is_short else spelt)


def bodies(mark: str) -> Iterator[bytes]:
    """Yield bodies with the mark in wrong places, of wrong types, and broken."""
    known = ("method", "member_number", "pin", "bank", "branch", "type", "number", "holder")
    fields = (*known, "account_id", "amount")
    yield json.dumps(dict.fromkeys(fields, mark)).encode()
    yield json.dumps({name: [mark, {"token": mark}] for name in fields}).encode()
    yield json.dumps([mark]).encode()
    yield json.dumps(mark).encode()
    yield f'{{"pin": "{mark}", "number": "{mark}'.encode()
    yield f'{{"pin": "{mark}", "pin": "{mark}"}}'.encode()
    yield b'{"holder": "\xff' + mark.encode() + b'"}'
    yield mark.encode("cp932", "replace")


def headers(mark: str) -> Iterator[dict[str, str]]:
    """Yield headers with the mark where it belongs, and where it does not."""
    word = mark if mark.isascii() else quote(mark)
    others = {
        "Cookie": f"pin={word}",
        "User-Agent": word,
        "Referer": f"http://lender.example/{word}",
        "Prefer": f"wait={word}",
        "Accept-Language": word,
        "traceparent": f"00-{word}",
        "Idempotency-Key": word,
    }
    yield {"Authorization": f"Bearer {word}"} | others
    yield {"Authorization": f"Basic {word}", "Content-Type": f"application/{word}"} | others


def requests_with(mark: str) -> Iterator[tuple[str, str, dict[str, str], bytes]]:
    """Yield a call of every route, and of none, with the mark everywhere it can be put."""
    for route in ROUTES:
        path = route.path
        for name in ("session_id", "account_id", "transfer_id", "bank"):
            path = path.replace(f"{{{name}}}", "smbc" if name == "bank" else name[:2] + quote(mark))
        for number, body in enumerate(bodies(mark) if route.method == "POST" else (b"",)):
            for extra in headers(mark):
                query = f"?limit={quote(mark)}&cursor={quote(mark)}" if number % 2 == 0 else ""
                yield route.method, path + query, extra, body
