"""How one error is answered: status and words in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class Row:
    """How one error is answered. `is_retryable`: sent again as it stands it may succeed.

    `{name:,}` in a detail is that member of the problem, an amount.
    """

    status: int
    title: Words
    detail: Words
    is_retryable: bool = False
