"""Why an account has its balance, as JSON that says every yen, and as tables for people."""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

from rich.console import Console
from rich.text import Text

from gateway.domain.accrual import Accrual
from gateway.domain.identifier import public_id
from gateway.domain.interest import Segment
from gateway.domain.why import Act, BalancePart, Charge, Line, PartKind, Reckoning, Wish
from gateway.ops.render import show_rows, shown_instant
from gateway.services.why import Why

ENTRY = "en"
Json = dict[str, object]


def why_json(told: Why) -> Json:
    """Return the balance and all its parts; amounts are debits minus credits in yen.

    Fractions are written as `numerator/denominator`, so that every yen of interest can be reckoned
    again from the answer alone.
    """
    return {
        "account": told.account,
        "member_id": None if told.member_id is None else str(told.member_id),
        "date": told.on.isoformat(),
        "known_at": shown_instant(told.known_at, "microseconds"),
        "balance": told.balance,
        "by_kind": _by_kind(told),
        "difference": told.difference,
        "beside": None if told.beside is None else _accrual(told.beside),
        "parts": [_part(part) for part in told.parts],
    }


def show_why(console: Console, told: Why, *, rows: int) -> None:
    """Print what the balance is made of, and of its parts the last `rows`; never fewer findings."""
    console.print(
        Text(
            f"{told.account} on {told.on}, as known at {shown_instant(told.known_at)}:"
            f" {told.balance:,} yen (debits - credits)"
        )
    )
    sums = [(kind, f"{amount:,}") for kind, amount in _by_kind(told).items()]
    show_rows(console, ("because of", "yen"), sums)
    begins = max(0, len(told.parts) - rows)
    shown = [
        part
        for number, part in enumerate(told.parts)
        if number >= begins or part.kind is PartKind.UNEXPLAINED
    ]
    heads = ("on", "yen", "because of", "what", "how")
    show_rows(console, heads, [_row(part) for part in shown])
    if len(shown) < len(told.parts):
        console.print(Text(f"{len(told.parts) - len(shown)} earlier parts: --rows or --json"))
    if told.beside is not None:
        console.print(Text(f"Borne and not posted yet: {_formula(told.beside)}"))
    if told.difference:
        console.print(Text(f"The parts are short of it by {told.difference:,} yen.", style="red"))


def show_balances(console: Console, accounts: Iterable[Why]) -> None:
    """Print every account with what its balance is made of, by cause."""
    rows = [
        (
            told.account if told.member_id is None else f"{told.account} of {told.member_id}",
            f"{told.balance:,}",
            ", ".join(f"{kind} {amount:,}" for kind, amount in _by_kind(told).items()),
        )
        for told in accounts
    ]
    show_rows(console, ("account", "debits - credits, yen", "because of"), rows)


def _by_kind(told: Why) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for part in told.parts:
        sums[part.kind] += part.amount
    return {kind.value: sums[kind] for kind in PartKind if kind in sums}


def _row(part: BalancePart) -> tuple[str, ...]:
    return (part.on.isoformat(), f"{part.amount:,}", part.kind, _what(part), _how(part))


def _what(part: BalancePart) -> str:
    words = [] if part.part is None else [part.part]
    if part.entry is not None:
        words.append(f"of {part.entry.kind} {public_id(ENTRY, part.entry.id)}")
    if part.kind is PartKind.CORRECTION:
        words.append(f"corrected ({part.cause}) by {_entries(part)}")
    if part.kind is PartKind.UNEXPLAINED:
        words.append(f"nothing explains it; journal {part.journal}")
    return " ".join(words)


def _entries(part: BalancePart) -> str:
    return ", ".join(public_id(ENTRY, entry) for entry in part.entries)


def _how(part: BalancePart) -> str:
    source, words = part.source, []
    if source.wish is not None:
        words.append(f"{public_id(source.wish.prefix, source.wish.id)} {source.wish.reference}")
    if source.act is not None:
        act = source.act
        words.append(
            f"{act.resolution} of {_act_id(act) or act.kind}, proposed by {act.proposed_by},"
            f" confirmed by {act.confirmed_by}"
        )
    if source.line is not None:
        words.append(f"line {source.line.bank_id} of {source.line.bank} on {source.line.day}")
    if part.charge is not None:
        charge = part.charge
        words.append(f"tariff of {charge.bank}: {charge.channel}, {charge.amount}: {charge.fee}")
    if part.is_now is not None:
        words.append(_formula(part.is_now.accrual))
    if part.was is not None:
        words.append(f"was: {_formula(part.was.accrual)}")
    return "; ".join(words)


def _formula(accrual: Accrual) -> str:
    """Return the sum as people write it: `100,000 × 17.8% × 30 ÷ 365 = 1463.01… → 1,463`."""
    terms = [
        f"{segment.principal.amount:,} × {_percent(segment.annual_rate)} × {segment.days} d"
        f" ÷ {segment.year_days} ({segment.first} to {segment.last})"
        for segment in accrual.segments
    ]
    exact = accrual.exact
    return f"{' + '.join(terms) or 'no days'} = {_fraction(exact)} → {accrual.whole.amount:,}"


def _percent(rate: Fraction) -> str:
    thousandths = round(rate * 100_000)
    return f"{thousandths // 1_000}.{thousandths % 1_000:03}".rstrip("0").rstrip(".") + "%"


def _part(part: BalancePart) -> Json:
    source = part.source
    entry = part.entry
    return {
        "kind": part.kind.value,
        "amount": part.amount,
        "on": part.on.isoformat(),
        "recorded_at": shown_instant(part.recorded_at, "microseconds"),
        "journal": str(part.journal),
        "member_id": str(part.member_id),
        "part": part.part,
        "cause": None if part.cause is None else part.cause.value,
        "entry": None
        if entry is None
        else {
            "id": public_id(ENTRY, entry.id),
            "kind": entry.kind.value,
            "amount": entry.amount.amount,
            "on": entry.effective_on.isoformat(),
        },
        "because_of": [public_id(ENTRY, identifier) for identifier in part.entries],
        "wish": None if source.wish is None else _wish(source.wish),
        "act": None if source.act is None else _act(source.act),
        "line": None if source.line is None else _line(source.line),
        "charge": None if part.charge is None else _charge(part.charge),
        "reckoned": None if part.is_now is None else _reckoning(part.is_now),
        "was": None if part.was is None else _reckoning(part.was),
    }


def _wish(wish: Wish) -> Json:
    return {
        "id": public_id(wish.prefix, wish.id),
        "bank": wish.bank,
        "reference": wish.reference,
    }


def _act(act: Act) -> Json:
    return {
        "id": _act_id(act),
        "kind": act.kind,
        "resolution": act.resolution,
        "proposed_by": act.proposed_by,
        "confirmed_by": act.confirmed_by,
        "audit": [str(number) for number in act.audit],
    }


def _act_id(act: Act) -> str | None:
    return None if act.id is None else public_id(act.prefix, act.id)


def _line(line: Line) -> Json:
    return {
        "bank": line.bank,
        "day": line.day.isoformat(),
        "number": line.number,
        "bank_id": line.bank_id,
        "direction": line.direction.value,
        "amount": line.amount,
        "reference": line.reference,
    }


def _charge(charge: Charge) -> Json:
    return {
        "bank": charge.bank,
        "channel": charge.channel,
        "account_class": charge.account_class,
        "amount": charge.amount.amount,
        "on": charge.day.isoformat(),
        "fee": charge.fee.amount,
    }


def _reckoning(reckoning: Reckoning) -> Json:
    return {"entry": public_id(ENTRY, reckoning.entry_id), **_accrual(reckoning.accrual)}


def _accrual(accrual: Accrual) -> Json:
    return {
        "carried": accrual.carried.amount,
        "segments": [_segment(segment) for segment in accrual.segments],
        "exact": _fraction(accrual.exact),
        "whole": accrual.whole.amount,
        "forgiven": _fraction(accrual.forgiven),
    }


def _segment(segment: Segment) -> Json:
    return {
        "from": segment.first.isoformat(),
        "to": segment.last.isoformat(),
        "days": segment.days,
        "balance": segment.principal.amount,
        "annual_rate": _fraction(segment.annual_rate),
        "year_days": segment.year_days,
        "exact": _fraction(segment.exact),
    }


def _fraction(exact: Fraction) -> str:
    return f"{exact.numerator}/{exact.denominator}"
