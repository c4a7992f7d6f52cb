"""In what the banks differ, by their pages: the kit's own view, written apart from the adapters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from gateway.domain.account import BankCode
from gateway.domain.outcome import NotSent, Rejected, Submitted, Unknown
from gateway.domain.reason import Reason

Meaning: TypeAlias = type[NotSent] | type[Rejected] | type[Unknown] | type[Submitted]


@dataclass(frozen=True, slots=True)
class Said:
    """What an outcome is, in short: its kind, the reason where it has one, whether it alerts."""

    kind: Meaning
    reason: Reason | None = None
    integrity: bool = False


def not_told(codes: Iterable[str], *, contract: Iterable[str]) -> dict[tuple[str, str], Said]:
    """Return that these codes, said to either inquiry, tell nothing and are no surprise.

    `contract` are those with which the bank refuses to be asked by us.
    """
    said = dict.fromkeys(codes, Said(Unknown, Reason.OUTCOME_UNKNOWN))
    said |= dict.fromkeys(contract, Said(Unknown, Reason.CONTRACT_ERROR))
    operations = ("inquire", "inquire_collection")
    return {(operation, code): it for code, it in said.items() for operation in operations}


@dataclass(frozen=True, slots=True)
class ClosedWindow:
    """An instant at which the bank is closed, and when it opens again."""

    during: datetime
    reopens_at: datetime


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the kit expects of one bank.

    `codes`: what each code of the bank means, by operation and code, for an emulator told to say
    it. `says`: where the bank's word is coarser than ours. `bare_words`: statuses that are the
    bank's own word even without signature or body. `settles_at_once`: a pay-out's answer is final.
    `items`: what a code means in a file's result. `transfer_ends`, `collection_ends`: codes that an
    inquiry gives for the end; `unclear_ends`: the end of a pay-out that the bank was not sure of.
    """

    bank: BankCode
    branch: str = "001"
    codes: Mapping[tuple[str, str], Said] = field(default_factory=dict)
    says: Mapping[Reason, Reason] = field(default_factory=dict)
    items: Mapping[str, Said] = field(default_factory=dict)
    transfer_ends: Mapping[str, Reason] = field(default_factory=dict)
    unclear_ends: Mapping[str, Reason] = field(default_factory=dict)
    collection_ends: Mapping[str, Reason] = field(default_factory=dict)
    return_reasons: frozenset[Reason] = frozenset()
    frozen_payer: Reason = Reason.ACCOUNT_FROZEN
    failed_login: Reason = Reason.AUTHENTICATION_FAILED
    above_the_limit: Reason = Reason.LIMIT_EXCEEDED
    bare_words: frozenset[int] = frozenset()
    settles_at_once: bool = True
    says_when_it_opens: bool = True
    answers_again: bool = True
    verifies_names: bool = True
    names_looks_a_day: int | None = None
    calls_back_returns: bool = True
    calls_back_collections: bool = True
    calls_back_every_end: bool = True
    signs_answers: bool = False
    signs_in_headers: bool = True
    callbacks_are_dated: bool = False
    pays_files: bool = False
    starts_collections_itself: bool = False
    has_tokens: bool = False
    visible_after_s: float = 0.0
    statement_rows_a_page: int | None = None
    window: ClosedWindow | None = None
    secrets: tuple[str, ...] = ()

    def reason(self, canonical: Reason) -> Reason:
        """Return how this bank says a reason."""
        return self.says.get(canonical, canonical)
