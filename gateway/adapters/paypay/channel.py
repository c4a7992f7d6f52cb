"""PayPay's envelope: questions under a nonce and a MAC, and whether an answer is theirs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from gateway.adapters.characters import is_shift_jis
from gateway.adapters.digits import malformed, read_instant, written
from gateway.adapters.failure import OutcomeUnknown, refusal
from gateway.adapters.paypay.codes import Codes
from gateway.adapters.paypay.messages import (
    ENVELOPE,
    NONCE,
    REFUSAL,
    Layout,
)
from gateway.adapters.paypay.pairs import (
    Seal,
    Unreadable,
    decoded,
    encoded,
    form_of,
    read_lines,
)
from gateway.domain.ports import Clock

BASE_PATH = "/paypay/link"
TEXT = "text/plain"
# One-off windows last hours; what lies further ahead is a mistake.
WAIT_MAX = timedelta(days=9)


@dataclass(frozen=True, slots=True)
class Credentials:
    base_url: str
    shop_id: str
    seal: Seal = field(repr=False)


class Channel:
    """`nonces` gives 16 lower-case hex digits, each time others."""

    def __init__(self, credentials: Credentials, clock: Clock, nonces: Callable[[], str]) -> None:
        self.shop_id = credentials.shop_id
        self.seal = credentials.seal
        self._base = credentials.base_url + BASE_PATH
        self._host = httpx.URL(credentials.base_url).netloc
        self._clock = clock
        self._nonces = nonces

    def now(self) -> datetime:
        return self._clock.now()

    def url(self, path: str) -> str:
        return self._base + path

    def sealed(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Return fields with shop, instant, nonce and the MAC over them all; may be Unsendable."""
        whole = {
            "SHOP_ID": self.shop_id,
            **fields,
            "DATETIME": written(self._clock.now()),
            "NONCE": self._nonces(),
        }
        return {**whole, "MAC": self.seal.mac_of(encoded(whole)).decode("ascii")}

    def post(self, path: str, sealed: Mapping[str, str]) -> httpx.Request:
        headers = [
            (b"Host", self._host),
            (b"Accept-Encoding", b"identity"),
            (b"Content-Type", b"application/x-www-form-urlencoded"),
        ]
        body = form_of(encoded(sealed))
        return httpx.Request("POST", self.url(path), headers=headers, content=body)

    def ask(self, path: str, fields: Mapping[str, str]) -> "Question":
        return Question(self, path, fields)

    def believable(self, resumes_at: str) -> datetime | None:
        """Return the instant at which the bank wants to be asked again, None if it named none."""
        if not resumes_at:
            return None
        instant = read_instant(resumes_at)
        return None if instant > self._clock.now() + WAIT_MAX else instant


class Question:
    """One question, under a nonce of its own at each try, and the test whether this is its answer.

    An answer counts only under the nonce of the last try: a recorded success of another transfer
    would settle this one otherwise.
    """

    def __init__(self, channel: Channel, path: str, fields: Mapping[str, str]) -> None:
        self._channel = channel
        self._path = path
        self._fields = fields
        self._nonce = ""

    def build(self) -> httpx.Request:
        sealed = self._channel.sealed(self._fields)
        self._nonce = sealed["NONCE"]
        return self._channel.post(self._path, sealed)

    def read(self, answer: httpx.Response, layout: Layout, codes: Codes) -> dict[str, str]:
        """Return an authentic success, or raise what an authentic refusal means."""
        found = self._open(answer)
        if found.get("RESULT") == "0":
            self._check(found, layout)
            return found
        if found.get("RESULT") != "1":
            raise malformed()
        self._check(found, REFUSAL)
        reason = codes.get(found["CODE"])
        if reason is None:
            raise OutcomeUnknown(_shown(found["CODE"]), integrity=True)
        not_before = self._channel.believable(found.get("RESUMES_AT", ""))
        raise refusal(found["CODE"], reason, not_before=not_before)

    def _open(self, answer: httpx.Response) -> dict[str, str]:
        if answer.status_code != httpx.codes.OK:
            raise OutcomeUnknown(f"STATUS_{answer.status_code}", integrity=True)
        if not is_shift_jis(answer.headers.get("Content-Type", ""), TEXT):
            raise OutcomeUnknown("BAD_CONTENT_TYPE", integrity=True)
        try:
            pairs = read_lines(answer.content)
            if not self._channel.seal.is_on(pairs):
                raise OutcomeUnknown("BAD_MAC", integrity=True)
            return decoded(pairs, answer.extensions["shown"])
        except Unreadable as error:
            raise OutcomeUnknown("UNREADABLE", integrity=True) from error

    def _check(self, found: Mapping[str, str], layout: Layout) -> None:
        """Raise unless this is the whole answer to the last request."""
        reference = self._fields.get("TRAN_ID")
        envelope = ENVELOPE if reference is None else ENVELOPE | {"TRAN_ID"}
        if not (layout.fits(found, envelope) and NONCE.fullmatch(found["NONCE"])):
            raise malformed()
        read_instant(found["DATETIME"])
        if found["REQ_NONCE"] != self._nonce:
            raise OutcomeUnknown("OTHER_NONCE", integrity=True)
        if reference is not None and found["TRAN_ID"] != reference:
            raise OutcomeUnknown("OTHER_REFERENCE", integrity=True)


def _shown(code: str) -> str:
    """Return a code that nobody listed, fit for a log."""
    return code if re.fullmatch(r"[A-Z0-9]{1,10}", code) else "UNLISTED_CODE"
