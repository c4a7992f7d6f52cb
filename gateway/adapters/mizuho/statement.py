"""Mizuho's statement of a day: 入出金取引明細 of our settlement account, whole or not at all."""

import asyncio
import hashlib
from datetime import date, datetime
from pathlib import Path

import httpx

from gateway.adapters.characters import Shown
from gateway.adapters.failure import OutcomeUnknown
from gateway.adapters.instants import booked_within
from gateway.adapters.line import Call
from gateway.adapters.mizuho import codes
from gateway.adapters.mizuho.channel import Channel
from gateway.adapters.mizuho.zengin.movements import (
    ACCOUNT_LENGTH,
    IN,
    Account,
    Movement,
    decode_book,
)
from gateway.adapters.mizuho.zengin.records import Malformed
from gateway.adapters.mizuho.zengin.transfers import Sender
from gateway.adapters.spool import Body, LineWriter
from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, Statement, StatementLine, StatementUnavailable
from gateway.domain.money import Yen
from gateway.domain.ports import Clock
from gateway.domain.reconciliation import repeats


class Statements:
    """Builds the call and reads its answer; the line carries it."""

    def __init__(
        self, channel: Channel, sender: Sender, clock: Clock, directory: Path | None
    ) -> None:
        self._channel = channel
        self._clock = clock
        self._directory = directory
        number = sender.number.zfill(ACCOUNT_LENGTH)
        self._account = Account(sender.branch, sender.type, number)

    def ask(self, day: date) -> Call[Statement | StatementUnavailable]:
        async def read(answer: httpx.Response) -> tuple[str, Statement | StatementUnavailable]:
            if answer.status_code != httpx.codes.OK:
                raise self._channel.refused(answer)
            # A full day takes seconds to read: not while others wait for the loop.
            body: Body = answer.extensions["body"]
            shown: Shown = answer.extensions["shown"]
            return "STATEMENT", await asyncio.to_thread(self._statement, body, day, shown)

        return Call(
            "statement",
            "inquiry",
            "",
            build=lambda: self._channel.get(f"/meisai?date={day:%Y%m%d}"),
            read=read,
            otherwise=lambda error: StatementUnavailable(error.reason),
            large=hashlib.sha256,
        )

    def _statement(self, body: Body, day: date, shown: Shown) -> Statement:
        writer, is_early = LineWriter(self._directory), False
        booked_at = booked_within(day, self._clock.now())

        def take(moved: Movement) -> None:
            nonlocal is_early
            # 勘定日 is the bank's accounting day: of an evening or a holiday it may be a later one.
            is_early |= moved.booked_on < day
            writer.add([_line(moved, day, booked_at)])

        try:
            book = decode_book(body, near=day, each=take, shown=shown)
        except Malformed as error:
            raise OutcomeUnknown("MALFORMED", integrity=True) from error
        if book.account != self._account:
            raise OutcomeUnknown("OTHER_ACCOUNT", integrity=True)
        if not book.first_day == book.last_day == day or is_early:
            raise OutcomeUnknown("OTHER_DAY", integrity=True)
        lines = writer.lines()
        if repeats(lines):
            raise OutcomeUnknown("REPEATED_LINE", integrity=True)
        return Statement(BankCode.MIZUHO, day, lines, book.balances)


def _line(moved: Movement, day: date, booked_at: datetime) -> StatementLine:
    is_credit = moved.direction == IN
    return StatementLine(
        # 照会番号 is only known to be another one on each line of a day.
        bank_id=f"{day:%Y%m%d}-{moved.number}",
        direction=Direction.IN if is_credit else Direction.OUT,
        amount=Yen(moved.amount),
        booked_at=booked_at,
        value_date=moved.booked_on,
        reference=moved.reference or None,
        counterparty=moved.counterparty,
        is_return=is_credit and moved.description == codes.RETURN_DESCRIPTION,
        text=moved.description,
    )
