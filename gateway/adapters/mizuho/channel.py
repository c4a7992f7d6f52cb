"""Mizuho's envelope: who we are, in what a request goes, and what a bare status says."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

import httpx

from gateway.adapters.failure import BankError, OutcomeUnknown, ReferenceNotFound, refusal
from gateway.adapters.mizuho import codes
from gateway.domain.hours import JST
from gateway.domain.ports import Clock
from gateway.domain.reason import Reason

BASE_PATH = "/mizuho/fb"
RESULT = "X-Result"
NOT_FOUND = "NOT-FOUND"
RESUMES_AT = "X-Resumes-At"
# The longest window of this bank is ten hours; what lies further ahead is a mistake.
WAIT_MAX = timedelta(days=9)
_ADDRESS = re.compile(r"[!-~]{1,2000}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    base_url: str
    user: str
    password: str = field(repr=False)


class Channel:
    def __init__(self, client: httpx.AsyncClient, credentials: Credentials, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._base = credentials.base_url + BASE_PATH
        known_as = f"{credentials.user}:{credentials.password}".encode()
        self._fixed = [
            (b"Host", httpx.URL(credentials.base_url).netloc),
            (b"Accept-Encoding", b"identity"),
            (b"Authorization", b"Basic " + b64encode(known_as)),
        ]

    def place(self, answer: httpx.Response) -> httpx.URL | None:
        """Return what `Location` names, None unless it is there and on the bank's own host.

        It may be relative (RFC 9110 §10.2.2). Over TLS the place is, too.
        """
        written = answer.headers.get("Location", "")
        if not _ADDRESS.fullmatch(written):
            return None
        try:
            place = answer.request.url.join(written)
            ours = httpx.URL(self._base)
        except httpx.InvalidURL:
            return None
        is_the_banks = (place.scheme, place.host, place.port) == (ours.scheme, ours.host, ours.port)
        return place if is_the_banks and not place.userinfo else None

    def get(self, path: str) -> httpx.Request:
        return httpx.Request("GET", self._base + path, headers=self._fixed)

    def post_file(self, path: str, file_id: str, content: bytes) -> httpx.Request:
        headers = [
            *self._fixed,
            (b"Content-Type", b"application/octet-stream"),
            (b"X-File-Id", file_id.encode("ascii")),
        ]
        return httpx.Request("POST", self._base + path, headers=headers, content=content)

    def post_form(self, path: str, fields: Mapping[str, str]) -> httpx.Request:
        headers = [*self._fixed, (b"Content-Type", b"application/x-www-form-urlencoded")]
        body = urlencode(fields).encode("ascii")
        return httpx.Request("POST", self._base + path, headers=headers, content=body)

    async def ask_for_no_file(self) -> httpx.Response:
        """Ask the cheapest question there is, for the Date of its answer."""
        return await self._client.send(self.get("/files?fileId=CLOCK"))

    def refused(
        self, answer: httpx.Response, also: Mapping[int, Reason] | None = None
    ) -> BankError:
        """Return what an answer means whose status alone speaks; no success is among them."""
        status = answer.status_code
        code = f"HTTP_{status}"
        reason = codes.BY_STATUS.get(status) or (also or {}).get(status)
        if reason is None:
            return OutcomeUnknown(code, integrity=status < httpx.codes.INTERNAL_SERVER_ERROR)
        if reason is not Reason.OUT_OF_HOURS:
            return refusal(code, reason, not_before=self._retry_after(answer))
        resumes_at = read_instant(answer.headers.get(RESUMES_AT, ""))
        if resumes_at is None:
            return OutcomeUnknown(code)
        is_far = resumes_at > self._clock.now() + WAIT_MAX
        return refusal(code, reason, not_before=None if is_far else resumes_at)

    def asked_in_vain(self, answer: httpx.Response) -> BankError:
        """Return what an answer to an inquiry means that brings nothing."""
        is_404 = answer.status_code == httpx.codes.NOT_FOUND
        if is_404 and answer.headers.get(RESULT) == NOT_FOUND:
            return ReferenceNotFound(NOT_FOUND)
        return self.refused(answer)

    def _retry_after(self, answer: httpx.Response) -> datetime | None:
        text = answer.headers.get("Retry-After", "")
        is_believable = re.fullmatch(r"[0-9]{1,6}", text) and int(text) <= WAIT_MAX.total_seconds()
        return self._clock.now() + timedelta(seconds=int(text)) if is_believable else None


def read_instant(text: str) -> datetime | None:
    """Return an RFC 3339 instant in Japanese time, None for anything else."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(JST)
    except (ValueError, OverflowError):
        return None
