"""The end of a run, for people: what was done, what came of it, and the story of each finding."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from chaos.oracle import Finding, Seen
from chaos.tape import Tape

DONE = (
    ("processes killed", ("kill_one",)),
    ("machines killed", ("kill_machine",)),
    ("processes frozen", ("freeze_one",)),
    ("machines frozen", ("freeze_machine",)),
    ("PostgreSQL stopped at once", ("stop_postgres",)),
    ("answers of PostgreSQL thrown away", ("answer_lost",)),
    ("connections cut, slowed, kept out", ("cut", "slow", "cut_off")),
    ("sets of faults", ("faults",)),
    ("operators' commands", ("ops",)),
)
# What concerns every wish that is under way.
MEANWHILE = {
    "kill_one", "kill_machine", "machine_started", "freeze_one", "freeze_machine", "thawed",
    "stop_postgres", "postgres_started", "answer_lost", "cut", "cut_off", "kept_back", "let_go",
    "goes_on", "faults", "all_put_right",
}  # fmt: skip
STORY_STEPS_MAX, STEP_LETTERS_MAX = 80, 200


@dataclass(frozen=True, slots=True)
class Result:
    """The findings of a run; `before`: how many findings there were until the statements were read.

    `edges`: changes of rows that the state tables do not have; `held`: how many changes were held
    to them, and how often the reading broke off. None: another checkout's gateway.
    """

    seen: Seen
    findings: Sequence[Finding]
    before: int
    unread: Sequence[str]
    ledger: str
    edges: Sequence[str] = ()
    held: tuple[int, int] | None = None

    @property
    def is_bad(self) -> bool:
        return bool(self.findings or self.unread or self.ledger or self.edges)


def show(result: Result, tape: Tape, out: IO[str]) -> None:
    """Print the tables, the verdict, and the tape's steps about each finding."""
    for name, acts in DONE:
        out.write(f"{sum(map(tape.count, acts)):>6}  {name}\n")
    states = Counter((heard.flow, heard.states[-1]) for heard in result.seen.heard)
    for (flow, state), number in sorted(states.items()):
        out.write(f"{number:>6}  {flow}s {state}\n")
    out.write(f"{tape.count('refused'):>6}  wishes refused\n")
    kinds = Counter(finding.kind for finding in result.findings)
    for kind in ("lost", "doubled", "misdated", "stuck", "told_wrongly"):
        out.write(f"{kinds[kind]:>6}  {kind}\n")
    out.write(f"{result.before:>6}  findings before the statements were read\n")
    _show_rest(result, out)
    for reference in dict.fromkeys(finding.reference for finding in result.findings):
        of_one = [finding for finding in result.findings if finding.reference == reference]
        _tell(of_one, tape, out)
    out.write("✗ findings\n" if result.is_bad else "✓ nothing lost, doubled, misdated or stuck\n")


def _show_rest(result: Result, out: IO[str]) -> None:
    """Print what concerns no single wish."""
    if result.held is not None:
        changes, gaps = result.held
        out.write(f"{changes:>6}  changes of rows held to the state tables, {gaps} gaps\n")
    for edge in result.edges:
        out.write(f"no such edge: {edge}\n")
    for day in result.unread:
        out.write(f"statements of {day} could not be read\n")
    if result.ledger:
        out.write(f"ledger-verify: {result.ledger}\n")


def _tell(findings: Sequence[Finding], tape: Tape, out: IO[str]) -> None:
    """Print the story of one wish: every step that names it, and what was done meanwhile."""
    reference = findings[0].reference
    out.write("\n")
    for finding in findings:
        out.write(f"{finding.kind}: {reference}: {finding.what}\n")
    names = {reference}
    for step in tape.about(names):
        names |= {str(step[name]) for name in ("key", "id") if name in step}
    own = tape.about(names)
    if not own:
        return
    first, last = own[0]["at"], own[-1]["at"]
    meanwhile = (s for s in tape.steps if first <= s["at"] <= last and s["act"] in MEANWHILE)
    story = sorted((*own, *meanwhile), key=lambda step: float(step["at"]))
    for step in story[:STORY_STEPS_MAX]:
        rest = {key: value for key, value in step.items() if key not in {"at", "act", "said"}}
        out.write(f"  {step['at']:>9.3f}  {step['act']:<14} {str(rest)[:STEP_LETTERS_MAX]}\n")
