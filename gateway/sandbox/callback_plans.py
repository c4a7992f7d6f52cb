"""How each event is to be called back: what a rule on its cause, or on the callback, asks for."""

from collections.abc import Callable

from gateway.sandbox.faults import Action, BadSignature, Call, CallbackPlan, Delay, Rule

AS_USUAL = CallbackPlan(kind="callback")

TakeFault = Callable[[Call, Callable[[Rule], bool]], Action | None]


class CallbackPlans:
    """Keeps what rules on pay-outs and starts of collections want done to their callbacks."""

    def __init__(self, take_fault: TakeFault) -> None:
        self._take_fault = take_fault
        self._kept: dict[str, CallbackPlan] = {}

    def keep(self, key: str, plan: CallbackPlan | None) -> None:
        """Keep a plan for every event of that pay-out or collection."""
        if plan is not None:
            self._kept[key] = plan

    def early(self, key: str, call: Call) -> CallbackPlan | None:
        """Return the plan if the event is to come before the answer, else leave it for `late`."""
        plan = self._kept.get(key) or self._take_fault(call, _is_early)
        return plan if isinstance(plan, CallbackPlan) and plan.before_answer else None

    def late(self, key: str, call: Call) -> CallbackPlan:
        """Return the plan of an event after `early` had none for it.

        Rules that are to come before the answer have been asked, and count an event once.
        """
        return self._kept.get(key) or _as_plan(self._take_fault(call, _is_not_early))

    def unasked(self, key: str, call: Call) -> CallbackPlan:
        """Return the plan of an event that nobody waits for: there is no answer to precede."""
        return self._kept.get(key) or _as_plan(self._take_fault(call, lambda _: True))


def _is_early(rule: Rule) -> bool:
    return isinstance(rule.action, CallbackPlan) and rule.action.before_answer


def _is_not_early(rule: Rule) -> bool:
    return not _is_early(rule)


def _as_plan(action: Action | None) -> CallbackPlan:
    match action:
        case CallbackPlan() as plan:
            return plan
        case Delay(seconds=seconds):
            return AS_USUAL.model_copy(update={"seconds": seconds})
        case BadSignature():
            return AS_USUAL.model_copy(update={"bad_signature": True})
        case _:
            return AS_USUAL
