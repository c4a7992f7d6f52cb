"""The figures of a run, by layer, and the name of each fault that nothing noticed."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from mutants.draw import LAYERS, is_money
from mutants.tries import Try, Verdict

OF_MONEY, OF_ALL = 0.95, 0.90
say = partial(print, flush=True)
SEEN = {Verdict.NOTICED, Verdict.BY_TYPES}


def print_report(tries: Sequence[Try]) -> bool:
    """Print what was noticed; return whether that is as much as the aims say."""
    readable = [one for one in tries if one.verdict is not Verdict.UNREADABLE]
    say(f"\n{'layer':<10}{'planted':>8}{'noticed':>9}{'timed out':>11}{'not noticed':>13}")
    for layer in ("sql", *LAYERS):
        _line(layer, [one for one in readable if one.fault.layer == layer])
    money = _line("money", [one for one in readable if is_money(one.fault)])
    whole = _line("all", readable)
    for one in readable:
        if one.verdict not in SEEN:
            fault = one.fault
            say(f"\n{one.verdict}: {fault.file}:{fault.line} {fault.kind}")
            say(f"  - {' '.join(fault.old.split())}\n  + {' '.join(fault.new.split())}")
    return money >= OF_MONEY and whole >= OF_ALL


def _line(name: str, tries: Sequence[Try]) -> float:
    counted = Counter(one.verdict for one in tries)
    seen = sum(counted[verdict] for verdict in SEEN)
    late = counted[Verdict.TIMED_OUT]
    say(f"{name:<10}{len(tries):>8}{seen:>9}{late:>11}{len(tries) - seen - late:>13}")
    return seen / len(tries) if tries else 1.0
