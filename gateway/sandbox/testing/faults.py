"""The faults of one bank as Python calls; each adds a rule to those in force."""

from typing import Any, Protocol

from gateway.sandbox.faults import Armed


class AddsRules(Protocol):
    """The bank behind it."""

    def add_rule(self, rule: dict[str, Any]) -> Armed:
        """Put one more rule in force."""
        ...

    def clear_rules(self) -> None:
        """Have no rule in force."""
        ...


class Fault:
    """A rule in force, and what became of it so far."""

    def __init__(self, armed: Armed) -> None:
        self._armed = armed

    @property
    def matched(self) -> int:
        """Return how many calls the rule saw."""
        return self._armed.matched

    @property
    def hits(self) -> int:
        """On how many calls it acted."""
        return self._armed.acted

    def __repr__(self) -> str:
        rule = self._armed.rule
        return f"<{rule.action.kind} on {rule.operation}: {self.hits} hits of {self.matched}>"


class SandboxFaults:
    """The faults of one bank.

    Every call takes an operation (`submit`, `inquire`, `verify_name`, `start_collection`,
    `inquire_collection`, `statement`, `token`, `callback`) and, where wanted, `nth`, `times`
    (0: always), `reference`, `account`, `probability`. It returns the `Fault` with its hits.
    ValueError, naming the field, for a rule that has no meaning.
    """

    def __init__(self, bank: AddsRules) -> None:
        self._bank = bank

    def delay(self, operation: str, seconds: float, **when: Any) -> Fault:
        """Wait, then do everything as usual: the late arrival of a request."""
        return self._add(operation, when, kind="delay", seconds=seconds)

    def drop_before(self, operation: str, **when: Any) -> Fault:
        """Cut the connection; nothing is done."""
        return self._add(operation, when, kind="drop_before")

    def drop_after(self, operation: str, **when: Any) -> Fault:
        """Do it, then cut the connection."""
        return self._add(operation, when, kind="drop_after")

    def hang_after(self, operation: str, **when: Any) -> Fault:
        """Do it, and never answer."""
        return self._add(operation, when, kind="hang_after")

    def status(self, operation: str, status: int, *, done: bool = False, **when: Any) -> Fault:
        """Answer with a bare HTTP status, the work done or not."""
        return self._add(operation, when, kind="status", status=status, done=done)

    def garbage(self, operation: str, **when: Any) -> Fault:
        """Do it, and answer 200 with bytes that are no message."""
        return self._add(operation, when, kind="garbage")

    def bad_signature(self, operation: str, **when: Any) -> Fault:
        """Do it, and sign other bytes than those that are sent."""
        return self._add(operation, when, kind="bad_signature")

    def code(self, operation: str, code: str, **when: Any) -> Fault:
        """Say a code of the bank's own; nothing is done."""
        return self._add(operation, when, kind="code", code=code)

    def return_after(self, seconds: float, **when: Any) -> Fault:
        """Book a pay-out, and book it back so many seconds later."""
        return self._add("submit", when, kind="return_after", seconds=seconds)

    def callback(
        self,
        operation: str = "callback",
        *,
        seconds: float = 0.0,
        copies: int = 1,
        lose: bool = False,
        bad_signature: bool = False,
        before_answer: bool = False,
        **when: Any,
    ) -> Fault:
        """Call back late, in so many copies, never, badly signed, or before the answer."""
        action = {
            "kind": "callback",
            "seconds": seconds,
            "times": copies,
            "lose": lose,
            "bad_signature": bad_signature,
            "before_answer": before_answer,
        }
        return self._add(operation, when, **action)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._bank.clear_rules()

    def _add(self, operation: str, when: dict[str, Any], **action: Any) -> Fault:
        return Fault(self._bank.add_rule({"operation": operation, "action": action, **when}))
