"""MUFG's statement of a day: the whole of it, or nothing."""

import asyncio
import hashlib
from datetime import date, datetime
from pathlib import Path

import httpx

from gateway.adapters.failure import OutcomeUnknown
from gateway.adapters.instants import booked_within
from gateway.adapters.line import Call
from gateway.adapters.mufg.channel import STATEMENTS, Channel, Reading, check_type
from gateway.adapters.mufg.entries import Entry, read_statement
from gateway.adapters.mufg.readiness import Readiness
from gateway.adapters.mufg.values import check_instant
from gateway.adapters.mufg.xml_reading import NotReadable
from gateway.adapters.spool import Body, LineWriter
from gateway.domain.account import BankCode
from gateway.domain.bank import Statement, StatementLine, StatementUnavailable
from gateway.domain.money import Yen
from gateway.domain.ports import Clock
from gateway.domain.reconciliation import repeats


class Statements:
    """Builds and reads the call; the line carries it."""

    def __init__(
        self,
        channel: Channel,
        readiness: Readiness,
        account_id: str,
        clock: Clock,
        directory: Path | None,
    ) -> None:
        self._directory = directory
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
                # A full day takes seconds to read: not while every other call waits.
                body: Body = answer.extensions["body"]
                return "STATEMENT", await asyncio.to_thread(self._statement, body, day)
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
            large=hashlib.sha256,
        )

    def _statement(self, body: Body, day: date) -> Statement:
        writer, now = LineWriter(self._directory), self._clock.now()

        def take(entry: Entry) -> None:
            if entry.booked_on != day:
                raise NotReadable("an entry of another day")
            booked_at = entry.booked_at or booked_within(day, now)
            check_instant(booked_at, now)
            writer.add([_line(entry, booked_at)])

        balances = read_statement(body, self._account_id, take)
        lines = writer.lines()
        if repeats(lines):
            raise NotReadable("an entry twice")
        return Statement(BankCode.MUFG, day, lines, balances)


def _line(entry: Entry, booked_at: datetime) -> StatementLine:
    if entry.bank_id is None:
        raise NotReadable("an entry without a number")
    return StatementLine(
        bank_id=entry.bank_id,
        direction=entry.direction,
        amount=Yen(entry.amount),
        booked_at=booked_at,
        value_date=entry.value_date,
        reference=entry.reference,
        counterparty=entry.counterparty,
        is_return=entry.is_return,
        text=entry.text,
    )
