"""The capability matrix: what each bank can do, probed and not declared."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from gateway.conformance.cases.collections import approve, ended, opened
from gateway.conformance.expectation import Expectation
from gateway.conformance.rig import Rig, open_rig
from gateway.domain.account import BankCode
from gateway.domain.bank import Callback, FileBank, NameFound, Statement
from gateway.domain.outcome import (
    Authorizing,
    NotFound,
    NotSent,
    Returned,
    Settled,
    Submitted,
    TurnedAway,
)

SILENCE_S = 2.0


async def pay_out_answer(rig: Rig) -> str:
    """Return when a pay-out's outcome is known."""
    if isinstance(rig.bank, FileBank):
        return "files; result later"
    outcome = await rig.submit(rig.order())
    return "final at once" if isinstance(outcome, Settled) else "accepted, then polled"


async def same_order_again(rig: Rig) -> str:
    """Return what the same order says when it comes again."""
    order = rig.order()
    await rig.became(order)
    again = await rig.submit(order)
    if isinstance(again, Settled):
        return "the first outcome"
    return "the first receipt" if isinstance(again, Submitted) else "already used: inquire"


async def visible(rig: Rig) -> str:
    """Return whether what was taken can be inquired about at once."""
    order = rig.order()
    await rig.submit(order)
    outcome = (await rig.bank.inquire(order)).outcome
    return "after a delay" if isinstance(outcome, NotFound) else "at once"


async def name_check(rig: Rig) -> str:
    """Return whether the bank tells who holds an account."""
    found = await rig.bank.verify_name(rig.order().creditor)
    return "yes" if isinstance(found, NameFound) else "no"


async def closed_hours(rig: Rig) -> str:
    """Return whether the bank says when it opens again."""
    refused = await rig.submit(rig.order("0000009"))
    is_told = isinstance(refused, NotSent | TurnedAway) and refused.not_before is not None
    return "says until when" if is_told else "says no more"


async def returned_money(rig: Rig) -> str:
    """Return how the lender hears of money that came back."""
    order = rig.order("0000005")
    await rig.became(order)
    await rig.asked(order, lambda asked: isinstance(asked, Returned))
    return "callback, inquiry" if await _hears(rig) else "inquiry"


async def collection_start(rig: Rig) -> str:
    """Return how the payer's browser comes to the bank."""
    started = (await rig.bank.start_collection(rig.collection())).outcome
    has_form = isinstance(started, Authorizing) and bool(started.redirect.fields)
    return "form from our page" if has_form else "redirect"


async def collection_end(rig: Rig) -> str:
    """Return how the lender hears that a collection was paid."""
    order = await opened(rig)
    await approve(rig, order)
    await ended(rig, order)
    return "callback, inquiry" if await _hears(rig) else "inquiry only"


async def statement(rig: Rig) -> str:
    """Return whether the day's statement names our references."""
    order = rig.order()
    await rig.became(order)
    read = await rig.bank.statement(rig.clock.now().date())
    names_it = isinstance(read, Statement) and [m.reference for m in read.movements] == [
        order.reference
    ]
    return "with references" if names_it else "without references"


async def _hears(rig: Rig) -> bool:
    """Whether the bank calls; a bank that does not is waited for two seconds."""
    try:
        letter = await rig.box.take(within_s=SILENCE_S)
    except TimeoutError:
        return False
    return isinstance(await rig.bank.read_callback(*letter), Callback)


PROBES: Mapping[str, Callable[[Rig], Awaitable[str]]] = {
    "pay-out": pay_out_answer,
    "same order again": same_order_again,
    "visible to inquiries": visible,
    "returned money heard of by": returned_money,
    "payee name check": name_check,
    "closed hours": closed_hours,
    "collection starts by": collection_start,
    "collection ends by": collection_end,
    "statement": statement,
}


async def probe(
    expectations: Sequence[Expectation], *, time_scale: float
) -> dict[str, dict[BankCode, str]]:
    """Return what each probe found at each bank."""
    found: dict[str, dict[BankCode, str]] = {}
    for name, ask in PROBES.items():
        for expected in expectations:
            async with open_rig(expected, time_scale=time_scale) as rig:
                found.setdefault(name, {})[expected.bank] = await ask(rig)
    return found


def as_markdown(matrix: Mapping[str, Mapping[BankCode, str]]) -> str:
    """Return the matrix as the table of docs/banks/README.md."""
    banks = list(next(iter(matrix.values())))
    lines = [f"| | {' | '.join(banks)} |", "|---" * (len(banks) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(row.values())} |" for name, row in matrix.items()]
    return "\n".join(lines) + "\n"
