"""Who may talk to Rakuten: address, user and password, a number never used that day."""

import hmac
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from gateway.sandbox.emulation import Emulation
from gateway.sandbox.journal import Record
from gateway.sandbox.rakuten.codes import CONTRACT, FORMAT, SEQ_USED, Refusal

ALLOWED = frozenset({"127.0.0.1", "::1"})
ENVELOPE = ("USER_ID", "PASSWORD", "SEQ")
USED = "seq_used"
_SEQ = re.compile(r"[0-9]{12}")


class Gatekeeper:
    """Holds the contract's user and every SEQ used since the reset, by JST day."""

    def __init__(self, emulation: Emulation, user_id: str, password: str) -> None:
        self._emulation = emulation
        self._user_id = user_id.encode()
        self._password = password.encode()
        self._used: defaultdict[date, set[int]] = defaultdict(set)

    def admit(self, fields: Mapping[str, str]) -> None:
        """Return if user and password are right and SEQ is new, else raise the `Refusal`.

        The SEQ is used up even if the request is refused for what else it says.
        """
        is_user = hmac.compare_digest(fields.get("USER_ID", "").encode(), self._user_id)
        is_password = hmac.compare_digest(fields.get("PASSWORD", "").encode(), self._password)
        if not (is_user and is_password):
            raise Refusal(CONTRACT)
        seq = fields.get("SEQ", "")
        if not _SEQ.fullmatch(seq):
            raise Refusal(FORMAT)
        today = self._emulation.clock.now().date()
        if int(seq) in self._used[today]:
            raise Refusal(SEQ_USED)
        self._used[today].add(int(seq))
        # On file with the next flush: a restarted bank too knows what was used.
        self._emulation.note({"kind": USED, "day": today.isoformat(), "seq": seq})

    def replay(self, record: Record) -> None:
        """Remember again what was used before the emulator was stopped."""
        if record["kind"] == USED:
            day = date.fromisoformat(str(record["day"]))
            self._used[day].add(int(str(record["seq"])))
