"""PayPay's answers: which keys each has, and its values as types.

Strict: a key that the profile does not know, or a missing one, makes the answer unknown.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.adapters.digits import malformed
from gateway.adapters.failure import OutcomeUnknown

ENVELOPE = frozenset({"RESULT", "REQ_NONCE", "DATETIME", "NONCE", "MAC"})
NONCE = re.compile(r"[0-9a-f]{16}")
_BANK_ID = re.compile(r"[!-~]{1,64}")
HOLDER_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True)
class Layout:
    """The keys of one message beside its envelope; `STATE` decides which of `optional` are full."""

    needed: frozenset[str]
    optional: frozenset[str] = frozenset()

    def fits(self, found: Mapping[str, str], envelope: frozenset[str]) -> bool:
        needed = self.needed | envelope
        return needed <= set(found) <= needed | self.optional

    def full(self, found: Mapping[str, str]) -> frozenset[str]:
        """Return which optional keys hold something: an empty value says as much as none."""
        return frozenset(key for key in self.optional if found.get(key))


NOTHING = Layout(frozenset())
REFUSAL = Layout(frozenset({"CODE"}), frozenset({"RESUMES_AT"}))
PAYOUT = Layout(frozenset({"BANK_ID", "DONE_AT"}))
PAYOUT_STATE = Layout(frozenset({"STATE"}), frozenset({"AMOUNT", "DONE_AT", "RETURNED_AT"}))
HOLDER = Layout(frozenset({"NAME"}))
COLLECTION_STATE = Layout(frozenset({"STATE"}), frozenset({"AMOUNT", "PAID_AT"}))
CALLBACK = Layout(
    frozenset({"SHOP_ID", "TRAN_ID", "STATE", "AMOUNT"}), frozenset({"PAID_AT", "RETURNED_AT"})
)

# What a state must come with, neither more nor less.
PAYOUT_STATES: Mapping[str, frozenset[str]] = {
    "DONE": frozenset({"AMOUNT", "DONE_AT"}),
    "RETURNED": frozenset({"AMOUNT", "DONE_AT", "RETURNED_AT"}),
    "NONE": frozenset(),
}
COLLECTION_STATES: Mapping[str, frozenset[str]] = {
    "OPEN": frozenset({"AMOUNT"}),
    "PAID": frozenset({"AMOUNT", "PAID_AT"}),
    "CANCEL": frozenset({"AMOUNT"}),
    "FAIL": frozenset({"AMOUNT"}),
    "EXPIRED": frozenset({"AMOUNT"}),
    "NONE": frozenset(),
}


def read_state(
    found: Mapping[str, str], layout: Layout, states: Mapping[str, frozenset[str]]
) -> str:
    """Return STATE, or raise OutcomeUnknown where it and the other keys contradict each other."""
    state = found["STATE"]
    if states.get(state) != layout.full(found):
        raise OutcomeUnknown("CONTRADICTION", integrity=True)
    return state


def read_bank_id(text: str) -> str:
    if not _BANK_ID.fullmatch(text):
        raise malformed()
    return text


def read_holder(text: str) -> str:
    if not 0 < len(text) <= HOLDER_LENGTH_MAX:
        raise malformed()
    return text
