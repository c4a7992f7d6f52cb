"""Rakuten's envelope: forms with user id, password and a number that is used once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx

from gateway.adapters.numbers import Numbers

BASE_PATH = "/rakuten/rt"
SEQUENCE_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Credentials:
    base_url: str
    user_id: str
    password: str = field(repr=False)


class Channel:
    def __init__(self, credentials: Credentials, numbers: Numbers) -> None:
        self._credentials = credentials
        self._base = credentials.base_url + BASE_PATH
        self._numbers = numbers
        self._headers = [
            (b"Host", httpx.URL(credentials.base_url).netloc),
            (b"Accept-Encoding", b"identity"),
            (b"Content-Type", b"application/x-www-form-urlencoded"),
        ]

    def url(self, path: str) -> str:
        return self._base + path

    async def take_sequence(self) -> str:
        """Return a SEQ that nobody used yet; BankUnavailable if none can be had just now."""
        number = await self._numbers.take()
        return f"{number % 10**SEQUENCE_DIGITS:0{SEQUENCE_DIGITS}d}"

    def post(self, path: str, sequence: str, fields: Mapping[str, str]) -> httpx.Request:
        shown = _form({"USER_ID": self._credentials.user_id, "SEQ": sequence, **fields})
        password = _form({"PASSWORD": self._credentials.password})
        return httpx.Request(
            "POST",
            self.url(path),
            headers=self._headers,
            content=shown + b"&" + password,
            # The evidence proves what was asked. A hash over the password as well would let
            # whoever reads it try guesses at home: all the rest of the body is known.
            extensions={"proof": shown},
        )

    def ask(self, path: str, fields: Mapping[str, str]) -> "Question":
        return Question(self, path, fields)


class Question:
    """One question, under a number of its own at each try."""

    def __init__(self, channel: Channel, path: str, fields: Mapping[str, str]) -> None:
        self._channel = channel
        self._path = path
        self._fields = fields
        self._sequence = ""

    async def ready(self) -> None:
        self._sequence = await self._channel.take_sequence()

    def build(self) -> httpx.Request:
        return self._channel.post(self._path, self._sequence, self._fields)


def _form(fields: Mapping[str, str]) -> bytes:
    pairs = (f"{key}={quote(value, safe='')}" for key, value in fields.items())
    return "&".join(pairs).encode("ascii")
