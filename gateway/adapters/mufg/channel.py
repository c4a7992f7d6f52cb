"""MUFG's envelope: the requests as the bank wants them, and what may be believed of an answer."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote_plus

import httpx

from gateway.adapters.failure import (
    BankError,
    BankRejected,
    BankUnavailable,
    OutcomeUnknown,
    refusal,
    unsigned,
)
from gateway.adapters.line import NothingLeft
from gateway.adapters.mufg import codes
from gateway.adapters.mufg.reports import ON_NUMBER, Report, ReportForm, read_report
from gateway.adapters.mufg.tokens import Token, is_invalid_token
from gateway.adapters.mufg.values import FRESHNESS
from gateway.adapters.mufg.xml_reading import NotReadable
from gateway.adapters.strict_json import NotStrict, loads
from gateway.domain.hours import JST
from gateway.domain.ports import Clock
from gateway.domain.reason import Reason

BASE_PATH = "/mufg"
PAYMENTS = "/payments"
COLLECTIONS = "/collections"
STATEMENTS = "/statements"
TOKEN = "/oauth2/token"  # noqa: S105 - the path where one is asked for
XML_UTF8 = re.compile(r'application/xml\s*;\s*charset=("utf-8"|utf-8)', re.ASCII | re.IGNORECASE)
TOKEN_TEXT = re.compile(r"[A-Za-z0-9._~+/-]{1,4000}=*")
TOKEN_REFUSED = frozenset({400, 401, 403})
LASTS_S_MAX = 86_400
# The longest window of this bank is ten hours; what lies further ahead is a mistake.
WAIT_MAX = timedelta(days=9)


@dataclass(frozen=True, slots=True)
class Credentials:
    base_url: str
    client_id: str
    client_secret: str = field(repr=False)


class Channel:
    def __init__(self, client: httpx.AsyncClient, credentials: Credentials, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._base = credentials.base_url + BASE_PATH
        # RFC 6749 §2.3.1: each half is form-encoded before they are joined.
        pair = f"{quote_plus(credentials.client_id)}:{quote_plus(credentials.client_secret)}"
        self._basic = f"Basic {b64encode(pair.encode()).decode()}"
        self._fixed = {
            "Host": httpx.URL(credentials.base_url).netloc.decode(),
            "Accept-Encoding": "identity",
        }

    def get(self, path: str) -> httpx.Request:
        return httpx.Request("GET", self._base + path, headers=self._fixed)

    def post(self, path: str, document: bytes, number: int) -> httpx.Request:
        """Return a request under running number `number`, on today's date by our clock."""
        today = self._clock.now().astimezone(JST)
        headers = {
            "Content-Type": "application/xml; charset=utf-8",
            "X-Sequence-No": f"{today:%Y%m%d}-{number:016d}",
        }
        return httpx.Request(
            "POST", self._base + path, headers=self._fixed | headers, content=document
        )

    async def fetch_token(self) -> Token:
        """Return a new token; a BankError says why there is none. Nothing of ours has left then."""
        headers = {
            "Authorization": self._basic,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        request = httpx.Request(
            "POST",
            self._base + TOKEN,
            headers=self._fixed | headers,
            content=b"grant_type=client_credentials",
        )
        try:
            answer = await self._client.send(request, auth=None)
        except httpx.TransportError as error:
            raise NothingLeft("TOKEN_UNREACHABLE") from error
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            not_before = retry_after(answer, self._clock.now())
            raise BankUnavailable("TOKEN_429", Reason.THROTTLED, not_before=not_before)
        if answer.status_code in TOKEN_REFUSED:
            raise BankUnavailable("TOKEN_REFUSED", Reason.CONTRACT_ERROR)
        return _read_token(answer)

    async def ask_the_time(self) -> httpx.Response:
        """Ask for what is not there: the cheapest answer that has a date, and needs no token."""
        request = httpx.Request("GET", self._base + TOKEN, headers=self._fixed)
        return await self._client.send(request, auth=None)


class Reading:
    """Tells the bank's reports from everything else."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def report(self, answer: httpx.Response, form: ReportForm, reference: str) -> Report:
        """Return a report on this reference, or raise what the answer means instead."""
        self.refuse_without_report(answer)
        check_type(answer)
        report = _report(answer, form)
        is_nameless = (
            report.message_id == codes.NOT_PROVIDED and report.reason in codes.MAY_NAME_NO_MESSAGE
        )
        one = report.transaction
        if not (report.message_id == reference or is_nameless):
            raise OutcomeUnknown("OTHER_REFERENCE", integrity=True)
        if one is not None and one.reference != reference:
            raise OutcomeUnknown("OTHER_REFERENCE", integrity=True)
        return report

    def refuse_without_report(self, answer: httpx.Response) -> None:
        """Raise what the two answers mean that bear no document."""
        status, code = answer.status_code, ""
        if is_invalid_token(answer):
            code = codes.INVALID_TOKEN
        elif status != httpx.codes.TOO_MANY_REQUESTS:
            return
        elif "Retry-After" not in answer.headers or answer.content:
            raise OutcomeUnknown("BARE_429", integrity=True)
        reason = codes.WITHOUT_REPORT.get((status, code))
        if reason is None:
            raise OutcomeUnknown(code or str(status), integrity=True)
        raise unsigned(refusal(code or str(status), reason))

    def refused(self, answer: httpx.Response, report: Report, listed: codes.Codes) -> BankError:
        """Return what a report means that is no success."""
        code = report.reason or ""
        reason = listed.get((answer.status_code, code))
        # What a duplicate says of the first one is left to the inquiry; else nothing is under way.
        is_clear = report.transaction is None or reason is Reason.DUPLICATE
        if reason is None or report.group_status != "RJCT" or not is_clear:
            return OutcomeUnknown(code or f"STATUS_{answer.status_code}", integrity=True)
        error = refusal(code, reason, not_before=self._not_before(answer))
        if code == codes.NUMBER_USED:
            # It may be this very request that used it: a copy of it, repeated on the way.
            return unsigned(error)
        is_on_dates = isinstance(error, BankRejected) and code == "DT01"
        return self._forgiving_midnight(error) if is_on_dates else error

    def _not_before(self, answer: httpx.Response) -> datetime | None:
        return retry_after(answer, self._clock.now())

    def _forgiving_midnight(self, error: BankError) -> BankError:
        """Read DT01 around midnight as "not taken": our date may not be theirs."""
        now = self._clock.now().astimezone(JST)
        late = now + FRESHNESS
        if late.date() == (now - FRESHNESS).date():
            return error
        tomorrow = late.replace(hour=0, minute=0, second=0, microsecond=0)
        return BankUnavailable(error.code, Reason.BANK_BUSY, not_before=tomorrow + FRESHNESS)


def is_not_found(answer: httpx.Response, report: Report) -> bool:
    """Whether the bank knows no such reference; one that tells how it stands knows it."""
    is_said = (answer.status_code, report.reason) == codes.NOT_FOUND
    return is_said and report.group_status == "RJCT" and report.transaction is None


def _report(answer: httpx.Response, form: ReportForm) -> Report:
    try:
        return read_report(answer.content, form)
    except NotReadable as error:
        on_number = _report_on_number(answer)
        if on_number is None:
            raise OutcomeUnknown("BAD_XML", integrity=True) from error
        return on_number


def _report_on_number(answer: httpx.Response) -> Report | None:
    if answer.status_code != httpx.codes.CONFLICT:
        return None
    try:
        report = read_report(answer.content, ON_NUMBER)
    except NotReadable:
        return None
    return report if report.reason == codes.NUMBER_USED else None


def check_type(answer: httpx.Response) -> None:
    if not XML_UTF8.fullmatch(answer.headers.get("Content-Type", "").strip()):
        raise OutcomeUnknown("BAD_CONTENT_TYPE", integrity=True)


def retry_after(answer: httpx.Response, now: datetime) -> datetime | None:
    """Return the instant that the bank named, None if it named none that can be believed."""
    text = answer.headers.get("Retry-After", "")
    if not re.fullmatch(r"[0-9]{1,6}", text) or timedelta(seconds=int(text)) > WAIT_MAX:
        return None
    return now + timedelta(seconds=int(text))


def _read_token(answer: httpx.Response) -> Token:
    try:
        message = loads(answer.content)
    except NotStrict as error:
        raise NothingLeft("TOKEN_UNREADABLE") from error
    match message:
        case {"access_token": str(value), "token_type": str(kind), "expires_in": int(lasts_s)}:
            is_bearer = kind.lower() == "bearer" and TOKEN_TEXT.fullmatch(value) is not None
            is_in_range = lasts_s is not True and 0 < lasts_s <= LASTS_S_MAX
            if answer.status_code == httpx.codes.OK and is_bearer and is_in_range:
                return Token(value, lasts_s)
        case _:
            pass
    raise NothingLeft("TOKEN_UNREADABLE")
