"""The requests that came in at a bank, for testers who look at what their client sent."""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

KEPT = 1_000
BODY_CHARACTERS_MAX = 4_096
# These are how a client proves who it is. They are on no record, not even in a sandbox.
_HIDDEN = frozenset({"authorization", "x-api-key"})
_PASSWORD = re.compile(r"(?<![A-Za-z_])(password)=[^&\r\n]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heard:
    """One request and the status it got: None where the connection was cut."""

    number: int
    at: datetime
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str
    status: int | None

    def as_json(self) -> dict[str, Any]:
        """Return it as the control API shows it."""
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": dict(self.headers),
            "body": self.body,
            "status": self.status,
        }


@dataclass(slots=True)
class Requests:
    """The last requests under the bank's base path, the oldest first."""

    kept: deque[Heard] = field(default_factory=lambda: deque(maxlen=KEPT))
    count: int = 0

    async def add(self, request: web.Request, *, at: datetime, status: int | None) -> None:
        """Remember a request that was answered, or cut off."""
        self.count += 1
        self.kept.append(
            Heard(
                number=self.count,
                at=at,
                method=request.method,
                path=request.path,
                query=request.query_string,
                headers={
                    name: "***" if name.lower() in _HIDDEN else value
                    for name, value in request.headers.items()
                },
                body=_shown(await _body(request)),
                status=status,
            )
        )


async def _body(request: web.Request) -> bytes:
    """Return the bytes, none where they did not come, or were too many to be taken."""
    if not request.content.is_eof():
        return b""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        return b""


def _shown(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("cp932", "replace")
    return _PASSWORD.sub(r"\1=***", text)[:BODY_CHARACTERS_MAX]
