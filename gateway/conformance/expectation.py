"""In what the banks differ, by their pages: the kit's own view, written apart from the adapters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from gateway.domain.account import BankCode
from gateway.domain.outcome import NotSent, Rejected, Submitted, TurnedAway, Unknown
from gateway.domain.reason import Reason

Meaning: TypeAlias = (
    type[NotSent] | type[TurnedAway] | type[Rejected] | type[Unknown] | type[Submitted]
)


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


def unsigned(said: Mapping[str, Said], *codes: str) -> dict[str, Said]:
    """Return the table with these codes unknown, their reasons kept: they are bare statuses."""
    return {**said, **{code: Said(Unknown, said[code].reason) for code in codes}}


@dataclass(frozen=True, slots=True)
class ClosedWindow:
    """An instant at which the bank is closed, and when it opens again."""

    during: datetime
    reopens_at: datetime


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the kit expects of one bank. What is left out is the plain case.

    What its words mean:
    `codes`: each code by operation and code, tried on an emulator told to say it.
    `says`: where the bank's word is coarser than ours, our reason and the one it comes to.
    `items`: a code in a file's result.
    `transfer_ends`, `collection_ends`: codes that an inquiry gives for the end without money.
    `unclear_ends`: codes of a pay-out that the bank is not sure of, and how inquiries end it.
    `return_reasons`: all the reasons given for money that comes back; empty if none is given.
    `frozen_payer`, `failed_login`: why a collection ends whose payer is frozen, or cannot log in.
    `above_the_limit`: why a collection above the limit of an item is refused.
    `unsigned`: reasons that come by a status alone: such an answer proves nothing about money.

    What it does:
    `branch`: where the kit's accounts are; one that the bank has.
    `settles_at_once`: a pay-out's answer is final, not merely "taken".
    `says_when_it_opens`: told that it is closed, we learn until when.
    `answers_again`: a pay-out sent again is answered as at first; else as a duplicate.
    `verifies_names`: it says whose an account is, as in banks.toml. False: no `verify_name` in
    `codes`, and the adapter refuses with `NOT_OFFERED` without a call.
    `names_looks_a_day`: how often one account's name is told a day; None: no limit.
    `calls_back_returns`, `calls_back_collections` (paid), `calls_back_every_end` (declined,
    expired and failed too): what it calls us about.
    `signs_answers`: an answer with a bad signature must be unknown.
    `signs_in_headers`: a call back without its headers is nothing (False: sealed in the body).
    `callbacks_are_dated`: a call back more than 300 s old is nothing.
    `pays_files`: it is a `FileBank`.
    `starts_collections_itself`: no call goes out before the payer does, so none can be refused.
    `has_tokens`: a token is had first, and had anew when it is refused.
    `visible_after_s`: how long an inquiry may not show what was taken.
    `statement_rows_a_page`: rows of a page where statements come in pages, else None.
    `window`: an instant within its regular closed hours; None: it has none.
    `secrets`: what may be in no log line, besides the kit's own account.
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
    unsigned: frozenset[Reason] = frozenset()
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

    def turns_away(self, reason: Reason) -> type[NotSent] | type[TurnedAway] | type[Unknown]:
        """Return what "not taken" is as an answer to a pay-out: unsigned it is never believed."""
        if self.pays_files:
            return TurnedAway
        return Unknown if reason in self.unsigned else NotSent

    def reason(self, canonical: Reason) -> Reason:
        """Return how this bank says a reason."""
        return self.says.get(canonical, canonical)
