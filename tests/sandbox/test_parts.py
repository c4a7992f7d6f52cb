"""The emulators' small parts, and their distance from the rest of the program."""

import ast
import asyncio
from pathlib import Path

import pytest

import gateway.sandbox
from gateway.sandbox.books import Account, AccountKey, Books
from gateway.sandbox.clock import BankClock
from gateway.sandbox.emulation import Emulation, EmulationEnded
from gateway.sandbox.journal import Journal
from gateway.sandbox.seeds import Choices
from gateway.sandbox.settings import Settings, limits
from gateway.sandbox.throttle import Throttle
from tests.manual_clock import ManualClock


def test_the_limit_counts_the_calls_taken_in_the_last_second():
    throttle = Throttle()
    calls = [0.0, 0.5, 0.6, 0.999, 1.0, 1.4, 1.5, 9.0]

    waits = [throttle.refuse_for(at, 2) for at in calls]

    assert waits == [0, 0, 1, 1, 0, 1, 0, 0]


def test_a_limit_of_0_is_no_limit():
    throttle = Throttle()

    assert {throttle.refuse_for(0.0, 0) for _ in range(1000)} == {0}


def test_a_choice_depends_on_seed_operation_reference_and_count_only():
    one, other = Choices(7), Choices(7)
    other.count_call("submit", "B")

    assert one.count_call("submit", "A") == other.count_call("submit", "A") == 1
    assert one.draw("submit", "A", 1, "x") == other.draw("submit", "A", 1, "x")
    draws = {
        Choices(seed).draw(operation, reference, call, "x")
        for seed in (7, 8)
        for operation in ("submit", "inquire")
        for reference in ("A", "B")
        for call in (1, 2)
    }
    assert len(draws) == 16
    assert all(0 <= draw < 1 for draw in draws)


async def test_an_emulation_that_ended_waits_for_nothing_and_leaves_no_trace(
    clock: ManualClock, tmp_path: Path
):
    """A request in flight at a reset must not write into the books of the new first day."""
    journal = Journal(tmp_path / "smbc.jsonl")
    books = Books(Account(AccountKey("001", "1", "9000001"), "ﾌﾟﾛﾐｽ", 0))
    settings = Settings(rate_limits=limits(50))
    emulation = Emulation(books, BankClock(clock), settings, journal, {})

    await emulation.end()
    emulation.note({"kind": "accounts", "accounts": []})
    await journal.flush()

    assert await asyncio.to_thread(journal.read) == []
    with pytest.raises(EmulationEnded):
        await emulation.pause(3600)


SOURCES = sorted(Path(gateway.sandbox.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_emulator_takes_nothing_from_the_gateway_but_the_clock(path: Path):
    """An emulator that shared code with an adapter would repeat the adapter's mistakes."""
    taken = {
        node.module
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("gateway")
    }

    ours = {module for module in taken if not module.startswith("gateway.sandbox")}
    assert ours <= {"gateway.domain.ports"}
