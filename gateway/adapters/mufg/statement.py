"""MUFG's statement of a day: the whole of it, or nothing."""

import asyncio
from datetime import date, datetime

import httpx

from gateway.adapters.failure import OutcomeUnknown
from gateway.adapters.line import Call
from gateway.adapters.mufg.channel import STATEMENTS, Channel, Reading, check_type
from gateway.adapters.mufg.entries import Entries, Entry, read_statement
from gateway.adapters.mufg.readiness import Readiness
from gateway.adapters.mufg.values import check_instant
from gateway.adapters.mufg.xml_reading import NotReadable
from gateway.domain.account import BankCode
from gateway.domain.bank import Statement, StatementLine, StatementUnavailable
from gateway.domain.money import Yen
from gateway.domain.ports import Clock


class Statements:
    """Builds and reads the call; the line carries it."""

    def __init__(
        self, channel: Channel, readiness: Readiness, account_id: str, clock: Clock
    ) -> None:
        self._channel = channel
        self._readiness = readiness
        self._account_id = account_id
        self._reading = Reading(clock)
        self._clock = clock

    def of(self, day: date) -> Call[Statement | StatementUnavailable]:
        async def read(answer: httpx.Response) -> tuple[str, Statement | StatementUnavailable]:
            self._reading.refuse_without_report(answer)
            if answer.status_code != httpx.codes.OK:
                raise OutcomeUnknown(f"STATUS_{answer.status_code}", integrity=True)
            check_type(answer)
            try:
                # A full day is a megabyte: too long to read while every other call waits.
                entries = await asyncio.to_thread(read_statement, answer.content, self._account_id)
                return "STATEMENT", _statement(entries, day, self._clock.now())
            except NotReadable as error:
                raise OutcomeUnknown("BAD_XML", integrity=True) from error

        return Call(
            "statement",
            "inquiry",
            "",
            build=lambda: self._channel.get(f"{STATEMENTS}/{day.isoformat()}"),
            read=read,
            otherwise=lambda error: StatementUnavailable(error.reason),
            ready=self._readiness.token,
        )


def _statement(entries: Entries, day: date, now: datetime) -> Statement:
    if any(entry.booked_at.date() != day for entry in entries.all):
        raise NotReadable("an entry of another day")
    for entry in entries.all:
        check_instant(entry.booked_at, now)
    lines = tuple(_line(entry) for entry in entries.all)
    if len({line.bank_id for line in lines}) != len(lines):
        raise NotReadable("an entry twice")
    return Statement(BankCode.MUFG, day, lines, entries.balances)


def _line(entry: Entry) -> StatementLine:
    if entry.bank_id is None:
        raise NotReadable("an entry without a number")
    return StatementLine(
        bank_id=entry.bank_id,
        direction=entry.direction,
        amount=Yen(entry.amount),
        booked_at=entry.booked_at,
        value_date=entry.value_date,
        reference=entry.reference,
        counterparty=entry.counterparty,
        is_return=entry.is_return,
        text=entry.text,
    )
