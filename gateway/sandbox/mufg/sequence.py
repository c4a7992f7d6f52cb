"""MUFG's sequence numbers: one for each POST, unique for ever."""

import re
from datetime import date

from gateway.sandbox.clock import BankClock
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.journal import Record
from gateway.sandbox.mufg.refusals import Refusal

TAKEN, GIVEN_BACK = "sequence_taken", "sequence_given_back"
_NUMBER = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})-[0-9]{16}")


class SequenceNumbers:
    """Every number used since the reset, a restart notwithstanding."""

    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation
        self._taken: set[str] = set()

    def take(self, number: str) -> None:
        """Use a number up, or raise the `Refusal`."""
        if not _is_sound(number, self._emulation.clock):
            raise Refusal("FF01", "X-Sequence-No is missing, malformed or of another day")
        if number in self._taken:
            raise Refusal("SEQNO", "X-Sequence-No was used before")
        self._taken.add(number)
        self._emulation.note({"kind": TAKEN, "number": number})

    def give_back(self, number: str) -> None:
        """Make a number as if never used: the call was throttled, or not let in after all."""
        self._taken.discard(number)
        self._emulation.note({"kind": GIVEN_BACK, "number": number})

    def replay(self, record: Record) -> None:
        """Do again what the journal says was done; pass over other records."""
        if record["kind"] == TAKEN:
            self._taken.add(str(record["number"]))
        elif record["kind"] == GIVEN_BACK:
            self._taken.discard(str(record["number"]))


def _is_sound(number: str, clock: BankClock) -> bool:
    found = _NUMBER.fullmatch(number)
    if found is None:
        return False
    try:
        day = date(*(int(part) for part in found.groups()))
    except ValueError:
        return False
    return clock.days_away(day) <= 1
