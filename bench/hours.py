"""How long one answer of the hours engine takes, in this process alone."""

import random
import time
from datetime import datetime, timedelta

from gateway.domain.hours import JST
from gateway.domain.service_hours import Operation
from gateway.domain.timetable import answer
from gateway.profiles import bank_profiles

ANSWERS = 100_000
BEGIN = datetime(2026, 1, 1, tzinfo=JST)
A_YEAR_S = 365 * 86_400


def microseconds_an_answer() -> float:
    """Return the mean over all banks and a year's instants, tables and first answers included."""
    seeded = random.Random(20260101)  # noqa: S311 - the same instants in every run
    banks = [profile.hours for profile in bank_profiles().values()]
    questions = [
        (seeded.choice(banks), BEGIN + timedelta(seconds=seeded.randrange(A_YEAR_S)))
        for _ in range(ANSWERS)
    ]
    begun = time.perf_counter()
    for hours, at in questions:
        answer(hours, Operation.TRANSFER, at)
    return (time.perf_counter() - begun) / ANSWERS * 1_000_000
