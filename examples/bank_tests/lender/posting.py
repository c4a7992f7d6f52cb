"""One HTTP request with the standard library, and what a client must know of its bank."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection
from typing import Any, Protocol
from urllib.parse import urlsplit

TIMEOUT_S = 5.0


class Contract(Protocol):
    """A bank's address, our credentials there, and the clock."""

    @property
    def base_url(self) -> str: ...

    @property
    def credentials(self) -> Mapping[str, Any]: ...

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A bank's answer as it came."""

    status: int
    body: bytes


def send(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
    """Return the answer; OSError or HTTPException where the bank gave none."""
    to = urlsplit(url)
    connection = HTTPConnection(to.hostname or "", to.port, timeout=TIMEOUT_S)
    try:
        target = f"{to.path}?{to.query}" if to.query else to.path
        connection.request(method, target, body, dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, answer.read())
    finally:
        connection.close()
