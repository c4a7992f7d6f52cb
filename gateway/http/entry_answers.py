"""JSON out: one entry of a loan with the days that its interest comes from, in words too."""

from fractions import Fraction
from uuid import UUID

from gateway.domain.accrual import Accrual, Reckoned
from gateway.domain.interest import Segment
from gateway.domain.posting_table import Part
from gateway.http.loan_answers import show_entry, show_rate

# What it is called in Japanese and in English.
INTEREST = ("利息", "interest")
LATE_DAMAGES = ("遅延損害金", "late damages")


def show_entry_in_detail(told: Reckoned, source: UUID | None) -> dict[str, object]:
    """Return an entry with what its days had borne; null where it settles nothing of that."""
    is_payment = Part.INTEREST_ACCRUED in told.step.parts
    return show_entry(told.step, source) | {
        "interest": _show(told.interest, INTEREST) if is_payment else None,
        "late_damages": _show(told.late_damages, LATE_DAMAGES) if is_payment else None,
    }


def _show(accrual: Accrual, names: tuple[str, str]) -> dict[str, object]:
    in_japanese, in_english = names
    return {
        "amount": accrual.whole.amount,
        "carried": accrual.carried.amount,
        "exact": _fraction(accrual.exact),
        "forgiven": _fraction(accrual.forgiven),
        "segments": [_segment(segment) for segment in accrual.segments],
        "text_ja": _in_japanese(accrual, in_japanese),
        "text_en": _in_english(accrual, in_english),
    }


def _segment(segment: Segment) -> dict[str, object]:
    return {
        "first_day": segment.first.isoformat(),
        "last_day": segment.last.isoformat(),
        "days": segment.days,
        "balance": segment.principal.amount,
        "annual_rate": show_rate(segment.annual_rate),
        "days_of_year": segment.year_days,
        "exact": _fraction(segment.exact),
    }


def _fraction(exact: Fraction) -> str:
    return f"{exact.numerator}/{exact.denominator}"


def _in_japanese(accrual: Accrual, name: str) -> str:
    if not accrual.segments:
        told = f"この期間の{name}はございません。"
    else:
        terms = " + ".join(
            f"残高{segment.principal.amount:,}円 × 年{show_rate(segment.annual_rate)}% × "
            f"{segment.days}日 ÷ {segment.year_days}日({segment.first}〜{segment.last})"
            for segment in accrual.segments
        )
        told = (
            f"{name}{accrual.whole.amount:,}円は、次の計算によるものです。{terms}。"
            "1円未満は切り捨てており、いただきません。"
        )
    if accrual.carried.amount:
        told += f"ほかに、前回までの未払いの{name}{accrual.carried.amount:,}円がございます。"
    return told


def _in_english(accrual: Accrual, name: str) -> str:
    if not accrual.segments:
        told = f"These days bore no {name}."
    else:
        terms = " + ".join(
            f"{segment.principal.amount:,} yen × {show_rate(segment.annual_rate)}% a year × "
            f"{segment.days} days ÷ {segment.year_days} ({segment.first} to {segment.last})"
            for segment in accrual.segments
        )
        told = (
            f"The {name} of {accrual.whole.amount:,} yen is {terms}. "
            "What is below one yen is not charged."
        )
    if accrual.carried.amount:
        told += f" {accrual.carried.amount:,} yen of {name} were unpaid from before."
    return told
