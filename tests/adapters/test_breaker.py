"""When a bank is left alone, and how often a failed call is tried again."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.adapters.breaker import (
    FAILURES_MAX,
    RATIO_CALLS_MIN,
    REST_S,
    RETRIES_FREE,
    Breaker,
    BreakerState,
    Permit,
    RetryBudget,
)
from tests.adapters.stand_ins import Seconds


class BreakerRules(RuleBasedStateMachine):
    """Calls begin and end in any order, time passes, operators overrule."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = Seconds()
        self.breaker = Breaker(self.seconds)
        self.out: list[Permit] = []
        self.opened_at: float | None = None

    @rule(override=st.sampled_from(["auto", "auto", "auto", "open", "closed"]))
    def begin(self, override: str) -> None:
        before = self.breaker.state
        permit = self.breaker.admit(override)
        if override == "open":
            assert permit is None
        if override == "closed":
            assert permit is Permit.ORDINARY
        if override == "auto" and before is BreakerState.HALF_OPEN:
            assert permit is None
        if permit is Permit.PROBE:
            assert before is BreakerState.OPEN
            assert self.opened_at is not None
            assert self.seconds() - self.opened_at >= REST_S
        if permit is not None:
            self.out.append(permit)

    @precondition(lambda self: self.out)
    @rule(which=st.integers(0, 50), is_ok=st.booleans())
    def end(self, which: int, is_ok: bool) -> None:
        permit = self.out.pop(which % len(self.out))
        before = self.breaker.state
        self.breaker.record(permit, is_ok=is_ok)
        if permit is Permit.PROBE:
            expected = BreakerState.CLOSED if is_ok else BreakerState.OPEN
            assert self.breaker.state is expected
        elif before is not BreakerState.CLOSED:
            assert self.breaker.state is before
        elif is_ok:
            assert self.breaker.state in {BreakerState.CLOSED, BreakerState.OPEN}
        if self.breaker.state is BreakerState.OPEN and before is not BreakerState.OPEN:
            self.opened_at = self.seconds()

    @precondition(lambda self: self.out)
    @rule(which=st.integers(0, 50))
    def abandon(self, which: int) -> None:
        permit = self.out.pop(which % len(self.out))
        before = self.breaker.state
        self.breaker.release(permit)
        expected = BreakerState.OPEN if permit is Permit.PROBE else before
        assert self.breaker.state is expected

    @rule(seconds=st.floats(0.1, REST_S * 2))
    def wait(self, seconds: float) -> None:
        self.seconds.at += seconds

    @invariant()
    def at_most_one_probe_is_out(self) -> None:
        probes = self.out.count(Permit.PROBE)
        assert probes == (self.breaker.state is BreakerState.HALF_OPEN)

    @invariant()
    def the_wait_that_is_named_is_never_longer_than_the_rest(self) -> None:
        assert 0 <= self.breaker.retry_after_s() <= REST_S


BreakerRules.TestCase.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
TestBreaker = BreakerRules.TestCase


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        permit = breaker.admit()
        assert permit is not None
        breaker.record(permit, is_ok=False)


def succeed(breaker: Breaker) -> None:
    permit = breaker.admit()
    assert permit is not None
    breaker.record(permit, is_ok=True)


def test_it_opens_at_the_last_of_a_row_of_failures_and_not_before() -> None:
    breaker = Breaker(Seconds())

    fail(breaker, FAILURES_MAX - 1)
    succeed(breaker)
    fail(breaker, FAILURES_MAX - 1)
    fail(breaker, 1)  # it was let out: still closed

    assert breaker.state is BreakerState.OPEN
    assert breaker.admit() is None


def test_it_opens_when_half_of_many_fail_though_never_in_a_row() -> None:
    breaker = Breaker(Seconds())

    for _ in range(RATIO_CALLS_MIN // 2):
        assert breaker.state is BreakerState.CLOSED
        succeed(breaker)
        fail(breaker, 1)

    assert breaker.state is BreakerState.OPEN


def test_failures_of_long_ago_do_not_count_towards_the_half() -> None:
    seconds = Seconds()
    breaker = Breaker(seconds)

    for _ in range(RATIO_CALLS_MIN):
        succeed(breaker)
        fail(breaker, 1)
        seconds.at += 2

    assert breaker.state is BreakerState.CLOSED


def test_its_times_shrink_with_the_scale() -> None:
    seconds = Seconds()
    breaker = Breaker(seconds, scale=0.05)
    fail(breaker, FAILURES_MAX)

    seconds.at += REST_S * 0.05

    assert breaker.admit() is Permit.PROBE


def test_the_budget_allows_one_more_try_in_ten_and_a_few_for_free() -> None:
    budget = RetryBudget(Seconds())

    assert [budget.spend() for _ in range(RETRIES_FREE + 1)] == [True] * RETRIES_FREE + [False]
    for _ in range(100):
        budget.count_first()
    assert sum(budget.spend() for _ in range(100)) == 10 - RETRIES_FREE


def test_the_budget_looks_back_ten_seconds_only() -> None:
    seconds = Seconds()
    budget = RetryBudget(seconds)
    while budget.spend():
        pass

    seconds.at += 10

    assert budget.spend()
