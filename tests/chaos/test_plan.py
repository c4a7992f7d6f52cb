"""A plan follows from its seed, and does as much as its shape says."""

import pytest

from chaos.plan import ALL_MIZUHO, SHAPES, counted, planned

# Of each long run; five seeds make 1,000 transfers and 600 repayments.
AT_LEAST = {"faults": 100, "stop_postgres": 4}
KILLS, FREEZES = ("kill_one", "kill_machine"), ("freeze_one", "freeze_machine")
LOST = ("lose_writes", "lose_reads")


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_same_seed_makes_the_same_plan_and_another_another(shape):
    assert planned(shape, 1) == planned(shape, 1)
    assert planned(shape, 1) != planned(shape, 2)


@pytest.mark.parametrize("seed", range(5))
def test_a_long_run_does_what_it_is_for(seed: int):
    shape = SHAPES["long"]

    counts = counted(planned(shape, seed))

    assert counts["borrow"] + shape.members == 200
    assert counts["pay_back"] == 120
    assert sum(counts[act] for act in KILLS) >= 20
    assert sum(counts[act] for act in FREEZES) >= 20
    assert sum(counts[act] for act in LOST) >= 60
    assert all(counts[act] >= least for act, least in AT_LEAST.items())


@pytest.mark.parametrize("seed", range(5))
def test_the_middle_third_is_all_at_the_bank_of_files(seed: int):
    shape = SHAPES["long"]
    begins, ends = (part * shape.lasts_s for part in ALL_MIZUHO)

    wishes = [step for step in planned(shape, seed) if step.act in {"borrow", "pay_back"}]

    middle = [step for step in wishes if begins <= step.at_s < ends]
    assert {step.details["bank"] for step in middle} == {"mizuho"}
    assert len(middle) > len(wishes) / 4
