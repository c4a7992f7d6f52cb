"""A statement that comes in pages: bounded as a whole, its lines kept off the memory."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from gateway.adapters.failure import OutcomeUnknown
from gateway.adapters.spool import STATEMENT_BYTES_MAX, LineWriter
from gateway.domain.bank import StatementLine
from gateway.domain.reconciliation import repeats


class Pages:
    """Takes page after page; every method raises OutcomeUnknown where there is no statement."""

    def __init__(self, directory: Path | None) -> None:
        self._writer = LineWriter(directory)
        self._size = 0

    async def add(self, lines: Iterable[StatementLine], *, size: int) -> None:
        """Take the lines of a page of `size` bytes, which was proved and read already."""
        self._size += size
        if self._size > STATEMENT_BYTES_MAX:
            raise OutcomeUnknown("TOO_LARGE", integrity=True)
        try:
            await asyncio.to_thread(self._writer.add, lines)
        except OSError as error:
            raise OutcomeUnknown("NOT_KEPT") from error

    async def whole(self) -> Sequence[StatementLine]:
        """Return the lines of all pages; no two bear one number."""
        try:
            lines = await asyncio.to_thread(self._writer.lines)
        except OSError as error:
            raise OutcomeUnknown("NOT_KEPT") from error
        if await asyncio.to_thread(repeats, lines):
            raise OutcomeUnknown("REPEATED_LINE")
        return lines
